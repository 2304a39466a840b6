from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.advice.access import Constraints, access_on, elapsed, pumps_of, serves, slower
from cloud.records import CanalTurn, IrrigationSystem, Parcel, Pump, WaterSource

DAY = date(2026, 5, 14)


def parcel(**water: object) -> Parcel:
    return Parcel(id="plot", crop="maize", latitude=32.3, longitude=-6.4, water=WaterSource.model_validate(water))


def turn(first: datetime, hours: float, **changes: object) -> CanalTurn:
    given = {"canal": "G1", "starts_at": first, "ends_at": first + timedelta(hours=hours), "flow_m3_h": 100.0}
    return CanalTurn.model_validate({**given, **changes})


def test_on_demand_water_is_taken_in_the_evening() -> None:
    access = access_on(DAY, parcel(), Constraints())
    assert not access.by_turn
    assert access.opens_at is not None
    assert access.opens_at.isoformat() == "2026-05-14T18:00:00+01:00"
    assert access.next_day == date(2026, 5, 15)
    assert access.hours == 24.0
    assert access.flow_m3_h is None


def test_a_turn_today_opens_at_its_start_and_names_the_next() -> None:
    now, later = turn(datetime(2026, 5, 14, 10, tzinfo=UTC), 6.0), turn(datetime(2026, 5, 26, 10, tzinfo=UTC), 6.0)
    access = access_on(DAY, parcel(canal="G1"), Constraints(turns=(later, now)))
    assert access.by_turn
    assert access.opens_at == now.starts_at
    assert access.opens_at is not None
    assert access.opens_at.utcoffset() == timedelta(hours=1)
    assert (access.hours, access.flow_m3_h, access.next_day) == (6.0, 100.0, date(2026, 5, 26))


def test_a_turn_that_runs_since_yesterday_offers_what_is_left() -> None:
    running = turn(datetime(2026, 5, 13, 20, tzinfo=UTC), 8.0)
    access = access_on(DAY, parcel(canal="G1"), Constraints(turns=(running,)))
    assert access.opens_at is not None
    assert access.opens_at.isoformat() == "2026-05-14T00:00:00+01:00"
    assert access.hours == pytest.approx(5.0)
    assert access.next_day is None


def test_a_turn_of_several_days_comes_back_tomorrow() -> None:
    long = turn(datetime(2026, 5, 13, 20, tzinfo=UTC), 100.0)
    access = access_on(DAY, parcel(canal="G1"), Constraints(turns=(long,)))
    assert access.hours == 24.0
    assert access.next_day == date(2026, 5, 15)


def test_without_a_turn_today_there_is_no_water() -> None:
    access = access_on(DAY, parcel(canal="G1"), Constraints(turns=(turn(datetime(2026, 5, 20, 10, tzinfo=UTC), 6.0),)))
    assert access.by_turn
    assert access.opens_at is None
    assert access.next_day == date(2026, 5, 20)


def test_turns_of_the_neighbours_show_that_water_comes_by_turn() -> None:
    others = turn(datetime(2026, 5, 14, 10, tzinfo=UTC), 6.0, group="north")
    access = access_on(DAY, parcel(canal="G1", group="south"), Constraints(turns=(others,)))
    assert access.by_turn
    assert access.opens_at is None
    assert access.next_day is None


def test_a_turn_serves_by_parcel_then_group_then_canal() -> None:
    start = datetime(2026, 5, 14, 10, tzinfo=UTC)
    mine = parcel(canal="G1", group="south")
    assert serves(turn(start, 1.0, parcel_id="plot", canal="other"), mine)
    assert not serves(turn(start, 1.0, parcel_id="else"), mine)
    assert serves(turn(start, 1.0, group="south"), mine)
    assert not serves(turn(start, 1.0, group="north"), mine)
    assert serves(turn(start, 1.0), mine)
    assert not serves(turn(start, 1.0, canal="G2"), mine)


def test_an_empty_turn_serves_nobody() -> None:
    assert not serves(turn(datetime(2026, 5, 14, 10, tzinfo=UTC), 0.0), parcel(canal="G1"))


def test_of_two_overlapping_turns_the_first_counts() -> None:
    first, second = turn(datetime(2026, 5, 14, 8, tzinfo=UTC), 4.0), turn(datetime(2026, 5, 14, 10, tzinfo=UTC), 9.0)
    access = access_on(DAY, parcel(canal="G1"), Constraints(turns=(second, first)))
    assert access.hours == 4.0


def test_the_pumps_hours_bound_the_day() -> None:
    pump = Pump(pump="well", flow_m3_h=30.0, from_hour=9.0, to_hour=16.5, max_hours_per_day=5.0, recharge_h=2.0)
    access = access_on(DAY, parcel(pump="well"), Constraints(pumps=(pump,)))
    assert access.opens_at is not None
    assert access.closes_at is not None
    assert access.opens_at.isoformat() == "2026-05-14T09:00:00+01:00"
    assert access.closes_at.isoformat() == "2026-05-14T16:30:00+01:00"
    assert (access.hours, access.rest_h, access.flow_m3_h) == (5.0, 2.0, 30.0)


def test_pump_hours_may_pass_midnight() -> None:
    pump = Pump(pump="well", flow_m3_h=30.0, from_hour=22.0, to_hour=6.0)
    access = access_on(DAY, parcel(pump="well"), Constraints(pumps=(pump,)))
    assert access.closes_at is not None
    assert access.closes_at.isoformat() == "2026-05-15T06:00:00+01:00"
    assert access.hours == 8.0


def test_a_pump_without_hours_runs_from_the_evening() -> None:
    access = access_on(DAY, parcel(pump="well"), Constraints(pumps=(Pump(pump="well", flow_m3_h=30.0),)))
    assert access.opens_at is not None
    assert access.opens_at.hour == 18
    assert access.hours == 24.0


def test_an_unknown_pump_leaves_water_on_demand() -> None:
    constraints = Constraints(pumps=(Pump(pump="other", flow_m3_h=30.0),))
    assert pumps_of(parcel(pump="well"), constraints.pumps) == ()
    assert access_on(DAY, parcel(pump="well"), constraints).place == "parcel plot"


def test_the_narrowest_flow_counts() -> None:
    assert slower(30.0, None, 12.0) == 12.0
    assert slower(None, None) is None


@pytest.mark.parametrize(
    ("source", "tables", "expected"),
    [
        ({}, Constraints(), 16.0),
        ({"pump": "well"}, Constraints(pumps=(Pump(pump="well", flow_m3_h=30.0),)), 16.0),
        ({"pump": "well"}, Constraints(pumps=(Pump(pump="well", flow_m3_h=9.0),)), 9.0),
    ],
)
def test_emitters_are_a_flow_and_a_pump_may_give_less(
    source: dict[str, str], tables: Constraints, expected: float
) -> None:
    # 4,000 emitters of 2 l/h on each of two hectares.
    drip = {"method": "drip", "emitters_per_ha": 4000.0, "emitter_flow_l_h": 2.0}
    field = parcel(**source).model_copy(update={"irrigation": IrrigationSystem.model_validate(drip), "area_ha": 2.0})
    assert access_on(DAY, field, tables).flow_m3_h == expected


def test_a_real_span_counts_the_change_of_the_clock() -> None:
    # Morocco returns to UTC+1 in the night after Ramadan: 22 March 2026, 02:00 -> 03:00.
    start = datetime(2026, 3, 21, 22, tzinfo=UTC)
    after = elapsed(start, timedelta(hours=12), parcel())
    assert after - start == timedelta(hours=12)
    assert after.utcoffset() == timedelta(hours=1)


def test_tonights_turn_counts_not_the_rest_of_last_nights() -> None:
    last_night = turn(datetime(2026, 5, 13, 17, tzinfo=UTC), 7.0)
    tonight = turn(datetime(2026, 5, 14, 17, tzinfo=UTC), 7.0)
    access = access_on(DAY, parcel(canal="G1"), Constraints(turns=(last_night, tonight)))
    assert access.opens_at == tonight.starts_at
    assert access.hours == pytest.approx(7.0)


def test_the_last_nights_turn_does_not_come_back_tomorrow() -> None:
    night = turn(datetime(2026, 5, 14, 17, tzinfo=UTC), 9.0)
    access = access_on(DAY, parcel(canal="G1"), Constraints(turns=(night,)))
    assert access.hours == pytest.approx(9.0)
    assert access.next_day is None


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 21), 9.0), (date(2026, 2, 14), 11.0)])
def test_a_night_in_which_the_clocks_change_is_measured_in_real_hours(day: date, hours: float) -> None:
    # In 2026 Morocco's clocks go back on 15 February at 3:00 and forward on 22 March at 2:00.
    begin = datetime.combine(day, time(20), tzinfo=ZoneInfo("Africa/Casablanca"))
    end = begin + timedelta(hours=10)
    assert (end.hour, end.day) == (6, day.day + 1)
    night = turn(begin, 0.0, ends_at=end)
    assert access_on(day, parcel(canal="G1"), Constraints(turns=(night,))).hours == pytest.approx(hours)
    pump = Pump(pump="well", flow_m3_h=30.0, from_hour=20.0, to_hour=6.0)
    assert access_on(day, parcel(pump="well"), Constraints(pumps=(pump,))).hours == pytest.approx(hours)


def test_rows_of_one_pump_are_its_hours_each_with_its_price() -> None:
    night = {"power_kw": 10.0, "price_per_kwh": 0.5, "from_hour": 22.0, "to_hour": 7.0, "capacity_m3_day": 250.0}
    rows = (
        Pump(pump="well", flow_m3_h=30.0, **night),
        Pump(pump="well", flow_m3_h=25.0, power_kw=10.0, price_per_kwh=1.0, from_hour=7.0, to_hour=12.0),
    )
    access = access_on(DAY, parcel(pump="well"), Constraints(pumps=rows))
    told = [(one.opens_at.strftime("%d %H"), one.closes_at.strftime("%d %H"), one.money_per_h) for one in access.spans]
    # What begins at night may end in the next morning's hours.
    assert told == [("14 07", "14 12", 10.0), ("14 22", "15 07", 5.0), ("15 07", "15 12", 10.0)]
    assert (access.flow_m3_h, access.hours, access.volume_m3) == (25.0, 14.0, 250.0)
    assert access.money_per_m3 == pytest.approx(5.0 / 25.0)
    assert access_on(DAY, parcel(pump="well"), Constraints(pumps=rows[::-1])) == access


def test_a_tank_runs_on_after_the_pumps_last_hour() -> None:
    pump = Pump(pump="well", flow_m3_h=20.0, energy="pv", tank_m3=50.0)
    access = access_on(DAY, parcel(pump="well"), Constraints(pumps=(pump,)))
    assert access.closes_at is not None
    assert access.closes_at.isoformat() == "2026-05-14T18:30:00+01:00"
    assert access.hours == 7.0
    assert access_on(DAY, parcel(), Constraints()).money_per_m3 == 0.0
