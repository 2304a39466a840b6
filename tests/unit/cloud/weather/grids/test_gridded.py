from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError, MissingDataError, UnitError
from cloud.records import Parcel
from cloud.weather.forcing import forcing_for, forecast_for
from cloud.weather.forecast import read_forecast
from cloud.weather.read import read_weather

DAYS = np.array(["2024-05-01", "2024-05-02", "2024-05-03"], dtype="datetime64[ns]")


def parcel(latitude: float, longitude: float) -> Parcel:
    return Parcel(id=f"{latitude}", crop="olive", latitude=latitude, longitude=longitude)


def saved(path: Path, variables: dict[str, tuple[Any, ...]], coordinates: dict[str, Any]) -> Path:
    dataset = xr.Dataset(variables, coords=coordinates)
    if path.suffix == ".zarr":
        dataset.to_zarr(path, zarr_format=2)
    else:
        dataset.to_netcdf(path)
    return path


def grid(value: float, units: str, **more: str) -> tuple[tuple[str, ...], np.ndarray, dict[str, str]]:
    return ("time", "lat", "lon"), np.full((3, 2, 2), value), {"units": units, **more}


PLACES = {"time": DAYS, "lat": [32.0, 33.0], "lon": [-7.0, -6.0]}


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_cf_grid_is_converted_and_parcels_take_the_nearest_cell(tmp_path: Path, suffix: str) -> None:
    variables = {
        "tn": grid(285.15, "K"),
        "tx": grid(300.15, "K"),
        "pr": grid(1.0 / 86400.0, "kg m-2 s-1"),
        "rsds": grid(231.481481, "W m-2"),
        "sfcWind": grid(3.2, "m s-1"),
        "d2m": grid(10.0, "degC"),
        "colour": grid(1.0, "1"),
    }
    variables["tx"][1][:, 1, 1] += 5.0
    dataset = read_weather(saved(tmp_path / f"cube{suffix}", variables, PLACES))
    assert dict(dataset.sizes) == {"time": 3, "site": 4}
    means = {name: float(dataset[name].values[0, 0]) for name in dataset.data_vars}
    assert means == pytest.approx(
        {
            "tmin_c": 12.0,
            "tmax_c": 27.0,
            "rain_mm": 1.0,
            "radiation_mj_m2": 20.0,
            "wind_2m_m_s": 3.2 * 0.748,
            "dewpoint_c": 10.0,
        },
        abs=0.01,
    )
    assert "colour" in dataset.attrs["notes"]
    forcing = forcing_for([parcel(32.1, -6.9), parcel(32.9, -6.1)], dataset)
    assert forcing.tmax_c[0].tolist() == pytest.approx([27.0, 32.0])
    assert forcing.et0_method is not None
    assert set(forcing.et0_method.ravel()) == {"full Penman-Monteith"}
    assert (forcing.et0_mm[:, 1] > forcing.et0_mm[:, 0]).all()


def test_standard_names_and_sites_are_understood(tmp_path: Path) -> None:
    attributes = {"standard_name": "air_temperature", "units": "degC"}
    variables = {
        "a": (("time", "station"), np.full((3, 2), 11.0), {**attributes, "cell_methods": "time: minimum"}),
        "b": (("time", "station"), np.full((3, 2), 25.0), {**attributes, "cell_methods": "time: maximum"}),
        "c": (("time", "station"), np.full((3, 2), 18.0), attributes),
        "wind": (
            ("time", "station"),
            np.full((3, 2), 2.0),
            {"standard_name": "wind_speed", "units": "km/h", "height_m": "2"},
        ),
    }
    coordinates = {
        "time": DAYS,
        "lat": ("station", [32.0, 33.0]),
        "lon": ("station", [-6.0, -7.0]),
        "elevation": ("station", [500.0, 600.0]),
    }
    dataset = read_weather(saved(tmp_path / "sites.nc", variables, coordinates))
    assert set(dataset.data_vars) == {"tmin_c", "tmax_c", "wind_2m_m_s"}
    assert dataset["elevation_m"].values.tolist() == [500.0, 600.0]
    assert float(dataset["wind_2m_m_s"].values[0, 0]) == pytest.approx(2.0 / 3.6)


@pytest.mark.parametrize(
    ("variables", "error", "what"),
    [
        ({"tx": grid(300.0, "")}, UnitError, "no units attribute"),
        ({"tx": grid(300.0, "furlong")}, UnitError, "furlong"),
        ({"tx": grid(300.0, "degC")}, UnitError, "kelvin"),
        ({"wind": grid(3.0, "m s-1", standard_name="wind_speed")}, UnitError, "height_m"),
        ({"colour": grid(3.0, "1")}, InputError, "weather variable"),
    ],
)
def test_a_cube_that_does_not_say_its_units_is_refused(
    tmp_path: Path, variables: dict[str, tuple[Any, ...]], error: type[InputError], what: str
) -> None:
    with pytest.raises(error, match=what):
        read_weather(saved(tmp_path / "cube.nc", variables, PLACES))


def test_shapes_that_cannot_be_placed_are_refused(tmp_path: Path) -> None:
    lost = {"tx": (("time", "y"), np.zeros((3, 2)), {"units": "degC"})}
    with pytest.raises(InputError, match="dimensions site"):
        read_weather(saved(tmp_path / "lost.nc", lost, {"time": DAYS}))
    timeless = {"tx": (("lat", "lon"), np.zeros((2, 2)), {"units": "degC"})}
    with pytest.raises(InputError, match="dimension time"):
        read_weather(saved(tmp_path / "still.nc", timeless, {"lat": [1.0, 2.0], "lon": [1.0, 2.0]}))
    hours = np.array(["2024-05-01T00", "2024-05-01T06", "2024-05-02T00"], dtype="datetime64[ns]")
    with pytest.raises(InputError, match="aggregate"):
        read_weather(saved(tmp_path / "hours.nc", {"tx": grid(20.0, "degC")}, {**PLACES, "time": hours}))
    placeless = {"tx": (("time", "site"), np.zeros((3, 1)), {"units": "degC"})}
    with pytest.raises(InputError, match="latitude and longitude of every site"):
        read_weather(saved(tmp_path / "placeless.nc", placeless, {"time": DAYS}))


def test_a_file_that_is_no_cube_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got none"):
        read_weather(tmp_path / "none.nc")
    wrong = tmp_path / "wrong.nc"
    wrong.write_text("hello")
    with pytest.raises(
        InputError, match="expected NetCDF or Zarr, got a file that no reader of them understands; check"
    ):
        read_weather(wrong)


def test_a_calendar_without_leap_days_leaves_the_29th_unknown(tmp_path: Path) -> None:
    times = xr.date_range("2024-02-27", periods=4, freq="D", calendar="noleap", use_cftime=True)
    variables = {"tx": (("time", "lat", "lon"), np.full((4, 2, 2), 20.0), {"units": "degC"})}
    path = saved(tmp_path / "model.nc", variables, {**PLACES, "time": times})
    dataset = read_weather(path)
    assert [str(day)[5:10] for day in dataset["time"].values] == ["02-27", "02-28", "02-29", "03-01", "03-02"]
    assert np.isnan(dataset["tmax_c"].values[:, 0]).tolist() == [False, False, True, False, False]


def test_packed_values_fills_and_longitudes_of_a_full_circle(tmp_path: Path) -> None:
    values = np.array([10.0, 12.0, np.nan, 14.0, 11.0, 12.0] * 2).reshape(3, 2, 2)
    dataset = xr.Dataset(
        {"tx": (("time", "lat", "lon"), values, {"units": "degC"})},
        coords={"time": DAYS, "lat": [33.0, 32.0], "lon": [353.0, 354.0]},
    )
    dataset["precip"] = (("time", "lat", "lon"), np.where(np.isnan(values), -9999.0, 2.0), {"units": "mm/day"})
    packed = {"tx": {"dtype": "int16", "scale_factor": 0.01, "add_offset": 5.0, "_FillValue": -32768}}
    dataset.to_netcdf(tmp_path / "packed.nc", encoding=packed)
    found = read_weather(tmp_path / "packed.nc", parcels=[parcel(32.9, -6.9)])
    (place,) = np.flatnonzero(found["latitude"].values == 32.9)
    assert found["longitude"].values.tolist() == [-6.9]
    # Of the four cells 10 12 / nan 14: .81 10 + .09 12 + .01 14, made whole by .91.
    assert float(found["tmax_c"].values[0, place]) == pytest.approx(9.32 / 0.91, abs=0.02)
    assert float(found["rain_mm"].values[0, place]) == 2.0


def test_a_value_outside_its_bounds_is_set_aside_and_told(tmp_path: Path) -> None:
    values = np.full((3, 5, 4), 20.0)
    values[1, 2, 3] = 88.0
    places = {"time": DAYS, "lat": np.linspace(30.0, 34.0, 5), "lon": np.linspace(-8.0, -5.0, 4)}
    dataset = read_weather(
        saved(tmp_path / "cube.nc", {"tx": (("time", "lat", "lon"), values, {"units": "degC"})}, places)
    )
    assert int(np.isnan(dataset["tmax_c"].values).sum()) == 1
    assert dataset.attrs["problems"] == (
        "cube.nc: tmax_c: expected -35 to 60 degC, got 88 in 1 of 60 values; taken as missing"
    )


def test_who_gave_a_day_and_how_sure_travel_along(tmp_path: Path) -> None:
    variables = {
        "et0_mm": (("time", "site"), np.full((3, 1), 4.0), {"units": "mm"}),
        "et0_mm_sigma": (("time", "site"), np.full((3, 1), 0.4), {"units": "mm"}),
    }
    coordinates = {
        "time": DAYS,
        "latitude": ("site", [32.0]),
        "longitude": ("site", [-6.0]),
        "source": (("time", "site"), np.array([[0], [1], [1]]), {"flag_meanings": "a b"}),
    }
    dataset = read_weather(saved(tmp_path / "blended.nc", variables, coordinates))
    assert dataset["source"].values[:, 0].tolist() == [0, 1, 1]
    assert dataset["et0_mm_sigma"].values[0, 0] == 0.4
    assert list(dataset.data_vars) == ["et0_mm"]


def test_a_lone_point_is_one_site_and_missing_days_are_unknown(tmp_path: Path) -> None:
    days = np.array(["2024-05-01", "2024-05-04"], dtype="datetime64[ns]")
    variables = {"tx": (("time",), np.array([20.0, 21.0]), {"units": "degC"})}
    dataset = read_weather(saved(tmp_path / "point.nc", variables, {"time": days, "lat": 32.0, "lon": -6.0}))
    assert dict(dataset.sizes) == {"time": 4, "site": 1}
    assert int(np.isnan(dataset["tmax_c"].values).sum()) == 2


@pytest.mark.parametrize("lead", [[1, 2, 3], np.array([1, 2, 3], dtype="timedelta64[D]").astype("timedelta64[ns]")])
def test_the_newest_usable_issue_of_a_forecast_cube(tmp_path: Path, lead: Any) -> None:  # noqa: ANN401 -- days or numbers
    values = np.zeros((2, 3, 4, 1)) + np.array([20.0, 25.0])[:, None, None, None]
    dimensions = ("issued_at", "lead", "member", "site")
    coordinates = {
        "issued_at": np.array(["2024-05-01", "2024-05-05"], dtype="datetime64[ns]"),
        "lead": lead,
        "latitude": ("site", [32.0]),
        "longitude": ("site", [-6.0]),
    }
    variables = {
        "tmax_c": (dimensions, values, {"units": "degC"}),
        "tmin_c": (dimensions, values - 10.0, {"units": "degC"}),
    }
    path = saved(tmp_path / "forecast.nc", variables, coordinates)
    dataset = read_forecast(path, date(2024, 5, 4))
    assert dict(dataset.sizes) == {"time": 3, "member": 4, "site": 1}
    assert str(dataset["time"].values[0])[:10] == "2024-05-02"
    assert float(dataset["tmax_c"].values.max()) == 20.0
    assert forecast_for([parcel(32.0, -6.0)], dataset).et0_mm.shape == (3, 1, 4)
    assert float(read_forecast(path, date(2024, 5, 5))["tmax_c"].values.max()) == 25.0
    with pytest.raises(MissingDataError, match="not after 2024-04-01"):
        read_forecast(path, date(2024, 4, 1))


def test_a_forecast_cube_without_members_has_one(tmp_path: Path) -> None:
    variables = {"rain_mm": (("issued_at", "lead", "site"), np.ones((1, 2, 1)), {"units": "mm"})}
    coordinates = {
        "issued_at": DAYS[:1],
        "lead": [1, 2],
        "latitude": ("site", [32.0]),
        "longitude": ("site", [-6.0]),
    }
    dataset = read_forecast(saved(tmp_path / "single.nc", variables, coordinates), date(2024, 5, 1))
    assert dict(dataset.sizes) == {"time": 2, "member": 1, "site": 1}
    with pytest.raises(InputError, match="dimension issued_at"):
        read_forecast(saved(tmp_path / "cube.nc", {"tx": grid(20.0, "degC")}, PLACES), date(2024, 5, 1))


def test_real_european_grids(shared_data: Path) -> None:
    for stem, variable, low, high in (
        ("tn", "tmin_c", 5, 20),
        ("qq", "radiation_mj_m2", 5, 32),
        ("fg", "wind_2m_m_s", 1, 6),
    ):
        path = next((shared_data / "gridded").glob(f"{stem}_ens*.nc"))
        values = read_weather(path)[variable].values
        assert low < float(np.nanmean(values)) < high
