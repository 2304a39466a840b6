"""Soil water of many parcels through a season, and what it will do under a forecast.

Every day: dual crop coefficient balance (FAO-56 chapters 7 and 8), then, at the day's end, what was observed that day.
In member means ``Dr(t) = Dr(t-1) - (rain - runoff) - irrigation - capillary_rise + etc_adj + deep_percolation
+ root_growth + correction`` closes to rounding. Capillary rise is 0 where no groundwater is declared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from cloud.agronomy.accounts import Accounts
from cloud.agronomy.assimilation.conclusions import doubted_of, inferred_of, notes_of
from cloud.agronomy.assimilation.suspicion import suspects
from cloud.agronomy.assimilation.watching import observed
from cloud.agronomy.carrying.carried import CarriedWater
from cloud.agronomy.carrying.parting import Asked, Part, joined, parts_of, standing
from cloud.agronomy.crops.season import stage_on
from cloud.agronomy.engines.blocks import Block, blocks_of, each
from cloud.agronomy.engines.engine import kernel_threads, settled
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.engines.ensemble_day import coming_day, day_inputs, past_day
from cloud.agronomy.inbox import Inbox, inbox_of
from cloud.agronomy.memory import Memory
from cloud.agronomy.opening import Run, WaterSettings, opened, plots_on
from cloud.agronomy.projection import compiled_projection, forecast_day, projection_of, stages_ahead
from cloud.agronomy.state import ObservationEffect, Projection, WaterHistory, WaterState
from cloud.agronomy.step import Water
from cloud.errors import InputError, MissingDataError
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.variables import Floats, Indices
from cloud.weather.forcing import Forcing

__all__ = ["Projection", "WaterHistory", "WaterSettings", "WaterState", "project", "simulate"]


def simulate(
    parcels: Sequence[Parcel],
    forcing: Forcing,
    events: Sequence[IrrigationEvent],
    observations: Sequence[Observation],
    *,
    settings: WaterSettings | None = None,
    carried: CarriedWater | None = None,
) -> WaterHistory:
    """Soil water of every parcel from max(planted_on, first weather day) to the last weather day.

    Parameters
    ----------
    parcels : sequence of P Parcel
        Whose crops and soils are known (the readers see to it).
    forcing : Forcing
        Weather (D, P); unknown days within a season set that parcel aside with a line in ``problems``.
    events, observations : sequences
        Of any of the parcels; those outside the days of the weather are told in ``notes``.
    settings : WaterSettings, optional
        Members, seed, fixed parameters, profile depth, engine. Many parcels are followed block by block.
    carried : CarriedWater, optional
        Water of an earlier day, made with the same settings: parcels for which it still stands have rows from the day
        after it on, the same to the bit as those of one run; others start anew, with what it learned of them.
    """
    return simulate_asked(
        Asked(
            parcels=parcels,
            forcing=forcing,
            events=events,
            observations=observations,
            settings=settings or WaterSettings(),
        ),
        carried,
    )


def simulate_asked(asked: Asked, carried: CarriedWater | None = None) -> WaterHistory:
    """``simulate`` of what is asked for; its irrigations may have been counted once already."""
    parcels, forcing, settings = asked.parcels, asked.forcing, asked.settings
    if not parcels or not len(forcing.days):
        raise MissingDataError("balance: expected at least one parcel and one day of weather, got none; give both")
    observations = () if settings.fixed_parameters else asked.observations
    members = 1 if settings.fixed_parameters else settings.members
    first = forcing.days[0] if carried is None else np.datetime64(carried.state.day) + 1
    work = len(parcels) * members * int((forcing.days >= first).sum())
    settings = replace(settings, engine=settled(settings.engine, members, work))
    asked = replace(asked, observations=observations, settings=settings)
    parts = each(_block, blocks_of(asked, carried), settings.engine)
    return parts[0][1] if len(parts) == 1 else joined(parts, ())


def _block(block: Block) -> tuple[Indices, WaterHistory]:
    asked, settings = block.asked, block.asked.settings
    if block.carried is None:
        run = opened(asked.parcels, asked.forcing, settings)
        inbox = inbox_of(asked.parcels, asked.forcing.days, asked.events, asked.observations, counted=asked.counted)
        return block.places, _followed(run, inbox)
    parts, notes = parts_of(block.carried, asked)
    return block.places, joined([(part.places, _part(part, settings)) for part in parts], notes)


def _part(part: Part, settings: WaterSettings) -> WaterHistory:
    if part.run is None:
        return standing(part, settings)
    inbox = inbox_of(part.parcels, part.run.forcing.days, part.events, part.observations, counted=True)
    return _followed(part.run, inbox)


def _followed(run: Run, inbox: Inbox) -> WaterHistory:
    forcing, parcels = run.forcing, len(run.parcel_ids)
    carried = _Carried(
        run.water,
        run.memory,
        Accounts.empty(len(forcing.days), parcels, run.profile_depth_m or None),
        [],
    )
    year = forcing.days[0].astype("datetime64[Y]")
    for place, day in enumerate(forcing.days):
        if day.astype("datetime64[Y]") != year:
            run, year = run.in_year(day.item()), day.astype("datetime64[Y]")
        air = forcing.wind_2m_m_s[place], forcing.rh_min_percent[place]
        carried = replace(carried, memory=carried.memory.with_air(*air, first=place == 0 and not run.goes_on))
        water, today = _one_day(run, inbox, carried, place), np.full(parcels, day)
        memory = carried.memory.after(run.plots, today, forcing.tmin_c[place], forcing.tmax_c[place])
        carried = replace(carried, water=water, memory=memory)
    # A parcel that is set aside has no first row: nothing came too early for it.
    counted_from = np.where(run.aside, 0, run.first_row)
    return _history(run, carried, (*inbox.notes, *inbox.too_early(run.parcel_ids, counted_from)))


@dataclass(frozen=True, slots=True)
class _Carried:
    """What a run carries from day to day."""

    water: Water
    memory: Memory
    accounts: Accounts
    effects: list[ObservationEffect]


def _one_day(run: Run, inbox: Inbox, carried: _Carried, place: int) -> Water:
    active = np.flatnonzero(run.first_row <= place)
    if not active.size:
        return carried.water
    everyone = active.size == len(run.first_row)
    plots = run.plots if everyone else run.plots.take(active)
    part = carried.water if everyone else carried.water.take(active)
    memory, day = carried.memory, run.forcing.days[place]
    air = memory.wind_2m_m_s[active], memory.rh_min_percent[active]
    stage = stage_on(plots, np.full(active.size, day), *air, memory.age_days[active])
    today = day_inputs(run, inbox, place, active)
    advanced, fluxes = past_day(run, int(day.astype(np.int64)), (part, plots, stage, today))
    settled, effects = observed(run, inbox, place, active, (advanced, plots, fluxes))
    carried.effects.extend(effects)
    carried.accounts.enter(place, active, (plots, part, advanced, settled), fluxes, today)
    return settled if everyone else carried.water.put(active, settled)


def _history(run: Run, carried: _Carried, notes: tuple[str, ...]) -> WaterHistory:
    started = run.first_row < len(run.forcing.days)
    memory, accounts = carried.memory, carried.accounts
    water = replace(carried.water, depletion_mm=np.where(run.aside[:, None], np.nan, carried.water.depletion_mm))
    total = water.holds_mm(run.plots, water.root_depth_m)
    readily = np.where(started[:, None], accounts.last_readily_share, run.plots.depletion_fraction) * total
    return WaterHistory(
        days=run.forcing.days,
        columns=accounts.columns,
        parcel_ids=run.parcel_ids,
        state=WaterState(
            day=run.forcing.days[-1].item(),
            depletion_mm=water.depletion_mm,
            total_available_mm=total,
            readily_available_mm=readily,
            water=water,
            wind_2m_m_s=memory.wind_2m_m_s,
            rh_min_percent=memory.rh_min_percent,
            age_days=memory.age_days,
            claims=run.watch.claims.stacked(),
            sources=run.watch.trusts.texts(run.parcel_ids),
            concluded=run.watch.concluded(run.parcel_ids, run.forcing.days[-1].item()),
            started=started,
        ),
        started=started,
        first_row=run.first_row,
        effects=tuple(carried.effects),
        inferred=inferred_of(run.watch),
        doubted=doubted_of(run.watch),
        suspects=suspects(run.watch.trusts),
        problems=run.problems,
        notes=(*run.forcing.notes, *run.notes, *notes, *notes_of(run.watch)),
    )


def project(
    state: WaterState,
    parcels: Sequence[Parcel],
    forecast: Forcing,
    net_irrigation_mm: Floats | None = None,
    *,
    engine: EngineName = "auto",
) -> Projection:
    """Water of every parcel under a forecast and, if given, planned net irrigation (D, P) [mm].

    State member j meets forecast member j modulo their number: always the same pairs. A forecast without members,
    arrays (D, P), is the same for all. NaN in a forecast gives NaN from that day on. Only rows of started parcels mean
    anything.
    """
    if len(forecast.days) and forecast.days[0].item() != state.day + timedelta(days=1):
        raise InputError(
            f"forecast: expected its first day on {state.day + timedelta(days=1)}, got {forecast.days[0]};"
            " cut the forecast to the days after the state"
        )
    members = state.depletion_mm.shape[1]
    plots = plots_on(parcels, state.day, members)
    stages = stages_ahead(plots, state, forecast)
    planned = np.zeros((len(forecast.days), len(parcels))) if net_irrigation_mm is None else net_irrigation_mm
    threads = kernel_threads(engine, members, state.depletion_mm.size * len(forecast.days))
    if threads:
        return compiled_projection(state, plots, stages, (forecast, planned), threads)
    water, outcome = state.water, []
    for place, stage in enumerate(stages):
        today = forecast_day(forecast, place, members, planned[place][:, None])
        water, fluxes = coming_day(water, plots, stage, today)
        outcome.append((water.depletion_mm, fluxes))
    return projection_of(forecast.days, outcome, state.depletion_mm.shape)
