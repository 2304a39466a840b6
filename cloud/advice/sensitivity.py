"""How much yield hangs on a millimetre, stage by stage, and how much water a crop will still use before its harvest.

References: FAO-33 (J. Doorenbos, A.H. Kassam 1979), Ky by stage as in ``yield_response``; FAO-56 crop curves;
reference evapotranspiration of an ordinary year from the height of the sun alone (see ``USUAL_ET0``).
"""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.crops.crop import crop_of, season_start
from cloud.agronomy.crops.yield_response import response_of
from cloud.agronomy.radiation import extraterrestrial_mj_m2
from cloud.records import CropParameters, Parcel
from cloud.variables import Floats

USUAL_ET0: Final = (0.057, 1.72)
"""ET0 = a (Ra / 2.45)^b [mm/d]: Hargreaves (FAO-56 eq. 52) with the temperatures of inland Morocco (January 11 deg C,
range 13; July 28 deg C, range 17) at 32 degrees north. Only its course over the season matters much."""
MM_PER_MJ: Final = 0.408
EVAPORATION_KC: Final = 0.10
"""Mean evaporation coefficient added to Kcb: Ky refers to evapotranspiration."""
SMALLEST_SHARE: Final = 0.05
"""Of the largest Kcb, the least that is counted: below it there is hardly a leaf to speak of."""
YEAR_DAYS: Final = 365


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Calendar:
    """One crop sown on one day of the year at one latitude, in an ordinary year."""

    crop: str
    yearly: bool
    stage_ends_days: Floats
    """(4,)."""
    stage_need_mm: Floats
    """(4,) evapotranspiration of each stage without stress."""
    loss_per_mm: Floats
    """(4,) share of the yield lost by one millimetre in each stage [mm-1]; FAO-33 has one for initial and development
    together, its vegetative period."""
    season_loss_per_mm: float
    """The same over the whole season."""
    need_until_mm: Floats
    """(D + 1,) transpiration from the sowing to the start of each day."""
    kcb_share: Floats
    """(D,) Kcb of each day over the largest."""

    def stages(self, ages: Floats) -> NDArray[np.intp]:
        """Stage 0 to 3 at ages [d]; a perennial has one answer for all of them."""
        return np.clip(np.searchsorted(self.stage_ends_days, ages, side="right"), 0, 3)

    def standing(self, ages: Floats) -> NDArray[np.bool_]:
        """Whether the crop is not yet harvested at ages [d]."""
        return np.ones(ages.shape, dtype=bool) if self.yearly else ages < self.stage_ends_days[-1]

    def closing(self, ages: Floats) -> NDArray[np.bool_]:
        """Whether the canopy of an annual is still growing at ages [d]."""
        return np.zeros(ages.shape, dtype=bool) if self.yearly else ages < self.stage_ends_days[1]

    def losses(self, ages: Floats) -> Floats:
        """Share of the yield lost by one millimetre not transpired at ages [d] [mm-1]; 0 once harvested.

        While the canopy grows, what it does not grow today it lacks until the harvest: a day without growth puts it
        off by a day, and costs at last a day of the closed canopy's transpiration. A millimetre of an open canopy is
        so worth as many as a closed one uses instead of it, at the season's mean loss, and never less than FAO-33's.
        """
        by_stage = self.loss_per_mm[self.stages(ages)]
        if not self.yearly:
            open_by = self.kcb_share[np.clip(ages, 0.0, self.kcb_share.size - 1).astype(np.intp)]
            put_off = self.season_loss_per_mm / np.maximum(open_by, SMALLEST_SHARE)
            by_stage = np.where(self.closing(ages), np.maximum(by_stage, put_off), by_stage)
        return np.where(self.standing(ages), by_stage, 0.0)

    def cover(self, age: float) -> float:
        """Canopy at an age over its largest [-]."""
        return 1.0 if self.yearly else float(self.kcb_share[min(max(int(age), 0), self.kcb_share.size - 1)])

    def need_after_mm(self, age: float) -> float:
        """Transpiration after the day of an age to the harvest [mm]; infinite for a perennial."""
        if self.yearly:
            return np.inf
        first = min(max(int(age) + 1, 0), self.need_until_mm.size - 1)
        return float(self.need_until_mm[-1] - self.need_until_mm[first])


def calendar_of(parcel: Parcel) -> Calendar:
    """Calendar of a parcel's crop as it was sown."""
    curve = _curve_of(
        _Described(
            crop=parcel.crop,
            edition=parcel.crop_edition,
            parameters=parcel.crop_parameters,
            cut=bool(parcel.cuttings),
            parcel=parcel,
        )
    )
    start = parcel.planted_on if not curve.yearly else season_start(parcel, parcel.planted_on or date(2001, 1, 1))
    return _calendar(curve, (start or date(2001, 1, 1)).timetuple().tm_yday, round(parcel.latitude))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """What a parcel's file says of its crop; parcels that say the same have the same curve."""

    crop: str
    edition: str
    parameters: CropParameters
    cut: bool
    parcel: Parcel = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curve:
    name: str
    yearly: bool
    kcb: tuple[float, float, float]
    lengths: tuple[int, int, int, int]


@lru_cache(maxsize=4096)
def _curve_of(described: _Described) -> _Curve:
    crop = crop_of(described.parcel)
    return _Curve(name=crop.name, yearly=crop.is_perennial, kcb=crop.kcb, lengths=crop.stage_lengths_days)


@lru_cache(maxsize=4096)
def _calendar(curve: _Curve, sown: int, latitude: int) -> Calendar:
    name, yearly, (first, middle, last) = curve.name, curve.yearly, curve.kcb
    ends = np.cumsum(curve.lengths, dtype=np.float64)
    days = np.arange(max(int(ends[-1]), 1), dtype=np.float64)
    kcb = np.interp(days, [0.0, ends[0], ends[1], ends[2], ends[3]], [first, first, middle, middle, last])
    a, b = USUAL_ET0
    sun = MM_PER_MJ * extraterrestrial_mj_m2(np.array(float(latitude)), (sown - 1 + days) % YEAR_DAYS + 1)
    et0 = a * np.maximum(sun, 0.1) ** b
    stage = np.clip(np.searchsorted(ends, days, side="right"), 0, 3)
    used = (kcb + EVAPORATION_KC) * et0
    need = np.array([float(used[stage == one].sum()) for one in range(4)])
    return Calendar(
        crop=name,
        yearly=yearly,
        stage_ends_days=ends,
        stage_need_mm=need,
        loss_per_mm=_losses(name, need),
        season_loss_per_mm=response_of(name).season / float(need.sum()),
        need_until_mm=np.concatenate([[0.0], np.cumsum(kcb * et0)]),
        kcb_share=kcb / max(float(kcb.max()), 1e-9),
    )


def _losses(crop: str, need_mm: Floats) -> Floats:
    """Share of the yield lost per millimetre in each stage: Ky over the need of the period that it is stated for."""
    response = response_of(crop)
    if response.stages is None:
        return np.full(4, response.season / float(need_mm.sum()))
    vegetative = float(need_mm[:2].sum())
    period = np.array([vegetative, vegetative, *need_mm[2:]])
    rates: Floats = np.array(response.stages) / np.maximum(period, 1.0)
    return rates
