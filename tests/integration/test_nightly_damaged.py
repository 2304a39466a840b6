"""Nights beside damaged states and archives: every verdict and message, and one line that says what is damaged."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from cloud.adapters.state_ladder import FOLDER
from tests.office import cloud, feature, furnish, new_office, store_of, write_farm
from tests.synthetic_season import write_ahead, write_past

FIRST = date(2026, 6, 4)
SECOND = FIRST + timedelta(days=1)
NEWEST = "2026-06-03.nc"


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """An office after its first night."""
    data = new_office(tmp_path)
    furnish(data)
    assert night(data, FIRST)[0] == 0
    return data


def night(data: Path, day: date) -> tuple[int, str, str]:
    write_past(data / "past.csv", day - timedelta(days=1))
    write_ahead(data / "ahead.csv", day)
    done = cloud("nightly", "--data", data, "--day", day)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def verdicts(data: Path, day: date) -> list[str]:
    with store_of(data) as store:
        return [verdict.digest() for verdict in store.verdicts(day)]


def changed(write: Callable[[netCDF4.Dataset], None]) -> Callable[[Path], None]:
    """A state changed in place, with checksums that hold."""

    def damage(folder: Path) -> None:
        with netCDF4.Dataset(folder / NEWEST, "a") as state:
            write(state)

    return damage


def value(name: str, number: float) -> Callable[[Path], None]:
    def write(state: netCDF4.Dataset) -> None:
        state[name][:] = number

    return changed(write)


def attribute(name: str, content: object) -> Callable[[Path], None]:
    return changed(lambda state: state.setncattr(name, content))


def text(name: str, content: str) -> Callable[[Path], None]:
    def write(state: netCDF4.Dataset) -> None:
        state[name][0] = content

    return changed(write)


def cut(folder: Path) -> None:
    (folder / NEWEST).write_bytes((folder / NEWEST).read_bytes()[:5000])


def misnamed(folder: Path) -> None:
    (folder / NEWEST).rename(folder / "2026-06-02.nc")


TOLD: dict[str, Callable[[Path], object]] = {
    "cut": cut,
    "a folder": lambda folder: (folder / "2026-06-02.nc").mkdir(),
    "a link to nothing": lambda folder: (folder / "2026-06-02.nc").symlink_to(folder / "gone"),
    "no version": changed(lambda state: state.delncattr("code_version")),
    "format in words": attribute("seguia_state_format", "abc"),
    "two formats": attribute("seguia_state_format", np.array([1, 1])),
    "no seed": attribute("seed", "none"),
    "no roots": value("water_root_depth_m", 0.0),
    "roots upwards": value("water_root_depth_m", -1.0),
    "water unknown": value("water_depletion_mm", np.nan),
    "water without end": value("water_depletion_mm", np.inf),
    "water of the sea": value("depletion_mm", 1e300),
    "sources that are none": text("sources", "junk{"),
    "a month that is none": text("lived_months", "2026-99"),
}
UNTOLD: dict[str, Callable[[Path], object]] = {
    "of another day": misnamed,
    "no day": lambda folder: (folder / "2026-02-30.nc").write_bytes(b"x"),
    "foreign digits": lambda folder: (folder / "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0661.nc").write_bytes(
        b"x"
    ),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the second night says when nothing is damaged."""
    data = new_office(tmp_path_factory.mktemp("whole"))
    furnish(data)
    for day in (FIRST, SECOND):
        assert night(data, day)[0] == 0
    return verdicts(data, SECOND)


@pytest.mark.parametrize("name", [*TOLD, *UNTOLD])
def test_a_damaged_state_costs_time_and_nothing_else(name: str, office: Path, whole: list[str]) -> None:
    (TOLD | UNTOLD)[name](office / FOLDER)
    code, out, err = night(office, SECOND)
    assert verdicts(office, SECOND) == whole
    assert (code, "seguia cloud nightly: 2026-06-0" in err) == ((1, True) if name in TOLD else (0, False)), err
    assert "Traceback" not in err
    assert "messages queued: 2" in out
    assert (office / FOLDER / "2026-06-04.nc").is_file()


def test_a_damaged_state_of_a_season_that_ended_stands_in_nobodys_way(office: Path) -> None:
    seasons = office / FOLDER / "seasons"
    seasons.mkdir()
    half = (office / FOLDER / NEWEST).read_bytes()[:20_000]
    (seasons / NEWEST).write_bytes(half)
    farm = write_farm(office / "farm.geojson", feature("one", -6.4, planted_on="2026-06-05"), feature("two", -6.39))
    assert cloud("import", "--data", office, "--parcels", farm).exit_code == 0
    told = []
    for number in (1, 2, 3):
        day = FIRST + timedelta(days=number)
        code, out, err = night(office, day)
        assert len(verdicts(office, day)) == 2
        assert "messages queued: " in out
        told.append((code, f"{NEWEST}: expected a water state" in err))
    assert told[0][0] == 1
    assert (1, True) in told
    assert told[-1] == (0, False)
    assert (seasons / NEWEST).stat().st_size > 20_000
    assert (seasons / f"{NEWEST}.damaged").read_bytes() == half


def cut_chunk(store: Path) -> None:
    chunk = next(one for one in sorted((store / "fetched_at" / "c").rglob("*")) if one.is_file())
    chunk.write_bytes(chunk.read_bytes()[:5])


ARCHIVES: dict[str, Callable[[Path], object]] = {
    "its description cut": lambda store: (store / "zarr.json").write_text('{"zarr_fo', encoding="utf-8"),
    "an array's description cut": lambda store: (store / "tmin_c" / "zarr.json").write_text('{"x"', encoding="utf-8"),
    "a chunk cut": cut_chunk,
    "its days gone": lambda store: shutil.rmtree(store / "time"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_damaged_archive_leaves_the_forecast_as_it_was_issued(name: str, office: Path, whole: list[str]) -> None:
    assert cloud("weather", "archive", "--data", office).exit_code == 0
    ARCHIVES[name](office / "weather-archive" / "past.zarr")
    code, out, err = night(office, SECOND)
    assert code == 1, err
    assert "past.zarr: expected a weather archive" in err
    assert "the forecast is used as it was issued" in err
    assert verdicts(office, SECOND) == whole
    assert "messages queued: 2" in out
    again = cloud("weather", "archive", "--data", office)
    assert isinstance(again.exception, SystemExit) or again.exit_code in {0, 1}, again.exception
