"""What became of told irrigations: each told text beside what farmers, agronomists and meters said of its parcel.

An irrigation is given when somebody said so last, or a meter saw water, from its telling until a day after its window;
what came after the next irrigation was told belongs to that one. What the night presumes is nobody's word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.irrigation_accounts import SAME_WATER
from cloud.outreach.counts import Heard, Told, ToldCount

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_AFTER_S: Final = int(SAME_WATER.total_seconds())
_SPAN: Final = 1 << 36
"""More seconds than any calendar of ours has, so that a parcel and a moment are one number."""
_NOBODY: Final = -1
_FIRST_NUMBER: Final = Told._fields.index("queued_s")
"""From here on a told text is numbers: its moments, and what it does."""
_SOURCES: Final = {"meter": 1, "reply": 2, "agronomist": 3}


def told_counts(told: Sequence[Told], heard: Sequence[Heard], *, now_s: int) -> list[ToldCount]:
    """Counts per farmer, language, channel and carrier of irrigations whose window ended a day before ``now_s``."""
    if not told:
        return []
    places = {name: place for place, name in enumerate(dict.fromkeys(text.parcel_id for text in told))}
    rows = _once(told, places)
    parcel, begin, until = rows.parcel, rows.begin, rows.until
    followed_by = np.append(parcel[1:] == parcel[:-1], [False])
    next_at = np.where(followed_by, np.append(begin[1:], 0), np.iinfo(np.int64).max)
    taken_back = followed_by & np.append(rows.correction[1:], [False]) & (next_at < until)
    end = np.where(next_at <= until, until, np.minimum(until + _AFTER_S, next_at - 1))
    stands = np.flatnonzero(rows.irrigates & ~taken_back & (until + _AFTER_S < now_s))
    said, metered, answered = _outcomes(parcel[stands], (begin[stands], end[stands]), _words_of(heard, places))
    given = (metered, ~metered & (said == 1), ~metered & (said == 0), answered)
    return _counted([told[place] for place in rows.place[stands]], given)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Told texts (N,) by parcel and position: each telling once, however many people were told."""

    place: Ints
    """Where the text stands among those given."""
    parcel: Ints
    begin: Ints
    until: Ints
    correction: Flags
    irrigates: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What was heard (H,), by parcel and moment."""

    key: Ints
    position: Ints
    given: Ints
    meter: Flags
    reply: Flags
    person: Flags


def _once(told: Sequence[Told], places: Mapping[str, int]) -> _Rows:
    parcel = np.array([places[text.parcel_id] for text in told], dtype=np.int64)
    numbers = np.array([text[_FIRST_NUMBER:] for text in told], dtype=np.int64)
    position = np.array([text.position for text in told], dtype=np.int64)
    order = np.lexsort((position, parcel))
    telling = np.column_stack([parcel, numbers[:, 1:3]])[order]
    new = np.append([True], (telling[1:] != telling[:-1]).any(axis=1))
    kept = order[new]
    begin, until, correction, irrigates = numbers[kept].T
    return _Rows(
        place=kept,
        parcel=parcel[kept],
        begin=begin,
        until=until,
        correction=correction == 1,
        irrigates=irrigates == 1,
    )


def _words_of(heard: Sequence[Heard], places: Mapping[str, int]) -> _Words:
    own = [one for one in heard if one.parcel_id in places]
    key = np.array([places[one.parcel_id] * _SPAN + one.started_s for one in own], dtype=np.int64)
    position = np.array([one.position for one in own], dtype=np.int64)
    source = np.array([_SOURCES.get(one.source, 0) for one in own], dtype=np.int64)
    given = np.array([one.given for one in own], dtype=np.int64)
    order = np.lexsort((position, key))
    source = source[order]
    return _Words(
        key=key[order],
        position=position[order],
        given=given[order],
        meter=source == _SOURCES["meter"],
        reply=source == _SOURCES["reply"],
        person=source >= _SOURCES["reply"],
    )


def _outcomes(parcel: Ints, window: tuple[Ints, Ints], words: _Words) -> tuple[Ints, Flags, Flags]:
    """For each telling: the last word (1 given, 0 not, -1 none), whether a meter saw water, whether a farmer spoke."""
    first = np.searchsorted(words.key, parcel * _SPAN + window[0], side="left")
    last = np.searchsorted(words.key, parcel * _SPAN + window[1], side="right")
    said, newest = np.full(parcel.size, _NOBODY), np.full(parcel.size, _NOBODY)
    metered, answered = np.zeros(parcel.size, dtype=bool), np.zeros(parcel.size, dtype=bool)
    for step in range(int((last - first).max(initial=0))):
        rows = np.flatnonzero(first + step < last)
        event = first[rows] + step
        metered[rows] |= words.meter[event] & (words.given[event] == 1)
        answered[rows] |= words.reply[event]
        newer = words.person[event] & (words.position[event] > newest[rows])
        newest[rows[newer]] = words.position[event[newer]]
        said[rows[newer]] = words.given[event[newer]]
    return said, metered, answered


def _counted(texts: Sequence[Told], outcomes: tuple[Flags, ...]) -> list[ToldCount]:
    groups: dict[tuple[str, str, str, str], int] = {}
    place = np.array(
        [groups.setdefault((one.farmer_id, one.language, one.channel, one.carrier), len(groups)) for one in texts],
        dtype=np.int64,
    )
    told = np.bincount(place, minlength=len(groups))
    metered, confirmed, denied, answered = (
        np.bincount(place, weights=outcome, minlength=len(groups)).astype(int) for outcome in outcomes
    )
    return [
        ToldCount(
            farmer_id=group[0],
            language=group[1],
            channel=group[2],
            carrier=group[3],
            told=int(told[row]),
            answered=int(answered[row]),
            confirmed=int(confirmed[row]),
            metered=int(metered[row]),
            denied=int(denied[row]),
        )
        for group, row in groups.items()
    ]
