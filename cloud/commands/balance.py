"""``seguia balance``: soil water of one parcel, day by day."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cloud.agronomy.engines.engine_name import engine_named
from cloud.commands.console import finish, ignored, tell, write_csv
from cloud.commands.et0 import ElevationOption, LatitudeOption, LongitudeOption, OutOption, WindHeightOption
from cloud.errors import InputError, MissingDataError

if TYPE_CHECKING:
    import xarray as xr

    from cloud.agronomy.carrying.carried import CarriedWater
    from cloud.agronomy.state import WaterHistory, WaterState
    from cloud.records import Parcel
    from cloud.weather.forcing import Forcing

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_DEEPEST_M: Final = 5.0
_LONGEST_SEASON_DAYS: Final = 366


@app.command()
def balance(  # noqa: PLR0913, PLR0917 -- one argument per option of the contract
    parcel: Annotated[Path, typer.Option("--parcel", help="Parcel TOML.")],
    weather: Annotated[Path, typer.Option("--weather", help="Weather CSV, NetCDF or Zarr.")],
    irrigation: Annotated[Path | None, typer.Option("--irrigation", help="Events CSV.")] = None,
    observations: Annotated[Path | None, typer.Option("--observations", help="Observations CSV.")] = None,
    profile_depth: Annotated[
        float | None, typer.Option("--profile-depth", min=0.05, max=_DEEPEST_M, help="Also water in 0..M metres.")
    ] = None,
    fixed_parameters: Annotated[  # noqa: FBT002 -- a flag of the command line
        bool, typer.Option("--fixed-parameters", help="The plain balance: nothing is learned.")
    ] = False,
    state_in: Annotated[
        Path | None,
        typer.Option("--state-in", help="Water state to go on from, NetCDF; rows begin on the day after it."),
    ] = None,
    state_out: Annotated[
        Path | None, typer.Option("--state-out", help="Write the water of the last day, for --state-in of a later run.")
    ] = None,
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    elevation: ElevationOption = None,
    wind_height: WindHeightOption = None,
    out: OutOption = None,
) -> None:
    """Water of the root zone every day (FAO-56 dual crop coefficient), with an 80 % interval, as CSV.

    Depths in mm; irrigation_mm is net. A row uses only observations up to the end of its day. A season run in parts,
    each from the state of the one before, has the rows of the season run in one go; a new season starts with what the
    state had learned of the parcel.

    Example: seguia balance --parcel plot.toml --weather weather.csv --irrigation events.csv --profile-depth 1.0
    """
    from cloud.adapters.files.parcels import read_parcel_toml  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.adapters.files.tables import read_events, read_observations  # noqa: PLC0415 -- as above
    from cloud.agronomy.water import WaterSettings, simulate  # noqa: PLC0415 -- as above
    from cloud.commands.day_inputs import Desk, day_state, keep_state  # noqa: PLC0415 -- as above
    from cloud.weather.forcing import forcing_for  # noqa: PLC0415 -- as above
    from cloud.weather.read import read_weather  # noqa: PLC0415 -- as above

    place = read_parcel_toml(parcel)
    events = None if irrigation is None else read_events(irrigation, place.records)
    seen = None if observations is None else read_observations(observations, place.records)
    dataset = read_weather(
        weather,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation,
        wind_height_m=wind_height,
        parcels=place.records,
    )
    dataset = at_parcel(dataset, place.records[0])
    problems = str(dataset.attrs["problems"]).splitlines()
    for read in (place, events, seen):
        if read is not None:
            tell("balance", [*ignored(read.reference.name, read.ignored_fields), *read.notes])
            problems.extend(read.problems)
    settings = WaterSettings(
        fixed_parameters=fixed_parameters, profile_depth_m=profile_depth, engine=engine_named(os.environ)
    )
    forcing = forcing_for(place.records, dataset)
    desk = Desk()
    carried = None if state_in is None else day_state(forcing.days[-1].item(), state_in, desk)
    if carried is None:
        expect_its_season(place.records[0], forcing)
    history = simulate(
        place.records,
        forcing,
        () if events is None else events.records,
        () if seen is None else seen.records,
        settings=settings,
        carried=carried,
    )
    tell("balance", [*desk.notes, *history.notes])
    tell("balance", season_lines(history, place.records[0], forcing, carried))
    if history.problems:
        # What the reader took as missing is why there is a gap: it is told before the refusal.
        tell("balance", problems)
    write_rows(history, place.records[0], out)
    if state_out is not None:
        problems += keep_state(
            state_out, history, place.records, seed=settings.seed, profile_depth_m=settings.profile_depth_m
        )
    finish("balance", problems)


def at_parcel(dataset: xr.Dataset, parcel: Parcel) -> xr.Dataset:
    """The weather with the parcel's own place where the file and the options state none."""
    import numpy as np  # noqa: PLC0415 -- heavy; --help must be instant

    from cloud.weather.nearness import PLACED  # noqa: PLC0415 -- as above

    own = {"latitude": parcel.latitude, "longitude": parcel.longitude, "elevation_m": parcel.elevation_m}
    known = {name: np.nan if value is None else value for name, value in own.items()}
    lost = bool(np.isnan(dataset["latitude"].values + dataset["longitude"].values).any())
    placed = dataset.assign_coords(
        {name: ("site", np.where(np.isnan(dataset[name]), value, dataset[name])) for name, value in known.items()}
    )
    return placed.assign_attrs({PLACED: 1}) if lost else placed


def expect_its_season(parcel: Parcel, forcing: Forcing) -> None:
    """Refuse weather that begins more than a year after an annual was planted: it is not that of its season."""
    from cloud.agronomy.crops.crop import find_crop  # noqa: PLC0415 -- heavy; --help must be instant

    first = forcing.days[0].item()
    if parcel.planted_on is None or find_crop(parcel.crop).is_perennial:
        return
    if (first - parcel.planted_on).days > _LONGEST_SEASON_DAYS:
        raise InputError(
            f"parcel {parcel.id}: expected weather of the season of its {parcel.crop}, planted on"
            f" {parcel.planted_on}, got weather that begins on {first}; correct planted_on, or give the weather of"
            " that season"
        )


def season_lines(
    history: WaterHistory, parcel: Parcel, forcing: Forcing, carried: CarriedWater | None
) -> tuple[str, ...]:
    """How short of water the parcel's stages went, since when that counts, and when its season ended; or nothing."""
    from cloud.agronomy.crops.stage_deficit import (  # noqa: PLC0415 -- heavy; --help must be instant
        deficit_lines,
        season_end_lines,
        stage_deficits,
        stages_of,
    )

    if not history.started[0] or history.first_row[0] >= len(history.days):
        return ()
    own = [parcel]
    numbers = stages_of(history, own, forcing, None if carried is None else _state_before(carried, parcel, history))
    first = history.days[history.first_row[0]].item()
    # Of a later part of a season the deficits are those of the part.
    since = first if carried is not None and parcel.planted_on != first else None
    return (
        *deficit_lines(stage_deficits(history, own, numbers), own, since),
        *season_end_lines(history, own, numbers),
    )


def _state_before(carried: CarriedWater, parcel: Parcel, history: WaterHistory) -> WaterState | None:
    """The parcel's own state on the eve of the rows, where they go on from it."""
    import numpy as np  # noqa: PLC0415 -- heavy; --help must be instant

    from cloud.agronomy.carrying.carried import described  # noqa: PLC0415 -- as above

    state = carried.state
    same = [place for place, one in enumerate(carried.parcels) if one == described(parcel, state.day)]
    goes_on = (history.days[0].item() - state.day).days == 1 and (parcel.planted_on or state.day) <= state.day
    return carried.take(np.array(same[:1])).state if same and goes_on else None


def write_rows(history: WaterHistory, parcel: Parcel, out: Path | None) -> None:
    """Write the rows of one parcel with the contract's columns; an error when it has none."""
    if history.problems:
        raise MissingDataError(history.problems[0])
    rows = history.rows(0)
    if not rows and history.started[0]:
        raise InputError(
            f"parcel {parcel.id}: expected weather after {history.state.day}, the day of the state, got none;"
            " give later weather"
        )
    if not rows:
        raise InputError(
            f"parcel {parcel.id}: expected a season that has begun by {history.days[-1]}, got planted_on"
            f" {parcel.planted_on or parcel.season_starts_on}; give later weather"
        )
    names = list(history.columns)
    write_csv(("date", *names), ([row.day, *(getattr(row, name) for name in names)] for row in rows), out)
