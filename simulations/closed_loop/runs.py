"""Strategies by name, run over the field-seasons of a pilot part by part, each part an island of its own chance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, get_args

import numpy as np

from simulations.closed_loop import baselines, knowing, scheduled
from simulations.closed_loop.advised import Account, AdvisedFields, equipped
from simulations.closed_loop.advisor import Sources
from simulations.closed_loop.climates import Climate, climate_of_file, shipped_climate
from simulations.closed_loop.declared import answers_factor, groups_of
from simulations.closed_loop.farmers import EXACT, Farmers, Habits
from simulations.closed_loop.fields import Design, FieldSeason, fields_of
from simulations.closed_loop.forecasts import Forecasts
from simulations.closed_loop.loop import Lived, Strategy, run
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.outlooks import ClimatologyAhead, EnsembleAhead
from simulations.closed_loop.pilot import AdvisorStrategy, ClimateChoice, Pilot
from simulations.closed_loop.world import World

ADVISED: Final = frozenset(get_args(AdvisorStrategy))
"""Strategies in which the real advisor speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one process runs in one go: a strategy on the fields of a crop in a climate, or on a district's season."""

    strategy: str
    climate: str
    crop: str
    season: int | None = None
    """Season of a district; None for fields on demand, which live through all seasons at once."""

    @property
    def name(self) -> str:
        """Name of the part, and of the file that keeps it."""
        return f"{self.strategy}-{self.climate}-{self.crop if self.season is None else self.season}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the parts of one climate share."""

    pilot: Pilot
    climate: Climate
    forecasts: Forecasts


def parts_of(pilot: Pilot) -> tuple[Part, ...]:
    """The parts of a pilot, climate by climate."""
    if pilot.district is not None:
        return tuple(
            Part(strategy=strategy, climate=climate.name, crop="district", season=season)
            for climate in pilot.climates
            for season in climate.seasons
            for strategy in pilot.strategies
        )
    return tuple(
        Part(strategy=strategy, climate=climate.name, crop=crop)
        for climate in pilot.climates
        for crop in pilot.crops
        for strategy in pilot.strategies
    )


def climate_of(choice: ClimateChoice, folders: Sequence[Path]) -> Climate:
    """The record of a climate; a file is looked for in the folders, in their order."""
    if choice.weather is None:
        return shipped_climate(choice.name)
    assert choice.latitude is not None
    assert choice.longitude is not None
    assert choice.elevation_m is not None
    paths = [folder / choice.weather for folder in folders]
    path = next((one for one in paths if one.is_file()), paths[0])
    return climate_of_file(
        choice.name,
        path,
        latitude=choice.latitude,
        longitude=choice.longitude,
        elevation_m=choice.elevation_m,
    )


def setting_of(pilot: Pilot, choice: ClimateChoice, folders: Sequence[Path]) -> Setting:
    """What the parts of a climate need, made once."""
    climate = climate_of(choice, folders)
    return Setting(pilot=pilot, climate=climate, forecasts=Forecasts(climate, pilot.seed))


def fields_in(part: Part, pilot: Pilot) -> tuple[FieldSeason, ...]:
    """The field-seasons of a part."""
    choice = next(one for one in pilot.climates if one.name == part.climate)
    return fields_of(
        Design(
            crops=(part.crop,),
            climates=(part.climate,),
            seasons=choice.seasons,
            textures=pilot.fields.textures,
            per_cell=pilot.fields.copies,
            seed=pilot.seed,
        )
    )


def outcomes_of(
    part: Part, setting: Setting, *, told: Callable[[date, Sequence[FieldSeason]], None] | None = None
) -> list[Outcome]:
    """Run a part to the last harvest."""
    pilot, fields = setting.pilot, fields_in(part, setting.pilot)
    climates = {part.climate: setting.climate}
    farmers = Farmers(fields, habits_of(part.strategy, pilot), pilot.seed)
    farmers.answering = np.clip(farmers.answering * [answers_factor(one) for one in fields], 0.0, 1.0)
    if part.strategy in ADVISED:
        advised = _advised(part, setting, fields)
        lived = run(advised, World(fields, climates), farmers, told=told)
        return as_outcomes(part.strategy, fields, lived, pilot.seed, advised.account)
    strategy = BASELINES[part.strategy](fields, climates)
    lived = run(strategy, World(fields, climates), farmers, told=told)
    return as_outcomes(part.strategy, fields, lived, pilot.seed, None)


def habits_of(strategy: str, pilot: Pilot) -> Habits:
    """How the people of the fields carry a strategy out; practices and calendars hold their own errors already."""
    if strategy not in ADVISED:
        return EXACT
    return Habits(compliance=pilot.farmers.compliance, answers=pilot.farmers.replies, metered=pilot.sensors.meters)


Factory = Callable[[Sequence[FieldSeason], Mapping[str, Climate]], Strategy]


BASELINES: Final[Mapping[str, Factory]] = {
    "mixture": baselines.practices,
    "mixture_after_rain": lambda fields, climates: baselines.practices(fields, climates, skips_rain=True),
    "mixture_rain_blind": lambda fields, climates: baselines.practices(fields, climates, of_whole=True),
    "fixed_calendar": baselines.fixed_calendar,
    "turns": baselines.turns,
    "calendar_100": lambda fields, climates: baselines.etc_calendar(fields, climates, 1.0),
    "pyfao56_auto": scheduled.automatic,
    "perfect": knowing.perfect,
    "calendar_110": lambda fields, climates: baselines.etc_calendar(fields, climates, 1.1),
}
"""Strategies without the advisor, by name."""


def _advised(part: Part, setting: Setting, fields: Sequence[FieldSeason]) -> AdvisedFields:
    pilot, name = setting.pilot, part.strategy
    assert name in ADVISED
    sources = Sources.of(name)  # type: ignore[arg-type]  # a member of ADVISED, as asserted
    forecasts = {part.climate: setting.forecasts}
    ahead = EnsembleAhead(forecasts) if sources.forecast else ClimatologyAhead({part.climate: setting.climate})
    return AdvisedFields(
        fields,
        {part.climate: setting.forecasts.told},
        sources,
        equipped(fields, pilot.sensors, pilot.seed),
        ahead,
        agronomist=pilot.farmers.held_advice == "agronomist",
        seed=pilot.seed,
    )


def as_outcomes(
    strategy: str, fields: Sequence[FieldSeason], lived: Lived, seed: int, account: Account | None
) -> list[Outcome]:
    """A lived season as rows, one for each field; ``account`` is the advisor's, where it spoke."""
    harvest = lived.harvest
    found = []
    for place, one in enumerate(fields):
        days = 0.0 if account is None else float(account.compared[place])
        found.append(
            Outcome(
                strategy=strategy,
                field=one.id,
                crop=one.crop,
                climate=one.climate,
                season=one.season,
                soil=one.texture,
                method=one.method,
                efficiency=one.efficiency,
                area_ha=one.area_ha,
                applied_gross_mm=float(harvest.gross_mm[place]),
                applied_net_mm=float(harvest.net_mm[place]),
                yield_t_ha=float(harvest.yield_t_ha[place]),
                potential_t_ha=float(harvest.potential_t_ha[place]),
                storage_change_mm=-float(harvest.from_soil_mm[place]),
                rain_mm=float(harvest.rain_mm[place]),
                percolation_mm=float(harvest.percolation_mm[place]),
                runoff_mm=float(harvest.runoff_mm[place]),
                transpiration_mm=float(harvest.transpiration_mm[place]),
                events=int(harvest.events[place]),
                stress_days=int(lived.stress_days[place]),
                seed=seed,
                groups=groups_of(one),
                held_days=0 if account is None else int(account.held_days[place]),
                advised_days=0 if account is None else int(account.advised_days[place]),
                advice_error_mm=None
                if account is None or not days
                else float((account.square_sum[place] / days) ** 0.5),
                advice_bias_mm=None if account is None or not days else float(account.error_sum[place] / days),
            )
        )
    return found
