"""The picture behind a detection, made small enough for a slow mobile line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract import Detection, Evidence

IMAGE_MAX_BYTES: Final = 8192
MASK_MAX_BYTES: Final = 3072
GRID_MAX_CELLS: Final = (24, 32)
_WIDTHS_PX: Final = (320, 240, 160, 120, 80)
_QUALITIES: Final = (70, 55, 40, 30)
_MARGIN_FRACTION: Final = 0.05
_MASK_THRESHOLD: Final = 127
_GRID_LEVELS: Final = 254
_LEAST_SHARE: Final = 1e-3

Pixels = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What looking at one photo gave: an opinion and the arrays behind it."""

    detection: Detection
    picture: NDArray[np.uint8] | None = None
    """(h, w, 3), red first; None when there is nothing to show."""
    mask: NDArray[np.uint8] | None = None
    """Canopy 255 of 0..255, of any size that covers the same view."""
    stress_grid: NDArray[np.floating[Any]] | None = None
    """(rows, columns) in 0..1, NaN = unknown."""
    dry_rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallPicture:
    """A crop and its mask as files, of one size [pixels]."""

    jpeg: bytes
    mask_png: bytes | None
    width_px: int
    height_px: int


def grey_picture(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Picture (h, w, 3) of a field of numbers: its 2nd percentile black, its 98th white, missing black."""
    valid = values[np.isfinite(values)]
    if valid.size == 0:
        return np.zeros((*values.shape, 3), dtype=np.uint8)
    low, high = np.percentile(valid, (2, 98))
    span = max(float(high - low), 1e-6)
    grey = np.nan_to_num(np.clip((values - low) / span, 0.0, 1.0), nan=0.0)
    return np.repeat((grey * 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)


def shrink(picture: NDArray[np.uint8], mask: NDArray[np.uint8] | None) -> SmallPicture | None:
    """Crop around the canopy, at most 8 kB as JPEG, with its mask as 1-bit PNG; None when even the smallest is too big.

    ``picture`` is (h, w, 3), red first; ``mask`` is 255 for canopy, of any size that covers the same view.
    """
    height, width = picture.shape[:2]
    if mask is not None and mask.shape != (height, width):
        mask = np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
    top, bottom, left, right = _canopy_window(mask, height, width)
    crop = picture[top:bottom, left:right]
    crop_mask = None if mask is None else mask[top:bottom, left:right]
    for width_px, quality in _tries(right - left):
        height_px = max(1, round((bottom - top) * width_px / (right - left)))
        small = cv2.resize(crop, (width_px, height_px), interpolation=cv2.INTER_AREA)
        jpeg = _jpeg(small, quality)
        mask_png = None if crop_mask is None else _mask_png(crop_mask, width_px, height_px)
        if len(jpeg) <= IMAGE_MAX_BYTES and len(mask_png or b"") <= MASK_MAX_BYTES:
            return SmallPicture(jpeg=jpeg, mask_png=mask_png, width_px=width_px, height_px=height_px)
    return None


def evidence_of(sighting: Sighting, parcel_id: str, boot: str, sequence: int) -> Evidence | None:
    """Evidence for the detection of that name; None when the photo gives none small enough."""
    if sighting.picture is None:
        return None
    small = shrink(sighting.picture, sighting.mask)
    if small is None:
        return None
    grid = None if sighting.stress_grid is None else _grid(sighting.stress_grid)
    return Evidence(
        parcel_id=parcel_id,
        camera_id=sighting.detection.camera_id,
        taken_at=sighting.detection.taken_at,
        detection_boot=boot,
        detection_sequence=sequence,
        image_jpeg=small.jpeg,
        mask_png=small.mask_png,
        stress_grid=None if grid is None else grid.tobytes(),
        stress_grid_shape=None if grid is None else (grid.shape[0], grid.shape[1]),
        dry_rows=sighting.dry_rows,
    )


def _canopy_window(mask: NDArray[np.uint8] | None, height: int, width: int) -> tuple[int, int, int, int]:
    if mask is None or not np.any(mask > _MASK_THRESHOLD):
        return 0, height, 0, width
    rows = np.flatnonzero(np.any(mask > _MASK_THRESHOLD, axis=1))
    columns = np.flatnonzero(np.any(mask > _MASK_THRESHOLD, axis=0))
    margin_y, margin_x = round(height * _MARGIN_FRACTION), round(width * _MARGIN_FRACTION)
    return (
        max(0, int(rows[0]) - margin_y),
        min(height, int(rows[-1]) + 1 + margin_y),
        max(0, int(columns[0]) - margin_x),
        min(width, int(columns[-1]) + 1 + margin_x),
    )


def _tries(widest_px: int) -> Iterator[tuple[int, int]]:
    for width_px in dict.fromkeys(min(width_px, widest_px) for width_px in _WIDTHS_PX):
        for quality in _QUALITIES:
            yield width_px, quality


def _jpeg(picture: Pixels, quality: int) -> bytes:
    blue_first = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


def _mask_png(mask: Pixels, width_px: int, height_px: int) -> bytes:
    # The share of canopy in each small pixel decides, so that the mask does not thin out.
    share = cv2.resize(mask, (width_px, height_px), interpolation=cv2.INTER_AREA)
    binary = np.where(share > _MASK_THRESHOLD, 255, 0).astype(np.uint8)
    return bytes(cv2.imencode(".png", binary, [cv2.IMWRITE_PNG_BILEVEL, 1])[1].tobytes())


def _grid(stress: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    rows, columns = (min(size, limit) for size, limit in zip(stress.shape, GRID_MAX_CELLS, strict=True))
    values = np.asarray(stress, dtype=np.float32)
    known = np.isfinite(values)
    share = cv2.resize(known.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    sums = cv2.resize(np.where(known, values, 0).astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    level = np.clip(sums / np.maximum(share, _LEAST_SHARE), 0.0, 1.0)
    # 0 is kept for cells nobody knows: they must not read as free of stress.
    return np.where(share < _LEAST_SHARE, 0, 1 + np.rint(level * _GRID_LEVELS)).astype(np.uint8)
