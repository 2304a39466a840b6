"""Difference-in-differences by ratios of sums: what the advised took over what they would have taken.

Without advice a parcel is held to take its need times its own share of need before the trial, times what the parcels of
the same crop that are not yet advised changed in the same season. Already advised parcels never serve as comparison:
their effect may still grow (Goodman-Bacon 2021, doi:10.1016/j.jeconom.2021.03.014; Callaway and Sant'Anna 2021,
doi:10.1016/j.jeconom.2020.12.001). Sums of volumes, so that a parcel without any irrigation counts like the others.
"""

from dataclasses import dataclass

import numpy as np

from cloud.impact.panel import Bools, Ints, Panel, Quantity
from cloud.variables import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Sums by block and by cell (a crop in a season), (B, C) each, of the cells that can be compared."""

    taken: Floats
    """What the advised took."""
    expected: Floats
    """What the advised would take at their own rate before the trial."""
    beside: Floats
    """What those not yet advised took."""
    beside_expected: Floats
    """What those would take at their own rate before the trial."""
    stratum: Ints
    """(B,) blocks that start together are resampled together."""
    parcel_seasons: tuple[int, int]
    """How many of the advised and of the others are in the sums."""
    advised_area_ha: float
    """Area of the advised parcel-seasons in the sums."""
    dropped: tuple[str, ...]
    """Cells in which too few blocks stand for comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Logarithm of taken over expected, and its standard error by blocks; arrays over sets of weights."""

    log_ratio: Floats
    sigma: Floats
    taken: Floats
    counterfactual: Floats


def rates(panel: Panel, quantity: Floats, need: Floats, season_weights: Floats) -> Floats:
    """Each parcel's quantity over need in its baseline seasons (P,); NaN where it has none."""
    known = np.isfinite(quantity) & np.isfinite(need) & (panel.crop >= 0) & (season_weights > 0.0)
    top = np.where(known, panel.area_ha * quantity, 0.0).sum(axis=1)
    bottom = np.where(known, panel.area_ha * need * season_weights, 0.0).sum(axis=1)
    result: Floats = np.where(bottom > 0.0, top / np.where(bottom > 0.0, bottom, 1.0), np.nan)
    return result


def crop_level(panel: Panel, quantity: Floats, need: Floats) -> Floats:
    """What each crop takes over its need before the trial, (P, S), so that a parcel may change its crop."""
    before = (np.arange(len(panel.seasons)) < panel.baseline) & (panel.crop >= 0)
    known = before & np.isfinite(quantity) & np.isfinite(need)
    number = len(panel.crops)
    place = panel.crop[known]
    top = np.bincount(place, (panel.area_ha * quantity)[known], number)
    bottom = np.bincount(place, (panel.area_ha * need)[known], number)
    whole = top.sum() / bottom.sum() if bottom.sum() > 0.0 else 1.0
    level = np.where((top > 0.0) & (bottom > 0.0), top / np.where(bottom > 0.0, bottom, 1.0), whole)
    return np.where(panel.crop >= 0, level[panel.crop], np.nan)


def cells_of(panel: Panel, quantity: Quantity, start: Ints, least_blocks: int = 2) -> Cells:
    """Sums by block and cell for starts (P,), those of the trial or others."""
    level = crop_level(panel, quantity.base_comparing, quantity.need)
    before = (np.arange(len(panel.seasons)) < panel.baseline).astype(np.float64) * level
    reference = quantity.need * level
    own = rates(panel, quantity.base_advised, quantity.need, before)[:, None] * reference
    beside = rates(panel, quantity.base_comparing, quantity.need, before)[:, None] * reference
    advised = panel.advised(start) & (np.arange(len(panel.seasons)) >= panel.baseline)
    taken, expected, treated, areas = _summed(panel, quantity.advised, own, advised)
    compared, compared_expected, others, _ = _summed(panel, quantity.comparing, beside, panel.comparing(start))
    enough = ((compared_expected > 0.0).sum(axis=0) >= least_blocks) & (compared.sum(axis=0) > 0.0)
    asked = expected.sum(axis=0) > 0.0
    use = enough & asked
    seasons = len(panel.seasons)
    missed = np.flatnonzero(asked & ~use)
    named = [f"{panel.crops[place // seasons]} in {panel.seasons[place % seasons]}" for place in missed]
    return Cells(
        taken=taken[:, use],
        expected=expected[:, use],
        beside=compared[:, use],
        beside_expected=compared_expected[:, use],
        stratum=strata(panel, start),
        parcel_seasons=(int(treated[use].sum()), int(others[use].sum())),
        advised_area_ha=float(areas[use].sum()),
        dropped=tuple(named),
    )


def _summed(panel: Panel, quantity: Floats, expected: Floats, chosen: Bools) -> tuple[Floats, Floats, Ints, Floats]:
    known = chosen & (panel.crop >= 0) & np.isfinite(quantity) & np.isfinite(expected)
    parcel, season = np.nonzero(known)
    cells = len(panel.crops) * len(panel.seasons)
    cell = panel.crop[known] * len(panel.seasons) + season
    place = panel.block[parcel] * cells + cell
    shape = panel.blocks, cells
    area = panel.area_ha[known]
    size = panel.blocks * cells
    sums = [
        np.bincount(place, area * values[known], size).astype(np.float64).reshape(shape)
        for values in (quantity, expected)
    ]
    number, hectares = np.bincount(cell, minlength=cells), np.bincount(cell, area, cells)
    return sums[0], sums[1], number.astype(np.intp), hectares.astype(np.float64)


def strata(panel: Panel, start: Ints) -> Ints:
    """(B,) blocks whose parcels all start in one season form a stratum; mixed and lone ones form one of their own."""
    lowest = np.full(panel.blocks, np.iinfo(np.intp).max)
    highest = np.full(panel.blocks, -1)
    np.minimum.at(lowest, panel.block, start)
    np.maximum.at(highest, panel.block, start)
    own = np.where(lowest == highest, lowest, -1)
    values, back, counts = np.unique(own, return_inverse=True, return_counts=True)
    lone = counts[back] == 1
    own = np.where(lone, values.max() + 1, own)
    numbered: Ints = np.unique(own, return_inverse=True)[1].astype(np.intp)
    return numbered


def effect_of(cells: Cells, weights: Floats) -> Effect:
    """Effect under block weights (R, B): ones for the trial itself, counts of draws for resamples.

    The error is that of the linearised ratio, blocks as the units, centred within strata.
    """
    taken, expected = weights @ cells.taken, weights @ cells.expected
    beside, beside_expected = weights @ cells.beside, weights @ cells.beside_expected
    usable = (beside_expected > 0.0) & (beside > 0.0)
    change = np.where(usable, beside / np.where(usable, beside_expected, 1.0), 0.0)
    total = np.where(usable, taken, 0.0).sum(axis=1)
    counterfactual = (expected * change).sum(axis=1)
    fine = (total > 0.0) & (counterfactual > 0.0)
    safe_total, safe_counter = np.where(fine, total, 1.0), np.where(fine, counterfactual, 1.0)
    pull = np.where(usable, expected / np.where(usable, beside_expected, 1.0), 0.0)
    influence = (
        usable.astype(np.float64) @ cells.taken.T / safe_total[:, None]
        - (change @ cells.expected.T + pull @ cells.beside.T - (pull * change) @ cells.beside_expected.T)
        / safe_counter[:, None]
    )
    return Effect(
        log_ratio=np.where(fine, np.log(safe_total / safe_counter), np.nan),
        sigma=np.where(fine, _error(influence, weights, cells.stratum), np.nan),
        taken=total,
        counterfactual=counterfactual,
    )


def _error(influence: Floats, weights: Floats, stratum: Ints) -> Floats:
    member = (stratum[:, None] == np.arange(stratum.max() + 1)).astype(np.float64)
    count = weights @ member
    mean = (weights * influence) @ member / np.where(count > 0.0, count, 1.0)
    spread = (weights * (influence - mean @ member.T) ** 2) @ member
    several = count > 1.0
    scaled = np.where(several, spread * count / np.where(several, count - 1.0, 1.0), 0.0)
    result: Floats = np.sqrt(scaled.sum(axis=1))
    return result


def jackknife_sigma(cells: Cells) -> float:
    """Standard error of the logarithm of the ratio from leaving out each block in turn, stratum by stratum.

    Somewhat larger than the linearised one with few blocks, where that one is too small (Efron and Stein 1981,
    doi:10.1214/aos/1176345462); NaN where a block cannot be left out.
    """
    member = cells.stratum[:, None] == cells.stratum
    count = member.sum(axis=1).astype(np.float64)
    several = count > 1.0
    weights = np.where(member, (count / np.where(several, count - 1.0, 1.0))[:, None], 1.0)
    np.fill_diagonal(weights, np.where(several, 0.0, 1.0))
    without = effect_of(cells, weights).log_ratio
    mean = (member @ without) / count
    return float(np.sqrt(((count - 1.0) / count * (without - mean) ** 2).sum()))


def trial_effect(cells: Cells) -> Effect:
    """The effect of the trial as it was, arrays of one."""
    return effect_of(cells, np.ones((1, cells.taken.shape[0])))
