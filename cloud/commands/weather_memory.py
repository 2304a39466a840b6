"""What an installation remembers of weather: the archive fed from its files, and a forecast set right by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.adapters.archive.cube import Kept, sound
from cloud.adapters.archive.forecasts import ForecastArchive
from cloud.adapters.archive.origin import forecast_moments, forecast_source, past_origin
from cloud.adapters.archive.past import PastArchive
from cloud.advice.readiness import OLDEST_FORECAST_DAYS
from cloud.commands.day_inputs import DayFiles, Desk, day_weather
from cloud.commands.weather_blend import past_of_the_night
from cloud.config import CloudConfig
from cloud.errors import CloudError
from cloud.records import InputReference, Parcel
from cloud.weather.forecast import read_forecast
from cloud.weather.outlook.correct import Memory, calibrated
from cloud.weather.outlook.mature import matured
from cloud.weather.outlook.pairs import longest_at
from cloud.weather.outlook.working import member_reference
from cloud.weather.read import read_weather

if TYPE_CHECKING:
    import xarray as xr

ARCHIVE: Final = "weather-archive"
"""Folder in the data folder that keeps forecasts and past weather."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the archive took of one file, or why it took nothing."""

    path: Path
    kept: Kept
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherOfTheNight:
    """What a night decides with: past weather (time, site) and the forecast (time, member, site), if there is one."""

    weather: xr.Dataset
    forecast: xr.Dataset | None
    corrections: tuple[InputReference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRight:
    """The forecast to decide with, what was done to it, and what it was corrected by."""

    forecast: xr.Dataset | None
    notes: tuple[str, ...] = ()
    references: tuple[InputReference, ...] = ()
    problems: tuple[str, ...] = ()
    """What of the archive is damaged; the forecast goes on without it."""


def archive_folder(settings: CloudConfig) -> Path:
    """Where the archive of an installation lies."""
    return settings.data_dir / ARCHIVE


def remember(settings: CloudConfig, now: datetime) -> tuple[Remembered, ...]:
    """Take the files of [weather] into the archive; what is there already is not taken twice."""
    found = []
    for path, keep in ((settings.weather.past_path, _keep_past), (settings.weather.forecast_path, _keep_forecast)):
        if path is None:
            continue
        try:
            found.append(Remembered(path=path, kept=keep(archive_folder(settings), path, now)))
        except CloudError as error:
            found.append(Remembered(path=path, kept=Kept(), problem=str(error)))
    return tuple(found)


def weather_of_the_night(
    config: CloudConfig, past_path: Path, parcels: tuple[Parcel, ...], day: date, now: datetime, desk: Desk
) -> WeatherOfTheNight:
    """The files of [weather] at the parcels, blended, corrected and aged, with what was known when the day began."""
    files = DayFiles(parcels=Path(), weather=past_path, forecast=config.weather.forecast_path)
    fetched, issued = day_weather(day, files, parcels, desk)
    weather = past_of_the_night(config.weather.blend, fetched, desk)
    began = datetime.combine(day, time(), UTC)
    outlook = set_right(config, day, weather, issued, as_of=min(now, began))
    desk.notes += outlook.notes
    desk.problems += outlook.problems
    desk.references += outlook.references
    return WeatherOfTheNight(weather=weather, forecast=outlook.forecast, corrections=outlook.references)


def set_right(
    settings: CloudConfig,
    day: date,
    weather: xr.Dataset,
    forecast: xr.Dataset | None,
    *,
    as_of: datetime | None = None,
) -> SetRight:
    """The forecast of a day corrected by the archive and aged; unchanged where that is switched off."""
    if forecast is None or not settings.weather.calibration.enabled:
        return SetRight(forecast=forecast)
    try:
        found = _corrected(settings, forecast, as_of)
    except CloudError as error:
        line = f"{error}; the forecast is used as it was issued"
        found = _Corrected(past=None, right=SetRight(forecast=forecast, problems=(line,)))
    right = found.right
    if right.forecast is None:
        return right
    longest = longest_at(right.forecast, (weather,) if found.past is None else (found.past, weather))
    old = matured(right.forecast, day, longest, oldest_days=OLDEST_FORECAST_DAYS)
    return replace(right, forecast=old.forecast, notes=(*right.notes, *old.notes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Corrected:
    past: xr.Dataset | None
    right: SetRight


def _corrected(settings: CloudConfig, forecast: xr.Dataset, as_of: datetime | None) -> _Corrected:
    """A forecast corrected by the archive, and the past that the archive knows; InputError where it is damaged."""
    folder = archive_folder(settings)
    past = _placed(PastArchive(folder).read(as_of), forecast)
    archived = None
    if settings.weather.forecast_path is not None and past is not None:
        archived = ForecastArchive(folder).statistics(forecast_source(settings.weather.forecast_path))
    if past is None or archived is None:
        return _Corrected(past=past, right=SetRight(forecast=forecast))
    with sound(folder):
        memory = Memory(past=past, forecasts=archived)
        corrected = calibrated(forecast, memory, window_days=settings.weather.calibration.window_days)
    learned = corrected.learned_sha256
    references = () if learned is None else (InputReference(name="correction of the forecast", sha256=learned),)
    return _Corrected(
        past=past, right=SetRight(forecast=corrected.forecast, notes=tuple(corrected.notes), references=references)
    )


def _placed(past: xr.Dataset | None, forecast: xr.Dataset) -> xr.Dataset | None:
    """A single place that does not say where it lies is that of the forecast."""
    if past is None or not past.sizes["site"] == forecast.sizes["site"] == 1 or np.isfinite(past["latitude"]).all():
        return past
    return past.assign_coords({name: forecast[name] for name in ("latitude", "longitude", "elevation_m")})


def _keep_past(folder: Path, path: Path, now: datetime) -> Kept:
    past = read_weather(path)
    return PastArchive(folder).keep(past, past_origin(path, past), now)


def _keep_forecast(folder: Path, path: Path, now: datetime) -> Kept:
    forecast = read_forecast(path, now.astimezone(UTC).date() + timedelta(days=1))
    if np.isfinite(forecast["latitude"].values).all():
        # Derived now, so that what is corrected later is what was used then.
        derived = member_reference(forecast)
        forecast = forecast.assign(et0_mm=(("time", "member", "site"), derived))
    return ForecastArchive(folder).keep(forecast, forecast_source(path), forecast_moments(forecast))
