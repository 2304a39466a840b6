"""Members of an ensemble: what is not known of a parcel, as equally likely versions of it.

Every parcel gets the same stratified draws, scaled by its own uncertainty, so that its answer depends neither on its
place in a list nor on its neighbours.

Priors (standard deviations; 0 for a single member, which then carries the expected values): the soil's limits and
depletion below the roots as ``priors`` holds them, surveyed or from a texture; root depth 10 % when given, else 20 %;
Kcb 5 % when measured, else 10 %; evapotranspiration 30 %, forgotten and drawn anew over about ten days; reference ET
15 % from day to day (35 % on a filled day); rain 10 %; irrigation 5 % from a meter or an agronomist, 20 % from a
reply, 40 % when inferred, half its variance lasting; initial depletion 8 % of available water when given, else 30 +-
20 % of it, more for every day missed before the start; water below the roots 1.5 mm a day where 100 mm are available,
for what a store of one piece misses. The 30 %, the ten days and the 1.5 mm were chosen on every second plot of Maricopa
2018, after first trials on all of them.
"""

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

import numpy as np

from cloud.agronomy.assimilation.priors import (
    SURVEYED_BELOW,
    SURVEYED_CAPACITY,
    SURVEYED_DEEP,
    SURVEYED_DEEP_WILTING,
    SURVEYED_WILTING,
    TEXTURE_BELOW,
    TEXTURE_CAPACITY,
    TEXTURE_DEEP_WILTING,
    TEXTURE_WILTING,
)
from cloud.agronomy.drainage import LARGEST_SURPLUS_FRACTION, room_below_mm
from cloud.agronomy.plots import Plots
from cloud.agronomy.step import Water
from cloud.variables import Floats

EVENT_SIGMA: Final = {"meter": 0.05, "agronomist": 0.05, "reply": 0.20, "inferred": 0.40}
"""Relative error of an irrigation depth by its source: a meter's largest permissible one at low flow (ISO 4064-1:2014,
class 2); the others by judgement."""

LASTING_IRRIGATION: Final = 0.5
"""Share of that error's variance which stays with the parcel: its outlet's flow and its losses; the rest, time kept and
water shared out, differs from one irrigation to the next. Even halves, by judgement: were all of it lasting, the driest
members would go without a fifth of every irrigation of a season."""

UNKNOWN_START_FRACTION: Final = 0.3
"""Depletion at the start where none was given, as a share of available water."""

_RAIN_SIGMA: Final = 0.10
_DAILY_ET0_SIGMA: Final = 0.15
_FILLED_ET0_SIGMA: Final = 0.35
_ET_SIGMA: Final = 0.30
ET_KEPT: Final = float(np.exp(-0.1))
SMALLEST_ET: Final = 0.2
BELOW_SIGMA_MM: Final = 1.5
BELOW_ROOM_MM: Final = 100.0
_LOST_DAY_SIGMA_MM: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Stratified standard normal draws (M,), each with mean 0; one member only: zeros."""

    capacity: Floats
    roots: Floats
    kcb: Floats
    et0: Floats
    start: Floats
    below: Floats
    irrigation: Floats
    rain: Floats
    daily: Floats
    deep: Floats
    wilting: Floats
    deep_wilting: Floats
    gap: Floats
    """Exponential draws with mean 1 for rain on a filled day."""

    @property
    def count(self) -> int:
        """Number of members."""
        return int(self.capacity.size)


def draws(members: int, seed: int) -> Draws:
    """Draws of an ensemble: the same for the same size and seed."""
    generator = np.random.default_rng(seed)
    if members == 1:
        nothing = np.zeros(1)
        names = [name for name in Draws.__slots__ if name != "gap"]
        return Draws(**dict.fromkeys(names, nothing), gap=np.ones(1))
    ranks = (np.arange(members) + 0.5) / members
    normal = np.array([NormalDist().inv_cdf(float(rank)) for rank in ranks])
    normal -= normal.mean()
    exponential = -np.log1p(-ranks)
    exponential /= exponential.mean()
    names = [name for name in Draws.__slots__ if name != "gap"]
    return Draws(**{name: generator.permutation(normal) for name in names}, gap=generator.permutation(exponential))


def start(plots: Plots, drawn: Draws, root_depth_m: Floats, given_mm: Floats, lost_days: Floats) -> Water:
    """Water of every member on the eve of its first day.

    Parameters
    ----------
    plots : Plots
        P parcels.
    drawn : Draws
        M members.
    root_depth_m, given_mm, lost_days : array (P, 1)
        Depth of the roots [m], depletion that was given [mm, NaN when unknown], days between planting and the first
        weather.
    """
    shape = (plots.root_max_m.shape[0], drawn.count)
    soil = _soil_scales(plots, drawn)
    capacity, deep = soil["capacity_scale"], soil["deep_scale"]
    roots = _scale(np.where(plots.adjust_mid, 0.20, 0.10), drawn.roots)
    kcb = _scale(np.where(plots.adjust_mid, 0.10, 0.05), drawn.kcb)
    depth = np.minimum(root_depth_m * roots, plots.soil_depth_m)
    total = plots.held_mm(depth, capacity, deep)
    known = ~np.isnan(given_mm)
    middle = np.where(known, given_mm, UNKNOWN_START_FRACTION * total)
    spread = np.hypot(np.where(known, 0.08, 0.20) * total, _LOST_DAY_SIGMA_MM * np.sqrt(lost_days))
    depletion = middle + spread * drawn.start
    below = np.maximum(plots.held_mm(plots.column_bottom_m(roots), capacity, deep) - total, 0.0)
    return Water(
        depletion_mm=np.clip(np.broadcast_to(depletion, shape), 0.0, total),
        below_mm=below * _below_fraction(plots, drawn),
        surface_mm=np.broadcast_to(plots.evaporable_mm, shape).copy(),
        wetted_fraction=np.ones(shape),
        root_depth_m=np.broadcast_to(depth, shape).copy(),
        **soil,
        root_scale=roots,
        kcb_scale=kcb,
        et0_scale=np.broadcast_to(np.maximum(1.0 + _ET_SIGMA * drawn.et0, SMALLEST_ET), shape).copy(),
    )


def et0_factor(drawn: Draws, day: int, filled: Floats, stated_sigma: Floats) -> Floats:
    """Error factor of reference ET on a day (P, M), mean 1.

    ``filled`` (P, 1) is 1 where the day was filled; ``stated_sigma`` (P, 1) is the relative error that the weather
    states of itself, NaN where it states none; a day is never taken for better than a measured one.
    """
    usual = np.where(filled > 0.0, _FILLED_ET0_SIGMA, _DAILY_ET0_SIGMA)
    sigma = np.where(np.isnan(stated_sigma), usual, np.maximum(stated_sigma, _DAILY_ET0_SIGMA))
    return np.maximum(1.0 + sigma * _shuffled(drawn.daily, day, 2), 0.0)


def rain_factor(drawn: Draws, day: int, filled: Floats) -> Floats:
    """Error factor of rain on a day (P, M), mean 1: on a filled day rain is all or nothing."""
    return np.where(filled > 0.0, _shuffled(drawn.gap, day, 3), 1.0 + _RAIN_SIGMA * drawn.rain)


def irrigation_factor(drawn: Draws, sigma: Floats, day: int) -> Floats:
    """Error factor of a day's irrigation (P, M), mean 1, for relative errors (P, 1) up to 0.4."""
    if drawn.count == 1:
        return np.ones_like(sigma)
    passing = np.sqrt(1.0 - LASTING_IRRIGATION) * _shuffled(drawn.irrigation, day, 4)
    factor: Floats = np.maximum(1.0 + sigma * (np.sqrt(LASTING_IRRIGATION) * drawn.irrigation + passing), 0.0)
    return factor


def wandered(water: Water, plots: Plots, drawn: Draws, day: int) -> Water:
    """Water whose evapotranspiration error and store below the roots have drifted by a day, each member its own way."""
    fresh, shift = drifts_of(drawn, day)
    room = room_below_mm(water, plots)
    drift = BELOW_SIGMA_MM * np.minimum(np.sqrt(room / BELOW_ROOM_MM), 1.0) * shift
    low = np.minimum(water.below_mm, -LARGEST_SURPLUS_FRACTION * room)
    return replace(
        water,
        et0_scale=np.maximum(1.0 + ET_KEPT * (water.et0_scale - 1.0) + fresh, SMALLEST_ET),
        below_mm=np.clip(water.below_mm + drift, low, np.maximum(water.below_mm, room)),
    )


def drifts_of(drawn: Draws, day: int) -> tuple[Floats, Floats]:
    """How far a day moves the evapotranspiration error [-] and, in standard deviations, the store below (M,)."""
    fresh: Floats = np.sqrt(1.0 - ET_KEPT**2) * _ET_SIGMA * _shuffled(drawn.et0, day, 0)
    return fresh, _shuffled(drawn.below, day, 1)


def forgotten(water: Water) -> Water:
    """Water whose evapotranspiration error has faded by a day, as it does where nothing new is drawn."""
    return replace(water, et0_scale=1.0 + ET_KEPT * (water.et0_scale - 1.0))


def _shuffled(values: Floats, day: int, stream: int) -> Floats:
    # A fresh order for every day: draws that only rolled on would cancel over as many days as there are members.
    return np.random.default_rng((stream, day)).permutation(values)


def _soil_scales(plots: Plots, drawn: Draws) -> dict[str, Floats]:
    names = ("capacity_scale", "deep_scale", "wilting_scale", "deep_wilting_scale")
    if drawn.count == 1:
        return {name: np.ones(plots.surveyed.shape) for name in names}
    # Topsoil and deeper soil share half the variance of what their limits miss: one survey, one texture, one field.
    deep, deep_wilting = (
        np.sqrt(0.5) * (shallow + own)
        for shallow, own in ((drawn.capacity, drawn.deep), (drawn.wilting, drawn.deep_wilting))
    )

    def scale(surveyed: tuple[float, float], texture: tuple[float, float], draw: Floats) -> Floats:
        mean, sigma = (np.where(plots.surveyed, *pair) for pair in zip(surveyed, texture, strict=True))
        return mean * _scale(sigma, draw)

    return {
        "capacity_scale": scale(SURVEYED_CAPACITY, TEXTURE_CAPACITY, drawn.capacity),
        "deep_scale": scale(SURVEYED_DEEP, TEXTURE_CAPACITY, deep),
        "wilting_scale": scale(SURVEYED_WILTING, TEXTURE_WILTING, drawn.wilting),
        "deep_wilting_scale": scale(SURVEYED_DEEP_WILTING, TEXTURE_DEEP_WILTING, deep_wilting),
    }


def _below_fraction(plots: Plots, drawn: Draws) -> Floats:
    if drawn.count == 1:
        return np.zeros(plots.surveyed.shape)
    (surveyed, surveyed_sigma), (texture, texture_sigma) = SURVEYED_BELOW, TEXTURE_BELOW
    mean, sigma = np.where(plots.surveyed, surveyed, texture), np.where(plots.surveyed, surveyed_sigma, texture_sigma)
    return np.clip(mean + sigma * drawn.below, -LARGEST_SURPLUS_FRACTION, 1.0)


def _scale(sigma: Floats, drawn: Floats) -> Floats:
    # Log-normal with mean 1.
    scale: Floats = np.exp(sigma * drawn - np.where(drawn.size > 1, 0.5 * sigma**2, 0.0))
    return scale
