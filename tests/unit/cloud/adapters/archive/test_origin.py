"""Who said what stands in a weather file, and when."""

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cloud.adapters.archive.origin import forecast_moments, forecast_source, past_origin
from cloud.weather.read import read_weather

WRITTEN = datetime(2026, 5, 10, 12, tzinfo=UTC)
HEAD = "# latitude: 32.3\n# longitude: -6.4\n# elevation_m: 500\n"


def dated(path: Path) -> Path:
    os.utime(path, (WRITTEN.timestamp(), WRITTEN.timestamp()))
    return path


def past_cube(path: Path, *, told: bool = True, sites: int = 2) -> Path:
    days = np.array(["2026-05-01", "2026-05-02"], dtype="datetime64[ns]")
    order, shape = ("time", "site"), (2, sites)
    coordinates: dict[str, object] = {
        "time": days,
        "latitude": ("site", np.linspace(32.3, 32.4, sites)),
        "longitude": ("site", np.linspace(-6.4, -6.3, sites)),
        "elevation_m": ("site", np.full(sites, 500.0)),
    }
    if told:
        flags = {"flag_values": np.array([-1, 0, 1], dtype=np.int8), "flag_meanings": "none power archive"}
        source = np.array([[0, 1], [-1, 0]], dtype=np.int8)
        moments = np.array([["2026-05-03", "2026-05-04"], ["NaT", "2026-05-05"]], dtype="datetime64[ns]")
        coordinates |= {"source": (order, source, flags), "fetched_at": (order, moments)}
    values = {
        "tmin_c": (order, np.full(shape, 10.0) + np.arange(2)[:, None], {"units": "degC"}),
        "tmax_c": (order, np.full(shape, 25.0) + np.arange(2)[:, None], {"units": "degC"}),
    }
    xr.Dataset(values, coords=coordinates).to_netcdf(path)
    return dated(path)


def test_a_fetched_cube_tells_every_day(tmp_path: Path) -> None:
    path = past_cube(tmp_path / "past.nc")
    found = past_origin(path, read_weather(path))
    assert found.source.tolist() == [["power", "archive"], ["none", "power"]]
    assert found.fetched_at[0, 1] == np.datetime64("2026-05-04")
    assert np.isnat(found.fetched_at[1, 0])


def test_a_cube_that_does_not_tell_is_its_own_source(tmp_path: Path) -> None:
    path = past_cube(tmp_path / "station.nc", told=False)
    found = past_origin(path, read_weather(path))
    assert np.unique(found.source).tolist() == ["station.nc"]
    assert (found.fetched_at == np.datetime64("2026-05-10T12:00:00")).all()


def test_a_fetched_table_tells_every_row(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    rows = (
        "2026-05-01,10,25,power,2026-05-03T01:00:00+01:00",
        "2026-05-02,11,26,archive,2026-05-04T06:00:00+00:00",
        "2026-05-03,12,27,archive,not a time",
    )
    path.write_text(HEAD + "date,tmin_c,tmax_c,source,fetched_at\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = past_origin(dated(path), read_weather(path))
    assert found.source[:, 0].tolist() == ["power", "archive", "past.csv"]
    assert found.fetched_at[0, 0] == np.datetime64("2026-05-03T00:00:00")
    assert found.fetched_at[2, 0] == np.datetime64("2026-05-10T12:00:00")


def test_a_table_of_the_operator_is_its_own_source(tmp_path: Path) -> None:
    path = tmp_path / "station.csv"
    path.write_text(HEAD + "date,tmin_c,tmax_c\n2026-05-01,10,25\n2026-05-02,11,26\n", encoding="utf-8")
    found = past_origin(dated(path), read_weather(path))
    assert found.source[:, 0].tolist() == ["station.csv", "station.csv"]
    assert found.fetched_at.shape == (2, 1)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"source": "open-meteo-ensemble", "model": "ifs"}, "open-meteo-ensemble ifs"),
        ({"source": "open-meteo"}, "open-meteo"),
        ({}, "ahead.nc"),
    ],
)
def test_forecasts_of_one_model_belong_together(tmp_path: Path, attributes: dict[str, str], expected: str) -> None:
    path = tmp_path / "ahead.nc"
    xr.Dataset(attrs=attributes).to_netcdf(path)
    assert forecast_source(path) == expected


def test_a_table_says_its_source_in_a_comment_and_others_by_their_name(tmp_path: Path) -> None:
    named, plain = tmp_path / "named.csv", tmp_path / "plain.csv"
    named.write_text("# source: open-meteo\ndate\n", encoding="utf-8")
    plain.write_text("date\n", encoding="utf-8")
    assert forecast_source(named) == "open-meteo"
    assert forecast_source(plain) == "plain.csv"
    assert forecast_source(tmp_path / "ens.grib2") == "ens.grib2"


def test_every_site_of_a_forecast_was_told_at_its_issue() -> None:
    dataset = xr.Dataset(coords={"site": [0, 1, 2]}, attrs={"issued_at": "2026-05-10T18:00:00.000000000"})
    assert forecast_moments(dataset).tolist() == [datetime(2026, 5, 10, 18)] * 3  # noqa: DTZ001 -- as numpy gives it
