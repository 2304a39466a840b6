"""Observations of a day as arrays: the layers of one instrument joined, one reading of each parcel in a batch.

A reading remembers what water came to its parcel later the same day: it saw the soil before. Of what came sooner that
day it may have seen all or nothing: water stands above the layer, or only in it, until it has spread.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.plots import TOPSOIL_M
from cloud.records import Observation, ObservationKind
from cloud.variables import Floats

UNSPREAD: Final = 0.5
"""Standard deviation of how much of an irrigation stands elsewhere than spread through the roots on its day, as a share
of it: a soil is at field capacity one to three days after water (FAO-56, chapter 8). By judgement."""

_SLACK_M: Final = 0.011
"""Sensors seldom stand to the centimetre."""

_COLUMNS: Final = ("index", "value", "sigma", "from_m", "to_m", "topsoil_value", "topsoil_to_m", "later_mm", "doubt")


class Reading(Observation):
    """An observation beside what the day and its other layers say of it."""

    topsoil_value: float | None = None
    """Of a profile, the mean of its layers within the topsoil; None where it has none, or nothing below."""
    topsoil_to_m: float | None = None
    later_mm: float = 0.0
    """Gross irrigation that came later that day."""
    sooner_mm: float = 0.0
    """Gross irrigation that came earlier that day."""


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
    topsoil_value: Floats
    """Mean of a profile's layers within the topsoil, NaN where it has none, or nothing below."""
    topsoil_to_m: Floats
    later_mm: Floats
    """Gross irrigation that came later that day."""
    doubt: Floats
    """Variance added where an observation is not wholly believed, or saw water that had not spread, in the square of
    its unit; 0 otherwise."""

    def take(self, index: NDArray[np.intp]) -> Self:
        """Some of the observations."""
        columns = {name: getattr(self, name)[index] for name in _COLUMNS}
        return replace(self, observations=tuple(self.observations[row] for row in index), **columns)


def merged(observations: Iterable[Observation], watered: Sequence[tuple[datetime, float]] = ()) -> list[Observation]:
    """Observations of one parcel and day with the layers of one instrument joined into one profile.

    ``watered`` are the times and gross depths of that day's irrigation [mm].
    """
    layers: dict[str, list[Observation]] = defaultdict(list)
    others: list[Observation] = []
    for observation in observations:
        if observation.kind == "soil_water_fraction" and observation.depth_to_m is not None:
            layers[f"{observation.source} {observation.observed_at.isoformat()}"].append(observation)
        else:
            others.append(_reading(observation, watered) if watered else observation)
    return [*others, *(_profile(group, watered) for group in layers.values())]


def batches(observations: Sequence[tuple[int, Observation]]) -> list[Batch]:
    """Batches in which every parcel stands at most once, from (place of the parcel, observation)."""
    seen: dict[int, int] = defaultdict(int)
    groups: dict[tuple[int, ObservationKind], list[tuple[int, Observation]]] = defaultdict(list)
    for place, observation in observations:
        groups[seen[place], observation.kind].append((place, observation))
        seen[place] += 1
    return [_batch(kind, group) for (_, kind), group in sorted(groups.items(), key=lambda item: item[0])]


def _reading(observation: Observation, watered: Sequence[tuple[datetime, float]], **changed: float | None) -> Reading:
    later = sum(depth_mm for at, depth_mm in watered if at > observation.observed_at)
    sooner = sum(depth_mm for at, depth_mm in watered) - later
    # Made of what was validated before.
    return Reading.model_construct(**{**dict(observation), "later_mm": later, "sooner_mm": sooner, **changed})


def _profile(layers: Sequence[Observation], watered: Sequence[tuple[datetime, float]]) -> Reading:
    bounds = [(layer.depth_from_m or 0.0, layer.depth_to_m or 0.0) for layer in layers]
    shallow = [layer for layer, (_, deep) in zip(layers, bounds, strict=True) if deep <= TOPSOIL_M + _SLACK_M]
    value, sigma = _mean_of(layers)
    return _reading(
        layers[0],
        watered,
        value=value,
        sigma=sigma,
        depth_from_m=min(top for top, _ in bounds),
        depth_to_m=max(deep for _, deep in bounds),
        topsoil_value=_mean_of(shallow)[0] if 0 < len(shallow) < len(layers) else None,
        topsoil_to_m=max((one.depth_to_m or 0.0 for one in shallow), default=None),
    )


def _unspread(reading: Observation) -> float:
    """Error of a layer's reading on a day of irrigation [m3/m3], since water has not spread evenly by then."""
    if not isinstance(reading, Reading) or reading.kind != "soil_water_fraction" or reading.depth_to_m is None:
        return 0.0
    return UNSPREAD * reading.sooner_mm / (1000.0 * reading.depth_to_m)


def _mean_of(layers: Sequence[Observation]) -> tuple[float, float]:
    thickness = [(layer.depth_to_m or 0.0) - (layer.depth_from_m or 0.0) for layer in layers]
    whole = sum(thickness)
    weight = [one / whole for one in thickness]
    value = sum(share * layer.value for share, layer in zip(weight, layers, strict=True))
    return value, sum((share * layer.sigma) ** 2 for share, layer in zip(weight, layers, strict=True)) ** 0.5


def _batch(kind: ObservationKind, group: Sequence[tuple[int, Observation]]) -> Batch:
    readings = [one for _, one in group]

    def column(values: Iterable[float | None]) -> Floats:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)[:, None]

    return Batch(
        kind=kind,
        index=np.array([place for place, _ in group], dtype=np.intp),
        observations=tuple(readings),
        value=column(one.value for one in readings),
        sigma=column(one.sigma for one in readings),
        from_m=column(one.depth_from_m or 0.0 for one in readings),
        to_m=column(one.depth_to_m for one in readings),
        topsoil_value=column(one.topsoil_value if isinstance(one, Reading) else None for one in readings),
        topsoil_to_m=column(one.topsoil_to_m if isinstance(one, Reading) else None for one in readings),
        later_mm=column(one.later_mm if isinstance(one, Reading) else 0.0 for one in readings),
        doubt=column(_unspread(one) for one in readings) ** 2,
    )
