"""How far estimated soil water lies from measured, and whether its intervals are honest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import erf
from typing import Any, Final

import numpy as np

from cloud.variables import Floats
from cloud.weather.outlook.score import ensemble_crps

NORMAL_P90: Final = 1.2815515655446004
"""Ninetieth percentile of the standard normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Estimates of one plot at its measured visits, oldest first; arrays (V,).

    ``scored`` tells the visits that count; a change runs from one of those to the next. ``low`` and ``high`` bound
    80 %, or are NaN. ``members`` (V, M) are the ensemble's own, where they are kept.
    """

    plot: str
    measured: Floats
    estimated: Floats
    low: Floats
    high: Floats
    scored: np.ndarray[tuple[int], np.dtype[np.bool_]]
    days: tuple[date, ...] = ()
    """Days of the visits, where they are told."""
    members: Floats | None = None


def normal_crps(measured: Floats, middle: Floats, sigma: Floats) -> Floats:
    """Continuous ranked probability score of normal forecasts, in the unit of the quantity.

    Reference: T. Gneiting et al. (2005), eq. 5, doi:10.1175/MWR2904.1.
    """
    width = np.maximum(sigma, 1e-9)
    z = (measured - middle) / width
    below = np.array([0.5 * (1.0 + erf(one / np.sqrt(2.0))) for one in z])
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    score: Floats = width * (z * (2.0 * below - 1.0) + 2.0 * density - 1.0 / np.sqrt(np.pi))
    return score


def row_of(mode: str, several: Sequence[Series]) -> dict[str, Any]:
    """Pooled scores of a mode over its plots [mm]; unknown intervals leave coverage and CRPS unknown."""
    error = np.concatenate([(one.estimated - one.measured)[one.scored] for one in several])
    changes = np.concatenate([np.diff((one.estimated - one.measured)[one.scored]) for one in several])
    plots = [root_mean_square((one.estimated - one.measured)[one.scored]) for one in several if one.scored.any()]
    return {
        "mode": mode,
        "plots": len(several),
        "readings": int(error.size),
        "rmse_mm": root_mean_square(error),
        "bias_mm": float(error.mean()),
        "change_rmse_mm": root_mean_square(changes) if changes.size else None,
        **_honesty(several),
        "best_plot_rmse_mm": min(plots),
        "worst_plot_rmse_mm": max(plots),
    }


def root_mean_square(values: Floats) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values))))


def _honesty(several: Sequence[Series]) -> Mapping[str, float | None]:
    low, high, seen, middle = (
        np.concatenate([getattr(one, name)[one.scored] for one in several])
        for name in ("low", "high", "measured", "estimated")
    )
    if np.isnan(low).any():
        return {"coverage_80": None, "width_80_mm": None, "crps_mm": None}
    return {
        "coverage_80": float(((low <= seen) & (seen <= high)).mean()),
        **_of_members(several, seen),
        "width_80_mm": float((high - low).mean()),
        "crps_mm": float(_crps(several, (seen, middle, low, high)).mean()),
    }


def _crps(several: Sequence[Series], pooled: tuple[Floats, Floats, Floats, Floats]) -> Floats:
    """Of the members where they are kept; else of a normal distribution with the same 80 % interval."""
    seen, middle, low, high = pooled
    if any(one.members is None for one in several):
        return normal_crps(seen, middle, (high - low) / (2.0 * NORMAL_P90))
    return ensemble_crps(members=_members(several), observed=seen)


def _of_members(several: Sequence[Series], seen: Floats) -> Mapping[str, float]:
    if any(one.members is None for one in several):
        return {}
    members = _members(several)
    found = {}
    for level in (50, 95):
        tail = (1.0 - level / 100.0) / 2.0
        low, high = np.quantile(members, (tail, 1.0 - tail), axis=1)
        found[f"coverage_{level}"] = float(((low <= seen) & (seen <= high)).mean())
    return found


def _members(several: Sequence[Series]) -> Floats:
    return np.concatenate([one.members[one.scored] for one in several if one.members is not None])


def by_plot(mode: str, several: Sequence[Series]) -> list[dict[str, Any]]:
    """One row for each plot of a mode."""
    rows = [row_of(mode, [one]) for one in several if one.scored.any()]
    kept = ("mode", "readings", "rmse_mm", "bias_mm", "change_rmse_mm", "coverage_80", "crps_mm")
    return [
        {"plot": one.plot, **{name: row[name] for name in kept}}
        for one, row in zip([one for one in several if one.scored.any()], rows, strict=True)
    ]


def holding(several: Sequence[Series]) -> list[Series]:
    """The last assimilated reading held until the next: what anyone can do without a model."""
    held = []
    for one in several:
        last, guesses, counts = np.nan, [], []
        for value, counted in zip(one.measured, one.scored, strict=True):
            counts.append(bool(counted) and not np.isnan(last))
            guesses.append(last if counted else value)
            last = last if counted else float(value)
        unknown = np.full(len(guesses), np.nan)
        filled = np.where(np.isnan(guesses), one.measured, guesses)
        held.append(
            Series(
                plot=one.plot,
                measured=one.measured,
                estimated=filled,
                low=unknown,
                high=unknown,
                scored=np.array(counts, dtype=np.bool_),
                days=one.days,
            )
        )
    return held


def after_a_reading(several: Sequence[Series]) -> list[Series]:
    """The same estimates, counted only once a reading was assimilated: what can fairly stand beside holding it."""
    return [replace(one, scored=one.scored & np.maximum.accumulate(~one.scored)) for one in several]


def constant(several: Sequence[Series]) -> list[Series]:
    """The mean of the other plots' readings as one constant: leave-plot-out climatology of the field."""
    found = []
    for one in several:
        others = np.concatenate([other.measured for other in several if other.plot != one.plot] or [one.measured])
        unknown = np.full(one.measured.size, np.nan)
        found.append(
            Series(
                plot=one.plot,
                measured=one.measured,
                estimated=np.full(one.measured.size, float(others.mean())),
                low=unknown,
                high=unknown,
                scored=one.scored,
                days=one.days,
            )
        )
    return found
