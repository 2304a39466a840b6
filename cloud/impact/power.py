"""What a trial can be expected to prove: its own analysis over seasons invented from the scatter of the past.

The invented seasons are SYNTHETIC: logarithmic scatter of parcels and of blocks around ways that all share.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, exp, log
from typing import Final

import numpy as np

from cloud.errors import ConfigurationError
from cloud.impact.design import Assigned, Design, Variance
from cloud.impact.estimate import cells_of, trial_effect
from cloud.impact.panel import Ints, Panel, Quantity, water, yields
from cloud.variables import Floats

_INVENTED: Final = 60
_USUAL_NEED_MM: Final = 500.0
_USUAL_YIELD_T_HA: Final = 5.0
_PARCEL_SPREAD: Final = 0.35
"""Scatter of levels between parcels [log]; it cancels almost wholly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the trial will prove with its numbers; shares."""

    parcels: int
    blocks: int
    sigma: float
    """Standard error of the logarithm of the ratio that its analysis will have."""
    least_saving_fraction: float
    """Smallest true saving that is proven with the design's power (by water alone)."""
    power_for_water: float
    """Chance that the expected saving is proven by water alone."""
    power_for_yield: float
    """Chance that a loss beyond the margin is excluded where there is none."""
    parcels_for_water: int
    parcels_for_yield: int
    """Parcels that give the design's power, in blocks of the same size."""


def promise_of(
    assignment: Sequence[Assigned], crops: Mapping[str, str], areas_ha: Mapping[str, float], design: Design
) -> Promise:
    """The promise of an assignment; crops and areas by parcel."""
    panel = invented_panel(assignment, crops, areas_ha, design)
    random = np.random.default_rng([design.seed, 2])
    sigma_water, freedom = _mean_sigma(panel, design, random, water)
    sigma_yield, _ = _mean_sigma(panel, design, random, yields)
    error = 1.0 - design.confidence
    effect = -log(1.0 - design.expected_saving_percent / 100.0)
    margin = -log(1.0 - design.yield_margin_percent / 100.0)
    reach = _quantile(1.0 - error / 2.0, freedom) + _quantile(design.power, freedom)
    reach_yield = _quantile(1.0 - error, freedom) + _quantile(design.power, freedom)
    parcels = len(assignment)
    return Promise(
        parcels=parcels,
        blocks=panel.blocks,
        sigma=sigma_water,
        least_saving_fraction=1.0 - exp(-reach * sigma_water),
        power_for_water=_beyond(_quantile(1.0 - error / 2.0, freedom), effect / sigma_water, freedom),
        power_for_yield=_beyond(_quantile(1.0 - error, freedom), margin / sigma_yield, freedom),
        parcels_for_water=ceil(parcels * (reach * sigma_water / effect) ** 2),
        parcels_for_yield=ceil(parcels * (reach_yield * sigma_yield / margin) ** 2),
    )


def invented_panel(
    assignment: Sequence[Assigned], crops: Mapping[str, str], areas_ha: Mapping[str, float], design: Design
) -> Panel:
    """A panel of the assignment whose water and yields are all alike, to be scattered."""
    names = tuple(sorted(set(crops.values())))
    blocks = {name: number for number, name in enumerate(dict.fromkeys(one.block for one in assignment))}
    never = len(design.seasons)
    shape = len(assignment), never
    own = np.array([areas_ha[one.parcel_id] for one in assignment])[:, None]
    crop = np.array([names.index(crops[one.parcel_id]) for one in assignment], dtype=np.intp)[:, None]
    need = np.full(shape, _USUAL_NEED_MM)
    return Panel(
        parcels=tuple(one.parcel_id for one in assignment),
        seasons=design.seasons,
        crops=names,
        baseline=len(design.baseline_seasons),
        area_ha=np.broadcast_to(own, shape),
        crop=np.broadcast_to(crop, shape),
        used_mm=need,
        low_mm=need,
        high_mm=need,
        need_mm=need,
        yield_t_ha=np.full(shape, _USUAL_YIELD_T_HA),
        start=np.array([_place(design, one.starts) for one in assignment], dtype=np.intp),
        block=np.array([blocks[one.block] for one in assignment], dtype=np.intp),
        pair=np.full(shape[0], -1, dtype=np.intp),
        near=np.zeros((shape[0], shape[0]), dtype=bool),
    )


def _place(design: Design, starts: str | None) -> int:
    return len(design.seasons) if starts is None else design.seasons.index(starts)


def scattered(panel: Panel, variance: Variance, random: np.random.Generator) -> Panel:
    """The panel with SYNTHETIC scatter on water and yields."""
    use = panel.used_mm * _noise(
        panel.block, panel.used_mm, (variance.parcel_season_sigma, variance.block_season_sigma), random
    )
    grown = panel.yield_t_ha * _noise(
        panel.block, panel.used_mm, (variance.yield_sigma, variance.yield_block_sigma), random
    )
    return replace(panel, used_mm=use, low_mm=use, high_mm=use, yield_t_ha=grown)


def _noise(block: Ints, like: Floats, sigma: tuple[float, float], random: np.random.Generator) -> Floats:
    parcel, shared = sigma
    level = random.normal(0.0, _PARCEL_SPREAD, (like.shape[0], 1))
    single = random.normal(0.0, parcel, like.shape)
    together = random.normal(0.0, shared, (int(block.max()) + 1, like.shape[1]))[block]
    result: Floats = np.exp(level + single + together - (parcel**2 + shared**2) / 2.0)
    return result


def _mean_sigma(
    panel: Panel, design: Design, random: np.random.Generator, quantity: Callable[[Panel], Quantity]
) -> tuple[float, int]:
    found = []
    freedom = 1
    for _ in range(_INVENTED):
        one = scattered(panel, design.variance, random)
        cells = cells_of(one, quantity(one), panel.start, design.least_comparison_blocks)
        freedom = max(panel.blocks - int(cells.stratum.max()) - 1, 1)
        found.append(float(trial_effect(cells).sigma[0]) ** 2 if cells.taken.shape[1] else np.inf)
    if not np.isfinite(found).all():
        raise ConfigurationError(
            "assignment: expected crops that grow in blocks of several starts, got none to be compared; draw other"
            " blocks, or fewer crops"
        )
    return float(np.sqrt(np.mean(found))), freedom


def _quantile(probability: float, freedom: int) -> float:
    from scipy.special import stdtrit  # noqa: PLC0415 -- heavy; only the designer needs it

    return float(stdtrit(freedom, probability))


def _beyond(limit: float, away: float, freedom: int) -> float:
    from scipy.special import nctdtr  # noqa: PLC0415 -- as above

    return float(1.0 - nctdtr(freedom, away, limit))
