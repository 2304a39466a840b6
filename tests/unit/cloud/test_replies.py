"""What one digit from a farmer comes to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.messages import Inbound, Message
from cloud.records import IrrigationSystem, Language, Parcel, Quantiles, Recommendation, Verdict
from cloud.replies import ANSWER_WITHIN, answers_of
from cloud.speech.render import render

DAY = date(2026, 7, 15)
TOLD_AT = datetime(2026, 7, 14, 17, tzinfo=UTC)
BEGIN = datetime(2026, 7, 15, 5, tzinfo=UTC)  # 06:00 in Casablanca
PARCELS = {
    name: Parcel(
        id=name,
        crop="maize",
        planted_on=date(2026, 5, 1),
        latitude=32.3,
        longitude=-6.3,
        irrigation=IrrigationSystem(method="drip", flow_m3_h=50.0),
    )
    for name in ("P01", "P02")
}


@dataclass(frozen=True, slots=True)
class Said:
    message: Message
    state: str = "delivered"
    queued_at: datetime = TOLD_AT


def irrigation(parcel_id: str = "P01", language: Language = "fr", *, days_later: int = 0) -> Message:
    shift = timedelta(days=days_later)
    advice = Recommendation(
        parcel_id=parcel_id,
        parcel_name=f"Champ {parcel_id}",
        timezone="Africa/Casablanca",
        day=DAY + shift,
        action="irrigate",
        start_window=(BEGIN + shift, BEGIN + shift + timedelta(hours=2)),
        depth_mm=Quantiles(p10=15.0, p50=20.0, p90=25.0),
        volume_m3=200.0,
        duration_h=4.0,
        reason_code="stress_expected",
        code_version="test",
    )
    verdict = Verdict(
        proposed=advice,
        recommendation=advice,
        decision="release",
        checks=(),
        explanation="made for a test",
        valid_until=BEGIN + shift + timedelta(hours=2),
    )
    return render(verdict, language=language, farmer_id="F01", draft=True)


def wrote(text: str, after: timedelta = timedelta(hours=6)) -> Inbound:
    return Inbound(
        carrier="test",
        carrier_id=f"{text}{after}",
        phone_number="+212600000001",
        text=text,
        received_at=BEGIN + after,
    )


@pytest.mark.parametrize("language", ["fr", "en", "ar", "ary"])
@pytest.mark.parametrize("digit", ["1", "\u0661"])
def test_done_becomes_the_irrigation_as_it_was_told(language: Language, digit: str) -> None:
    answers = answers_of("F01", [wrote(digit)], [Said(irrigation(language=language))], PARCELS)
    (event,) = answers.events
    assert (event.parcel_id, event.depth_mm, event.source) == ("P01", 20.0, "reply")
    assert event.started_at == BEGIN
    assert not answers.silenced


def test_the_same_answer_twice_is_one_irrigation() -> None:
    texts = [wrote("1"), wrote("oui", timedelta(hours=7))]
    assert len(answers_of("F01", texts, [Said(irrigation())], PARCELS).events) == 1


def test_what_was_said_last_stands_last() -> None:
    texts = [wrote("1", timedelta(hours=5)), wrote("2"), wrote("1", timedelta(hours=7))]
    answers = answers_of("F01", texts[:2], [Said(irrigation())], PARCELS)
    assert [event.depth_mm for event in answers.events] == [20.0, 0.0]
    answers = answers_of("F01", texts, [Said(irrigation())], PARCELS)
    assert [event.depth_mm for event in answers.events] == [0.0, 20.0]


def test_not_done_is_an_irrigation_of_nothing() -> None:
    (event,) = answers_of("F01", [wrote("2")], [Said(irrigation())], PARCELS).events
    assert (event.parcel_id, event.started_at, event.depth_mm, event.source) == ("P01", BEGIN, 0.0, "reply")


def test_a_not_done_that_fits_nothing_is_told() -> None:
    answers = answers_of("F01", [wrote("2")], [], PARCELS)
    assert answers.events == ()
    assert "'not done' of 2026-07-15 fits no irrigation" in answers.notes[0]


def test_answers_teach_how_often_an_irrigation_is_given() -> None:
    said = [Said(irrigation()), Said(irrigation(days_later=4), queued_at=TOLD_AT + timedelta(days=4))]
    nobody, done = answers_of("F01", [], said, PARCELS), answers_of("F01", [wrote("1")], said, PARCELS)
    denied = answers_of("F01", [wrote("2")], said, PARCELS)
    assert [one.begin for one in nobody.told] == [BEGIN, BEGIN + timedelta(days=4)]
    assert denied.compliance < nobody.compliance < done.compliance
    assert nobody.compliance == pytest.approx(0.8)
    assert done.compliance == pytest.approx(9.0 / 11.0)


def test_an_answer_that_fits_two_parcels_is_asked_and_not_guessed() -> None:
    said = [Said(irrigation()), Said(irrigation("P02"))]
    answers = answers_of("F01", [wrote("1")], said, PARCELS)
    assert answers.events == ()
    assert "P01, P02" in answers.notes[0]


def test_the_last_told_day_is_meant() -> None:
    later = Said(irrigation(days_later=1), queued_at=TOLD_AT + timedelta(days=1))
    answers = answers_of("F01", [wrote("1", timedelta(hours=30))], [Said(irrigation()), later], PARCELS)
    assert [event.started_at.date() for event in answers.events] == [DAY + timedelta(days=1)]


@pytest.mark.parametrize("after", [timedelta(hours=-2), ANSWER_WITHIN + timedelta(hours=1)])
def test_an_answer_before_or_long_after_the_irrigation_counts_for_nothing(after: timedelta) -> None:
    answers = answers_of("F01", [wrote("1", after)], [Said(irrigation())], PARCELS)
    assert answers.events == ()
    assert "no irrigation that was told" in answers.notes[0]


@pytest.mark.parametrize("state", ["queued", "failed", "expired", "halted"])
def test_a_message_that_never_left_cannot_be_answered(state: str) -> None:
    assert answers_of("F01", [wrote("1")], [Said(irrigation(), state)], PARCELS).events == ()


def test_messages_of_other_farmers_and_parcels_that_are_gone_do_not_count() -> None:
    assert answers_of("F02", [wrote("1")], [Said(irrigation())], PARCELS).events == ()
    assert answers_of("F01", [wrote("1")], [Said(irrigation("P09"))], PARCELS).events == ()


def test_stop_silences_until_start() -> None:
    stop, start = wrote("STOP"), wrote("START", timedelta(hours=8))
    assert answers_of("F01", [stop], [], PARCELS).silenced
    assert not answers_of("F01", [stop, start], [], PARCELS).silenced


@pytest.mark.parametrize(("text", "told"), [("3", "asks to be called"), ("chhal?", "no rule understands")])
def test_what_needs_a_person_is_told_without_the_text(text: str, told: str) -> None:
    (note,) = answers_of("F01", [wrote(text)], [], PARCELS).notes
    assert told in note
    assert text not in note.replace("2026-07-15", "")
