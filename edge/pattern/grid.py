"""Stress on a grid of the parcel: the median of each cell's canopy pixels, cells without canopy unknown."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.pattern.view import Field, Mask, ParcelMap, Unit

GRID_MAX_CELLS: Final = (24, 32)
"""What the evidence of one detection carries at most."""
MIN_CELL_M: Final = 1.0
MIN_CELL_PX: Final = 8.0
MIN_CANOPY_PIXELS: Final = 12
COOL_PERCENT: Final = 10.0
FULL_STRESS_K: Final = 10.0
"""Leaves this much warmer than the canopy's own coolest tenth count as fully stressed.

Between transpiring and dry leaves in full sun lie 5 to 15 K; Jones (1999), Agric. For. Meteorol. 95, 139-149,
doi:10.1016/S0168-1923(99)00030-1.
"""
FULL_STRESS_INDEX: Final = 0.3
"""A vegetation index this much below the canopy's own highest tenth counts as full stress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StressGrid:
    """``stress`` float32 (rows, columns), NaN = unknown, of square cells of ``cell`` [unit], from the top left."""

    stress: Field
    cell: float
    unit: Unit


def warmth_k(temperature_c: Field, canopy: Mask) -> Field:
    """Leaf temperature (H, W) above the 10th percentile of this canopy's own [K]; NaN off the canopy."""
    return _above(temperature_c, canopy, COOL_PERCENT, sign=1.0)


def index_loss(index: Field, canopy: Mask) -> Field:
    """Vegetation index (H, W) below the 90th percentile of this canopy's own [-]; NaN off the canopy."""
    return _above(index, canopy, 100.0 - COOL_PERCENT, sign=-1.0)


def _above(values: Field, canopy: Mask, percent: float, *, sign: float) -> Field:
    known = values[canopy & np.isfinite(values)]
    if known.size == 0:
        return np.full(values.shape, np.nan, np.float32)
    level = np.float32(np.percentile(known, percent))
    return np.where(canopy, np.float32(sign) * (values - level), np.float32(np.nan)).astype(np.float32)


def stress_grid(parcel: ParcelMap, *, full_stress: float, cell: float | None = None) -> StressGrid:
    """Grid of a parcel's map in 0..1, where ``full_stress`` is 1; the cells are as small as evidence carries."""
    height, width = (side * parcel.step for side in parcel.seen.shape)
    least = MIN_CELL_M if parcel.unit == "m" else MIN_CELL_PX
    side = cell or max(least, height / GRID_MAX_CELLS[0], width / GRID_MAX_CELLS[1])
    shape = (max(1, int(np.ceil(height / side - 1e-6))), max(1, int(np.ceil(width / side - 1e-6))))
    rows, columns = np.nonzero(np.isfinite(parcel.stress))
    place = (
        ((rows + 0.5) * parcel.step // side).clip(0, shape[0] - 1) * shape[1]
        + ((columns + 0.5) * parcel.step // side).clip(0, shape[1] - 1)
    ).astype(np.int64)
    medians = group_medians(parcel.stress[rows, columns], place, shape[0] * shape[1])
    stress = np.clip(medians / full_stress, 0.0, 1.0).reshape(shape).astype(np.float32)
    return StressGrid(stress=stress, cell=side, unit=parcel.unit)


def group_medians(
    values: Field, groups: NDArray[np.int64], count: int, *, least: int = MIN_CANOPY_PIXELS
) -> NDArray[np.float64]:
    """Median of the values (N,) of each group 0..count-1; NaN for a group of fewer than ``least`` values."""
    order = np.lexsort((values, groups))
    ordered = values[order].astype(np.float64)
    starts = np.searchsorted(groups[order], np.arange(count + 1))
    sizes = np.diff(starts)
    medians = np.full(count, np.nan)
    enough = np.flatnonzero(sizes >= max(1, least))
    first, size = starts[:-1][enough], sizes[enough]
    medians[enough] = (ordered[first + (size - 1) // 2] + ordered[first + size // 2]) / 2
    return medians
