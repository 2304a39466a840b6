"""How a run of the balance begins: the parcels as arrays, their first rows, and whose weather is incomplete."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.calendars import calendar_notes
from cloud.agronomy.crop import find_crop
from cloud.agronomy.crop_revision import edition_notes
from cloud.agronomy.members import Draws, draws, start
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.priors import as_found_in_fields
from cloud.agronomy.salinity import salt_notes
from cloud.agronomy.season import STANDARD_RH_MIN_PERCENT, STANDARD_WIND_M_S, stage_on
from cloud.agronomy.step import Water
from cloud.records import Parcel
from cloud.variables import Indices
from cloud.weather.forcing import Forcing

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Parcels, members and weather of a run, and the water on the eve of its first day."""

    parcel_ids: tuple[str, ...]
    plots: Plots
    forcing: Forcing
    drawn: Draws
    water: Water
    first_row: Indices
    """(P,) index of the first day; D where the parcel is set aside or its season has not begun."""
    aside: NDArray[np.bool_]
    """(P,) whether the weather of the season is incomplete; the state is then unknown."""
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def opened(parcels: Sequence[Parcel], forcing: Forcing, settings: WaterSettings) -> Run:
    """The run of P parcels under a weather: who has rows from when on, and who is set aside."""
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
    names = [find_crop(parcel.crop).name for parcel in parcels]
    notes = (
        *salt_notes(parcels),
        *calendar_notes(parcels, names),
        *edition_notes(parcels, names),
        *(
            f"parcel {parcel.id}: {count} days between planting and the first weather day {days[0]} are unknown;"
            " the interval is wider"
            for parcel, count in zip(parcels, lost, strict=True)
            if count
        ),
    )
    return Run(
        parcel_ids=tuple(parcel.id for parcel in parcels),
        plots=plots,
        forcing=forcing,
        drawn=drawn,
        water=start(plots, drawn, roots, given, lost[:, None].astype(np.float64)),
        first_row=first_row,
        aside=np.isin(np.arange(len(parcels)), list(problems)),
        problems=tuple(problems.values()),
        notes=notes,
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
                f" got none on {named}{more}; complete the file"
            )
    return problems
