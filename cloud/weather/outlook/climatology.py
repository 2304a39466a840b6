"""What the season usually brings at a site, from the days that are known: its middle, its spread, and its years.

Every statistic of a day of the year is taken over the days around it in all years, so that it changes smoothly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Days, Floats

LEAST_YEARS: Final = 3.0
"""Fewer years say what happened, not what is usual."""
WET_MM: Final = 0.2
"""Less in a day is dew or rounding."""
HALF_WINDOW_DAYS: Final = 15
DAYS_OF_YEAR: Final = 366
_SHIFT_DAYS: Final = 5
"""The same year serves several members, some days earlier or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A variable by day of the year, arrays (366, S); NaN where a site has too few years."""

    mean: Floats
    spread: Floats
    """Standard deviation."""
    wet_fraction: Floats
    """Share of the days above WET_MM."""
    wet_mean: Floats
    """Mean of those days."""

    def on(self, days: Days | np.datetime64) -> Usual:
        """The statistics of some days; arrays (..., S)."""
        row = day_of_year(days) - 1
        return self._each(lambda values: values[row])

    def where(self, kept: NDArray[np.bool_]) -> Usual:
        """The statistics where a mask of their shape holds."""
        return self._each(lambda values: values[kept])

    def at_sites(self, site_of: NDArray[np.intp]) -> Usual:
        """The statistics (366, S) at sites named by their index; unknown where it is -1."""
        return self._each(lambda values: np.where(site_of >= 0, values[:, site_of], np.nan))

    def spread_over(self, sites: int) -> Usual:
        """One site's statistics for several, arrays (366, sites)."""
        return self._each(lambda values: np.broadcast_to(values, (values.shape[0], sites)))

    def _each(self, change: Callable[[Floats], Floats]) -> Usual:
        return Usual(
            mean=change(self.mean),
            spread=change(self.spread),
            wet_fraction=change(self.wet_fraction),
            wet_mean=change(self.wet_mean),
        )


def day_of_year(days: Days | np.datetime64) -> NDArray[np.int64]:
    """1 to 366, in the shape of ``days``."""
    each = np.asarray(days, dtype="datetime64[D]")
    return np.asarray((each - each.astype("datetime64[Y]")).astype(np.int64) + 1, dtype=np.int64)


def usual_of(days: Days, values: Floats) -> Usual:
    """Statistics by day of the year of daily values (D, S)."""
    row = day_of_year(days) - 1
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    wet = known & (filled >= WET_MM)
    count, total, wets, wet_total = (
        _around(_summed(row, part)) for part in (known * 1.0, filled, wet * 1.0, np.where(wet, filled, 0.0))
    )
    enough = known.sum(axis=0) >= LEAST_YEARS * 365.0
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(enough & (count > 0), total / count, np.nan)
        # About each day's own mean: the season's course within the window is no spread.
        away = np.where(known, (filled - mean[row]) ** 2, 0.0)
        spread = np.sqrt(_around(_summed(row, away)) / count)
        overall = np.where(
            wet.any(axis=0), np.where(wet, filled, 0.0).sum(axis=0) / np.maximum(wet.sum(axis=0), 1), 1.0
        )
        # A dry season has seen no amount: the year's own stands in.
        wet_mean = np.where(wets >= 1.0, wet_total / wets, overall)
        # Never sure: half a wet day in what was seen.
        wet_fraction = (wets + 0.5) / (count + 1.0)
    return Usual(
        mean=mean,
        spread=spread,
        wet_fraction=np.where(enough, wet_fraction, np.nan),
        wet_mean=np.where(enough, wet_mean, np.nan),
    )


def years_like(days: Days, values: Mapping[str, Floats], wanted: Days, members: int) -> dict[str, Floats] | None:
    """Weather of the same season in earlier years, one year for each member: arrays (K, members, S), or None.

    All variables and sites of a member come from one year, so that its days belong together. Only years whose stretch
    is wholly known at every site serve; fewer than three give None.
    """
    stretches = _stretches(days, values, wanted)
    if len({year for year, _ in stretches}) < LEAST_YEARS:
        return None
    rows = np.array([start for _, start in stretches])
    # Spread over the years, so that few members still see all kinds.
    chosen = rows[
        (np.arange(members) * len(rows) // members) if members < len(rows) else np.arange(members) % len(rows)
    ]
    index = chosen[None, :] + np.arange(wanted.size)[:, None]
    return {name: series[index] for name, series in values.items()}


def _stretches(days: Days, values: Mapping[str, Floats], wanted: Days) -> list[tuple[int, int]]:
    """Year and first row of every stretch of known days that falls in the wanted season, not reaching into it."""
    known = np.ones(days.size, dtype=np.bool_)
    for series in values.values():
        known &= np.isfinite(series).all(axis=1)
    run = np.concatenate([[0], np.cumsum(known)])
    first = int(wanted[0].astype("datetime64[Y]").astype(np.int64)) + 1970
    found = []
    for shift in (0, -_SHIFT_DAYS, _SHIFT_DAYS, -2 * _SHIFT_DAYS, 2 * _SHIFT_DAYS):
        for year in range(int(days[0].astype("datetime64[Y]").astype(np.int64)) + 1969, first):
            begin = _same_season(wanted[0], year) + np.timedelta64(shift, "D")
            row = int((begin - days[0]).astype(np.int64))
            last = row + wanted.size
            if row >= 0 and last <= days.size and run[last] - run[row] == wanted.size:
                found.append((year, row))
    return found


def _same_season(day: np.datetime64, year: int) -> np.datetime64:
    number = int(day_of_year(day))
    return np.datetime64(f"{year:04d}-01-01", "D") + np.timedelta64(min(number, 365) - 1, "D")


def _summed(row: NDArray[np.int64], values: NDArray[np.floating]) -> Floats:
    total = np.zeros((DAYS_OF_YEAR, values.shape[1]))
    np.add.at(total, row, values)
    return total


def _around(by_day: Floats) -> Floats:
    """Sums over the days around each day of the year, the year taken as a ring."""
    width = 2 * HALF_WINDOW_DAYS + 1
    ring = np.concatenate([by_day[-HALF_WINDOW_DAYS:], by_day, by_day[:HALF_WINDOW_DAYS]])
    sums = np.concatenate([np.zeros((1, by_day.shape[1])), np.cumsum(ring, axis=0)])
    around: Floats = sums[width:] - sums[:-width]
    return around
