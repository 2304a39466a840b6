"""What instruments said: every batch once, its dated readings one by one, the last word of each sensor beside them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, tuple_

from cloud.adapters.store.database import Database, Writer
from cloud.adapters.store.land import add_events_in
from cloud.adapters.store.sensor_tables import BOOKINGS, SENSED, SENSOR_READINGS, SENSOR_STATE
from cloud.ingest import Arrival, Outcome
from cloud.records import IrrigationEvent
from cloud.sensing.sensed import Booking, Sensed, SensorName, timely
from edge.reading import Quantity, Reading, ReadingBatch

KIND: Final = "sensed"
_CHUNK: Final = 400
_TENTHS_OF_LITRES: Final = 10_000
"""Exact: the contract tells a counter to four digits behind the point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorWord:
    """The last word of a sensor, whatever it is worth."""

    name: SensorName
    reading: Reading
    received_at: datetime


class SensedReadings(Database):
    """The side of the store that knows of instruments."""

    def sensed(self, quantities: Sequence[Quantity], since: datetime, until: datetime) -> tuple[Sensed, ...]:
        """Dated readings of some quantities from one moment on and before another, oldest first."""
        table = SENSOR_READINGS
        statement = (
            select(table)
            .where(table.c.quantity.in_(quantities), table.c.at >= since, table.c.at < until)
            .order_by(table.c.at, table.c.gateway, table.c.sensor_id)
        )
        with self.reading() as connection:
            return tuple(_sensed(row) for row in connection.execute(statement))

    def first_heard(self, quantities: Sequence[Quantity], received_since: datetime) -> datetime | None:
        """Moment of the earliest reading among those that came in since another moment; None where none did."""
        table = SENSOR_READINGS
        statement = (
            select(func.min(table.c.at))
            .join_from(table, SENSED, table.c.batch == SENSED.c.position)
            .where(table.c.quantity.in_(quantities), SENSED.c.received_at >= received_since)
        )
        with self.reading() as connection:
            first: datetime | None = connection.execute(statement).scalar_one()
            return first

    def meter_bookings(self) -> Mapping[SensorName, Booking]:
        """Up to where each meter's water stands in irrigation events."""
        table = BOOKINGS
        place = (table.c.organisation, table.c.gateway, table.c.sensor_id)
        newest = select(*place, func.max(table.c.until_at).label("until_at")).group_by(*place).subquery()
        same = [table.c[name] == newest.c[name] for name in ("organisation", "gateway", "sensor_id", "until_at")]
        with self.reading() as connection:
            rows = connection.execute(select(table).join_from(newest, table, same[0] & same[1] & same[2] & same[3]))
            found = [
                Booking(
                    name=SensorName(row.organisation, row.gateway, row.sensor_id),
                    until_at=row.until_at,
                    counter_m3=row.counter_tenth_l / _TENTHS_OF_LITRES,
                )
                for row in rows
            ]
        return {one.name: one for one in found}

    def book_meters(self, bookings: Sequence[Booking], events: Sequence[IrrigationEvent]) -> None:
        """Keep what meters saw and up to where they are booked, both or neither; what is booked already stays as it is.

        Two nights at once must not book the same water: whoever comes second finds the meter booked and keeps nothing.
        """
        with self.writing() as writer:
            if any(_is_booked(writer, one) for one in bookings):
                return
            add_events_in(writer, events)
            writer.add("booking", [_booking_row(one) for one in bookings])

    def sensor_words(self, parcel_id: str | None = None) -> tuple[SensorWord, ...]:
        """Last word of each sensor, undated and doubtful ones too; with a parcel, of those that measure it."""
        statement = select(SENSOR_STATE).order_by(SENSOR_STATE.c.gateway, SENSOR_STATE.c.sensor_id)
        if parcel_id is not None:
            statement = statement.where(SENSOR_STATE.c.parcel_id == parcel_id)
        with self.reading() as connection:
            return tuple(
                SensorWord(
                    name=SensorName(row.organisation, row.gateway, row.sensor_id),
                    reading=Reading.model_validate_json(row.body),
                    received_at=row.received_at,
                )
                for row in connection.execute(statement)
            )

    def receive_readings(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        """Keep batches; the same one again changes nothing, another one under the same id is refused as conflicting."""
        if not arrivals:
            return []
        with self.writing() as writer:
            known = _known(writer, arrivals)
            outcomes: list[Outcome] = []
            fresh: dict[tuple[Any, ...], Arrival] = {}
            for arrival in arrivals:
                key, body = _key(arrival), body_of(arrival)
                if key not in known:
                    known[key] = body
                    fresh[key] = arrival
                    outcomes.append("stored")
                else:
                    outcomes.append("known" if known[key] == body else "parked")
            _add(writer, list(fresh.values()))
        return outcomes


def is_of_sensors(arrival: Arrival) -> bool:
    """Whether an arrival is a batch of readings that could be read."""
    return isinstance(arrival.content, ReadingBatch)


def _known(writer: Writer, arrivals: Iterable[Arrival]) -> dict[tuple[Any, ...], str]:
    columns = (SENSED.c.organisation, SENSED.c.gateway, SENSED.c.boot, SENSED.c.sequence)
    keys = [_key(arrival) for arrival in arrivals]
    found: dict[tuple[Any, ...], str] = {}
    for start in range(0, len(keys), _CHUNK):
        statement = select(*columns, SENSED.c.body).where(tuple_(*columns).in_(keys[start : start + _CHUNK]))
        found |= {tuple(row)[:4]: row.body for row in writer.connection.execute(statement)}
    return found


def _key(arrival: Arrival) -> tuple[Any, ...]:
    assert arrival.message is not None, "a batch has an id"
    return (arrival.organisation, arrival.gateway, arrival.message.boot, arrival.message.sequence)


def body_of(arrival: Arrival) -> str:
    """A batch as it is kept."""
    assert isinstance(arrival.content, ReadingBatch), "only batches come here"
    return arrival.content.model_dump_json(exclude_none=True)


def _add(writer: Writer, arrivals: Sequence[Arrival]) -> None:
    rows = [
        {
            **dict(zip(("organisation", "gateway", "boot", "sequence"), _key(arrival), strict=True)),
            "received_at": arrival.received_at,
            "body": body_of(arrival),
        }
        for arrival in arrivals
    ]
    positions = writer.add(KIND, rows)
    dated: dict[tuple[Any, ...], dict[str, Any]] = {}
    words: dict[tuple[Any, ...], dict[str, Any]] = {}
    for arrival, position in zip(arrivals, positions, strict=True):
        assert isinstance(arrival.content, ReadingBatch), "only batches come here"
        for one in arrival.content.readings:
            place = {"organisation": arrival.organisation, "gateway": arrival.gateway, "sensor_id": one.sensor_id}
            reading = timely(one, arrival.received_at)
            row = {**place, "parcel_id": reading.parcel_id, "body": reading.model_dump_json(exclude_none=True)}
            words[tuple(place.values())] = {**row, "received_at": arrival.received_at}
            if reading.at is not None:
                dated[(*place.values(), reading.at)] = {
                    **row,
                    "at": reading.at,
                    "batch": position,
                    "quantity": reading.quantity,
                }
    writer.put(SENSOR_READINGS, list(dated.values()))
    writer.put(SENSOR_STATE, list(words.values()), newer_by="received_at")


def _is_booked(writer: Writer, booking: Booking) -> bool:
    """Whether a meter is booked up to this moment or beyond."""
    name = booking.name
    held = select(BOOKINGS.c.position).where(
        BOOKINGS.c.organisation == name.organisation,
        BOOKINGS.c.gateway == name.gateway,
        BOOKINGS.c.sensor_id == name.sensor_id,
        BOOKINGS.c.until_at >= booking.until_at,
    )
    return writer.connection.execute(held.limit(1)).first() is not None


def _booking_row(booking: Booking) -> dict[str, Any]:
    return {
        **booking.name._asdict(),
        "until_at": booking.until_at,
        "counter_tenth_l": round(booking.counter_m3 * _TENTHS_OF_LITRES),
    }


def _sensed(row: Any) -> Sensed:  # noqa: ANN401 -- SQLAlchemy's row
    # Made of what was validated when it came; a night reads very many.
    reading = Reading.model_construct(**{**json.loads(row.body), "at": row.at})
    return Sensed(name=SensorName(row.organisation, row.gateway, row.sensor_id), reading=reading, at=row.at)
