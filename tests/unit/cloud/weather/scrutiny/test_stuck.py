from collections.abc import Mapping

import numpy as np
import pytest

from cloud.weather.scrutiny.finding import Finding, Series
from cloud.weather.scrutiny.quality import Quality
from cloud.weather.scrutiny.stuck import impossible_sun, jumps, still_sensors

DAYS = 120


def series(**given: np.ndarray) -> Series:
    generator = np.random.default_rng(4)
    base: Mapping[str, np.ndarray] = {
        "tmin_c": generator.normal(12.0, 2.0, DAYS).round(1),
        "tmax_c": generator.normal(27.0, 2.0, DAYS).round(1),
        "rain_mm": np.zeros(DAYS),
        "wind_2m_m_s": generator.normal(2.0, 0.3, DAYS).round(2),
    }
    return Series(
        days=np.datetime64("2024-04-01", "D") + np.arange(DAYS),
        values={name: values[:, None].copy() for name, values in {**base, **given}.items()},
        latitude_deg=np.array([32.3]),
        elevation_m=np.array([np.nan]),
    )


def changed(name: str, first: int, last: int, value: float) -> Series:
    found = series()
    found.values.setdefault(name, np.random.default_rng(1).uniform(30.0, 60.0, (DAYS, 1)))[first : last + 1] = value
    return found


def rows(finding: Finding) -> list[int]:
    return np.flatnonzero(finding.where[:, 0]).tolist()


def test_living_weather_is_left_alone() -> None:
    living = series()
    assert [*still_sensors(living), *jumps(living), *impossible_sun(living)] == []


@pytest.mark.parametrize(
    ("name", "value", "fewest"),
    [
        ("tmin_c", 12.3, 5),
        ("tmax_c", 25.5, 5),
        ("rh_mean_percent", 43.2, 5),
        ("rh_mean_percent", 100.0, 5),
        ("rh_mean_percent", 0.0, 1),
        ("rh_min_percent", 100.0, 4),
        ("wind_2m_m_s", 0.0, 3),
        ("wind_2m_m_s", 2.15, 10),
        ("rain_mm", 5.2, 4),
        ("radiation_mj_m2", 20.5, 5),
    ],
)
def test_a_sensor_that_stands_still_is_found_from_its_first_day(name: str, value: float, fewest: int) -> None:
    (found,) = still_sensors(changed(name, 40, 39 + fewest, value))
    assert (found.variables, found.quality, rows(found)) == ((name,), Quality.STUCK, list(range(40, 40 + fewest)))
    if fewest > 1:
        assert list(still_sensors(changed(name, 40, 38 + fewest, value))) == []


@pytest.mark.parametrize(("name", "value"), [("rh_max_percent", 100.0), ("rain_mm", 0.2), ("rain_mm", 0.0)])
def test_values_that_weather_repeats_are_no_fault(name: str, value: float) -> None:
    assert list(still_sensors(changed(name, 40, 60, value))) == []


def test_a_constant_or_means_of_months_are_a_manner_and_no_sensor() -> None:
    months = np.repeat([10.5, 12.25, 14.5, 17.75], DAYS // 4)
    assert list(still_sensors(series(tmin_c=months, wind_2m_m_s=np.full(DAYS, 1.8)))) == []


def test_whole_degrees_need_both_extremes_to_stand_still() -> None:
    generator = np.random.default_rng(2)
    low, high = (generator.normal(mean, 2.0, DAYS).round() for mean in (12.0, 27.0))
    low[40:60] = 18.0
    assert list(still_sensors(series(tmin_c=low, tmax_c=high))) == []
    high[40:60] = 22.0
    (found,) = still_sensors(series(tmin_c=low, tmax_c=high))
    assert found.variables == ("tmin_c", "tmax_c")
    assert rows(found) == list(range(40, 60))


def test_years_in_whole_degrees_before_years_with_decimals_are_read_as_such() -> None:
    generator = np.random.default_rng(7)
    mixed = generator.normal(12.0, 2.0, DAYS)
    mixed = np.concatenate((mixed[:60].round(), mixed[60:].round(1)))
    mixed[20:28] = 11.0
    assert list(still_sensors(series(tmin_c=mixed))) == []
    mixed[90:98] = 0.0
    (found,) = still_sensors(series(tmin_c=mixed))
    assert rows(found) == list(range(90, 98))


def test_days_without_a_range_of_temperature_are_a_fault() -> None:
    generator = np.random.default_rng(3)
    same = generator.normal(20.0, 2.0, DAYS).round(1)
    high = same + 9.0
    high[50:54] = same[50:54]
    (found,) = still_sensors(series(tmin_c=same, tmax_c=high))
    assert rows(found) == [50, 51, 52, 53]


def test_a_jump_of_one_day_is_found_and_a_change_of_weather_is_not() -> None:
    spiked = series()
    spiked.values["tmax_c"][30] += 25.0
    spiked.values["tmin_c"][60:] -= 25.0
    (found,) = jumps(spiked)
    assert (found.variables, rows(found)) == (("tmax_c",), [30])
    short = Series(
        days=spiked.days[:2],
        values={"tmin_c": np.array([[0.0], [30.0]])},
        latitude_deg=spiked.latitude_deg,
        elevation_m=spiked.elevation_m,
    )
    assert list(jumps(short)) == []


def test_more_sun_than_there_is_and_less_than_the_darkest_day() -> None:
    # FAO-56 eq. 21 at 32.3 N on 1 April: 35 MJ m-2 above the air, 27 at the ground on a clear day.
    sunny = series(radiation_mj_m2=np.full(DAYS, 20.0) + np.arange(DAYS) / 100.0)
    assert list(impossible_sun(sunny)) == []
    sunny.values["radiation_mj_m2"][:2] = [[32.5], [0.5]]
    above, below = impossible_sun(sunny)
    assert (rows(above), rows(below)) == ([0], [1])
    assert "clear sky" in above.expected


def test_sunshine_never_outlasts_the_day() -> None:
    bright = series(sunshine_h=np.full(DAYS, 11.0))
    assert list(impossible_sun(bright)) == []
    bright.values["sunshine_h"][3] = 15.0
    (found,) = impossible_sun(bright)
    assert rows(found) == [3]


def test_without_a_latitude_nothing_is_said_of_the_sun() -> None:
    lost = series(radiation_mj_m2=np.full(DAYS, 44.0))
    nowhere = Series(
        days=lost.days, values=lost.values, latitude_deg=np.array([np.nan]), elevation_m=np.array([np.nan])
    )
    assert list(impossible_sun(nowhere)) == []
