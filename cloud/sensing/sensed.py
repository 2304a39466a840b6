"""What an instrument said, as the cloud holds it: the reading and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from edge.reading import Reading

AHEAD: Final = timedelta(minutes=10)
"""A reading from after its arrival has a clock that cannot be believed: it is shown, without a time."""


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


def timely(reading: Reading, received_at: datetime) -> Reading:
    """A reading as it arrived, without its time where that is still to come."""
    ahead = reading.at is not None and reading.at > received_at + AHEAD
    return reading.model_copy(update={"at": None}) if ahead else reading
