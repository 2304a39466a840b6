"""How much use over need scatters between seasons without advice: what decides how many parcels a trial needs."""

from dataclasses import dataclass

import numpy as np

from cloud.impact.design import Variance
from cloud.impact.panel import Bools, Panel
from cloud.variables import Floats

_ROUNDS = 30
_LEAST_SIGMA = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Standard deviations on the logarithm of one quantity [-]."""

    parcel_season: float
    block_season: float
    parcel_seasons: int


def scatter_of(panel: Panel, quantity: Floats) -> Scatter | None:
    """Scatter of a quantity (P, S) after each parcel's and each crop-season's mean; None with too little of it."""
    known = np.isfinite(quantity) & (quantity > 0.0) & (panel.crop >= 0)
    known &= known.sum(axis=1, keepdims=True) > 1
    cell = panel.crop * len(panel.seasons) + np.arange(len(panel.seasons))
    number = int(known.sum())
    free = number - np.unique(np.nonzero(known)[0]).size - np.unique(cell[known]).size + 1
    if free < 2:  # noqa: PLR2004 -- a scatter needs two
        return None
    left = _residual(np.log(np.where(known, quantity, 1.0)), known, cell)
    whole = float((left[known] ** 2).sum() / free)
    place = (panel.block[:, None] * len(panel.seasons) + np.arange(len(panel.seasons)))[known]
    count = np.bincount(place)
    mean = np.bincount(place, left[known])[count > 0] / count[count > 0]
    count = count[count > 0]
    inside = whole * number / free
    several = count > 1
    shared = 0.0
    if several.any():
        # Between blocks there is as much as single parcels bring, and what their block brings besides.
        within = float(
            ((left[known] - (np.bincount(place, left[known]) / np.maximum(np.bincount(place), 1))[place]) ** 2).sum()
        )
        freedom = max(number - count.size, 1)
        inside = within / freedom
        shared = max(float((mean[several] ** 2 - inside / count[several]).mean()) * number / free, 0.0)
    return Scatter(
        parcel_season=max(float(np.sqrt(max(whole - shared, 0.0))), _LEAST_SIGMA),
        block_season=float(np.sqrt(shared)),
        parcel_seasons=number,
    )


def _residual(values: Floats, known: Bools, cell: np.ndarray) -> Floats:
    left = np.where(known, values, 0.0)
    cells = np.where(known, cell, 0)
    counts = np.bincount(cells[known], minlength=int(cells.max()) + 1)
    for _ in range(_ROUNDS):
        left -= np.where(known, left.sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True).clip(1), 0.0)
        mean = np.bincount(cells[known], left[known], counts.size) / counts.clip(1)
        left = np.where(known, left - mean[cells], 0.0)
    return left


def measured_variance(panel: Panel, assumed: Variance) -> tuple[Variance, tuple[str, ...]]:
    """The scatter of past metering in place of the assumed, as far as there is any; and what was taken."""
    water = scatter_of(panel, panel.used_mm / panel.need_mm)
    grown = scatter_of(panel, panel.yield_t_ha)
    change: dict[str, float] = {}
    notes = []
    if water is None:
        notes.append("past metering: expected two metered seasons of several parcels, got none; the scatter is assumed")
    else:
        # Seasons in a row resemble each other, and those of the trial lie further away from those before.
        hidden = float(np.sqrt(1.0 - assumed.season_correlation))
        change |= {
            "parcel_season_sigma": water.parcel_season / hidden,
            "block_season_sigma": water.block_season / hidden,
        }
        notes.append(
            f"past metering: {water.parcel_seasons} parcel-seasons scatter by {water.parcel_season:.2f} each and"
            f" {water.block_season:.2f} by block (logarithm of use over need)"
        )
    if grown is not None:
        change |= {"yield_sigma": grown.parcel_season, "yield_block_sigma": grown.block_season}
        notes.append(f"past yields: {grown.parcel_seasons} scatter by {grown.parcel_season:.2f}")
    return assumed.model_copy(update=change), tuple(notes)
