"""Several accounts of one irrigation, counted once: a meter's word before a farmer's, a farmer's before a guess."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from cloud.records import EventSource, IrrigationEvent

SAME_WATER: Final = timedelta(hours=24)
"""Starts of two accounts of one irrigation lie this close: a farmer tells of the evening on the next morning."""

_RANK: Final[dict[EventSource, int]] = {"meter": 0, "agronomist": 0, "reply": 1, "inferred": 2}


def counted_once(events: Sequence[IrrigationEvent]) -> tuple[tuple[IrrigationEvent, ...], tuple[str, ...]]:
    """The events without those that tell again of an irrigation, in their order, and one line for each left out.

    The same record twice counts once. A reply within SAME_WATER of a metered irrigation of its parcel confirms it; an
    inferred one gives way to both, also to a reply of 0 mm: "not done". Two records of one source are two irrigations,
    but of two replies about one start, of which one says that nothing was given, the last counts, and of those that
    say when they were said, the last in any case.
    """
    each = dict.fromkeys(events)
    taken_back = _taken_back(each)
    by_parcel: dict[str, list[IrrigationEvent]] = defaultdict(list)
    for event in each:
        if event not in taken_back:
            by_parcel[event.parcel_id].append(event)
    again = {event: better for group in by_parcel.values() for event, better in _told_again(group)}
    notes = tuple(
        f"irrigation of parcel {event.parcel_id} on {event.started_at.isoformat()} ({event.source}"
        f" {event.depth_mm:g} mm): the same water as told by {better.source} ({better.depth_mm:g} mm at"
        f" {better.started_at.isoformat()}); counted once"
        for event, better in again.items()
    )
    notes += tuple(
        f"irrigation of parcel {event.parcel_id} on {event.started_at.isoformat()}: one reply says"
        f" {event.depth_mm:g} mm, a later one {last.depth_mm:g} mm; the later counts, ask the farmer"
        for event, last in taken_back.items()
    )
    repeated = len(events) - len(each)
    if repeated:
        notes = (*notes, f"irrigations: {repeated} records stand in the input more than once; each was counted once")
    return tuple(event for event in each if event not in again and event not in taken_back), notes


def _taken_back(events: Iterable[IrrigationEvent]) -> dict[IrrigationEvent, IrrigationEvent]:
    """Replies that a later one about the same irrigation contradicts, each with the later."""
    said: dict[tuple[str, datetime], list[IrrigationEvent]] = defaultdict(list)
    for event in events:
        if event.source == "reply":
            said[event.parcel_id, event.started_at].append(event)
    contrary: dict[IrrigationEvent, IrrigationEvent] = {}
    for words in said.values():
        # Stable: of words that do not say when they were said, the last in the input is the last.
        *earlier, last = sorted(words, key=lambda one: one.told_at or datetime.min.replace(tzinfo=UTC))
        contrary |= {one: last for one in earlier if last.told_at is not None or _contradict(one, last)}
    return contrary


def _contradict(one: IrrigationEvent, other: IrrigationEvent) -> bool:
    return (one.depth_mm > 0.0) != (other.depth_mm > 0.0)


def _told_again(group: Sequence[IrrigationEvent]) -> list[tuple[IrrigationEvent, IrrigationEvent]]:
    """Pairs of an event and the better account of the same water; each better account stands for one poorer."""
    found: list[tuple[IrrigationEvent, IrrigationEvent]] = []
    spent: set[tuple[IrrigationEvent, EventSource]] = set()
    for event in sorted(group, key=lambda one: one.started_at):
        candidates = [
            one
            for one in group
            if _RANK[one.source] < _RANK[event.source]
            and (one.depth_mm > 0.0 or (one.source == "reply" and event.source == "inferred"))
            and abs(one.started_at - event.started_at) <= SAME_WATER
            and (one, event.source) not in spent
        ]
        if candidates and event.depth_mm > 0.0:
            better = min(candidates, key=lambda one: (_RANK[one.source], abs(one.started_at - event.started_at)))
            spent.add((better, event.source))
            found.append((event, better))
    return found
