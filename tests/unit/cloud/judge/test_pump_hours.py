from datetime import date

import pytest

from cloud.judge.pump_hours import PumpDay
from cloud.judge.quota_ledger import volume_m3
from cloud.records import Pump, Quota
from tests.synthetic_season import parcel

DAY = date(2026, 6, 10)
FIELD = parcel(water={"pump": "well"})


def row(**changes: object) -> Pump:
    return Pump.model_validate({"pump": "well", "flow_m3_h": 40.0, **changes})


def day_of(*rows: Pump) -> PumpDay:
    found = PumpDay.of(FIELD, rows, DAY)
    assert found is not None
    return found


def test_a_pump_that_the_table_does_not_have_is_none() -> None:
    assert PumpDay.of(FIELD, [row(pump="other")], DAY) is None
    assert PumpDay.of(parcel(), [row()], DAY) is None


def test_the_narrowest_of_the_rows_counts() -> None:
    found = day_of(
        row(from_hour=6.0, to_hour=10.0, max_hours_per_day=9.0, capacity_m3_day=300.0),
        row(from_hour=18.0, to_hour=22.0, max_hours_per_day=7.0, flow_m3_h=30.0),
    )
    assert (found.flow_m3_h, found.longest_h, found.hours, found.capacity_m3) == (30.0, 7.0, 7.0, 300.0)
    assert found.spans == ((6.0, 10.0), (18.0, 22.0))


@pytest.mark.parametrize(
    ("rows", "spans", "hours"),
    [
        ((row(),), None, 24.0),
        ((row(from_hour=6.0, to_hour=10.0), row()), None, 24.0),
        ((row(from_hour=22.0, to_hour=6.0),), ((22.0, 30.0),), 8.0),
        ((row(from_hour=22.0, to_hour=7.0), row(from_hour=7.0, to_hour=22.0)), ((7.0, 55.0),), 24.0),
        ((row(from_hour=9.0, to_hour=16.0, tank_m3=60.0),), ((9.0, 17.5),), 7.0),
        ((row(energy="pv"),), ((9.0, 16.0),), 7.0),
        ((row(flow_m3_h=0.0, from_hour=9.0, to_hour=16.0, tank_m3=60.0),), ((9.0, 16.0),), 7.0),
    ],
)
def test_spans_join_where_they_touch(
    rows: tuple[Pump, ...], spans: tuple[tuple[float, float], ...] | None, hours: float
) -> None:
    found = day_of(*rows)
    assert (found.spans, found.hours) == (spans, hours)


def test_a_run_lies_in_one_span() -> None:
    found = day_of(row(from_hour=6.0, to_hour=10.0), row(from_hour=18.0, to_hour=22.0))
    assert found.holds(6.0, 10.0, 0.0)
    assert found.holds(5.99, 10.0, 0.05)
    assert not found.holds(9.0, 18.5, 0.0)
    assert day_of(row()).holds(3.0, 40.0, 0.0)


def quota(month: int, volume: float, *, carry_over: float = 0.0, canal: str = "G1") -> Quota:
    begin, end = date(2026, month, 1), date(2026, month, 28)
    return Quota(canal=canal, valid_from=begin, valid_to=end, volume_m3=volume, carry_over=carry_over)


def test_only_the_holders_last_period_before_is_carried_over() -> None:
    rows = [quota(3, 900.0), quota(4, 300.0, carry_over=0.5), quota(4, 700.0, carry_over=1.0, canal="G2")]
    now = quota(5, 100.0)
    # 100 of April's 300 m3 were used; half of what was left comes on top.
    assert volume_m3(now, [*rows, now], lambda one: 100.0 if one.valid_from.month == 4 else 0.0) == 200.0
    assert volume_m3(rows[0], [*rows, now], lambda _: 0.0) == 900.0


def test_a_period_that_was_overdrawn_leaves_nothing() -> None:
    before, now = quota(4, 300.0, carry_over=1.0), quota(5, 100.0)
    assert volume_m3(now, [before, now], lambda _: 999.0) == 100.0
