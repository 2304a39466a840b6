"""What a fixed camera's view looks like whatever the light: pure signatures of a photo, and how alike two are.

A signature has two parts, both of local light only: directions of edges on a grid, and a small picture of what is
brighter than its surroundings. Limits were set on 1,169 soybean photos of about 100 fixed cameras, one every 15 min
(``models.history.evaluate`` makes the figures again).
"""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

SIGNATURE_BYTES: Final = 6 * 18 * 24 + 24 * 32
THUMBNAIL_BYTES: Final = 36 * 48
SAME_VIEW: Final = 0.9
"""Likeness from which two photos show the same view; photos of different cameras stay below in 98 of 100 pairs."""
SETTLING_VIEW: Final = 1.15
"""Likeness that photos must have to make a view a camera's own: 1 pair of different cameras in 1,000 has it."""
FROZEN_DIFFERENCE: Final = 1.5
"""Difference of two thumbnails [grey levels of 255] below which nothing moved: stored again 0.8, real photos 2.3."""

_EDGE_SIZE: Final = (192, 144)
_EDGE_GRID: Final = (24, 18)
_DIRECTIONS: Final = 6
_EDGES_BYTES: Final = 6 * 18 * 24
_RELIEF_SIZE: Final = (32, 24)
_THUMBNAIL_SIZE: Final = (48, 36)
_CAPTION_FRACTION: Final = 0.05  # a clock or caption may change in a frozen picture
_DARK_LEVEL: Final = 8.0  # added before the logarithm, so that noise in shadows is no relief
# Correlations that 1 of 100 photos of another camera exceeds, for edges and for relief.
_CHANCE_EDGES: Final = 0.124
_CHANCE_RELIEF: Final = 0.285

Grey = NDArray[np.float32]


def at_most(picture: NDArray[np.uint8], width_px: int) -> NDArray[np.uint8]:
    """The picture (h, w) or (h, w, 3) at a whole fraction of its size, the largest not wider than ``width_px``."""
    height, width = picture.shape[:2]
    step = -(-width // width_px)
    if step <= 1:
        return picture
    # Whole pixels under each small one: an order of magnitude faster than any other ratio.
    rows, columns = max(1, height // step), width // step
    whole = picture[: rows * step, : columns * step]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def view_signature(rgb: NDArray[np.uint8]) -> bytes:
    """Signature of a colour photo (h, w, 3): ``SIGNATURE_BYTES`` signed bytes."""
    return _packed(_edges(local_light(rgb, _EDGE_SIZE, 12.0, 0.05))) + _packed(
        np.clip(local_light(rgb, _RELIEF_SIZE, 3.0, 0.02), -2, 2)
    )


def likeness(signature: bytes, others: Iterable[bytes]) -> float:
    """Likeness of a view to the most alike of others: 0 is chance, ``SAME_VIEW`` the same view, 0.0 without others."""
    view = view_vector(signature)
    return max((float(view @ view_vector(other)) for other in others), default=0.0)


def view_vector(signature: bytes) -> NDArray[np.float32]:
    """Vector (``SIGNATURE_BYTES``,) of a view: the product of two is their likeness."""
    values = np.frombuffer(signature, dtype=np.int8).astype(np.float32)
    edges, relief = values[:_EDGES_BYTES], values[_EDGES_BYTES:]
    parts = [
        part * np.float32(np.sqrt(0.5 / chance) / max(float(np.linalg.norm(part)), 1e-6))
        for part, chance in ((edges, _CHANCE_EDGES), (relief, _CHANCE_RELIEF))
    ]
    return np.concatenate(parts)


def thumbnail(rgb: NDArray[np.uint8]) -> bytes:
    """A grey picture of 48 x 36 px of a colour photo (h, w, 3)."""
    grey = cv2.cvtColor(cv2.resize(rgb, _THUMBNAIL_SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return np.ascontiguousarray(grey, dtype=np.uint8).tobytes()


def thumbnail_difference(one: bytes, two: bytes) -> float:
    """Mean absolute difference of two thumbnails [grey levels of 255], the twentieth that differs most left out."""
    first, second = (np.frombuffer(picture, dtype=np.uint8).astype(np.int16) for picture in (one, two))
    apart = np.sort(np.abs(first - second))
    return float(apart[: round(apart.size * (1 - _CAPTION_FRACTION))].mean())


def local_light(rgb: NDArray[np.uint8], size: tuple[int, int], reach_px: float, floor: float) -> Grey:
    """Logarithm of light less its surroundings', over the local spread: (h, w) of the size given."""
    small = cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    light = np.log(small.astype(np.float32) + np.float32(_DARK_LEVEL))
    above = light - cv2.GaussianBlur(light, (0, 0), reach_px)
    spread = np.sqrt(cv2.GaussianBlur(above * above, (0, 0), reach_px)) + np.float32(floor)
    return np.asarray(above / spread, dtype=np.float32)


def _edges(relief: Grey) -> Grey:
    """Share of each of six edge directions in each cell of the grid, less its mean over the picture: (18, 24, 6)."""
    across, down = cv2.Sobel(relief, cv2.CV_32F, 1, 0), cv2.Sobel(relief, cv2.CV_32F, 0, 1)
    strength = np.hypot(across, down)
    place = np.mod(np.arctan2(down, across), np.pi) / np.pi * _DIRECTIONS
    shares = []
    for direction in range(_DIRECTIONS):
        apart = np.abs(place - direction)
        weight = np.maximum(0.0, 1.0 - np.minimum(apart, _DIRECTIONS - apart)) * strength
        shares.append(cv2.resize(weight.astype(np.float32), _EDGE_GRID, interpolation=cv2.INTER_AREA))
    cells = np.stack(shares, axis=-1)
    cells = cells / (np.linalg.norm(cells, axis=-1, keepdims=True) + 1e-3)
    return np.asarray(cells - cells.mean(axis=(0, 1)), dtype=np.float32)


def _packed(values: Grey) -> bytes:
    level = values - values.mean()
    largest = max(float(np.abs(level).max()), 1e-6)
    return np.asarray(np.rint(level * (127.0 / largest)), dtype=np.int8).tobytes()
