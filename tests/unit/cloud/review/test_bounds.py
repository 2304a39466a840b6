"""What no person may release."""

import pytest

from cloud.records import Check, Verdict
from cloud.review.bounds import PHYSICAL, refusals
from tests.unit.cloud.review.conftest import AdviceOf, HeldOf, ParcelOf


@pytest.fixture
def second_of(held_of: HeldOf) -> HeldOf:
    def make(*failed: str, decision: str = "hold") -> Verdict:
        checks = tuple(Check(name=name, passed=False, measured=30.0, limit=20.0) for name in failed)
        return held_of(decision=decision, checks=checks)

    return make


def test_an_opinion_of_the_judge_is_overruled(
    advice_of: AdviceOf, second_of: HeldOf, held_of: HeldOf, parcel_of: ParcelOf
) -> None:
    second = second_of("waiting_is_safe", "like_earlier_doses", "not_already_irrigated")
    shown = held_of(checks=second.checks)
    assert refusals(advice_of(), second, shown, parcel_of()) == ()


@pytest.mark.parametrize("name", sorted(PHYSICAL - {"not_above_largest_event"}))
def test_a_pipe_a_turn_or_a_quota_is_not(
    name: str, advice_of: AdviceOf, second_of: HeldOf, held_of: HeldOf, parcel_of: ParcelOf
) -> None:
    (told,) = refusals(advice_of(), second_of(name), held_of(checks=second_of(name).checks), parcel_of())
    assert told.startswith("parcel plot: ")
    assert told.endswith("(30, limit 20); give another dose or another start")


def test_a_block_is_lifted_by_nobody(
    advice_of: AdviceOf, second_of: HeldOf, held_of: HeldOf, parcel_of: ParcelOf
) -> None:
    (told,) = refusals(advice_of(), second_of("depth_positive", decision="block"), held_of(), parcel_of())
    assert "A block is not lifted by a person" in told


def test_the_largest_event_holds_even_where_the_judge_knows_no_weather(
    advice_of: AdviceOf, second_of: HeldOf, held_of: HeldOf, parcel_of: ParcelOf
) -> None:
    large = advice_of(depth_mm={"p10": 51.0, "p50": 51.0, "p90": 51.0}, volume_m3=1020.0)
    (told,) = refusals(large, second_of(), held_of(), parcel_of())
    assert "above the system's largest event (51 mm, limit 50)" in told
    # Asked by both, it is told once.
    assert len(refusals(large, second_of("not_above_largest_event"), held_of(), parcel_of())) == 1


def test_water_that_came_since_refuses_only_when_nobody_was_shown_it(
    advice_of: AdviceOf, second_of: HeldOf, held_of: HeldOf, parcel_of: ParcelOf
) -> None:
    second = second_of("farmers_last_word")
    assert len(refusals(advice_of(), second, held_of(), parcel_of())) == 1
    assert refusals(advice_of(), second, held_of(checks=second.checks), parcel_of()) == ()


def test_more_than_the_soil_holds_needs_the_advisor_behind_it(
    advice_of: AdviceOf, second_of: HeldOf, held_of: HeldOf, parcel_of: ParcelOf
) -> None:
    second, held = second_of("room_in_soil"), held_of()
    more = advice_of(depth_mm={"p10": 25.0, "p50": 25.0, "p90": 25.0}, volume_m3=500.0)
    assert refusals(advice_of(), second, held, parcel_of()) == ()
    (told,) = refusals(more, second, held, parcel_of())
    assert "and the advisor did not propose that much" in told
    blocked = held_of(decision="block")
    assert len(refusals(advice_of(), second, blocked, parcel_of())) == 1


def test_an_advice_without_water_has_no_bounds(
    advice_of: AdviceOf, second_of: HeldOf, held_of: HeldOf, parcel_of: ParcelOf
) -> None:
    wait = advice_of(action="wait", depth_mm=None, volume_m3=None, start_window=None, duration_h=None)
    assert refusals(wait, second_of("within_quota", decision="block"), held_of(), parcel_of()) == ()
