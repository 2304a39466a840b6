"""Told irrigations that nobody has spoken of yet, presumed given: else the same advice comes again every morning.

A presumption counts as the depth that can be expected (told depth times the farmer's compliance) from the source that
the balance trusts least (``inferred``). It gives way to a meter, an agronomist, an answer, also "not done", and to
what cameras and probes see.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.irrigation_accounts import SAME_WATER
from cloud.records import IrrigationEvent, Parcel
from cloud.replies import Answers

METERED_WITHIN: Final = timedelta(days=60)
"""A parcel of which a meter told this lately before is metered: its silence means that no water came."""


def presumed_irrigations(
    answers: Iterable[Answers], known: Sequence[IrrigationEvent], parcels: Mapping[str, Parcel], day: date
) -> tuple[IrrigationEvent, ...]:
    """Irrigations told for days before ``day`` of which ``known`` says nothing, each as one inferred event."""
    of_parcel: dict[str, list[IrrigationEvent]] = defaultdict(list)
    for event in known:
        of_parcel[event.parcel_id].append(event)
    found = []
    for answer in answers:
        for told in sorted(answer.told, key=lambda one: one.begin):
            parcel, events = parcels.get(told.parcel_id), of_parcel[told.parcel_id]
            if parcel is None or told.begin.astimezone(ZoneInfo(parcel.timezone)).date() >= day:
                continue
            if any(abs(event.started_at - told.begin) <= SAME_WATER for event in events):
                continue
            if any(
                event.source == "meter" and timedelta() <= told.begin - event.started_at <= METERED_WITHIN
                for event in events
            ):
                continue
            presumed = IrrigationEvent(
                parcel_id=told.parcel_id,
                started_at=told.begin,
                depth_mm=round(answer.compliance * told.depth_mm, 1),
                source="inferred",
            )
            events.append(presumed)
            found.append(presumed)
    return tuple(found)


def presumption_lines(presumed: Sequence[IrrigationEvent]) -> tuple[str, ...]:
    """One line for each presumption."""
    return tuple(
        f"parcel {event.parcel_id}: the irrigation told for {event.started_at.isoformat()} is presumed given,"
        f" {event.depth_mm:g} mm can be expected of it, until somebody says otherwise"
        for event in presumed
    )
