"""How far each stage of a season went short of water, and what that costs of the yield.

Reference: FAO-33 (J. Doorenbos, A.H. Kassam 1979), by stage as in ``yield_response``; relative evapotranspiration of a
stage is the sum of (Ks Kcb + Ke) ET0 over that of (Kcb + Ke) ET0 (FAO-56 eq. 80 against eq. 69).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.crops.season import days_into_season
from cloud.agronomy.crops.yield_response import relative_yield, response_of
from cloud.agronomy.memory import Memory
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.state import WaterHistory, WaterState
from cloud.records import Parcel
from cloud.variables import Floats
from cloud.weather.forcing import Forcing

STAGES: Final = ("initial", "development", "mid-season", "late")
OVER: Final = len(STAGES)
"""Number of the days after the last stage of an annual crop."""

_TOLD_BELOW: Final = 0.995


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDeficits:
    """Relative evapotranspiration of P parcels by stage, and the yield that it leaves."""

    relative_et: Floats
    """(P, 4) evapotranspiration over that of a crop never short of water; NaN for a stage without rows."""
    wanted_mm: Floats
    """(P, 4) evapotranspiration of a crop never short of water, by stage; 0 for a stage without rows."""
    relative_yield: Floats
    """(P,) yield over that without lack of water, by what happened so far; NaN without rows."""


def stage_numbers(plots: Plots, forcing: Forcing, memory: Memory | None = None) -> NDArray[np.intp]:
    """Stage (D, P) of every day, 0 to 3, by warmth where the crop follows it; -1 before the season.

    Days after the end of an annual's season are ``OVER``; a perennial stays in its last stage until its next year.
    ``memory`` is that of the evening before, where the weather is that of a part of the season.
    """
    parcels = plots.root_max_m.shape[0]
    memory = memory or Memory.blank(parcels)
    numbers = np.full((len(forcing.days), parcels), -1, dtype=np.intp)
    last = np.where(plots.yearly, OVER - 1, OVER)
    for place, day in enumerate(forcing.days):
        today = np.full(parcels, day)
        by_date = days_into_season(plots, today)
        age = np.where(np.isnan(memory.age_days), by_date, memory.age_days)
        stage = (age >= plots.stage_ends_days).sum(axis=1)
        numbers[place] = np.where(by_date[:, 0] < 0.0, -1, np.minimum(stage, last))
        memory = memory.after(plots, today, forcing.tmin_c[place], forcing.tmax_c[place])
    return numbers


def stages_of(
    history: WaterHistory, parcels: Sequence[Parcel], forcing: Forcing, before: WaterState | None = None
) -> NDArray[np.intp]:
    """Stage numbers (D, P) of the days of a history; ``parcels`` and ``forcing`` are those it was made from.

    Of a run that went on, ``before`` is the state from which it did, of the same parcels: where the weather has no
    earlier days, it says how far warmth had brought the crop.
    """
    plots, memory = plots_of(parcels, forcing.days[0].item()), None
    if before is not None and forcing.days[0] > np.datetime64(before.day):
        memory = replace(Memory.blank(len(parcels)), age_days=before.age_days)
    return stage_numbers(plots, forcing, memory)[np.isin(forcing.days, history.days)]


def stage_deficits(history: WaterHistory, parcels: Sequence[Parcel], numbers: NDArray[np.intp]) -> StageDeficits:
    """Deficits of the rows of a history, whose days have the stages of ``numbers`` (``stages_of``).

    Years of a perennial are not told apart: the stages of all rows count together; days after the season do not.
    """
    et0, kcb, ke, ks = (history.columns[name] for name in ("et0_mm", "kcb", "ke", "ks"))
    used, wanted = (ks * kcb + ke) * et0, (kcb + ke) * et0
    relative = np.full((len(parcels), len(STAGES)), np.nan)
    totals = np.zeros(relative.shape)
    for stage in range(len(STAGES)):
        inside = (numbers == stage) & np.isfinite(wanted)
        total = np.where(inside, wanted, 0.0).sum(axis=0)
        share = np.where(inside, used, 0.0).sum(axis=0) / np.maximum(total, 1e-9)
        relative[:, stage], totals[:, stage] = np.where(total > 0.0, share, np.nan), total
    names = [find_crop(parcel.crop).name for parcel in parcels]
    left = [
        float(relative_yield(name, row, total)) if np.isfinite(row).any() else np.nan
        for name, row, total in zip(names, relative, totals, strict=True)
    ]
    return StageDeficits(relative_et=relative, wanted_mm=totals, relative_yield=np.array(left))


def deficit_lines(deficits: StageDeficits, parcels: Sequence[Parcel], since: date | None = None) -> tuple[str, ...]:
    """One line for each parcel that went short of water, in words; none for one that never did.

    ``since`` is the first day that counts, where the season is older than that.
    """
    lines = []
    counted = "" if since is None else f"since {since}, as far as this run goes, "
    for parcel, relative, left in zip(parcels, deficits.relative_et, deficits.relative_yield, strict=True):
        if not (relative < _TOLD_BELOW).any():
            continue
        shares = ", ".join(
            f"{name} {share:.0%}" for name, share in zip(STAGES, relative, strict=True) if np.isfinite(share)
        )
        source = response_of(find_crop(parcel.crop).name).source
        lines.append(
            f"parcel {parcel.id}: {counted}evapotranspiration over that of a crop never short of water: {shares}; this"
            f" leaves {left:.0%} of the yield ({source})"
        )
    return tuple(lines)


def season_end_lines(history: WaterHistory, parcels: Sequence[Parcel], numbers: NDArray[np.intp]) -> tuple[str, ...]:
    """One line for each parcel whose rows go on after its season's end by the table; ``numbers`` as of its days."""
    lines = []
    for place, parcel in enumerate(parcels):
        after = np.flatnonzero(numbers[:, place] == OVER)
        rows = after[after >= history.first_row[place]]
        if not rows.size:
            continue
        way = "by warmth" if np.isfinite(history.state.age_days[place, 0]) else "by the calendar"
        # Where the rows begin after the end, its day is not known: only that it was before.
        ended = f"before {history.days[rows[0]]}" if rows[0] == 0 else f"on {history.days[rows[0] - 1]}"
        lines.append(
            f"parcel {parcel.id}: its season ended {ended} by the table ({way}); the {rows.size} rows after it are of"
            " bare or dead ground"
        )
    return tuple(lines)
