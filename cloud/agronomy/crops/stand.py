"""What stands on a parcel: how much of the ground trees of an age and spacing cover, and what their emitters wet.

References: R.G. Allen, L.S. Pereira (2009), eq. 10, doi:10.1007/s00271-009-0182-z (density coefficient); L. Vermeiren,
G.A. Jobling (1980), Localized irrigation, FAO Irrigation and Drainage Paper 36 (spacing of emitters by discharge and
soil, 80 % of the wetted diameter); FAO-56 table 20 (wetted fraction). Usual distances and the years until crowns are
full are those common in Morocco, from practice and not from a survey: measured ``canopy_fraction`` always wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

import numpy as np

from cloud.agronomy.crops.crop_table import Crop
from cloud.agronomy.soil import DEFAULT_TEXTURE, texture_named
from cloud.records import Parcel

BARE_SOIL_KCB: Final = 0.15
"""Kc of dry bare soil, Kc min of eq. 76 (FAO-56)."""

METHOD_WETTED: Final = {"drip": 0.35, "sprinkler": 1.0, "basin": 1.0, "furrow": 0.8}
"""Wetted share of the surface by method (FAO-56 table 20)."""

SMALLEST_COVER: Final = 0.03
"""Ground cover of trees just planted."""

SMALLEST_ROOTS: Final = 0.4
"""Root depth of trees just planted over that of grown ones."""

_DRIP_WETTED: Final = (0.03, 0.40)
_EMITTERS_L_H: Final = (1.5, 2.0, 4.0, 8.0, 12.0)
_SPACING_M: Final = {
    "coarse": (0.2, 0.3, 0.6, 1.0, 1.3),
    "medium": (0.5, 0.7, 1.0, 1.3, 1.6),
    "fine": (0.9, 1.0, 1.3, 1.7, 2.0),
}
_OVERLAP: Final = 0.8
_USUAL_EMITTER_L_H: Final = 4.0
_COARSE_BELOW: Final = 0.20
_FINE_FROM: Final = 0.30


@dataclass(frozen=True, slots=True, kw_only=True)
class Orchard:
    """Usual distances of a tree or vine, and its years until the crowns have their size."""

    row_m: float
    tree_m: float
    full_after_years: float


def _orchard(row: float, tree: float, years: float) -> Orchard:
    return Orchard(row_m=row, tree_m=tree, full_after_years=years)


ORCHARDS: Final[Mapping[str, Orchard]] = MappingProxyType(
    {
        "almond": _orchard(6.0, 5.0, 7.0),
        "apple": _orchard(5.0, 3.0, 6.0),
        "apricot": _orchard(6.0, 5.0, 6.0),
        "argan": _orchard(6.0, 6.0, 15.0),
        "avocado": _orchard(6.0, 4.0, 7.0),
        "citrus": _orchard(6.0, 4.0, 8.0),
        "date_palm": _orchard(9.0, 9.0, 10.0),
        "olive": _orchard(7.0, 5.0, 8.0),
        "peach": _orchard(5.0, 4.0, 5.0),
        "pistachio": _orchard(7.0, 6.0, 12.0),
        "pomegranate": _orchard(5.0, 4.0, 6.0),
        "table_grape": _orchard(3.0, 2.0, 4.0),
        "vineyard": _orchard(2.5, 1.5, 4.0),
        "walnut": _orchard(10.0, 8.0, 12.0),
    }
)


def maturity(parcel: Parcel, crop: Crop, on: date) -> float:
    """Age over the years until crowns are full, 0 to 1; 1 where the planting year is unknown or the crop is no tree."""
    orchard = ORCHARDS.get(crop.name)
    if orchard is None or parcel.planted_year is None:
        return 1.0
    return min(max(on.year - parcel.planted_year, 0) / orchard.full_after_years, 1.0)


def orchard_cover(parcel: Parcel, crop: Crop, on: date) -> float | None:
    """Ground cover of an orchard in full leaf [-]: measured, else from age and spacing; None where neither is known.

    Crowns widen in proportion to age, so that their area grows with its square; a stand closer than usual covers no
    more than the one that the table's Kcb stands for.
    """
    if parcel.canopy_fraction is not None:
        return parcel.canopy_fraction
    orchard = ORCHARDS.get(crop.name)
    stated = parcel.planted_year is not None or parcel.row_spacing_m is not None or parcel.tree_spacing_m is not None
    if orchard is None or crop.canopy_fraction is None or not stated:
        return None
    usual_m2 = orchard.row_m * orchard.tree_m
    own_m2 = (parcel.row_spacing_m or orchard.row_m) * (parcel.tree_spacing_m or orchard.tree_m)
    cover = crop.canopy_fraction * usual_m2 / own_m2 * maturity(parcel, crop, on) ** 2
    return min(max(cover, SMALLEST_COVER), crop.canopy_fraction)


def standing_crop(parcel: Parcel, crop: Crop, on: date) -> Crop:
    """Crop as it stands on a parcel in a year: thinner stands transpire less, young trees root less deep."""
    cover = orchard_cover(parcel, crop, on)
    density = 1.0 if cover is None or crop.canopy_fraction is None else _density(cover, crop)
    first, middle, last = (
        BARE_SOIL_KCB + density * (value - BARE_SOIL_KCB) if value > BARE_SOIL_KCB else value for value in crop.kcb
    )
    own = parcel.crop_parameters
    share = max(maturity(parcel, crop, on), SMALLEST_ROOTS)
    shallow, deep = crop.root_depth_m
    return replace(
        crop,
        kcb=(first, middle, last),
        root_depth_m=(
            shallow if own.root_depth_min_m is not None else shallow * share,
            deep if own.root_depth_max_m is not None else deep * share,
        ),
    )


def wetted_fraction(parcel: Parcel) -> float:
    """Share of the surface that irrigation wets: stated, else from the emitters per hectare, else by method."""
    system = parcel.irrigation
    if system.wetted_fraction is not None:
        return system.wetted_fraction
    if system.method != "drip" or system.emitters_per_ha is None:
        return METHOD_WETTED[system.method]
    flow = system.emitter_flow_l_h or _USUAL_EMITTER_L_H
    diameter_m = float(np.interp(flow, _EMITTERS_L_H, _SPACING_M[_grain(parcel)])) / _OVERLAP
    wetted = system.emitters_per_ha * np.pi / 4.0 * diameter_m**2 / 10_000.0
    return float(np.clip(wetted, *_DRIP_WETTED))


def _density(cover: float, crop: Crop) -> float:
    # Relative to the stand that the table's Kcb stands for; 2.0 is the effective cover of ground fully shaded at noon.
    def coefficient(fraction: float) -> float:
        return min(1.0, 2.0 * fraction, float(fraction ** (1.0 / (1.0 + crop.height_m))))

    return coefficient(cover) / coefficient(crop.canopy_fraction or cover)


def _grain(parcel: Parcel) -> str:
    soil = parcel.soil
    capacity = soil.layers[0].field_capacity if soil.layers else soil.field_capacity
    if capacity is None:
        capacity = texture_named(soil.texture or DEFAULT_TEXTURE).field_capacity
    return "coarse" if capacity < _COARSE_BELOW else "fine" if capacity >= _FINE_FROM else "medium"
