from datetime import date, timedelta

import numpy as np
import pytest
import xarray as xr

from cloud.judge.climate import climate_of, nearest_sites
from tests.synthetic_season import ahead, parcel, past

DAY = date(2026, 6, 9)


def test_the_bracket_surrounds_the_middle_every_day() -> None:
    climate = climate_of(past(DAY), [parcel()])
    assert climate.middle_mm.shape == (160, 1)
    assert np.all(climate.low_mm < climate.middle_mm)
    assert np.all(climate.middle_mm < climate.high_mm)
    assert climate.first_day == date(2026, 1, 1)
    assert climate.last_known(0) == DAY


def test_days_after_the_limit_are_not_seen() -> None:
    climate = climate_of(past(DAY), [parcel()], until=date(2026, 3, 1))
    assert climate.last_known(0) == date(2026, 3, 1)
    assert climate.row(date(2026, 3, 1)) == climate.middle_mm.shape[0] - 1


def test_nothing_before_the_limit_is_an_empty_climate() -> None:
    climate = climate_of(past(DAY), [parcel()], until=date(2025, 1, 1))
    assert climate.middle_mm.shape[0] == 0
    assert climate.last_known(0) is None


def test_members_of_a_forecast_are_averaged_and_a_gap_stays_one() -> None:
    forecast = ahead(date(2026, 6, 10), members=4)
    forecast["rain_mm"].values[2, :, 0] = [0.0, 0.0, 8.0, 4.0]
    forecast["rain_mm"].values[3, 1, 0] = np.nan
    climate = climate_of(forecast, [parcel()])
    assert climate.rain_mm[2, 0] == pytest.approx(3.0)
    assert np.isnan(climate.rain_mm[3, 0])


def test_missing_days_become_gaps_not_jumps() -> None:
    dataset = past(DAY).isel(time=[0, 1, 5, 6])
    climate = climate_of(dataset, [parcel()])
    assert climate.middle_mm.shape[0] == 7
    assert np.isnan(climate.middle_mm[2:5]).all()
    assert np.isfinite(climate.middle_mm[5:]).all()


def test_without_radiation_it_is_estimated_from_the_range() -> None:
    climate = climate_of(past(DAY).drop_vars("radiation_mj_m2"), [parcel()])
    assert np.isfinite(climate.second_mm).all()


def test_without_temperature_the_given_reference_serves() -> None:
    days = np.datetime64(DAY) - np.arange(5)[::-1]
    given = xr.Dataset(
        {"et0_mm": (("time", "site"), np.full((5, 1), 6.0)), "rain_mm": (("time", "site"), np.zeros((5, 1)))},
        coords={"time": days, "latitude": ("site", [np.nan]), "longitude": ("site", [np.nan])},
    )
    climate = climate_of(given, [parcel()])
    assert climate.first_mm[:, 0].tolist() == [6.0] * 5
    assert climate.last_known(0) == DAY


def test_a_single_site_may_have_no_site_dimension() -> None:
    flat = past(DAY).isel(site=0)
    assert climate_of(flat, [parcel()]).middle_mm.shape == (160, 1)


def test_parcels_take_the_nearest_site_across_the_date_line() -> None:
    sites = xr.Dataset(coords={"latitude": ("site", [0.0, 0.0, 40.0]), "longitude": ("site", [179.5, 10.0, 10.0])})
    fields = [parcel("a", latitude=0.0, longitude=-179.9), parcel("b", latitude=35.0, longitude=9.0)]
    assert nearest_sites(sites, fields).tolist() == [0, 2]


def test_a_row_outside_the_series_is_negative_or_beyond() -> None:
    climate = climate_of(past(DAY), [parcel()])
    assert climate.row(date(2025, 12, 31)) == -1
    assert climate.row(DAY + timedelta(days=1)) == climate.middle_mm.shape[0]
