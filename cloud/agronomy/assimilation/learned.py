"""What a season taught of a parcel, as the prior of the next.

A learned scale drifts back to what is known of any such parcel, the longer ago it was learned: its logarithm is taken
for a stationary random walk around the prior, of which ``kept ** years`` is the correlation. Mean and variance then
follow exactly, and after long enough the prior is back. Soils change little; another sowing of the same crop shares
less with the last one, and what belongs to the weather of the day is forgotten. The shares kept and the floors are
chosen by judgement: no field with readings of two seasons was at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.plots import Plots
from cloud.agronomy.step import Water
from cloud.variables import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How a learned scale outlasts its season."""

    of_crop: bool
    """Whether it belongs to the crop, so that another crop forgets it."""
    at_once: float
    """Correlation from one season to the next, however close they are."""
    per_year: float
    """Factor on that correlation for each year between."""
    floor: float
    """Smallest standard deviation of its logarithm at the start of a season."""


KEPT: Final[Mapping[str, Keeping]] = MappingProxyType(
    {
        "capacity_scale": Keeping(of_crop=False, at_once=1.0, per_year=0.9, floor=0.05),
        "deep_scale": Keeping(of_crop=False, at_once=1.0, per_year=0.9, floor=0.05),
        "wilting_scale": Keeping(of_crop=False, at_once=1.0, per_year=0.9, floor=0.03),
        "deep_wilting_scale": Keeping(of_crop=False, at_once=1.0, per_year=0.9, floor=0.03),
        "root_scale": Keeping(of_crop=True, at_once=0.7, per_year=0.9, floor=0.05),
        "kcb_scale": Keeping(of_crop=True, at_once=0.7, per_year=0.9, floor=0.03),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What earlier water of P parcels knows of their limits."""

    water: Water
    """(P, M); rows of parcels that taught nothing are never read."""
    known: NDArray[np.bool_]
    """(P,) whether the parcel had a season before."""
    same_crop: NDArray[np.bool_]
    """(P,) whether that season's crop is grown again."""
    same_soil: NDArray[np.bool_]
    """(P,) whether its soil is still described alike."""
    years: Floats
    """(P, 1) from then to the new season."""


def taught(water: Water, plots: Plots, lesson: Lesson, given_mm: Floats) -> Water:
    """Water on the eve of a season with the limits that an earlier one taught.

    Parameters
    ----------
    water : Water
        Start of P parcels from priors, members drawn.
    plots : Plots
        Those parcels' own.
    lesson : Lesson
        What was learned of them.
    given_mm : array (P, 1)
        Depletion stated for the start [mm], NaN where it is unknown: a stated one stays, another keeps its share.
    """
    scales: dict[str, Any] = {
        name: _scale(getattr(water, name), getattr(lesson.water, name), lesson, keeping)
        for name, keeping in KEPT.items()
    }
    after = replace(water, **scales)
    depth = np.minimum(water.root_depth_m / water.root_scale * after.root_scale, plots.soil_depth_m)
    after = replace(after, root_depth_m=np.where(after.root_scale == water.root_scale, water.root_depth_m, depth))
    before_mm, total_mm = _room(water, plots), _room(after, plots)
    share = np.where(np.isnan(given_mm), total_mm[0] / np.maximum(before_mm[0], 1e-9), 1.0)
    return replace(
        after,
        depletion_mm=np.minimum(water.depletion_mm * share, total_mm[0]),
        below_mm=water.below_mm * np.where(before_mm[1] > 0.0, total_mm[1] / np.maximum(before_mm[1], 1e-9), 1.0),
    )


def _scale(prior: Floats, learned: Floats, lesson: Lesson, keeping: Keeping) -> Floats:
    counts = lesson.known & (lesson.same_crop if keeping.of_crop else lesson.same_soil)
    share = keeping.at_once * keeping.per_year**lesson.years
    first, then = np.log(prior), np.log(np.where(counts[:, None], learned, 1.0))
    mean, sigma = first.mean(axis=1, keepdims=True), first.std(axis=1, keepdims=True)
    moved = mean + share * (then.mean(axis=1, keepdims=True) - mean)
    spread = np.sqrt(sigma**2 + share**2 * (then.std(axis=1, keepdims=True) ** 2 - sigma**2))
    drawn = (first - mean) / np.maximum(sigma, 1e-9)
    return np.where(counts[:, None], np.exp(moved + np.maximum(spread, keeping.floor) * drawn), prior)


def _room(water: Water, plots: Plots) -> tuple[Floats, Floats]:
    total = water.holds_mm(plots, water.root_depth_m)
    whole = water.holds_mm(plots, plots.column_bottom_m(water.root_scale))
    return total, np.maximum(whole - total, 0.0)
