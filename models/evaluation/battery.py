"""Every figure for every kind of group - hour, light, camera, cover, stage - the worst group first."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluation.figures import Numbers

FEW: Final = 10
MARK: Final = f"fewer than {FEW} images"
THIRDS: Final = ("lowest third", "middle third", "highest third")
Figures = Mapping[str, float | None]
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """By which figure groups are ordered, and whether more of it is better (1) or less (-1)."""

    figure: str
    better: int


def battery(
    figures: Callable[[NDArray[np.int64]], Figures], groups: Mapping[str, ArrayLike], worst: Worst
) -> list[Row]:
    """One row for each group of each kind, the worst group of all kinds first, small groups marked and last.

    ``figures`` gives the figures of row indices; those it cannot give are None or absent and are left out.
    ``groups`` names the kind of each column of group names (N,): ``{"hour": ..., "camera": ...}``.
    """
    rows: list[Row] = []
    for kind, column in groups.items():
        names = np.asarray(column).astype(str)
        for name in np.unique(names):
            chosen = np.flatnonzero(names == name)
            found = {label: round(value, 4) for label, value in figures(chosen).items() if value is not None}
            marked = {"note": MARK} if chosen.size < FEW else {}
            rows.append({"by": kind, "group": str(name), "images": int(chosen.size), **found, **marked})
    return sorted(rows, key=lambda row: _place(row, worst))


def _place(row: Row, worst: Worst) -> tuple[bool, bool, float]:
    value = row.get(worst.figure)
    known = isinstance(value, float)
    return ("note" in row, not known, worst.better * float(str(value)) if known else 0.0)


def thirds(values: Numbers, names: Sequence[str] = THIRDS) -> NDArray[np.str_]:
    """Name of the third each value (N,) lies in, thirds of these same values; not finite = unknown."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(values.shape, "unknown")
    low, high = np.quantile(values[known], [1 / 3, 2 / 3])
    place = np.where(values <= low, 0, np.where(values <= high, 1, 2))
    return np.where(known, np.asarray(names)[place], "unknown")


def hours(values: ArrayLike, step: int = 2) -> NDArray[np.str_]:
    """Span of ``step`` hours, such as 12-14, that each hour 0..23 (N,) lies in."""
    starts = np.asarray(values, dtype=np.int64) // step * step
    return np.array([f"{start:02d}-{start + step:02d}" for start in starts], dtype=np.str_)


def stages(days: Sequence[str] | NDArray[np.str_], season: Sequence[str] | NDArray[np.str_]) -> NDArray[np.str_]:
    """Growth stage as the third of the span of dates of its season; days as YYYY-MM-DD or YYYYMMDD (N,)."""
    ordinal = np.array([_date(str(day)).toordinal() for day in days], dtype=np.float64)
    names = np.asarray(season)
    found = np.empty(len(ordinal), dtype=object)
    for name in np.unique(names):
        held = names == name
        since = ordinal[held] - ordinal[held].min()
        place = np.minimum((since / max(float(since.max()), 1.0) * 3).astype(np.int64), 2)
        found[held] = [f"{name} {('early', 'middle', 'late')[index]}" for index in place]
    return found.astype(str)


def _date(day: str) -> dt.date:
    return dt.date.fromisoformat(day)


def exposure(images: Sequence[NDArray[np.uint8]]) -> Numbers:
    """Mean luma (Rec. 601, 0..1) of each RGB image (H, W, 3): the light a camera left in the picture."""
    weight = np.array([0.299, 0.587, 0.114])
    return np.array([float((image[::4, ::4].mean(axis=(0, 1)) @ weight) / 255) for image in images])
