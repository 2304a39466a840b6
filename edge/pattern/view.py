"""How a picture lies over its parcel: from pixels to a map of the parcel seen straight from above.

Map coordinates grow to the right and downwards, as a picture's do; their unit is the metre where the camera file
or the GeoTIFF says how large the view is, else the pixel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Unit = Literal["m", "px"]
Side = Literal["left", "right", "top", "bottom"]
Mask = NDArray[np.bool_]
Field = NDArray[np.float32]

MAP_MAX_PX: Final = 1024
_CORNERS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelView:
    """Where pixels lie on the map.

    ``to_map`` is (3, 3), from pixel (x, y, 1) to map (x, y, 1) in ``unit``; ``corners`` is (4, 2), the outline on the
    map of what is looked at, or None for the whole picture; rows are numbered from ``rows_from``.
    """

    to_map: NDArray[np.float64]
    unit: Unit
    corners: NDArray[np.float64] | None = None
    rows_from: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelMap:
    """A frame laid flat: arrays (height, width) with square pixels of ``step`` [unit].

    ``stress`` is float32, NaN where no canopy was seen; ``seen`` is where the frame holds data.
    """

    canopy: Mask
    stress: Field
    seen: Mask
    step: float
    unit: Unit
    rows_from: Side | None


def view_from_corners(
    image_points: Sequence[tuple[float, float]],
    parcel_points_m: Sequence[tuple[float, float]],
    rows_from: Side | None = None,
) -> ParcelView:
    """View of a fixed camera from four points, each in the picture [px] and on the parcel [m]."""
    pixels = np.asarray(image_points, np.float32).reshape(_CORNERS, 2)
    metres = np.asarray(parcel_points_m, np.float32).reshape(_CORNERS, 2)
    homography = cv2.getPerspectiveTransform(pixels, metres)
    return ParcelView(
        to_map=np.asarray(homography, np.float64), unit="m", corners=metres.astype(np.float64), rows_from=rows_from
    )


def view_from_pixel_size(width_m: float, height_m: float, rows_from: Side | None = None) -> ParcelView:
    """View of a map whose pixels measure width_m by height_m [m], as a GeoTIFF's geotransform says."""
    return ParcelView(to_map=np.diag([width_m, height_m, 1.0]), unit="m", rows_from=rows_from)


def view_from_above(rows_from: Side | None = None) -> ParcelView:
    """View of a camera that looks straight down at an unknown scale: the map's unit is the pixel."""
    return ParcelView(to_map=np.eye(3), unit="px", rows_from=rows_from)


def lay_flat(view: ParcelView, canopy: Mask, stress: Field) -> ParcelMap:
    """Map of the parcel from a frame's canopy and stress (H, W); at most 1024 px a side, nearest pixels."""
    height, width = canopy.shape
    outline = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    corners = cv2.perspectiveTransform(outline[None], view.to_map)[0] if view.corners is None else view.corners
    low, high = corners.min(axis=0), corners.max(axis=0)
    longest = float((high - low).max())
    step = longest / min(MAP_MAX_PX, max(height, width))
    size = (max(1, round((high[0] - low[0]) / step)), max(1, round((high[1] - low[1]) / step)))
    # Pixel centres stand at halves on both sides of the transform.
    onto = np.array([[1 / step, 0, -low[0] / step - 0.5], [0, 1 / step, -low[1] / step - 0.5], [0, 0, 1]])
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    transform = onto @ view.to_map @ centre
    # One layer after the other: side by side they would fill a gateway's memory.
    plants = _warped(canopy.astype(np.uint8), transform, size, 0) > 0
    values = _warped(stress.astype(np.float32, copy=False), transform, size, float("nan"))
    pictured = _warped(np.ones(canopy.shape, np.uint8), transform, size, 0) > 0
    inside = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(inside, np.rint((corners - low) / step).astype(np.int32), 1)
    seen: Mask = pictured & (inside > 0)
    leaves: Mask = plants & seen
    values = np.where(leaves, values, np.float32(np.nan)).astype(np.float32)
    return ParcelMap(canopy=leaves, stress=values, seen=seen, step=step, unit=view.unit, rows_from=view.rows_from)


def _warped(layer: NDArray[Any], transform: NDArray[np.float64], size: tuple[int, int], beyond: float) -> NDArray[Any]:
    flat = cv2.warpPerspective(layer, transform, size, flags=cv2.INTER_NEAREST, borderValue=beyond)
    return np.asarray(flat)
