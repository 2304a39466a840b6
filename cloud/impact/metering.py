"""What a parcel took in a season, from meters as they are: gaps, roll-overs, resets, replaced meters, single events.

What a meter did not see is never filled in silence: it has a least and a most, and the share of the season it concerns
is told. The value between them is the parcel's own rate over need in the days that were seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np

from cloud.variables import Floats

Note = tuple[date, str]

_DAY_S: Final = 86_400.0
_SHORT_DAYS: Final = 10.0
"""An interval of readings no longer than this may straddle a season's edge and be shared out by its days."""
_RATE_DAYS: Final = 5.0
"""Least length over which a rate is believed to be one [d]."""
_EVENT_WINDOW_DAYS: Final = 10
_NEAR_THE_TOP: Final = 0.9
_NO_GAP: Final = 0.02
"""Gaps of a smaller share of the season are no gaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A meter's counter at a moment; another ``meter`` means that it was replaced."""

    meter: str
    at: datetime
    counter_m3: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Water of a stretch of time; ``known`` false: between nothing and what the parcel can take."""

    start: datetime
    end: datetime
    volume_m3: float
    known: bool

    @property
    def days(self) -> float:
        """Length [d]."""
        return (self.end - self.start).total_seconds() / _DAY_S

    def share(self, first: datetime, last: datetime) -> float:
        """Share of the interval that lies between two moments."""
        inside = (min(self.end, last) - max(self.start, first)).total_seconds()
        return max(inside, 0.0) / max((self.end - self.start).total_seconds(), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Gross water of one parcel-season [mm]; NaN where no meter saw any of it."""

    used_mm: float
    low_mm: float
    high_mm: float
    gap_fraction: float
    """Share of the season's days that no meter saw."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """The days of a parcel-season, its area and its daily need."""

    first: date
    last: date
    area_ha: float
    need_mm: Floats
    """(D,) from the first to the last day; may be all 1 where only days count."""
    most_mm_per_day: float

    @property
    def edges(self) -> tuple[datetime, datetime]:
        """Begin and end as moments."""
        return _midnight(self.first), _midnight(self.last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def intervals_of(readings: Sequence[Reading], most_m3_per_day: float) -> tuple[list[Interval], list[Note]]:
    """Water between successive readings, and by day what was odd; readings at one moment and meter count once."""
    notes: list[Note] = []
    ordered = _without_slips(sorted(readings, key=lambda one: one.at), most_m3_per_day, notes)
    found: list[Interval] = []
    for before, after in pairwise(ordered):
        if before.meter != after.meter:
            if (after.at - before.at) > timedelta(days=1):
                found.append(_unseen(before, after))
                notes.append((after.at.date(), f"meter replaced, {before.at.date()} to {after.at.date()} not seen"))
        elif after.at > before.at:
            found.append(_between(before, after, most_m3_per_day, notes))
    return found, notes


def _without_slips(ordered: Sequence[Reading], most_m3_per_day: float, notes: list[Note]) -> list[Reading]:
    """Readings without single ones that do not fit between their neighbours, which fit each other."""
    kept = list(ordered[:1])
    for place, one in enumerate(ordered[1:], start=1):
        following = ordered[place + 1] if place + 1 < len(ordered) else None
        if following is not None and kept[-1].meter == one.meter == following.meter:
            alone = not kept[-1].counter_m3 <= one.counter_m3 <= following.counter_m3
            whole = following.counter_m3 - kept[-1].counter_m3
            if alone and 0.0 <= whole <= most_m3_per_day * _days(kept[-1].at, following.at):
                notes.append((one.at.date(), f"{one.counter_m3:g} m3 on {one.at.date()} fits no neighbour: left out"))
                continue
        kept.append(one)
    return kept


def _days(start: datetime, end: datetime) -> float:
    return max((end - start).total_seconds() / _DAY_S, 1.0)


def _unseen(before: Reading, after: Reading) -> Interval:
    return Interval(start=before.at, end=after.at, volume_m3=0.0, known=False)


def _between(before: Reading, after: Reading, most_m3_per_day: float, notes: list[Note]) -> Interval:
    change = after.counter_m3 - before.counter_m3
    most = most_m3_per_day * _days(before.at, after.at)
    span, day = f"{before.at.date()} to {after.at.date()}", after.at.date()
    if change < 0.0:
        top = 10.0 ** len(str(int(before.counter_m3)))
        rolled = change + top
        if before.counter_m3 >= _NEAR_THE_TOP * top and rolled <= most:
            notes.append((day, f"counter rolled over at {top:.0f} m3, {span}: {rolled:.0f} m3"))
            return Interval(start=before.at, end=after.at, volume_m3=rolled, known=True)
        notes.append((day, f"counter fell from {before.counter_m3:g} to {after.counter_m3:g} m3, {span} not seen"))
        return _unseen(before, after)
    if change > most:
        notes.append((day, f"{change:.0f} m3 counted, {span}, where the parcel can take {most:.0f}: not believed"))
        return _unseen(before, after)
    return Interval(start=before.at, end=after.at, volume_m3=change, known=True)


def from_counters(readings: Sequence[Reading], season: Season) -> Metered:
    """Water of a season from a counter's readings."""
    first, last = season.edges
    found, notes = intervals_of(readings, 10.0 * season.most_mm_per_day * season.area_ha)
    inside = [one for one in found if one.end > first and one.start < last]
    seen = [one for one in inside if one.known and (one.days <= _SHORT_DAYS or one.share(first, last) >= 1.0)]
    known = sum(one.volume_m3 * one.share(first, last) for one in seen)
    # A long interval over the season's edge: all of its water or none may be the season's.
    edge = [one for one in inside if one.known and one not in seen]
    measured_days = sum(one.days * one.share(first, last) for one in (*seen, *edge))
    days = (last - first).total_seconds() / _DAY_S
    high = sum(one.volume_m3 for one in edge) + _peak_m3_per_day(inside, season) * max(days - measured_days, 0.0)
    told = [note for day, note in notes if season.first <= day <= season.last]
    return _metered(known, high, _seen_days(season, seen), season, told)


def _peak_m3_per_day(inside: Iterable[Interval], season: Season) -> float:
    most = 10.0 * season.most_mm_per_day * season.area_ha
    rates = [one.volume_m3 / one.days for one in inside if one.known and one.days >= _RATE_DAYS]
    return min(max(rates), most) if rates and max(rates) > 0.0 else most


def _seen_days(season: Season, known: Iterable[Interval]) -> Floats:
    """(D,) share of each day that was seen."""
    seen = np.zeros(season.need_mm.size)
    first, last = season.edges
    for one in known:
        start = (max(one.start, first) - first).total_seconds() / _DAY_S
        end = (min(one.end, last) - first).total_seconds() / _DAY_S
        day = np.arange(seen.size)
        seen += np.clip(np.minimum(day + 1, end) - np.maximum(day, start), 0.0, 1.0)
    result: Floats = np.minimum(seen, 1.0)
    return result


def from_events(
    events_mm: Sequence[tuple[date, float]], outages: Sequence[tuple[date, date]], season: Season
) -> Metered:
    """Water of a season from single events [mm gross] and the days on which the meter is known to have been out."""
    seen = np.ones(season.need_mm.size)
    for begin, end in outages:
        seen[max((begin - season.first).days, 0) : max((end - season.first).days + 1, 0)] = 0.0
    daily = np.zeros(season.need_mm.size)
    for day, depth in events_mm:
        if season.first <= day <= season.last:
            daily[(day - season.first).days] += depth
    # An event metered on a day of an outage is known water all the same.
    known = float(daily.sum())
    window = min(_EVENT_WINDOW_DAYS, daily.size)
    peak = float(np.convolve(daily, np.ones(window), mode="valid").max()) / window
    peak = min(peak, season.most_mm_per_day) if peak > 0.0 else season.most_mm_per_day
    scale = 10.0 * season.area_ha
    missed = float((1.0 - seen).sum())
    return _metered(known * scale, peak * missed * scale, seen, season, [])


def _metered(known_m3: float, more_m3: float, seen: Floats, season: Season, notes: Sequence[str]) -> Metered:
    """Known water, at most so much more, and the share of each day (D,) that was seen."""
    known, more = (volume / (10.0 * season.area_ha) for volume in (known_m3, more_m3))
    gap = float(1.0 - seen.mean())
    need_seen, need = float((season.need_mm * seen).sum()), float(season.need_mm.sum())
    if need_seen <= 0.0:
        need_seen, need = float(seen.sum()), float(seen.size)
    if need_seen <= 0.0:
        return Metered(used_mm=np.nan, low_mm=np.nan, high_mm=np.nan, gap_fraction=1.0, notes=tuple(notes))
    if gap < _NO_GAP:
        gap, more = 0.0, 0.0
    between = min(known * need / need_seen, known + more)
    return Metered(used_mm=between, low_mm=known, high_mm=known + more, gap_fraction=gap, notes=tuple(notes))
