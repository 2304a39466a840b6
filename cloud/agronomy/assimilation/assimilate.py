"""What observations say about the water of a parcel: a square-root ensemble Kalman filter, one number at a time.

References: J.S. Whitaker, T.M. Hamill (2002), Ensemble data assimilation without perturbed observations,
doi:10.1175/1520-0493(2002)130<1913:EDAWPO>2.0.CO;2; the same (2012), Evaluating methods to account for system errors in
ensemble data assimilation, doi:10.1175/MWR-D-11-00276.1 (relaxation to prior spread). Updated together: depletion of
the root zone and below it, the passing error of evapotranspiration, and the logarithms of the root depth and Kcb scales
and, from what is seen of the soil itself, of what its topsoil and the soil below hold and keep.

Operators: ``depletion_mm`` the root zone's depletion; ``soil_water_fraction`` mean water of the observed layer (the
root zone when no depth is given), depletion spread evenly within and below the roots; ``stress_index`` and ``cwsi``
1 - Ks, salt included, softened at its threshold so that an unstressed ensemble can still learn;
``canopy_cover_fraction`` eq. 76. What came after a reading on the same day it has not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Self

import numpy as np

from cloud.agronomy.assimilation.cover import within_cover
from cloud.agronomy.assimilation.readings import Batch
from cloud.agronomy.drainage import LARGEST_SURPLUS_FRACTION
from cloud.agronomy.plots import Plots
from cloud.agronomy.step import Fluxes, Water
from cloud.records import ObservationKind
from cloud.variables import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorModel:
    """What of an observation's stated error comes and goes, and what a perfect instrument would still miss."""

    passing: float
    """Share of the stated error that differs from reading to reading; the rest stays with the instrument and its
    place, where the limits learned from its readings take it up."""
    representative: float
    """Standard deviation of what it misses of the whole parcel, in the unit of the kind."""


_ERRORS: Final[Mapping[ObservationKind, ErrorModel]] = MappingProxyType(
    {
        "soil_water_fraction": ErrorModel(passing=0.5, representative=0.004),
        "depletion_mm": ErrorModel(passing=1.0, representative=2.0),
        "stress_index": ErrorModel(passing=1.0, representative=0.05),
        "cwsi": ErrorModel(passing=1.0, representative=0.20),
        "canopy_cover_fraction": ErrorModel(passing=1.0, representative=0.05),
    }
)
"""Where the numbers come from. Soil water: a neutron probe whose error is stated as 0.015 m3/m3 repeated itself within
0.004 while nothing happened (Maricopa 2018, May), a quarter of it; half is taken, for sensors that stay in the soil
drift; 0.004 more for what a point misses of a parcel in a week. Index of a thermal camera: at Nebraska 2024 it jumped
by 0.20 from one day to the next (0.33 in maize) while soil water hardly moved. Stress and cover seen in photos, told
depletion: judgement."""

_TOPSOIL_SIGMA: Final = 0.01
"""Further error of a topsoil's mean [m3/m3]: depletion is not spread as evenly through the roots as it is taken to
be."""

_KEPT_SPREAD: Final = 0.3
"""Share of the spread of learned scales that an update gives back, so that they never freeze."""

_WATER_KIND: Final = "soil_water_fraction"
_PLANT_KINDS: Final = frozenset({"stress_index", "cwsi"})
_CROP_SCALES: Final = ("root_scale", "kcb_scale")
_CAPACITY_SCALES: Final = (*_CROP_SCALES, "capacity_scale", "deep_scale")
_SCALES: Final = (*_CAPACITY_SCALES, "wilting_scale", "deep_wilting_scale")
_TAUGHT: Final[Mapping[ObservationKind, Sequence[str]]] = MappingProxyType(
    {
        "soil_water_fraction": _SCALES,
        "depletion_mm": _CAPACITY_SCALES,
        "stress_index": _CROP_SCALES,
        "cwsi": _CROP_SCALES,
        "canopy_cover_fraction": ("kcb_scale",),
    }
)
"""What a kind speaks of. A plant says nothing of the soil's capacity: in the ensemble dry members have much of it,
since depletion ends at the total, so that stress taught ever more capacity (Nebraska 2024, stress only: error 78 mm
with, 39 without)."""

_LARGEST_LOGARITHM: Final = 1.2
_LARGEST_SHIFT: Final = 0.3
_SOFTNESS: Final = 0.15
_ET_BOUNDS: Final = (0.2, 2.0)


def assimilate(water: Water, plots: Plots, fluxes: Fluxes, batch: Batch) -> Water:
    """Water of the observed parcels (n, M) after one batch; plots and fluxes are those parcels' own.

    A profile speaks twice: its mean says how much water there is, that of its topsoil where the water stands.
    """
    if water.depletion_mm.shape[1] == 1:
        return water
    said = _Said.of(expected(water, plots, fluxes, batch), batch.value, observation_variance(batch))
    moved = _moved(water, said, _TAUGHT[batch.kind])
    if batch.kind == _WATER_KIND:
        moved = _straight(water, moved, said, batch.to_m)
    if batch.kind in _PLANT_KINDS:
        # A plant feels the share of its water that is gone, not the millimetres.
        total = np.maximum(water.holds_mm(plots, water.root_depth_m), 1e-9)
        moved = replace(moved, depletion_mm=said.moved(water.depletion_mm / total) * total)
    after = _settled(moved, plots, water_is_seen=batch.kind == _WATER_KIND)
    after = within_cover(water, _widened(water, _with_topsoil(after, plots, fluxes, batch)), batch.kind)
    return _settled(after, plots, water_is_seen=False)


def _with_topsoil(water: Water, plots: Plots, fluxes: Fluxes, batch: Batch) -> Water:
    known = np.flatnonzero(~np.isnan(batch.topsoil_value[:, 0]))
    if not known.size:
        return water
    if known.size < len(batch.observations):
        part = _with_topsoil(water.take(known), plots.take(known), fluxes.take(known), batch.take(known))
        return water.put(known, part)
    earlier = _before_irrigation(water, plots, fluxes, batch.later_mm)
    predicted = _layer_fraction(earlier, plots, batch.from_m, batch.topsoil_to_m)
    said = _Said.of(predicted, batch.topsoil_value, observation_variance(batch) + _TOPSOIL_SIGMA**2)
    return _settled(_straight(water, _moved(water, said, _SCALES), said, batch.topsoil_to_m), plots, water_is_seen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One observation of each parcel beside what its members expected: how any quantity of theirs follows from it."""

    deviation: Floats
    innovation: Floats
    total: Floats
    """(n, 1) variance of the members and of the observation together."""
    shrink: Floats

    @classmethod
    def of(cls, predicted: Floats, value: Floats, error: Floats) -> Self:
        mean = predicted.mean(axis=1, keepdims=True)
        deviation = predicted - mean
        total = (deviation**2).sum(axis=1, keepdims=True) / (predicted.shape[1] - 1) + error
        return cls(
            deviation=deviation, innovation=value - mean, total=total, shrink=1.0 / (1.0 + np.sqrt(error / total))
        )

    def moved(self, values: Floats) -> Floats:
        """Values of the members (n, M) after it."""
        own = values - values.mean(axis=1, keepdims=True)
        gain = (own * self.deviation).sum(axis=1, keepdims=True) / (values.shape[1] - 1) / self.total
        result: Floats = values + gain * (self.innovation - self.shrink * self.deviation)
        return result

    def moved_by_water(self) -> Floats:
        """Change of what the members expect (n, M), in the observation's own unit, if water alone explains it."""
        gain: Floats = (self.deviation**2).sum(axis=1, keepdims=True) / (self.deviation.shape[1] - 1) / self.total
        return gain * (self.innovation - self.shrink * self.deviation)

    def scaled(self, scale: Floats) -> Floats:
        """A positive scale of the members after it."""
        return _bounded(self.moved(np.log(scale)))


def _bounded(logarithm: Floats) -> Floats:
    scales: Floats = np.exp(np.clip(logarithm, -_LARGEST_LOGARITHM, _LARGEST_LOGARITHM))
    return scales


def _moved(water: Water, said: _Said, names: Sequence[str]) -> Water:
    after = replace(
        water,
        depletion_mm=said.moved(water.depletion_mm),
        below_mm=said.moved(water.below_mm),
        et0_scale=np.clip(said.moved(water.et0_scale), *_ET_BOUNDS),
        **{name: said.scaled(getattr(water, name)) for name in names},
    )
    return _rooted(water, after)


def _straight(before: Water, joint: Water, said: _Said, to_m: Floats) -> Water:
    """Water after a reading of the soil that never means drier for being wetter.

    Members that hold more water also miss more of it, so that a reading far above what was expected may teach so much
    capacity that depletion grows. There the limits learn only as far as mean depletion stays; the rest of the reading
    is water, as if the limits were known.
    """
    turned = (joint.depletion_mm - before.depletion_mm).mean(axis=1, keepdims=True)
    wrong = turned * said.innovation > 0.0
    if not wrong.any():
        return joint
    seen = said.moved_by_water() * 1000.0
    roots_m = np.minimum(np.where(np.isnan(to_m), np.inf, to_m), before.root_depth_m)
    deeper_m = np.where(np.isfinite(to_m), np.maximum(to_m - before.root_depth_m, 0.0), 0.0)
    straight = (seen * roots_m).mean(axis=1, keepdims=True)
    known = np.abs(straight) / np.maximum(np.abs(straight) + np.abs(turned), 1e-12)
    learned = np.where(wrong, known, 1.0)

    def between(name: str, water_mm: Floats) -> Floats:
        was, now = getattr(before, name), getattr(joint, name)
        changed: Floats = was + learned * (now - was) - (1.0 - learned) * water_mm
        return changed

    scales = {
        name: getattr(before, name) * (getattr(joint, name) / getattr(before, name)) ** learned
        for name in _SCALES
        if getattr(before, name) is not getattr(joint, name)
    }
    after = replace(
        joint,
        depletion_mm=between("depletion_mm", seen * roots_m),
        below_mm=between("below_mm", seen * deeper_m),
        **scales,
    )
    return _rooted(before, after)


def _rooted(before: Water, after: Water) -> Water:
    return replace(after, root_depth_m=before.root_depth_m / before.root_scale * after.root_scale)


def _widened(before: Water, after: Water) -> Water:
    """Water whose learned scales got some of their spread back (Whitaker, Hamill 2012, relaxation to prior spread)."""

    def wider(name: str) -> Floats:
        was, now = np.log(getattr(before, name)), np.log(getattr(after, name))
        mean, spread = now.mean(axis=1, keepdims=True), now.std(axis=1, keepdims=True)
        lost = was.std(axis=1, keepdims=True) - spread
        return _bounded(mean + (now - mean) * (1.0 + _KEPT_SPREAD * lost / np.maximum(spread, 1e-9)))

    learned = [name for name in _SCALES if getattr(before, name) is not getattr(after, name)]
    return _rooted(after, replace(after, **{name: wider(name) for name in learned}))


def _settled(water: Water, plots: Plots, *, water_is_seen: bool) -> Water:
    """Water within what the soil of each member can hold, roots no deeper than the soil.

    What was seen beyond that, drier than wilting point or wetter than saturation, moves the wilting point instead.
    """
    depth = np.minimum(water.root_depth_m, plots.soil_depth_m)
    bottom = plots.column_bottom_m(water.root_scale)
    total = water.holds_mm(plots, depth)
    below = np.maximum(water.holds_mm(plots, bottom) - total, 0.0)
    depletion = np.clip(water.depletion_mm, -LARGEST_SURPLUS_FRACTION * total, total)
    depletion_below = np.clip(water.below_mm, -LARGEST_SURPLUS_FRACTION * below, below)
    settled = replace(water, depletion_mm=depletion, below_mm=depletion_below, root_depth_m=depth)
    if not water_is_seen:
        return settled
    beyond = water.depletion_mm - depletion + water.below_mm - depletion_below
    share = 1.0 - beyond / np.maximum(water.wilts_mm(plots, bottom), 1e-9)
    share = np.clip(share, 1.0 - _LARGEST_SHIFT, 1.0 + _LARGEST_SHIFT)
    return replace(
        settled,
        wilting_scale=water.wilting_scale * share,
        deep_wilting_scale=water.deep_wilting_scale * share,
    )


def observation_variance(batch: Batch) -> Floats:
    """(n, 1) variance of the observations about the parcel's own state, in the square of their unit."""
    error = _ERRORS[batch.kind]
    return (error.passing * batch.sigma) ** 2 + error.representative**2 + batch.doubt


def expected(water: Water, plots: Plots, fluxes: Fluxes, batch: Batch) -> Floats:
    """What each member expects of an observation (n, M)."""
    if batch.kind == "canopy_cover_fraction":
        return fluxes.canopy_fraction
    water = _before_irrigation(water, plots, fluxes, batch.later_mm)
    if batch.kind == "depletion_mm":
        return water.depletion_mm
    if batch.kind == _WATER_KIND:
        deep = np.where(np.isnan(batch.to_m), water.root_depth_m, batch.to_m)
        shallow = np.where(np.isnan(batch.to_m), 0.0, batch.from_m)
        return _layer_fraction(water, plots, shallow, deep)
    # An earlier observation of the day may have moved the limits: only the share of the day's fluxes still holds.
    total = np.maximum(water.holds_mm(plots, water.root_depth_m), 1e-9)
    readily = fluxes.readily_available_mm / np.maximum(fluxes.total_available_mm, 1e-9) * total
    excess = (water.depletion_mm - readily) / np.maximum(total - readily, 1e-9)
    dry = np.minimum(_SOFTNESS * np.logaddexp(0.0, excess / _SOFTNESS), 1.0)
    return 1.0 - (1.0 - dry) * plots.salt_factor


def _before_irrigation(water: Water, plots: Plots, fluxes: Fluxes, gross_mm: Floats) -> Water:
    # What came after the reading, less what of it percolated: both are undone as far as that day's water goes.
    if not gross_mm.any():
        return water
    net = gross_mm * plots.efficiency
    passed = np.minimum(fluxes.percolation_mm, net)
    return replace(water, depletion_mm=water.depletion_mm + net - passed, below_mm=water.below_mm + passed)


def _layer_fraction(water: Water, plots: Plots, from_m: Floats, to_m: Floats) -> Floats:
    return (water_above_mm(water, plots, to_m) - water_above_mm(water, plots, from_m)) / (1000.0 * (to_m - from_m))


def water_above_mm(water: Water, plots: Plots, depth_m: Floats) -> Floats:
    """Water from the surface to a depth [mm] (n, M)."""
    reach = np.minimum(depth_m, water.root_depth_m)
    in_roots = water.holds_mm(plots, water.root_depth_m)
    share = water.holds_mm(plots, reach) / np.maximum(in_roots, 1e-9)
    room = water.holds_mm(plots, plots.column_bottom_m(water.root_scale)) - in_roots
    held = water.holds_mm(plots, depth_m)
    deeper = held - in_roots
    share_below = np.where(room > 1e-9, np.clip(deeper / np.maximum(room, 1e-9), 0.0, 1.0), 0.0)  # noqa: PLR2004 -- no soil below
    full = water.wilts_mm(plots, depth_m) + held
    return full - water.depletion_mm * share - water.below_mm * share_below
