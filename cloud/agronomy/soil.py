"""Soil of a parcel as layers with limits, its evaporation layer and its runoff group.

References: FAO-56 (1998) table 19 (typical soil water characteristics by texture), eq. 73 (TEW); USDA National
Engineering Handbook part 630, chapter 9, table 9-1 (runoff curve numbers: row crops, contoured and terraced, good).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.agronomy.capillary import RISE_BY_TEXTURE, Rise
from cloud.errors import InputError
from cloud.records import Parcel

EVAPORATION_LAYER_M: Final = 0.10
"""Depth of the layer that dries by evaporation (FAO-56: 0.10 to 0.15 m)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texture:
    """Typical limits of one USDA texture class [m3/m3] and readily evaporable water [mm]."""

    field_capacity: float
    wilting_point: float
    readily_evaporable_mm: float


def _texture(field_capacity: float, wilting_point: float, readily_evaporable_mm: float) -> Texture:
    return Texture(
        field_capacity=field_capacity, wilting_point=wilting_point, readily_evaporable_mm=readily_evaporable_mm
    )


TEXTURES: Final = {
    # Middles of the ranges of FAO-56 table 19; the classes it leaves out lie between their neighbours.
    "sand": _texture(0.12, 0.045, 4.5),
    "loamy_sand": _texture(0.15, 0.065, 6.0),
    "sandy_loam": _texture(0.23, 0.11, 8.0),
    "loam": _texture(0.25, 0.12, 9.0),
    "silt_loam": _texture(0.29, 0.15, 9.5),
    "silt": _texture(0.32, 0.17, 9.5),
    "sandy_clay_loam": _texture(0.27, 0.16, 9.0),
    "clay_loam": _texture(0.32, 0.19, 9.5),
    "silty_clay_loam": _texture(0.335, 0.205, 9.5),
    "sandy_clay": _texture(0.31, 0.20, 9.5),
    "silty_clay": _texture(0.36, 0.23, 10.0),
    "clay": _texture(0.36, 0.22, 10.0),
}
DEFAULT_TEXTURE: Final = "loam"
"""Texture taken where a parcel's soil is unknown; the ensemble then spreads its limits widely."""

_CURVE_NUMBERS: Final = ((0.20, 62.0), (0.29, 71.0), (0.34, 78.0), (1.0, 81.0))
"""Upper field capacity of a runoff group (A to D) and its curve number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoilColumn:
    """Limits by layer from the surface down; the last layer reaches as deep as anyone asks."""

    bottoms_m: tuple[float, ...]
    field_capacity: tuple[float, ...]
    wilting_point: tuple[float, ...]
    depth_m: float
    """Depth that roots cannot pass [m]; infinite when unknown."""
    evaporable_mm: float
    readily_evaporable_mm: float
    curve_number: float
    rise: Rise
    """How water rises from a water table."""
    groundwater_depth_m: float
    """Depth of the water table, which no root passes [m]; infinite when none is declared."""
    surveyed: bool
    """Whether the limits were measured, not taken from a texture."""


def texture_named(name: str) -> Texture:
    """Texture class of a name, whatever its case and separators."""
    texture = TEXTURES.get(name.strip().lower().replace(" ", "_").replace("-", "_"))
    if texture is None:
        raise InputError(f"soil texture {name!r}: expected one of {', '.join(TEXTURES)}; correct it or give limits")
    return texture


def column_of(parcel: Parcel) -> SoilColumn:
    """Soil column of a parcel: its layers, else its limits, else its texture, else loam."""
    soil = parcel.soil
    texture = texture_named(soil.texture or DEFAULT_TEXTURE)
    if soil.layers:
        bottoms = tuple(layer.depth_m for layer in soil.layers)
        capacity = tuple(layer.field_capacity for layer in soil.layers)
        wilting = tuple(layer.wilting_point for layer in soil.layers)
    else:
        bottoms = (1.0,)
        capacity = (texture.field_capacity if soil.field_capacity is None else soil.field_capacity,)
        wilting = (_wilting(parcel, texture, capacity[0]),)
    evaporable = soil.evaporable_water_mm or _evaporable_mm(bottoms, capacity, wilting)
    readily = soil.readily_evaporable_water_mm
    if readily is None:
        readily = texture.readily_evaporable_mm if soil.texture else _readily_evaporable_mm(capacity[0])
    return SoilColumn(
        bottoms_m=bottoms,
        field_capacity=capacity,
        wilting_point=wilting,
        depth_m=soil.depth_m or np.inf,
        evaporable_mm=evaporable,
        readily_evaporable_mm=min(readily, 0.9 * evaporable),
        curve_number=next(number for limit, number in _CURVE_NUMBERS if capacity[0] <= limit),
        rise=RISE_BY_TEXTURE[_texture_below(soil.texture, capacity[-1], wilting[-1])],
        groundwater_depth_m=soil.groundwater_depth_m or np.inf,
        surveyed=bool(soil.layers) or soil.field_capacity is not None,
    )


def _wilting(parcel: Parcel, texture: Texture, capacity: float) -> float:
    if parcel.soil.wilting_point is not None:
        return parcel.soil.wilting_point
    # A measured field capacity moves the wilting point of the texture with it.
    return texture.wilting_point * capacity / texture.field_capacity


def _texture_below(named: str | None, capacity: float, wilting: float) -> str:
    # The lowest layer lies between the roots and the water table.
    if named is not None:
        return next(name for name, texture in TEXTURES.items() if texture is texture_named(named))
    return min(TEXTURES, key=lambda name: _distance(TEXTURES[name], capacity, wilting))


def _distance(texture: Texture, capacity: float, wilting: float) -> float:
    return (texture.field_capacity - capacity) ** 2 + (texture.wilting_point - wilting) ** 2


def _evaporable_mm(bottoms: tuple[float, ...], capacity: tuple[float, ...], wilting: tuple[float, ...]) -> float:
    # FAO-56 eq. 73 over the layers within the evaporation layer.
    total, top = 0.0, 0.0
    for place, bottom in enumerate(bottoms):
        end = EVAPORATION_LAYER_M if place == len(bottoms) - 1 else min(bottom, EVAPORATION_LAYER_M)
        total += 1000.0 * (capacity[place] - 0.5 * wilting[place]) * max(end - top, 0.0)
        top = max(top, end)
    return total


def _readily_evaporable_mm(capacity: float) -> float:
    ordered = sorted({(t.field_capacity, t.readily_evaporable_mm) for t in TEXTURES.values()})
    return float(np.interp(capacity, [pair[0] for pair in ordered], [pair[1] for pair in ordered]))
