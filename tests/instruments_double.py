"""Instruments of a store in memory: what nights ask of them and tell."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cloud.records import IrrigationEvent, Observation
from cloud.sensing.sensed import Booking, Sensed, SensorName
from edge.reading import Quantity


class Instrumented:
    """The side of a store in memory that knows of instruments."""

    def __init__(self) -> None:
        self.sensed_here: list[Sensed] = []
        self.booked: dict[SensorName, Booking] = {}
        self.metered: list[IrrigationEvent] = []
        self.probed: list[Observation] = []

    def sensed(self, quantities: Sequence[Quantity], since: datetime, until: datetime) -> tuple[Sensed, ...]:
        return tuple(one for one in self.sensed_here if one.reading.quantity in quantities and since <= one.at < until)

    def first_heard(self, quantities: Sequence[Quantity], received_since: datetime) -> datetime | None:
        del received_since  # everything came just now
        return min((one.at for one in self.sensed_here if one.reading.quantity in quantities), default=None)

    def meter_bookings(self) -> Mapping[SensorName, Booking]:
        return dict(self.booked)

    def book_meters(self, bookings: Sequence[Booking], events: Sequence[IrrigationEvent]) -> None:
        self.booked |= {one.name: one for one in bookings}
        self.metered += events

    def save_observations(self, observations: Sequence[Observation]) -> int:
        self.probed += observations
        return len(observations)
