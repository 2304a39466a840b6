from datetime import UTC, datetime, timedelta

import pytest

from edge.commissioning.steps import STEPS
from edge.commissioning.walk import PATIENCE, after, is_walking, meant

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["S", "s", " s\n", "س"])
def test_one_letter_begins(text: str) -> None:
    for walking in (True, False):
        told = meant(text, walking=walking)
        assert told is not None
        assert told.word == "begin"


@pytest.mark.parametrize(
    ("text", "word"), [("1", "next"), ("2", "again"), ("0", "stop"), ("\u0661", "next"), ("\u06f2", "again")]
)
def test_a_digit_leads_on_while_walking_and_is_anybodys_otherwise(text: str, word: str) -> None:
    told = meant(text, walking=True)
    assert told is not None
    assert told.word == word
    assert meant(text, walking=False) is None


@pytest.mark.parametrize(
    ("text", "digits"), [("C1", "1"), ("c 1 3", "13"), ("C\u0661\u0663", "13"), ("ص 2", "2"), ("C9", "9")]
)
def test_done_care_is_ticked_by_its_digits_walking_or_not(text: str, digits: str) -> None:
    for walking in (True, False):
        told = meant(text, walking=walking)
        assert told is not None
        assert (told.word, told.digits) == ("tick", digits)


@pytest.mark.parametrize("text", ["", "3", "C", "SOS", "stop", "1 2", "c1x", "¹", "bonjour"])
def test_everything_else_is_not_for_the_gateway(text: str) -> None:
    assert meant(text, walking=True) is None


def test_the_walk_goes_through_every_step_and_ends() -> None:
    walked = [STEPS[0]]
    while (following := after(walked[-1], "next")) is not None:
        walked.append(following)
    assert tuple(walked) == STEPS
    assert after("sim", "again") == "sim"
    assert after("sim", "stop") is None
    assert after("broker", "begin") == STEPS[0]


def test_a_walk_is_over_half_an_hour_after_its_last_word() -> None:
    assert is_walking(NOON, NOON + PATIENCE)
    assert not is_walking(NOON, NOON + PATIENCE + timedelta(seconds=1))
    assert not is_walking(NOON, NOON - timedelta(seconds=1))
    assert not is_walking(None, NOON)
