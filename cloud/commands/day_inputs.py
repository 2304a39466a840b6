"""The files of one day: the options that advise and judge share, and how they are read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cloud.agronomy.engines.engine_name import engine_named
from cloud.commands.balance import at_parcel
from cloud.commands.console import ignored
from cloud.errors import ConfigurationError, MissingDataError

if TYPE_CHECKING:
    import xarray as xr

    from cloud.adapters.files.read import Read
    from cloud.advice.prices import Prices
    from cloud.agronomy.carrying.carried import CarriedWater
    from cloud.agronomy.state import WaterHistory
    from cloud.daily import DayInputs
    from cloud.records import InputReference, Parcel

T = TypeVar("T")

ParcelsOption = Annotated[Path, typer.Option("--parcels", help="Parcels, GeoJSON.")]
WeatherOption = Annotated[Path, typer.Option("--weather", help="Past weather: CSV of one site, NetCDF or Zarr.")]
ForecastOption = Annotated[
    Path | None,
    typer.Option("--forecast", help="Forecast: CSV, NetCDF, Zarr or GRIB; without it every parcel is held."),
]
EventsOption = Annotated[Path | None, typer.Option("--events", help="Irrigations given, CSV.")]
ObservationsOption = Annotated[
    Path | None, typer.Option("--observations", help="What probes, meters and people measured, CSV.")
]
DetectionsOption = Annotated[Path | None, typer.Option("--detections", help="What cameras said, JSON Lines.")]
TurnsOption = Annotated[Path | None, typer.Option("--turns", help="Canal turns, CSV.")]
QuotaOption = Annotated[Path | None, typer.Option("--quota", help="Quotas, CSV.")]
PumpsOption = Annotated[Path | None, typer.Option("--pumps", help="Pumps, CSV.")]
PricesOption = Annotated[Path | None, typer.Option("--prices", help="What water and crops are worth, TOML.")]
StateOption = Annotated[
    Path | None, typer.Option("--state", help="Water state to go on from, NetCDF; without it the season from priors.")
]
ModelsOption = Annotated[Path | None, typer.Option("--models", help="Folder of models whose hashes are recorded.")]
HistoryOption = Annotated[Path | None, typer.Option("--history", help="Earlier verdicts, JSON Lines.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFiles:
    """Paths and the site as they were given on the command line."""

    parcels: Path
    weather: Path
    forecast: Path | None = None
    events: Path | None = None
    observations: Path | None = None
    detections: Path | None = None
    turns: Path | None = None
    quota: Path | None = None
    pumps: Path | None = None
    prices: Path | None = None
    state: Path | None = None
    models: Path | None = None
    history: Path | None = None
    latitude: float | None = None
    longitude: float | None = None
    elevation_m: float | None = None
    wind_height_m: float | None = None


@dataclass(slots=True, kw_only=True)
class Desk:
    """Reads files one after the other and keeps what could not be used, what may surprise, and what was read."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    references: list[InputReference] = field(default_factory=list)

    def take(self, read: Read[T]) -> tuple[T, ...]:
        """Records of one file."""
        self.problems += read.problems
        self.notes += [*ignored(read.reference.name, read.ignored_fields), *read.notes]
        self.references.append(read.reference)
        return read.records

    def optional(self, path: Path | None, reader: Callable[[Path], Read[T]]) -> tuple[T, ...]:
        """Records of a file that may not have been given."""
        return () if path is None else self.take(reader(path))

    def weather(self, dataset: xr.Dataset) -> xr.Dataset:
        """The dataset, its problems and notes kept."""
        self.problems += [line for line in str(dataset.attrs.get("problems", "")).splitlines() if line]
        self.notes += [line for line in str(dataset.attrs.get("notes", "")).splitlines() if line]
        return dataset


def read_day(day: date, files: DayFiles, desk: Desk) -> DayInputs:
    """All inputs of one day; a file that cannot be read at all raises, bad records are kept as problems."""
    from cloud.adapters.files import lines, tables  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.adapters.files.parcels import read_parcels  # noqa: PLC0415 -- as above
    from cloud.daily import DayInputs  # noqa: PLC0415 -- as above
    from cloud.records import Verdict  # noqa: PLC0415 -- as above

    parcels = desk.take(read_parcels(files.parcels))
    state = None if files.state is None else day_state(day, files.state, desk)
    history = desk.optional(files.history, lines.read_recommendations_or_verdicts)
    weather, forecast = day_weather(day, files, parcels, desk)
    return DayInputs(
        day=day,
        parcels=parcels,
        weather=weather,
        forecast=forecast,
        code_version=code_version(),
        events=desk.optional(files.events, lambda path: tables.read_events(path, parcels)),
        observations=desk.optional(files.observations, lambda path: tables.read_observations(path, parcels)),
        detections=desk.optional(files.detections, lines.read_detections),
        turns=desk.optional(files.turns, tables.read_turns),
        quotas=desk.optional(files.quota, tables.read_quotas),
        pumps=desk.optional(files.pumps, tables.read_pumps),
        prices=day_prices(files.prices, desk),
        history=tuple(one for one in history if isinstance(one, Verdict)),
        state=state,
        inputs=(*desk.references, *model_references(files.models)),
        engine=engine_named(os.environ),
    )


def day_prices(path: Path | None, desk: Desk) -> Prices:
    """Prices of a file, which is then named among the inputs; without one the usual ones."""
    from cloud.adapters.files.prices import read_prices  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.advice.prices import USUAL_PRICES  # noqa: PLC0415 -- as above

    if path is None:
        return USUAL_PRICES
    prices, reference = read_prices(path)
    desk.references.append(reference)
    return prices


def day_state(day: date, path: Path, desk: Desk) -> CarriedWater:
    """Water to go on from, named among the inputs with its age on the day."""
    from cloud.adapters.water_states import read_state  # noqa: PLC0415 -- heavy; --help must be instant

    file = read_state(path)
    desk.references.append(file.reference(day))
    if file.code_version != code_version():
        desk.notes.append(f"{file.name}: was made by version {file.code_version}; this is {code_version()}")
    return file.carried


def keep_state(
    path: Path,
    history: WaterHistory | None,
    parcels: Sequence[Parcel],
    *,
    seed: int,
    profile_depth_m: float | None = None,
) -> list[str]:
    """Write the water of the last day of a run; what could not be kept, one line each."""
    from cloud.adapters.water_states import write_state  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.agronomy.carrying.carried import carry  # noqa: PLC0415 -- as above

    if history is None:
        return [f"{path.name}: expected the water of some parcel to keep, got none; nothing was written"]
    by_id = {parcel.id: parcel for parcel in parcels}
    followed = [by_id[parcel_id] for parcel_id in history.parcel_ids]
    write_state(path, carry(history.state, followed, seed=seed, profile_depth_m=profile_depth_m), code_version())
    held = [parcel.id for parcel in parcels if parcel.id not in set(history.parcel_ids)]
    return [f"{path.name}: parcel {parcel_id} is not in it, since it was held" for parcel_id in held]


def day_weather(
    day: date, files: DayFiles, parcels: tuple[Parcel, ...], desk: Desk
) -> tuple[xr.Dataset, xr.Dataset | None]:
    """Past and forecast; a forecast without a usable issue is a problem, and every parcel is then held."""
    from cloud.weather.forecast import read_forecast  # noqa: PLC0415 -- as above
    from cloud.weather.read import brought_to, read_weather  # noqa: PLC0415 -- as above
    from cloud.weather.tables.site import Site  # noqa: PLC0415 -- as above

    place = {
        "latitude": files.latitude,
        "longitude": files.longitude,
        "elevation_m": files.elevation_m,
        "wind_height_m": files.wind_height_m,
    }
    weather = desk.weather(read_weather(files.weather, **place, parcels=parcels))
    desk.notes += _not_yet(weather, day)
    forecast = None
    if files.forecast is not None:
        try:
            forecast = desk.weather(brought_to(read_forecast(files.forecast, day, site=Site(**place)), parcels))
        except MissingDataError as error:
            desk.problems.append(str(error))
    if parcels:
        # Whichever parcel stands first in the file, the answer is the same.
        nearest = min(parcels, key=lambda one: one.id)
        weather = _placed(weather, nearest, desk)
        forecast = None if forecast is None else _placed(forecast, nearest, desk)
    return weather, forecast


def _not_yet(weather: xr.Dataset, day: date) -> list[str]:
    """One line about the days of the past weather that are still to come, or none."""
    import numpy as np  # noqa: PLC0415 -- heavy; --help must be instant

    later = int((weather["time"].values.astype("datetime64[D]") > np.datetime64(day, "D")).sum())
    source = weather.attrs.get("source", "weather")
    return [f"{source}: {later} days after {day} are not the past of that day; they were not used"] if later else []


def _placed(dataset: xr.Dataset, parcel: Parcel, desk: Desk) -> xr.Dataset:
    """A single site stands, as far as it does not say where, at a parcel; told when its latitude is not known."""
    import numpy as np  # noqa: PLC0415 -- heavy; --help must be instant

    if dataset.sizes["site"] != 1:
        return dataset
    if np.isnan(dataset["latitude"].values).any():
        name = dataset.attrs.get("source", "weather")
        desk.notes.append(f"{name}: its site has no latitude; the place of parcel {parcel.id} is taken")
    return at_parcel(dataset, parcel)


def model_references(folder: Path | None) -> tuple[InputReference, ...]:
    """Name and hash of every model file of a folder; an unreadable folder is wrong use."""
    from cloud.records import InputReference  # noqa: PLC0415 -- heavy; --help must be instant

    if folder is None:
        return ()
    files = sorted(folder.rglob("*.onnx")) if folder.is_dir() else []
    if not files:
        raise ConfigurationError(f"--models {folder}: expected a folder with .onnx files, got none; correct the path")
    return tuple(
        InputReference(name=f"model {path.name}", sha256=hashlib.sha256(path.read_bytes()).hexdigest())
        for path in files
    )


def code_version() -> str:
    """Version of the installed package."""
    try:
        return metadata.version("seguia")
    except metadata.PackageNotFoundError:
        return "unknown"


def parse_day(text: str) -> date:
    """Day of an option; wrong use when it is not an ISO date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--day {text}: expected a date like 2026-05-14; correct it") from None
