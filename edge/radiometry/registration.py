"""Where a photo's pixels lie in a thermal frame: a shift and a scale, found on edges, with a confidence.

Leaves and soil differ in both kinds of light, but not always in the same direction, so strengths of edges are
compared, never the values themselves. Validity: one rig, turned by no more than 2 degrees; checked on synthetic scenes.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.radiometry.masks import FloatImage, Mask

MIN_CONFIDENCE: Final = 0.50
"""Correlation of edge strengths below which a mask is not carried over.

Synthetic scenes: 0.57 to 0.67 with their own photo, at most 0.32 with another. On pots seen from above, which all look
alike, photos of another session reach 0.5 in one of ten: there it tells little, and most pairs are refused.
"""
SCALES: Final = (0.90, 0.95, 1.0, 1.05, 1.10)
MAX_SHIFT_FRACTION: Final = 0.25

_BLUR_PX: Final = 1.5
_REFINED: Final = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Affine matrix (2, 3) from thermal pixels to pixels of the photo at the thermal size; confidence 0..1."""

    matrix: NDArray[np.float32]
    confidence: float

    @property
    def trusted(self) -> bool:
        """Whether the mask of the photo may be used on the thermal frame."""
        return self.confidence >= MIN_CONFIDENCE


def edge_strength(values: NDArray[Any]) -> FloatImage:
    """Length of the gradient (H, W) of a smoothed image, of mean 0 and variance 1; NaN count as the median."""
    image = values.astype(np.float32)
    valid = np.isfinite(image)
    image = np.where(valid, image, np.float32(np.median(image[valid]) if valid.any() else 0.0))
    smooth = cv2.GaussianBlur(image, (0, 0), _BLUR_PX)
    strength = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    strength = np.minimum(strength, np.percentile(strength, 98))
    deviation = float(strength.std())
    return np.asarray((strength - strength.mean()) / (deviation or 1.0), dtype=np.float32)


def register(rgb: NDArray[np.uint8], temperature_c: FloatImage) -> Registration:
    """How a photo (h, w, 3) lies on a thermal frame (H, W) [deg C]: shift and scale by phase, then refined.

    Phase correlation at each scale, the best refined by the enhanced correlation coefficient; Evangelidis and
    Psarakis (2008), IEEE Trans. Pattern Anal. 30, 1858-1865, doi:10.1109/TPAMI.2008.113.
    """
    height, width = temperature_c.shape
    grey = cv2.cvtColor(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    photo, thermal = edge_strength(grey), edge_strength(temperature_c)
    best = max((_shifted(photo, thermal, scale) for scale in SCALES), key=lambda found: found.confidence)
    return max((best, _refined(photo, thermal, best)), key=lambda found: found.confidence)


def _shifted(photo: FloatImage, thermal: FloatImage, scale: float) -> Registration:
    height, width = thermal.shape
    centred = _matrix(scale, (1 - scale) * width / 2, (1 - scale) * height / 2)
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (right, down), _ = cv2.phaseCorrelate(thermal, _warped(photo, centred, thermal), window)
    if abs(right) > MAX_SHIFT_FRACTION * width or abs(down) > MAX_SHIFT_FRACTION * height:
        return Registration(matrix=centred, confidence=0.0)
    moved = _matrix(scale, centred[0, 2] + scale * right, centred[1, 2] + scale * down)
    return Registration(matrix=moved, confidence=_confidence(photo, thermal, moved))


def _matrix(scale: float, right_px: float, down_px: float) -> NDArray[np.float32]:
    return np.array([[scale, 0, right_px], [0, scale, down_px]], np.float32)


def _refined(photo: FloatImage, thermal: FloatImage, start: Registration) -> Registration:
    try:
        _, matrix = cv2.findTransformECC(
            thermal, photo, start.matrix.copy(), cv2.MOTION_AFFINE, _REFINED, np.ones(photo.shape, np.uint8), 3
        )
    except cv2.error:  # it did not converge: the start stands
        return start
    found = np.asarray(matrix, dtype=np.float32)
    return Registration(matrix=found, confidence=_confidence(photo, thermal, found))


def _warped(values: NDArray[Any], matrix: NDArray[np.float32], like: FloatImage) -> NDArray[Any]:
    height, width = like.shape
    return np.asarray(cv2.warpAffine(values, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))


def _confidence(photo: FloatImage, thermal: FloatImage, matrix: NDArray[np.float32]) -> float:
    """Correlation of edge strengths where both images have pixels; 0 when less than half of the frame has."""
    shared = _warped(np.ones(photo.shape, np.uint8), matrix, thermal) > 0
    if shared.mean() < 0.5:  # noqa: PLR2004 -- half of the frame
        return 0.0
    moved, still = _warped(photo, matrix, thermal)[shared], thermal[shared]
    if not moved.std() or not still.std():
        return 0.0
    return max(0.0, float(np.corrcoef(moved, still)[0, 1]))


def carried(mask: Mask, registration: Registration, temperature_c: FloatImage) -> Mask | None:
    """A photo's mask (h, w) on a thermal frame (H, W), pixels at its rim left out; None when not to be trusted.

    A thermal pixel is canopy when at least 0.95 of it is, so that pixels mixed with soil do not warm the canopy.
    """
    if not registration.trusted:
        return None
    height, width = temperature_c.shape
    share = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    pure: Mask = _warped(share, registration.matrix, temperature_c) >= 0.95  # noqa: PLR2004 -- as the docstring says
    return pure & np.isfinite(temperature_c)
