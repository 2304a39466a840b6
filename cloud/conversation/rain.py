"""Rain that farmers told of, as the day takes it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.conversation.reading import KeptReading
from cloud.records import Parcel
from cloud.weather.told_rain import RainTold

SMALL_HOURS: Final = timedelta(hours=6)
"""Who writes of rain before this hour means the night before."""


def rain_told(readings: Sequence[KeptReading], parcels: Mapping[str, Parcel], until: datetime) -> tuple[RainTold, ...]:
    """Each parcel and local day on which rain was told of, once."""
    found: dict[RainTold, None] = {}
    for kept in readings:
        reading = kept.reading
        parcel = parcels.get(reading.parcel_id or "")
        if reading.outcome != "taken" or parcel is None or reading.received_at > until:
            continue
        local = reading.received_at.astimezone(ZoneInfo(parcel.timezone))
        found[RainTold(parcel_id=parcel.id, day=(local - SMALL_HOURS).date())] = None
    return tuple(sorted(found, key=lambda one: (one.day, one.parcel_id)))
