"""SYNTHETIC tables of row temperatures: slope, soil patches and noise of an evenly watered field, and faults."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

SLOPE_K: Final = 2.0
WAVE_K: Final = 1.0
ROW_NOISE_K: Final = (0.05, 0.25)
CELL_NOISE_K: Final = (0.1, 0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Soil:
    """Patches of soil: their radius [rows; a stretch along a row counts as one row] and greatest deviation [K]."""

    least_rows: float
    most_rows: float
    most_k: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Where water does not arrive: rows from ``top`` and stretches from ``left``, counted from 0."""

    top: int
    rows: int
    left: int
    stretches: int

    @property
    def numbers(self) -> frozenset[int]:
        """Numbers of the rows concerned, from 1."""
        return frozenset(range(self.top + 1, self.top + self.rows + 1))


def even_field(shape: tuple[int, int], soil: Soil, generator: np.random.Generator) -> Table:
    """Warmth (rows, stretches) [K] of an evenly watered field."""
    rows, stretches = shape
    down, along = np.arange(rows)[:, None] / rows, np.arange(stretches)[None] / stretches
    field = np.zeros(shape)
    for place in (down, along):
        turns, phase = generator.uniform(0.5, 2.0), generator.uniform(0, 2 * np.pi)
        wave = np.sin(2 * np.pi * turns * place + phase)
        field += generator.uniform(-SLOPE_K, SLOPE_K) * place + generator.uniform(0, WAVE_K) * wave
    radius = float(generator.uniform(soil.least_rows, soil.most_rows))
    patches = np.asarray(cv2.GaussianBlur(generator.normal(size=shape), (0, 0), radius), np.float64)
    field += patches / max(float(patches.std()), 1e-9) * generator.uniform(0, soil.most_k)
    field += generator.normal(size=(rows, 1)) * generator.uniform(*ROW_NOISE_K)
    field += generator.normal(size=shape) * generator.uniform(*CELL_NOISE_K)
    return field


def fault_in(shape: tuple[int, int], rows: int, *, whole: bool, generator: np.random.Generator) -> Fault:
    """A fault somewhere between the outermost rows, over the whole length or half of it."""
    stretches = shape[1] if whole else max(1, shape[1] // 2)
    return Fault(
        top=int(generator.integers(1, shape[0] - rows)),
        rows=rows,
        left=int(generator.integers(0, shape[1] - stretches + 1)),
        stretches=stretches,
    )


def with_fault(field: Table, fault: Fault, effect: float) -> Table:
    """The field with the rows of a fault warmer by ``effect`` [K]."""
    changed = field.copy()
    changed[fault.top : fault.top + fault.rows, fault.left : fault.left + fault.stretches] += effect
    return changed
