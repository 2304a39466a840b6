"""The water of one parcel from files alone, gathered to be explained."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from cloud.adapters.files.parcels import read_parcel_toml
from cloud.adapters.files.tables import read_events, read_observations
from cloud.agronomy.water import WaterSettings, simulate
from cloud.commands.balance import at_parcel, expect_its_season
from cloud.commands.console import ignored, tell
from cloud.errors import InputError, MissingDataError
from cloud.explanation.case import Case
from cloud.explanation.diary import days_of, last_spreads
from cloud.weather.forcing import forcing_for
from cloud.weather.read import read_weather


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFiles:
    """The files that ``seguia balance`` takes."""

    parcel: Path
    weather: Path
    events: Path | None
    observations: Path | None


def case_of_run(files: RunFiles, day: date, first: date | None) -> tuple[Case, tuple[str, ...], tuple[str, ...]]:
    """The parcel's water up to a day, as ``seguia balance`` computes it; what was assumed, and what was not used."""
    place = read_parcel_toml(files.parcel)
    (parcel,) = place.records
    events = None if files.events is None else read_events(files.events, place.records)
    seen = None if files.observations is None else read_observations(files.observations, place.records)
    dataset = at_parcel(read_weather(files.weather), parcel)
    notes: list[str] = []
    problems = str(dataset.attrs["problems"]).splitlines()
    for read in (place, events, seen):
        if read is not None:
            notes += [*ignored(read.reference.name, read.ignored_fields), *read.notes]
            problems += read.problems
    forcing = forcing_for(place.records, dataset).until(np.datetime64(day, "D"))
    if not len(forcing.days):
        raise InputError(f"{files.weather}: expected weather up to {day}, got none before; give an earlier --day")
    expect_its_season(parcel, forcing)
    settings = WaterSettings()
    history = simulate(
        place.records,
        forcing,
        () if events is None else events.records,
        () if seen is None else seen.records,
        settings=settings,
    )
    if history.problems:
        # What the reader took as missing is why there is a gap: it is told before the refusal.
        tell("explain", problems)
        raise MissingDataError(history.problems[0])
    spreads = last_spreads(history, settings.seed)
    case = Case(
        parcel_id=parcel.id,
        name=parcel.label,
        day=day,
        timezone=parcel.timezone,
        rows=tuple(days_of(history, place.records)),
        spread=spreads[0] if spreads else None,
        first=first,
    )
    return case, (*notes, *history.notes), tuple(problems)
