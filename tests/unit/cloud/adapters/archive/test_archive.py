"""The archive on disk: what is kept, read back by the contract's readers, told again, and cut off after a crash."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.adapters.archive.cube import Cube, Kept, seconds_of
from cloud.adapters.archive.forecasts import ForecastArchive
from cloud.adapters.archive.past import LAYOUT, Origin, PastArchive
from cloud.errors import InputError, ServiceUnavailableError
from cloud.weather.forecast import read_forecast
from cloud.weather.read import read_weather
from cloud.weather.scrutiny.quality import Quality, quality_of, with_quality

NOON = datetime(2026, 5, 10, 12, tzinfo=UTC)
SITES = {
    "latitude": ("site", [32.3, 32.4]),
    "longitude": ("site", [-6.4, -6.3]),
    "elevation_m": ("site", [500.0, np.nan]),
}


def days_from(first: str, count: int) -> np.ndarray:
    return np.arange(np.datetime64(first, "D"), np.datetime64(first, "D") + count).astype("datetime64[ns]")


def forecast(issued_at: str, *, warmer_c: float = 0.0, days: int = 3, members: int = 2) -> xr.Dataset:
    place = np.arange(days * members * 2, dtype=np.float64).reshape(days, members, 2)
    order = ("time", "member", "site")
    return xr.Dataset(
        {
            "tmin_c": (order, 10.0 + warmer_c + place / 10.0),
            "tmax_c": (order, 25.0 + warmer_c + place / 10.0),
            "rain_mm": (order, place),
        },
        coords={"time": days_from(issued_at[:10], days), "member": np.arange(members), **SITES},
        attrs={"issued_at": issued_at},
    )


def past(first: str, count: int, *, tmax_c: float = 25.0) -> xr.Dataset:
    order, shape = ("time", "site"), (count, 2)
    return xr.Dataset(
        {
            "tmin_c": (order, np.full(shape, 10.0)),
            "tmax_c": (order, np.full(shape, tmax_c)),
            "rain_mm": (order, np.full(shape, 0.5)),
        },
        coords={"time": days_from(first, count), **SITES},
    )


def told(dataset: xr.Dataset, source: str, at: datetime) -> Origin:
    shape = (dataset.sizes["time"], dataset.sizes["site"])
    moment = np.datetime64(at.replace(tzinfo=None), "s")
    return Origin(source=np.full(shape, source), fetched_at=np.full(shape, moment))


def moments(dataset: xr.Dataset) -> np.ndarray:
    return np.full(dataset.sizes["site"], np.datetime64(str(dataset.attrs["issued_at"])[:19], "s"))


def keep(archive: ForecastArchive, dataset: xr.Dataset, source: str = "model") -> Kept:
    return archive.keep(dataset, source, moments(dataset))


def test_a_forecast_comes_back_through_the_reader_of_the_contract(tmp_path: Path) -> None:
    archive = ForecastArchive(tmp_path)
    said = forecast("2026-05-10T18:00:00")
    assert keep(archive, said).new == 1
    back = read_forecast(tmp_path / "forecasts.zarr", date(2026, 5, 11))
    assert back.attrs["issued_at"].startswith("2026-05-10T18:00:00")
    assert back.attrs["problems"] == ""
    assert back.attrs["notes"] == ""
    for name in said.data_vars:
        np.testing.assert_allclose(back[name].values, said[name].values, rtol=1e-6)
    assert back["time"].values.astype("datetime64[D]").tolist() == said["time"].values.astype("datetime64[D]").tolist()
    assert back["latitude"].values.tolist() == [32.3, 32.4]


def test_units_and_names_are_those_of_the_cf_conventions(tmp_path: Path) -> None:
    keep(ForecastArchive(tmp_path), forecast("2026-05-10T18:00:00"))
    with xr.open_zarr(tmp_path / "forecasts.zarr", consolidated=False) as dataset:
        assert dataset.attrs["Conventions"] == "CF-1.11"
        assert dataset["tmin_c"].attrs["standard_name"] == "air_temperature"
        assert dataset["tmin_c"].attrs["cell_methods"] == "time: minimum"
        assert dataset["rain_mm"].attrs["units"] == "mm"
        assert dataset["issued_at"].dtype.kind == "M"
        assert set(dataset.coords) >= {"latitude", "longitude", "source", "fetched_at", "lead", "member"}
        assert dataset["source"].attrs["flag_meanings"] == "model"
        assert dataset["fetched_at"].dims == ("issued_at", "site")


def test_the_same_forecast_is_kept_once_and_each_source_by_itself(tmp_path: Path) -> None:
    archive = ForecastArchive(tmp_path)
    said = forecast("2026-05-10T18:00:00")
    assert [keep(archive, said).new, keep(archive, said).new, keep(archive, said, "other model").new] == [1, 0, 1]
    keep(archive, forecast("2026-05-09T18:00:00", warmer_c=1.0))
    ours = archive.read("model")
    assert ours is not None
    assert ours["issued_at"].values.astype("datetime64[D]").astype(str).tolist() == ["2026-05-09", "2026-05-10"]
    other = archive.read("other model")
    assert other is not None
    assert other.sizes["issued_at"] == 1
    every = archive.read()
    assert every is not None
    assert every.sizes["issued_at"] == 3
    assert archive.read("nobody") is None
    assert ForecastArchive(tmp_path / "empty").read() is None


def test_statistics_are_those_of_the_members_and_what_they_lack_is_added(tmp_path: Path) -> None:
    archive = ForecastArchive(tmp_path)
    said = forecast("2026-05-10T18:00:00")
    keep(archive, said)
    shutil.rmtree(tmp_path / "statistics.zarr")
    assert archive.statistics("model") is None
    keep(archive, forecast("2026-05-11T18:00:00"), "other")
    found = archive.statistics("model")
    assert found is not None
    assert dict(found.sizes) == {"issued_at": 1, "lead": 3, "site": 2}
    np.testing.assert_allclose(found["tmin_c_mean"].values[0], said["tmin_c"].values.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found["rain_mm_wet_fraction"].values[0, 0], [0.5, 1.0])
    assert found["latitude"].values.tolist() == [32.3, 32.4]


def test_places_members_and_days_may_come_later(tmp_path: Path) -> None:
    archive = ForecastArchive(tmp_path)
    keep(archive, forecast("2026-05-10T18:00:00"))
    wider = forecast("2026-05-11T18:00:00", days=5, members=3)
    keep(archive, wider.assign_coords(latitude=("site", [32.4, 33.0]), longitude=("site", [-6.3, -6.0])))
    both = archive.read()
    assert both is not None
    assert dict(both.sizes) == {"issued_at": 2, "lead": 5, "member": 3, "site": 3}
    assert both["lead"].values.tolist() == [0, 1, 2, 3, 4]
    first = both["rain_mm"].isel(issued_at=0).values
    assert np.isnan(first[3:]).all()
    assert np.isnan(first[:, 2]).all()
    assert np.isnan(first[:, :, 2]).all()
    assert first[0, 0, :2].tolist() == [0.0, 1.0]
    second = both["rain_mm"].isel(issued_at=1).values
    assert np.isnan(second[:, :, 0]).all()
    assert second[0, 0, 1:].tolist() == [0.0, 1.0]


def test_days_before_the_issue_are_no_forecast(tmp_path: Path) -> None:
    archive = ForecastArchive(tmp_path)
    said = forecast("2026-05-10T01:00:00", days=4)
    keep(archive, said.assign_coords(time=days_from("2026-05-09", 4)))
    kept = archive.read()
    assert kept is not None
    assert kept["lead"].values.tolist() == [0, 1, 2]
    assert kept["rain_mm"].values[0, 0, 0, 0] == said["rain_mm"].values[1, 0, 0]


def test_past_days_come_back_with_source_age_and_quality(tmp_path: Path) -> None:
    archive = PastArchive(tmp_path)
    days = past("2026-05-01", 4)
    days["rain_mm"][1, 0] = np.nan
    flags = np.full((4, 2), Quality.MEASURED, dtype=np.int8)
    flags[1, 0] = Quality.SET_ASIDE
    kept = archive.keep(with_quality(days, {"rain_mm": flags}), told(days, "power", NOON), NOON)
    assert (kept.new, kept.revised, kept.told) == (8, 0, ())
    back = archive.read()
    assert back is not None
    assert quality_of(back, "rain_mm")[1].tolist() == [Quality.SET_ASIDE, Quality.MEASURED]
    assert back["source"].attrs["flag_meanings"] == "power"
    assert (back["fetched_at"].values == np.datetime64("2026-05-10T12:00:00")).all()
    read = read_weather(tmp_path / "past.zarr")
    assert read.sizes == {"time": 4, "site": 2}
    assert read["tmax_c"].values.tolist() == days["tmax_c"].values.tolist()
    assert PastArchive(tmp_path / "empty").read() is None


def test_a_revised_day_keeps_what_was_known_before(tmp_path: Path) -> None:
    archive = PastArchive(tmp_path)
    first = past("2026-05-01", 3)
    archive.keep(first, told(first, "recent", NOON), NOON)
    later = past("2026-05-02", 3, tmax_c=28.0)
    moment = NOON + timedelta(days=2)
    kept = archive.keep(later, told(later, "power", moment), moment)
    assert (kept.new, kept.revised) == (2, 4)
    now, then = archive.read(), archive.read(NOON + timedelta(days=1))
    assert now is not None
    assert then is not None
    assert now["tmax_c"].values[:, 0].tolist() == [25.0, 28.0, 28.0, 28.0]
    assert then["tmax_c"].values[:3, 0].tolist() == [25.0, 25.0, 25.0]
    assert np.isnan(then["tmax_c"].values[3]).all()
    before = archive.read(NOON - timedelta(days=1))
    assert before is not None
    assert np.isnan(before["tmax_c"].values).all()
    with xr.open_zarr(tmp_path / "revisions.zarr", consolidated=False) as revisions:
        assert revisions.sizes["revision"] == 4
        assert (revisions["superseded_at"].values == np.datetime64("2026-05-12T12:00:00")).all()
        assert revisions["tmax_c"].values.tolist() == [25.0] * 4


def test_the_same_days_again_and_older_answers_change_nothing(tmp_path: Path) -> None:
    archive = PastArchive(tmp_path)
    days = past("2026-05-01", 3)
    archive.keep(days, told(days, "power", NOON), NOON)
    again = archive.keep(days, told(days, "power", NOON + timedelta(hours=3)), NOON)
    older = past("2026-05-01", 3, tmax_c=20.0)
    stale = archive.keep(older, told(older, "recent", NOON - timedelta(days=1)), NOON)
    assert (again.new, again.revised, stale.new, stale.revised) == (0, 0, 0, 0)
    known = archive.read()
    assert known is not None
    assert (known["tmax_c"].values == 25.0).all()


def test_earlier_days_and_days_that_nobody_knew_find_their_place(tmp_path: Path) -> None:
    archive = PastArchive(tmp_path)
    late = past("2026-05-05", 2)
    for name in late.data_vars:
        late[name][1] = np.nan
    assert archive.keep(late, told(late, "power", NOON), NOON).new == 2
    early = past("2026-05-01", 6, tmax_c=22.0)
    kept = archive.keep(early, told(early, "power", NOON + timedelta(hours=1)), NOON)
    assert (kept.new, kept.revised) == (10, 2)
    known = archive.read()
    assert known is not None
    assert known["time"].values.astype("datetime64[D]").astype(str).tolist() == [f"2026-05-0{n}" for n in range(1, 7)]
    assert (known["tmax_c"].values == 22.0).all()


class _StoppedError(Exception):
    pass


@pytest.fixture
def stop_after(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The number of writes that still succeed; -1: all."""
    left = [-1]

    def counted(real: Any) -> Any:  # noqa: ANN401 -- wraps methods of zarr
        def write(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 -- as above
            if left[0] == 0:
                raise _StoppedError
            left[0] -= 1
            return real(*arguments, **named)

        return write

    for owner, method in ((zarr.Array, "__setitem__"), (zarr.Array, "resize"), (zarr.Group, "create_array")):
        monkeypatch.setattr(owner, method, counted(getattr(owner, method)))
    yield left
    left[0] = -1


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.integers(0, 90))
def test_a_run_that_stops_anywhere_loses_nothing_that_was_kept(
    tmp_path_factory: pytest.TempPathFactory, stop_after: list[int], writes: int
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    ahead, behind = ForecastArchive(folder), PastArchive(folder)
    first, days = forecast("2026-05-09T18:00:00"), past("2026-05-01", 3)
    keep(ahead, first)
    behind.keep(days, told(days, "power", NOON), NOON)
    later = NOON + timedelta(days=1)
    second, revised = forecast("2026-05-10T18:00:00", days=4), past("2026-05-02", 4, tmax_c=29.0)
    stop_after[0] = writes
    try:
        keep(ahead, second)
        behind.keep(revised, told(revised, "power", later), later)
    except _StoppedError:
        stop_after[0] = -1
    stop_after[0] = -1
    keep(ahead, second)
    behind.keep(revised, told(revised, "power", later), later)
    kept, known, then = ahead.read(), behind.read(), behind.read(NOON)
    assert kept is not None
    assert known is not None
    assert then is not None
    assert kept.sizes["issued_at"] == 2
    statistics = ahead.statistics("model")
    assert statistics is not None
    np.testing.assert_allclose(statistics["rain_mm_mean"].values[1], second["rain_mm"].values.mean(axis=1), rtol=1e-6)
    assert statistics.sizes["issued_at"] == 2
    np.testing.assert_allclose(kept["rain_mm"].isel(issued_at=0).values[:3], first["rain_mm"].values)
    np.testing.assert_allclose(kept["rain_mm"].isel(issued_at=1).values, second["rain_mm"].values)
    assert known["tmax_c"].values[:, 0].tolist() == [25.0, 29.0, 29.0, 29.0, 29.0]
    assert then["tmax_c"].values[:3, 1].tolist() == [25.0, 25.0, 25.0]


def test_what_was_half_written_is_cut_off_and_told(tmp_path: Path, stop_after: list[int]) -> None:
    archive = ForecastArchive(tmp_path)
    keep(archive, forecast("2026-05-09T18:00:00"))
    stop_after[0] = 10
    with pytest.raises(_StoppedError):
        keep(archive, forecast("2026-05-10T18:00:00"))
    stop_after[0] = -1
    half = archive.read()
    assert half is not None
    assert half.sizes["issued_at"] == 1  # not even a reader sees it
    assert read_forecast(tmp_path / "forecasts.zarr", date(2026, 5, 12)).attrs["issued_at"].startswith("2026-05-09")
    kept = keep(archive, forecast("2026-05-10T18:00:00"))
    assert kept.new == 1
    (told_line,) = kept.told
    assert told_line.startswith("forecasts.zarr: 1 of 2 entries were half written when a run stopped; set aside")


def test_a_folder_that_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "past.zarr").mkdir()
    (tmp_path / "past.zarr" / "zarr.json").write_text("no archive")
    with pytest.raises(InputError, match=r"past\.zarr: expected a weather archive"):
        PastArchive(tmp_path).read()
    with pytest.raises(InputError, match="move it away"):
        Cube.open(tmp_path / "past.zarr", LAYOUT)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ServiceUnavailableError, match="cannot be written"):
        keep(ForecastArchive(blocked), forecast("2026-05-10T18:00:00"))


def test_seconds_know_the_unknown() -> None:
    seconds = seconds_of(np.array(["1970-01-02", "NaT"], dtype="datetime64[s]"))
    assert seconds[0] == 86400.0
    assert np.isnan(seconds[1])
