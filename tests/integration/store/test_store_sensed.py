"""Readings in both databases: kept once, dated ones side by side, meters booked once, all of it in the ledger."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from cloud.adapters.store.sensor_tables import SENSOR_READINGS
from cloud.adapters.store.store import Store
from cloud.ingest import read_arrival
from cloud.records import IrrigationEvent
from cloud.sensing.sensed import Booking
from cloud.sensing.taking import take_readings
from edge.reading import encode_readings
from tests.instruments import METER, MIDNIGHT, batch, counter_reading, parcel, probe_reading

NOW = MIDNIGHT + timedelta(days=1, hours=3)


def evening(value: float, **changed: Any) -> Any:  # noqa: ANN401 -- any field of a reading
    return probe_reading(value, MIDNIGHT + timedelta(hours=22), **changed)


def hourly(hour: int, value: float) -> Any:  # noqa: ANN401 -- a reading
    return counter_reading(value, MIDNIGHT + timedelta(hours=hour))


def test_a_batch_is_kept_once_and_its_readings_are_found(store: Store) -> None:
    arrival = batch([evening(0.21), hourly(6, 100.0)], NOW)
    assert store.receive([arrival]) == ("stored",)
    assert store.receive([arrival, arrival]) == ("known", "known")
    found = store.sensed(("soil_water_fraction", "water_m3"), MIDNIGHT, NOW)
    assert [(one.name.sensor_id, one.reading.value) for one in found] == [("meter", 100.0), ("soil-a/20", 0.21)]
    assert store.sensed(("water_m3",), MIDNIGHT + timedelta(hours=7), NOW) == ()


def test_another_content_under_the_same_name_is_parked(store: Store) -> None:
    assert store.receive([batch([evening(0.21)], NOW), batch([evening(0.99)], NOW)]) == ("stored", "parked")
    (only,) = store.sensed(("soil_water_fraction",), MIDNIGHT, NOW)
    assert only.reading.value == 0.21


def test_an_undated_reading_is_shown_and_never_found(store: Store) -> None:
    store.receive([batch([evening(0.21).model_copy(update={"at": None, "uptime_s": 5})], NOW)])
    assert store.sensed(("soil_water_fraction",), datetime.min.replace(tzinfo=NOW.tzinfo), NOW) == ()
    (word,) = store.sensor_words("p1")
    assert (word.reading.value, word.reading.at) == (0.21, None)
    assert store.sensor_words("p2") == ()


def test_a_reading_from_after_its_arrival_has_no_time(store: Store) -> None:
    store.receive([batch([probe_reading(0.21, NOW + timedelta(days=1))], NOW)])
    assert store.sensed(("soil_water_fraction",), MIDNIGHT, NOW + timedelta(days=9)) == ()
    assert store.sensor_words()[0].reading.at is None


def test_a_doubtful_reading_keeps_its_quality(store: Store) -> None:
    store.receive([batch([evening(0.0, quality="implausible")], NOW)])
    (one,) = store.sensed(("soil_water_fraction",), MIDNIGHT, NOW)
    assert not one.believed


def test_probes_and_meters_reach_the_balance_once(store: Store) -> None:
    store.save_parcels([parcel()])
    store.receive([batch([evening(0.21), *(hourly(hour, 50.0 * min(hour, 4)) for hour in range(10))], NOW)])
    for _ in range(2):
        assert take_readings(store, store.parcels(), NOW) == ()
    (event,) = store.events()
    assert (event.source, event.depth_mm) == ("meter", 10.0)
    (observation,) = store.observations(MIDNIGHT, NOW)
    assert (observation.value, observation.sigma) == (0.21, 0.02)
    assert store.meter_bookings()[METER].counter_m3 == 200.0


def test_water_that_comes_later_is_booked_from_where_the_meter_stood(store: Store) -> None:
    store.save_parcels([parcel()])
    store.receive([batch([hourly(hour, 50.0 * hour) for hour in range(5)], NOW)])
    take_readings(store, store.parcels(), NOW)
    store.receive([batch([hourly(hour, 50.0 * min(hour, 6)) for hour in range(5, 12)], NOW, sequence=2)])
    take_readings(store, store.parcels(), NOW)
    assert sum(one.depth_mm for one in store.events()) == pytest.approx(15.0)


def test_whoever_books_second_keeps_nothing(store: Store) -> None:
    event = IrrigationEvent(parcel_id="p1", started_at=MIDNIGHT, depth_mm=5.0, source="meter")
    booking = Booking(name=METER, until_at=NOW, counter_m3=7.0)
    store.book_meters([booking], [event])
    store.book_meters([booking], [event.model_copy(update={"depth_mm": 6.0})])
    assert [one.depth_mm for one in store.events()] == [5.0]


def test_what_was_received_and_booked_stands_in_the_ledger(store: Store) -> None:
    store.save_parcels([parcel()])
    store.receive([batch([evening(0.21), hourly(1, 0.0), hourly(2, 40.0), hourly(5, 40.0)], NOW)])
    take_readings(store, store.parcels(), NOW)
    with store.reading() as connection:
        kinds = {record.kind for record in store.stored_records(connection)}
    assert {"sensed", "booking", "event", "observation"} <= kinds


def test_the_bytes_of_a_gateway_arrive(store: Store) -> None:
    payload = encode_readings([evening(0.21)], "b9", 4)
    arrival = read_arrival("seguia/v1/demo/gw-01/reading", payload, NOW)
    assert store.receive([arrival]) == ("stored",)
    broken = read_arrival("seguia/v1/demo/gw-01/reading", payload.replace(b'"i"', b'"j"'), NOW)
    assert store.receive([broken]) == ("parked",)


def problems(store: Store) -> list[str]:
    with store.auditing() as connection:
        return list(store.state_problems(connection))


def test_a_reading_that_somebody_changed_or_removed_is_named(store: Store) -> None:
    hours = [hourly(hour, 10.0 * hour) for hour in range(1, 4)]
    store.receive([batch([evening(0.21), *hours], NOW), batch([hourly(2, 21.0)], NOW, sequence=2)])
    assert problems(store) == []
    changed = hourly(3, 999.0).model_dump_json(exclude_none=True)
    table = SENSOR_READINGS
    with store.writing() as writer:
        at = table.c.at == MIDNIGHT + timedelta(hours=3)
        writer.connection.execute(update(table).where(at, table.c.sensor_id == "meter").values(body=changed))
        writer.connection.execute(delete(table).where(table.c.sensor_id == "soil-a/20"))
    assert problems(store) == [
        "reading of gw-01/soil-a/20 at 2026-07-01T22:00:00+00:00: is gone: it was removed",
        "reading of gw-01/meter at 2026-07-01T03:00:00+00:00: is not what its batch says: it was changed",
    ]


def test_a_reading_cannot_be_put_in_without_its_batch(store: Store) -> None:
    store.receive([batch([evening(0.21)], NOW)])
    row = {"organisation": "demo", "gateway": "gw-01", "sensor_id": "meter", "at": NOW, "batch": 1, "parcel_id": "p1"}
    forged = hourly(3, 999.0)
    with store.writing() as writer:
        body = forged.model_dump_json(exclude_none=True)
        writer.put(SENSOR_READINGS, [{**row, "quantity": "water_m3", "body": body}])
    (problem,) = problems(store)
    assert "gw-01/meter" in problem
    assert problem.endswith("it was changed")


def test_only_days_of_which_something_came_lately_are_looked_at_again(store: Store) -> None:
    store.save_parcels([parcel()])
    assert store.first_heard(("soil_water_fraction",), MIDNIGHT) is None
    store.receive([batch([evening(0.21)], NOW)])
    assert store.first_heard(("soil_water_fraction",), NOW) == MIDNIGHT + timedelta(hours=22)
    assert store.first_heard(("soil_water_fraction",), NOW + timedelta(seconds=1)) is None
    assert store.first_heard(("rain_mm",), NOW) is None
    late = NOW + timedelta(days=5)
    take_readings(store, store.parcels(), late)
    assert store.observations(MIDNIGHT, late) == ()
    # Something of that day comes after all: the day is looked at whole.
    store.receive([batch([probe_reading(0.25, MIDNIGHT + timedelta(hours=23))], late, sequence=2)])
    take_readings(store, store.parcels(), late)
    assert [one.value for one in store.observations(MIDNIGHT, late)] == [0.23]
