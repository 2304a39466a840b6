"""Told irrigations that nobody has spoken of yet."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.irrigation_accounts import counted_once
from cloud.presumption import (
    METERED_WITHIN,
    OTHERWISE,
    expected_share,
    presumed_irrigations,
    presumption_lines,
)
from cloud.records import EventSource, IrrigationEvent, Parcel
from cloud.replies import Answers, ToldIrrigation

BEGIN = datetime(2026, 7, 15, 17, tzinfo=UTC)
TOMORROW = date(2026, 7, 16)
PARCEL = Parcel(id="P01", crop="maize", planted_on=date(2026, 5, 1), latitude=32.3, longitude=-6.3)


def answers(*begins: datetime, compliance: float = 0.75) -> Answers:
    told = tuple(
        ToldIrrigation(parcel_id="P01", queued_at=begin - timedelta(hours=20), begin=begin, depth_mm=20.0)
        for begin in begins
    )
    return Answers(events=(), silenced=False, notes=(), told=told, compliance=compliance)


def known(source: EventSource, depth_mm: float = 18.0, *, hours: float = 0.0) -> IrrigationEvent:
    return IrrigationEvent(parcel_id="P01", started_at=BEGIN + timedelta(hours=hours), depth_mm=depth_mm, source=source)


def presumed(*events: IrrigationEvent, day: date = TOMORROW, given: Answers | None = None) -> list[IrrigationEvent]:
    return list(presumed_irrigations([given or answers(BEGIN)], events, {"P01": PARCEL}, day))


def test_silence_counts_as_what_can_be_expected_of_the_farmer() -> None:
    (event,) = presumed()
    assert (event.started_at, event.depth_mm, event.source) == (BEGIN, 17.5, "inferred")
    (line,) = presumption_lines([event])
    assert "presumed given, 17.5 mm" in line


def test_what_is_not_given_as_told_counts_as_half_of_it() -> None:
    assert expected_share(1.0) == 1.0
    assert expected_share(0.0) == OTHERWISE
    assert expected_share(0.8) == pytest.approx(0.9)
    # Nobody is expected to give more than was told, and who does more as told never less.
    shares = [expected_share(step / 10.0) for step in range(11)]
    assert shares == sorted(shares)
    assert max(shares) <= 1.0


def test_the_day_itself_is_not_presumed() -> None:
    assert presumed(day=BEGIN.date()) == []


@pytest.mark.parametrize("source", ["meter", "agronomist", "reply", "inferred"])
def test_any_word_about_it_stands(source: EventSource) -> None:
    assert presumed(known(source)) == []
    assert presumed(known(source, 0.0)) == []


def test_asked_again_nothing_is_presumed_twice() -> None:
    first = presumed()
    assert presumed(*first) == []


def test_a_metered_parcel_is_believed_when_its_meter_is_silent() -> None:
    before = -24.0 * (METERED_WITHIN.days - 1)
    assert presumed(known("meter", hours=before)) == []
    assert len(presumed(known("meter", hours=before - 72.0))) == 1
    # A meter that was fitted later says nothing of the time before.
    assert len(presumed(known("meter", hours=72.0))) == 1


def test_a_parcel_that_is_gone_is_left_alone() -> None:
    assert presumed_irrigations([answers(BEGIN)], (), {}, TOMORROW) == ()


def test_two_texts_about_one_evening_are_one_irrigation() -> None:
    assert len(presumed(given=answers(BEGIN, BEGIN + timedelta(hours=2)))) == 1


def test_not_done_takes_the_presumption_back_and_done_replaces_it() -> None:
    (guess,) = presumed()
    denied, done = known("reply", 0.0), known("reply", 20.0)
    assert counted_once([guess, denied])[0] == (denied,)
    assert counted_once([guess, done])[0] == (done,)
