"""One parcel's soil water over the coming days, member by member, and the two questions put to it.

Row 0 of every array is the state after the last day of known weather; row k is the end of the k-th day after it.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from statistics import NormalDist
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from cloud.records import Quantiles

FloatArray = npt.NDArray[np.float64]

RAIN_COUNTED_DAYS: Final = 5
"""Forecast rain up to this many days after a dose leaves it no room; later rain is too uncertain to withhold water."""
LONGEST_WAIT_DAYS: Final = 4
"""A wait is looked at again at the latest after this many days."""


SPREAD_BEYOND: Final = 0.15
"""Standard deviation, over members, of the mean use of one or two weeks that no forecast knows, over its mean."""
DEEPER: Final = 0.5
"""Soil under the root zone that roots still draw on when water is long in coming, over the root zone.

FAO-56 table 22 gives two depths: the smaller, for scheduling, is the root zone of the balance; the larger, for stress
and rain-fed crops, is 1.4 to 2.1 times as deep for the crops that are advised. Half as much again is the low end."""
DRY_ABOVE: Final = 1.0 / 3.0
"""Share of the root zone's available water that is gone when all of the soil beneath has room; less gone, less room."""
_GOLDEN: Final = 0.6180339887


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Water of one parcel when nothing more is given: rows (K + 1, M) of states, (K, M) of days [mm].

    ``demand_mm`` is transpiration without stress, ``use_mm`` actual evapotranspiration.
    """

    start: date
    depletion_mm: FloatArray
    readily_available_mm: FloatArray
    total_available_mm: FloatArray
    rain_mm: FloatArray
    use_mm: FloatArray
    demand_mm: FloatArray

    def until(self, day: date) -> Self:
        """The outlook as far as a day, and all of the rain: what is shown of a decision once it is taken."""
        row = self.row(day)
        return type(self)(
            start=self.start,
            depletion_mm=self.depletion_mm[: row + 1].copy(),
            readily_available_mm=self.readily_available_mm[: row + 1].copy(),
            total_available_mm=self.total_available_mm[: row + 1].copy(),
            rain_mm=self.rain_mm,
            use_mm=self.use_mm[:row].copy(),
            demand_mm=self.demand_mm[:row].copy(),
        )

    def row(self, day: date) -> int:
        """Row of the end of a day, at least 0."""
        return max(0, (day - self.start).days)

    def last_day(self) -> date:
        """Last day with a forecast."""
        return self.start + timedelta(days=self.depletion_mm.shape[0] - 1)

    def reaching(self, day: date) -> Self:
        """The outlook as far as a day at least.

        Beyond the forecast each member goes on with the mean use of its known days, more or less of it by
        SPREAD_BEYOND; every second member has the mean rain of the known days too, the others none.
        """
        more = self.row(day) - (self.depletion_mm.shape[0] - 1)
        if more <= 0:
            return self
        steps = np.arange(1, more + 1, dtype=np.float64)[:, None]
        members = self.depletion_mm.shape[1]
        factor = 1.0 + SPREAD_BEYOND * _scores(members)
        use = (self.use_mm + self.lost_mm(0, self.use_mm.shape[0])).mean(axis=0) * factor
        rain = self.rain_mm.mean() * (np.arange(members) % 2)
        ahead = np.maximum(self.depletion_mm[-1] + steps * (use - rain), np.minimum(self.depletion_mm[-1], 0.0))

        def on(rows: FloatArray, row: FloatArray) -> FloatArray:
            return np.concatenate([rows, np.broadcast_to(row, (more, members))])

        return replace(
            self,
            depletion_mm=np.concatenate([self.depletion_mm, np.minimum(ahead, self.total_available_mm[-1])]),
            readily_available_mm=on(self.readily_available_mm, self.readily_available_mm[-1]),
            total_available_mm=on(self.total_available_mm, self.total_available_mm[-1]),
            rain_mm=on(self.rain_mm, rain),
            use_mm=on(self.use_mm, use),
            demand_mm=on(self.demand_mm, self.demand_mm.mean(axis=0) * factor),
        )

    def lost_mm(self, first: int, last: int, free: FloatArray | float = 1.0) -> FloatArray:
        """Transpiration lost to stress on the days after the states of rows first..last - 1 (FAO-56 eq. 84).

        ``free`` is the share of readily available water below which stress is counted, by row (N, 1) or for all.
        """
        rows = slice(first, last)
        readily = self.readily_available_mm[rows] * free
        range_mm = np.maximum(self.total_available_mm[rows] - readily, 1.0)
        short = (self.depletion_mm[rows] - readily) / range_mm
        lost: FloatArray = np.minimum(np.maximum(short, 0.0), 1.0) * self.demand_mm[rows]
        return lost

    def stress_probability(self, first: date, last: date) -> float:
        """Share of the members whose depletion passes readily available water at the end of a day first..last."""
        known = self.reaching(last)
        return known.share_above(known.depletion_mm, first, last)

    def dry_stress_probability(self, first: date, last: date) -> float:
        """The same as if no more rain fell."""
        known = self.reaching(last)
        return known.share_above(known.dry().depletion_mm, first, last)

    def dry(self) -> Self:
        """The outlook without any rain."""
        fallen = np.concatenate([np.zeros_like(self.depletion_mm[:1]), np.cumsum(self.rain_mm, axis=0)])
        return replace(self, depletion_mm=self.depletion_mm + fallen)

    def room_mm(self, day: date) -> FloatArray:
        """Net depth [mm] (M,) that a dose in the evening of ``day`` can add without draining, forecast rain counted."""
        first = min(self.row(day), self.depletion_mm.shape[0] - 1)
        window = self.depletion_mm[first : first + RAIN_COUNTED_DAYS + 1]
        room: FloatArray = np.maximum(np.min(window, axis=0), 0.0)
        return room

    def room_beneath_mm(self, day: date) -> FloatArray:
        """Net depth [mm] (M,) that soil under today's root zone could take besides, as far as it is dry too.

        That is the soil into which roots grow on the days that are known, and what they can still draw on beneath.
        """
        row = min(self.row(day), self.depletion_mm.shape[0] - 1)
        now = np.maximum(self.total_available_mm[row], 1.0)
        dry = np.minimum(self.room_mm(day) / (DRY_ABOVE * now), 1.0)
        beneath: FloatArray = dry * np.maximum((1.0 + DEEPER) * self.total_available_mm[-1] - now, 0.0)
        return beneath

    def expected_rain_mm(self, first: date, days: int) -> float:
        """Mean over members of the rain forecast in ``days`` days from ``first`` on [mm]."""
        begin = max(0, (first - self.start).days - 1)
        return mean_of(self.rain_mm[begin : begin + days].sum(axis=0))

    def depletion_on(self, day: date) -> FloatArray:
        """Depletion at the end of a day, or of the nearest day that is known [mm] (M,)."""
        row: FloatArray = self.depletion_mm[min(self.row(day), self.depletion_mm.shape[0] - 1)]
        return row

    def share_above(self, depletion_mm: FloatArray, first: date, last: date) -> float:
        """Share of the members whose given depletion passes readily available water on a day first..last."""
        rows = slice(self.row(first), self.row(last) + 1)
        above = (depletion_mm[rows] > self.readily_available_mm[rows]).any(axis=0)
        return float(np.count_nonzero(above) / above.size)


@cache
def _scores(members: int) -> FloatArray:
    """Normal scores in an order that has nothing to do with that of the members."""
    normal = NormalDist()
    ranks = np.argsort(np.argsort((np.arange(members) + 1) * _GOLDEN % 1.0))
    return np.array([normal.inv_cdf((rank + 0.5) / members) for rank in ranks.tolist()])


def mean_of(values: FloatArray) -> float:
    """Mean of a few values: numpy's own to the bit, at a fifth of its price."""
    return float(np.add.reduce(values, axis=None)) / values.size


def quantiles_of(values: FloatArray) -> Quantiles:
    """10th, 50th and 90th percentile of the members, to 0.1.

    Linear between ranks, as numpy's own, which is ten times slower on so few values.
    """
    ordered: list[float] = np.sort(values).tolist()
    last = len(ordered) - 1
    p10, p50, p90 = _at_rank(ordered, 0.1 * last), _at_rank(ordered, 0.5 * last), _at_rank(ordered, 0.9 * last)
    return Quantiles(p10=round(p10, 1), p50=round(p50, 1), p90=round(p90, 1))


def _at_rank(ordered: list[float], rank: float) -> float:
    below = int(rank)
    low = ordered[below]
    return low if below == rank else low + (ordered[below + 1] - low) * (rank - below)
