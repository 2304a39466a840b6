"""Another dose made whole, by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.errors import InputError
from cloud.records import CanalTurn, IrrigationSystem, Parcel, Pump, Recommendation, WaterSource
from cloud.review.redose import WaterTables, ends_at, redosed
from tests.unit.cloud.review.conftest import NOW, ZONE, AdviceOf, ParcelOf

NO_TABLES = WaterTables()


def dosed(
    proposed: Recommendation,
    parcel: Parcel,
    depth_mm: float,
    *,
    starts_at: datetime | None = None,
    now: datetime = NOW,
    water: WaterTables = NO_TABLES,
) -> Recommendation:
    return redosed(proposed, parcel, depth_mm, starts_at=starts_at, now=now, water=water)


def test_volume_and_hours_follow_from_the_rounded_dose(advice_of: AdviceOf, parcel_of: ParcelOf) -> None:
    got = dosed(advice_of(), parcel_of(area_ha=2.37), 19.6)
    assert got.depth_mm is not None
    assert (got.depth_mm.p10, got.depth_mm.p50, got.depth_mm.p90) == (20.0, 20.0, 20.0)
    assert got.volume_m3 == 474.0
    # 474 / 40 = 11.85 h = 11 h 51 min: 11 h 50 min.
    assert got.duration_h == pytest.approx(11.0 + 50.0 / 60.0)
    assert got.start_window == advice_of().start_window
    assert got.reason_code == "agronomist_decided"
    assert got.stress_probability_if_followed is None


def test_the_parcel_is_told_as_it_is_described(advice_of: AdviceOf, parcel_of: ParcelOf) -> None:
    spoiled = advice_of(parcel_name="another", timezone="UTC", pump_name="ghost")
    got = dosed(spoiled, parcel_of(name="Jnan", water=WaterSource(pump="F1")), 20.0)
    assert (got.parcel_name, got.timezone, got.pump_name) == ("Jnan", "Africa/Casablanca", "F1")


def test_nothing_is_a_wait_until_the_next_check(advice_of: AdviceOf, parcel_of: ParcelOf) -> None:
    got = dosed(advice_of(), parcel_of(), 0.0)
    assert (got.action, got.depth_mm, got.volume_m3, got.start_window) == ("wait", None, None, None)
    assert got.next_check_day == date(2026, 6, 13)
    assert dosed(advice_of(next_check_day=None), parcel_of(), 0.0).next_check_day == date(2026, 6, 11)


@pytest.mark.parametrize("depth", [-1.0, float("nan"), float("inf"), 0.3])
def test_no_dose_that_cannot_be_meant(advice_of: AdviceOf, parcel_of: ParcelOf, depth: float) -> None:
    with pytest.raises(InputError, match="expected a depth of"):
        dosed(advice_of(), parcel_of(), depth)


def test_a_garden_too_small_for_a_cubic_metre_is_told(advice_of: AdviceOf, parcel_of: ParcelOf) -> None:
    with pytest.raises(InputError, match=r"expected 1 m3 or more, got 1 mm on 0\.01 ha"):
        dosed(advice_of(), parcel_of(area_ha=0.01), 1.0)


def test_the_flow_is_that_of_the_turn_or_the_pump_and_never_above_the_inlet(
    advice_of: AdviceOf, parcel_of: ParcelOf
) -> None:
    begin = datetime(2026, 6, 10, 16, tzinfo=ZONE)
    turn = CanalTurn(canal="C1", parcel_id="plot", starts_at=begin, ends_at=begin + timedelta(hours=9), flow_m3_h=25.0)
    pump = Pump(pump="F1", flow_m3_h=100.0)
    water = WaterTables(turns=(turn,), pumps=(pump,))
    assert dosed(advice_of(), parcel_of(), 25.0, water=water).duration_h == 20.0
    pumped = parcel_of(water=WaterSource(pump="F1"))
    assert dosed(advice_of(), pumped, 24.0, water=WaterTables(pumps=(pump,))).duration_h == 12.0
    bare = parcel_of(irrigation=IrrigationSystem(method="basin"))
    assert dosed(advice_of(), bare, 24.0).duration_h is None
    assert dosed(advice_of(), bare, 50.0, water=water).duration_h == 40.0


def test_a_start_is_the_one_asked_for_else_what_is_left_of_the_window(advice_of: AdviceOf, parcel_of: ParcelOf) -> None:
    late = datetime(2026, 6, 10, 21, tzinfo=ZONE)
    assert dosed(advice_of(), parcel_of(), 20.0, starts_at=late).start_window == (late, late)
    typed = datetime(2026, 6, 10, 21)  # noqa: DTZ001 -- as it is typed, on the parcel's own clock
    assert dosed(advice_of(), parcel_of(), 20.0, starts_at=typed).start_window == (late, late)
    inside = datetime(2026, 6, 10, 17, 32, tzinfo=UTC)
    window = dosed(advice_of(), parcel_of(), 20.0, now=inside).start_window
    assert window is not None
    assert [moment.isoformat() for moment in window] == ["2026-06-10T18:35:00+01:00", "2026-06-10T20:00:00+01:00"]
    with pytest.raises(InputError, match="expected a start after now"):
        dosed(advice_of(), parcel_of(), 20.0, starts_at=NOW)
    with pytest.raises(InputError, match=r"one that ended at 2026-06-10T20:00:00\+01:00; say when with --start"):
        dosed(advice_of(), parcel_of(), 20.0, now=NOW + timedelta(hours=12))
    wait = advice_of(action="wait", depth_mm=None, volume_m3=None, start_window=None, duration_h=None)
    with pytest.raises(InputError, match="expected a start window, got none; say when with --start"):
        dosed(wait, parcel_of(), 20.0)


def test_an_advice_ends_with_its_start_or_on_the_morning_of_its_check(advice_of: AdviceOf) -> None:
    silent = {"depth_mm": None, "volume_m3": None, "start_window": None, "duration_h": None}
    assert ends_at(advice_of()) == datetime(2026, 6, 10, 20, tzinfo=ZONE)
    assert ends_at(advice_of(action="wait", **silent)) == datetime(2026, 6, 13, tzinfo=ZONE)
    far = advice_of(action="wait", next_check_day=date(2026, 7, 30), **silent)
    assert ends_at(far) == datetime(2026, 6, 17, tzinfo=ZONE)
    assert ends_at(advice_of(action="hold", **silent)) == datetime(2026, 6, 11, tzinfo=ZONE)
    assert ends_at(advice_of(action="wait", **{**silent, "next_check_day": None})).day == 11


@settings(max_examples=40)
@given(depth=st.floats(1.0, 150.0), area=st.floats(0.3, 60.0), flow=st.floats(2.0, 300.0))
def test_the_three_quantities_stay_one(depth: float, area: float, flow: float) -> None:
    field = Parcel(
        id="plot",
        crop="maize",
        planted_on=date(2026, 3, 25),
        latitude=32.3,
        longitude=-6.4,
        area_ha=area,
        irrigation=IrrigationSystem(method="basin", flow_m3_h=flow),
    )
    begin = datetime(2026, 6, 10, 18, tzinfo=ZONE)
    given_before = Recommendation(
        parcel_id="plot",
        parcel_name="plot",
        timezone="Africa/Casablanca",
        day=date(2026, 6, 10),
        action="irrigate",
        start_window=(begin, begin),
        depth_mm={"p10": 1.0, "p50": 1.0, "p90": 1.0},
        volume_m3=1.0,
        reason_code="stress_expected",
        code_version="test",
    )
    got = dosed(given_before, field, depth)
    assert got.depth_mm is not None
    assert got.volume_m3 is not None
    assert got.duration_h is not None
    assert abs(got.depth_mm.p50 - depth) <= 0.5
    assert got.depth_mm.p50 == round(got.depth_mm.p50)
    assert abs(got.volume_m3 - 10.0 * got.depth_mm.p50 * area) <= 0.5 + 1e-6
    assert abs(got.duration_h - got.volume_m3 / flow) <= 2.5 / 60.0 + 1e-9


@pytest.mark.parametrize("depth", [1000.6, 1e308])
def test_a_slip_of_the_keyboard_is_named(advice_of: AdviceOf, parcel_of: ParcelOf, depth: float) -> None:
    with pytest.raises(InputError, match="expected at most 1000 mm"):
        dosed(advice_of(), parcel_of(), depth)


def test_a_start_so_late_that_nobody_knows_its_weather_is_refused(advice_of: AdviceOf, parcel_of: ParcelOf) -> None:
    week = NOW + timedelta(days=7)
    assert dosed(advice_of(), parcel_of(), 20.0, starts_at=week).start_window == (week, week)
    with pytest.raises(InputError, match="expected a start within 7 days"):
        dosed(advice_of(), parcel_of(), 20.0, starts_at=week + timedelta(minutes=1))
