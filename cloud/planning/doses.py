"""Dose tables: what the advice itself would do on days ahead, at every level of missing water.

On some days ahead the night's own ``intend`` is asked what it would do if so much were missing; between these days and
levels the table goes over smoothly from one answer to the next. A drier field is never told less.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.advice.access import Access, Constraints, access_on
from cloud.advice.outlook import Outlook
from cloud.advice.plan import due_mm
from cloud.advice.prices import Prices
from cloud.advice.system import SystemLimits, limits_of
from cloud.advice.worth import Worth, worth_of
from cloud.planning.use import UseAhead
from cloud.records import Parcel
from cloud.variables import Floats

LOOK_AHEAD_DAYS: Final = 10
"""Days after its last that a plan's weather must reach: an advice looks so far."""
ASKED_DAYS: Final = (0, 3, 8, 16, 29)
"""Days ahead on which the advice is asked where water can be had every day."""
MOST_TURNS: Final = 6
"""By turn it is asked on the days of the next turns."""
ASKED_LEVELS: Final = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0, 1.3)
"""Missing water at which it is asked, as a share of what is readily available."""
MEMBERS: Final = 16
LEVELS: Final = 32
"""Levels of a finished table, from nothing missing to more than is readily available; the last one is open."""
LATEST_START_H: Final = 4.0
SLACK_SHARE: Final = 0.25
"""Of the hours of a turn or a pump's day, kept for a later start."""
WIDEST: Final = 1.6
"""Days ahead that are measured are at most so much less certain than the first: beyond, rain and warmth would be
doubted twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """When and how water can reach a parcel on each day ahead (K,)."""

    access: tuple[Access, ...]
    windows: tuple[tuple[datetime, datetime] | None, ...]
    """First and last start of each day; None where no water can be had."""
    most_mm: Floats
    """Largest gross depth that the day's flow, hours and volume bring whenever it is begun; 0 where none can be had."""
    flow_m3_h: float | None
    """The least that comes on any of the days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the advice would do on one day ahead: the levels asked and the gross dose at each, 0 = wait."""

    place: int
    levels_mm: Floats
    doses_mm: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseTable:
    """Gross doses (K, L) by day ahead and level of missing water (L,)."""

    levels_mm: Floats
    doses_mm: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One parcel of a block: its place there, when its water comes, the age of its crop and its season."""

    parcel: Parcel
    place: int
    chances: Chances
    ages: Floats
    """(K + LOOK_AHEAD_DAYS,) days of the crop's table."""
    days_standing: int
    """Days ahead on which there is a crop to be watered."""


def chances_of(parcel: Parcel, first: date, days: int, constraints: Constraints, share: float) -> Chances:
    """Access to water on each day; of what several parcels share, this one's part alone."""
    access = tuple(access_on(first + timedelta(days=ahead), parcel, constraints) for ahead in range(days))
    slacks = [_slack_h(one) for one in access]
    windows = tuple(_window(one, slack) for one, slack in zip(access, slacks, strict=True))
    most = [_most_mm(one, parcel, share, slack) for one, slack in zip(access, slacks, strict=True)]
    flows = [one.flow_m3_h for one in access if one.opens_at is not None and one.flow_m3_h is not None]
    return Chances(access=access, windows=windows, most_mm=np.array(most), flow_m3_h=min(flows, default=None))


def table_of(ground: Ground, first: date, use: UseAhead, members: Floats, prices: Prices) -> DoseTable:
    """The dose table of one parcel.

    Parameters
    ----------
    members : ndarray, shape (P, M)
        Depletion of the state, by which the members of a level differ from each other [mm].
    """
    limits = limits_of(ground.parcel)
    readily = float(use.projection.readily_available_mm[:, ground.place].mean(axis=1).max())
    levels = np.linspace(0.0, ASKED_LEVELS[-1] * readily, LEVELS)
    answers = list(_answers(ground, first, use, members, (limits, prices)))
    days = len(ground.chances.access)
    doses = _between(answers, levels + 0.5 * (levels[1] - levels[0]), days)
    doses = np.minimum(np.floor(doses + 0.5), np.floor(limits.max_mm))
    doses[doses < np.ceil(limits.min_mm)] = 0.0
    doses[ground.days_standing :] = 0.0
    return DoseTable(levels_mm=levels, doses_mm=doses.astype(np.int64))


def _answers(
    ground: Ground, first: date, use: UseAhead, members: Floats, rules: tuple[SystemLimits, Prices]
) -> Iterator[Answered]:
    limits, prices = rules
    for ahead in _asked_days(ground):
        day, access = first + timedelta(days=ahead), ground.chances.access[ahead]
        worth = worth_of(ground.parcel, prices, ground.ages[ahead:])
        rows = _Rows.of(ground, use, members, ahead)
        levels = np.array(ASKED_LEVELS) * float(rows.readily_mm[0].mean())
        dose_at = partial(_due_at, rows, day, (access, limits, worth))
        yield Answered(place=ahead, levels_mm=levels, doses_mm=_rising(levels, dose_at, limits.max_mm))


def _due_at(rows: "_Rows", day: date, rules: tuple[Access, SystemLimits, Worth], level_mm: float) -> float:
    return due_mm(day, rows.outlook(day, level_mm), *rules)


def _rising(levels: Floats, dose_at: Callable[[float], float], most_mm: float) -> Floats:
    """Doses at rising levels: none below the first that is due, and the most above the first that reaches it."""
    low, high = 0, levels.size
    found: dict[int, float] = {}
    while low < high:
        middle = (low + high) // 2
        found[middle] = dose_at(float(levels[middle]))
        low, high = (low, middle) if found[middle] > 0.0 else (middle + 1, high)
    doses = np.zeros(levels.size)
    for place in range(low, levels.size):
        reached = place > 0 and doses[place - 1] >= most_mm
        doses[place] = most_mm if reached else found.get(place) or dose_at(float(levels[place]))
    return np.maximum.accumulate(doses)


def _asked_days(ground: Ground) -> list[int]:
    last = min(len(ground.chances.access), ground.days_standing) - 1
    if any(one.by_turn for one in ground.chances.access):
        turns = [place for place, one in enumerate(ground.chances.access) if one.opens_at is not None]
        return [place for place in turns if place <= last][:MOST_TURNS]
    return sorted({min(place, last) for place in ASKED_DAYS}) if last >= 0 else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The days after one day ahead, by member: (R, M) and (R + 1, M)."""

    deviation_mm: Floats
    demand_mm: Floats
    evaporated_mm: Floats
    rain_mm: Floats
    readily_mm: Floats
    total_mm: Floats

    @classmethod
    def of(cls, ground: Ground, use: UseAhead, members: Floats, ahead: int) -> "_Rows":
        some = np.linspace(0, members.shape[1] - 1, min(MEMBERS, members.shape[1])).astype(np.intp)
        own = members[ground.place][some]
        plain, place = use.projection, ground.place
        rows = slice(ahead, min(ahead + LOOK_AHEAD_DAYS, plain.demand_mm.shape[0]))
        wider = use.deviation_mm[ahead, place] / max(float(use.deviation_mm[0, place]), 0.1)
        demand = plain.demand_mm[rows, place][:, some]
        readily, total = plain.readily_available_mm[:, place][:, some], plain.total_available_mm[:, place][:, some]
        first = max(ahead - 1, 0)
        # A member of the state always meets the same weather.
        rain = use.fallen_mm[rows, place][:, some % use.fallen_mm.shape[2]]
        return cls(
            deviation_mm=(own - np.median(own)) * min(wider, WIDEST),
            demand_mm=demand,
            evaporated_mm=plain.etc_mm[rows, place][:, some] - plain.ks[rows, place][:, some] * demand,
            rain_mm=rain,
            readily_mm=np.concatenate([readily[first : first + 1], readily[rows]]),
            total_mm=np.concatenate([total[first : first + 1], total[rows]]),
        )

    def outlook(self, day: date, level_mm: float) -> Outlook:
        """The days ahead if so much is missing on the evening before and nothing is given."""
        depletion = np.empty_like(self.readily_mm)
        used = np.empty_like(self.demand_mm)
        depletion[0] = np.minimum(level_mm + self.deviation_mm, self.total_mm[0])
        for row in range(used.shape[0]):
            before, readily, total = depletion[row], self.readily_mm[row], self.total_mm[row]
            slowed = np.clip((total - before) / np.maximum(total - readily, 1.0), 0.0, 1.0)
            used[row] = slowed * self.demand_mm[row] + self.evaporated_mm[row]
            wet = np.maximum(before - self.rain_mm[row], np.minimum(before, 0.0))
            depletion[row + 1] = np.minimum(wet + used[row], self.total_mm[row + 1])
        return Outlook(
            start=day - timedelta(days=1),
            depletion_mm=depletion,
            readily_available_mm=self.readily_mm,
            total_available_mm=self.total_mm,
            rain_mm=np.broadcast_to(self.rain_mm.mean(axis=1, keepdims=True), used.shape),
            use_mm=used,
            demand_mm=self.demand_mm,
        )


def _between(answers: Sequence[Answered], levels: Floats, days: int) -> Floats:
    """Doses (K, L) between the days and levels that were asked."""
    if not answers:
        return np.zeros((days, levels.size))
    places = np.array([one.place for one in answers], dtype=np.float64)
    triggers = np.array([_trigger(one) for one in answers])
    lines = np.array([_line(one, levels) for one in answers])
    each = np.arange(days, dtype=np.float64)
    trigger = np.interp(each, places, triggers)
    doses = np.stack([np.interp(each, places, lines[:, level]) for level in range(levels.size)], axis=1)
    due: Floats = np.where(levels[None, :] >= trigger[:, None], doses, 0.0)
    return np.maximum.accumulate(due, axis=1)


def _trigger(answer: Answered) -> float:
    """Missing water from which water is given: halfway between the last wait and the first irrigation."""
    due = np.flatnonzero(answer.doses_mm > 0.0)
    if not due.size:
        return 2.0 * float(answer.levels_mm[-1])
    first = int(due[0])
    return float(answer.levels_mm[0] if first == 0 else answer.levels_mm[first - 1 : first + 1].mean())


def _line(answer: Answered, levels: Floats) -> Floats:
    """Doses at all levels as if water were due at each of them, by those where it is."""
    due = answer.doses_mm > 0.0
    if not due.any():
        return np.zeros(levels.size)
    known_levels, known_doses = answer.levels_mm[due], answer.doses_mm[due]
    inside = np.interp(levels, known_levels, known_doses)
    below = np.maximum(known_doses[0] - (known_levels[0] - levels), 0.0)
    found: Floats = np.where(levels < known_levels[0], below, inside)
    return found


def _slack_h(access: Access) -> float:
    """Hours by which a start may be later: what is not bound to hours gives way most."""
    if access.opens_at is None:
        return 0.0
    return LATEST_START_H if access.place.startswith("parcel ") else min(SLACK_SHARE * access.hours, LATEST_START_H)


def _window(access: Access, slack_h: float) -> tuple[datetime, datetime] | None:
    if access.opens_at is None:
        return None
    whole = math.floor(slack_h * 2.0) / 2.0
    return access.opens_at, access.opens_at + timedelta(hours=whole)


def _most_mm(access: Access, parcel: Parcel, share: float, slack_h: float) -> float:
    if access.opens_at is None:
        return 0.0
    system = limits_of(parcel)
    if access.flow_m3_h is None:
        return system.max_mm
    alone = access.place.startswith("parcel ")
    volume = (access.hours if alone else share * (access.hours - slack_h)) * access.flow_m3_h
    if access.volume_m3 is not None:
        volume = min(volume, share * access.volume_m3)
    return min(system.max_mm, volume / (10.0 * parcel.area_ha))
