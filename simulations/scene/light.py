"""Sun and sky over a canopy: what stands in shadow, what share of the sky it sees, how bright each band appears."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulations.scene.ground import Floats, Ground
from simulations.scene.leaves import Canopy
from simulations.scene.settings import Sun
from simulations.scene.spectra import DIFFUSE_FRACTION, DRY_SOIL, Spectra, leaf_optics

_MOST_STEPS: Final = 64
_OWN_SHADE: Final = 0.04  # of the crop's height: a leaf does not shade itself
_SCATTERED: Final = 0.2
"""Share of the light that leaves throw on their neighbours which arrives; a round figure."""
_OPEN_GROUND_M: Final = 0.3
_CLODS: Final = ((0.4, 0.06), (0.08, 0.08), (0.02, 0.12))
"""Sizes [m] of what makes soil uneven, and how much of its light each takes or gives; round figures."""

Mask = NDArray[np.bool_]


def sun_vector(sun: Sun) -> Floats:
    """Unit vector (3,) to the sun: east, north, up."""
    elevation, azimuth = np.radians(sun.elevation_deg), np.radians(sun.azimuth_deg)
    level = np.cos(elevation)
    return np.array([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(elevation)], np.float32)


def in_sun(height_m: Floats, step_m: float, sun: Sun) -> Mask:
    """Cells (h, w) of a height field that no higher one towards the sun keeps in shadow."""
    top = float(height_m.max())
    rise = float(np.tan(np.radians(sun.elevation_deg)))
    reach = top / rise / step_m  # cells over which the highest leaf throws its shadow
    count = int(np.clip(np.ceil(reach), 1, _MOST_STEPS))
    lit = np.ones(height_m.shape, bool)
    azimuth = np.radians(sun.azimuth_deg)
    for way in np.linspace(reach / count, reach, count):
        right, down = round(float(np.sin(azimuth) * way)), round(float(-np.cos(azimuth) * way))
        here, there = _overlapping(height_m.shape, right, down)
        climbed = np.float32(way * step_m * rise + _OWN_SHADE * top)
        lit[here] &= height_m[there] <= height_m[here] + climbed
    return lit


def sky_seen(canopy: Canopy, step_m: float, crop_height_m: float) -> Floats:
    """Share of the sky (h, w) that leaves of a height and the soil beside them see."""
    leaves = canopy.leaf >= 0
    around = cv2.GaussianBlur(leaves.astype(np.float32), (0, 0), max(0.5, _OPEN_GROUND_M / 2 / step_m))
    of_leaf = 0.3 + 0.7 * canopy.height_m / np.float32(crop_height_m)
    return np.where(leaves, of_leaf, 1 - 0.8 * around).astype(np.float32)


def leaf_light(canopy: Canopy, sun: Sun) -> tuple[Spectra, Spectra, Floats]:
    """What each leaf sends up in full sun and in its shade [reflectance] (N, 6 each), and the sun on it (N).

    Brightness is that of a level white plate in the open = 1. A leaf lit from below shows what it lets through. The
    third is the sun's cosine on the leaf over that on level ground.
    """
    reflected, through = leaf_optics(canopy.chlorophyll_ug_cm2)
    cosine = canopy.normal @ sun_vector(sun) / np.float32(np.sin(np.radians(sun.elevation_deg)))
    direct = np.abs(cosine)[:, None] * (1 - DIFFUSE_FRACTION)
    bright = np.where(cosine[:, None] >= 0, reflected, through) * direct
    neighbours = _SCATTERED * (1 - DIFFUSE_FRACTION) * (reflected + through)
    shade = reflected * (DIFFUSE_FRACTION + neighbours)
    return bright.astype(np.float32), shade.astype(np.float32), np.abs(cosine).astype(np.float32)


def soil_light(lit: Mask, sky: Floats, texture: Floats) -> Spectra:
    """What soil sends up [reflectance] (..., 6) in sun or shadow, of a share of the sky, of a relative brightness."""
    falling = lit[..., None] * (1 - DIFFUSE_FRACTION) + sky[..., None] * DIFFUSE_FRACTION
    # Leaves let near infrared through to the soil under them.
    under = (1 - sky)[..., None] * DRY_SOIL * np.array([0, 0.02, 0.01, 0, 0.15, 0.25], np.float32)
    return ((falling * texture[..., None] + under) * DRY_SOIL).astype(np.float32)


def soil_texture(ground: Ground, generator: np.random.Generator) -> Floats:
    """Relative brightness (h, w) of soil: patches, clods of three sizes, and grain."""
    light = 1 + 0.08 * generator.standard_normal(ground.shape, dtype=np.float32)
    for size_m, depth in _CLODS:
        size_cells = max(2.0, size_m / ground.step_m)
        shape = tuple(max(2, int(side / size_cells) + 1) for side in ground.shape)
        coarse = generator.standard_normal(shape, dtype=np.float32)
        light += np.float32(depth) * cv2.resize(coarse, ground.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(light, 0.4, 1.6), dtype=np.float32)


def _overlapping(shape: tuple[int, ...], right: int, down: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Cells that have a neighbour so many cells away, and these neighbours."""
    rows, columns = shape
    here = (slice(max(0, -down), rows - max(0, down)), slice(max(0, -right), columns - max(0, right)))
    there = (slice(max(0, down), rows - max(0, -down)), slice(max(0, right), columns - max(0, -right)))
    return here, there
