from datetime import UTC, datetime, timedelta

from cloud.irrigation_accounts import counted_once
from cloud.records import EventSource, IrrigationEvent

NOON = datetime(2024, 5, 3, 12, tzinfo=UTC)


def event(hours: float, source: EventSource, depth_mm: float = 30.0, parcel_id: str = "p") -> IrrigationEvent:
    return IrrigationEvent(
        parcel_id=parcel_id, started_at=NOON + timedelta(hours=hours), depth_mm=depth_mm, source=source
    )


def test_a_reply_confirms_what_the_meter_saw() -> None:
    metered, told = event(0, "meter", 28.0), event(9, "reply", 35.0)
    kept, notes = counted_once([told, metered])
    assert kept == (metered,)
    (note,) = notes
    assert "reply 35 mm" in note
    assert "28 mm" in note


def test_a_reply_about_another_day_is_another_irrigation() -> None:
    both = [event(0, "meter"), event(25, "reply")]
    assert counted_once(both) == (tuple(both), ())


def test_a_meter_reading_stands_for_one_reply_only() -> None:
    # Two replies, one reading: the meter missed the second irrigation.
    kept, notes = counted_once([event(0, "meter"), event(1, "reply"), event(20, "reply")])
    assert kept == (event(0, "meter"), event(20, "reply"))
    assert len(notes) == 1


def test_a_guess_gives_way_to_both() -> None:
    kept, _ = counted_once([event(0, "inferred"), event(3, "reply")])
    assert kept == (event(3, "reply"),)
    kept, _ = counted_once([event(0, "inferred"), event(3, "reply"), event(4, "meter")])
    assert kept == (event(4, "meter"),)


def test_two_readings_of_a_day_are_two_irrigations() -> None:
    both = (event(0, "meter"), event(6, "meter"))
    assert counted_once(both) == (both, ())


def test_the_same_record_twice_counts_once_and_is_told() -> None:
    kept, (note,) = counted_once([event(0, "meter"), event(0, "meter")])
    assert kept == (event(0, "meter"),)
    assert "1 records stand in the input more than once" in note


def test_parcels_do_not_confirm_each_other_and_no_water_confirms_nothing() -> None:
    neighbours = (event(0, "meter"), event(1, "reply", parcel_id="q"))
    assert counted_once(neighbours) == (neighbours, ())
    dry = (event(0, "meter", 0.0), event(1, "inferred"))
    assert counted_once(dry) == (dry, ())
    dry = (event(0, "meter", 0.0), event(1, "reply"))
    assert counted_once(dry) == (dry, ())


def test_of_contrary_replies_about_one_irrigation_the_later_counts_and_is_told() -> None:
    done, denied = event(0, "reply", 68.0), event(0, "reply", 0.0)
    kept, (note,) = counted_once([done, denied])
    assert kept == (denied,)
    assert "one reply says 68 mm, a later one 0 mm; the later counts, ask the farmer" in note
    assert counted_once([denied, done])[0] == (done,)
    kept, notes = counted_once([done, denied, event(2, "meter", 60.0)])
    assert kept == (denied, event(2, "meter", 60.0))
    assert len(notes) == 1


def test_replies_of_two_depths_and_of_two_starts_do_not_contradict_each_other() -> None:
    for both in ((event(0, "reply", 20.0), event(0, "reply", 30.0)), (event(0, "reply"), event(1, "reply", 0.0))):
        assert counted_once(both) == (both, ())


def said(depth_mm: float, hours: float) -> IrrigationEvent:
    return event(0, "reply", depth_mm).model_copy(
        update={"told_at": event(0, "reply").started_at + timedelta(hours=hours)}
    )


def test_of_replies_that_say_when_they_were_said_the_last_counts_in_any_order() -> None:
    done, half, again = said(20.0, 1.0), said(10.0, 2.0), said(20.0, 3.0)
    assert counted_once((done, half))[0] == (half,)
    assert counted_once((half, done))[0] == (half,)
    kept, notes = counted_once((again, done, half))
    assert kept == (again,)
    assert len(notes) == 2
    assert counted_once((event(0, "reply", 20.0), half))[0] == (half,)


def test_an_event_that_knows_no_more_than_before_is_written_as_before() -> None:
    plain = event(0, "reply", 20.0)
    assert {"told_at", "sigma_fraction"}.isdisjoint(plain.model_dump())
    surer = plain.model_copy(update={"sigma_fraction": 0.1})
    assert surer.model_dump()["sigma_fraction"] == 0.1
    assert surer.digest() != plain.digest()
    assert IrrigationEvent.model_validate_json(surer.model_dump_json()) == surer
