"""What the inside of a parcel looks like, as the JSON file of ``--grid-dir``."""

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.pattern.emitters import DryBlock
from edge.pattern.reading import ParcelPattern
from edge.pattern.view import Unit

NO_PATTERN: Final = (
    "nothing to lay out: no temperatures or bands, too little canopy, or a slanting view without corners"
)
_DECIMALS: Final = 3


def grid_json(pattern: ParcelPattern | None) -> bytes:
    """One line of JSON; metres are null where the scale of the view is unknown, stress where no canopy was seen."""
    return (json.dumps(_content(pattern), allow_nan=False) + "\n").encode()


def _content(pattern: ParcelPattern | None) -> dict[str, Any]:
    grid = None if pattern is None else pattern.grid
    found = None if pattern is None else pattern.rows
    return {
        "rows": None if grid is None else grid.stress.shape[0],
        "columns": None if grid is None else grid.stress.shape[1],
        "cell_m": None if grid is None else _metres(grid.cell, grid.unit),
        "stress": None if grid is None else _cells(grid.stress),
        "rows_found": None if found is None else found.count,
        "row_spacing_m": None if found is None else _metres(found.spacing, found.unit),
        "direction_deg": None if found is None else round(found.direction_deg, _DECIMALS),
        "dry_rows": [] if pattern is None else list(pattern.dry_rows),
        "note": NO_PATTERN if pattern is None else pattern.note,
        "quantity": None if pattern is None else pattern.quantity,
        "blocks": [] if found is None or pattern is None else [_block(block, found.unit) for block in pattern.blocks],
    }


def _block(block: DryBlock, unit: Unit) -> dict[str, Any]:
    return {
        "first_row": block.first_row,
        "last_row": block.last_row,
        "from_m": _metres(block.from_along, unit),
        "to_m": _metres(block.to_along, unit),
        "effect": round(block.effect, _DECIMALS),
        "strength": round(block.strength, 1),
    }


def _metres(length: float, unit: Unit) -> float | None:
    return round(length, _DECIMALS) if unit == "m" else None


def _cells(stress: NDArray[np.float32]) -> list[list[float | None]]:
    return [[round(float(cell), _DECIMALS) if np.isfinite(cell) else None for cell in line] for line in stress]
