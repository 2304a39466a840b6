"""Observations of the soil out of a probe's readings: one a day and layer, of its evening, with its stated error.

A probe says the same error every quarter of an hour, so that a hundred readings a day know no more than one. The
evening is nearest to the end of the day that the balance compares with; a day without one keeps its afternoon, and one
without either stays without an observation. Only days that are over count: a day's evening is then surely its last.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

from cloud.records import Observation, Parcel
from cloud.sensing.sensed import Sensed

_SLOTS: Final = ((time(21), time(22, 30)), (time(18), time(19, 30)), (time(12), time(15)))
"""From when each part of a day counts, the best first, and the moment that its observation is given."""
USUAL_SIGMA: Final = 0.03
"""Of a probe that states no error: a capacitance probe with its maker's calibration."""
_DRIEST: Final = 0.0
_WETTEST: Final = 0.7
"""No soil holds more, whatever a gateway says."""
_LARGEST_SIGMA: Final = 0.5


def probe_observations(
    sensed: Iterable[Sensed], parcels: Mapping[str, Parcel], now: datetime
) -> tuple[tuple[Observation, ...], tuple[str, ...]]:
    """Observations of the days that are over, and one line for each probe that could not be used.

    Readings that are not believed, or of a parcel that nobody knows, give none: missing stays missing.
    """
    days: dict[tuple[str, str, date], list[Sensed]] = defaultdict(list)
    strangers: set[str] = set()
    beyond: set[str] = set()
    for one in sensed:
        parcel = parcels.get(one.reading.parcel_id or "")
        if one.reading.quantity != "soil_water_fraction" or not one.believed:
            continue
        if parcel is None:
            strangers.add(f"probe {one.name}: measures parcel {one.reading.parcel_id!r}, which nobody knows; import it")
            continue
        if not _DRIEST < one.reading.value <= _WETTEST:
            beyond.add(f"probe {one.name}: says {one.reading.value:g}, more or less than any soil holds; not used")
            continue
        day = one.at.astimezone(ZoneInfo(parcel.timezone)).date()
        if _ends(day, parcel) <= now:
            days[parcel.id, _source(one), day].append(one)
    found = [
        observation
        for (parcel_id, source, day), group in sorted(days.items())
        for observation in _of_day(group, parcels[parcel_id], source, day)
    ]
    return tuple(found), (*sorted(strangers), *sorted(beyond))


def _source(one: Sensed) -> str:
    """The instrument, by which its layers are joined."""
    return f"probe {one.name.gateway}/{one.reading.instrument or one.name.sensor_id}"


def _ends(day: date, parcel: Parcel) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(parcel.timezone))


def _of_day(group: Sequence[Sensed], parcel: Parcel, source: str, day: date) -> list[Observation]:
    zone = ZoneInfo(parcel.timezone)
    layers: dict[tuple[float, float], dict[time, list[Sensed]]] = defaultdict(lambda: defaultdict(list))
    for one in group:
        local = one.at.astimezone(zone).time()
        slot = next((given for begins, given in _SLOTS if local >= begins), None)
        if slot is not None:
            layers[one.reading.depth_from_m or 0.0, one.reading.depth_to_m or 0.0][slot].append(one)
    if not layers:
        return []
    # One moment for all layers: they are one profile.
    moment = max(_given(), key=lambda slot: (sum(slot in each for each in layers.values()), slot))
    at = datetime.combine(day, moment, zone).astimezone(UTC)
    return [
        _observation(parcel.id, source, at, slots[moment], layer)
        for layer, slots in sorted(layers.items())
        if moment in slots
    ]


def _given() -> tuple[time, ...]:
    return tuple(given for _, given in _SLOTS)


def _observation(
    parcel_id: str, source: str, at: datetime, readings: Sequence[Sensed], layer: tuple[float, float]
) -> Observation:
    sigma = max((one.reading.sigma or USUAL_SIGMA for one in readings), default=USUAL_SIGMA)
    top_m, bottom_m = layer
    return Observation(
        parcel_id=parcel_id,
        observed_at=at,
        kind="soil_water_fraction",
        value=round(median(one.reading.value for one in readings), 4),
        sigma=min(sigma, _LARGEST_SIGMA),
        depth_from_m=top_m,
        depth_to_m=bottom_m or None,
        source=source,
    )
