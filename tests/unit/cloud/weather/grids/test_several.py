"""A folder of cubes: a variable or a year each, of different grids; numbers synthetic but for E-OBS and gridMET."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError
from cloud.records import Parcel
from cloud.weather.read import read_weather

PARCELS = [
    Parcel(id="low", crop="olive", latitude=32.25, longitude=-6.25),
    Parcel(id="high", crop="olive", latitude=32.75, longitude=-6.75, elevation_m=1500.0),
]


def cube(
    folder: Path, name: str, variables: dict[str, tuple[float, str]], first: str = "2024-05-01", step: float = 1.0
) -> Path:
    latitude, longitude = np.arange(31.0, 34.01, step), np.arange(-8.0, -4.99, step)
    days = np.datetime64(first, "ns") + np.arange(3) * np.timedelta64(1, "D")
    shape = (3, latitude.size, longitude.size)
    folder.mkdir(exist_ok=True)
    xr.Dataset(
        {
            one: (("time", "lat", "lon"), np.full(shape, value), {"units": unit})
            for one, (value, unit) in variables.items()
        },
        coords={"time": days, "lat": latitude, "lon": longitude},
    ).to_netcdf(folder / name)
    return folder


def test_files_of_a_variable_each_become_one_weather(tmp_path: Path) -> None:
    folder = tmp_path / "eobs"
    cube(folder, "tn.nc", {"tn": (10.0, "Celsius")})
    cube(folder, "tx.nc", {"tx": (30.0, "Celsius")}, step=0.5)
    cube(folder, "tg.nc", {"tg": (20.0, "Celsius")})
    heights = np.full((4, 4), 500.0)
    xr.Dataset(
        {"elevation": (("lat", "lon"), heights, {"units": "m"})},
        coords={"lat": [31.0, 32.0, 33.0, 34.0], "lon": [-8.0, -7.0, -6.0, -5.0]},
    ).to_netcdf(folder / "elev.nc")
    dataset = read_weather(folder, parcels=PARCELS)
    assert dict(dataset.sizes) == {"time": 3, "site": 2}
    by_height = dataset.isel(site=np.argsort(dataset["elevation_m"].values))
    assert by_height["tmax_c"].values[0].tolist() == pytest.approx([30.0, 23.5])
    assert by_height["elevation_m"].values.tolist() == [500.0, 1500.0]
    notes = dataset.attrs["notes"]
    assert "tg.nc: expected a weather variable such as tmin_c, got tg; rename it; left out" in notes
    assert "temperatures were moved" in notes


def test_a_file_of_rain_alone_goes_before_the_rain_of_others(tmp_path: Path) -> None:
    folder = cube(tmp_path / "mixed", "a_era5.nc", {"tn": (10.0, "degC"), "tx": (30.0, "degC"), "pr": (5.0, "mm")})
    cube(folder, "chirps.nc", {"precip": (7.0, "mm/day")}, first="2024-05-02", step=0.05)
    with xr.open_dataset(folder / "chirps.nc") as dataset:
        filled = dataset.load().copy(deep=True)
    filled["precip"][1] = -9999.0
    filled.to_netcdf(folder / "chirps.nc")
    dataset = read_weather(folder, parcels=PARCELS)
    assert dataset["rain_mm"].values[:, 0].tolist() == pytest.approx([5.0, 7.0, 5.0, 7.0])
    assert "mixed: rain_mm comes from chirps.nc, then a_era5.nc" in dataset.attrs["notes"]


def test_years_follow_each_other_and_a_pattern_names_them(tmp_path: Path) -> None:
    folder = cube(tmp_path / "years", "w_1.nc", {"tn": (10.0, "degC"), "tx": (30.0, "degC")})
    cube(folder, "w_2.nc", {"tn": (12.0, "degC"), "tx": (32.0, "degC")}, first="2024-05-06")
    cube(folder, "other.nc", {"tn": (1.0, "degC"), "tx": (2.0, "degC")})
    dataset = read_weather(folder / "w_*.nc", parcels=PARCELS)
    assert np.nan_to_num(dataset["tmin_c"].values[:, 0]).tolist() == pytest.approx([10, 10, 10, 0, 0, 12, 12, 12])


def test_folders_that_hold_no_weather_are_refused(tmp_path: Path) -> None:
    folder = cube(tmp_path / "one", "w.nc", {"tn": (10.0, "degC")})
    with pytest.raises(InputError, match="several are read only where parcels are known"):
        read_weather(folder)
    with pytest.raises(InputError, match="check the pattern"):
        read_weather(folder / "x*.nc", parcels=PARCELS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="expected a folder of NetCDF"):
        read_weather(tmp_path / "empty", parcels=PARCELS)
    static = tmp_path / "static"
    static.mkdir()
    xr.Dataset(
        {"elevation": (("lat", "lon"), np.zeros((2, 2)))}, coords={"lat": [32.0, 33.0], "lon": [-7.0, -6.0]}
    ).to_netcdf(static / "z.nc")
    with pytest.raises(InputError, match="heights only"):
        read_weather(static, parcels=PARCELS)


def test_a_grid_elsewhere_is_refused(tmp_path: Path) -> None:
    folder = cube(tmp_path / "one", "w.nc", {"tn": (10.0, "degC"), "tx": (20.0, "degC")})
    with pytest.raises(InputError, match=r"expected a grid around 48\.00\.\.48\.00 N"):
        read_weather(folder / "w.nc", parcels=[Parcel(id="p", crop="maize", latitude=48.0, longitude=2.0)])


def test_real_european_files_meet_at_the_parcels(shared_data: Path) -> None:
    alps = Parcel(id="alps", crop="apple", latitude=45.9, longitude=6.9, elevation_m=2000.0)
    plain = Parcel(id="plain", crop="wheat", latitude=50.85, longitude=4.35)
    dataset = read_weather(shared_data / "gridded" / "*_ens*.nc", parcels=[alps, plain])
    found = {str(name): dataset[name].values[0] for name in dataset.data_vars}
    assert {"tmin_c", "tmax_c", "rh_mean_percent", "radiation_mj_m2", "wind_2m_m_s"} <= found.keys()
    assert not any(np.isnan(values).any() for values in found.values())
    at = dataset["elevation_m"].values
    high, low = int(np.argmax(at)), int(np.argmin(at))
    assert at[high] == 2000.0
    assert found["tmax_c"][high] < found["tmax_c"][low]


def test_real_american_files_of_a_year(shared_data: Path) -> None:
    ranch = Parcel(id="ranch", crop="alfalfa", latitude=43.0, longitude=-116.0, timezone="America/Boise")
    folder = shared_data / "gridded"
    with xr.open_dataset(next(folder.glob("tmmn*.nc"))) as dataset:
        ranch = ranch.model_copy(
            update={"latitude": float(dataset["lat"].mean()), "longitude": float(dataset["lon"].mean())}
        )
    dataset = read_weather(folder / "*_2000__*.nc", parcels=[ranch])
    assert dict(dataset.sizes) == {"time": 366, "site": 1}
    assert -15.0 < float(dataset["tmin_c"].mean()) < float(dataset["tmax_c"].mean()) < 25.0
    assert 100.0 < float(dataset["rain_mm"].sum()) < 1500.0
