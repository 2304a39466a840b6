"""The month of fasting, against dates that were announced in Morocco and published."""

from datetime import date, timedelta

import pytest

from cloud.dispatch.ramadan import Fast


@pytest.mark.parametrize(
    ("first", "feast"),
    [
        (date(2023, 3, 23), date(2023, 4, 22)),
        (date(2024, 3, 12), date(2024, 4, 10)),
        (date(2025, 3, 2), date(2025, 3, 31)),
    ],
)
def test_every_day_that_morocco_fasted_counts(first: date, feast: date) -> None:
    days = [first + timedelta(days=number) for number in range((feast - first).days)]
    assert all(Fast().on(day) for day in days)
    assert not Fast().on(first - timedelta(days=3))
    assert not Fast().on(feast + timedelta(days=3))


def test_an_announced_month_replaces_the_computed_one_to_the_day() -> None:
    fast = Fast(told=((date(2024, 3, 12), date(2024, 4, 9)),))
    assert not fast.on(date(2024, 3, 11))
    assert fast.on(date(2024, 3, 12))
    assert fast.on(date(2024, 4, 9))
    assert not fast.on(date(2024, 4, 10))
    assert fast.on(date(2025, 3, 15)), "another year is computed all the same"


def test_two_months_in_one_civil_year_are_both_known() -> None:
    assert Fast().on(date(2030, 1, 20))
    assert Fast().on(date(2030, 12, 27))


def test_beyond_the_table_only_what_is_told_counts() -> None:
    far = date(2090, 3, 1)
    assert not Fast().on(far)
    assert Fast(told=((far, far + timedelta(days=29)),)).on(far)
