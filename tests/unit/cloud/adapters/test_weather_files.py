"""Weather files: refused targets, unwritable folders, files of others."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cloud.adapters.weather_files import check_target, sources_of, write_weather
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.weather.read import read_weather
from cloud.weather.services.cubes import past_cube
from cloud.weather.services.gather_past import PastDays
from cloud.weather.services.request import Place

AS_OF = datetime(2026, 6, 9, 19, 30, tzinfo=UTC)
PLACE = Place(latitude=32.3, longitude=-6.4, timezone="Africa/Casablanca")


@pytest.fixture
def cube() -> xr.Dataset:
    days = np.array(["2026-06-07", "2026-06-08"], dtype="datetime64[D]")
    past = PastDays(
        days=days,
        values={"tmin_c": np.array([[10.123456], [np.nan]]), "tmax_c": np.array([[20.0], [np.nan]])},
        elevation_m=np.array([np.nan]),
        source=np.array([[1], [-1]], dtype=np.int8),
        fetched_at=np.array([["2026-06-09T19:30:00"], ["NaT"]], dtype="datetime64[s]"),
        problems=(),
    )
    return past_cube(past, [PLACE], ["nasa-power", "open-meteo-archive"])


def test_a_csv_names_its_place_its_source_and_the_age_of_every_day(cube: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "new" / "past.csv"
    write_weather(path, cube, AS_OF)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "# latitude: 32.3",
        "# longitude: -6.4",
        "# source: nasa-power, open-meteo-archive",
        "# attribution: NASA Langley Research Center POWER Project; Weather data by Open-Meteo.com (CC BY 4.0)",
        "date,tmin_c,tmax_c,source,fetched_at",
        "2026-06-07,10.1235,20,open-meteo-archive,2026-06-09T19:30:00+00:00",
        "2026-06-08,,,none,",
    ]
    assert path.stat().st_mtime == AS_OF.timestamp()
    assert sources_of(path) == {"none": 1, "open-meteo-archive": 1}


def test_a_cube_reads_back_as_it_was_written(cube: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "past.nc"
    write_weather(path, cube, AS_OF)
    again = read_weather(path)
    np.testing.assert_allclose(again["tmin_c"].values, cube["tmin_c"].values)
    assert again.attrs["notes"] == ""
    assert sources_of(path) == {"none": 1, "open-meteo-archive": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["past.nc"]


def test_files_of_others_have_no_sources(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("date,tmin_c\n2026-06-01,3\n", encoding="utf-8")
    xr.Dataset({"tmin_c": ("time", [1.0])}).to_netcdf(tmp_path / "a.nc")
    assert sources_of(tmp_path / "a.csv") == sources_of(tmp_path / "a.nc") == {}


@pytest.mark.parametrize(("name", "places"), [("past.zarr", 1), ("past.csv", 2), ("past", 1)])
def test_a_target_that_cannot_hold_the_weather_is_refused(name: str, places: int) -> None:
    with pytest.raises(ConfigurationError, match=r"name a \.nc file"):
        check_target(Path(name), places)
    check_target(Path("past.NC"), places)


@pytest.mark.parametrize("name", ["past.csv", "past.nc"])
def test_a_folder_that_cannot_be_written_is_told(name: str, cube: xr.Dataset, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ServiceUnavailableError, match="the weather cannot be written"):
        write_weather(tmp_path / name, cube, AS_OF)
    assert [one.name for one in tmp_path.iterdir()] == [name]
