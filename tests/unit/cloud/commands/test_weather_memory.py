"""What an installation remembers of weather, and how a night's forecast is set right by it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from cloud.adapters.archive.forecasts import ForecastArchive
from cloud.adapters.archive.past import PastArchive
from cloud.commands.weather_memory import ARCHIVE, archive_folder, remember, set_right
from cloud.config import CloudConfig
from cloud.weather.forecast import read_forecast
from cloud.weather.read import read_weather
from cloud.weather_config import WeatherCalibrationConfig, WeatherConfig

NOW = datetime(2026, 6, 9, 19, 30, tzinfo=UTC)
TODAY, DAY = date(2026, 6, 9), date(2026, 6, 10)
HEAD = "# latitude: 32.3\n# longitude: -6.4\n# elevation_m: 500\n"


def settings_of(folder: Path, *, enabled: bool = True, past: bool = True, ahead: bool = True) -> CloudConfig:
    return CloudConfig(
        organisation="office",
        data_dir=folder,
        weather=WeatherConfig(
            past_path=folder / "past.csv" if past else None,
            forecast_path=folder / "ahead.csv" if ahead else None,
            calibration=WeatherCalibrationConfig(enabled=enabled),
        ),
    )


def write_past(path: Path, *, years: int = 4, head: str = HEAD) -> None:
    generator = np.random.default_rng(1)
    last = NOW.date() - timedelta(days=1)
    days = [last - timedelta(days=back) for back in range(365 * years, -1, -1)]
    rows = []
    for day in days:
        tmin = 14.0 + generator.normal(0.0, 2.0)
        rain = 4.0 + generator.random() if generator.random() < 0.2 else 0.0
        rows.append(f"{day},{tmin:.2f},{tmin + 13.0 + generator.random():.2f},{rain:.2f}")
    path.write_text(head + "date,tmin_c,tmax_c,rain_mm\n" + "\n".join(rows) + "\n", encoding="utf-8")


def write_ahead(path: Path, issued: date = TODAY, *, warm_c: float = 0.0, head: str = HEAD) -> None:
    generator = np.random.default_rng(issued.toordinal())
    rows = []
    for member in range(4):
        for lead in range(6):
            tmin = 14.0 + warm_c + generator.normal(0.0, 0.6)
            rows.append(f"{issued}T18:00:00,{member},{issued + timedelta(days=lead)},{tmin:.2f},{tmin + 13.0:.2f},0.0")
    text = "issued_at,member,date,tmin_c,tmax_c,rain_mm\n" + "\n".join(rows) + "\n"
    path.write_text(head + text, encoding="utf-8")


def office(folder: Path, **switches: bool) -> CloudConfig:
    write_past(folder / "past.csv")
    write_ahead(folder / "ahead.csv")
    return settings_of(folder, **switches)


def decided(settings: CloudConfig, day: date = DAY) -> tuple[xr.Dataset, xr.Dataset]:
    past, ahead = settings.weather.past_path, settings.weather.forecast_path
    assert past is not None
    assert ahead is not None
    return read_weather(past), read_forecast(ahead, day)


def test_files_are_taken_once_and_reference_et_with_them(tmp_path: Path) -> None:
    settings = office(tmp_path)
    first, again = remember(settings, NOW), remember(settings, NOW)
    assert [one.kept.new for one in first] == [365 * 4 + 1, 1]
    assert [one.kept.new for one in again] == [0, 0]
    assert all(one.problem is None for one in first)
    folder = archive_folder(settings)
    assert folder == tmp_path / ARCHIVE
    kept = ForecastArchive(folder).read("ahead.csv")
    assert kept is not None
    assert np.isfinite(kept["et0_mm"].values).all()


def test_a_forecast_from_nowhere_is_kept_without_reference_et(tmp_path: Path) -> None:
    settings = office(tmp_path)
    write_ahead(tmp_path / "ahead.csv", head="")
    assert [one.kept.new for one in remember(settings, NOW)][1] == 1
    kept = ForecastArchive(archive_folder(settings)).read()
    assert kept is not None
    assert "et0_mm" not in kept
    assert np.isfinite(kept["tmin_c"].values).all()


def test_a_file_that_is_absent_is_named_and_the_other_taken(tmp_path: Path) -> None:
    settings = office(tmp_path)
    (tmp_path / "ahead.csv").unlink()
    past, ahead = remember(settings, NOW)
    assert past.kept.new > 0
    assert ahead.problem is not None
    assert "ahead.csv" in ahead.problem
    assert ahead.kept.new == 0
    assert [one.path.name for one in remember(settings_of(tmp_path, ahead=False), NOW)] == ["past.csv"]


def test_without_an_archive_a_fresh_forecast_stays_as_it_is(tmp_path: Path) -> None:
    settings = office(tmp_path)
    weather, forecast = decided(settings)
    found = set_right(settings, DAY, weather, forecast)
    assert found.forecast is forecast
    assert found.notes == ()
    assert found.references == ()
    assert not archive_folder(settings).exists()  # looking makes nothing
    assert set_right(settings, DAY, weather, None).forecast is None


def test_switched_off_not_even_an_old_forecast_changes(tmp_path: Path) -> None:
    settings = office(tmp_path, enabled=False)
    weather, forecast = decided(settings)
    found = set_right(settings, DAY + timedelta(days=2), weather, forecast)
    assert found.forecast is forecast
    assert found.notes == ()


def test_an_old_forecast_ages_by_the_past_file_alone(tmp_path: Path) -> None:
    settings = office(tmp_path)
    weather, forecast = decided(settings)
    found = set_right(settings, DAY + timedelta(days=1), weather, forecast)
    assert found.forecast is not None
    assert "2 days old: 25% of its members" in found.notes[0]
    assert found.forecast.sizes["time"] == forecast.sizes["time"] + 1
    assert found.references == ()


def test_forecasts_that_were_always_too_warm_are_corrected(tmp_path: Path) -> None:
    settings = office(tmp_path)
    write_past(tmp_path / "past.csv", head="")
    for back in range(34, 0, -1):
        issued = NOW.date() - timedelta(days=back)
        write_ahead(tmp_path / "ahead.csv", issued, warm_c=5.0, head="")
        remember(settings_of(tmp_path, past=False), datetime.combine(issued, NOW.time(), UTC))
    write_ahead(tmp_path / "ahead.csv", warm_c=5.0, head="")
    remember(settings, NOW)
    weather, forecast = decided(settings)
    # As the night does with a file that does not say where its place lies.
    forecast = forecast.assign_coords(latitude=("site", [32.3]), longitude=("site", [-6.4]))
    found = set_right(settings, DAY, weather, forecast)
    assert found.forecast is not None
    moved = (found.forecast["tmin_c"] - forecast["tmin_c"]).mean().item()
    assert moved < -0.3
    assert "ahead.csv: corrected by earlier forecasts" in found.notes[0]
    assert "et0_mm" not in found.notes[0]  # whose place nobody knew when it was kept
    (reference,) = found.references
    assert reference.name == "correction of the forecast"
    assert len(reference.sha256) == 64
    known_then = set_right(settings, DAY, weather, forecast, as_of=NOW - timedelta(days=400))
    assert known_then.references == ()  # nothing had been told yet
    assert PastArchive(archive_folder(settings)).read() is not None
