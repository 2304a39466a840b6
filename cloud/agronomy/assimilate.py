"""What observations say about the water of a parcel: a square-root ensemble Kalman filter, one number at a time.

Reference: J.S. Whitaker, T.M. Hamill (2002), Ensemble data assimilation without perturbed observations,
doi:10.1175/1520-0493(2002)130<1913:EDAWPO>2.0.CO;2. Updated together: depletion of the root zone and below it, the
passing error of evapotranspiration, and the logarithms of the root depth and Kcb scales and, from what is seen of the
soil itself, of the field capacity.

Operators: ``depletion_mm`` the root zone's depletion; ``soil_water_fraction`` mean water of the observed layer (the
root zone when no depth is given), depletion spread evenly within and below the roots; ``stress_index`` and ``cwsi``
1 - Ks, salt included, softened at its threshold so that an unstressed ensemble can still learn;
``canopy_cover_fraction`` eq. 76.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.drainage import LARGEST_SURPLUS_FRACTION
from cloud.agronomy.plots import Plots
from cloud.agronomy.step import Fluxes, Water
from cloud.records import Observation, ObservationKind
from cloud.variables import Floats

_REPRESENTATIVE_SIGMA: Final = {
    "soil_water_fraction": 0.004,
    "depletion_mm": 2.0,
    "stress_index": 0.05,
    "cwsi": 0.10,
    "canopy_cover_fraction": 0.05,
}
"""What a perfect instrument would still miss of the whole parcel, in the unit of the kind."""

_KEPT_SPREAD: Final = 0.3
"""Share of the spread of learned scales that an update gives back, so that they never freeze."""

_PLANT_KINDS: Final = frozenset({"stress_index", "cwsi"})
"""Kinds that say nothing of the soil's capacity: in the ensemble dry members have much of it, since depletion ends at
the total, so that stress taught ever more capacity (Nebraska 2024, stress only: error 78 mm with, 39 without)."""

_SOFTNESS: Final = 0.15
_ET_BOUNDS: Final = (0.2, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Observations of one kind, one for each of n parcels; arrays (n, 1)."""

    kind: ObservationKind
    index: NDArray[np.intp]
    """(n,) places of the parcels."""
    observations: tuple[Observation, ...]
    """(n,) as they came, the layers of one instrument joined."""
    value: Floats
    sigma: Floats
    from_m: Floats
    to_m: Floats
    """NaN when the observation stands for the root zone."""


def merged(observations: Iterable[Observation]) -> list[Observation]:
    """Observations of one parcel and day with the layers of one instrument joined into one profile."""
    layers: dict[str, list[Observation]] = defaultdict(list)
    others: list[Observation] = []
    for observation in observations:
        if observation.kind == "soil_water_fraction" and observation.depth_to_m is not None:
            layers[f"{observation.source} {observation.observed_at.isoformat()}"].append(observation)
        else:
            others.append(observation)
    return [*others, *(_profile(group) for group in layers.values())]


def batches(observations: Sequence[tuple[int, Observation]]) -> list[Batch]:
    """Batches in which every parcel stands at most once, from (place of the parcel, observation)."""
    seen: dict[int, int] = defaultdict(int)
    groups: dict[tuple[int, ObservationKind], list[tuple[int, Observation]]] = defaultdict(list)
    for place, observation in observations:
        groups[seen[place], observation.kind].append((place, observation))
        seen[place] += 1
    return [_batch(kind, group) for (_, kind), group in sorted(groups.items(), key=lambda item: item[0])]


def assimilate(water: Water, plots: Plots, fluxes: Fluxes, batch: Batch) -> Water:
    """Water of the observed parcels (n, M) after one batch; plots and fluxes are those parcels' own."""
    members = water.depletion_mm.shape[1]
    if members == 1:
        return water
    predicted = expected(water, plots, fluxes, batch)
    mean = predicted.mean(axis=1, keepdims=True)
    deviation = predicted - mean
    variance = (deviation**2).sum(axis=1, keepdims=True) / (members - 1)
    error = batch.sigma**2 + _REPRESENTATIVE_SIGMA[batch.kind] ** 2
    shrink = 1.0 / (1.0 + np.sqrt(error / (variance + error)))
    innovation = batch.value - mean

    def updated(values: Floats) -> Floats:
        own = values - values.mean(axis=1, keepdims=True)
        gain = (own * deviation).sum(axis=1, keepdims=True) / (members - 1) / (variance + error)
        result: Floats = values + gain * (innovation - shrink * deviation)
        return result

    def learned(scale: Floats) -> Floats:
        logarithm = np.log(scale)
        after = updated(logarithm)
        mean_after = after.mean(axis=1, keepdims=True)
        spread_before, spread_after = logarithm.std(axis=1, keepdims=True), after.std(axis=1, keepdims=True)
        wider = 1.0 + _KEPT_SPREAD * (spread_before - spread_after) / np.maximum(spread_after, 1e-9)
        scales: Floats = np.exp(np.clip(mean_after + (after - mean_after) * wider, -1.2, 1.2))
        return scales

    soil_is_seen = batch.kind not in _PLANT_KINDS
    capacity = learned(water.capacity_scale) if soil_is_seen else water.capacity_scale
    roots = learned(water.root_scale)
    depth = np.minimum(water.root_depth_m / water.root_scale * roots, plots.soil_depth_m)
    total = plots.available_mm(depth) * capacity
    below_total = np.maximum(plots.available_mm(plots.column_bottom_m(roots)) * capacity - total, 0.0)
    return replace(
        water,
        depletion_mm=np.clip(updated(water.depletion_mm), -LARGEST_SURPLUS_FRACTION * total, total),
        below_mm=np.clip(updated(water.below_mm), -LARGEST_SURPLUS_FRACTION * below_total, below_total),
        root_depth_m=depth,
        capacity_scale=capacity,
        root_scale=roots,
        kcb_scale=learned(water.kcb_scale),
        et0_scale=np.clip(updated(water.et0_scale), *_ET_BOUNDS),
    )


def expected(water: Water, plots: Plots, fluxes: Fluxes, batch: Batch) -> Floats:
    """What each member expects of an observation (n, M)."""
    if batch.kind == "depletion_mm":
        return water.depletion_mm
    if batch.kind == "canopy_cover_fraction":
        return fluxes.canopy_fraction
    if batch.kind == "soil_water_fraction":
        deep = np.where(np.isnan(batch.to_m), water.root_depth_m, batch.to_m)
        shallow = np.where(np.isnan(batch.to_m), 0.0, batch.from_m)
        content = water_above_mm(water, plots, deep) - water_above_mm(water, plots, shallow)
        return content / (1000.0 * (deep - shallow))
    # An earlier observation of the day may have moved the limits: only the share of the day's fluxes still holds.
    total = np.maximum(plots.available_mm(water.root_depth_m) * water.capacity_scale, 1e-9)
    readily = fluxes.readily_available_mm / np.maximum(fluxes.total_available_mm, 1e-9) * total
    excess = (water.depletion_mm - readily) / np.maximum(total - readily, 1e-9)
    dry = np.minimum(_SOFTNESS * np.logaddexp(0.0, excess / _SOFTNESS), 1.0)
    return 1.0 - (1.0 - dry) * plots.salt_factor


def water_above_mm(water: Water, plots: Plots, depth_m: Floats) -> Floats:
    """Water from the surface to a depth [mm] (n, M)."""
    scale = water.capacity_scale
    reach = np.minimum(depth_m, water.root_depth_m)
    in_roots = plots.available_mm(water.root_depth_m) * scale
    share = plots.available_mm(reach) * scale / np.maximum(in_roots, 1e-9)
    room = plots.available_mm(plots.column_bottom_m(water.root_scale)) * scale - in_roots
    deeper = plots.available_mm(depth_m) * scale - in_roots
    share_below = np.where(room > 1e-9, np.clip(deeper / np.maximum(room, 1e-9), 0.0, 1.0), 0.0)  # noqa: PLR2004 -- no soil below
    full = plots.wilting_mm(depth_m) + plots.available_mm(depth_m) * scale
    return full - water.depletion_mm * share - water.below_mm * share_below


def _profile(layers: Sequence[Observation]) -> Observation:
    bounds = [(layer.depth_from_m or 0.0, layer.depth_to_m or 0.0) for layer in layers]
    thickness = np.array([deep - shallow for shallow, deep in bounds])
    weight = thickness / thickness.sum()
    return replace_observation(
        layers[0],
        value=float(np.dot(weight, [layer.value for layer in layers])),
        sigma=float(np.sqrt(np.dot(weight**2, [layer.sigma**2 for layer in layers]))),
        bounds=(min(shallow for shallow, _ in bounds), max(deep for _, deep in bounds)),
    )


def replace_observation(
    observation: Observation, *, value: float, sigma: float, bounds: tuple[float, float]
) -> Observation:
    """The same observation with another value, error and layer."""
    return observation.model_copy(
        update={"value": value, "sigma": sigma, "depth_from_m": bounds[0], "depth_to_m": bounds[1]}
    )


def _batch(kind: ObservationKind, group: Sequence[tuple[int, Observation]]) -> Batch:
    def column(values: Iterable[float]) -> Floats:
        return np.array(list(values), dtype=np.float64)[:, None]

    return Batch(
        kind=kind,
        index=np.array([place for place, _ in group], dtype=np.intp),
        observations=tuple(observation for _, observation in group),
        value=column(observation.value for _, observation in group),
        sigma=column(observation.sigma for _, observation in group),
        from_m=column(observation.depth_from_m or 0.0 for _, observation in group),
        to_m=column(np.nan if o.depth_to_m is None else o.depth_to_m for _, o in group),
    )
