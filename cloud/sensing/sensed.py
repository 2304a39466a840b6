"""What an instrument said, as the cloud holds it: the reading and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from edge.reading import Reading


class SensorName(NamedTuple):
    """A sensor among all gateways."""

    organisation: str
    gateway: str
    sensor_id: str

    def __str__(self) -> str:
        return f"{self.gateway}/{self.sensor_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """A dated reading of a sensor."""

    name: SensorName
    reading: Reading
    at: datetime
    """Never null here: what has no time is only shown."""

    @property
    def believed(self) -> bool:
        """Whether the number may be used: also the first one of a counter that began anew."""
        return self.reading.quality in {"good", "reset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Up to where a meter's water stands in irrigation events."""

    name: SensorName
    until_at: datetime
    counter_m3: float


Bookings = Mapping[SensorName, Booking]
