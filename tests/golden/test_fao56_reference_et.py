"""Worked examples of FAO-56 (Allen et al. 1998) and ASCE-EWRI (2005); each number with its source."""

import numpy as np
import pytest

from cloud.agronomy import radiation
from cloud.agronomy.et0 import (
    DailyWeather,
    hargreaves_mm,
    penman_monteith_mm,
    pressure_kpa,
    psychrometer_vapour_pressure_kpa,
    psychrometric_constant_kpa_c,
    reference_et,
    saturation_vapour_pressure_kpa,
    vapour_pressure_kpa,
    wind_at_2m_m_s,
)
from cloud.variables import Floats


def one(value: float) -> Floats:
    return np.array([value], dtype=np.float64)


def day(**known: float) -> DailyWeather:
    """A day with the given values; everything else unknown."""
    values = {name: one(np.nan) for name in DailyWeather.__slots__}
    return DailyWeather(**{**values, **{name: one(value) for name, value in known.items()}})


def test_example_2_pressure_at_1800_m() -> None:
    # FAO-56 example 2: 81.8 kPa and 0.054 kPa/degC.
    assert pressure_kpa(one(1800.0))[0] == pytest.approx(81.8, abs=0.05)
    assert psychrometric_constant_kpa_c(one(1800.0))[0] == pytest.approx(0.054, abs=0.0005)


def test_example_3_mean_saturation_pressure() -> None:
    # FAO-56 example 3: Tmax 24.5, Tmin 15.0 give es = 2.39 kPa.
    mean = (saturation_vapour_pressure_kpa(one(24.5)) + saturation_vapour_pressure_kpa(one(15.0))) / 2.0
    assert mean[0] == pytest.approx(2.39, abs=0.005)


def test_example_4_psychrometer() -> None:
    # FAO-56 example 4: 25.6 dry, 19.5 wet at 1200 m, aspirated: ea = 1.91 kPa.
    assert psychrometer_vapour_pressure_kpa(one(25.6), one(19.5), one(1200.0))[0] == pytest.approx(1.91, abs=0.005)


def test_example_5_humidity() -> None:
    # FAO-56 example 5: 25/18 degC, 54-82 %: ea = 1.70 kPa.
    vapour, estimated = vapour_pressure_kpa(day(tmin_c=18.0, tmax_c=25.0, rh_min_percent=54.0, rh_max_percent=82.0))
    assert vapour[0] == pytest.approx(1.70, abs=0.005)
    assert not estimated[0]


def test_examples_8_and_9_sun_at_20_south() -> None:
    # FAO-56 examples 8 and 9, 3 September: Ra = 32.2 MJ/m2/d, N = 11.7 h.
    assert radiation.extraterrestrial_mj_m2(one(-20.0), one(246.0))[0] == pytest.approx(32.2, abs=0.05)
    assert radiation.daylight_h(one(-20.0), one(246.0))[0] == pytest.approx(11.7, abs=0.05)


def test_example_10_sunshine_at_rio() -> None:
    # FAO-56 example 10, Rio de Janeiro in May, 7.1 h of sunshine: Ra 25.1, N 10.9, Rs 14.5.
    above = radiation.extraterrestrial_mj_m2(one(-22.9), one(135.0))
    daylight = radiation.daylight_h(one(-22.9), one(135.0))
    assert above[0] == pytest.approx(25.1, abs=0.05)
    assert daylight[0] == pytest.approx(10.9, abs=0.05)
    assert radiation.from_sunshine_mj_m2(one(7.1), daylight, above)[0] == pytest.approx(14.5, abs=0.05)


def test_examples_11_and_12_net_radiation_at_rio() -> None:
    # FAO-56 examples 11 and 12: Rnl = 3.5, Rn = 7.6 MJ/m2/d.
    long_wave = radiation.net_long_wave_mj_m2(one(19.1), one(25.1), one(2.1), one(14.5), one(18.8))
    assert long_wave[0] == pytest.approx(3.5, abs=0.05)
    assert (1.0 - radiation.ALBEDO) * 14.5 - long_wave[0] == pytest.approx(7.6, abs=0.05)


def test_example_14_wind_at_10_m() -> None:
    # FAO-56 example 14: 3.2 m/s at 10 m is 2.4 m/s at 2 m.
    assert wind_at_2m_m_s(one(3.2), 10.0)[0] == pytest.approx(2.4, abs=0.01)


def test_example_17_month_at_bangkok() -> None:
    # FAO-56 example 17, April: Rs 22.65, G 0.14, ETo 5.72 mm/d (5.71613 in full precision).
    weather = day(
        day_of_year=105.0,
        latitude_deg=13.73,
        elevation_m=2.0,
        tmin_c=25.6,
        tmax_c=34.8,
        wind_2m_m_s=2.0,
        radiation_mj_m2=22.65106,
    )
    assert penman_monteith_mm(weather, one(2.85), 0.14)[0] == pytest.approx(5.72, abs=0.01)


def test_example_18_day_at_uccle() -> None:
    # FAO-56 example 18, 6 July: 9.25 h of sunshine, wind 2.78 m/s at 10 m; Rs 22.07, ETo 3.88 mm/d.
    weather = day(
        day_of_year=187.0,
        latitude_deg=50.8,
        elevation_m=100.0,
        tmin_c=12.3,
        tmax_c=21.5,
        rh_min_percent=63.0,
        rh_max_percent=84.0,
        wind_2m_m_s=wind_at_2m_m_s(one(2.78), 10.0)[0],
        sunshine_h=9.25,
    )
    result = reference_et(weather)
    assert result.et0_mm[0] == pytest.approx(3.88, abs=0.01)
    assert result.method[0] == "Penman-Monteith (radiation from sunshine)"


def test_example_20_missing_data_at_lyon() -> None:
    # FAO-56 example 20, July: temperatures only, wind 2 m/s assumed: Rs 22.29, ETo 4.56, Hargreaves 5.03 mm/d.
    above = radiation.extraterrestrial_mj_m2(one(45.72), one(196.0))
    estimated = radiation.from_temperature_mj_m2(one(14.8), one(26.6), above, 0.16)
    assert estimated[0] == pytest.approx(22.29, abs=0.01)
    site = {"day_of_year": 196.0, "latitude_deg": 45.72, "elevation_m": 200.0, "tmin_c": 14.8, "tmax_c": 26.6}
    with_wind = reference_et(day(**site, wind_2m_m_s=2.0))
    assert with_wind.et0_mm[0] == pytest.approx(4.56, abs=0.01)
    assert with_wind.method[0] == "Penman-Monteith (humidity from lowest temperature; radiation estimated)"
    assert hargreaves_mm(one(14.8), one(26.6), above)[0] == pytest.approx(5.03, abs=0.01)
    bare = reference_et(day(**site))
    assert bare.method[0] == "Hargreaves"
    assert bare.et0_mm[0] == pytest.approx(5.03, abs=0.01)


def test_asce_fallon_first_of_july_2015() -> None:
    # ASCE standardized short reference, Fallon (Nevada), day 182: 7.998 mm/d (refet 0.5.0 and pyfao56 1.4.3).
    # The 7.942 that circulates with this day is the RefET program's own mode, not the standard.
    weather = day(
        day_of_year=182.0,
        latitude_deg=39.4575,
        elevation_m=1208.5,
        tmin_c=19.25,
        tmax_c=39.3333333333,
        wind_2m_m_s=wind_at_2m_m_s(one(2.145792), 3.0)[0],
        radiation_mj_m2=28.22196276,
    )
    assert penman_monteith_mm(weather, one(1.2206674169951346))[0] == pytest.approx(7.998, abs=0.01)
