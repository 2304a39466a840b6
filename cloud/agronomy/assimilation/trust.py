"""What is remembered of every source of observations: how often it was odd, where it leans, how it repeats itself.

A reading is weighed against its source's own record, so that an odd one counts less, not nothing, and trust comes back
by readings that agree. Reference for the heavy tail: G.E.P. Box, G.C. Tiao (1968), doi:10.1093/biomet/55.1.119 (a
reading is good, or with a small probability one of a much larger error).
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.assimilation.readings import Batch
from cloud.variables import Floats, Indices

Texts = NDArray[np.object_]
"""Array of text."""

Key = tuple[str, str, str, str]
"""Parcel, kind (``told`` for who reports irrigation), source, layer."""

SOIL_KINDS: Final = frozenset({"soil_water_fraction", "depletion_mm"})
"""Kinds that see the soil itself; others see it only when the crop is short of water."""

FAULTY_WIDTH: Final = {
    "soil_water_fraction": 0.12,
    "depletion_mm": 60.0,
    "stress_index": 0.5,
    "cwsi": 0.5,
    "canopy_cover_fraction": 0.4,
}
"""Standard error of a reading that is a fault, in the unit of its kind."""

_PRIOR_ODD: Final = 0.03
_PRIOR_COUNT: Final = 8.0
_KEPT: Final = 0.93
_ODD_BOUNDS: Final = (0.005, 0.9)
_DAYS_BOUNDS: Final = (1.0, 30.0)
_BIAS_KEPT: Final = 0.95

_THIRST: Final = (0.1, 0.4, 0.05)
"""Stress index from which a crop counts as thirsty, the range over which it becomes surely so, the least share."""

_REPEATED: Final = 0.7
_JUMP_COUNT: Final = 6.0
_LARGEST_JUMP: Final = 9.0
_CONTRAST_KEPT: Final = 0.85
_PROBABLE: Final = 0.5


class Mark(IntEnum):
    """Columns of what is remembered of a source."""

    COUNT = 0
    ODD = 1
    BIAS = 2
    READINGS = 3
    ANCHOR = 4
    STILL = 5
    MISSED = 6
    FAULT = 7
    SINCE = 8
    LAST = 9
    SEEN = 10
    EXPECTED = 11
    TINY = 12
    OFFSET = 13
    JUMPS = 14
    JUMP_SQUARES = 15
    TOLD_Z = 16
    FREE_Z = 17


@dataclass(slots=True)
class Trusts:
    """Record of K sources; ``table`` (K, 18) by ``Mark``."""

    rows: dict[Key, int] = field(default_factory=dict)
    table: Floats = field(default_factory=lambda: np.zeros((0, len(Mark))))

    def places(self, keys: Sequence[Key]) -> Indices:
        """(n,) rows of sources, with a blank record for those never met."""
        rows = self.rows
        found = np.array([rows.setdefault(key, len(rows)) for key in keys], dtype=np.intp)
        if len(rows) > len(self.table):
            more = np.zeros((max(len(rows) - len(self.table), len(self.table)), len(Mark)))
            more[:, [Mark.ANCHOR, Mark.OFFSET]] = np.nan
            self.table = np.concatenate([self.table, more])
        return found

    def texts(self, parcel_ids: Sequence[str]) -> Texts:
        """(P,) what is remembered of each parcel's sources, as JSON; empty for a parcel never observed."""
        of_parcel: dict[str, list[object]] = defaultdict(list)
        for key, row in self.rows.items():
            # JSON has no word for unknown.
            marks = [None if mark != mark else mark for mark in self.table[row].tolist()]  # noqa: PLR0124 -- only NaN differs from itself
            of_parcel[key[0]].append([*key[1:], marks])
        return np.array([json.dumps(of_parcel[one]) if one in of_parcel else "" for one in parcel_ids], dtype=object)

    @classmethod
    def from_texts(cls, parcel_ids: Sequence[str], texts: Texts) -> Self:
        """The record of sources from the texts (P,) that were kept."""
        rows: dict[Key, int] = {}
        table: list[list[float]] = []
        for parcel_id, text in zip(parcel_ids, texts.tolist(), strict=True):
            for kind, source, layer, marks in json.loads(text) if text else ():
                rows[parcel_id, kind, source, layer] = len(table)
                table.append([np.nan if mark is None else mark for mark in marks])
        return cls(rows=rows, table=np.array(table, dtype=np.float64).reshape(-1, len(Mark)))

    def odd_probability(self, places: Indices) -> Floats:
        """(n,) how likely the next reading is a fault."""
        count, odd = self.table[places, Mark.COUNT], self.table[places, Mark.ODD]
        found: Floats = np.clip((_PRIOR_ODD * _PRIOR_COUNT + odd) / (_PRIOR_COUNT + count), *_ODD_BOUNDS)
        return found

    def days_since(self, places: Indices, day: int) -> Floats:
        """(n,) days since each source was last read, at least 1."""
        days: Floats = np.clip(day - self.table[places, Mark.LAST], *_DAYS_BOUNDS)
        return days


def keys_of(parcel_ids: Sequence[str], batch: Batch) -> list[Key]:
    """Sources of a batch: two layers of one probe are two sensors."""
    layers = np.concatenate([batch.from_m, batch.to_m], axis=1).tolist()
    return [
        (parcel_id, batch.kind, observation.source, "" if deep != deep else f"{top:.2f}-{deep:.2f}")  # noqa: PLR0124 -- only NaN differs from itself: no layer
        for parcel_id, observation, (top, deep) in zip(parcel_ids, batch.observations, layers, strict=True)
    ]


def footing_of(
    trusts: Trusts, places: Indices, batch: Batch, fresh: Floats, drift: Floats
) -> tuple[Floats, Floats, Floats]:
    """(n,) what a source read beyond the balance last time, variance of the next about it, how far it tells of water.

    A probe repeats itself far better than it tells the truth, so that a rise from one reading to the next shows water
    that its error would hide. ``fresh`` (n,) is the variance of a reading on its own, for sources that have no last one
    and for cameras; ``drift`` (n,) what the balance may have missed since the last reading, in the square of the unit.
    """
    table = trusts.table
    offset = table[places, Mark.OFFSET]
    known = ~np.isnan(offset) & (batch.kind in SOIL_KINDS)
    prior = (_REPEATED * batch.sigma[:, 0]) ** 2 + drift
    learned = (_JUMP_COUNT * prior + table[places, Mark.JUMP_SQUARES]) / (_JUMP_COUNT + table[places, Mark.JUMPS])
    thirsty = np.clip((table[places, Mark.SEEN] - _THIRST[0]) / _THIRST[1], _THIRST[2], 1.0)
    telling = known.astype(np.float64) if batch.kind in SOIL_KINDS else thirsty
    return np.where(known, offset, 0.0), np.where(known, np.minimum(learned, fresh), fresh), telling


def remember_jump(trusts: Trusts, places: Indices, believed: Floats, jump: Floats, variance: Floats) -> None:
    """Enter the innovations less offsets of readings (n,), each as far as chance explains it."""
    table = trusts.table
    square = np.minimum(jump**2, _LARGEST_JUMP * variance)
    known = ~np.isnan(table[places, Mark.OFFSET])
    weight = np.where(known, believed, 0.0)
    table[places, Mark.JUMPS] = _KEPT * table[places, Mark.JUMPS] + weight
    table[places, Mark.JUMP_SQUARES] = _KEPT * table[places, Mark.JUMP_SQUARES] + weight * square


def remember_lean(trusts: Trusts, places: Indices, lean: Floats, jump: Floats, told: NDArray[np.bool_]) -> None:
    """Enter to which side readings (n,) lie, and their jumps, those since told water apart; in standard errors."""
    table = trusts.table
    table[places, Mark.READINGS] += 1.0
    table[places, Mark.BIAS] = _BIAS_KEPT * table[places, Mark.BIAS] + (1.0 - _BIAS_KEPT) * lean
    for mark, rows in ((Mark.TOLD_Z, told), (Mark.FREE_Z, ~told)):
        before = table[places, mark]
        table[places, mark] = np.where(rows, _CONTRAST_KEPT * before + (1.0 - _CONTRAST_KEPT) * jump, before)


def remember_offset(trusts: Trusts, places: Indices, faulty: Floats, residual: Floats) -> None:
    """Enter what readings (n,) still lie from the ensemble after it has learned from them, a faulty one hardly."""
    table = trusts.table
    before = table[places, Mark.OFFSET]
    moved = np.where(np.isnan(before), residual, before + (1.0 - faulty) * (residual - before))
    table[places, Mark.OFFSET] = np.where(np.isnan(before) & (faulty > _PROBABLE), np.nan, moved)


def remember(trusts: Trusts, places: Indices, batch: Batch, day: int, looked: tuple[Floats, Floats]) -> None:
    """Enter one reading of each source: ``looked`` (n,) are its fault's probability and what was expected of it."""
    faulty, expected = looked
    table = trusts.table
    table[places, Mark.COUNT] = _KEPT * table[places, Mark.COUNT] + 1.0
    table[places, Mark.ODD] = _KEPT * table[places, Mark.ODD] + faulty
    table[places, Mark.SEEN], table[places, Mark.EXPECTED] = batch.value[:, 0], expected
    table[places, Mark.LAST] = day
