"""A scoring sheet is read row by row, and what cannot be used is named with its row."""

import re
from collections.abc import Mapping, Sequence

import pytest

from cloud.wording.sheet import Question, Sheet, sheet_of, words_mark

WORDS = words_mark("ary", "ab" * 32)
ASKED: Mapping[int, Sequence[Question]] = {1: ("act", "when", "how_much"), 2: ("act", "when")}


def row(card: int | str = 1, **cells: str) -> dict[str, str]:
    given = {
        "words": WORDS,
        "interviewer": "A",
        "respondent": "R01",
        "literacy": "little",
        "card": str(card),
        "act": "1",
        "when": "1",
        "how_much": "1" if str(card) == "1" else "-",
    }
    return given | cells


def read(*rows: Mapping[str, str]) -> Sheet:
    return sheet_of("sheet.csv", list(enumerate(rows, start=2)), ASKED, WORDS)


def only_problem(*rows: Mapping[str, str]) -> str:
    found = read(*rows).problems
    assert found
    return found[0]


def test_a_filled_row_is_an_answer() -> None:
    sheet = read(row(how_much="0"), row(2))
    assert sheet.problems == ()
    first, second = sheet.answers
    assert first.marks == {"act": 1, "when": 1, "how_much": 0}
    assert second.marks == {"act": 1, "when": 1}
    assert (first.literacy, first.opposite) == ("little", False)


def test_a_row_without_marks_is_not_asked_and_told() -> None:
    sheet = read(row(), row(2), row(1, respondent="R02", interviewer="", literacy="", act="", when="", how_much="-"))
    assert sheet.problems == ()
    assert sheet.notes == ("sheet.csv: 1 rows without a mark were taken as not asked",)


def test_doing_the_opposite_is_wrong_and_remembered() -> None:
    (answer,) = read(row(act="X")).answers
    assert answer.opposite
    assert answer.marks["act"] == 0


def test_digits_and_words_of_other_scripts_are_read() -> None:
    (answer,) = read(
        row("\u0661", act="\u0661", when="\u06f0", how_much="1", literacy="Un peu", respondent="R\u0660\u0662")
    ).answers
    assert (answer.card, answer.marks["act"], answer.marks["when"]) == (1, 1, 0)
    assert (answer.literacy, answer.respondent) == ("little", "r02")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"act": "2"}, r"line 2: act: expected 1 \(right\), 0 \(not\) or x .*, got '2'; one mark is worth 1 at most"),
        ({"when": "x"}, r"when: expected 1 \(right\) or 0 \(not\), got 'x'"),
        ({"when": ""}, "when: expected a mark on card 1, got none"),
        ({"card": "11"}, "card: expected a number from 1 to 2, got '11'"),
        ({"card": "heat"}, "card: expected a number from 1 to 2, got 'heat'"),
        ({"card": "²"}, "card: expected a number from 1 to 2"),
        ({"literacy": "perhaps"}, "literacy: expected none, little or well, got 'perhaps'"),
        ({"respondent": ""}, "respondent: expected a short code without names, got none"),
        ({"interviewer": " "}, "interviewer: expected a short code"),
        ({"words": "ary-000000000000"}, f"words: expected {WORDS}, the words now in use, got 'ary-000000000000'"),
    ],
)
def test_a_bad_cell_is_named_with_its_row(changed: dict[str, str], told: str) -> None:
    assert re.search(told, only_problem(row(**changed)))


def test_a_mark_that_the_card_does_not_ask_for_is_refused() -> None:
    assert "how_much: expected - on card 2, which does not say it, got a mark" in only_problem(row(2, how_much="1"))


def test_missing_cards_are_named_by_person() -> None:
    assert only_problem(row()) == (
        "sheet.csv: respondent r01: expected 2 cards, got 1, without 2; ask them, else the rest alone counts"
    )


def test_the_same_row_twice_is_named_and_the_first_counts() -> None:
    sheet = read(row(act="0"), row(act="1"), row(2))
    assert "line 3: respondent r01, card 1: expected one row an interviewer, got another on line 2" in sheet.problems[0]
    assert sheet.answers[0].marks["act"] == 0
    assert len(sheet.answers) == 2


def test_two_interviewers_may_mark_one_person() -> None:
    assert read(row(), row(2), row(interviewer="B"), row(2, interviewer="B")).problems == ()


def test_one_person_with_two_literacies_is_named() -> None:
    assert "expected one literacy, got little, well; the lowest counts" in only_problem(row(), row(2, literacy="well"))


def test_a_sheet_without_the_columns_says_which_cell_is_missing() -> None:
    assert "words: expected" in only_problem({"act": "1"})
