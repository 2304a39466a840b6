"""``seguia cloud weather``: past weather and forecast of the parcels' places, from services to the files of the day."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
import xarray as xr

from cloud.adapters.store.database import system_clock
from cloud.adapters.weather_cache import AnswerShelf
from cloud.adapters.weather_files import check_target, sources_of, write_weather
from cloud.adapters.weather_service import ServiceSettings, Surroundings, WeatherService
from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.commands.cloud_weather_archive import archive, correct
from cloud.commands.cloud_weather_learn import app as learn_and_blend
from cloud.commands.console import finish, tell
from cloud.commands.weather_memory import remember
from cloud.config import CloudConfig, Secrets
from cloud.errors import CloudError, ConfigurationError, InputError
from cloud.weather.forecast import read_forecast
from cloud.weather.read import read_weather
from cloud.weather.services.cubes import forecast_cube, past_cube
from cloud.weather.services.gather import Plan
from cloud.weather.services.gather_ahead import forecast_of
from cloud.weather.services.gather_ecmwf import forecast_of_ecmwf
from cloud.weather.services.gather_past import past_of
from cloud.weather.services.request import Place, places_of
from cloud.weather_config import WeatherFetchConfig

COMMAND: Final = "cloud weather"
ANSWERS: Final = "weather-answers"
"""Folder in the data folder that keeps the answers of the services."""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
app.add_typer(learn_and_blend)
app.command()(archive)
app.command()(correct)


@app.callback()
def weather() -> None:
    """Past weather and forecast of the parcels' places; nothing is contacted unless [weather.fetch] is configured."""


@app.command()
def fetch(
    data: DataOption = None,
    config: ConfigOption = None,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Only kept answers; no service is contacted.")] = False,
) -> None:
    """Ask the configured services and write the files of [weather]; an answer that cannot be had is an older one, told.

    Example: seguia cloud weather fetch --data /var/lib/seguia
    """
    settings = configuration(data, config)
    wanted = _wanted(settings)
    with open_store(settings) as store:
        places = places_of(store.parcels(), wanted.place_step_degrees)
    if not places:
        raise InputError("weather: expected parcels, got an empty store; run: seguia cloud import --parcels FILE")
    for path in (settings.weather.past_path, settings.weather.forecast_path):
        if path is not None:
            check_target(path, len(places))
    now = system_clock()
    service = WeatherService(
        _service_settings(settings, wanted, offline=offline),
        AnswerShelf(settings.data_dir / ANSWERS),
        Surroundings(now=system_clock, chance=random.random),
    )
    problems: list[str] = []
    failures: list[CloudError] = []
    for part in (_fetch_past, _fetch_forecast):
        try:
            problems += part(service, settings, places, now)
        except CloudError as error:
            failures.append(error)
    for one in remember(settings, now) if settings.weather.calibration.enabled and not failures else ():
        problems += [*one.kept.told, *([one.problem] if one.problem is not None else [])]
    if failures:
        tell(COMMAND, [*problems, *(str(error) for error in failures[1:])])
        raise failures[0]
    finish(COMMAND, problems)


@app.command()
def show(data: DataOption = None, config: ConfigOption = None) -> None:
    """Print what the files of [weather] hold, one JSON object a line: places, days, sources and age.

    Example: seguia cloud weather show --data /var/lib/seguia
    """
    settings = configuration(data, config)
    now = system_clock()
    paths = (settings.weather.past_path, settings.weather.forecast_path)
    if not any(paths):
        raise ConfigurationError("weather: expected past_path or forecast_path, got neither; name the files there")
    past, ahead = paths
    if past is not None:
        typer.echo(
            json.dumps(
                {"file": str(past), **_of_past(read_weather(past)), "sources": sources_of(past), **_written(past, now)}
            )
        )
    if ahead is not None:
        tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
        found = _of_forecast(read_forecast(ahead, tomorrow), now)
        typer.echo(json.dumps({"file": str(ahead), **found, **_written(ahead, now)}))
    spent = AnswerShelf(settings.data_dir / ANSWERS).spent(now.astimezone(UTC).date())
    typer.echo(json.dumps({"calls_today": spent}))


def _wanted(settings: CloudConfig) -> WeatherFetchConfig:
    wanted = settings.weather.fetch
    if wanted is None:
        raise ConfigurationError("weather.fetch: no service is contacted unless this section stands there; add it")
    if settings.weather.past_path is None and settings.weather.forecast_path is None:
        raise ConfigurationError("weather: expected past_path or forecast_path, got neither; name the files to write")
    return wanted


def _service_settings(settings: CloudConfig, wanted: WeatherFetchConfig, *, offline: bool) -> ServiceSettings:
    return ServiceSettings(
        api_key=Secrets(settings).weather_api_key(),
        base_url=wanted.base_url,
        offline=offline,
        refresh=timedelta(hours=wanted.refresh_h),
        calls_per_day=wanted.calls_per_day,
    )


def _plan(wanted: WeatherFetchConfig) -> Plan:
    return Plan(
        past=wanted.past,
        past_days=wanted.past_days,
        forecast=wanted.forecast,
        forecast_days=wanted.forecast_days,
        ensemble_model=wanted.ensemble_model,
        ecmwf_members=wanted.ecmwf_members,
    )


def _fetch_past(
    service: WeatherService, settings: CloudConfig, places: tuple[Place, ...], now: datetime
) -> tuple[str, ...]:
    path, wanted = settings.weather.past_path, settings.weather.fetch
    if path is None or wanted is None or not wanted.past:
        return ()
    past = past_of(service, places, _plan(wanted), now)
    write_weather(path, past_cube(past, places, wanted.past), _newest(past.fetched_at))
    typer.echo(f"{path}: {len(places)} places, {past.days[0]} to {past.days[-1]}")
    return past.problems


def _fetch_forecast(
    service: WeatherService, settings: CloudConfig, places: tuple[Place, ...], now: datetime
) -> tuple[str, ...]:
    path, wanted = settings.weather.forecast_path, settings.weather.fetch
    if path is None or wanted is None or wanted.forecast is None:
        return ()
    fetch_ahead = forecast_of_ecmwf if wanted.forecast == "ecmwf-open-data" else forecast_of
    ahead = fetch_ahead(service, places, _plan(wanted), now)
    cube = forecast_cube(ahead, places, wanted.forecast)
    if wanted.forecast == "open-meteo-ensemble":
        # Forecasts of different models err differently, and are kept apart.
        cube = cube.assign_attrs(model=wanted.ensemble_model)
    write_weather(path, cube, ahead.issued_at)
    typer.echo(f"{path}: {len(places)} places, issued {ahead.issued_at.isoformat()}, to {ahead.days[-1]}")
    return ahead.problems


def _newest(fetched_at: np.ndarray) -> datetime:
    newest = fetched_at[~np.isnat(fetched_at)].max()
    return datetime.fromtimestamp(int(newest.astype("datetime64[s]").astype(np.int64)), UTC)


def _of_past(dataset: xr.Dataset) -> dict[str, Any]:
    days = dataset["time"].values.astype("datetime64[D]")
    return {
        "places": dataset.sizes["site"],
        "first_day": str(days[0]),
        "last_day": str(days[-1]),
        "missing_days": int(np.isnan(dataset["tmin_c"].values).sum()),
    }


def _of_forecast(dataset: xr.Dataset, now: datetime) -> dict[str, Any]:
    issued_at = datetime.fromisoformat(str(dataset.attrs["issued_at"]))
    age_h = (now.astimezone(UTC).replace(tzinfo=None) - issued_at.replace(tzinfo=None)).total_seconds() / 3600.0
    return {
        "places": dataset.sizes["site"],
        "members": dataset.sizes["member"],
        "last_day": str(dataset["time"].values.astype("datetime64[D]")[-1]),
        "issued_at": issued_at.replace(tzinfo=UTC).isoformat(),
        "age_h": round(age_h, 1),
    }


def _written(path: Path, now: datetime) -> dict[str, float]:
    age_s = now.timestamp() - path.stat().st_mtime
    return {"newest_answer_age_h": round(age_s / 3600.0, 1)}
