"""What became of told irrigations: each told text beside what farmers, agronomists and meters said of its parcel.

An irrigation is given when somebody said so last, or a meter saw water, from its telling until a day after its window;
what came after the next irrigation was told belongs to that one. What the night presumes is nobody's word.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.irrigation_accounts import SAME_WATER
from cloud.outreach.counts import Heard, Told, ToldCount

Ints = NDArray[np.int64]

_AFTER_S: Final = int(SAME_WATER.total_seconds())
_SPAN: Final = 1 << 36
"""More seconds than any calendar of ours has, so that a parcel and a moment are one number."""
_NOBODY: Final = -1


def told_counts(told: Iterable[Told], heard: Iterable[Heard], *, now_s: int) -> list[ToldCount]:
    """Counts per farmer, language, channel and carrier of irrigations whose window ended a day before ``now_s``."""
    texts = _once(sorted(told, key=_order))
    if not texts:
        return []
    places = {name: place for place, name in enumerate(dict.fromkeys(text.parcel_id for text in texts))}
    parcel = np.array([places[text.parcel_id] for text in texts], dtype=np.int64)
    begin = np.array([text.queued_s for text in texts], dtype=np.int64)
    until = np.array([text.until_s for text in texts], dtype=np.int64)
    correction = np.array([text.correction for text in texts])
    irrigates = np.array([text.irrigates for text in texts])
    followed_by = np.append(parcel[1:] == parcel[:-1], [False])
    next_at = np.where(followed_by, np.append(begin[1:], 0), np.iinfo(np.int64).max)
    taken_back = followed_by & np.append(correction[1:], [False]) & (next_at < until)
    end = np.where(next_at <= until, until, np.minimum(until + _AFTER_S, next_at - 1))
    stands = np.flatnonzero(irrigates & ~taken_back & (until + _AFTER_S < now_s))
    said, metered, answered = _outcomes(parcel[stands], (begin[stands], end[stands]), _placed(heard, places))
    given = (metered, ~metered & (said == 1), ~metered & (said == 0), answered)
    return _counted([texts[place] for place in stands], given)


def _order(text: Told) -> tuple[str, int]:
    return text.parcel_id, text.position


def _once(texts: Sequence[Told]) -> list[Told]:
    """Each telling once, however many people were told."""
    kept: list[Told] = []
    for text in texts:
        before = kept[-1] if kept else None
        if before is None or _telling(before) != _telling(text):
            kept.append(text)
    return kept


def _telling(text: Told) -> tuple[str, int, int]:
    return text.parcel_id, text.until_s, text.correction


def _placed(heard: Iterable[Heard], places: dict[str, int]) -> list[tuple[int, Heard]]:
    """What was heard of the told parcels, by parcel and moment."""
    own = [(places[one.parcel_id] * _SPAN + one.started_s, one) for one in heard if one.parcel_id in places]
    return sorted(own, key=lambda pair: (pair[0], pair[1].position))


def _outcomes(
    parcel: Ints, window: tuple[Ints, Ints], heard: Sequence[tuple[int, Heard]]
) -> tuple[Ints, NDArray[np.bool_], NDArray[np.bool_]]:
    """For each telling: the last word (1 given, 0 not, -1 none), whether a meter saw water, whether a farmer spoke."""
    keys = np.array([key for key, _ in heard], dtype=np.int64)
    first = np.searchsorted(keys, parcel * _SPAN + window[0], side="left")
    last = np.searchsorted(keys, parcel * _SPAN + window[1], side="right")
    source = np.array([one.source for _, one in heard], dtype=object)
    given = np.array([one.given for _, one in heard], dtype=np.int64)
    spoken_at = np.array([one.position for _, one in heard], dtype=np.int64)
    meter, reply, person = source == "meter", source == "reply", (source == "reply") | (source == "agronomist")
    said, newest = np.full(parcel.size, _NOBODY), np.full(parcel.size, _NOBODY)
    metered, answered = np.zeros(parcel.size, dtype=bool), np.zeros(parcel.size, dtype=bool)
    for step in range(int((last - first).max(initial=0))):
        rows = np.flatnonzero(first + step < last)
        event = first[rows] + step
        metered[rows] |= meter[event] & (given[event] == 1)
        answered[rows] |= reply[event]
        newer = person[event] & (spoken_at[event] > newest[rows])
        newest[rows[newer]] = spoken_at[event[newer]]
        said[rows[newer]] = given[event[newer]]
    return said, metered, answered


def _counted(texts: Sequence[Told], outcomes: tuple[NDArray[np.bool_], ...]) -> list[ToldCount]:
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
