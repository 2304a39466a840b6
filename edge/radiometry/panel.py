"""From a camera's numbers to reflectance: radiance of each pixel, and the panel of known reflectance beside it.

The model of MicaSense for RedEdge and Altum ("RedEdge Camera Radiometric Calibration Model", published with the
cameras): dark level, vignetting, exposure, gain and a gradient over rows, each read from the file.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.radiometry.masks import FloatImage, otsu_threshold

FULL_SCALE: Final = 65536.0
MIN_PANEL_FRACTION: Final = 0.005
MAX_PANEL_UNEVENNESS: Final = 0.04
MIN_PANEL_SQUARENESS: Final = 0.85
MIN_PANEL_FILL: Final = 0.9
MAX_USABLE_FRACTION: Final = 0.98
"""Of full scale: pixels above are saturated."""
_INNER_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class BandCalibration:
    """What a band's file says of its sensor.

    ``coefficients`` are a1 [W m-2 sr-1 nm-1 s], a2 [s-1] and a3 [-]; ``dark_level`` [counts of 16 bits];
    ``exposure_s`` [s]; ``gain`` [-]; ``vignetting_centre`` (x, y) [pixels]; ``vignetting`` the factors of r to r^6.
    """

    coefficients: tuple[float, float, float]
    dark_level: float
    exposure_s: float
    gain: float
    vignetting_centre: tuple[float, float]
    vignetting: tuple[float, ...]


def radiance(raw: NDArray[np.uint16], calibration: BandCalibration) -> FloatImage:
    """Spectral radiance [W m-2 sr-1 nm-1] (H, W) of raw 16-bit counts (H, W); NaN where it was saturated."""
    rows, columns = np.indices(raw.shape, dtype=np.float64)
    x, y = calibration.vignetting_centre
    radius = np.hypot(columns - x, rows - y)
    a1, a2, a3 = calibration.coefficients
    with np.errstate(all="ignore"):  # constants of another camera may leave no number
        fall = 1 + sum(factor * radius ** (power + 1) for power, factor in enumerate(calibration.vignetting))
        gradient = 1 / (1 + a2 * rows / calibration.exposure_s - a3 * rows)
        light = (raw.astype(np.float64) - calibration.dark_level) / fall * gradient
        found = (np.maximum(light, 0) * a1 / (calibration.gain * calibration.exposure_s * FULL_SCALE)).astype(
            np.float32
        )
    known = np.isfinite(found) & (raw < MAX_USABLE_FRACTION * FULL_SCALE)
    return np.where(known, found, np.float32(np.nan)).astype(np.float32)


def find_panel(image: FloatImage) -> NDArray[np.bool_] | None:
    """Inner part of a reflectance panel (H, W) in a photo of it; None when no even bright square is seen.

    The largest bright region that fills a square and is even inside: print and codes beside it are neither.
    """
    known = np.isfinite(image)
    if not known.any():
        return None
    values = np.where(known, image, np.float32(np.nanmax(image))).astype(np.float32)
    bright = (values > otsu_threshold(values[known])).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    order = sorted(range(1, count), key=lambda label: -int(boxes[label, cv2.CC_STAT_AREA]))
    for label in order:
        if boxes[label, cv2.CC_STAT_AREA] < MIN_PANEL_FRACTION * image.size:
            return None
        inner = _inner_square(labels == label)
        if inner is not None and _is_even(image[inner]):
            return inner
    return None


def _inner_square(region: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    outline, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    centre, (width, height), angle = cv2.minAreaRect(outline[0])
    if min(width, height) < MIN_PANEL_SQUARENESS * max(width, height):
        return None
    if region.sum() < MIN_PANEL_FILL * width * height:
        return None
    corners = cv2.boxPoints((centre, (_INNER_SHARE * width, _INNER_SHARE * height), angle))
    inner = np.zeros(region.shape, np.uint8)
    cv2.fillPoly(inner, [np.round(corners).astype(np.int32)], 1)
    return inner.astype(bool)


def _is_even(values: FloatImage) -> bool:
    known = values[np.isfinite(values)]
    enough = known.size > 0.9 * values.size  # a saturated panel tells nothing
    return bool(enough) and float(known.std()) < MAX_PANEL_UNEVENNESS * float(known.mean())


def box_of(shape: tuple[int, int], box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Pixels (H, W) of a box (left, top, right, bottom) [pixels], for a panel that was not found by itself."""
    left, top, right, bottom = box
    inside = np.zeros(shape, np.bool_)
    inside[max(top, 0) : bottom, max(left, 0) : right] = True
    return inside


def reflectance_factor(panel_radiance: FloatImage, panel: NDArray[np.bool_], panel_reflectance: float) -> float | None:
    """Reflectance for each unit of radiance, from a panel's pixels and its own reflectance [0..1]; None if unseen.

    The panel and the field must have had the same light: minutes apart, no cloud between.
    """
    values = panel_radiance[panel & np.isfinite(panel_radiance)]
    if values.size < np.count_nonzero(panel) / 2 or not values.size or float(values.mean()) <= 0:
        return None
    return panel_reflectance / float(values.mean())
