"""How far each stage of a season went short of water, and what that costs of the yield.

Reference: FAO-33 (J. Doorenbos, A.H. Kassam 1979), by stage as in ``yield_response``; relative evapotranspiration of a
stage is the sum of (Ks Kcb + Ke) ET0 over that of (Kcb + Ke) ET0 (FAO-56 eq. 80 against eq. 69).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.crops.season import days_into_season
from cloud.agronomy.crops.yield_response import relative_yield, response_of
from cloud.agronomy.memory import Memory
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.state import WaterHistory
from cloud.records import Parcel
from cloud.variables import Floats
from cloud.weather.forcing import Forcing

STAGES: Final = ("initial", "development", "mid-season", "late")
_TOLD_BELOW: Final = 0.995


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDeficits:
    """Relative evapotranspiration of P parcels by stage, and the yield that it leaves."""

    relative_et: Floats
    """(P, 4) evapotranspiration over that of a crop never short of water; NaN for a stage without rows."""
    relative_yield: Floats
    """(P,) yield over that without lack of water, by what happened so far; NaN without rows."""


def stage_numbers(plots: Plots, forcing: Forcing) -> NDArray[np.intp]:
    """Stage (D, P) of every day, 0 to 3, by warmth where the crop follows it; -1 before the season, 3 after its end."""
    parcels = plots.root_max_m.shape[0]
    memory, numbers = Memory.blank(parcels), np.full((len(forcing.days), parcels), -1, dtype=np.intp)
    for place, day in enumerate(forcing.days):
        today = np.full(parcels, day)
        by_date = days_into_season(plots, today)
        age = np.where(np.isnan(memory.age_days), by_date, memory.age_days)
        stage = (age >= plots.stage_ends_days).sum(axis=1)
        numbers[place] = np.where(by_date[:, 0] < 0.0, -1, np.minimum(stage, len(STAGES) - 1))
        memory = memory.after(plots, today, forcing.tmin_c[place], forcing.tmax_c[place])
    return numbers


def stage_deficits(history: WaterHistory, parcels: Sequence[Parcel], forcing: Forcing) -> StageDeficits:
    """Deficits of the rows of a history; ``parcels`` and ``forcing`` are those it was made from.

    Years of a perennial are not told apart: the stages of all rows count together.
    """
    numbers = stage_numbers(plots_of(parcels, forcing.days[0].item()), forcing)
    et0, kcb, ke, ks = (history.columns[name] for name in ("et0_mm", "kcb", "ke", "ks"))
    used, wanted = (ks * kcb + ke) * et0, (kcb + ke) * et0
    relative = np.full((len(parcels), len(STAGES)), np.nan)
    for stage in range(len(STAGES)):
        inside = (numbers == stage) & np.isfinite(wanted)
        total = np.where(inside, wanted, 0.0).sum(axis=0)
        share = np.where(inside, used, 0.0).sum(axis=0) / np.maximum(total, 1e-9)
        relative[:, stage] = np.where(total > 0.0, share, np.nan)
    names = [find_crop(parcel.crop).name for parcel in parcels]
    left = [
        float(relative_yield(name, row)) if np.isfinite(row).any() else np.nan
        for name, row in zip(names, relative, strict=True)
    ]
    return StageDeficits(relative_et=relative, relative_yield=np.array(left))


def deficit_lines(deficits: StageDeficits, parcels: Sequence[Parcel]) -> tuple[str, ...]:
    """One line for each parcel that went short of water, in words; none for one that never did."""
    lines = []
    for parcel, relative, left in zip(parcels, deficits.relative_et, deficits.relative_yield, strict=True):
        if not (relative < _TOLD_BELOW).any():
            continue
        shares = ", ".join(
            f"{name} {share:.0%}" for name, share in zip(STAGES, relative, strict=True) if np.isfinite(share)
        )
        source = response_of(find_crop(parcel.crop).name).source
        lines.append(
            f"parcel {parcel.id}: evapotranspiration over that of a crop never short of water: {shares}; this leaves"
            f" {left:.0%} of the yield ({source})"
        )
    return tuple(lines)
