"""Two neighbours swap their water turns by word of mouth."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cloud.conversation.context import Context
from cloud.conversation.hearing import hear
from cloud.conversation.reading import Heard, SwapAct, SwapStep
from cloud.conversation.swaps import agreed, pair_of, standing, step_of, swap_name, swapped
from cloud.errors import InputError
from cloud.records import CanalTurn
from tests.unit.cloud.conversation.talk import BEGIN, PARCELS, context, kept, only, parcel, text, told

DAY = date(2026, 7, 17)


def turn(parcel_id: str | None, hour: int, *, day: date = DAY, canal: str = "K1") -> CanalTurn:
    begin = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return CanalTurn(
        canal=canal, parcel_id=parcel_id, starts_at=begin, ends_at=begin + timedelta(hours=2), flow_m3_h=90
    )


TURNS = (
    turn("P1", 6),
    turn("P2", 10),
    turn("P1", 6, day=DAY + timedelta(days=7)),
    turn("P2", 10, day=DAY + timedelta(days=7)),
)


def neighbours(
    mine: str = "P1",
    *,
    swaps: Sequence[SwapStep] = (),
    turns: Sequence[CanalTurn] = TURNS,
    **more: Any,  # noqa: ANN401 -- fields by name
) -> Context:
    return context(parcels={mine: PARCELS[mine]}, turns=turns, swaps=swaps, **more)


def proposed() -> Heard:
    (heard,) = hear(text("swap P1 P2"), neighbours())
    return heard


@pytest.mark.parametrize(
    "words", ["swap P1 P2", "swap P2 P1", "swap dra 1 dra 2", "swap p2", "تبادل Dra-2", "SWAP Dra1 Dra2"]
)
def test_a_swap_is_proposed_for_the_next_day_on_which_both_have_a_turn(words: str) -> None:
    (heard,) = hear(text(words), neighbours())
    step = heard.swap_step
    assert step is not None
    assert (step.act, step.day, step.parcel_id, step.other_parcel_id, step.by) == ("proposed", DAY, "P1", "P2", "F1")
    assert (heard.reading.outcome, heard.reading.answer, heard.reading.swap) == ("taken", "turn_swap", step.swap)


@pytest.mark.parametrize(
    ("words", "turns"),
    [
        ("swap", TURNS),
        ("swap P9", TURNS),
        ("swap P1 P1", TURNS),
        ("swap P1 P2", ()),
        ("swap P1 P2", (turn("P1", 6), turn("P2", 10, day=DAY + timedelta(days=1)))),
        ("swap P1 P2", (turn("P1", 6), turn("P2", 10, canal="K2"))),
        ("swap P1 P2", (turn(None, 6), turn("P2", 10))),
        ("swap P1 P2", (turn("P1", 6, day=date(2026, 8, 20)), turn("P2", 10, day=date(2026, 8, 20)))),
    ],
)
def test_a_swap_that_cannot_be_is_told_to_a_person(words: str, turns: Sequence[CanalTurn]) -> None:
    (heard,) = hear(text(words), neighbours(turns=turns))
    assert (heard.swap_step, heard.reading.outcome, heard.reading.answer) == (None, "wish", None)
    assert "wants to swap turns" in str(heard.reading.note)


@pytest.mark.parametrize(("words", "act"), [("7", "agreed"), ("واخا", "agreed"), ("8", "refused")])
def test_the_neighbours_word_decides(words: str, act: str) -> None:
    first = proposed().swap_step
    assert first is not None
    (heard,) = hear(text(words, 7.0, who=("F2",)), neighbours("P2", swaps=[first]))
    step = heard.swap_step
    assert step is not None
    assert (step.act, step.by, step.swap, step.parcel_id) == (act, "F2", first.swap, "P1")


def test_who_proposed_cannot_agree_for_the_other() -> None:
    first = proposed().swap_step
    assert first is not None
    (heard,) = hear(text("7", 7.0), neighbours(swaps=[first]))
    assert (heard.swap_step, heard.reading.outcome) == (None, "not_understood")


def test_both_asking_for_the_same_is_an_agreement_and_asking_twice_is_none() -> None:
    first = proposed().swap_step
    assert first is not None
    (both,) = hear(text("swap P2 P1", 7.0, who=("F2",)), neighbours("P2", swaps=[first]))
    assert both.swap_step is not None
    assert (both.swap_step.act, both.swap_step.by) == ("agreed", "F2")
    (again,) = hear(text("swap P1 P2", 7.0), neighbours(swaps=[first]))
    assert again.swap_step is None
    assert "is proposed already" in str(again.reading.note)


def test_a_swap_and_a_question_are_told_apart_by_which_was_asked_last() -> None:
    first = proposed().swap_step
    assert first is not None
    irrigations = (told("P2"), told("P3"))
    asked = only("1", *irrigations, after_h=8.0, parcels={"P2": PARCELS["P2"], "P3": PARCELS["P3"]})
    assert asked.reading.outcome == "asked"
    later = neighbours("P2", swaps=[first], told=irrigations, earlier=kept([asked]))
    (answer,) = hear(text("7", 9.0, who=("F2",)), later)
    assert (answer.swap_step, answer.reading.resolves) == (None, 100)
    newer = first.model_copy(update={"at": BEGIN + timedelta(hours=8.5)})
    (agreement,) = hear(
        text("7", 9.0, who=("F2",)), neighbours("P2", swaps=[newer], told=irrigations, earlier=kept([asked]))
    )
    assert agreement.swap_step is not None


def word(act: SwapAct, at_h: float = 0.0) -> SwapStep:
    pair = pair_of(PARCELS["P1"], PARCELS["P2"], TURNS, BEGIN)
    return step_of(pair, ("P1", "P2"), act, "F1", BEGIN + timedelta(hours=at_h))


def test_an_agreed_swap_moves_the_turns_of_its_day_and_no_other() -> None:
    swapped_turns = swapped(TURNS, agreed([word("proposed"), word("agreed", 1.0)]), PARCELS)
    assert [one.starts_at.hour for one in swapped_turns] == [10, 6, 6, 10]
    assert [one.ends_at.hour for one in swapped_turns] == [12, 8, 8, 12]
    assert [one.parcel_id for one in swapped_turns] == [one.parcel_id for one in TURNS]


def test_a_swap_that_is_not_agreed_moves_nothing() -> None:
    for steps in ([word("proposed")], [word("agreed"), word("withdrawn")], [word("proposed"), word("refused")]):
        assert swapped(TURNS, agreed(steps), PARCELS) == TURNS
    assert agreed([word("agreed")], DAY + timedelta(days=1)) == ()
    assert standing([word("proposed"), word("agreed")])[word("agreed").swap].act == "agreed"


def test_turns_that_are_not_one_each_are_left_as_they_are() -> None:
    twice = (*TURNS, turn("P1", 20))
    assert swapped(twice, agreed([word("agreed")]), PARCELS) == twice
    assert swapped(TURNS, agreed([word("agreed")]), {}) == TURNS


def test_the_name_of_a_swap_does_not_hang_on_who_asks() -> None:
    assert swap_name(DAY, "P1", "P2") == swap_name(DAY, "P2", "P1") != swap_name(DAY, "P1", "P3")


def test_a_parcel_without_a_turn_of_its_own_has_nothing_to_swap() -> None:
    with pytest.raises(InputError, match="expected a turn of parcel P3 alone"):
        pair_of(parcel(3), PARCELS["P1"], TURNS, BEGIN)


@pytest.mark.parametrize("words", ["swap P1 P2", "swap P2"])
def test_a_parcel_that_is_theirs_no_more_is_not_theirs_to_swap(words: str) -> None:
    (heard,) = hear(text(words), neighbours(present=frozenset()))
    assert (heard.swap_step, heard.reading.outcome) == (None, "wish")


def test_who_had_a_parcel_until_lately_does_not_agree_for_who_has_it_now() -> None:
    step = proposed().swap_step
    assert step is not None
    (heard,) = hear(text("7"), neighbours("P2", swaps=[step], present=frozenset()))
    assert heard.swap_step is None
