"""What parcels have lived through by a day, as digests: whether a kept state still stands for the records of today.

A state is kept with the digest of the days behind it. When weather is revised, or irrigation or an observation arrives
late, the digest of the same days differs, and the state no longer serves. Days are summed by month, so that a file of
weather whose first days fall away as new ones come still proves all the months that it holds.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.variables import Days, Indices
from cloud.weather.forcing import Forcing

Digests = NDArray[np.uint64]

SEEN_DAYS: Final = 10
"""Days before a state whose photos are compared: these count only when they arrive within three days."""

_MONTHS_KEPT: Final = 24
_FIELDS: Final = ("et0_mm", "rain_mm", "wind_2m_m_s", "rh_min_percent", "tmin_c", "tmax_c", "filled", "et0_sigma")
_STEP: Final = 0x9E3779B97F4A7C15
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_UNKNOWN: Final = np.uint64(0x7FF8000000000000)
_WORD: Final = 1 << 64
_COLUMNS_AT_ONCE: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """Digests of the days behind a state of P parcels."""

    since: Days
    """(P,) first day that is counted."""
    months: tuple[str, ...]
    """(K,) like 2026-07, in order."""
    sums: Digests
    """(K, P) sum over the days of each month, up to the state's day, of the digests of weather and of what was told."""
    seen: Digests
    """(P,) digest of the photos of the last days."""

    @classmethod
    def nothing(cls, parcels: int, first: np.datetime64) -> Self:
        """No day yet: parcels whose water starts on a first day."""
        empty = np.zeros((0, parcels), dtype=np.uint64)
        return cls(since=np.full(parcels, first), months=(), sums=empty, seen=np.zeros(parcels, dtype=np.uint64))

    def take(self, index: Indices) -> Self:
        """Those of some of the parcels."""
        return replace(self, since=self.since[index], sums=self.sums[:, index], seen=self.seen[index])


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """Weather, irrigation, readings and photos of P parcels, ready to be summed over any days."""

    forcing: Forcing
    told: Mapping[int, Sequence[tuple[np.datetime64, np.uint64]]]
    """Place of a parcel: local day and digest of each irrigation and each reading of a probe, a meter or a person."""
    seen: Mapping[int, Sequence[tuple[np.datetime64, np.uint64]]]


def diary_of(
    parcels: Sequence[Parcel],
    forcing: Forcing,
    told: Sequence[IrrigationEvent | Observation],
    seen: Sequence[Observation],
) -> Diary:
    """The diary of P parcels from what was ``told`` of whole seasons and ``seen`` on photos; others' is left out."""
    return Diary(forcing=forcing, told=_dated(parcels, told), seen=_dated(parcels, seen))


def still_holds(lived: Lived, diary: Diary, places: Indices, day: date) -> NDArray[np.bool_]:
    """Whether the records of today (N,), at some places of the diary, are those behind a state's rows of a day.

    ``lived`` holds those N rows. Months of which the diary does not hold every counted day prove nothing and pass.
    """
    last, first = np.datetime64(day), diary.forcing.days[0]
    holds: NDArray[np.bool_] = lived.seen == _seen(diary, places, last)
    for since in np.unique(lived.since):
        own = np.flatnonzero(lived.since == since)
        for row, month in enumerate(lived.months):
            begins, ends = _span(month, since, last)
            if begins >= first and begins <= ends:
                today = _sum(diary, places[own], begins, ends)
                holds[own] &= today == lived.sums[row, own]
    return holds


def lived_on(before: Lived, diary: Diary, places: Indices, days: tuple[np.datetime64, np.datetime64]) -> Lived:
    """What N parcels have lived when the days from a first to a last one are added to what they had before."""
    first, last = days
    sums = dict(zip(before.months, before.sums, strict=True))
    for month in np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + 1):
        begins, ends = _span(str(month), first, last)
        none = np.zeros(places.size, dtype=np.uint64)
        sums[str(month)] = sums.get(str(month), none) + _sum(diary, places, begins, ends)
    months = tuple(sorted(sums))[-_MONTHS_KEPT:]
    return Lived(
        since=before.since,
        months=months,
        sums=np.array([sums[month] for month in months], dtype=np.uint64).reshape(len(months), places.size),
        seen=_seen(diary, places, last),
    )


def side_by_side(parts: Sequence[tuple[Indices, Lived]]) -> Lived:
    """Those of parts, each with its places among all the parcels, as one."""
    order = np.concatenate([places for places, _ in parts])
    back = np.argsort(order)
    months = tuple(sorted({month for _, part in parts for month in part.months}))
    sums = np.zeros((len(months), order.size), dtype=np.uint64)
    for places, part in parts:
        for row, month in enumerate(part.months):
            sums[months.index(month), places] = part.sums[row]
    return Lived(
        since=np.concatenate([part.since for _, part in parts])[back],
        months=months,
        sums=sums,
        seen=np.concatenate([part.seen for _, part in parts])[back],
    )


def _span(month: str, since: np.datetime64, last: np.datetime64) -> tuple[np.datetime64, np.datetime64]:
    begins = np.datetime64(month, "M")
    ends = (begins + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return max(begins.astype("datetime64[D]"), since), min(ends, last)


def _sum(diary: Diary, places: Indices, begins: np.datetime64, ends: np.datetime64) -> Digests:
    days = diary.forcing.days
    rows = np.flatnonzero((days >= begins) & (days <= ends))
    total = np.zeros(places.size, dtype=np.uint64)
    for start in range(0, places.size, _COLUMNS_AT_ONCE):
        part = slice(start, start + _COLUMNS_AT_ONCE)
        total[part] = _weather(diary.forcing, rows, places[part])
    return total + _within(diary.told, places, begins, ends)


def _weather(forcing: Forcing, rows: Indices, places: Indices) -> Digests:
    total = np.zeros(places.size, dtype=np.uint64)
    if not rows.size:
        return total
    day = forcing.days[rows].astype(np.int64).astype(np.uint64)[:, None] * _SECOND
    block = np.ix_(rows, places)
    for place, name in enumerate(_FIELDS):
        values = getattr(forcing, name)
        numbers = np.zeros((rows.size, places.size)) if values is None else values[block].astype(np.float64)
        if name == "et0_sigma" and values is None:
            numbers = np.full_like(numbers, np.nan)
        # Minus zero is zero, and there is but one unknown.
        bits = np.where(np.isnan(numbers), _UNKNOWN, (numbers + 0.0).view(np.uint64))
        total += _mixed(bits + np.uint64(_STEP * (place + 1) % _WORD) + day).sum(axis=0, dtype=np.uint64)
    return total


def _mixed(bits: Digests) -> Digests:
    # Finalizer of splitmix64 (G.L. Steele et al. 2014, doi:10.1145/2660193.2660195).
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    mixed: Digests = bits ^ (bits >> np.uint64(31))
    return mixed


def _seen(diary: Diary, places: Indices, last: np.datetime64) -> Digests:
    return _within(diary.seen, places, last - np.timedelta64(SEEN_DAYS - 1, "D"), last)


def _within(
    records: Mapping[int, Sequence[tuple[np.datetime64, np.uint64]]],
    places: Indices,
    begins: np.datetime64,
    ends: np.datetime64,
) -> Digests:
    sums = [
        sum(int(value) for day, value in records.get(place, ()) if begins <= day <= ends) for place in places.tolist()
    ]
    return np.array([one % _WORD for one in sums], dtype=np.uint64)


def _dated(
    parcels: Sequence[Parcel], records: Sequence[IrrigationEvent | Observation]
) -> dict[int, list[tuple[np.datetime64, np.uint64]]]:
    places = {parcel.id: place for place, parcel in enumerate(parcels)}
    zones = [ZoneInfo(parcel.timezone) for parcel in parcels]
    dated: dict[int, list[tuple[np.datetime64, np.uint64]]] = {}
    for one in records:
        place = places.get(one.parcel_id)
        if place is not None:
            at = one.started_at if isinstance(one, IrrigationEvent) else one.observed_at
            dated.setdefault(place, []).append((_local(at, zones[place]), _of_record(one)))
    return dated


def _local(at: datetime, zone: ZoneInfo) -> np.datetime64:
    return np.datetime64(at.astimezone(zone).date())


def _of_record(record: IrrigationEvent | Observation) -> np.uint64:
    digest = hashlib.blake2b(record.model_dump_json().encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "big"))
