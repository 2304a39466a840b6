"""The night's look at instruments: what probes and meters said becomes observations and irrigations, each once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.sensing.metering import metered_irrigations
from cloud.sensing.ownership import ANYBODY, Owners
from cloud.sensing.probing import probe_observations
from cloud.sensing.sensed import Booking, Sensed, SensorName
from edge.reading import Quantity

PROBES_BACK: Final = timedelta(days=10)
"""Readings that come later than this are only shown: the advice of their days was given without them."""
HEARD_BACK: Final = timedelta(days=4)
"""Only days of which something came in so lately are looked at again: nights may have failed meanwhile."""
METERS_BACK: Final = timedelta(days=45)
"""A gateway that was cut off for a month brings its meters' counts with it."""


class SensedStore(Protocol):
    """What the look at instruments needs of a store."""

    def sensed(self, quantities: Sequence[Quantity], since: datetime, until: datetime) -> tuple[Sensed, ...]:
        """Dated readings of some quantities between two moments."""
        ...

    def first_heard(self, quantities: Sequence[Quantity], received_since: datetime) -> datetime | None:
        """Moment of the earliest reading among those that came in since another moment."""
        ...

    def meter_bookings(self) -> Mapping[SensorName, Booking]:
        """Up to where each meter's water stands in events."""
        ...

    def book_meters(self, bookings: Sequence[Booking], events: Sequence[IrrigationEvent]) -> None:
        """Keep what meters saw and up to where, both or neither."""
        ...

    def save_observations(self, observations: Sequence[Observation]) -> int:
        """Keep observations; the same one again changes nothing."""
        ...


def take_readings(
    store: SensedStore, parcels: Sequence[Parcel], now: datetime, owners: Owners = ANYBODY
) -> tuple[str, ...]:
    """Keep what instruments say of the soil and of water given; one line for each that could not be used."""
    land = {parcel.id: parcel for parcel in parcels}
    unread: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    first = store.first_heard(("soil_water_fraction",), now - HEARD_BACK)
    if first is not None:
        # A day before, so that the whole day of that reading is there wherever its parcel lies.
        # The later of two moments first: no clock's word is too early to reckon with.
        since = max(first, now - PROBES_BACK + timedelta(days=1)) - timedelta(days=1)
        probed, strangers = owners.own(store.sensed(("soil_water_fraction",), since, now))
        observations, unread = probe_observations(probed, land, now)
        store.save_observations(observations)
    booked = store.meter_bookings()
    since = min((one.until_at for one in booked.values()), default=now - METERS_BACK)
    counted, others = owners.own(store.sensed(("water_m3",), max(since, now - METERS_BACK), now))
    metered = metered_irrigations(counted, booked, land)
    if metered.bookings:
        store.book_meters(metered.bookings, metered.events)
    return (*dict.fromkeys((*strangers, *others)), *unread, *metered.notes)
