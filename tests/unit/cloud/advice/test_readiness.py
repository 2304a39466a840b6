from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from cloud.advice.readiness import horizons, is_stale, known_through, last_known_days, out_of_season
from cloud.records import Parcel
from cloud.weather.forcing import Forcing

DAY = date(2026, 5, 14)
ParcelOf = Callable[..., Parcel]


def forcing(first: str, et0: list[list[float]], *, members: bool = False, filled: list[int] | None = None) -> Forcing:
    values = np.array(et0, dtype=np.float64)
    days = np.datetime64(first, "D") + np.arange(values.shape[0])
    array = values[:, :, None] if members else values
    flags = np.zeros(values.shape, dtype=bool)
    flags[filled or []] = True
    return Forcing(
        days=days,
        et0_mm=array,
        rain_mm=array,
        wind_2m_m_s=array,
        rh_min_percent=array,
        tmin_c=array,
        tmax_c=array,
        radiation_mj_m2=array,
        filled=None if members else flags,
    )


@pytest.mark.parametrize(
    ("planted_on", "expected"),
    [
        (date(2026, 5, 15), ("not_planted", date(2026, 5, 15))),
        (date(2026, 5, 14), None),
        (date(2026, 4, 1), None),
        (date(2025, 4, 1), ("season_over", None)),
    ],
)
def test_an_annual_is_advised_within_its_season(
    parcel_of: ParcelOf, planted_on: date, expected: tuple[str, date | None] | None
) -> None:
    assert out_of_season(parcel_of(planted_on=planted_on), DAY) == expected


def test_the_season_ends_with_the_last_stage(parcel_of: ParcelOf) -> None:
    parcel = parcel_of(crop_parameters={"stage_lengths_days": (10, 10, 10, 13)})
    assert out_of_season(parcel, date(2026, 5, 13)) is None
    assert out_of_season(parcel, date(2026, 5, 14)) == ("season_over", None)


@pytest.mark.parametrize(
    ("age_days", "day", "over"),
    [
        (90.0, date(2026, 7, 20), False),  # 110 days after sowing, a cool year
        (100.0, date(2026, 7, 20), True),
        (100.0, date(2026, 6, 20), True),  # 80 days after sowing, a hot year
        (100.0, date(2026, 6, 1), False),  # 61 days: no year is that hot
        (90.0, date(2026, 8, 30), True),  # 151 days: no year is that cool
    ],
)
def test_a_crop_that_follows_warmth_ends_when_it_is_ripe(
    parcel_of: ParcelOf, age_days: float, day: date, *, over: bool
) -> None:
    parcel = parcel_of(planted_on=date(2026, 4, 1), crop_parameters={"stage_lengths_days": (25, 25, 25, 25)})
    found = out_of_season(parcel, day, age_days)
    assert found == (("season_over", None) if over else None)


def test_a_perennial_is_never_out_of_season(parcel_of: ParcelOf) -> None:
    assert out_of_season(parcel_of(crop="olive", planted_on=None), DAY) is None


def test_the_last_known_day_is_the_last_measured_one() -> None:
    weather = forcing("2026-05-10", [[5.0, 5.0], [5.0, np.nan], [5.0, np.nan]], filled=[2])
    assert last_known_days(weather) == [date(2026, 5, 11), date(2026, 5, 10)]


def test_nothing_known_is_no_day() -> None:
    assert last_known_days(forcing("2026-05-10", [[np.nan]])) == [None]


@pytest.mark.parametrize(("last", "stale"), [(11, False), (10, True), (14, False)])
def test_weather_older_than_three_days_is_stale(last: int, *, stale: bool) -> None:
    assert is_stale(date(2026, 5, last), DAY) is stale


def test_no_weather_is_stale() -> None:
    assert is_stale(None, DAY)


def test_the_horizon_is_the_unbroken_run_of_complete_days() -> None:
    forecast = forcing("2026-05-13", [[5.0, 5.0], [5.0, np.nan], [np.nan, 5.0], [5.0, 5.0]], members=True)
    assert horizons(forecast, date(2026, 5, 12)).tolist() == [2, 1]
    assert horizons(forecast, date(2026, 5, 15)).tolist() == [1, 1]


def test_a_forecast_that_begins_too_late_reaches_nowhere() -> None:
    forecast = forcing("2026-05-15", [[5.0], [5.0]], members=True)
    assert horizons(forecast, date(2026, 5, 13)).tolist() == [0]
    assert horizons(forecast, date(2026, 5, 31)).tolist() == [0]


def test_the_balance_runs_to_the_eve_of_the_forecast_and_never_past_the_day() -> None:
    last = [date(2026, 5, 11), None, date(2026, 5, 12)]
    assert known_through(last, None, DAY) == date(2026, 5, 12)
    assert known_through(last, date(2026, 5, 14), DAY) == date(2026, 5, 13)
    assert known_through(last, date(2026, 5, 20), DAY) == DAY
    assert known_through(last, date(2026, 5, 10), DAY) == date(2026, 5, 12)
