"""Hours of the day at which a source gives water: a start far from all that was told lately is a clock gone wrong.

Turns have hours of their own; a pump, or water that is always at hand, is used at much the same hours day after day.
A change is held once: the day after, the newer hours stand in the history.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cloud.judge.case import Case, Finding, JudgeInputs
from cloud.judge.water_access import takes_turns
from cloud.records import Recommendation

HOURS: Final = "hours_as_before"
EARLIER_H: Final = 3.0
LATER_H: Final = 6.0
"""Hours beyond the earliest and the latest start told lately; a queue at one pump makes starts later, never earlier."""
LEAST_TOLD: Final = 3
"""Fewer irrigations than this say nothing of a source's hours."""
MINUTES_PER_HOUR: Final = 60.0


def of_usual_hours(case: Case) -> Iterator[Finding]:
    """The start is near the hours at which this source was told to run in the days before."""
    proposed = case.proposed
    if proposed.start_window is None or takes_turns(case.parcel, case.inputs.turns):
        return
    told = _told_hours(case).get(_source_of(proposed), ())
    if len(told) < LEAST_TOLD:
        return
    begins, first, last = _clock_h(proposed.start_window[0], case.zone), min(told), max(told)
    yield Finding(
        name=HOURS,
        passed=first - EARLIER_H <= begins <= last + LATER_H,
        measured=f"{begins:.2f} h",
        limit=f"{first - EARLIER_H:.2f} h to {last + LATER_H:.2f} h, by the days before",
    )


def _told_hours(case: Case) -> Mapping[str, tuple[float, ...]]:
    """Hours of the day at which irrigations before the day were told to start, by source; looked up once a day."""
    if not case.sky.told_hours:
        case.sky.told_hours.update(_collected(case.inputs, case))
    return case.sky.told_hours


def _collected(inputs: JudgeInputs, case: Case) -> dict[str, tuple[float, ...]]:
    zones = {parcel.id: ZoneInfo(parcel.timezone) for parcel in inputs.parcels}
    found: dict[str, list[float]] = {"": []}
    for verdict in inputs.history:
        told = verdict.proposed
        if told.start_window is not None and told.day < case.proposed.day and told.parcel_id in zones:
            found.setdefault(_source_of(told), []).append(_clock_h(told.start_window[0], zones[told.parcel_id]))
    return {source: tuple(hours) for source, hours in found.items()}


def _source_of(told: Recommendation) -> str:
    """A pump by its name; without one a parcel is its own source."""
    return f"parcel {told.parcel_id}" if told.pump_name is None else f"pump {told.pump_name}"


def _clock_h(moment: datetime, zone: ZoneInfo) -> float:
    local = moment.astimezone(zone)
    return local.hour + local.minute / MINUTES_PER_HOUR
