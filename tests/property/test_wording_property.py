"""Whatever a sheet holds and whoever signs in whatever order: nothing raises, nothing counts that should not."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.wording.cards import questions_of_cards
from cloud.wording.score import score_of
from cloud.wording.sheet import COLUMNS, Answer, Question, Sheet, sheet_of
from cloud.wording.signature import CatalogueWord, SignedCatalogue, Signer, signed_digests

ASKED: Mapping[int, Sequence[Question]] = questions_of_cards()
WORDS = "ary-0123456789ab"
AT = datetime(2026, 3, 1, tzinfo=UTC)
DIGESTS = ("a" * 64, "b" * 64)
PEOPLE = ("amal", "karim", "lina")

cells = st.sampled_from(
    ["", "-", "0", "1", "x", "2", "\u0661", "none", "bien", WORDS, "R01", "\u202e", "1.0"]
) | st.text(max_size=6)
rows = st.lists(st.dictionaries(st.sampled_from(COLUMNS), cells), max_size=12)


@settings(max_examples=150, deadline=None)
@given(rows)
def test_no_row_raises_and_every_row_is_an_answer_a_problem_or_a_note(found: list[dict[str, str]]) -> None:
    sheet = sheet_of("s.csv", list(enumerate(found, start=2)), ASKED, WORDS)
    assert len(sheet.answers) <= len(found)
    if found and not sheet.answers:
        assert sheet.problems or sheet.notes
    for answer in sheet.answers:
        assert set(answer.marks) == set(ASKED[answer.card])
        assert set(answer.marks.values()) <= {0, 1}


marks = st.lists(st.integers(0, 1), min_size=len(ASKED), max_size=len(ASKED))


def answers_of(people: Sequence[Sequence[int]]) -> tuple[Answer, ...]:
    return tuple(
        Answer(
            line=2,
            interviewer="a",
            respondent=f"r{person}",
            literacy="little",
            card=card,
            marks=dict.fromkeys(ASKED[card], right),
            opposite=False,
        )
        for person, own in enumerate(people)
        for card, right in zip(ASKED, own, strict=True)
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(marks, min_size=1, max_size=25))
def test_a_score_lies_within_its_interval_and_the_parts_make_the_whole(people: list[list[int]]) -> None:
    score = score_of(Sheet(answers=answers_of(people), problems=(), notes=()), sorted(ASKED))
    assert score is not None
    assert 0.0 <= score.total.low <= score.total.value + 1e-9
    assert score.total.value - 1e-9 <= score.total.high <= 1.0
    shares = [share for share in score.cards.values() if share is not None]
    assert sum(share.count for share in shares) == score.total.count
    right = sum(share.value * share.count for share in shares)
    assert abs(right - score.total.value * score.total.count) < 1e-6
    assert score.enough == (not score.reasons)


@settings(max_examples=40, deadline=None)
@given(st.lists(marks, min_size=10, max_size=25), st.data())
def test_one_more_right_answer_never_lowers_the_share(people: list[list[int]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(people) - 1)), data.draw(st.integers(0, len(ASKED) - 1))
    better = [list(own) for own in people]
    better[place[0]][place[1]] = 1
    before, after = (
        score_of(Sheet(answers=answers_of(one), problems=(), notes=()), sorted(ASKED)) for one in (people, better)
    )
    assert before is not None
    assert after is not None
    assert after.total.value >= before.total.value
    assert after.act.value >= before.act.value


@settings(max_examples=60, deadline=None)
@given(st.lists(marks, min_size=1, max_size=12), st.lists(marks, min_size=1, max_size=12))
def test_a_second_interviewer_never_raises_the_share(first: list[list[int]], second: list[list[int]]) -> None:
    one = answers_of(first)
    keys = {(answer.respondent, answer.card) for answer in one}
    other = [answer for answer in answers_of(second) if (answer.respondent, answer.card) in keys]
    again = tuple(
        Answer(
            line=9,
            interviewer="b",
            respondent=answer.respondent,
            literacy=answer.literacy,
            card=answer.card,
            marks=answer.marks,
            opposite=answer.opposite,
        )
        for answer in other
    )
    alone = score_of(Sheet(answers=one, problems=(), notes=()), sorted(ASKED))
    both = score_of(Sheet(answers=(*one, *again), problems=(), notes=()), sorted(ASKED))
    assert alone is not None
    assert both is not None
    assert both.total.value <= alone.total.value
    assert both.total.count == alone.total.count


acts = st.tuples(st.sampled_from(["sign", "revoke"]), st.sampled_from(DIGESTS), st.sampled_from(PEOPLE))


def said(act: str, digest: str, person: str) -> SignedCatalogue:
    content = {"language": "ary", "act": act, "catalogue_sha256": digest, "role": "agronomist", "decided_at": AT}
    return SignedCatalogue(word=CatalogueWord.model_validate(content), signer=Signer(name=person), person=person)


@settings(max_examples=200, deadline=None)
@given(st.lists(acts, max_size=8), st.integers(1, 2))
def test_what_may_go_live_is_what_a_careful_clerk_would_say(words: list[tuple[str, str, str]], needed: int) -> None:
    live = signed_digests([said(*word) for word in words], signatures=needed).get("ary")
    signers: dict[str, set[str]] = {}
    last: str | None = None
    for act, digest, person in words:
        if act == "revoke":
            signers, last = {}, None
        else:
            signers.setdefault(digest, set()).add(person)
            last = digest
    expected = last if last is not None and len(signers[last]) >= needed else None
    assert live == expected
