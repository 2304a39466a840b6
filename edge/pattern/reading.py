"""The pattern inside one parcel: stress on a grid, the rows, and the rows that stand drier than their neighbours."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from edge.pattern.emitters import MIN_ROWS, DryBlock, dry_blocks, row_table
from edge.pattern.grid import FULL_STRESS_INDEX, FULL_STRESS_K, StressGrid, index_loss, stress_grid, warmth_k
from edge.pattern.rows import FoundRows, find_rows
from edge.pattern.view import Field, Mask, ParcelView, lay_flat

LEAST_WARMTH_K: Final = 0.7
"""A row this much warmer than its neighbours is worth a walk; less is told to nobody."""
LEAST_INDEX_LOSS: Final = 0.03

Quantity = Literal["warmth_k", "index_loss"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelPattern:
    """What one frame says about the inside of its parcel; the effect of dry blocks is in the unit of ``quantity``."""

    grid: StressGrid
    quantity: Quantity
    rows: FoundRows | None
    blocks: tuple[DryBlock, ...]

    @property
    def dry_rows(self) -> tuple[int, ...]:
        """Numbers of the rows that stand drier than their neighbours, rising."""
        return tuple(sorted({row for block in self.blocks for row in range(block.first_row, block.last_row + 1)}))

    @property
    def note(self) -> str:
        """What was found, in a few plain words for an installer."""
        if self.rows is None:
            return "no rows found"
        if self.blocks:
            return f"{'rows' if len(self.dry_rows) > 1 else 'row'} {named_rows(self.dry_rows)} drier"
        if self.rows.count < MIN_ROWS:
            return f"{self.rows.count} rows: too few to compare"
        return "no row stands drier than its neighbours"


def thermal_pattern(view: ParcelView, temperature_c: Field, canopy: Mask) -> ParcelPattern:
    """Pattern of a frame of temperatures (H, W) [deg C] from its canopy (H, W)."""
    return _pattern(view, canopy, warmth_k(temperature_c, canopy), "warmth_k")


def index_pattern(view: ParcelView, index: Field, canopy: Mask) -> ParcelPattern:
    """Pattern of a frame's vegetation index (H, W) [-] from its canopy (H, W)."""
    return _pattern(view, canopy, index_loss(index, canopy), "index_loss")


def _pattern(view: ParcelView, canopy: Mask, stress: Field, quantity: Quantity) -> ParcelPattern:
    thermal = quantity == "warmth_k"
    parcel = lay_flat(view, canopy, stress)
    rows = find_rows(parcel)
    least_effect = LEAST_WARMTH_K if thermal else LEAST_INDEX_LOSS
    return ParcelPattern(
        grid=stress_grid(parcel, full_stress=FULL_STRESS_K if thermal else FULL_STRESS_INDEX),
        quantity=quantity,
        rows=rows,
        blocks=() if rows is None else dry_blocks(row_table(parcel, rows), least_effect=least_effect),
    )


def named_rows(numbers: tuple[int, ...]) -> str:
    """Row numbers in short: 7-9, 12."""
    ordered = np.unique(np.asarray(numbers, np.int64))
    if ordered.size == 0:
        return ""
    runs = np.split(ordered, np.flatnonzero(np.diff(ordered) > 1) + 1)
    return ", ".join(f"{run[0]}" if run.size == 1 else f"{run[0]}-{run[-1]}" for run in runs)
