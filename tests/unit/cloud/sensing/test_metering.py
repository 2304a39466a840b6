from datetime import timedelta
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.irrigation_accounts import counted_once
from cloud.records import IrrigationEvent
from cloud.sensing.metering import Metered, metered_irrigations
from cloud.sensing.sensed import Booking, Sensed
from tests.instruments import METER, MIDNIGHT, counter_reading, counts, parcel, sensed

LAND = {"p1": parcel()}
"""Two hectares: 20 m3 are one millimetre."""


def metered(readings: list[Sensed], booked: Booking | None = None) -> Metered:
    return metered_irrigations(readings, {} if booked is None else {METER: booked}, LAND)


def test_a_run_is_one_event_by_hand() -> None:
    # Nothing for an hour, 200 m3 in two hours, a pause of half an hour, 100 m3 more, then nothing.
    found = metered(counts([500, 500, 500, 550, 600, 650, 700, 700, 750, 800, 800, 800, 800]))
    (event,) = found.events
    assert event.depth_mm == pytest.approx(300 / 20)
    assert event.started_at == MIDNIGHT + timedelta(hours=1)
    assert event.hours == pytest.approx(3.5)
    assert (event.source, event.sigma_fraction, event.parcel_id) == ("meter", 0.02, "p1")
    (booking,) = found.bookings
    assert (booking.until_at, booking.counter_m3) == (MIDNIGHT + timedelta(hours=6), 800)


def test_water_that_stood_still_for_an_hour_begins_another_run() -> None:
    found = metered(counts([0, 40, 40, 40, 80, 80]))
    assert [round(one.depth_mm, 3) for one in found.events] == [2.0, 2.0]


def test_what_is_booked_is_never_booked_again() -> None:
    readings = counts([0, 100, 200, 200, 200, 200])
    first = metered(readings)
    again = metered(readings, first.bookings[0])
    assert again.events == ()
    assert again.bookings == ()
    # A late reading of before says nothing new either: the counter told its water already.
    late = [*readings, sensed(counter_reading(150, MIDNIGHT + timedelta(minutes=45)))]
    assert metered(late, first.bookings[0]).events == ()


def test_a_run_that_goes_on_is_booked_so_far_and_its_rest_follows() -> None:
    whole = counts([0, 60, 120, 180, 240, 240, 240])
    first = metered(whole[:4])
    then = metered(whole, first.bookings[0])
    depths = [one.depth_mm for one in (*first.events, *then.events)]
    assert depths == [pytest.approx(9.0), pytest.approx(3.0)]
    assert then.events[0].started_at == first.bookings[0].until_at


def test_a_meter_that_was_reset_gives_no_negative_water_and_says_what_is_not_known() -> None:
    readings = counts([500, 560])
    readings += [sensed(counter_reading(0.4, MIDNIGHT + timedelta(hours=1), quality="reset"))]
    readings += counts([40.4, 40.4], begins=MIDNIGHT + timedelta(hours=1, minutes=30))
    found = metered(readings)
    assert sum(one.depth_mm for one in found.events) == pytest.approx((60 + 40) / 20)
    (note,) = found.notes
    assert "began to count anew (560 to 0.4 m3)" in note
    assert "not known" in note


def test_a_fall_that_nobody_marked_is_a_reset_too() -> None:
    found = metered(counts([500, 3, 3, 3]))
    assert found.events == ()
    assert "began to count anew" in found.notes[0]


def test_more_than_can_pass_is_not_believed() -> None:
    # 100,000 m3 in half an hour.
    found = metered(counts([0, 100_000, 100_000, 100_040]))
    assert [one.depth_mm for one in found.events] == [pytest.approx(2.0)]
    assert "not believed" in found.notes[0]
    flow = {"p1": parcel(irrigation={"flow_m3_h": 10.0})}
    tight = metered_irrigations(counts([0, 26, 26, 26]), {}, flow)
    assert tight.events == ()
    assert "at most 25 can pass" in tight.notes[0]


def test_doubtful_readings_are_left_out() -> None:
    readings = counts([0, 40, 40, 40, 40])
    readings.insert(2, sensed(counter_reading(900, MIDNIGHT + timedelta(minutes=40), quality="jump")))
    assert sum(one.depth_mm for one in metered(readings).events) == pytest.approx(2.0)


def test_what_the_network_lost_the_counter_remembers() -> None:
    readings = [counts([100])[0], *counts([340, 340], begins=MIDNIGHT + timedelta(days=3))]
    found = metered(readings)
    assert sum(one.depth_mm for one in found.events) == pytest.approx(12.0)
    assert "its day is not known" in found.notes[0]


def test_a_run_of_days_is_told_by_the_day() -> None:
    hourly = counts([10.0 * hour for hour in range(73)], minutes=60)
    events = metered(hourly).events
    assert [round(one.depth_mm, 3) for one in events] == [12.0, 12.0, 12.0]
    assert [one.started_at for one in events] == [MIDNIGHT + timedelta(days=day) for day in range(3)]


def test_a_first_reading_opens_the_account_and_nothing_more() -> None:
    found = metered(counts([123_456.0]))
    assert found.events == ()
    assert found.bookings[0].counter_m3 == 123_456.0
    assert metered(counts([123_456.0]), found.bookings[0]) == Metered()


def test_a_drip_waits_until_it_is_an_irrigation() -> None:
    drip = counts([0.0, 0.2, 0.2, 0.2])
    first = metered(drip)
    assert first.events == ()
    more = [*drip, *counts([0.2, 30.2], begins=MIDNIGHT + timedelta(hours=2))]
    then = metered(more, first.bookings[0])
    assert sum(one.depth_mm for one in then.events) == pytest.approx(1.5)


def test_a_meter_of_nobodys_parcel_is_told() -> None:
    found = metered_irrigations(counts([0, 40], parcel_id="unknown"), {}, LAND)
    assert (found.events, found.bookings) == ((), ())
    assert "which nobody knows" in found.notes[0]


def test_the_farmers_word_about_metered_water_counts_once() -> None:
    (metered_event,) = metered(counts([0, 200, 400, 400, 400, 400])).events
    told = IrrigationEvent(
        parcel_id="p1", started_at=metered_event.started_at + timedelta(hours=8), depth_mm=25.0, source="reply"
    )
    kept, notes = counted_once([told, metered_event])
    assert kept == (metered_event,)
    assert "counted once" in notes[0]


STEPS = st.lists(st.sampled_from([0.0, 0.0, 0.0, 5.0, 12.5, 40.0]), min_size=1, max_size=60)


@settings(max_examples=60)
@given(steps=STEPS, nights=st.lists(st.integers(1, 60), max_size=6))
def test_all_water_is_booked_once_however_the_nights_fall(steps: list[float], nights: list[int]) -> None:
    whole = counts([1000.0, *(1000.0 + total for total in accumulate(steps))])
    booked: Booking | None = None
    events: list[IrrigationEvent] = []
    for heard in [*sorted(min(night, len(whole)) for night in nights), len(whole)]:
        found = metered(whole[:heard], booked)
        events += found.events
        booked = found.bookings[0] if found.bookings else booked
    assert sum(one.depth_mm for one in events) == pytest.approx(sum(steps) / 20.0, abs=1e-6 + 0.0005 * len(events))
    assert all(one.depth_mm > 0 for one in events)
