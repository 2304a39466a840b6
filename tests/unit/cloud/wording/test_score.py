"""How well cards were understood, and what keeps words from going live."""

import pytest

from cloud.wording.score import Score, score_of, understood_of
from cloud.wording.sheet import Answer, Literacy, Sheet
from cloud.wording.signature import Understood


def answer(person: int, card: int = 1, *, act: int = 1, when: int = 1, **changed: object) -> Answer:
    literacy: Literacy = "none" if person % 2 else "well"
    content = {
        "line": 2,
        "interviewer": "a",
        "respondent": f"r{person}",
        "literacy": literacy,
        "card": card,
        "marks": {"act": act, "when": when},
        "opposite": False,
    }
    return Answer(**(content | changed))  # type: ignore[arg-type]  # any field, by name


def sheet(*answers: Answer, problems: tuple[str, ...] = ()) -> Sheet:
    return Sheet(answers=answers, problems=problems, notes=())


def scored(*answers: Answer, least: float = 0.8, problems: tuple[str, ...] = ()) -> Score:
    found = score_of(sheet(*answers, problems=problems), [1, 2], least=least)
    assert found is not None
    return found


def everyone(people: int = 20, **changed: int) -> list[Answer]:
    return [answer(person, card, **changed) for person in range(people) for card in (1, 2)]


def test_nobody_answered_is_no_score() -> None:
    assert score_of(sheet(), [1, 2]) is None


def test_twenty_people_who_understood_all_are_enough() -> None:
    score = scored(*everyone())
    assert score.enough
    assert score.total.value == 1.0
    assert score.total.low > 0.85
    assert (score.total.count, score.total.people) == (80, 20)


def test_few_people_are_not_enough_however_well_they_understood() -> None:
    score = scored(*everyone(4))
    assert not score.enough
    assert "100% of the answers are right, surely at least" in score.reasons[0]
    assert "4 people were asked; 10 are asked for" in score.reasons


def test_literacy_groups_without_people_have_no_data() -> None:
    score = scored(*everyone())
    assert score.literacy["little"] is None
    none = score.literacy["none"]
    assert none is not None
    assert none.people == 10


def test_low_literate_people_must_have_been_asked() -> None:
    score = scored(*[answer(2 * person, card) for person in range(30) for card in (1, 2)])
    assert score.reasons == ("0 people who read little or not at all were asked; 5 are asked for",)


def test_one_card_that_fails_is_named_though_the_total_is_high() -> None:
    good = [answer(person, 1) for person in range(40)]
    bad = [answer(person, 2, act=1, when=int(person < 4)) for person in range(40)]
    score = scored(*good, *bad, least=0.6)
    assert score.reasons == ("card 2: 55% understood, 67% is asked of each card",)


def test_a_card_that_nobody_was_asked_is_no_data() -> None:
    score = scored(*[answer(person, 1) for person in range(30)])
    assert score.cards[2] is None
    assert "card 2: no data understood, 67% is asked of each card" in score.reasons


def test_acts_opposite_to_what_was_told_are_counted_apart() -> None:
    wrong = [answer(person, 1, act=0, opposite=True) for person in range(3)]
    score = scored(*wrong, *[one for one in everyone(40) if one.card == 2 or int(one.respondent[1:]) > 2])
    assert score.opposite == 3
    assert score.enough
    more = [answer(person, 1, act=0, opposite=True) for person in range(5)]
    score = scored(*more, *[one for one in everyone(40) if one.card == 2 or int(one.respondent[1:]) > 4])
    assert "5 of 80 acts would have been the opposite of what was told; 5% is allowed" in score.reasons


def test_of_two_interviewers_the_lower_mark_counts_and_their_agreement_is_told() -> None:
    first = [answer(person) for person in range(10)]
    second = [answer(person, when=int(person > 4), interviewer="b") for person in range(10)]
    score = scored(*first, *second, *[answer(person, 2) for person in range(10)])
    assert score.total.value == pytest.approx(35 / 40)
    assert score.agreement is not None
    assert score.agreement.marks == 20
    assert score.agreement.same == pytest.approx(0.75)
    assert set(score.interviewers) == {"a", "b"}


def test_one_interviewer_has_nobody_to_agree_with() -> None:
    assert scored(*everyone()).agreement is None


def test_the_lowest_literacy_told_of_a_person_counts() -> None:
    score = scored(answer(2), answer(2, 2, literacy="little"))
    assert score.literacy["well"] is None
    assert score.literacy["little"] is not None


def test_rows_to_correct_keep_a_sheet_from_being_enough() -> None:
    assert scored(*everyone(), problems=("line 3: act",)).reasons == ("the sheet has 1 rows or people to correct",)


def test_what_a_signature_keeps() -> None:
    kept = understood_of(scored(*everyone()), "c" * 64)
    assert isinstance(kept, Understood)
    assert (kept.respondents, kept.answers, kept.share, kept.high, kept.opposite) == (20, 80, 1.0, 1.0, 0)
