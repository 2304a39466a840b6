"""Who may decide and when two must."""

import pytest

from cloud.errors import InputError
from cloud.review.eyes import ReviewRules, name_of, needs_two, reason_of, same_name, second_of
from tests.unit.cloud.review.conftest import AdviceOf, WordOf

OTHER = "b" * 64


@pytest.mark.parametrize(("one", "other"), [("Amina", " amina "), ("Amina B", "AMINA   b"), ("Zoé", "Zoe\u0301")])
def test_spellings_of_one_name_are_one_person(one: str, other: str) -> None:
    assert same_name(one) == same_name(other)
    assert same_name(one) != same_name(f"{one}x")


def test_a_name_and_a_reason_are_one_line_and_not_empty() -> None:
    assert name_of("  Amina\n B ", ReviewRules()) == "Amina B"
    assert reason_of("dry\tat 30 cm") == "dry at 30 cm"
    for wrong in ("", " \n ", "x" * 81):
        with pytest.raises(InputError, match="--by: expected a name"):
            name_of(wrong, ReviewRules())
    for wrong in ("", "\u200b", "x" * 401):
        with pytest.raises(InputError, match="--why: expected a reason"):
            reason_of(wrong)


def test_only_named_reviewers_decide_where_there_is_a_list() -> None:
    rules = ReviewRules(reviewers=("Amina B", "Brahim"))
    assert name_of("amina b", rules) == "amina b"
    with pytest.raises(InputError, match=r"review\.reviewers") as told:
        name_of("Chadia", rules)
    assert "Chadia" not in str(told.value)


def test_large_doses_or_all_need_two(advice_of: AdviceOf) -> None:
    dose = advice_of()
    wait = advice_of(action="wait", depth_mm=None, volume_m3=None, start_window=None, duration_h=None)
    assert not needs_two(dose, ReviewRules())
    assert needs_two(dose, ReviewRules(four_eyes="large", four_eyes_above_mm=23.9))
    assert not needs_two(dose, ReviewRules(four_eyes="large", four_eyes_above_mm=24.0))
    assert not needs_two(wait, ReviewRules(four_eyes="large", four_eyes_above_mm=0.0))
    assert needs_two(wait, ReviewRules(four_eyes="always"))


def test_the_second_person_is_another_one_who_says_the_same(word_of: WordOf) -> None:
    first = word_of(final=False)
    assert not second_of(first, ())
    assert second_of(word_of(reviewer=OTHER), (first,))
    with pytest.raises(InputError, match="got the same one again"):
        second_of(word_of(), (first,))
    # Another dose, another verdict or a mere hold is no agreement.
    assert not second_of(word_of(act="override", depth_mm=20.0, reviewer=OTHER), (first,))
    assert not second_of(word_of(held="c" * 64, reviewer=OTHER), (first,))
    assert not second_of(word_of(reviewer=OTHER), (word_of(act="hold", final=False),))
    thrice = (word_of(act="override", depth_mm=20.0, final=False), word_of(act="override", depth_mm=25.0, final=False))
    assert second_of(word_of(act="override", depth_mm=25.0, reviewer=OTHER), thrice)


@pytest.mark.parametrize(
    "other",
    [
        "A\u200bmina",
        "\u0410m\u0456n\u0430",
        "\u0391mina",
        "Amina.",
        "A-mina",
        "Am\u00edna",
        "Amina\u3164",
        "Amina\ufe0f",
    ],
)
def test_unseen_letters_and_look_alikes_make_no_second_person(other: str) -> None:
    assert same_name(other) == same_name("Amina")


def test_other_vowels_make_another_person_and_points_do_not() -> None:
    assert same_name("\u0930\u093e\u092e") != same_name("\u0930\u092e")
    assert same_name("\u0645\u064f\u062d\u0645\u062f") == same_name("\u0645\u062d\u0645\u062f")
    with pytest.raises(InputError, match="--by: expected a name"):
        name_of("...", ReviewRules())


def test_who_said_hold_after_approve_agrees_no_more(word_of: WordOf) -> None:
    withdrawn = (word_of(final=False), word_of(act="hold", final=False))
    assert not second_of(word_of(reviewer=OTHER), withdrawn)
    assert not second_of(word_of(), withdrawn)
    assert second_of(word_of(reviewer=OTHER), (*withdrawn, word_of(final=False)))
