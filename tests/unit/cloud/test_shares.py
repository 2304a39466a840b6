"""Shares with intervals that know that one person's answers hang together."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.shares import Share, share_of, wilson


def share(right: Sequence[float], asked: Sequence[float], likeness: float = 0.2) -> Share:
    found = share_of(np.array(right, dtype=float), np.array(asked, dtype=float), likeness=likeness)
    assert found is not None
    return found


def test_wilsons_interval_of_eight_in_ten() -> None:
    low, high = wilson(0.8, 10)
    assert low == pytest.approx(0.4902, abs=1e-4)
    assert high == pytest.approx(0.9433, abs=1e-4)
    assert wilson(0.5, 0.0) == (0.0, 1.0)


def test_one_answer_a_person_is_plain_wilson() -> None:
    found = share([1] * 16 + [0] * 4, [1] * 20)
    assert (found.low, found.high) == pytest.approx(wilson(0.8, 20), abs=0.02)
    assert (found.count, found.people) == (20, 20)


def test_nobody_asked_is_no_share() -> None:
    assert share_of(np.zeros(0), np.zeros(0)) is None
    assert share_of(np.zeros(3), np.zeros(3)) is None


def test_answers_of_few_people_count_for_less_than_as_many_of_many() -> None:
    few, many = share([9] * 10, [10] * 10), share([9] * 100, [10] * 100)
    alone = wilson(0.9, 100)
    assert few.low < alone[0]
    assert many.low > few.low
    assert few.value == many.value == pytest.approx(0.9)


def test_people_who_answer_all_or_nothing_count_as_one_answer_each() -> None:
    found = share([10] * 8 + [0] * 2, [10] * 10)
    low, high = wilson(0.8, 10)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_people_who_were_not_asked_change_nothing() -> None:
    assert share([3, 0, 2], [4, 0, 4]) == share([3, 2], [4, 4])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 10)), min_size=1, max_size=30))
def test_a_share_lies_within_its_interval(pairs: list[tuple[int, int]]) -> None:
    right, asked = [float(min(pair)) for pair in pairs], [float(pair[1]) for pair in pairs]
    found = share(right, asked)
    assert 0.0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1.0


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.integers(1, 25))
def test_the_whole_is_surer_with_more_people(people: int, each: int) -> None:
    fewer = share([float(each)] * people, [float(each)] * people)
    more = share([float(each)] * (people + 1), [float(each)] * (people + 1))
    assert more.low >= fewer.low
