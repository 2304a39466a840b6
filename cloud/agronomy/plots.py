"""Parcels as arrays: crop, soil and wetting of many parcels, ready for steps of a day over all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.crops.crop import crop_of, is_cut, season_start
from cloud.agronomy.crops.crop_table import Crop
from cloud.agronomy.crops.stand import standing_crop, wetted_fraction
from cloud.agronomy.crops.thermal import WARMTH
from cloud.agronomy.salinity import salt_effect
from cloud.agronomy.soil import SoilColumn, column_of
from cloud.records import Parcel
from cloud.variables import Days, Floats

TOPSOIL_M: Final = 0.4
"""Depth of the topsoil [m]: soil below may hold another share of its described water."""

SMALL_PLANT_M: Final = 0.05
"""Height of an annual crop at emergence [m]."""

METHOD_EFFICIENCY: Final = {"drip": 0.90, "sprinkler": 0.75, "basin": 0.60, "furrow": 0.60}
"""Share of the gross water that enters the soil, by method (FAO Irrigation Water Management Manual 4, table 8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """Constant properties of P parcels; arrays are (P, 1) unless said otherwise, so that members stand beside."""

    season_start: Days
    """(P,) day on which the season starts."""
    yearly: NDArray[np.bool_]
    """(P,) whether the stages repeat every year."""
    cuttings: Days
    """(P, C) days of the cuttings of a forage crop, NaT where there are fewer."""
    cut: NDArray[np.bool_]
    """(P,) whether it is a forage that grows again after each cutting."""
    stage_ends_days: Floats
    """(P, 4) days from the season's start to the end of each stage."""
    warm_ends_c_d: Floats
    """(P, 4) degree days from sowing to the end of each stage; NaN where the stages follow the calendar."""
    base_c: Floats
    upper_c: Floats
    kcb_ini: Floats
    kcb_mid: Floats
    kcb_end: Floats
    adjust_mid: NDArray[np.bool_]
    """Whether Kcb mid is a table value to be adjusted for climate (eq. 70)."""
    adjust_end: NDArray[np.bool_]
    height_m: Floats
    root_min_m: Floats
    root_max_m: Floats
    depletion_fraction: Floats
    canopy_fraction: Floats
    """Measured ground cover of an orchard, NaN when it follows from Kcb."""
    layer_top_m: Floats
    """(P, 1, L)."""
    layer_thickness_m: Floats
    """(P, 1, L); the last layer is infinitely thick."""
    layer_field_capacity: Floats
    layer_wilting_point: Floats
    topsoil_mm: Floats
    """Available water of the topsoil."""
    topsoil_wilting_mm: Floats
    """Water of the topsoil at wilting point."""
    soil_depth_m: Floats
    evaporable_mm: Floats
    readily_evaporable_mm: Floats
    curve_number: Floats
    """NaN where bunds keep all rain."""
    groundwater_depth_m: Floats
    """Infinite where no water table is declared."""
    rise_slope: Floats
    rise_intercept: Floats
    salt_factor: Floats
    """Share of transpiration that the salt of the water leaves, 0 to 1."""
    surveyed: NDArray[np.bool_]
    efficiency: Floats
    wetted_fraction: Floats
    drip: NDArray[np.bool_]
    followed_m: Floats
    """Depth down to which water is followed even below the deepest roots; 0 when nobody asks."""

    def take(self, index: NDArray[np.intp]) -> Self:
        """The same properties of some of the parcels."""
        return replace(self, **{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def available_mm(self, depth_m: Floats) -> Floats:
        """Water between field capacity and wilting point from the surface to a depth [mm] (eq. 82), any (P, M)."""
        return self._integral_mm(self.layer_field_capacity - self.layer_wilting_point, depth_m)

    def held_mm(self, depth_m: Floats, topsoil_scale: Floats, deep_scale: Floats) -> Floats:
        """Available water to a depth [mm] (P, M) where the topsoil and the soil below hold other shares of it."""
        return _parted_mm(self.available_mm(depth_m), self.topsoil_mm, topsoil_scale, deep_scale)

    def left_mm(self, depth_m: Floats, topsoil_scale: Floats, deep_scale: Floats) -> Floats:
        """Water at wilting point to a depth [mm] (P, M) where topsoil and soil below keep other shares of it."""
        return _parted_mm(self.wilting_mm(depth_m), self.topsoil_wilting_mm, topsoil_scale, deep_scale)

    def wilting_mm(self, depth_m: Floats) -> Floats:
        """Water held at wilting point from the surface to a depth [mm]."""
        return self._integral_mm(self.layer_wilting_point, depth_m)

    def column_bottom_m(self, root_scale: Floats) -> Floats:
        """Depth to which water below the roots is followed [m]: what roots can ever reach, or what is asked for."""
        return np.maximum(np.minimum(self.root_max_m * root_scale, self.soil_depth_m), self.followed_m)

    def _integral_mm(self, share: Floats, depth_m: Floats) -> Floats:
        total = 1000.0 * share[..., 0] * np.minimum(depth_m, self.layer_thickness_m[..., 0])
        for layer in range(1, share.shape[-1]):
            inside = np.clip(depth_m - self.layer_top_m[..., layer], 0.0, self.layer_thickness_m[..., layer])
            total = total + 1000.0 * share[..., layer] * inside
        return total


def _parted_mm(whole_mm: Floats, topsoil_mm: Floats, topsoil_scale: Floats, deep_scale: Floats) -> Floats:
    # Water adds up from the surface, so what exceeds the topsoil's lies below it.
    parted: Floats = whole_mm * topsoil_scale + np.maximum(whole_mm - topsoil_mm, 0.0) * (deep_scale - topsoil_scale)
    return parted


def plots_of(parcels: Sequence[Parcel], on: date, followed_m: float = 0.0) -> Plots:
    """Arrays of parcels; the yearly start of a perennial without a date is the one before ``on``."""
    crops = [standing_crop(parcel, crop_of(parcel), on) for parcel in parcels]
    columns = [column_of(parcel) for parcel in parcels]
    methods = [parcel.irrigation.method for parcel in parcels]
    return Plots(
        season_start=np.array([season_start(parcel, on) for parcel in parcels], dtype="datetime64[D]"),
        yearly=np.array([crop.is_perennial for crop in crops], dtype=bool),
        cuttings=_cuttings(parcels, crops),
        cut=np.array([is_cut(parcel, crop) for parcel, crop in zip(parcels, crops, strict=True)], dtype=bool),
        **_crop_arrays(parcels, crops),
        **_warmth_arrays(parcels, crops),
        **_soil_arrays(columns, [method == "basin" for method in methods]),
        salt_factor=_column([_salt_factor(parcel, crop) for parcel, crop in zip(parcels, crops, strict=True)]),
        surveyed=np.array([[column.surveyed] for column in columns]),
        efficiency=_column([_efficiency(parcel) for parcel in parcels]),
        wetted_fraction=_column([wetted_fraction(parcel) for parcel in parcels]),
        drip=np.array([[method == "drip"] for method in methods]),
        followed_m=_column([followed_m] * len(parcels)),
    )


def _salt_factor(parcel: Parcel, crop: Crop) -> float:
    effect = salt_effect(parcel, crop.name)
    return 1.0 if effect is None else effect.transpiration


def _cuttings(parcels: Sequence[Parcel], crops: Sequence[Crop]) -> Days:
    dates = [p.cuttings if is_cut(p, crop) else () for p, crop in zip(parcels, crops, strict=True)]
    cuttings = np.full((len(parcels), max(map(len, dates), default=0)), np.datetime64("NaT"), dtype="datetime64[D]")
    for place, days in enumerate(dates):
        cuttings[place, : len(days)] = days
    return cuttings


def _efficiency(parcel: Parcel) -> float:
    return parcel.irrigation.efficiency or METHOD_EFFICIENCY[parcel.irrigation.method]


def _column(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)[:, None]


def _crop_arrays(parcels: Sequence[Parcel], crops: Sequence[Crop]) -> dict[str, Any]:
    own = [parcel.crop_parameters for parcel in parcels]
    return {
        "stage_ends_days": np.cumsum([crop.stage_lengths_days for crop in crops], axis=1, dtype=np.float64),
        "kcb_ini": _column([crop.kcb[0] for crop in crops]),
        "kcb_mid": _column([crop.kcb[1] for crop in crops]),
        "kcb_end": _column([crop.kcb[2] for crop in crops]),
        "adjust_mid": np.array([[parameters.kcb_mid is None] for parameters in own]),
        # Eq. 70 leaves a late-season Kcb below 0.45 as it is: such a crop dries in the field.
        "adjust_end": np.array([[o.kcb_end is None and c.kcb[2] >= 0.45] for o, c in zip(own, crops, strict=True)]),  # noqa: PLR2004 -- eq. 70
        "height_m": _column([crop.height_m for crop in crops]),
        "root_min_m": _column([crop.root_depth_m[0] for crop in crops]),
        "root_max_m": _column([crop.root_depth_m[1] for crop in crops]),
        "depletion_fraction": _column([crop.depletion_fraction for crop in crops]),
        "canopy_fraction": _column([np.nan if p.canopy_fraction is None else p.canopy_fraction for p in parcels]),
    }


def _warmth_arrays(parcels: Sequence[Parcel], crops: Sequence[Crop]) -> dict[str, Any]:
    # Stages that someone measured, or that cuttings set back, follow the calendar.
    tables = [
        None if parcel.crop_parameters.stage_lengths_days or parcel.cuttings else WARMTH.get(crop.name)
        for parcel, crop in zip(parcels, crops, strict=True)
    ]
    return {
        "warm_ends_c_d": np.array([(np.nan,) * 4 if one is None else one.stage_ends_c_d for one in tables]),
        "base_c": _column([np.nan if one is None else one.base_c for one in tables]),
        "upper_c": _column([np.nan if one is None else one.upper_c for one in tables]),
    }


def _soil_arrays(columns: Sequence[SoilColumn], bunded: Sequence[bool]) -> dict[str, Any]:
    layers = max(len(column.bottoms_m) for column in columns)
    shape = (len(columns), 1, layers)
    top, thickness = np.full(shape, np.inf), np.zeros(shape)
    capacity, wilting = np.zeros(shape), np.zeros(shape)
    for place, column in enumerate(columns):
        count = len(column.bottoms_m)
        edges = np.array((0.0, *column.bottoms_m))
        top[place, 0, :count] = edges[:-1]
        thickness[place, 0, :count] = np.diff(edges)
        thickness[place, 0, count - 1] = np.inf
        capacity[place, 0, :count] = column.field_capacity
        wilting[place, 0, :count] = column.wilting_point
    inside = np.clip(TOPSOIL_M - top, 0.0, thickness)
    return {
        "layer_top_m": top,
        "layer_thickness_m": thickness,
        "layer_field_capacity": capacity,
        "layer_wilting_point": wilting,
        "topsoil_mm": 1000.0 * ((capacity - wilting) * inside).sum(axis=2),
        "topsoil_wilting_mm": 1000.0 * (wilting * inside).sum(axis=2),
        "soil_depth_m": _column([min(column.depth_m, column.groundwater_depth_m) for column in columns]),
        "groundwater_depth_m": _column([column.groundwater_depth_m for column in columns]),
        "rise_slope": _column([column.rise.slope for column in columns]),
        "rise_intercept": _column([column.rise.intercept for column in columns]),
        "evaporable_mm": _column([column.evaporable_mm for column in columns]),
        "readily_evaporable_mm": _column([column.readily_evaporable_mm for column in columns]),
        "curve_number": _column([np.nan if b else c.curve_number for c, b in zip(columns, bunded, strict=True)]),
    }
