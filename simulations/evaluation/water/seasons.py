"""Estimates beside readings as they go into the report: visit by visit, and by how far the season has come."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np

from cloud.variables import Floats
from simulations.evaluation.water.scores import Series, root_mean_square

QUARTERS: Final = 4


def series_rows(mode: str, several: Sequence[Series]) -> list[dict[str, Any]]:
    """One row for each plot of a mode: its visits and what was estimated for them [mm], to 0.1."""
    return [
        {
            "mode": mode,
            "plot": one.plot,
            "days": [day.isoformat() for day in one.days],
            "measured_mm": _tenths(one.measured),
            "estimated_mm": _tenths(one.estimated),
            "low_mm": _tenths(one.low),
            "high_mm": _tenths(one.high),
            "scored": [bool(counted) for counted in one.scored],
        }
        for one in several
    ]


def by_season(modes: Mapping[str, Sequence[Series]]) -> list[dict[str, Any]]:
    """Error and honesty of each mode in each quarter of the days from the first to the last visit of all."""
    days = [day for several in modes.values() for one in several for day in one.days]
    if not days:
        return []
    first, last = min(days), max(days)
    rows = []
    for mode, several in modes.items():
        error, covered, quarter = _visits(several, first, last)
        for number in range(QUARTERS):
            here = quarter == number
            if here.any():
                inside = covered[here]
                rows.append(
                    {
                        "mode": mode,
                        "quarter": number + 1,
                        "readings": int(here.sum()),
                        "rmse_mm": root_mean_square(error[here]),
                        "bias_mm": float(error[here].mean()),
                        "coverage_80": None if np.isnan(inside).any() else float(inside.mean()),
                    }
                )
    return rows


def _visits(several: Sequence[Series], first: date, last: date) -> tuple[Floats, Floats, Floats]:
    """Error, whether the interval covered (NaN where there is none) and quarter of every scored visit."""
    span = max((last - first).days + 1, 1)
    error = np.concatenate([(one.estimated - one.measured)[one.scored] for one in several])
    covered = np.concatenate(
        [
            np.where(np.isnan(one.low), np.nan, (one.low <= one.measured) & (one.measured <= one.high))[one.scored]
            for one in several
        ]
    )
    quarter = np.concatenate(
        [
            np.array([(day - first).days * QUARTERS // span for day in one.days], dtype=np.float64)[one.scored]
            for one in several
        ]
    )
    return error, covered, quarter


def _tenths(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 1) for value in values]
