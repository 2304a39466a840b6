"""A score read against its camera's own past: the last half hour, and the dawn of its day; pure, over columns."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.figures import Numbers

RECENT_S: Final = 2100.0
"""The last three photos of a camera that takes one every quarter of an hour."""
DAWN_FROM_H: Final = 5.5
DAWN_UNTIL_H: Final = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Camera, day, moment [s] and local hour of N photos (N,)."""

    cameras: NDArray[np.int64]
    days: NDArray[np.str_]
    moments_s: Numbers
    hours: Numbers


def recent_mean(values: Numbers, times: Times) -> Numbers:
    """Mean of each photo's value and those of its camera in the half hour before it (N,)."""
    found = np.empty(values.size)
    for rows in camera_days(times):
        moments = times.moments_s[rows]
        ago = moments[:, None] - moments[None, :]
        near = ((ago >= 0) & (ago < RECENT_S)).astype(np.float64)
        found[rows] = near @ values[rows] / near.sum(axis=1)
    return found


def dawn_rows(times: Times) -> NDArray[np.int64]:
    """Row of each photo's dawn: its camera's earliest photo of the day between 05:30 and 09:00; else -1."""
    found = np.full(times.moments_s.size, -1)
    for rows in camera_days(times):
        early = rows[(times.hours[rows] >= DAWN_FROM_H) & (times.hours[rows] <= DAWN_UNTIL_H)]
        if early.size:
            dawn = early[np.argmin(times.moments_s[early])]
            found[rows[times.moments_s[rows] > times.moments_s[dawn]]] = dawn
    return found


def camera_days(times: Times) -> list[NDArray[np.int64]]:
    """Rows of each camera on each day."""
    keys = np.array([f"{camera} {day}" for camera, day in zip(times.cameras, times.days, strict=True)])
    return [np.flatnonzero(keys == key) for key in np.unique(keys)]


def share_of_dawn(values: Numbers, dawns: Numbers, truth: Numbers) -> float:
    """Share of a camera's departure at dawn that its later photos still show, in 0..1.

    Least squares of the truth on the value and its dawn: truth = a + b value - c dawn; the share is c / b.
    """
    design = np.column_stack([values, dawns, np.ones(values.size)])
    (gain, loss, _), *_ = np.linalg.lstsq(design, truth, rcond=None)
    return float(np.clip(-loss / gain, 0.0, 1.0)) if gain > 0 else 0.0
