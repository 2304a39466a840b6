"""Intervals by drawing blocks again, and chance by drawing the assignment again."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from cloud.impact.estimate import Cells, cells_of, effect_of, jackknife_sigma, trial_effect
from cloud.impact.panel import Ints, Panel, Quantity
from cloud.variables import Floats

_FEW_BLOCKS: Final = 400
"""Up to here leaving out one block in turn is worth its time; beyond, both errors agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A share saved (or lost) with its interval; None where there is no such number."""

    value: float | None
    low: float | None
    high: float | None
    sigma: float | None
    """Standard error of the logarithm of the ratio."""
    blocks: int
    parcel_seasons: tuple[int, int]
    """Advised, not yet advised."""
    dropped: tuple[str, ...] = ()
    advised_area_ha: float = 0.0
    taken: float = 0.0
    """What the advised took in all [mm ha, or t]."""
    counterfactual: float = 0.0
    """What they would have taken."""
    critical: tuple[float, float] = field(default=(0.0, 0.0))
    """Studentised quantiles of the resamples."""


def nothing_compared(cells: Cells | None = None) -> Interval:
    """The interval of a trial that has nothing to compare."""
    dropped = () if cells is None else cells.dropped
    return Interval(value=None, low=None, high=None, sigma=None, blocks=0, parcel_seasons=(0, 0), dropped=dropped)


def draws(stratum: Ints, number: int, random: np.random.Generator) -> Floats:
    """Weights (R, B): how often each block is drawn when each stratum is drawn again with replacement."""
    weights = np.zeros((number, stratum.size))
    for one in np.unique(stratum):
        place = np.flatnonzero(stratum == one)
        weights[:, place] = random.multinomial(place.size, np.full(place.size, 1.0 / place.size), size=number)
    return weights


def interval_of(cells: Cells, confidence: float, resamples: int, random: np.random.Generator) -> Interval:
    """Share saved, 1 - taken/expected, with its studentised block-bootstrap interval."""
    if not cells.taken.shape[1]:
        return nothing_compared(cells)
    effect = trial_effect(cells)
    value, sigma = float(effect.log_ratio[0]), float(effect.sigma[0])
    involved = int(((cells.expected.sum(axis=1) > 0.0) | (cells.beside_expected.sum(axis=1) > 0.0)).sum())
    if not np.isfinite(value) or sigma <= 0.0:
        return nothing_compared(cells)
    if involved <= _FEW_BLOCKS:
        # The more careful of both; NaN, where a block cannot be left out, compares false.
        careful = jackknife_sigma(cells)
        sigma = max(sigma, careful)
    low, high = _critical(cells, value, confidence, (resamples, random))
    return Interval(
        value=1.0 - float(np.exp(value)),
        low=1.0 - float(np.exp(value - low * sigma)),
        high=1.0 - float(np.exp(value - high * sigma)),
        sigma=sigma,
        blocks=involved,
        parcel_seasons=cells.parcel_seasons,
        dropped=cells.dropped,
        advised_area_ha=cells.advised_area_ha,
        taken=float(effect.taken[0]),
        counterfactual=float(effect.counterfactual[0]),
        critical=(low, high),
    )


def _critical(
    cells: Cells, value: float, confidence: float, how: tuple[int, np.random.Generator]
) -> tuple[float, float]:
    again = effect_of(cells, draws(cells.stratum, *how))
    fine = np.isfinite(again.log_ratio) & (again.sigma > 0.0)
    studentised = (again.log_ratio[fine] - value) / again.sigma[fine]
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(studentised, [tail, 1.0 - tail])
    return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """How often an assignment drawn anew shows an effect as large as the one found."""

    p_value: float
    drawn: int


def redrawn(panel: Panel, kind: str, random: np.random.Generator) -> Ints:
    """Starts (P,) drawn anew as the design draws them: among blocks, or within pairs."""
    if kind == "pairs":
        swap = random.random(int(panel.pair.max()) + 1) < 0.5  # noqa: PLR2004 -- a fair coin
        other = _partner(panel)
        swapped: Ints = np.where((panel.pair >= 0) & swap[panel.pair], panel.start[other], panel.start)
        return swapped
    first = np.zeros(panel.blocks, dtype=np.intp)
    first[panel.block] = panel.start
    return first[random.permutation(panel.blocks)][panel.block]


def _partner(panel: Panel) -> Ints:
    other = np.arange(panel.pair.size)
    order = np.argsort(panel.pair, kind="stable")
    paired = order[panel.pair[order] >= 0].reshape(-1, 2)
    other[paired[:, 0]], other[paired[:, 1]] = paired[:, 1], paired[:, 0]
    return other


def chance_of(
    panel: Panel, quantity: Quantity, kind: str, least_blocks: int, how: tuple[int, np.random.Generator]
) -> Chance | None:
    """Randomisation inference on the studentised effect (Chung and Romano 2013, doi:10.1214/13-AOS1090); two-sided."""
    number, random = how
    found = _statistic(panel, quantity, panel.start, least_blocks)
    if found is None:
        return None
    others = [_statistic(panel, quantity, redrawn(panel, kind, random), least_blocks) for _ in range(number)]
    known = np.abs(np.array([one for one in others if one is not None]))
    return Chance(p_value=float((1 + (known >= abs(found) - 1e-12).sum()) / (1 + known.size)), drawn=int(known.size))


def _statistic(panel: Panel, quantity: Quantity, start: Ints, least_blocks: int) -> float | None:
    cells = cells_of(panel, quantity, start, least_blocks)
    if not cells.taken.shape[1]:
        return None
    effect = trial_effect(cells)
    value, sigma = float(effect.log_ratio[0]), float(effect.sigma[0])
    return value / sigma if np.isfinite(value) and sigma > 0.0 else None
