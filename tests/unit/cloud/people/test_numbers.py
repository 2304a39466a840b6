"""Whose words come from a number."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.people.numbers import LATE_ANSWERS, Holding, owners

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def held(farmer_id: str, since: float, until: float | None = None) -> Holding:
    return Holding(farmer_id=farmer_id, since=day(since), until=None if until is None else day(until))


def test_who_has_it_then_who_had_it_shortly_before_then_who_has_it_now() -> None:
    one, other = held("f1", 0, 10), held("f2", 40)
    assert owners([one, other], day(5)) == ("f1",)
    assert owners([one, other], day(10)) == ("f1",)
    assert owners([one, other], day(10) + LATE_ANSWERS) == ("f2",)
    assert owners([one, other], day(40)) == ("f2",)
    assert owners([one], day(30)) == ()
    # Somebody writes before they are enrolled.
    assert owners([other], day(-3)) == ("f2",)
    assert owners([], day(0)) == ()


def test_a_new_owner_silences_the_grace_of_the_old_one() -> None:
    assert owners([held("f1", 0, 10), held("f2", 11)], day(12)) == ("f2",)


def test_two_who_share_a_number_are_both_named_once() -> None:
    assert owners([held("f2", 0), held("f1", 1), held("f1", -5, -2)], day(2)) == ("f1", "f2")


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(st.sampled_from(["f1", "f2", "f3"]), st.integers(0, 50), st.none() | st.integers(0, 50)), max_size=5
    ),
    st.integers(-10, 120),
)
def test_nobody_is_named_who_never_had_it_and_a_present_owner_always_is(
    some: list[tuple[str, int, int | None]], at: int
) -> None:
    holdings = [held(who, since, None if length is None else since + length) for who, since, length in some]
    found = owners(holdings, day(at))
    assert set(found) <= {one.farmer_id for one in holdings}
    present = {one.farmer_id for one in holdings if one.since <= day(at) and (one.until is None or day(at) < one.until)}
    assert not present or set(found) == present
    assert list(found) == sorted(set(found))
