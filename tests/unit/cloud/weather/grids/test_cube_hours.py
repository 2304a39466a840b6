"""Hourly cubes of the documented shapes of ERA5-Land (sums since 00 UTC) and ERA5 (sums of the hour); synthetic."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError
from cloud.records import Parcel
from cloud.weather.grids.cube_hours import is_hourly
from cloud.weather.read import read_weather

PARCEL = Parcel(id="p", crop="olive", latitude=32.05, longitude=-6.05, elevation_m=None)
HOURS = 24 * 5
FIRST = np.datetime64("2024-05-01T00:00", "ns")


def era5(path: Path, *, since_midnight: bool, drop: int | None = None) -> Path:
    """Values of the hour that ends at each stamp: 0.1 mm of rain, sun from 6 to 18 UTC, 12 degC and 14 more by day."""
    stamps = FIRST + np.arange(HOURS + 1) * np.timedelta64(1, "h")
    hour = np.arange(HOURS + 1) % 24
    sun = np.maximum(0.0, np.sin((hour - 6.5) / 12.0 * np.pi)) * 3600.0 * 800.0
    rain = np.full(HOURS + 1, 1e-4)
    if since_midnight:
        sun, rain = (np.array([_since(series, place) for place in range(HOURS + 1)]) for series in (sun, rain))
    series = {
        "t2m": (285.15 + 14.0 * np.maximum(0.0, np.sin((hour - 6.0) / 12.0 * np.pi)), "K"),
        "d2m": (np.full(HOURS + 1, 282.15), "K"),
        "u10": (np.full(HOURS + 1, 3.0), "m s**-1"),
        "v10": (np.full(HOURS + 1, -4.0), "m s**-1"),
        "tp": (rain, "m"),
        "ssrd": (sun, "J m**-2"),
    }
    dataset = xr.Dataset(
        {
            name: (("valid_time", "latitude", "longitude"), np.tile(values[:, None, None], (1, 2, 2)), {"units": unit})
            for name, (values, unit) in series.items()
        },
        coords={"valid_time": stamps, "latitude": [32.1, 32.0], "longitude": [353.9, 354.0]},
    )
    dataset = dataset if drop is None else dataset.drop_isel(valid_time=[drop])
    packed = {"t2m": {"dtype": "int16", "scale_factor": 1e-3, "add_offset": 290.0, "_FillValue": -32767}}
    dataset.to_netcdf(path, encoding=packed)
    return path


def _since(series: np.ndarray, place: int) -> float:
    begin = (place - 1) // 24 * 24 + 1
    return float(series[begin : place + 1].sum()) if place else 0.0


@pytest.mark.parametrize("since_midnight", [True, False])
def test_hours_become_the_parcels_days(tmp_path: Path, *, since_midnight: bool) -> None:
    dataset = read_weather(era5(tmp_path / "era5.nc", since_midnight=since_midnight), parcels=[PARCEL])
    days = [str(day)[:10] for day in dataset["time"].values]
    one = dataset.isel(time=days.index("2024-05-03"), site=0)
    found = {str(name): float(one[name]) for name in dataset.data_vars}
    assert found["rain_mm"] == pytest.approx(2.4, abs=0.02)
    assert found["tmin_c"] == pytest.approx(12.0, abs=0.01)
    assert found["tmax_c"] == pytest.approx(26.0, abs=0.01)
    assert found["dewpoint_c"] == pytest.approx(9.0, abs=0.01)
    assert found["wind_2m_m_s"] == pytest.approx(5.0 * 0.748, abs=0.01)
    # A half sine of 800 W m-2 over twelve hours: 2 / pi x 12 h x 800 W = 22.0 MJ.
    assert found["radiation_mj_m2"] == pytest.approx(22.0, abs=0.1)
    told = dataset.attrs["notes"]
    assert ("tp is summed since 00 UTC" in told) == since_midnight
    assert "hours were gathered into days of Africa/Casablanca" in told


def test_an_unknown_hour_is_an_unknown_day(tmp_path: Path) -> None:
    dataset = read_weather(era5(tmp_path / "era5.nc", since_midnight=True, drop=60), parcels=[PARCEL])
    known = ~np.isnan(dataset["tmax_c"].values[:, 0])
    days = [str(day)[:10] for day, good in zip(dataset["time"].values, known, strict=True) if good]
    assert days == ["2024-05-02", "2024-05-04", "2024-05-05"]


def test_without_parcels_days_are_those_of_utc(tmp_path: Path) -> None:
    dataset = read_weather(era5(tmp_path / "era5.nc", since_midnight=False))
    assert dataset.sizes["site"] == 4
    assert "days of UTC" in dataset.attrs["notes"]
    assert float(dataset["rain_mm"].values[1, 0]) == pytest.approx(2.4, abs=0.01)


def test_hours_of_something_else_are_refused(tmp_path: Path) -> None:
    path = era5(tmp_path / "era5.nc", since_midnight=False)
    dataset = xr.open_dataset(path)[["t2m"]].rename(t2m="skt").load()
    dataset.to_netcdf(tmp_path / "skin.nc")
    with pytest.raises(InputError, match="expected hourly t2m, d2m, u10, v10, tp or ssrd, got skt"):
        read_weather(tmp_path / "skin.nc")


def test_hours_are_told_from_days() -> None:
    assert is_hourly(FIRST + np.arange(5) * np.timedelta64(1, "h"))
    assert not is_hourly(FIRST + np.arange(5) * np.timedelta64(1, "D"))
    assert not is_hourly(np.array([FIRST]))


def test_a_real_projected_grid_of_hours(shared_data: Path) -> None:
    (path,) = (shared_data / "gridded").glob("incal_hourly*.nc")
    dataset = read_weather(
        path, parcels=[Parcel(id="graz", crop="maize", latitude=47.07, longitude=15.42, timezone="Europe/Vienna")]
    )
    assert dataset.sizes["site"] == 340
    known = dataset.isel(time=slice(1, -1))
    assert 5.0 < float(known["tmin_c"].mean()) < float(known["tmax_c"].mean()) < 26.0
    assert 10.0 < float(known["radiation_mj_m2"].mean()) < 28.0
    assert float(known["rh_min_percent"].max()) <= 100.0
