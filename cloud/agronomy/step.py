"""One day of the dual crop coefficient balance, over all parcels and members at once.

Reference: FAO-56 (1998) chapters 7 and 8 (eq. 69 to 88; salt by eq. 90); runoff by curve number, ASCE Manual 70, second
edition (2016), eq. 14-12 to 14-20, doi:10.1061/9780784414057; rise from a water table as in ``capillary``. Water is
conserved: evapotranspiration is cut where the root zone holds no more, so that depletion never passes total available
water.
"""

from dataclasses import dataclass, fields, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.capillary import capillary_rise_mm, potential_rise_mm
from cloud.agronomy.crops.season import Stage, climate_term
from cloud.agronomy.crops.stand import BARE_SOIL_KCB
from cloud.agronomy.plots import Plots
from cloud.variables import Floats

Flags = NDArray[np.bool_]
WETTING_RAIN_MM: Final = 3.0
"""Rain of a day that wets the whole surface [mm] (FAO-56 chapter 7, fraction fw)."""

SMALLEST_EXPOSED: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Water:
    """Water and learned parameters of P parcels and M members; arrays (P, M)."""

    depletion_mm: Floats
    """Depletion of the root zone; negative above field capacity."""
    below_mm: Floats
    """Depletion between the roots and the bottom of the column."""
    surface_mm: Floats
    """Depletion of the evaporation layer, De."""
    wetted_fraction: Floats
    """Share of the surface that was wetted last, fw."""
    root_depth_m: Floats
    """Depth of the root zone on the last day."""
    capacity_scale: Floats
    """Available water of this member over that of the soil's limits, in the topsoil."""
    deep_scale: Floats
    """The same below the topsoil."""
    wilting_scale: Floats
    """Water at wilting point over that of the soil's limits, in the topsoil."""
    deep_wilting_scale: Floats
    """The same below the topsoil."""
    root_scale: Floats
    kcb_scale: Floats
    et0_scale: Floats

    def holds_mm(self, plots: Plots, depth_m: Floats) -> Floats:
        """Available water that each member holds at field capacity, from the surface to a depth [mm] (P, M)."""
        return plots.held_mm(depth_m, self.capacity_scale, self.deep_scale)

    def wilts_mm(self, plots: Plots, depth_m: Floats) -> Floats:
        """Water that each member holds at wilting point, from the surface to a depth [mm] (P, M)."""
        return plots.left_mm(depth_m, self.wilting_scale, self.deep_wilting_scale)

    def take(self, index: NDArray[np.intp]) -> Self:
        """The water of some of the parcels."""
        return replace(self, **{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def put(self, index: NDArray[np.intp], part: Self) -> Self:
        """The same water with some of the parcels replaced."""
        changed = {}
        for field in fields(self):
            values = getattr(self, field.name).copy()
            values[index] = getattr(part, field.name)
            changed[field.name] = values
        return replace(self, **changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayInputs:
    """Weather and irrigation of one day; arrays broadcast to (P, M); nothing is NaN."""

    et0_mm: Floats
    rain_mm: Floats
    wind_2m_m_s: Floats
    rh_min_percent: Floats
    irrigation_mm: Floats
    """Net irrigation."""
    water_comes_first: bool = False
    """Whether rain and irrigation wet the surface before the day's evaporation (as in example 35), or eq. 74 holds
    with the surface as yesterday left it (as the equation is written, and in pyfao56)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fluxes:
    """What one day did; arrays (P, M) or (P, 1)."""

    kcb: Floats
    ke: Floats
    ks: Floats
    et0_mm: Floats
    etc_mm: Floats
    runoff_mm: Floats
    percolation_mm: Floats
    capillary_rise_mm: Floats
    root_growth_mm: Floats
    total_available_mm: Floats
    readily_available_mm: Floats
    canopy_fraction: Floats

    def take(self, index: NDArray[np.intp]) -> Self:
        """The fluxes of some of the parcels."""
        return replace(self, **{field.name: getattr(self, field.name)[index] for field in fields(self)})


def maximum_coefficient(kcb: Floats, wind_2m_m_s: Floats, rh_min_percent: Floats, height_m: Floats) -> Floats:
    """Upper limit of evaporation and transpiration after wetting, Kc max [-] (eq. 72)."""
    return np.maximum(1.2 + climate_term(wind_2m_m_s, rh_min_percent, height_m), kcb + 0.05)


def canopy_fraction(kcb: Floats, largest: Floats, height_m: Floats, smallest: Floats | float = BARE_SOIL_KCB) -> Floats:
    """Ground cover that a basal coefficient stands for [-], 0 to 0.99 (eq. 76)."""
    ratio = np.maximum((kcb - smallest) / np.maximum(largest - smallest, 0.01), 0.0)
    return np.minimum(ratio ** (1.0 + 0.5 * height_m), 0.99)


def evaporation_reduction(surface_mm: Floats, evaporable_mm: Floats, readily_mm: Floats) -> Floats:
    """Reduction of evaporation from a drying surface, Kr [-] (eq. 74)."""
    return np.clip((evaporable_mm - surface_mm) / (evaporable_mm - readily_mm), 0.0, 1.0)


def depletion_fraction(fraction_at_5: Floats, etc_mm: Floats) -> Floats:
    """Share of available water used without stress at an evapotranspiration [-], 0.1 to 0.8 (table 22, note)."""
    return np.clip(fraction_at_5 + 0.04 * (5.0 - etc_mm), 0.1, 0.8)


def stress_coefficient(depletion_mm: Floats, total_mm: Floats, readily_mm: Floats) -> Floats:
    """Reduction of transpiration by lack of water, Ks [-] (eq. 84)."""
    return np.clip((total_mm - depletion_mm) / np.maximum(total_mm - readily_mm, 1e-9), 0.0, 1.0)


def runoff_mm(rain: Floats, curve_number: Floats, surface_mm: Floats, evaporable: Floats, readily: Floats) -> Floats:
    """Surface runoff of a day's rain [mm] by curve number and wetness of the surface; none where the number is NaN."""
    dry = curve_number / (2.281 - 0.01281 * curve_number)
    wet = curve_number / (0.427 + 0.00573 * curve_number)
    moist, parched = 0.5 * readily, 0.7 * readily + 0.3 * evaporable
    share = np.clip((surface_mm - moist) / (parched - moist), 0.0, 1.0)
    storage = 250.0 * (100.0 / (share * dry + (1.0 - share) * wet) - 1.0)
    excess = np.maximum(rain - 0.2 * storage, 0.0)
    flow = excess**2 / (rain + 0.8 * storage)
    return np.where(np.isnan(flow), 0.0, np.minimum(flow, rain))


def advance(water: Water, plots: Plots, stage: Stage, today: DayInputs) -> tuple[Water, Fluxes]:
    """Water after one more day, and what that day did."""
    et0 = today.et0_mm * water.et0_scale
    kcb = stage.kcb * water.kcb_scale
    largest = maximum_coefficient(kcb, today.wind_2m_m_s, today.rh_min_percent, stage.height_m)
    cover = canopy_fraction(kcb, largest, stage.height_m, np.minimum(plots.kcb_ini, BARE_SOIL_KCB))
    cover = np.where(np.isnan(plots.canopy_fraction), cover, plots.canopy_fraction)
    runoff = _runoff(water, plots, today)
    wetted = _wetted_fraction(water, plots, today)
    exposed = _exposed_fraction(plots, cover, wetted)
    moist = np.maximum(water.surface_mm - (today.rain_mm - runoff) - today.irrigation_mm / wetted, 0.0)
    seen = moist if today.water_comes_first else water.surface_mm
    reduction = evaporation_reduction(seen, plots.evaporable_mm, plots.readily_evaporable_mm)
    ke = np.minimum(reduction * (largest - kcb), exposed * largest)

    depth, total, depletion, growth, below = _grown(water, plots, stage)
    readily = depletion_fraction(plots.depletion_fraction, (kcb + ke) * et0) * total
    ks = stress_coefficient(depletion, total, readily) * plots.salt_factor
    infiltration = today.rain_mm - runoff + today.irrigation_mm
    wanted = (ks * kcb + ke) * et0
    held = np.maximum(total - depletion + infiltration, 0.0)
    share = np.where(wanted > held, held / np.maximum(wanted, 1e-12), 1.0)
    ke, ks = ke * share, ks * share
    etc = (ks * kcb + ke) * et0
    percolation = np.maximum(infiltration - etc - depletion, 0.0)
    settled = depletion - infiltration + etc + percolation
    rise = _rise(plots, depth, total, settled)
    after = replace(
        water,
        depletion_mm=settled - rise,
        below_mm=np.maximum(below - percolation, 0.0),
        # Eq. 77 and 79: what enters the layer beyond its depletion percolates from it.
        surface_mm=np.clip(moist + ke * et0 / exposed, 0.0, plots.evaporable_mm),
        wetted_fraction=wetted,
        root_depth_m=depth,
    )
    fluxes = Fluxes(
        kcb=kcb,
        ke=ke,
        ks=ks,
        et0_mm=et0,
        etc_mm=etc,
        runoff_mm=runoff,
        percolation_mm=percolation,
        capillary_rise_mm=rise,
        root_growth_mm=growth,
        total_available_mm=total,
        readily_available_mm=readily,
        canopy_fraction=cover,
    )
    return after, fluxes


def _grown(water: Water, plots: Plots, stage: Stage) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    # Roots that grow into soil below take over its depletion in proportion to the water it can hold.
    depth = np.minimum(stage.root_depth_m * water.root_scale, plots.soil_depth_m)
    depth = np.maximum(depth, water.root_depth_m)
    total = water.holds_mm(plots, depth)
    if not water.below_mm.any():
        growth = np.zeros_like(total)
        return depth, total, water.depletion_mm + growth, growth, water.below_mm
    before = water.holds_mm(plots, water.root_depth_m)
    room = water.holds_mm(plots, plots.column_bottom_m(water.root_scale)) - before
    share = np.where(room > 1e-9, np.clip((total - before) / np.maximum(room, 1e-9), 0.0, 1.0), 0.0)  # noqa: PLR2004 -- no soil below
    growth = water.below_mm * share
    return depth, total, water.depletion_mm + growth, growth, water.below_mm - growth


def _rise(plots: Plots, depth_m: Floats, total_mm: Floats, depletion_mm: Floats) -> Floats:
    if not np.isfinite(plots.groundwater_depth_m).any():
        return np.zeros_like(depletion_mm)
    potential = potential_rise_mm(plots.groundwater_depth_m - depth_m, plots.rise_slope, plots.rise_intercept)
    return capillary_rise_mm(depletion_mm, total_mm, potential)


def _runoff(water: Water, plots: Plots, today: DayInputs) -> Floats:
    if not today.rain_mm.any():
        return np.zeros_like(water.depletion_mm)
    return runoff_mm(
        today.rain_mm, plots.curve_number, water.surface_mm, plots.evaporable_mm, plots.readily_evaporable_mm
    )


def _wetted_fraction(water: Water, plots: Plots, today: DayInputs) -> Floats:
    after_rain = np.where(today.rain_mm >= WETTING_RAIN_MM, 1.0, water.wetted_fraction)
    return np.where(today.irrigation_mm > 0.0, plots.wetted_fraction, after_rain)


def _exposed_fraction(plots: Plots, cover: Floats, wetted: Floats) -> Floats:
    # Eq. 75; emitters of drip stand in the shade of the canopy, so less of their wetted surface sees the sun.
    shaded = np.where(plots.drip & (wetted < 1.0), (1.0 - 2.0 / 3.0 * cover) * wetted, wetted)
    return np.maximum(np.minimum(1.0 - cover, shaded), SMALLEST_EXPOSED)
