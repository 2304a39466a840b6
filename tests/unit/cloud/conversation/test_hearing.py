"""One text, its meaning and its effects."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.conversation.hearing import hear
from cloud.conversation.reading import HeardText
from cloud.conversation.trust import Trust
from tests.unit.cloud.conversation.talk import BEGIN, PARCELS, TOLD_AT, context, kept, only, text, told

THREE = (told("P1"), told("P2"), told("P3"))


@pytest.mark.parametrize(
    ("words", "depth_mm", "sigma"), [("1", 20.0, None), ("4", 10.0, 0.35), ("2", 0.0, None), ("5", 0.0, None)]
)
def test_an_answer_becomes_an_event_with_the_numbers_told(words: str, depth_mm: float, sigma: float | None) -> None:
    heard = only(words, told())
    (event,) = heard.events
    assert (event.parcel_id, event.started_at, event.depth_mm, event.source) == ("P1", BEGIN, depth_mm, "reply")
    assert (event.told_at, event.sigma_fraction) == (BEGIN + timedelta(hours=6), sigma)
    reading = heard.reading
    assert (reading.outcome, reading.answer, reading.about, reading.depth_mm) == (
        "taken",
        "thanks",
        "m-P1-F1",
        depth_mm,
    )
    assert reading.certainty_percent == 100


def test_no_water_names_its_canal_or_pump() -> None:
    assert (
        only("5", told("P1")).reading.note == "parcel P1: no water came from canal K1 for the irrigation of 2026-07-15"
    )
    assert "pump W1" in str(only("5", told("P3")).reading.note)
    alone = context(
        told("P1"),
        parcels={
            "P1": PARCELS["P1"].model_copy(update={"water": PARCELS["P1"].water.model_copy(update={"canal": None})})
        },
    )
    assert "its source" in str(hear(text("5"), alone)[0].reading.note)
    assert only("2", told("P1")).reading.note is None


def test_a_learned_trust_shapes_the_error_of_the_depth() -> None:
    liar, honest = Trust(right=0, wrong=20), Trust(right=30, wrong=0)
    assert only("1", told(), trust={"F1": liar}).events[0].sigma_fraction == 0.4
    assert only("1", told(), trust={"F1": honest}).events[0].sigma_fraction == 0.1
    assert only("4", told(), trust={"F1": liar}).events[0].sigma_fraction == 0.4


@pytest.mark.parametrize("after_h", [-12.0, -1.0, 73.0])
def test_an_answer_to_nothing_due_is_noted_and_helped_once_a_day(after_h: float) -> None:
    heard = only("1", told(), after_h=after_h)
    assert (heard.events, heard.reading.outcome, heard.reading.answer) == ((), "nothing_due", "help")
    assert "fits no irrigation that was told" in str(heard.reading.note)
    again = only("1", told(), after_h=after_h + 0.5, earlier=kept([heard]))
    assert again.reading.answer is None
    assert only("1", after_h=after_h + 25, earlier=kept([heard])).reading.answer == "help"


def test_a_one_that_fits_three_parcels_is_asked_and_its_answer_resolved() -> None:
    asked = only("1", *THREE)
    assert (asked.events, asked.reading.outcome, asked.reading.answer) == ((), "asked", "which_parcel")
    assert [(one.digits, one.parcel_id) for one in asked.reading.options] == [("7", "P1"), ("8", "P2"), ("9", "P3")]
    said = kept([asked])
    chosen = only("8", *THREE, after_h=7.0, earlier=said)
    assert (chosen.reading.meaning, chosen.reading.parcel_id, chosen.reading.resolves) == ("done", "P2", 100)
    assert (chosen.events[0].parcel_id, chosen.events[0].depth_mm) == ("P2", 20.0)
    by_name = only("dra-3", *THREE, after_h=7.0, earlier=said)
    assert by_name.events[0].parcel_id == "P3"


def test_a_question_is_answered_once_and_not_for_ever() -> None:
    asked = kept([only("1", *THREE)])
    answered = [*asked, *kept([only("8", *THREE, after_h=7.0, earlier=asked)], 200)]
    # Seven is a digit of swaps and questions: with none open it means nothing.
    assert only("7", *THREE, after_h=8.0, earlier=answered).reading.outcome == "not_understood"
    assert only("8", *THREE, after_h=6.0 + 25.0, earlier=asked).reading.outcome == "not_understood"


def test_what_was_asked_keeps_the_meaning_of_the_first_text() -> None:
    asked = kept([only("4", *THREE)])
    assert only("9", *THREE, after_h=7.0, earlier=asked).events[0].depth_mm == 10.0


def test_a_usual_digit_keeps_its_meaning_while_a_question_is_open() -> None:
    asked = kept([only("1", *THREE)])
    assert only("3", *THREE, after_h=7.0, earlier=asked).reading.answer == "call_soon"


def test_parcels_that_were_spoken_of_are_not_asked_about_again() -> None:
    one = kept([only("1 P1", *THREE)])
    assert [option.parcel_id for option in only("1", *THREE, earlier=one).reading.options] == ["P2", "P3"]
    two = [*one, *kept([only("2 Dra 2", *THREE)], 200)]
    assert only("1", *THREE, earlier=two).events[0].parcel_id == "P3"


def test_a_named_parcel_needs_no_question_and_a_strange_name_is_not_guessed() -> None:
    assert only("1 p2", *THREE).events[0].parcel_id == "P2"
    lost = only("1 P9", *THREE)
    assert (lost.events, lost.reading.meaning, lost.reading.outcome) == ((), "unknown", "not_understood")


def test_a_path_that_tells_the_parcel_is_believed() -> None:
    (heard,) = hear(text("1", parcel_id="P3"), context(*THREE))
    assert heard.events[0].parcel_id == "P3"
    (none,) = hear(text("1", parcel_id="P3"), context(told("P1")))
    assert none.reading.outcome == "nothing_due"


def test_the_last_word_counts_and_both_are_kept() -> None:
    first = only("1", told())
    second = only("2", told(), after_h=8.0, earlier=kept([first]))
    assert second.events[0].depth_mm == 0.0
    assert second.events[0].told_at != first.events[0].told_at
    assert "'not_done' of 2026-07-15 contradicts 'done' of 2026-07-15" in str(second.reading.note)
    same = only("1", told(), after_h=8.0, earlier=kept([first]))
    assert same.reading.note is None


def test_a_second_word_about_several_is_about_the_one_spoken_of_last() -> None:
    both = (told("P1"), told("P2"))
    said = [*kept([only("1 P1", *both)]), *kept([only("1 P2", *both)], 200)]
    assert only("2", *both, after_h=8.0, earlier=said).events[0].parcel_id == "P2"


def test_only_the_last_day_that_was_due_is_meant() -> None:
    old = told("P2", begin=BEGIN - timedelta(days=1), message_id="old")
    assert only("1", old, told("P1")).events[0].parcel_id == "P1"


def test_of_two_people_with_one_number_the_one_told_last_is_meant() -> None:
    mine, theirs = told("P1"), told("P2", farmer_id="F2", queued_at=TOLD_AT + timedelta(hours=1))
    shared = context(mine, theirs)
    (heard,) = hear(text("1", who=("F1", "F2")), shared)
    assert (heard.reading.farmer_id, heard.events[0].parcel_id) == ("F2", "P2")
    at_once = context(mine, told("P2", farmer_id="F2"))
    (asked,) = hear(text("1", who=("F1", "F2")), at_once)
    assert asked.reading.outcome == "asked"
    (chosen,) = hear(text("8", 7.0, who=("F1", "F2")), context(mine, told("P2", farmer_id="F2"), earlier=kept([asked])))
    assert (chosen.reading.farmer_id, chosen.events[0].parcel_id) == ("F2", "P2")


def test_ten_parcels_are_too_many_to_ask_about() -> None:
    many = [told(f"P{number}") for number in range(10)]
    heard = only("1", *many)
    assert (heard.reading.outcome, heard.reading.answer) == ("nothing_due", None)
    assert "too many to ask" in str(heard.reading.note)


def test_rain_falls_on_parcels_that_lie_together_and_is_asked_about_otherwise() -> None:
    near = context(parcels={name: PARCELS[name] for name in ("P1", "P2")})
    heard = hear(text("6"), near)
    assert [(one.reading.parcel_id, one.reading.answer) for one in heard] == [("P1", "thanks"), ("P2", None)]
    assert all(one.events == () and one.reading.depth_mm is None for one in heard)
    asked = only("6")
    assert (asked.reading.outcome, len(asked.reading.options)) == ("asked", 3)
    chosen = only("9", earlier=kept([asked]), after_h=7.0)
    assert (chosen.reading.meaning, chosen.reading.parcel_id, chosen.reading.answer) == ("rain", "P3", "thanks")
    assert only("6 Dra 3").reading.parcel_id == "P3"
    assert only("6 nowhere").reading.outcome == "not_understood"
    assert only("6", parcels={}).reading.outcome == "nothing_due"


def test_stop_and_start_are_the_wish_of_everybody_with_the_number() -> None:
    heard = hear(text("STOP", who=("F1", "F2")), context())
    assert [(one.reading.farmer_id, one.wants_messages, one.reading.answer) for one in heard] == [
        ("F1", False, "stop"),
        ("F2", False, None),
    ]
    assert only("start").wants_messages is True
    assert only("wa9ef l ma").wants_messages is None


def test_a_wish_to_be_called_is_noted_every_time_and_confirmed_once_in_a_while() -> None:
    first = only("3")
    assert first.reading.answer == "call_soon"
    assert "asks to be called" in str(first.reading.note)
    again = only("3", after_h=7.0, earlier=kept([first]))
    assert (again.reading.answer, again.reading.note is None) == (None, False)
    assert only("3", after_h=13.0, earlier=kept([first])).reading.answer == "call_soon"


@pytest.mark.parametrize("words", ["", "la terre est dure", "1 2", "\U0001f44d", "1" * 2000, "سلام"])
def test_what_nobody_understands_is_kept_told_and_answered_with_help_once_a_day(words: str) -> None:
    heard = only(words, told())
    assert (heard.events, heard.reading.meaning, heard.reading.answer) == ((), "unknown", "help")
    assert heard.reading.certainty_percent == 0
    assert words not in str(heard.reading.note) or not words
    assert only(words, told(), after_h=20.0, earlier=kept([heard])).reading.answer is None
    assert only(words, told(), after_h=31.0, earlier=kept([heard])).reading.answer == "help"


def test_help_is_given_whenever_it_is_asked_for() -> None:
    first = only("HELP")
    assert (first.reading.outcome, only("aide", earlier=kept([first])).reading.answer) == ("wish", "help")


def test_a_strangers_text_is_kept_and_never_answered() -> None:
    (heard,) = hear(text("1", who=()), context(told()))
    assert (heard.events, heard.reading.farmer_id, heard.reading.answer) == ((), None, None)
    assert heard.reading.outcome == "unknown_number"
    assert "+212" not in str(heard.reading)


def test_a_text_that_cannot_be_opened_any_more_is_passed_over() -> None:
    (heard,) = hear(HeardText(position=1, received_at=BEGIN, carrier="test"), context())
    assert (heard.reading.outcome, heard.reading.answer) == ("unreadable", None)


def test_who_wrote_stop_is_heard_and_not_answered() -> None:
    heard = only("1", told(), silenced=frozenset({"F1"}))
    assert heard.events[0].depth_mm == 20.0
    assert heard.reading.answer is None
    assert only("start", silenced=frozenset({"F1"})).reading.answer == "start"


@settings(max_examples=60, deadline=None)
@given(words=st.text(max_size=60), hours=st.floats(-100.0, 200.0))
def test_any_text_at_any_time_is_one_word_and_the_same_word_again(words: str, hours: float) -> None:
    said, known = text(words, hours), context(*THREE)
    heard = hear(said, known)
    assert heard
    assert heard == hear(said, known)
    assert all(event.depth_mm in {0.0, 10.0, 20.0} for one in heard for event in one.events)


def test_a_told_hour_stays_an_hour_of_the_parcels_clock() -> None:
    local = datetime(2026, 7, 15, 6, tzinfo=ZoneInfo("Africa/Casablanca"))
    assert only("1", told(begin=local)).events[0].started_at == local
