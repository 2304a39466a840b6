"""How a run of the balance begins: the parcels as arrays, their first rows, and whose weather is incomplete."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.assimilation.learned import Lesson, taught
from cloud.agronomy.assimilation.members import Draws, draws, start
from cloud.agronomy.assimilation.priors import as_found_in_fields
from cloud.agronomy.assimilation.watch import Watch
from cloud.agronomy.carrying.carried import CarriedWater, set_aside_lines, was_set_aside
from cloud.agronomy.crops.calendars import calendar_notes
from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.crops.crop_revision import edition_notes
from cloud.agronomy.crops.season import STANDARD_RH_MIN_PERCENT, STANDARD_WIND_M_S, stage_on
from cloud.agronomy.engines.engine import kernel_threads
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.memory import Memory
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.salinity import salt_notes
from cloud.agronomy.step import Water
from cloud.records import Parcel
from cloud.variables import Days, Indices
from cloud.weather.forcing import Forcing
from cloud.weather.scrutiny.gaps import LONGEST_FILLED_DAYS

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
    engine: EngineName = "auto"
    """What computes it; the water is the same."""
    inference: bool = True
    """Whether surprising readings are held against what else could explain them; off to show what that is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Parcels, members and weather of a run, and the water on the eve of its first day."""

    parcels: tuple[Parcel, ...]
    parcel_ids: tuple[str, ...]
    plots: Plots
    """Those of the first day; ``in_year`` gives those of a later one."""
    profile_depth_m: float
    forcing: Forcing
    drawn: Draws
    threads: int
    """Of the compiled balance; 0 for plain numpy."""
    water: Water
    memory: Memory
    watch: Watch
    """What is claimed of the water and remembered of those who observe it; filled as the run goes."""
    inference: bool
    goes_on: bool
    """Whether water and memory are those of an earlier run."""
    first_row: Indices
    """(P,) index of the first day; D where the parcel is set aside or its season has not begun."""
    aside: NDArray[np.bool_]
    """(P,) whether the weather of the season is incomplete; the state is then unknown."""
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    def in_year(self, day: date) -> Self:
        """The same run with its plots as they stand in the year of a day: trees grow older."""
        return replace(self, plots=plots_on(self.parcels, day, self.drawn.count, self.profile_depth_m))


def plots_on(parcels: Sequence[Parcel], day: date, members: int, profile_depth_m: float = 0.0) -> Plots:
    """Plots as they stand in the year of a day, whenever the run began: one that was taken in parts ends the same."""
    plots = plots_of(parcels, date(day.year, 1, 1), profile_depth_m)
    return plots if members == 1 else as_found_in_fields(plots, parcels)


def opened(parcels: Sequence[Parcel], forcing: Forcing, settings: WaterSettings, lesson: Lesson | None = None) -> Run:
    """The run of P parcels under a weather: who has rows from when on, and who is set aside."""
    days = forcing.days
    drawn = draws(1 if settings.fixed_parameters else settings.members, settings.seed)
    profile_depth_m = settings.profile_depth_m or 0.0
    plots = plots_on(parcels, days[0].item(), drawn.count, profile_depth_m)
    # An orchard stands all year: where its yearly cycle begins does not matter, only whether it is planted.
    begins = np.maximum(_planted(parcels, days[0].item()), days[0])
    first_row, aside, problems = _first_rows(parcels, forcing, begins)
    lost = np.where(plots.yearly, 0, np.maximum((days[0] - plots.season_start).astype(np.int64), 0))
    given = np.array([[np.nan if p.initial_depletion_mm is None else p.initial_depletion_mm] for p in parcels])
    standard = np.full((len(parcels), 1), STANDARD_WIND_M_S), np.full((len(parcels), 1), STANDARD_RH_MIN_PERCENT)
    roots = stage_on(plots, begins, *standard).root_depth_m
    water = start(plots, drawn, roots, given, lost[:, None].astype(np.float64))
    return Run(
        parcels=tuple(parcels),
        parcel_ids=tuple(parcel.id for parcel in parcels),
        plots=plots,
        profile_depth_m=profile_depth_m,
        forcing=forcing,
        drawn=drawn,
        threads=kernel_threads(settings.engine, drawn.count, len(parcels) * drawn.count * len(days)),
        water=water if lesson is None or drawn.count == 1 else taught(water, plots, lesson, given),
        memory=Memory.blank(len(parcels)),
        watch=Watch.blank(plots),
        inference=settings.inference,
        goes_on=False,
        first_row=first_row,
        aside=aside,
        problems=problems,
        notes=(*_said_of(parcels), *_lost_days(parcels, lost.tolist(), days[0].item())),
    )


def reopened(parcels: Sequence[Parcel], forcing: Forcing, settings: WaterSettings, carried: CarriedWater) -> Run:
    """The run of P parcels that goes on from their own water, on the day after it."""
    days, state = forcing.days, carried.state
    drawn = draws(1 if settings.fixed_parameters else settings.members, settings.seed)
    profile_depth_m = settings.profile_depth_m or 0.0
    begins = np.maximum(_planted(parcels, days[0].item()), days[0])
    first_row, aside, problems = _first_rows(parcels, forcing, begins)
    before = np.array(was_set_aside(carried))
    return Run(
        parcels=tuple(parcels),
        parcel_ids=tuple(parcel.id for parcel in parcels),
        plots=plots_on(parcels, days[0].item(), drawn.count, profile_depth_m),
        profile_depth_m=profile_depth_m,
        forcing=forcing,
        drawn=drawn,
        threads=kernel_threads(settings.engine, drawn.count, len(parcels) * drawn.count * len(days)),
        water=state.water,
        memory=Memory(wind_2m_m_s=state.wind_2m_m_s, rh_min_percent=state.rh_min_percent, age_days=state.age_days),
        watch=Watch.kept([parcel.id for parcel in parcels], state.claims, state.sources, state.concluded),
        inference=settings.inference,
        goes_on=True,
        first_row=np.where(before, len(days), first_row),
        aside=aside | before,
        problems=(*set_aside_lines(carried), *problems),
        notes=_said_of(parcels),
    )


def _planted(parcels: Sequence[Parcel], otherwise: date) -> Days:
    return np.array([parcel.planted_on or otherwise for parcel in parcels], dtype="datetime64[D]")


def _first_rows(
    parcels: Sequence[Parcel], forcing: Forcing, begins: Days
) -> tuple[Indices, NDArray[np.bool_], tuple[str, ...]]:
    first_row = (begins - forcing.days[0]).astype(np.intp)
    problems = _gaps(parcels, forcing, first_row)
    first_row = np.minimum(first_row, len(forcing.days))
    for place in problems:
        first_row[place] = len(forcing.days)
    return first_row, np.isin(np.arange(len(parcels)), list(problems)), tuple(problems.values())


def _said_of(parcels: Sequence[Parcel]) -> tuple[str, ...]:
    names = [find_crop(parcel.crop).name for parcel in parcels]
    return (*salt_notes(parcels), *calendar_notes(parcels, names), *edition_notes(parcels, names))


def _lost_days(parcels: Sequence[Parcel], lost: Sequence[int], first: date) -> tuple[str, ...]:
    return tuple(
        f"parcel {parcel.id}: {count} days between planting and the first weather day {first} are unknown;"
        " the interval is wider"
        for parcel, count in zip(parcels, lost, strict=True)
        if count
    )


def _gaps(parcels: Sequence[Parcel], forcing: Forcing, first_row: Indices) -> dict[int, str]:
    unknown = np.isnan(forcing.et0_mm) | np.isnan(forcing.rain_mm)
    problems: dict[int, str] = {}
    for place in np.flatnonzero(unknown.any(axis=0)).tolist():
        lost = [row for row in np.flatnonzero(unknown[:, place]) if row >= first_row[place]]
        if lost:
            named = ", ".join(str(forcing.days[row]) for row in lost[:_NAMED_DATES])
            more = f" and {len(lost) - _NAMED_DATES} more" if len(lost) > _NAMED_DATES else ""
            problems[place] = (
                f"parcel {parcels[place].id}: weather: expected temperature and rain on every day of the season,"
                f" got none on {named}{more} (gaps of up to {LONGEST_FILLED_DAYS} days are bridged); complete the file,"
                " by hand or with seguia cloud weather blend, or give weather that starts after the gap"
            )
    return problems
