"""The two sides of water given today, in money on one hectare: what waiting costs, and what each millimetre is worth.

Closed form, no search. Every member of the ensemble is a possible field. In one of them a millimetre less in the soil
lowers transpiration on a day beyond readily available water by demand / (total - readily available) (FAO-56 eq. 84);
what is not transpired is not lost, it need not be given later. Water beyond a member's room drains. So the expected
worth of one more millimetre only falls with depth, by a step at every member's need and at every member's room: the
dose stands where it meets its price (a newsvendor's critical ratio, with as many kinds of loss as there are days).
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Self

import numpy as np

from cloud.advice.outlook import LONGEST_WAIT_DAYS, FloatArray, Outlook, mean_of
from cloud.advice.worth import Stock, Worth

USUAL_FILL: Final = 0.5
"""Share of readily available water that an irrigation usually replaces: what its fixed cost is divided by."""
STRAIGHT_TO: Final = 0.5
"""Share of transpiration lost up to which FAO-33's line was measured; beyond, the worst stage's loss counts."""
PIECES: Final = 8
_EDGES: Final = np.arange(PIECES + 1, dtype=np.float64)
LARGEST_FIXED: Final = 0.8
"""Of a millimetre's price, the most that an event's fixed cost speaks for it: never for what drains in most members."""
CLAIMED: Final = 0.85
DRIEST: Final = 0.9
"""What is laid in for later turns never takes a dose beyond this share of what the driest tenth of the members lack and
all use until the next turn: more would not follow from anything that the advice states."""
KEPT_BENEATH: Final = 0.7
"""Share of what drains into the soil just under the roots that serves them before the next chance, where it is far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What follows from an outlook, for a chance today and the next one on ``through``."""

    outlook: Outlook
    worth: Worth
    net_price: float
    """Money for a net millimetre."""
    first: int
    """Row of the evening of the day."""
    last: int
    """Row of the evening of the next chance."""
    daily_loss: FloatArray
    """(K,) expected loss on each day ahead if nothing is given."""
    points_mm: FloatArray
    """Depths at which a net millimetre's worth falls, rising."""
    room_mm: FloatArray
    """(M,) net depth that finds room and use in each member."""
    steps: FloatArray
    """By how much it falls at each; the worth before all of them is their sum."""
    stock_loss: float = 0.0
    """Expected yield lost after the next chance for want of what today could leave in the soil."""

    @classmethod
    def of(cls, day: date, through: date, outlook: Outlook, worth: Worth, net_price: float) -> Self:
        """Weigh the days until the next chance, and what should be left for those after it."""
        known = outlook.reaching(through)
        first, last = known.row(day), max(known.row(through), known.row(day) + 1)
        rows = known.demand_mm.shape[0]
        gained = np.maximum(worth.day_losses(rows) - net_price, 0.0)[:, None]
        free = worth.day_shares(rows)[:, None]
        kept_in_soil = known.lost_mm(0, rows)
        lost = kept_in_soil if (free == 1.0).all() else known.lost_mm(0, rows, free)
        needs, shares = _needs(known, kept_in_soil, free, slice(first, last))
        gained = gained[first:last]
        room = _room_mm(known, kept_in_soil, worth, day)
        falls = _Falls(needs_mm=needs, shares=shares, gained=gained, net_price=net_price)
        far = (through - day).days > LONGEST_WAIT_DAYS
        if worth.stock is None:
            points, steps = falls.with_soil_beneath(room, known.room_beneath_mm(day)) if far else falls.at(room)
            kept = 0.0
        else:
            beneath = np.maximum(worth.stock.beneath_mm, known.room_beneath_mm(day) if far else 0.0)
            used_mm = float(known.use_mm[first:last].sum(axis=0).mean())
            most_mm = CLAIMED * (float(np.quantile(known.depletion_mm[first], DRIEST)) + used_mm)
            points, steps, kept = falls.with_stock(np.minimum(room, most_mm), beneath, worth.stock, most_mm)
        order = np.argsort(points, kind="stable")
        return cls(
            outlook=known,
            worth=worth,
            net_price=net_price,
            first=first,
            last=last,
            daily_loss=_expected(known, lost, worth, net_price),
            points_mm=points[order],
            room_mm=room,
            steps=steps[order],
            stock_loss=kept,
        )

    @property
    def loss_by_waiting(self) -> float:
        """Expected yield lost until the next chance, and after it for want of stock, less the water not used."""
        return float(self.daily_loss[self.first : self.last].sum()) + self.stock_loss

    @property
    def use_mm_day(self) -> float:
        """Evapotranspiration on the days until the next chance, mean."""
        return mean_of(self.outlook.use_mm[self.first : self.last])

    def best_mm(self) -> float:
        """Net depth up to which a millimetre is worth its price; 0 where not even the first is.

        An irrigation's fixed cost, divided by the usual depth, speaks for every millimetre: a larger one comes less
        often.
        """
        usual = USUAL_FILL * mean_of(self.outlook.readily_available_mm[self.first])
        fixed = min(self.worth.event / max(usual, 1.0), LARGEST_FIXED * self.net_price)
        left = float(self.steps.sum()) + fixed - self.net_price
        beyond = np.flatnonzero(np.cumsum(self.steps) > left + 1e-12)
        return max(float(self.points_mm[beyond[0]]), 0.0) if beyond.size else 0.0

    def drained_mm(self, net_mm: float) -> float:
        """Expected part of a net depth that finds no room."""
        return mean_of(np.maximum(net_mm - self.room_mm, 0.0))

    def curve(self, largest_mm: float) -> tuple[tuple[float, float], ...]:
        """Pairs (net depth up to which, worth of a net millimetre before its price), depths rising, worth not."""
        top = min(max(float(self.points_mm[-1]), 0.0), largest_mm)
        if top <= 0.0:
            return ()
        edges = _EDGES * (top / PIECES)
        edges[-1] = top
        # What a step of height h at depth q adds up to a depth x is h min(x, q).
        points = np.maximum(self.points_mm, 0.0)
        passed = np.searchsorted(points, edges)
        before, heights = _running(self.steps * points), _running(self.steps)
        whole = before[passed] + edges * (heights[-1] - heights[passed])
        slopes = np.minimum.accumulate((whole[1:] - whole[:-1]) / (top / PIECES))
        return tuple(zip(edges[1:].tolist(), slopes.tolist(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Falls:
    """Where the worth of one more millimetre falls: R days and M members."""

    needs_mm: FloatArray
    """(R, M) net depth up to which water serves a day."""
    shares: FloatArray
    """(R, M) share of a millimetre that the day would use; of all days together at most 1."""
    gained: FloatArray
    """(R, 1) money for a millimetre used on the day, beyond its price."""
    net_price: float

    def at(self, room_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Depths and falls where what drains serves no need and what stays in the soil saves later water."""
        members = room_mm.size
        points = np.concatenate([np.minimum(self.needs_mm, room_mm).ravel(), room_mm])
        money = (self.gained * self.shares).ravel() / members
        return points, np.concatenate([money, np.full(members, self.net_price / members)])

    def with_soil_beneath(self, room_mm: FloatArray, beneath_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The same where KEPT_BENEATH of what drains into the soil beneath stays in reach.

        It serves the needs of these days, and what is left of it saves later water; beyond the last need it is lost.
        """
        members, limit = room_mm.size, room_mm + beneath_mm
        money = (self.gained * self.shares) / members
        deep = KEPT_BENEATH * np.where(self.needs_mm > room_mm, money, 0.0)
        used_mm = np.minimum(np.maximum(self.needs_mm.max(axis=0), room_mm), limit)
        points = (
            np.minimum(self.needs_mm, room_mm).ravel(),
            np.minimum(self.needs_mm, limit).ravel(),
            room_mm,
            used_mm,
        )
        refund = np.full(members, self.net_price / members)
        falls = ((money - deep).ravel(), deep.ravel(), (1.0 - KEPT_BENEATH) * refund, KEPT_BENEATH * refund)
        return np.concatenate(points), np.concatenate(falls)

    def with_stock(
        self, room_mm: FloatArray, beneath_mm: FloatArray, stock: Stock, most_mm: float
    ) -> tuple[FloatArray, FloatArray, float]:
        """The same where water is also left for later: a millimetre is worth at least what it will bring then.

        Also the money that is lost if none of that stock is laid in today.
        """
        members, limit = room_mm.size, np.minimum(room_mm + beneath_mm, most_mm)
        later = max(stock.loss_per_mm - self.net_price, 0.0)
        first_mm = self.needs_mm.max(axis=0)
        last_mm = first_mm + stock.short_mm
        sooner = replace(self, gained=np.maximum(self.gained - later, 0.0))
        points, falls = sooner.with_soil_beneath(room_mm, limit - room_mm)
        money = np.full(members, later / members)
        points = np.concatenate([points, np.minimum(last_mm, room_mm), np.minimum(last_mm, limit)])
        falls = np.concatenate([falls, (1.0 - KEPT_BENEATH) * money, KEPT_BENEATH * money])

        def kept_mm(upto: FloatArray) -> FloatArray:
            in_roots = np.clip(upto, 0.0, room_mm)
            held: FloatArray = in_roots + KEPT_BENEATH * (np.clip(upto, 0.0, limit) - in_roots)
            return held

        return points, falls, later * float(np.mean(kept_mm(last_mm) - kept_mm(first_mm)))


def _running(values: FloatArray) -> FloatArray:
    """Sums of none, one, two ... of the values."""
    sums = np.zeros(values.size + 1)
    np.cumsum(values, out=sums[1:])
    return sums


def daily_losses(outlook: Outlook, worth: Worth, net_price: float) -> FloatArray:
    """Expected yield lost on each day ahead (K,) if nothing is given, less the price of the water not used."""
    rows = outlook.demand_mm.shape[0]
    return _expected(outlook, outlook.lost_mm(0, rows, worth.day_shares(rows)[:, None]), worth, net_price)


def _expected(outlook: Outlook, lost: FloatArray, worth: Worth, net_price: float) -> FloatArray:
    losses = worth.day_losses(lost.shape[0])
    members = lost.shape[1]
    worst = np.where(losses > 0.0, np.maximum(worth.severe_per_mm - losses, 0.0), 0.0)
    severe = np.maximum(lost - STRAIGHT_TO * outlook.demand_mm, 0.0).sum(axis=1)
    expected: FloatArray = (np.maximum(losses - net_price, 0.0) * lost.sum(axis=1) + worst * severe) / members
    return expected


def next_look(day: date, outlook: Outlook, losses: FloatArray, worth: Worth) -> date:
    """First day after ``day`` on which water may be due, at most LONGEST_WAIT_DAYS on.

    That is when waiting another day would cost the least that putting off the largest irrigation can save.
    """
    first = outlook.row(day)
    row = min(first, outlook.demand_mm.shape[0] - 1)
    largest_mm = max(mean_of(outlook.readily_available_mm[first]), 1.0)
    enough = max(worth.event * min(1.0, mean_of(outlook.use_mm[row]) / largest_mm), 1e-9)
    for ahead in range(1, LONGEST_WAIT_DAYS):
        if first + ahead >= losses.size or losses[first + ahead] >= enough:
            return day + timedelta(days=ahead)
    return day + timedelta(days=LONGEST_WAIT_DAYS)


def _needs(outlook: Outlook, kept_in_soil: FloatArray, free: FloatArray, days: slice) -> tuple[FloatArray, FloatArray]:
    """Water (R, M) that would have kept each member from loss on each day, and the share of it that a day would use.

    ``free`` is the share of readily available water that is free of loss, by day (K, 1). What is gained on an early day
    leaves less for a later one: the shares of one millimetre add up to at most 1.
    """
    unstressed = outlook.depletion_mm[days] + np.cumsum(kept_in_soil, axis=0)[days] - kept_in_soil[days]
    readily = outlook.readily_available_mm[days] * free[days]
    share = outlook.demand_mm[days] / np.maximum(outlook.total_available_mm[days] - readily, 1.0)
    share = np.minimum(np.maximum(share, 0.0), 1.0)
    kept = np.cumprod((1.0 - share)[::-1], axis=0)[::-1]
    later = np.concatenate([kept[1:], np.ones_like(kept[:1])])
    return unstressed - readily, share * later


def _room_mm(outlook: Outlook, kept_in_soil: FloatArray, worth: Worth, day: date) -> FloatArray:
    """Room of each member (M,): what neither drains nor is left in the ground, unused, when the crop is harvested."""
    room = outlook.room_mm(day)
    if np.isinf(worth.rest_of_season_mm):
        return room
    at = min(worth.days_left, kept_in_soil.shape[0])
    unstressed = outlook.depletion_mm[at] + kept_in_soil[:at].sum(axis=0) + worth.rest_of_season_mm
    useful: FloatArray = np.minimum(room, np.maximum(unstressed - outlook.readily_available_mm[at], 0.0))
    return useful
