"""What is said to a farmer who wrote."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.conversation.answering import ANSWER_LATEST, Said, Surroundings, answers_to, turn_on
from cloud.conversation.reading import KeptReading, SwapAct
from cloud.conversation.swaps import pair_of, step_of
from cloud.records import CanalTurn, FarmerReference, Language
from cloud.speech.facts import CallSoon, Help, Start, Stop, Thanks, TurnSwap, WhichParcel
from cloud.speech.notices import speak
from cloud.speech.voice import Voice
from tests.unit.cloud.conversation.talk import BEGIN, PARCELS, kept, only, told

NOW = BEGIN + timedelta(hours=6, minutes=1)
DAY = date(2026, 7, 17)


def turn(parcel_id: str, hour: int) -> CanalTurn:
    begin = datetime(DAY.year, DAY.month, DAY.day, hour, tzinfo=UTC)
    return CanalTurn(canal="K1", parcel_id=parcel_id, starts_at=begin, ends_at=begin + timedelta(hours=2), flow_m3_h=90)


TURNS = (turn("P1", 6), turn("P2", 10))
FARMED = {
    name: parcel.model_copy(update={"farmer": FarmerReference(id=f"F{name[1]}", language="fr")})
    for name, parcel in PARCELS.items()
}


def said(words: str, *, now: datetime = NOW, **own: str) -> tuple[Said, ...]:
    (heard,) = kept([only(words, told(), told("P2", message_id="m2")) if words == "1" else only(words, told())])
    return answers_to(heard, Surroundings(parcels=PARCELS, own=own, phone="+212522000000"), now)


def test_thanks_say_what_was_noted_of_which_day() -> None:
    (answer,) = said("4")
    facts = answer.facts
    assert isinstance(facts, Thanks)
    assert (facts.parcel_id, facts.parcel_name, facts.meaning, facts.depth_mm) == ("P1", "Dra 1", "half", 10.0)
    assert (facts.about_day, facts.day) == (date(2026, 7, 15), date(2026, 7, 15))
    assert answer.farmer_id == "F1"
    assert answer.valid_until > NOW + timedelta(hours=12)
    (none,) = said("2")
    assert isinstance(none.facts, Thanks)
    assert none.facts.depth_mm is None


def test_the_question_names_each_parcel_with_its_digit() -> None:
    (answer,) = said("1")
    assert isinstance(answer.facts, WhichParcel)
    assert [(one.digits, one.name) for one in answer.facts.choices] == [("7", "Dra 1"), ("8", "Dra 2")]


@pytest.mark.parametrize(
    ("words", "kind"), [("3", CallSoon), ("STOP", Stop), ("start", Start), ("help", Help), ("blah", Help)]
)
def test_wishes_are_answered_even_where_no_parcel_is_known(words: str, kind: type) -> None:
    (answer,) = said(words)
    assert isinstance(answer.facts, kind)
    assert (answer.facts.parcel_id, answer.facts.parcel_name) == ("F1", "Seguia")
    (known,) = said(words, F1="P3")
    assert (known.facts.parcel_id, known.facts.parcel_name) == ("P3", "Dra 3")


@pytest.mark.parametrize("words", ["1", "2", "3", "4", "5", "6 P1", "STOP", "start", "help"])
@pytest.mark.parametrize("language", ["fr", "en", "ar", "ary", "ary-Latn", "zgh", "zgh-Latn"])
def test_every_answer_can_be_spoken_in_every_language(words: str, language: Language) -> None:
    for one in said(words):
        spoken = speak(
            one.facts,
            language=language,
            farmer_id=one.farmer_id,
            valid_until=one.valid_until,
            voice=Voice(draft=True),
        )
        assert spoken.text


def test_too_late_or_unwanted_nothing_is_said() -> None:
    assert said("4", now=BEGIN + timedelta(hours=6) + ANSWER_LATEST + timedelta(seconds=1)) == ()
    silent = only("4", told(), silenced=frozenset({"F1"}))
    assert answers_to(kept([silent])[0], Surroundings(parcels=PARCELS), NOW) == ()


def swap_told(act: SwapAct) -> list[tuple[str, str, str, int]]:
    step = step_of(pair_of(PARCELS["P1"], PARCELS["P2"], TURNS, NOW), ("P1", "P2"), act, "F1", NOW)
    reading = only("help").reading.model_copy(update={"answer": "turn_swap", "swap": step.swap})
    heard = KeptReading(position=1, reading=reading)
    found = answers_to(heard, Surroundings(parcels=FARMED, turns=TURNS, swap=step), NOW)
    told_to: list[tuple[str, str, str, int]] = []
    for one in found:
        assert isinstance(one.facts, TurnSwap)
        told_to.append((one.farmer_id, one.facts.state, one.facts.other_name, one.facts.starts_at.hour))
    return told_to


def test_neighbours_hear_their_own_turn() -> None:
    assert swap_told("proposed") == [("F2", "asked", "Dra 1", 6)]
    assert swap_told("agreed") == [("F1", "agreed", "Dra 2", 10), ("F2", "agreed", "Dra 1", 6)]
    kept_as_they_are = [("F1", "kept", "Dra 2", 6), ("F2", "kept", "Dra 1", 10)]
    assert swap_told("refused") == swap_told("withdrawn") == kept_as_they_are


def test_nobody_is_told_of_a_swap_whose_turns_are_not_known() -> None:
    step = step_of(pair_of(PARCELS["P1"], PARCELS["P2"], TURNS, NOW), ("P1", "P2"), "agreed", "F1", NOW)
    heard = KeptReading(position=1, reading=only("help").reading.model_copy(update={"answer": "turn_swap"}))
    assert answers_to(heard, Surroundings(parcels=FARMED, swap=step), NOW) == ()
    assert answers_to(heard, Surroundings(parcels=FARMED, turns=TURNS), NOW) == ()
    assert turn_on((*TURNS, turn("P1", 20)), "P1", DAY, None) is None
