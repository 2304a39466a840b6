"""What people did, counted by hand, and the limits that follow from it or do not."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.judge.learned import TIGHTEST, WIDEST
from cloud.records import Check
from cloud.review.learning import Overruled, lessons_of, overruled, proposal_of, wilson
from tests.unit.cloud.review.conftest import FAILED, NOW, PASSED, WordOf

PEOPLE = ("a" * 64, "b" * 64)


def case(number: int, *, ratio: float = 1.1, let_pass: bool = True, name: str = "waiting_is_safe") -> Overruled:
    check = Check(name=name, passed=False, measured=60.0 * ratio, limit=60.0)
    return Overruled(check=check, let_pass=let_pass, reviewer=PEOPLE[number % 2], day=f"2026-06-{1 + number % 20:02d}")


def cases(let_pass: int, refused: int = 0, *, ratio: float = 1.1, refused_ratio: float = 1.24) -> list[Overruled]:
    found = [case(number, ratio=ratio) for number in range(let_pass)]
    return found + [case(number, ratio=refused_ratio, let_pass=False) for number in range(refused)]


def factor(found: Sequence[Overruled], now: dict[str, float] | None = None) -> tuple[float, str]:
    (lesson,) = lessons_of(found, now or {})
    return lesson.factor_proposed, lesson.why


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(0, 0, 0.0, 1.0), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634)]
)
def test_the_interval_is_wilsons(successes: int, trials: int, low: float, high: float) -> None:
    # By hand with z2 = 3.8415: 10 of 10 gives 10 / (10 + z2), 5 of 10 gives .5 -+ .5 * sqrt(z2 / (10 + z2)).
    found = wilson(successes, trials)
    assert found[0] == pytest.approx(low, abs=1e-4)
    assert found[1] == pytest.approx(high, abs=1e-4)


def test_a_limit_follows_what_most_people_let_pass() -> None:
    got, why = factor(cases(30))
    assert (got, why) == (1.1, "people mostly let it pass")
    (lesson,) = lessons_of(cases(30, 1), {})
    assert (lesson.decided, lesson.let_pass, lesson.days, lesson.people) == (31, 30, 20, 2)
    assert lesson.low < lesson.share < lesson.high


def test_too_few_decisions_days_or_people_propose_nothing() -> None:
    assert factor(cases(19))[0] == 1.0
    one_day = [one.model_copy(update={"day": "2026-06-01"}) for one in cases(40)]
    assert factor(one_day)[0] == 1.0
    one_person = [one.model_copy(update={"reviewer": PEOPLE[0]}) for one in cases(40)]
    assert factor(one_person)[0] == 1.0


def test_people_who_disagree_propose_nothing() -> None:
    got, why = factor(cases(20, 10))
    assert got == 1.0
    assert "below 0.75" in why


def test_no_limit_is_widened_as_far_as_anything_refused_nor_beyond_the_widest() -> None:
    assert factor(cases(60, 1, ratio=1.2, refused_ratio=1.15))[0] == 1.13
    assert factor(cases(60, 1, ratio=1.2, refused_ratio=1.01))[0] == 1.0
    got, why = factor(cases(60, ratio=3.0))
    assert got == WIDEST
    assert "(the widest)" in why


def test_what_is_no_opinion_or_no_ratio_is_counted_and_not_proposed() -> None:
    quota = [case(number, name="within_quota") for number in range(40)]
    assert factor(quota) == (1.0, "a limit that is nobody's opinion")
    words = [
        one.model_copy(update={"check": Check(name="needed", passed=False, measured="x", limit=1.0)})
        for one in cases(40)
    ]
    assert factor(words) == (1.0, "its measure and its limit are no ratio")


def test_a_widened_limit_that_people_refuse_goes_back() -> None:
    assert factor(cases(2, 30), {"waiting_is_safe": 1.1}) == (1.0, "people seldom let it pass: as designed again")
    assert factor(cases(2, 30))[0] == 1.0
    # Widened once, the next step starts from there.
    assert factor(cases(30), {"waiting_is_safe": 1.05})[0] == 1.15


def test_a_limit_whose_holds_people_refuse_is_tightened_step_by_step_and_never_beyond_the_tightest() -> None:
    steps = [factor(cases(0, 30), {"waiting_is_safe": now}) for now in (1.0, 0.95, TIGHTEST)]
    assert [got for got, _ in steps] == [0.95, TIGHTEST, TIGHTEST]
    assert all(why.startswith("people rarely let it pass") for _, why in steps)
    assert "(the tightest)" in steps[-1][1]
    proposal = proposal_of(cases(0, 30), {}, version=1, made_at=NOW)
    assert proposal.factors == {"waiting_is_safe": 0.95}
    assert proposal.changes


def test_what_lies_far_beyond_a_limit_says_nothing_of_what_lies_inside() -> None:
    assert factor(cases(0, 30, refused_ratio=1.6))[0] == 1.0
    assert factor(cases(0, 19))[0] == 1.0
    needed = [case(number, let_pass=False, name="needed") for number in range(30)]
    assert factor(needed) == (1.0, "people rarely let it pass; as it is, it holds what it should")


def test_a_tightened_limit_that_people_let_pass_goes_back() -> None:
    assert factor(cases(30), {"waiting_is_safe": 0.9}) == (1.0, "people mostly let it pass: as designed again")
    assert factor(cases(15, 15), {"waiting_is_safe": 0.9})[0] == 0.9


def test_a_proposal_keeps_what_nobody_decided_about() -> None:
    proposal = proposal_of(cases(30), {"needed": 1.2, "room_in_soil": 1.0}, version=3, made_at=NOW)
    assert proposal.factors == {"needed": 1.2, "waiting_is_safe": 1.1}
    assert (proposal.version_now, proposal.changes) == (3, True)
    assert not proposal_of(cases(3), {"needed": 1.2}, version=3, made_at=NOW).changes
    assert proposal_of((), {}, version=0, made_at=NOW).lessons == ()


def test_only_a_final_word_on_one_failed_check_teaches(word_of: WordOf) -> None:
    one, two = (PASSED, FAILED), (FAILED, FAILED.model_copy(update={"name": "needed"}))
    lesson = overruled(word_of(), one, 24.0)
    assert lesson is not None
    assert (lesson.check, lesson.let_pass, lesson.day) == (FAILED, True, "2026-06-10")
    assert overruled(word_of(), two, 24.0) is None
    assert overruled(word_of(), (PASSED,), 24.0) is None
    assert overruled(word_of(final=False), one, 24.0) is None
    assert overruled(word_of(act="hold", final=False), one, 24.0) is None

    def passes(proposed_mm: float | None, **said: object) -> bool:
        found = overruled(word_of(**said), one, proposed_mm)
        assert found is not None
        return found.let_pass

    assert not passes(24.0, act="reject")
    assert passes(24.0, act="override", depth_mm=20.0)
    assert not passes(24.0, act="override", depth_mm=19.0)
    # A dose where the advisor wanted to wait agrees with the judge.
    assert not passes(None, act="override", depth_mm=19.0)


@settings(max_examples=60)
@given(
    told=st.lists(st.tuples(st.floats(1.001, 4.0), st.booleans()), min_size=1, max_size=60),
    now=st.floats(TIGHTEST, WIDEST),
)
def test_no_history_moves_a_limit_beyond_the_tightest_or_the_widest(told: list[tuple[float, bool]], now: float) -> None:
    found = [case(number, ratio=ratio, let_pass=passed) for number, (ratio, passed) in enumerate(told)]
    (lesson,) = lessons_of(found, {"waiting_is_safe": now})
    assert TIGHTEST <= lesson.factor_proposed <= max(WIDEST, now)
    refused = [ratio for ratio, passed in told if not passed]
    if refused and lesson.factor_proposed > max(now, 1.0):
        assert lesson.factor_proposed < now * min(refused)
