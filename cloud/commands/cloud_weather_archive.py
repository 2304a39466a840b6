"""``seguia cloud weather archive`` and ``correct``: forecasts kept as they were issued, and set right by what came."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cloud.adapters.store.database import system_clock
from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.commands.console import finish, tell
from cloud.commands.day_inputs import Desk
from cloud.config import CloudConfig
from cloud.errors import ConfigurationError

if TYPE_CHECKING:
    import xarray as xr

ARCHIVE: Final = "cloud weather archive"
CORRECT: Final = "cloud weather correct"


def archive(data: DataOption = None, config: ConfigOption = None) -> None:
    """Take the files of [weather] into the archive, and tell what it holds: one JSON object a line.

    ``fetch`` does this by itself; files that others write are taken by this command, once a day or oftener. A run that
    was stopped leaves nothing half read: what it did not finish is set aside and taken again.

    Example: seguia cloud weather archive --data /var/lib/seguia
    """
    from cloud.adapters.archive.forecasts import ForecastArchive  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.adapters.archive.past import PastArchive  # noqa: PLC0415 -- as above
    from cloud.commands.weather_memory import archive_folder, remember  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    if settings.weather.past_path is None and settings.weather.forecast_path is None:
        raise ConfigurationError("weather: expected past_path or forecast_path, got neither; name the files there")
    taken = remember(settings, system_clock())
    for one in taken:
        tell(ARCHIVE, one.kept.told)
        typer.echo(json.dumps({"file": str(one.path), "new": one.kept.new, "revised": one.kept.revised}))
    folder = archive_folder(settings)
    past, forecasts = PastArchive(folder).read(), ForecastArchive(folder).read()
    typer.echo(
        json.dumps(
            {
                "archive": str(folder),
                "past": None if past is None else _of_past(past),
                "forecasts": None if forecasts is None else _of_forecasts(forecasts),
            }
        )
    )
    finish(ARCHIVE, [one.problem for one in taken if one.problem is not None])


def correct(
    out: Annotated[Path, typer.Option("--out", help="Forecast to write, NetCDF (.nc).")],
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Day it is for; default tomorrow.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the forecast as the night uses it: at the parcels, corrected by the archive and, where it is old, aged.

    Only what was known when that day began counts. The file can be given to advise as --forecast; its ``history``
    says what was done. Exit 1 where it could not be corrected: it is then written as it was issued.

    Example: seguia cloud weather correct --data /var/lib/seguia --day 2026-07-14 --out corrected.nc
    """
    from cloud.adapters.weather_files import check_target, write_weather  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.commands.weather_memory import weather_of_the_night  # noqa: PLC0415 -- as above
    from cloud.nightly import coming_day  # noqa: PLC0415 -- as above
    from cloud.weather.services.cubes import issued_cube  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    past, ahead = settings.weather.past_path, settings.weather.forecast_path
    if past is None or ahead is None:
        raise ConfigurationError("weather: expected past_path and forecast_path, got one or none; name both there")
    check_target(out, 2)
    now, desk = system_clock(), Desk()
    wanted = coming_day(now, "Africa/Casablanca") if day is None else day.date()
    with open_store(settings) as store:
        found = weather_of_the_night(settings, past, store.parcels(), wanted, now, desk)
    tell(CORRECT, desk.notes)
    if found.forecast is None:
        finish(CORRECT, desk.problems)
        return
    issued_at = datetime.fromisoformat(str(found.forecast.attrs["issued_at"])[:19]).replace(tzinfo=UTC)
    write_weather(out, issued_cube(found.forecast), issued_at)
    finish(CORRECT, [*desk.problems, *_uncorrected(settings, found.corrections)])


def _uncorrected(settings: CloudConfig, references: tuple[object, ...]) -> list[str]:
    if references:
        return []
    reason = "the archive knows too little yet" if settings.weather.calibration.enabled else "it is switched off"
    return [f"{settings.weather.forecast_path}: was not corrected: {reason}; it is written as it was issued"]


def _of_past(past: xr.Dataset) -> dict[str, Any]:
    days = past["time"].values.astype("datetime64[D]")
    return {"places": past.sizes["site"], "first_day": str(days[0]), "last_day": str(days[-1]), "days": int(days.size)}


def _of_forecasts(forecasts: xr.Dataset) -> dict[str, Any]:
    issued = forecasts["issued_at"].values.astype("datetime64[s]")
    words = str(forecasts["source"].attrs["flag_meanings"]).split()
    flags = forecasts["source"].values.tolist()
    return {
        "places": forecasts.sizes["site"],
        "first_issue": f"{issued[0]}Z",
        "last_issue": f"{issued[-1]}Z",
        "issues": {word: flags.count(number) for number, word in enumerate(words)},
    }
