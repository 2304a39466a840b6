from datetime import date, timedelta

import numpy as np
import pytest

from cloud.agronomy.crops.crop_table import CROPS
from cloud.agronomy.crops.thermal import (
    FASTEST,
    SLOWEST,
    WARMTH,
    age_of_warmth,
    degree_days,
    next_age_days,
    warmth_of_age,
)
from cloud.agronomy.water import WaterSettings, project, simulate
from cloud.records import CropParameters, Parcel
from cloud.variables import Floats
from cloud.weather.forcing import Forcing
from tests.unit.cloud.agronomy.conftest import MakeForcing

PLAIN = WaterSettings(fixed_parameters=True)
SOWN = date(2024, 4, 1)


def array(*values: float) -> Floats:
    return np.array([values])


def warmed(forcing: Forcing, tmin: float, tmax: float) -> Forcing:
    forcing.tmin_c[:], forcing.tmax_c[:] = tmin, tmax
    return forcing


def test_degree_days_by_hand() -> None:
    # Base 8, upper 30: 12/28 gives 12; 5/12 gives (12 + 5) / 2 -> 8.5 - 8; a hot day is cut at 30 by both ends.
    def heat(low: float, high: float) -> float:
        return float(degree_days(array(low), array(high), array(8.0), array(30.0))[0, 0])

    assert heat(12.0, 28.0) == pytest.approx(12.0)
    assert heat(5.0, 12.0) == pytest.approx(0.5)
    assert heat(-5.0, 3.0) == 0.0
    assert heat(32.0, 45.0) == pytest.approx(22.0)
    assert np.isnan(heat(np.nan, 20.0))


@pytest.mark.parametrize("crop", sorted(WARMTH))
def test_age_and_warmth_are_one_scale(crop: str) -> None:
    days = np.cumsum([CROPS[crop].stage_lengths_days], axis=1).astype(np.float64)
    warm = np.array([WARMTH[crop].stage_ends_c_d])
    assert (np.diff(warm[0]) > 0.0).all()
    for age in (0.0, 7.5, *days[0], days[0, -1] + 20.0):
        there = warmth_of_age(array(age), days, warm)
        assert age_of_warmth(there, days, warm)[0, 0] == pytest.approx(age)
    assert warmth_of_age(days[:, 1:2], days, warm)[0, 0] == pytest.approx(warm[0, 1])


def test_a_day_moves_within_bounds_and_an_unknown_one_by_a_day() -> None:
    days, warm = array(30.0, 70.0, 120.0, 150.0), array(322.0, 705.0, 1400.0, 1700.0)
    assert next_age_days(array(10.0), array(np.nan), days, warm)[0, 0] == 11.0
    assert next_age_days(array(10.0), array(0.0), days, warm)[0, 0] == 10.0 + SLOWEST
    assert next_age_days(array(10.0), array(90.0), days, warm)[0, 0] == 10.0 + FASTEST
    assert next_age_days(array(10.0), array(12.0), days, warm)[0, 0] == pytest.approx(10.0 + 12.0 * 30.0 / 322.0)


def test_a_cool_spring_delays_the_crop(maize: Parcel, make_forcing: MakeForcing) -> None:
    cool = simulate([maize], warmed(make_forcing(SOWN, [4.0] * 90, [4.0] * 90), 8.0, 20.0), [], [], settings=PLAIN)
    warm = simulate([maize], warmed(make_forcing(SOWN, [4.0] * 90, [4.0] * 90), 18.0, 32.0), [], [], settings=PLAIN)
    assert cool.columns["kcb"][60, 0] < warm.columns["kcb"][60, 0] - 0.3
    assert cool.columns["root_depth_m"][60, 0] < warm.columns["root_depth_m"][60, 0]


def test_a_measured_calendar_and_unknown_temperatures_keep_the_dates(maize: Parcel, make_forcing: MakeForcing) -> None:
    own = maize.model_copy(update={"crop_parameters": CropParameters(stage_lengths_days=(30, 40, 50, 30))})
    hot = warmed(make_forcing(SOWN, [4.0] * 60, [4.0] * 60), 20.0, 36.0)
    unknown = warmed(make_forcing(SOWN, [4.0] * 60, [4.0] * 60), np.nan, np.nan)
    by_dates = simulate([own], hot, [], [], settings=PLAIN).columns["kcb"]
    assert simulate([maize], unknown, [], [], settings=PLAIN).columns["kcb"] == pytest.approx(by_dates)
    assert by_dates[50, 0] == pytest.approx(0.65)


def test_the_forecast_goes_on_at_the_pace_of_its_warmth(maize: Parcel, make_forcing: MakeForcing) -> None:
    whole = warmed(make_forcing(SOWN, [4.0] * 60, [4.0] * 60), 16.0, 30.0)
    past = whole.until(np.datetime64("2024-05-15"))
    history = simulate([maize], past, [], [], settings=PLAIN)
    assert np.isfinite(history.state.age_days).all()
    rest = make_forcing(date(2024, 5, 16), [4.0] * 15, [4.0] * 15, members=3)
    ahead = project(history.state, [maize], warmed(rest, 16.0, 30.0))
    everything = simulate([maize], whole, [], [], settings=PLAIN)
    assert ahead.etc_mm[:, 0, 0] == pytest.approx(everything.columns["etc_adj_mm"][45:, 0], abs=1e-9)


def test_weather_that_starts_late_takes_the_age_of_the_calendar(maize: Parcel, make_forcing: MakeForcing) -> None:
    late = SOWN + timedelta(days=40)
    history = simulate([maize], make_forcing(late, [4.0] * 5, [2.0] * 5), [], [], settings=PLAIN)
    assert history.columns["kcb"][0, 0] == pytest.approx(0.15 + 10.0 / 40.0)
    assert history.state.age_days[0, 0] > 44.0
