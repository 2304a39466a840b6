from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.judge.bucket import Bucket, net_by_day
from cloud.judge.climate import Climate, climate_of
from cloud.records import IrrigationEvent, Parcel
from tests.synthetic_season import parcel, past

DAY = date(2026, 6, 9)
OLIVE = parcel(
    crop="olive", planted_on=None, season_starts_on=date(2026, 1, 1), irrigation={"method": "basin", "efficiency": 1.0}
)


def event(day: date, depth_mm: float, identifier: str = "plot") -> IrrigationEvent:
    return IrrigationEvent(
        parcel_id=identifier,
        started_at=datetime(day.year, day.month, day.day, 18, tzinfo=UTC),
        depth_mm=depth_mm,
        source="meter",
    )


def steady(days: int, *, use: float = 5.0, rain: Sequence[float] = ()) -> Climate:
    """Days from 1 May with the same use; low and high a tenth apart."""
    middle = np.full((days, 1), use)
    falls = np.zeros((days, 1))
    falls[: len(rain), 0] = rain
    return Climate(
        first_day=date(2026, 5, 1),
        low_mm=0.9 * middle,
        middle_mm=middle,
        high_mm=1.1 * middle,
        rain_mm=falls,
        first_mm=middle,
        second_mm=middle,
        given_mm=np.full((days, 1), np.nan),
        wind_m_s=np.full((days, 1), 2.0),
        humidity_percent=np.full((days, 1), 50.0),
        warmth_c=np.full((days, 1), 16.0),
        site_of=np.zeros(1, dtype=np.intp),
    )


def run(field: Parcel, climate: Climate, events: Sequence[IrrigationEvent], days: int) -> Bucket:
    return Bucket.run([field], climate, net_by_day([field], events), date(2026, 4, 30) + timedelta(days=days))


def test_a_dry_week_takes_its_use_from_the_soil() -> None:
    field = OLIVE.model_copy(update={"initial_depletion_mm": 0.0})
    bucket = run(field, steady(7), [], 7)
    # Kc 0.70 on 5 mm for 7 days.
    assert bucket.lanes.middle_mm[0] == pytest.approx(0.70 * 35.0)
    assert bucket.day == date(2026, 5, 7)


def test_the_lanes_stay_in_order_and_inside_the_soil() -> None:
    bucket = Bucket.run([parcel()], climate_of(past(DAY), [parcel()]), {}, DAY)
    lanes = bucket.lanes
    assert 0.0 <= lanes.wettest_mm[0] <= lanes.middle_mm[0] <= lanes.driest_mm[0] <= lanes.total_available_mm[0]
    assert not lanes.missing().any()


def test_use_slows_down_once_readily_available_water_is_gone() -> None:
    field = OLIVE.model_copy(update={"initial_depletion_mm": 0.0})
    bucket = run(field, steady(120, use=9.0), [], 120)
    assert bucket.lanes.middle_mm[0] < bucket.lanes.total_available_mm[0]
    assert bucket.lanes.middle_mm[0] > bucket.lanes.readily_available_mm[0]


def test_an_irrigation_brings_the_lanes_together() -> None:
    field = OLIVE.model_copy(update={"initial_depletion_mm": 0.0})
    dry = run(field, steady(20), [], 20).lanes
    wet = run(field, steady(20), [event(date(2026, 5, 20), 80.0)], 20).lanes
    assert wet.driest_mm[0] - wet.wettest_mm[0] < dry.driest_mm[0] - dry.wettest_mm[0]
    assert wet.middle_mm[0] < 5.0


def test_a_part_of_the_need_is_not_taken_for_a_refill() -> None:
    field = OLIVE.model_copy(update={"initial_depletion_mm": 40.0})
    bucket = run(field, steady(1), [event(date(2026, 5, 1), 20.0)], 1)
    assert bucket.lanes.middle_mm[0] == pytest.approx(40.0 - 20.0 + 0.70 * 5.0)


def test_forecast_rain_counts_less_in_the_driest_lane() -> None:
    field = OLIVE.model_copy(update={"initial_depletion_mm": 30.0})
    rainy = steady(2, rain=(0.0, 12.0))
    trusted, doubted = run(field, rainy, [], 1), run(field, rainy, [], 1)
    trusted.step(rainy, {}, dry_rain_share=1.0)
    doubted.step(rainy, {}, dry_rain_share=0.5)
    assert doubted.lanes.driest_mm[0] > trusted.lanes.driest_mm[0]
    assert doubted.lanes.wettest_mm[0] <= trusted.lanes.wettest_mm[0]


def test_an_unknown_day_takes_the_usual_use_and_no_rain() -> None:
    gap = steady(7)
    gap.middle_mm[3] = gap.low_mm[3] = gap.high_mm[3] = gap.rain_mm[3] = np.nan
    field = OLIVE.model_copy(update={"initial_depletion_mm": 0.0})
    assert run(field, gap, [], 7).lanes.middle_mm[0] == pytest.approx(0.70 * 35.0)


def test_days_beyond_the_series_go_on_with_the_last_fortnight() -> None:
    field = OLIVE.model_copy(update={"initial_depletion_mm": 0.0})
    assert run(field, steady(3), [], 7).lanes.middle_mm[0] == pytest.approx(0.70 * 35.0)


def test_before_planting_nothing_is_used() -> None:
    later = parcel(planted_on=date(2026, 6, 1), initial_depletion_mm=4.0)
    assert run(later, steady(10), [], 10).lanes.middle_mm[0] == 4.0


def test_young_roots_hold_less_water() -> None:
    young, old = (
        run(parcel(planted_on=planted), steady(20), [], 20).lanes.total_available_mm[0]
        for planted in (date(2026, 5, 10), date(2026, 2, 1))
    )
    assert young < 0.6 * old


def test_weather_without_any_value_leaves_the_bucket_empty_handed() -> None:
    blind = steady(5)
    for series in (blind.low_mm, blind.middle_mm, blind.high_mm):
        series[:] = np.nan
    assert run(OLIVE, blind, [], 5).lanes.missing().all()


def test_water_by_day_is_net_and_on_the_local_day() -> None:
    fields = [parcel("a"), parcel("b", irrigation={"method": "drip"})]
    late = IrrigationEvent(
        parcel_id="a", started_at=datetime(2026, 5, 3, 23, 30, tzinfo=UTC), depth_mm=10.0, source="meter"
    )
    net = net_by_day(fields, [late, event(date(2026, 5, 4), 10.0, "b"), event(date(2026, 5, 4), 10.0, "stranger")])
    assert list(net) == [date(2026, 5, 4)]
    assert net[date(2026, 5, 4)].tolist() == [7.5, 9.0]
