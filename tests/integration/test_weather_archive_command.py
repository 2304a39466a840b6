"""``seguia cloud weather archive`` and ``correct``: fed by fetch or the operator's files, and used by the night."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import cloud.commands.cloud_weather as fetching
import cloud.commands.cloud_weather_archive as command
from cloud.adapters.archive.forecasts import ForecastArchive
from cloud.adapters.archive.past import Origin, PastArchive
from cloud.errors import ConfigurationError
from cloud.weather.forecast import read_forecast
from cloud.weather.read import read_weather
from tests.office import DAY, change, cloud, feature, furnish, new_office, store_of, write_farm
from tests.weather_server import weather_server

NOW = datetime(2026, 6, 9, 19, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (command, fetching):
        monkeypatch.setattr(module, "system_clock", lambda: NOW)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def remembered(data: Path, *, days: int, warm_c: float = 4.0) -> None:
    """An archive in which this file's forecasts were always too warm, and five years of weather."""
    generator = np.random.default_rng(3)
    first, today = np.datetime64("2021-06-01"), np.datetime64("2026-06-09")
    past = np.arange(first, today)
    tmin = 14.0 + generator.normal(0.0, 2.0, (past.size, 1))
    rain = np.where(generator.random((past.size, 1)) < 0.2, 5.0, 0.0)
    place = {"latitude": ("site", [np.nan]), "longitude": ("site", [np.nan]), "elevation_m": ("site", [np.nan])}
    values = {"tmin_c": tmin, "tmax_c": tmin + 14.0, "rain_mm": rain}
    known = xr.Dataset(
        {name: (("time", "site"), series) for name, series in values.items()},
        coords={"time": past.astype("datetime64[ns]"), **place},
    )
    origin = Origin(
        source=np.full(tmin.shape, "station"), fetched_at=np.broadcast_to((past + 1)[:, None], tmin.shape).copy()
    )
    folder = data / "weather-archive"
    PastArchive(folder).keep(known, origin, NOW)
    archive = ForecastArchive(folder)
    for back in range(days, 0, -1):
        issued = today - back
        row = int((issued - first).astype(int))
        came = np.array([tmin[min(row + lead, past.size - 1), 0] for lead in range(4)])
        said = came[:, None, None] + warm_c + generator.normal(0.0, 0.5, (4, 3, 1))
        ahead = xr.Dataset(
            {"tmin_c": (("time", "member", "site"), said), "tmax_c": (("time", "member", "site"), said + 14.0)},
            coords={"time": (issued + np.arange(4)).astype("datetime64[ns]"), "member": np.arange(3), **place},
            attrs={"issued_at": f"{issued}T18:00:00"},
        )
        archive.keep(ahead, "ahead.csv", np.full(1, np.datetime64(f"{issued}T18:00:00")))


def test_fetch_feeds_the_archive_and_each_answer_is_kept_once(tmp_path: Path) -> None:
    with weather_server(NOW) as service:
        data = new_office(tmp_path)
        farm = write_farm(data / "farm.geojson", feature("one", -6.4), feature("far", -6.3))
        assert cloud("import", "--data", data, "--parcels", farm).exit_code == 0
        change(
            data,
            "[weather]\n",
            '[weather]\npast_path = "w/past.nc"\nforecast_path = "w/ahead.nc"\n'
            f'[weather.fetch]\npast_days = 30\nforecast_days = 5\nbase_url = "{service.url}"\n',
        )
        for _ in range(2):
            done = cloud("weather", "fetch", "--data", data)
            assert done.exit_code == 0, done.output
    shown = cloud("weather", "archive", "--data", data)
    assert shown.exit_code == 0, shown.output
    *files, held = lines(shown.stdout)
    assert [one["new"] for one in files] == [0, 0]
    assert held["past"] == {"places": 2, "first_day": "2026-05-10", "last_day": "2026-06-08", "days": 30}
    assert held["forecasts"]["issues"] == {"open-meteo-ensemble_ecmwf_ifs025_ensemble": 1}
    folder = data / "weather-archive"
    again = read_forecast(folder / "forecasts.zarr", NOW.date() + timedelta(days=1))
    issued = read_forecast(data / "w" / "ahead.nc", NOW.date() + timedelta(days=1))
    np.testing.assert_allclose(again["tmax_c"].values, issued["tmax_c"].values, rtol=1e-6)
    assert np.isfinite(again["et0_mm"].values[:4]).all()
    kept = PastArchive(folder).read()
    assert kept is not None
    assert kept["source"].attrs["flag_meanings"].split()[0] == "nasa-power"
    assert kept["fetched_at"].values.max() == np.datetime64("2026-06-09T19:30:00")
    np.testing.assert_allclose(
        read_weather(folder / "past.zarr")["rain_mm"].values, read_weather(data / "w" / "past.nc")["rain_mm"].values
    )


def test_files_of_the_operator_are_kept_with_their_name_and_time(tmp_path: Path) -> None:
    data = new_office(tmp_path)
    furnish(data)
    done = cloud("weather", "archive", "--data", data)
    assert done.exit_code == 0, done.output
    past, ahead, held = lines(done.stdout)
    assert past["new"] == held["past"]["days"]
    assert ahead["new"] == 1
    assert held["forecasts"]["issues"] == {"ahead.csv": 1}
    kept = PastArchive(data / "weather-archive").read()
    assert kept is not None
    assert kept["source"].attrs["flag_meanings"] == "past.csv"
    written = np.datetime64(int((data / "past.csv").stat().st_mtime), "s")
    assert (kept["fetched_at"].values == written).all()


def test_a_file_that_cannot_be_read_is_named_and_the_other_kept(tmp_path: Path) -> None:
    data = new_office(tmp_path)
    furnish(data)
    (data / "past.csv").write_text("nothing\n", encoding="utf-8")
    done = cloud("weather", "archive", "--data", data)
    assert done.exit_code == 1
    assert "past.csv" in done.stderr
    assert lines(done.stdout)[1]["new"] == 1


def test_a_corrected_forecast_is_written_and_can_be_advised_with(tmp_path: Path) -> None:
    data = new_office(tmp_path)
    furnish(data)
    remembered(data, days=90)
    out = tmp_path / "corrected.nc"
    done = cloud("weather", "correct", "--data", data, "--day", DAY, "--out", out)
    assert done.exit_code == 0, done.output
    assert "ahead.csv: corrected by earlier forecasts and what came: tmin_c from" in done.stderr
    before, after = read_forecast(data / "ahead.csv", DAY), read_forecast(out, DAY)
    corrected = (after["tmin_c"] - before["tmin_c"]).isel(time=slice(3)).mean().item()
    assert corrected < -0.8
    assert after.attrs["issued_at"][:19] == before.attrs["issued_at"][:19]
    with xr.open_dataset(out) as cube:
        assert "corrected by earlier forecasts" in cube.attrs["history"]
        assert cube["tmin_c"].attrs["standard_name"] == "air_temperature"
    night = cloud("nightly", "--data", data, "--day", DAY)
    assert "corrected by earlier forecasts" in night.stderr, night.output
    with store_of(data) as store:
        verdicts = store.verdicts(DAY)
    assert verdicts
    names = {one.name for verdict in verdicts for one in verdict.proposed.inputs}
    assert "correction of the forecast" in names


def test_an_old_forecast_widens_towards_the_season_and_says_so(tmp_path: Path) -> None:
    data = new_office(tmp_path)
    furnish(data)
    remembered(data, days=5)
    later, out = DAY + timedelta(days=2), tmp_path / "old.nc"
    done = cloud("weather", "correct", "--data", data, "--day", later, "--out", out)
    assert "ahead.csv: 2 days old: 24% of its members" in done.stderr, done.output
    before, after = read_forecast(data / "ahead.csv", later), read_forecast(out, later)
    assert after.sizes["time"] == before.sizes["time"] + 1
    assert after.attrs["issued_at"][:19] == before.attrs["issued_at"][:19]
    assert np.isfinite(after["et0_mm"].values).all()
    same_days = after["tmax_c"].isel(time=slice(before.sizes["time"]))
    assert (same_days.max("member").values >= before["tmax_c"].max("member").values - 1e-9).all()
    assert (same_days.min("member").values <= before["tmax_c"].min("member").values + 1e-9).all()
    too_old = cloud("weather", "correct", "--data", data, "--day", DAY + timedelta(days=5), "--out", out)
    assert "days old" not in too_old.stderr
    assert read_forecast(out, DAY + timedelta(days=5)).sizes["time"] == before.sizes["time"]


def test_switched_off_nothing_is_corrected(tmp_path: Path) -> None:
    data = new_office(tmp_path)
    furnish(data)
    remembered(data, days=40)
    change(data, "[weather]\n", "[weather]\ncalibration = { enabled = false }\n")
    night = cloud("nightly", "--data", data, "--day", DAY)
    assert "corrected by" not in night.output
    out = tmp_path / "same.nc"
    done = cloud("weather", "correct", "--data", data, "--out", out)
    assert done.exit_code == 1
    assert "was not corrected: it is switched off; it is written as it was issued" in done.stderr
    same = read_forecast(out, date(2026, 6, 10))
    np.testing.assert_allclose(same["tmin_c"].values, read_forecast(data / "ahead.csv", DAY)["tmin_c"].values)


def test_a_short_archive_is_told(tmp_path: Path) -> None:
    data = new_office(tmp_path)
    furnish(data)
    assert cloud("weather", "archive", "--data", data).exit_code == 0
    night = cloud("nightly", "--data", data, "--day", DAY)
    assert "it is used as it was issued" in night.stderr, night.output
    done = cloud("weather", "correct", "--data", data, "--out", tmp_path / "same.nc")
    assert done.exit_code == 1
    assert "the archive knows too little yet" in done.stderr


def test_files_that_are_not_named_are_asked_for(tmp_path: Path) -> None:
    data = new_office(tmp_path)
    for words in (("archive",), ("correct", "--out", tmp_path / "x.nc")):
        done = cloud("weather", *words, "--data", data)
        assert isinstance(done.exception, ConfigurationError)
        assert "name" in str(done.exception)


def test_the_night_of_a_past_day_learns_nothing_that_was_told_later(tmp_path: Path) -> None:
    data = new_office(tmp_path)
    furnish(data)
    remembered(data, days=90)
    known = PastArchive(data / "weather-archive").read()
    assert known is not None
    later = known[["tmin_c", "tmax_c", "rain_mm"]].drop_vars(["source", "fetched_at"], errors="ignore") + 9.0
    told_at = np.full((later.sizes["time"], 1), np.datetime64("2026-08-01T00:00:00"))
    origin = Origin(source=np.full(told_at.shape, "station"), fetched_at=told_at)

    def learned() -> set[str]:
        assert "corrected by earlier" in cloud("nightly", "--data", data, "--day", DAY).stderr
        with store_of(data) as store:
            found = [one for verdict in store.verdicts(DAY) for one in verdict.proposed.inputs]
        return {one.sha256 for one in found if one.name == "correction of the forecast"}

    first = learned()
    PastArchive(data / "weather-archive").keep(later, origin, datetime(2026, 8, 1, tzinfo=UTC))
    assert learned() == first
    assert len(first) == 1
