"""Bands of one capture laid over each other: lenses side by side see the same field from places a few cm apart.

Bands differ in brightness, so edges are compared and not values: near infrared shows leaves bright, red shows them
dark, and both have the edge in the same place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.radiometry.masks import FloatImage

MAX_RESIDUAL_PX: Final = 3.0
MIN_CORRELATION: Final = 0.5
CLEAR_CORRELATION: Final = 0.75
_COARSE: Final = 4
_TILE_PX: Final = 192
_MIN_RESPONSE: Final = 0.08
SMALLEST_SIDE_PX: Final = 64

Homography = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """How one band lies on the reference band.

    ``homography`` (3, 3) takes a place of the reference [pixels] to the band's; ``correlation`` [-] is that of the
    two edge images once aligned (Evangelidis and Psarakis 2008, IEEE TPAMI 30, 1858-1865,
    doi:10.1109/TPAMI.2008.113); ``residual_px`` is the median shift left over in tiles, None where no tile tells.
    """

    homography: Homography
    correlation: float
    residual_px: float | None

    @property
    def good(self) -> bool:
        """Whether the bands may be compared pixel by pixel."""
        return (
            self.correlation >= MIN_CORRELATION and self.residual_px is not None and self.residual_px <= MAX_RESIDUAL_PX
        )


def edges(band: FloatImage) -> FloatImage:
    """Strength of edges (H, W) of a band, 0 to 1 up to its 99th percentile; missing pixels have none."""
    known = np.isfinite(band)
    values = np.where(known, band, np.float32(np.median(band[known]) if known.any() else 0)).astype(np.float32)
    smooth = cv2.GaussianBlur(values, (0, 0), 1.5)
    strength = cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return np.asarray(np.clip(strength / max(float(np.percentile(strength, 99)), 1e-12), 0, 1), dtype=np.float32)


def shift_px(reference: FloatImage, other: FloatImage) -> tuple[float, float, float]:
    """Shift (x, y) [pixels] of one edge image against another of its size, and how clear it is [0..1].

    Phase correlation; Kuglin and Hines (1975), Proc. IEEE Conf. Cybernetics and Society, 163-165.
    """
    window = cv2.createHanningWindow((reference.shape[1], reference.shape[0]), cv2.CV_32F)
    (x, y), response = cv2.phaseCorrelate(reference, other, window)
    return float(x), float(y), float(response)


def residual_px(reference: FloatImage, other: FloatImage) -> float | None:
    """Median shift [pixels] between two edge images over tiles of 192 px; None where no tile tells one."""
    height, width = reference.shape
    tile = min(_TILE_PX, height, width)
    found = []
    for top in range(0, height - tile + 1, tile):
        for left in range(0, width - tile + 1, tile):
            place = (slice(top, top + tile), slice(left, left + tile))
            x, y, response = shift_px(np.ascontiguousarray(reference[place]), np.ascontiguousarray(other[place]))
            if response >= _MIN_RESPONSE:
                found.append(float(np.hypot(x, y)))
    return float(np.median(found)) if found else None


def align(reference: FloatImage, band: FloatImage) -> Alignment:
    """Homography that lays a band on the reference band of the same size, coarse to fine.

    Shift by phase correlation at a quarter of the size, then a homography by correlation of edges at a quarter and
    at half of it. Where that finds none, the shift alone stays, with a correlation of 0.
    """
    if min(reference.shape) < SMALLEST_SIDE_PX or reference.shape != band.shape:
        return Alignment(homography=np.eye(3, dtype=np.float32), correlation=0.0, residual_px=None)
    fixed, moving = edges(reference), edges(band)
    small = [_reduced(image, _COARSE) for image in (fixed, moving)]
    x, y = np.nan_to_num(shift_px(small[0], small[1])[:2])
    homography = np.array([[1, 0, _COARSE * x], [0, 1, _COARSE * y], [0, 0, 1]], np.float32)
    correlation = 0.0
    for divisor in (_COARSE, _COARSE // 2):
        homography, correlation = _refined(fixed, moving, homography, divisor)
    laid = _laid(moving, homography)
    return Alignment(homography=homography, correlation=correlation, residual_px=residual_px(fixed, laid))


def _reduced(image: FloatImage, divisor: int) -> FloatImage:
    size = (image.shape[1] // divisor, image.shape[0] // divisor)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _refined(fixed: FloatImage, moving: FloatImage, start: Homography, divisor: int) -> tuple[Homography, float]:
    """Homography improved at one part in ``divisor`` of the size, and its correlation; the start where it fails."""
    scale = np.diag([1 / divisor, 1 / divisor, 1]).astype(np.float64)
    guess = (scale @ start @ np.linalg.inv(scale)).astype(np.float32)
    small = _reduced(fixed, divisor)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
    try:
        correlation, found = cv2.findTransformECC(
            small, _reduced(moving, divisor), guess, cv2.MOTION_HOMOGRAPHY, stop, np.ones(small.shape, np.uint8), 5
        )
    except cv2.error:  # it did not converge
        return start, 0.0
    return (np.linalg.inv(scale) @ found @ scale).astype(np.float32), float(correlation)


def _laid(image: FloatImage, homography: Homography) -> FloatImage:
    height, width = image.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpPerspective(
        image, homography, (width, height), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=float("nan")
    )
    return np.nan_to_num(laid).astype(np.float32)


def laid_on(band: FloatImage, alignment: Alignment) -> FloatImage:
    """A band (H, W) brought onto the reference; NaN where it saw nothing."""
    inside = _laid(np.ones_like(band), alignment.homography) > 1 - 1e-3
    return np.where(inside, _laid(band, alignment.homography), np.float32(np.nan)).astype(np.float32)


def align_all(bands: Mapping[str, FloatImage], reference: str) -> dict[str, Alignment]:
    """How each other band lies on the reference band.

    A band whose edges look little like the reference's (red against green over leaves) goes by way of the band
    already laid whose edges are most like its own; its figures are then the weaker of the two links.
    """
    found = {name: align(bands[reference], band) for name, band in bands.items() if name != reference}
    for name in sorted(found, key=lambda name: -found[name].correlation):
        if found[name].correlation >= CLEAR_CORRELATION:
            continue
        ways = [
            _chained(found[way], align(bands[way], bands[name]))
            for way in found
            if way != name and found[way].correlation >= CLEAR_CORRELATION
        ]
        found[name] = max([found[name], *ways], key=lambda way: way.correlation)
    return found


def _chained(first: Alignment, second: Alignment) -> Alignment:
    residuals = (first.residual_px, second.residual_px)
    known = [value for value in residuals if value is not None]
    return Alignment(
        homography=(second.homography @ first.homography).astype(np.float32),
        correlation=min(first.correlation, second.correlation),
        residual_px=max(known) if len(known) == len(residuals) else None,
    )
