"""A season of a district under one strategy: the same turns, quotas and pumps bind whoever decides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from simulations.closed_loop import baselines
from simulations.closed_loop.advised import AdvisedFields, equipped
from simulations.closed_loop.advisor import Sources, WaterRules
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.declared import answers_factor
from simulations.closed_loop.district import District, DistrictDesign, district_of
from simulations.closed_loop.farmers import Farmers
from simulations.closed_loop.fields import FieldSeason
from simulations.closed_loop.loop import Strategy, run
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.outlooks import ClimatologyAhead, EnsembleAhead
from simulations.closed_loop.runs import ADVISED, Setting, as_outcomes, habits_of
from simulations.closed_loop.supply import AtTurns, Supply
from simulations.closed_loop.world import World

_FULL: Final = "calendar_110_on_demand"
BASELINES: Final[Mapping[str, Callable[[Sequence[FieldSeason], Mapping[str, Climate]], Strategy]]] = {
    "mixture": baselines.practices,
    "turns": baselines.turns,
    "calendar_110": lambda fields, climates: baselines.etc_calendar(fields, climates, 1.1),
    _FULL: lambda fields, climates: baselines.etc_calendar(fields, climates, 1.1),
}
"""Strategies without the advisor. The agency's rule takes every turn in full; the calendar on demand is the measure of
the yield that turns cost: nothing binds it."""


def district_outcomes(
    strategy: str,
    season: int,
    setting: Setting,
    design: DistrictDesign,
    *,
    told: Callable[[date, Sequence[FieldSeason]], None] | None = None,
) -> list[Outcome]:
    """Run one season to the last harvest; the weight of an outcome is the hectares that its field stands for."""
    district = district_of(design, season, setting.climate)
    fields, climates, pilot = district.fields, {setting.climate.name: setting.climate}, setting.pilot
    supply = Supply(district)
    free = strategy == _FULL
    farmers = Farmers(fields, habits_of(strategy, pilot), pilot.seed, deliver=None if free else supply.deliver)
    if strategy in ADVISED:
        farmers.answering = np.clip(farmers.answering * [answers_factor(one) for one in fields], 0.0, 1.0)
        advised = _advised(strategy, district, setting)
        lived = run(advised, World(fields, climates), farmers, told=told)
        rows = as_outcomes(strategy, fields, lived, pilot.seed, advised.account)
    else:
        wishes = BASELINES[strategy](fields, climates)
        waiting = wishes if free else AtTurns(wishes, supply, [one.canal is not None for one in fields])
        rows = as_outcomes(
            strategy, fields, run(waiting, World(fields, climates), farmers, told=told), pilot.seed, None
        )
    return [replace(row, weight=one.area_ha * one.weight) for row, one in zip(rows, fields, strict=True)]


def _advised(strategy: str, district: District, setting: Setting) -> AdvisedFields:
    sources = Sources.of(strategy)  # type: ignore[arg-type]  # one of ADVISED, as the caller asked
    name = setting.climate.name
    ahead = EnsembleAhead({name: setting.forecasts}) if sources.forecast else ClimatologyAhead({name: setting.climate})
    return AdvisedFields(
        district.fields,
        {name: setting.forecasts.told},
        sources,
        equipped(district.fields, setting.pilot.sensors, setting.pilot.seed),
        ahead,
        agronomist=setting.pilot.farmers.held_advice == "agronomist",
        seed=setting.pilot.seed,
        rules=WaterRules(turns=district.turns, quotas=district.quotas, pumps=district.pumps),
    )
