"""What an installation remembers of weather: the archive fed from its files, and a forecast set right by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.adapters.archive.cube import Kept
from cloud.adapters.archive.forecasts import ForecastArchive
from cloud.adapters.archive.origin import forecast_moments, forecast_source, past_origin
from cloud.adapters.archive.past import PastArchive
from cloud.advice.readiness import OLDEST_FORECAST_DAYS
from cloud.config import CloudConfig
from cloud.errors import CloudError
from cloud.records import InputReference
from cloud.weather.forecast import read_forecast
from cloud.weather.outlook.correct import Memory, calibrated
from cloud.weather.outlook.mature import matured
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
class SetRight:
    """The forecast to decide with, what was done to it, and what it was corrected by."""

    forecast: xr.Dataset | None
    notes: tuple[str, ...] = ()
    references: tuple[InputReference, ...] = ()


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


def set_right(
    settings: CloudConfig,
    day: date,
    weather: xr.Dataset,
    forecast: xr.Dataset | None,
    *,
    as_of: datetime | None = None,
) -> SetRight:
    """The forecast of a day corrected by the archive and aged; unchanged where that is switched off."""
    wanted, folder = settings.weather.calibration, archive_folder(settings)
    if forecast is None or not wanted.enabled:
        return SetRight(forecast=forecast)
    notes: list[str] = []
    references: list[InputReference] = []
    past = _placed(PastArchive(folder).read(as_of), forecast)
    archived = None
    if settings.weather.forecast_path is not None and past is not None:
        archived = ForecastArchive(folder).statistics(forecast_source(settings.weather.forecast_path))
    if past is not None and archived is not None:
        corrected = calibrated(forecast, Memory(past=past, forecasts=archived), window_days=wanted.window_days)
        forecast = corrected.forecast
        notes += corrected.notes
        if corrected.learned_sha256 is not None:
            references.append(InputReference(name="correction of the forecast", sha256=corrected.learned_sha256))
    known = weather if past is None or past.sizes["time"] < weather.sizes["time"] else past
    old = matured(forecast, day, known, oldest_days=OLDEST_FORECAST_DAYS)
    return SetRight(forecast=old.forecast, notes=(*notes, *old.notes), references=tuple(references))


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
