"""What the gateway's own instruments measured at a parcel on one day of its plan."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from edge.advice import Measured
from edge.fallback import MeasuredOf
from edge.plan import Plan, PlanDay, ProbeTable
from edge.reading import Quantity, Reading
from edge.sensors.book import SensorBook
from edge.sensors.counting import counted

LEAST_SEEN: Final = 0.7
"""Share of a day (of what is over of it) that a counter must have been seen: what it missed is missing, never zero."""
_EDGE: Final = timedelta(hours=1)
"""A counter is read just before midnight and just after."""
_DAY: Final = timedelta(days=1)


def measured_by(book: SensorBook, now: Callable[[], datetime], *, rain: bool = True) -> MeasuredOf:
    """Reader of the instruments' book; ``rain`` false: the gauge is not asked."""

    def measured(plan: Plan, day: PlanDay) -> Measured:
        begins, ends = day.begins_at, min(day.begins_at + _DAY, now())
        if ends <= begins:
            return Measured()

        def between(quantity: Quantity, edge: timedelta = timedelta()) -> tuple[Reading, ...]:
            return book.recent(plan.parcel_id, quantity, begins - edge, ends + edge)

        water_m3 = _counted(between("water_m3", _EDGE), begins, ends)
        warmth = [one.value for one in between("air_temperature_c")]
        whole = ends - begins >= _DAY
        return Measured(
            rain_mm=_counted(between("rain_mm", _EDGE), begins, ends) if rain else None,
            highest_c=max(warmth) if warmth and whole else None,
            soil_fraction=_soil(between("soil_water_fraction"), plan.probe),
            water_mm=None if water_m3 is None or not plan.steps else water_m3 / _m3_per_mm(plan),
        )

    return measured


def _counted(readings: tuple[Reading, ...], begins: datetime, ends: datetime) -> float | None:
    found = counted(readings)
    if found is None or found.unknown_s > 0.0 or found.seen_s < LEAST_SEEN * (ends - begins).total_seconds():
        return None
    return found.amount


def _soil(readings: tuple[Reading, ...], probe: ProbeTable | None) -> float | None:
    """Mean of each layer's last reading in the plan's root zone; a layer without depths is not asked."""
    if probe is None:
        return None
    last = {
        one.sensor_id: one
        for one in readings
        if one.depth_to_m is not None and (one.depth_from_m or 0.0) < probe.depth_to_m
    }
    if not last:
        return None
    weights = {name: _overlap_m(one, probe) for name, one in last.items()}
    return sum(weights[name] * one.value for name, one in last.items()) / sum(weights.values())


def _overlap_m(reading: Reading, probe: ProbeTable) -> float:
    top, bottom = reading.depth_from_m or 0.0, reading.depth_to_m or 0.0
    return max(min(bottom, probe.depth_to_m) - max(top, probe.depth_from_m), 1e-6)


def _m3_per_mm(plan: Plan) -> float:
    return plan.steps[-1].volume_m3 / plan.steps[-1].depth_mm
