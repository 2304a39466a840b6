"""Rows that stand drier than their neighbours: a blocked emitter, a closed valve, water that does not arrive.

Soil and slope change water smoothly from row to row; a fault of the irrigation line changes it at once, and ends
as sharply. So a block of rows is compared with the rows on either side of it, and both of its edges must be steps.
How large a difference soil makes anyway is learnt from the same parcel, at the block's own width and length.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.pattern.grid import group_medians
from edge.pattern.rows import FoundRows, rows_of_pixels
from edge.pattern.view import ParcelMap

MIN_ROWS: Final = 6
MAX_BLOCK_ROWS: Final = 6
MAX_BLOCKS: Final = 4
MAX_STRETCHES: Final = 12
FLANK_ROWS: Final = 3
MIN_EDGE_SHARE: Final = 0.6
"""Least step at each edge of a dry block, as a share of the block's own difference."""
MIN_KNOWN_SHARE: Final = 0.6
MIN_PLACES: Final = 4
MANY_PLACES: Final = 16
_MEDIAN_TO_SIGMA: Final = 1.4826
LEAST_SPREAD: Final = 1e-6
LEAST_STRENGTH: Final = 5.0
STRENGTH_OF_FEW_ROWS: Final = 12.0
STRENGTH_OF_FEW_STRETCHES: Final = 1.5
"""A block must be 5 + 12 / rows + 1.5 / stretches times the parcel's own spread.

Chosen on synthetic fields without a fault, slopes and soil patches of 1.5 to 4 rows included; fields drawn afresh
are what the evaluation counts false alarms on.
"""

Table = NDArray[np.float64]
Lines = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryBlock:
    """Neighbouring rows drier than those beside them, over a stretch of their length.

    Rows count from 1, both ends included; ``from_along`` and ``to_along`` are the stretch from the
    rows' upper or left end [unit of the rows];
    ``effect`` is the difference in the unit of the stress given; ``strength`` is that difference over the spread of
    all differences of blocks of this width and length in the rest of the parcel.
    """

    first_row: int
    last_row: int
    from_along: float
    to_along: float
    effect: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTable:
    """Median stress (rows, stretches), NaN = too little canopy, and the stretches' edges (stretches + 1,) [unit]."""

    stress: Table
    edges: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A block of the table and what it differs by; ``weighed`` is for rows of variance 1."""

    top: int
    rows: int
    left: int
    stretches: int
    effect: float
    weighed: float

    @property
    def place(self) -> tuple[slice, slice]:
        return slice(self.top, self.top + self.rows), slice(self.left, self.left + self.stretches)


class _Scan:
    """Means of all blocks of a table at once, from sums over everything above and left of each cell."""

    def __init__(self, stress: Table) -> None:
        known = np.isfinite(stress)
        self.rows, self.stretches = stress.shape
        self._sums = _running_sums(np.where(known, stress, 0.0))
        self._counts = _running_sums(known.astype(np.float64))

    def tops(self, rows: int) -> Lines:
        """First rows (N,) of blocks that leave at least a row on either side."""
        return np.arange(1, self.rows - rows)

    def means(self, top: Lines, end: Lines, stretches: int) -> Table:
        """Means (N, places) of rows top to before end over each run of stretches; NaN where too few are known."""
        counts = _boxes(self._counts, top, end, stretches)
        enough = counts >= np.maximum(1.0, MIN_KNOWN_SHARE * (end - top)[:, None] * stretches)
        return np.where(enough, _boxes(self._sums, top, end, stretches) / np.maximum(counts, 1.0), np.nan)

    def effects(self, rows: int, stretches: int) -> tuple[Table, Table]:
        """Each block's stress less that of the rows on both sides, and this over its error for rows of variance 1."""
        top = self.tops(rows)
        end = top + rows
        before, after = np.maximum(0, top - FLANK_ROWS), np.minimum(self.rows, end + FLANK_ROWS)
        beside = (self.means(before, top, stretches) + self.means(end, after, stretches)) / 2
        effect = self.means(top, end, stretches) - beside
        error = np.sqrt(1 / rows + (1 / (top - before) + 1 / (after - end)) / 4)
        return effect, effect / error[:, None]

    def steps(self, rows: int, stretches: int) -> Table:
        """The smaller of the steps at a block's two edges, from the row outside to the row inside."""
        top = self.tops(rows)
        end = top + rows
        first = self.means(top, top + 1, stretches) - self.means(top - 1, top, stretches)
        last = self.means(end - 1, end, stretches) - self.means(end, end + 1, stretches)
        return np.minimum(first, last)


def row_table(parcel: ParcelMap, found: FoundRows) -> RowTable:
    """Stress of each row, cut into at most 12 stretches of at least four row spacings, from its upper or left end."""
    rows, columns = np.nonzero(np.isfinite(parcel.stress))
    x = np.asarray((columns + 0.5) * parcel.step, np.float64)
    y = np.asarray((rows + 0.5) * parcel.step, np.float64)
    right, down = _along(found)
    along = x * right + y * down
    number = rows_of_pixels(found, x, y)
    inside = number > 0
    if not inside.any():
        return RowTable(stress=np.full((found.count, 1), np.nan), edges=np.zeros(2))
    low, high = (float(edge) for edge in np.percentile(along[inside], (0.2, 99.8)))
    count = int(np.clip((high - low) // (4 * found.spacing), 1, MAX_STRETCHES))
    stretch = np.clip((along - low) / max(high - low, 1e-9) * count, 0, count - 1).astype(np.int64)
    group = ((number - 1) * count + stretch)[inside]
    medians = group_medians(parcel.stress[rows, columns][inside], group, found.count * count)
    return RowTable(stress=medians.reshape(found.count, count), edges=np.linspace(0.0, high - low, count + 1))


def _along(found: FoundRows) -> tuple[float, float]:
    """Unit vector along the rows, downwards for rows that rather run down the map, else to the right."""
    right, down = -found.across[1], found.across[0]
    sign = 1.0 if (down if abs(down) >= abs(right) else right) >= 0 else -1.0
    return sign * right, sign * down


def strength_asked(rows: int, stretches: int) -> float:
    """Least strength of a dry block in a table of this shape: few rows and stretches tell little of its own spread."""
    return LEAST_STRENGTH + STRENGTH_OF_FEW_ROWS / max(1, rows) + STRENGTH_OF_FEW_STRETCHES / max(1, stretches)


def dry_blocks(table: RowTable, *, least_effect: float) -> tuple[DryBlock, ...]:
    """Blocks of rows that stand drier by ``least_effect`` or more, the clearest first; empty where none is sure.

    Every block of 1 to 6 rows and any run of stretches is compared with up to 3 rows on each side of it; the outermost
    rows are compared with nothing. A block found is levelled before the next one is looked for. Nothing is drawn by
    chance: the same table gives the same answer.
    """
    stress = table.stress.copy()
    blocks: list[DryBlock] = []
    if len(stress) < MIN_ROWS:
        return ()
    while len(blocks) < MAX_BLOCKS:
        block, strength = _clearest(stress, least_effect)
        if block is None or strength < strength_asked(*stress.shape):
            break
        blocks.append(
            DryBlock(
                first_row=block.top + 1,
                last_row=block.top + block.rows,
                from_along=float(table.edges[block.left]),
                to_along=float(table.edges[block.left + block.stretches]),
                effect=block.effect,
                strength=strength,
            )
        )
        stress[block.place] -= block.effect
    return tuple(sorted(blocks, key=lambda block: -block.strength))


def _clearest(stress: Table, least_effect: float) -> tuple[_Block | None, float]:
    best: tuple[_Block | None, float] = (None, 0.0)
    for block in _candidates(_Scan(stress), least_effect):
        strength = block.weighed / _spread_without(stress, block)
        if strength > best[1]:
            best = block, strength
    return best


def _candidates(scan: _Scan, least_effect: float) -> Iterator[_Block]:
    """The driest sharp block of each width and length, where there is one."""
    for rows in range(1, min(MAX_BLOCK_ROWS, scan.rows // 3) + 1):
        for stretches in range(1, scan.stretches + 1):
            effect, weighed = scan.effects(rows, stretches)
            sharp = (effect >= least_effect) & (scan.steps(rows, stretches) >= MIN_EDGE_SHARE * effect)
            if sharp.any():
                line, left = np.unravel_index(int(np.argmax(np.where(sharp, weighed, -np.inf))), effect.shape)
                yield _Block(
                    top=int(scan.tops(rows)[line]),
                    rows=rows,
                    left=int(left),
                    stretches=stretches,
                    effect=float(effect[line, left]),
                    weighed=float(weighed[line, left]),
                )


def _spread_without(stress: Table, block: _Block) -> float:
    """Spread of the differences of all blocks of one width and length, once this block is levelled with its sides.

    Few wide blocks may agree by chance, so at least the usual spread of the narrower ones counts.
    """
    level = stress.copy()
    level[block.place] -= block.effect
    scan = _Scan(level)
    _, same = scan.effects(block.rows, block.stretches)
    if np.isfinite(same).any(axis=1).sum() < MIN_PLACES:
        return np.inf
    usual = np.median([_size(scan.effects(rows, block.stretches)[1]) for rows in range(1, block.rows + 1)])
    return max(_size(same), float(usual), LEAST_SPREAD)


def _size(differences: Table) -> float:
    """Standard deviation of differences around 0; by their median where there may be other faults among them."""
    known = np.abs(differences[np.isfinite(differences)])
    if known.size == 0:
        return 0.0
    return _MEDIAN_TO_SIGMA * float(np.median(known)) if len(differences) >= MANY_PLACES else _root_mean_square(known)


def _root_mean_square(values: Table) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _running_sums(values: Table) -> Table:
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    sums[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    return sums


def _boxes(sums: Table, top: Lines, end: Lines, stretches: int) -> Table:
    below, above = sums[end], sums[top]
    return np.asarray((below[:, stretches:] - above[:, stretches:]) - (below[:, :-stretches] - above[:, :-stretches]))
