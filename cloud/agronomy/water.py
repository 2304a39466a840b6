"""Soil water of many parcels through a season, and what it will do under a forecast.

Every day: dual crop coefficient balance (FAO-56 chapters 7 and 8), then, at the day's end, what was observed that day.
In member means ``Dr(t) = Dr(t-1) - (rain - runoff) - irrigation - capillary_rise + etc_adj + deep_percolation
+ root_growth + correction`` closes to rounding. Capillary rise is 0 where no groundwater is declared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.accounts import Accounts
from cloud.agronomy.assimilate import assimilate, batches
from cloud.agronomy.calendars import calendar_notes
from cloud.agronomy.crop import find_crop
from cloud.agronomy.drainage import drained
from cloud.agronomy.inbox import Inbox, inbox_of
from cloud.agronomy.members import Draws, draws, et0_factor, forgotten, irrigation_factor, rain_factor, start, wandered
from cloud.agronomy.memory import Memory
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.priors import as_found_in_fields
from cloud.agronomy.projection import forecast_day, mean_of_members, projection_of
from cloud.agronomy.salinity import salt_notes
from cloud.agronomy.season import STANDARD_RH_MIN_PERCENT, STANDARD_WIND_M_S, Stage, stage_on
from cloud.agronomy.state import Projection, WaterHistory, WaterState
from cloud.agronomy.step import DayInputs, Fluxes, Water, advance
from cloud.errors import InputError, MissingDataError
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.variables import Floats
from cloud.weather.forcing import Forcing

__all__ = ["Projection", "WaterHistory", "WaterSettings", "WaterState", "project", "simulate"]

_NAMED_DATES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterSettings:
    """How the balance is run."""

    members: int = 64
    seed: int = 0
    fixed_parameters: bool = False
    """The plain balance: one member, nothing learned, correction 0."""
    profile_depth_m: float | None = None
    """Depth for the water of the whole profile; None to leave it out."""


def simulate(
    parcels: Sequence[Parcel],
    forcing: Forcing,
    events: Sequence[IrrigationEvent],
    observations: Sequence[Observation],
    *,
    settings: WaterSettings | None = None,
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
        Members, seed, fixed parameters, profile depth.
    """
    settings = settings or WaterSettings()
    if not parcels or not len(forcing.days):
        raise MissingDataError("balance: expected at least one parcel and one day of weather, got none; give both")
    run = _prepare(parcels, forcing, settings)
    inbox = inbox_of(parcels, forcing.days, events, () if settings.fixed_parameters else observations)
    water, accounts = run.water, Accounts.empty(len(forcing.days), len(parcels), settings.profile_depth_m)
    memory = Memory.blank(len(parcels))
    for place, day in enumerate(forcing.days):
        memory = memory.with_air(forcing.wind_2m_m_s[place], forcing.rh_min_percent[place], first=place == 0)
        active = np.flatnonzero(run.first_row <= place)
        if active.size:
            water = _one_day(run, (water, memory, inbox, accounts), place, active)
        today = np.full(len(parcels), day)
        memory = memory.after(run.plots, today, forcing.tmin_c[place], forcing.tmax_c[place])
    early = inbox.too_early([parcel.id for parcel in parcels], run.first_row)
    return _history(parcels, run, (water, memory, accounts), (*inbox.notes, *early))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    plots: Plots
    forcing: Forcing
    drawn: Draws
    water: Water
    first_row: NDArray[np.intp]
    """(P,) index of the first day; D where the parcel is set aside or its season has not begun."""
    aside: NDArray[np.bool_]
    """(P,) whether the weather of the season is incomplete; the state is then unknown."""
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def _prepare(parcels: Sequence[Parcel], forcing: Forcing, settings: WaterSettings) -> _Run:
    days = forcing.days
    drawn = draws(1 if settings.fixed_parameters else settings.members, settings.seed)
    plots = plots_of(parcels, days[0].item(), settings.profile_depth_m or 0.0)
    plots = plots if drawn.count == 1 else as_found_in_fields(plots, parcels)
    # An orchard stands all year: where its yearly cycle begins does not matter, only whether it is planted.
    planted = np.array([parcel.planted_on or days[0].item() for parcel in parcels], dtype="datetime64[D]")
    begins = np.maximum(planted, days[0])
    first_row = (begins - days[0]).astype(np.intp)
    problems = _gaps(parcels, forcing, first_row)
    first_row = np.minimum(first_row, len(days))
    for place in problems:
        first_row[place] = len(days)
    lost = np.where(plots.yearly, 0, np.maximum((days[0] - plots.season_start).astype(np.int64), 0))
    given = np.array([[np.nan if p.initial_depletion_mm is None else p.initial_depletion_mm] for p in parcels])
    standard = np.full((len(parcels), 1), STANDARD_WIND_M_S), np.full((len(parcels), 1), STANDARD_RH_MIN_PERCENT)
    roots = stage_on(plots, begins, *standard).root_depth_m
    notes = (
        *salt_notes(parcels),
        *calendar_notes(parcels, [find_crop(parcel.crop).name for parcel in parcels]),
        *(
            f"parcel {parcel.id}: {count} days between planting and the first weather day {days[0]} are unknown;"
            " the interval is wider"
            for parcel, count in zip(parcels, lost, strict=True)
            if count
        ),
    )
    return _Run(
        plots=plots,
        forcing=forcing,
        drawn=drawn,
        water=start(plots, drawn, roots, given, lost[:, None].astype(np.float64)),
        first_row=first_row,
        aside=np.isin(np.arange(len(parcels)), list(problems)),
        problems=tuple(problems.values()),
        notes=notes,
    )


def _gaps(parcels: Sequence[Parcel], forcing: Forcing, first_row: NDArray[np.intp]) -> dict[int, str]:
    unknown = np.isnan(forcing.et0_mm) | np.isnan(forcing.rain_mm)
    problems: dict[int, str] = {}
    for place in np.flatnonzero(unknown.any(axis=0)).tolist():
        lost = [row for row in np.flatnonzero(unknown[:, place]) if row >= first_row[place]]
        if lost:
            named = ", ".join(str(forcing.days[row]) for row in lost[:_NAMED_DATES])
            more = f" and {len(lost) - _NAMED_DATES} more" if len(lost) > _NAMED_DATES else ""
            problems[place] = (
                f"parcel {parcels[place].id}: weather: expected temperature and rain on every day of the season,"
                f" got none on {named}{more}; complete the file"
            )
    return problems


def _one_day(run: _Run, parts: tuple[Water, Memory, Inbox, Accounts], place: int, active: NDArray[np.intp]) -> Water:
    water, memory, inbox, accounts = parts
    everyone = active.size == len(run.first_row)
    plots = run.plots if everyone else run.plots.take(active)
    part = water if everyone else water.take(active)
    days = np.full(active.size, run.forcing.days[place])
    air = memory.wind_2m_m_s[active], memory.rh_min_percent[active]
    stage = stage_on(plots, days, *air, memory.age_days[active])
    today = _inputs(run, inbox, place, active)
    advanced, fluxes = _advanced(run, (part, plots, stage, today), place)
    settled = _observe(advanced, plots, fluxes, inbox, (place, active))
    accounts.enter(place, active, (plots, part, advanced, settled), fluxes, today)
    return settled if everyone else water.put(active, settled)


def _advanced(run: _Run, parts: tuple[Water, Plots, Stage, DayInputs], place: int) -> tuple[Water, Fluxes]:
    water, plots, stage, today = parts
    if run.drawn.count == 1:
        return advance(water, plots, stage, today)
    water = wandered(water, plots, run.drawn, int(run.forcing.days[place].astype(np.int64)))
    after, fluxes = advance(water, plots, stage, today)
    return drained(water, after, plots, fluxes)


def _inputs(run: _Run, inbox: Inbox, place: int, active: NDArray[np.intp]) -> DayInputs:
    forcing, ordinal = run.forcing, int(run.forcing.days[place].astype(np.int64))

    def column(values: Floats, otherwise: float) -> Floats:
        chosen = values[place, active][:, None]
        return np.where(np.isnan(chosen), otherwise, chosen)

    filled = np.zeros((active.size, 1)) if forcing.filled is None else forcing.filled[place, active][:, None] * 1.0
    net = inbox.gross_mm[place, active][:, None] * run.plots.efficiency[active]
    single = run.drawn.count == 1
    return DayInputs(
        et0_mm=forcing.et0_mm[place, active][:, None] * (1.0 if single else et0_factor(run.drawn, ordinal, filled)),
        rain_mm=forcing.rain_mm[place, active][:, None] * (1.0 if single else rain_factor(run.drawn, ordinal, filled)),
        wind_2m_m_s=column(forcing.wind_2m_m_s, STANDARD_WIND_M_S),
        rh_min_percent=column(forcing.rh_min_percent, STANDARD_RH_MIN_PERCENT),
        irrigation_mm=net * irrigation_factor(run.drawn, inbox.gross_sigma[place, active][:, None]),
    )


def _observe(water: Water, plots: Plots, fluxes: Fluxes, inbox: Inbox, where: tuple[int, NDArray[np.intp]]) -> Water:
    place, active = where
    position = {int(parcel): row for row, parcel in enumerate(active)}
    seen = [(position[parcel], one) for parcel, one in inbox.observations.get(place, ()) if parcel in position]
    for batch in batches(seen):
        chosen = batch.index
        part = assimilate(water.take(chosen), plots.take(chosen), _taken(fluxes, chosen), batch)
        water = water.put(chosen, part)
    return water


def _taken(fluxes: Fluxes, index: NDArray[np.intp]) -> Fluxes:
    return replace(fluxes, **{name: getattr(fluxes, name)[index] for name in Fluxes.__slots__})


def _history(
    parcels: Sequence[Parcel], run: _Run, parts: tuple[Water, Memory, Accounts], notes: tuple[str, ...]
) -> WaterHistory:
    water, memory, accounts = parts
    started = run.first_row < len(run.forcing.days)
    water = replace(water, depletion_mm=np.where(run.aside[:, None], np.nan, water.depletion_mm))
    total = run.plots.available_mm(water.root_depth_m) * water.capacity_scale
    readily = np.where(started[:, None], accounts.last_readily_share, run.plots.depletion_fraction) * total
    return WaterHistory(
        days=run.forcing.days,
        columns=accounts.columns,
        parcel_ids=tuple(parcel.id for parcel in parcels),
        state=WaterState(
            day=run.forcing.days[-1].item(),
            depletion_mm=water.depletion_mm,
            total_available_mm=total,
            readily_available_mm=readily,
            water=water,
            wind_2m_m_s=memory.wind_2m_m_s,
            rh_min_percent=memory.rh_min_percent,
            age_days=memory.age_days,
            started=started,
        ),
        started=started,
        first_row=run.first_row,
        problems=run.problems,
        notes=(*run.forcing.notes, *run.notes, *notes),
    )


def project(
    state: WaterState, parcels: Sequence[Parcel], forecast: Forcing, net_irrigation_mm: Floats | None = None
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
    plots = plots_of(parcels, state.day)
    plots = plots if members == 1 else as_found_in_fields(plots, parcels)
    water, outcome = state.water, []
    memory = Memory(wind_2m_m_s=state.wind_2m_m_s, rh_min_percent=state.rh_min_percent, age_days=state.age_days)
    for place, day in enumerate(forecast.days):
        planned = 0.0 if net_irrigation_mm is None else net_irrigation_mm[place][:, None]
        today, days = (
            forecast_day(forecast, place, members, np.zeros((len(parcels), 1)) + planned),
            np.full(len(parcels), day),
        )
        stage = stage_on(plots, days, memory.wind_2m_m_s, memory.rh_min_percent, memory.age_days)
        before = water if members == 1 else forgotten(water)
        water, fluxes = advance(before, plots, stage, today)
        if members > 1:
            water, fluxes = drained(before, water, plots, fluxes)
        outcome.append((water.depletion_mm, fluxes))
        warmth = (mean_of_members(values[place]) for values in (forecast.tmin_c, forecast.tmax_c))
        memory = memory.after(plots, days, *warmth)
    return projection_of(forecast.days, outcome, state.depletion_mm.shape)
