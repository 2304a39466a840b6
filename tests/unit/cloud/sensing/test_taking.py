"""The night's look at instruments, and what it changes in the night's advice."""

from datetime import UTC, datetime, timedelta

from cloud.sensing.taking import take_readings
from tests.instruments import METER, MIDNIGHT, counts, parcel, probe_reading, sensed
from tests.instruments_double import Instrumented

NOW = MIDNIGHT + timedelta(days=1)


def test_probes_become_observations_and_meters_events_and_troubles_are_told() -> None:
    store = Instrumented()
    store.sensed_here = [
        *counts([0, 100, 200, 200]),
        sensed(probe_reading(0.25, MIDNIGHT + timedelta(hours=22))),
        sensed(probe_reading(0.9, MIDNIGHT + timedelta(hours=22), sensor_id="soil-b", instrument=None)),
    ]
    notes = take_readings(store, (parcel(),), NOW)
    assert [one.value for one in store.probed] == [0.25]
    assert [one.depth_mm for one in store.metered] == [10.0]
    assert notes == ("probe gw-01/soil-b: says 0.9, more or less than any soil holds; not used",)
    take_readings(store, (parcel(),), NOW)
    assert len(store.metered) == 1


def test_a_reading_from_the_year_one_stops_no_night() -> None:
    store = Instrumented()
    store.sensed_here = [
        sensed(probe_reading(0.25, MIDNIGHT + timedelta(hours=22))),
        sensed(probe_reading(0.2, datetime.min.replace(tzinfo=UTC), sensor_id="soil-b", instrument=None)),
    ]
    assert take_readings(store, (parcel(),), NOW) == ()
    assert [one.value for one in store.probed] == [0.25]


def test_a_gateway_without_instruments_costs_nothing() -> None:
    store = Instrumented()
    assert take_readings(store, (parcel(),), NOW) == ()
    assert (store.probed, store.metered, store.booked) == ([], [], {})


def test_a_month_without_a_network_is_booked_from_where_the_meter_stood() -> None:
    store = Instrumented()
    store.sensed_here = counts([0, 10, 10])
    take_readings(store, (parcel(),), NOW)
    store.sensed_here += counts([10, 50, 50], begins=MIDNIGHT + timedelta(days=33))
    take_readings(store, (parcel(),), NOW + timedelta(days=34))
    assert sum(one.depth_mm for one in store.metered) == 2.5
    assert store.booked[METER].counter_m3 == 50


def test_what_is_still_to_come_is_not_looked_at() -> None:
    store = Instrumented()
    store.sensed_here = counts([0, 100, 100, 100], begins=NOW + timedelta(hours=1))
    assert take_readings(store, (parcel(),), NOW) == ()
    assert store.booked == {}
