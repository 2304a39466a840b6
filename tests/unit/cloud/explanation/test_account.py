from collections.abc import Callable
from datetime import date, timedelta

import pytest

from cloud.explanation.account import WaterAccount, account_of, closed_in_tenths, opening_of
from cloud.water_day import WaterDay

MakeRows = Callable[..., tuple[WaterDay, ...]]
FIRST = date(2026, 5, 1)


def total_mm(account: WaterAccount) -> float:
    return account.opening_mm + sum(one.depth_mm for one in account.movements)


def test_an_account_by_hand(make_rows: MakeRows) -> None:
    rows = make_rows(
        FIRST,
        10.0,
        [
            {"etc_adj_mm": 5.0},
            {"etc_adj_mm": 4.0, "rain_mm": 8.0, "runoff_mm": 1.0},
            {"etc_adj_mm": 6.0, "irrigation_mm": 15.0, "deep_percolation_mm": 2.0},
            {"etc_adj_mm": 5.0, "capillary_rise_mm": 0.5, "root_growth_mm": 1.5, "correction_mm": -3.0},
        ],
    )
    account = account_of(rows, date(2026, 5, 4))
    assert account is not None
    assert (account.opened_on, account.closed_on, account.days) == (date(2026, 4, 30), date(2026, 5, 4), 4)
    assert (account.opening_mm, account.closing_mm) == (10.0, 8.0)
    assert {one.kind: one.depth_mm for one in account.movements} == {
        "use": 20.0,
        "rain": -8.0,
        "runoff": 1.0,
        "irrigation": -15.0,
        "drainage": 2.0,
        "capillary_rise": -0.5,
        "root_growth": 1.5,
        "observations": -3.0,
    }
    assert (account.closing_p10_mm, account.closing_p90_mm) == (0.0, 17.0)
    # A tenth of the coefficient is the soil's: 20 mm * .1 / (1 * .9 + .1).
    assert account.from_bare_soil_mm == 2.0
    assert account.opens_the_record
    assert account.missing_days == ()


def test_the_account_covers_a_fortnight_or_what_is_asked_for(make_rows: MakeRows) -> None:
    rows = make_rows(FIRST, 0.0, [{"etc_adj_mm": 1.0}] * 31)
    usual = account_of(rows, date(2026, 5, 31))
    assert usual is not None
    assert (usual.opened_on, usual.opening_mm, usual.closing_mm, usual.days) == (date(2026, 5, 17), 17.0, 31.0, 14)
    assert not usual.opens_the_record
    longer = account_of(rows, date(2026, 5, 31), date(2026, 5, 6))
    assert longer is not None
    assert (longer.opened_on, longer.opening_mm) == (date(2026, 5, 5), 5.0)
    earlier = account_of(rows, date(2026, 5, 3))
    assert earlier is not None
    assert (earlier.closed_on, earlier.closing_mm, earlier.opens_the_record) == (date(2026, 5, 3), 3.0, True)
    after_the_last = account_of(rows, date(2026, 5, 31), date(2026, 6, 1))
    assert after_the_last is not None
    assert after_the_last.days == 1


def test_without_rows_there_is_no_account(make_rows: MakeRows) -> None:
    assert account_of((), FIRST) is None
    assert account_of(make_rows(FIRST, 0.0, [{}]), FIRST - timedelta(days=1)) is None


def test_a_day_without_a_record_is_named_and_the_account_still_closes(make_rows: MakeRows) -> None:
    rows = make_rows(FIRST, 10.0, [{"etc_adj_mm": 4.0}] * 5)
    account = account_of((*rows[:2], *rows[3:]), date(2026, 5, 5))
    assert account is not None
    assert account.missing_days == (date(2026, 5, 3),)
    assert account.moved_mm("use") == 16.0
    assert account.moved_mm("unrecorded") == 4.0
    assert account.opening_mm + 16.0 + 4.0 == account.closing_mm == 30.0


def test_rows_of_two_computations_close_too(make_rows: MakeRows) -> None:
    before, after = make_rows(FIRST, 10.0, [{"etc_adj_mm": 4.0}] * 4), make_rows(FIRST, 7.0, [{"etc_adj_mm": 4.0}] * 4)
    account = account_of((*before[:2], *after[2:]), date(2026, 5, 4))
    assert account is not None
    assert account.missing_days == ()
    assert account.moved_mm("unrecorded") == -3.0
    assert total_mm(account) == pytest.approx(account.closing_mm)


def test_the_opening_follows_from_the_row_alone(make_rows: MakeRows) -> None:
    (row,) = make_rows(FIRST, 12.5, [{"etc_adj_mm": 5.0, "rain_mm": 2.0, "root_growth_mm": -1.0}])
    assert row.depletion_mm == 14.5
    assert opening_of(row) == pytest.approx(12.5)


@pytest.mark.parametrize(
    ("opening", "amounts", "shown"),
    [
        (0.04, [0.04, 0.04], (0, [1, 0], 1)),
        (0.0, [0.33, 0.33, 0.34], (0, [3, 3, 4], 10)),
        (0.04, [-0.04, 0.0], (0, [0, 0], 0)),
        (9.96, [0.06, 0.0], (100, [0, 0], 100)),
    ],
)
def test_what_is_printed_adds_up(opening: float, amounts: list[float], shown: tuple[int, list[int], int]) -> None:
    assert closed_in_tenths(opening, amounts, opening + sum(amounts)) == shown


def test_where_nothing_moved_rounding_still_has_a_place() -> None:
    # Numbers that no account of ours gives: opening and closing differ and nothing moved.
    assert closed_in_tenths(1.0, [0.0, 0.0], 1.2) == (10, [2, 0], 12)
