"""One parcel's soil water over the coming days, member by member, and the two questions put to it.

Row 0 of every array is the state after the last day of known weather; row k is the end of the k-th day after it.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from cloud.records import Quantiles

FloatArray = npt.NDArray[np.float64]

STRESS_THRESHOLD: Final = 0.35
"""Water is given once stress before the next chance is this probable.

Watering a day early costs little (a chance of catching rain is lost); watering late costs yield: the threshold
stands below one half. It may not stand below 1 - DOSED_SHARE / 2: members drier than the dose would call again daily.
"""
DOSED_SHARE: Final = 0.7
"""The dose is meant for this share of the members, the driest; its median is the 65th percentile of all.

Refilling the median member alone leaves the dry half to drift away from one irrigation to the next.
"""
RAIN_COUNTED_DAYS: Final = 3
"""Forecast rain up to this many days after a dose leaves it no room; later rain is too uncertain to withhold water."""
LONGEST_WAIT_DAYS: Final = 4
"""A wait is looked at again at the latest after this many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Depletion and readily available water of one parcel, shapes (K + 1, M) [mm].

    ``rain_mm`` and ``use_mm`` (actual evapotranspiration) have shapes (K, M).
    """

    start: date
    depletion_mm: FloatArray
    readily_available_mm: FloatArray
    rain_mm: FloatArray
    use_mm: FloatArray

    def until(self, day: date) -> Self:
        """The outlook as far as a day, and all of the rain: what is shown of a decision once it is taken."""
        rows = slice(0, self.row(day) + 1)
        return replace(
            self,
            depletion_mm=self.depletion_mm[rows].copy(),
            readily_available_mm=self.readily_available_mm[rows].copy(),
            use_mm=self.use_mm[rows].copy(),
        )

    def row(self, day: date) -> int:
        """Row of the end of a day, at least 0."""
        return max(0, (day - self.start).days)

    def last_day(self) -> date:
        """Last day with a forecast."""
        return self.start + timedelta(days=self.depletion_mm.shape[0] - 1)

    def stress_probability(self, first: date, last: date) -> float:
        """Share of the members whose depletion passes readily available water at the end of a day first..last.

        Beyond the forecast the mean daily use goes on without rain: the cautious assumption.
        """
        return self._share_above(self.depletion_mm, first, last)

    def dry_stress_probability(self, first: date, last: date) -> float:
        """The same as if the forecast rain did not fall."""
        fallen = np.concatenate([np.zeros_like(self.depletion_mm[:1]), np.cumsum(self.rain_mm, axis=0)])
        return self._share_above(self.depletion_mm + fallen, first, last)

    def room_mm(self, day: date, *, kept_free_fraction: float) -> FloatArray:
        """Net depth [mm] (M,) that a dose in the evening of ``day`` can add without draining, forecast rain counted.

        The smallest depletion between that evening and the days whose rain counts, less the share of readily
        available water that is kept free for rain nobody forecast.
        """
        first = min(self.row(day), self.depletion_mm.shape[0] - 1)
        window = self.depletion_mm[first : first + RAIN_COUNTED_DAYS + 1]
        free = kept_free_fraction * self.readily_available_mm[first]
        room: FloatArray = np.maximum(np.min(window, axis=0) - free, 0.0)
        return room

    def expected_rain_mm(self, first: date, days: int) -> float:
        """Mean over members of the rain forecast in ``days`` days from ``first`` on [mm]."""
        begin = max(0, (first - self.start).days - 1)
        return float(np.mean(np.sum(self.rain_mm[begin : begin + days], axis=0)))

    def next_look(self, day: date) -> date:
        """First day after ``day`` on which water would be due if none is given, at most LONGEST_WAIT_DAYS on."""
        latest = min(day + timedelta(days=LONGEST_WAIT_DAYS), max(self.last_day(), day + timedelta(days=1)))
        candidate = day + timedelta(days=1)
        while candidate < latest:
            if self.stress_probability(candidate, candidate + timedelta(days=1)) >= STRESS_THRESHOLD:
                break
            candidate += timedelta(days=1)
        return candidate

    def depletion_on(self, day: date) -> FloatArray:
        """Depletion at the end of a day, or of the nearest day that is known [mm] (M,)."""
        row: FloatArray = self.depletion_mm[min(self.row(day), self.depletion_mm.shape[0] - 1)]
        return row

    def _share_above(self, depletion_mm: FloatArray, first: date, last: date) -> float:
        known = depletion_mm.shape[0] - 1
        rows = slice(self.row(first), self.row(last) + 1)
        above = np.any(depletion_mm[rows] > self.readily_available_mm[rows], axis=0)
        beyond_days = self.row(last) - known
        if beyond_days > 0:
            beyond = depletion_mm[known] + np.mean(self.use_mm, axis=0) * beyond_days
            above = above | (beyond > self.readily_available_mm[known])
        return float(np.mean(above))


def quantiles_of(values: FloatArray, *, scale: float = 1.0, share: float = 1.0) -> Quantiles:
    """10th, 50th and 90th percentile, to 0.1, of the members or of the given share of them with the largest values.

    Linear between ranks, as numpy's own, which is ten times slower on so few values.
    """
    ordered = np.sort(values).tolist()
    levels = (1.0 - share * (1.0 - level) for level in (0.1, 0.5, 0.9))
    p10, p50, p90 = (round(scale * _at_rank(ordered, level * (len(ordered) - 1)), 1) for level in levels)
    return Quantiles(p10=p10, p50=p50, p90=p90)


def _at_rank(ordered: list[float], rank: float) -> float:
    below = min(int(rank), len(ordered) - 1)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)
