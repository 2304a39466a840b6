"""Rain that somebody saw and the weather does not know."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cloud.records import Parcel
from cloud.weather.forcing import Forcing
from cloud.weather.told_rain import SHOWER_MM, RainTold, forecast_with_told_rain, with_told_rain

LAND = [Parcel(id=name, crop="maize", latitude=32.0, longitude=-6.0) for name in ("a", "b")]
DAY = date(2026, 6, 2)


def weather(members: int | None = None) -> Forcing:
    shape = (3, 2) if members is None else (3, 2, members)
    return Forcing(
        days=np.arange(np.datetime64("2026-06-01"), np.datetime64("2026-06-04")),
        et0_mm=np.full(shape, 6.0),
        rain_mm=np.zeros(shape),
        wind_2m_m_s=np.full(shape, 2.0),
        rh_min_percent=np.full(shape, 30.0),
        tmin_c=np.full(shape, 15.0),
        tmax_c=np.full(shape, 32.0),
        radiation_mj_m2=np.full(shape, 25.0),
    )


def told(parcel_id: str = "a", day: date = DAY) -> RainTold:
    return RainTold(parcel_id=parcel_id, day=day)


def test_a_shower_that_the_weather_missed_is_of_unknown_depth() -> None:
    wet = with_told_rain(weather(), LAND, [told()])
    assert wet.rain_mm.tolist() == [[0.0, 0.0], [SHOWER_MM, 0.0], [0.0, 0.0]]
    assert wet.filled is not None
    assert wet.filled.tolist() == [[False, False], [True, False], [False, False]]
    assert len(wet.notes) == 1
    assert "unknown depth" in wet.notes[0]


def test_told_twice_is_one_shower_and_told_where_it_rained_is_none() -> None:
    assert with_told_rain(weather(), LAND, [told(), told()]).notes == with_told_rain(weather(), LAND, [told()]).notes
    raining = replace(weather(), rain_mm=np.full((3, 2), 7.0))
    assert with_told_rain(raining, LAND, [told()]) is raining
    unknown = replace(weather(), rain_mm=np.full((3, 2), np.nan))
    assert with_told_rain(unknown, LAND, [told()]) is unknown


@pytest.mark.parametrize("one", [told(day=date(2026, 5, 31)), told(day=date(2026, 6, 4)), told("c")])
def test_what_is_told_of_other_days_and_parcels_changes_nothing(one: RainTold) -> None:
    dry = weather()
    assert with_told_rain(dry, LAND, [one]) is dry


def test_filled_days_stay_filled() -> None:
    gaps = replace(weather(), filled=np.array([[True, True], [False, False], [False, False]]))
    filled = with_told_rain(gaps, LAND, [told("b")]).filled
    assert filled is not None
    assert filled.tolist() == [[True, True], [False, True], [False, False]]


def test_dry_members_of_a_forecast_get_showers_from_little_to_much() -> None:
    ahead = weather(50)
    ahead.rain_mm[1, 0, 40:] = 12.0
    wet = forecast_with_told_rain(ahead.at, LAND, [told()])(np.array([1, 0]))
    own = wet.rain_mm[1, 1]
    assert own[40:].tolist() == [12.0] * 10
    assert np.all(np.diff(own[:40]) > 0.0)
    assert 0.0 < own[0] < 0.1
    assert wet.rain_mm[1, 0].max() == wet.rain_mm[0].max() == 0.0
    whole = forecast_with_told_rain(weather(1000).at, LAND, [told()])(np.array([0]))
    assert whole.rain_mm[1, 0].mean() == pytest.approx(SHOWER_MM, rel=0.01)


def test_a_forecast_of_other_parcels_is_handed_on() -> None:
    at = weather(3).at
    assert forecast_with_told_rain(at, LAND, [told("c")]) == at
    assert forecast_with_told_rain(at, LAND, []) == at
