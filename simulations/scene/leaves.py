"""Leaves of a crop in rows as a raster seen from above: the topmost leaf of each cell and how high it hangs.

Leaves stand in no exact plant: they fill a strip around each row, thinner between plants, until the asked share of
the ground is covered. Stress makes them hang, narrow and pale, and takes the outermost away; these shares are round
figures for a picture that looks right, not measured ones.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulations.scene.ground import Floats, Ground, Whole
from simulations.scene.settings import Crop

LEAF_AREA_INDEX: Final = 4.0
"""Of closed canopy; with leaves that lie as here it hides about 95 % of the ground."""
FRESH_INCLINATION_DEG: Final = 35.0
HANGING_INCLINATION_DEG: Final = 75.0
SHRINKING: Final = 0.4
"""Share of the canopy's width lost at full stress."""
FADING: Final = 0.3
"""Share of chlorophyll lost at full stress."""

_WIDTH: Final = 0.6  # of a leaf's length
_SMALLEST_CELLS: Final = 2.0
_SPREAD_DEG: Final = 15.0
_STRESS_SPREAD: Final = 0.05
_AT_ONCE: Final = 4096  # leaves: what stays in a processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Canopy:
    """``leaf`` (h, w) is the topmost leaf of each cell, -1 for bare soil, ``height_m`` (h, w) its height.

    Of each leaf (N): ``stress`` (0..1), ``chlorophyll_ug_cm2``, and ``normal`` (N, 3) towards east, north and up.
    """

    leaf: NDArray[np.int64]
    height_m: Floats
    stress: Floats
    chlorophyll_ug_cm2: Floats
    normal: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaves:
    """Leaves (N): where they are, how far out of their row (0 middle, 1 half way to the next), which way they point."""

    x_m: Floats
    y_m: Floats
    outward: Floats
    stress: Floats
    azimuth: Floats
    inclination: Floats

    def taken(self, which: NDArray[np.bool_] | Whole) -> "_Leaves":
        return _Leaves(**{name: getattr(self, name)[which] for name in self.__slots__})


def grow(ground: Ground, crop: Crop, stress: Floats, generator: np.random.Generator) -> Canopy:
    """Canopy of a patch of ground; ``stress`` (rows, segments) is that of each stretch of the numbered rows."""
    length_m = max(crop.leaf_m, _SMALLEST_CELLS * ground.step_m)
    leaves = _sown(ground, crop, stress, length_m, generator)
    leaves = leaves.taken(np.argsort(leaves.outward))
    limit = _limit(ground, crop, leaves, length_m)
    leaves = leaves.taken(leaves.outward * (1 + SHRINKING * leaves.stress) < limit)
    dome = np.sqrt(np.maximum(0.0, 1 - 0.7 * (leaves.outward / max(limit, 1e-6)) ** 2))
    height = crop.height_m * dome * (1 - 0.25 * leaves.stress) * generator.uniform(0.5, 1.0, dome.shape)
    order = np.argsort(height)
    leaves, height = leaves.taken(order), height[order].astype(np.float32)
    raster = np.full(ground.shape[0] * ground.shape[1], -1, np.int64)
    hanging = length_m * (1 - 0.25 * leaves.stress)
    cells, owners = _painted(ground, leaves, hanging, np.cos(leaves.inclination))
    raster[cells] = owners  # the last written, the highest, stays
    raster = raster.reshape(ground.shape)
    tops = np.where(raster >= 0, height[raster.clip(0)], 0.0) if height.size else np.zeros(ground.shape)
    return Canopy(
        leaf=raster,
        height_m=tops.astype(np.float32),
        stress=leaves.stress,
        chlorophyll_ug_cm2=(crop.chlorophyll_ug_cm2 * (1 - FADING * leaves.stress)).astype(np.float32),
        normal=_normals(leaves),
    )


def _sown(ground: Ground, crop: Crop, stress: Floats, length_m: float, generator: np.random.Generator) -> _Leaves:
    tall, wide = (side * ground.step_m for side in ground.shape)
    count = int(LEAF_AREA_INDEX * tall * wide / (np.pi / 4 * _WIDTH * length_m**2))
    x = (ground.west_m + wide * generator.random(count)).astype(np.float32)
    y = (ground.north_m - tall * generator.random(count)).astype(np.float32)
    number, segment, middle, along = ground.numbered(x, y)
    own = np.where(number > 0, stress[(number - 1).clip(0), segment], crop.stress) if stress.size else crop.stress
    own = np.clip(own + generator.normal(0.0, _STRESS_SPREAD, count), 0.0, 1.0).astype(np.float32)
    plant = np.floor(along / crop.plant_m).astype(np.int64)
    vigour = generator.normal(0.0, 0.15, (97, 89))[number % 97, plant % 89]
    gap = np.abs(along / crop.plant_m - plant - 0.5) * 2
    outward = np.abs(middle) / (ground.rows.spacing_m / 2) * (1 + vigour) + 0.15 * gap
    outward = np.maximum(0.0, outward + generator.normal(0.0, 0.08, count))
    lean = FRESH_INCLINATION_DEG + (HANGING_INCLINATION_DEG - FRESH_INCLINATION_DEG) * own
    return _Leaves(
        x_m=x,
        y_m=y,
        outward=outward.astype(np.float32),
        stress=own,
        azimuth=generator.uniform(0.0, 2 * np.pi, count).astype(np.float32),
        inclination=np.radians(np.clip(lean + generator.normal(0.0, _SPREAD_DEG, count), 0.0, 88.0)).astype(np.float32),
    )


def _limit(ground: Ground, crop: Crop, leaves: _Leaves, length_m: float) -> float:
    """How far out leaves must go for a fresh crop to cover its share; leaves come ordered outwards."""
    total = ground.shape[0] * ground.shape[1]
    fresh = np.full(leaves.x_m.size, length_m, np.float32)
    cells, owners = _painted(ground, leaves, fresh, np.full_like(fresh, np.cos(np.radians(FRESH_INCLINATION_DEG))))
    first = np.full(total, leaves.x_m.size, np.int64)
    first[cells[::-1]] = owners[::-1]  # the last written, the innermost, stays
    wanted = round(crop.cover_fraction * total)
    if wanted == 0:
        return 0.0
    covering = int(np.partition(first, wanted - 1)[wanted - 1])
    return float(leaves.outward[covering]) if covering < leaves.x_m.size else float("inf")


def _painted(ground: Ground, leaves: _Leaves, length_m: Floats, narrowing: Floats) -> tuple[Whole, Whole]:
    """Flat cells that leaves cover and the leaf of each, in the order of the leaves."""
    column, row = (place.astype(np.float32) for place in ground.cells(leaves.x_m, leaves.y_m))
    half_long = np.maximum(length_m / np.float32(ground.step_m) / 2, np.float32(0.5)).astype(np.float32)
    half_wide = np.maximum(half_long * np.float32(_WIDTH) * narrowing, np.float32(0.5)).astype(np.float32)
    reach = int(half_long.max() + 0.5) if half_long.size else 0
    shift = np.arange(-reach, reach + 1)
    down, right = (grid.ravel() for grid in np.meshgrid(shift, shift, indexing="ij"))
    near_column, near_row = np.rint(column).astype(np.int64), np.rint(row).astype(np.int64)
    cosine, sine = np.cos(leaves.azimuth), np.sin(leaves.azimuth)
    owners, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for start in range(0, column.size, _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        x = (near_column[some] - column[some]).astype(np.float32)[:, None] + right.astype(np.float32)
        y = (near_row[some] - row[some]).astype(np.float32)[:, None] + down.astype(np.float32)
        # The leaf is narrowed along its azimuth, the way it hangs; rows of the raster run south.
        long = (x * sine[some, None] + y * cosine[some, None]) / half_long[some, None]
        wide = (x * cosine[some, None] - y * sine[some, None]) / half_wide[some, None]
        owner, place = np.nonzero(long * long + wide * wide <= 1)
        owners.append(owner + start)
        places.append(place)
    owner, place = np.concatenate(owners), np.concatenate(places)
    to_column, to_row = near_column[owner] + right[place], near_row[owner] + down[place]
    held = (to_column >= 0) & (to_column < ground.shape[1]) & (to_row >= 0) & (to_row < ground.shape[0])
    return (to_row * ground.shape[1] + to_column)[held], owner[held]


def _normals(leaves: _Leaves) -> Floats:
    level = np.sin(leaves.inclination)
    return np.stack(
        [level * np.cos(leaves.azimuth), level * np.sin(leaves.azimuth), np.cos(leaves.inclination)], axis=-1
    ).astype(np.float32)
