"""Told irrigations that nobody has spoken of yet, presumed given: else the same advice comes again every morning.

A presumption counts as the depth that can be expected from the source that the balance trusts least (``inferred``): the
told depth where the farmer does as told, by the farmer's compliance, and OTHERWISE of it where not. It gives way to a
meter, an agronomist, an answer, also "not done", and to what cameras and probes see.
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

OTHERWISE: Final = 0.5
"""Share of the told depth that comes where it is not given as told: late, in part, too much, or not at all.

By judgement: who knows nothing between none and all expects half. To count it as none, as if every irrigation that was
not given to the letter had not been given, is to believe a field drier than it is, day after day the same way."""


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
                depth_mm=round(expected_share(answer.compliance) * told.depth_mm, 1),
                source="inferred",
            )
            events.append(presumed)
            found.append(presumed)
    return tuple(found)


def expected_share(compliance: float) -> float:
    """Share of a told depth that can be expected of a farmer who does this share of the irrigations as told."""
    return compliance + OTHERWISE * (1.0 - compliance)


def presumption_lines(presumed: Sequence[IrrigationEvent]) -> tuple[str, ...]:
    """One line for each presumption."""
    return tuple(
        f"parcel {event.parcel_id}: the irrigation told for {event.started_at.isoformat()} is presumed given,"
        f" {event.depth_mm:g} mm can be expected of it, until somebody says otherwise"
        for event in presumed
    )
