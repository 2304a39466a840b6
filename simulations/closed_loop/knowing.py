"""The upper bound: soil-moisture thresholds by growth stage on the true soil, chosen in hindsight for each season."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats
from simulations.closed_loop.baselines import etc_calendar
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.farmers import EXACT, Farmers
from simulations.closed_loop.fields import FieldSeason
from simulations.closed_loop.loop import Morning, run
from simulations.closed_loop.world import Harvest, World

KEPT_YIELD: Final = 0.99
"""Share of the well-watered calendar's yield that the bound may not fall below."""
WELL_WATERED: Final = 1.1
STAGES: Final = 4
_STARTS: Final = (0.2, 0.35, 0.5, 0.7, 2.0)
_LEFT: Final = (0.0, 0.1, 0.2, 0.35)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePolicy:
    """Depletion at which to irrigate, by AquaCrop's four growth stages, and the depletion that is left after it.

    Both are shares of the available water of the root zone [-]; a threshold of 1 or more never irrigates.
    """

    start: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.35)
    left: float = 0.0


class Thresholds:
    """Irrigates by one StagePolicy per field, seeing the true root zone; refills what efficiency loses."""

    def __init__(
        self, fields: Sequence[FieldSeason], policies: Sequence[StagePolicy], smallest_mm: float = 5.0
    ) -> None:
        self._start = np.array([one.start for one in policies])
        self._left = np.array([one.left for one in policies])
        self._efficiency = np.array([one.efficiency for one in fields])
        self._smallest_mm = smallest_mm

    def decide(self, morning: Morning) -> Floats:
        """Doses (F,) of the day [mm gross], from yesterday's evening."""
        truth = morning.truth
        if truth is None:
            return np.zeros(self._left.size)
        stage = np.clip(np.nan_to_num(truth.stage, nan=1.0).astype(int) - 1, 0, STAGES - 1)
        start = np.take_along_axis(self._start, stage[:, None], axis=1)[:, 0]
        available = np.nan_to_num(truth.available_mm, nan=1.0)
        depletion = np.nan_to_num(truth.depletion_mm, nan=0.0)
        net = depletion - self._left * available
        wanted = (depletion >= start * available) & (net >= self._smallest_mm) & morning.growing
        return np.where(wanted, net / self._efficiency, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Policies of all fields with what they came to; ``kept`` (F,) says where the yield bound was held."""

    policies: tuple[StagePolicy, ...]
    water_mm: Floats
    """Net irrigation and water taken from the soil (F,)."""
    yield_t_ha: Floats
    kept: NDArray[np.bool_]


_Lived = Callable[[Sequence[StagePolicy]], Harvest]
_FIRST: Final = (StagePolicy(), StagePolicy(start=(0.45, 0.45, 0.45, 0.55)))


def perfect(fields: Sequence[FieldSeason], climates: Mapping[str, Climate]) -> Thresholds:
    """The strategy of the bound: the best policy of every field in its own season."""
    return Thresholds(fields, best_policies(fields, climates).policies)


def best_policies(fields: Sequence[FieldSeason], climates: Mapping[str, Climate]) -> Chosen:
    """Least water at KEPT_YIELD of the well-watered calendar, searched threshold by threshold for each field.

    Not proven to be the least there is: one parameter is moved at a time, the last
    stage first, from a wet and from a dry start, over fixed levels.
    """
    world, nobody = World(fields, climates), Farmers(fields, EXACT, 0)

    def lived(policies: Sequence[StagePolicy]) -> Harvest:
        return run(Thresholds(fields, policies), world.again(), nobody).harvest

    calendar = run(etc_calendar(fields, climates, WELL_WATERED), world.again(), nobody)
    needed = KEPT_YIELD * calendar.harvest.yield_t_ha
    wet, dry = (_descended(tuple(one for _ in fields), lived, needed) for one in _FIRST)
    return _better(wet, dry)


def _descended(policies: tuple[StagePolicy, ...], lived: _Lived, needed_t_ha: Floats) -> Chosen:
    best = _judged(policies, lived, needed_t_ha)
    for stage in reversed(range(STAGES)):
        for level in _STARTS:
            tried = tuple(replace(one, start=_with(one.start, stage, level)) for one in best.policies)
            best = _better(best, _judged(tried, lived, needed_t_ha))
    for left in _LEFT[1:]:
        tried = tuple(replace(one, left=left) for one in best.policies)
        best = _better(best, _judged(tried, lived, needed_t_ha))
    return best


def _judged(policies: tuple[StagePolicy, ...], lived: _Lived, needed_t_ha: Floats) -> Chosen:
    harvest = lived(policies)
    return Chosen(
        policies=policies,
        water_mm=harvest.net_mm + harvest.from_soil_mm,
        yield_t_ha=harvest.yield_t_ha,
        kept=harvest.yield_t_ha >= needed_t_ha,
    )


def _better(one: Chosen, other: Chosen) -> Chosen:
    """Field by field: the policy that keeps the yield with less water, or comes nearer to keeping it."""
    saves = other.kept & (~one.kept | (other.water_mm < one.water_mm))
    nearer = ~other.kept & ~one.kept & (other.yield_t_ha > one.yield_t_ha)
    takes = saves | nearer
    pairs = zip(takes, one.policies, other.policies, strict=True)
    return Chosen(
        policies=tuple(new if change else old for change, old, new in pairs),
        water_mm=np.where(takes, other.water_mm, one.water_mm),
        yield_t_ha=np.where(takes, other.yield_t_ha, one.yield_t_ha),
        kept=np.where(takes, other.kept, one.kept),
    )


def _with(start: tuple[float, ...], stage: int, level: float) -> tuple[float, float, float, float]:
    one, two, three, four = (level if place == stage else value for place, value in enumerate(start))
    return one, two, three, four
