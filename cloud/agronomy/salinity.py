"""What salt in the water takes from a crop, and how much water washes it out.

References: E.V. Maas, G.J. Hoffman (1977), Crop salt tolerance - current assessment; R.S. Ayers, D.W. Westcot (1985),
FAO Irrigation and Drainage Paper 29 rev. 1, table 3 (salinity of the soil over that of the water), table 4 and eq. 9
(leaching requirement); updated tolerances of E.V. Maas, S.R. Grattan (1999) as in FAO Irrigation and Drainage Paper
61, annex 1; FAO-56 eq. 89 and 90 (transpiration).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.crops.yield_response import response_of
from cloud.records import Parcel

SOIL_OVER_WATER: Final = 1.5
"""ECe over ECw at a usual leaching fraction of 15 to 20 % (FAO-29 chapter 2; FAO-56 chapter 8)."""

_LEACHING: Final = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50, 0.60, 0.70, 0.80)
_CONCENTRATION: Final = (3.2, 2.1, 1.6, 1.3, 1.2, 1.0, 0.9, 0.8, 0.7, 0.6, 0.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltTolerance:
    """ECe up to which a crop loses nothing, and what it loses beyond."""

    threshold_ds_m: float
    slope_percent_per_ds_m: float
    source: str


def _maas(threshold: float, slope: float) -> SaltTolerance:
    return SaltTolerance(
        threshold_ds_m=threshold, slope_percent_per_ds_m=slope, source="Maas and Grattan (1999), FAO-61 annex 1"
    )


def _fao29(threshold: float, slope: float, note: str = "") -> SaltTolerance:
    return SaltTolerance(threshold_ds_m=threshold, slope_percent_per_ds_m=slope, source=f"FAO-29{note}")


TOLERANCES: Final[Mapping[str, SaltTolerance]] = MappingProxyType(
    {
        "alfalfa": _maas(2.0, 7.3),
        "almond": _maas(1.5, 19.0),
        "apple": _fao29(1.7, 16.0, " (1976): 10 % lost at 2.3, 50 % at 4.8; not in later lists, unverified"),
        "apricot": _maas(1.6, 24.0),
        "artichoke": _maas(6.1, 11.5),
        "barley": _maas(8.0, 5.0),
        "berseem": _maas(1.5, 5.7),
        "carrot": _maas(1.0, 14.0),
        "citrus": _maas(1.3, 13.1),
        "cotton": _maas(7.7, 5.2),
        "cucumber": _maas(2.5, 13.0),
        "date_palm": _maas(4.0, 3.6),
        "durum_wheat": _maas(5.9, 3.8),
        "eggplant": _maas(1.1, 6.9),
        "faba_bean": _maas(1.6, 9.6),
        "green_bean": _maas(1.0, 19.0),
        "groundnut": _maas(3.2, 29.0),
        "maize": _maas(1.7, 12.0),
        "melon": _maas(1.0, 8.4),
        "olive": _fao29(2.7, 8.8, " (1976): 10 % lost at 3.8, 50 % at 8.4; only rated in later lists, unverified"),
        "onion": _maas(1.2, 16.0),
        "pea": _maas(3.4, 10.6),
        "peach": _maas(1.7, 21.0),
        "pepper": _maas(1.5, 14.0),
        "pomegranate": _fao29(2.7, 8.8, " (1976), as olive; only rated in later lists, unverified"),
        "potato": _maas(1.7, 12.0),
        "silage_maize": _maas(1.8, 7.4),
        "sorghum": _maas(6.8, 16.0),
        "soybean": _maas(5.0, 20.0),
        "strawberry": _maas(1.0, 33.0),
        "sugar_beet": _maas(7.0, 5.9),
        "sunflower": _maas(4.8, 5.0),
        "sweet_maize": _maas(1.7, 12.0),
        "table_grape": _maas(1.5, 9.6),
        "tomato": _maas(2.5, 9.9),
        "vineyard": _maas(1.5, 9.6),
        "wheat": _maas(6.0, 7.1),
        "zucchini": _maas(4.9, 10.5),
    }
)
"""Crops whose tolerance was measured; argan, avocado, chickpea, lentil, mint, oats and others have no entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltEffect:
    """What the salt of its water does to one parcel."""

    soil_ds_m: float
    """ECe expected under the usual leaching."""
    transpiration: float
    """Share of transpiration that remains, 0 to 1 (the first factor of eq. 90)."""
    leaching: float | None
    """Share of the water that must pass the roots to keep the yield; None where no leaching can."""
    explanation: str
    """One line, for people."""


def soil_salinity_ds_m(water_ds_m: float, leaching_fraction: float | None = None) -> float:
    """Salinity of the saturation extract under long use of a water [dS m-1].

    Without a leaching fraction the usual 15 to 20 %; else FAO-29 table 3, whose ends hold beyond 5 and 80 %.
    """
    if leaching_fraction is None:
        return SOIL_OVER_WATER * water_ds_m
    return water_ds_m * float(np.interp(leaching_fraction, _LEACHING, _CONCENTRATION))


def leaching_requirement(water_ds_m: float, soil_limit_ds_m: float) -> float | None:
    """Share of the water that must pass below the roots (FAO-29 eq. 9, surface irrigation and sprinklers).

    None where the water is too salty for that soil limit, however much of it is given.
    """
    room = 5.0 * soil_limit_ds_m - water_ds_m
    share = water_ds_m / room if room > 0.0 else 1.0
    return share if share < 1.0 else None


def transpiration_factor(tolerance: SaltTolerance, soil_ds_m: float, yield_response: float) -> float:
    """Ks by salt alone [-], 0 to 1 (FAO-56 eq. 89): 1 - b / (100 Ky) (ECe - threshold)."""
    excess = max(soil_ds_m - tolerance.threshold_ds_m, 0.0)
    return min(max(1.0 - tolerance.slope_percent_per_ds_m / (100.0 * yield_response) * excess, 0.0), 1.0)


def salt_effect(parcel: Parcel, crop: str) -> SaltEffect | None:
    """Effect of a parcel's water on its crop; None where the water's salinity is unknown."""
    water = parcel.water.salinity_ds_m
    if water is None:
        return None
    soil, tolerance = soil_salinity_ds_m(water), TOLERANCES.get(crop)
    stem = f"parcel {parcel.id}: water of {water:g} dS/m makes a soil of about {soil:.1f} dS/m"
    if tolerance is None:
        text = f"{stem}; the tolerance of {crop} is not known and no loss is counted"
        return SaltEffect(soil_ds_m=soil, transpiration=1.0, leaching=None, explanation=text)
    factor = transpiration_factor(tolerance, soil, response_of(crop).season)
    leaching = leaching_requirement(water, tolerance.threshold_ds_m)
    wash = "no leaching keeps the yield" if leaching is None else f"{100.0 * leaching:.0f} % of it must pass the roots"
    lost = f"{crop} bears {tolerance.threshold_ds_m:g}: transpiration falls by {100.0 * (1.0 - factor):.0f} %"
    return SaltEffect(soil_ds_m=soil, transpiration=factor, leaching=leaching, explanation=f"{stem}; {lost}; {wash}")


def salt_notes(parcels: Sequence[Parcel]) -> tuple[str, ...]:
    """One line for each parcel whose water is salty enough to tell: a loss, or a crop whose tolerance is unknown."""
    effects = [salt_effect(parcel, find_crop(parcel.crop).name) for parcel in parcels]
    told = [one for one in effects if one is not None and (one.transpiration < 1.0 or one.leaching is None)]
    return tuple(one.explanation for one in told)
