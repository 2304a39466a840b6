"""Whether a photo is fit for an opinion: pure measures on its pixels, and the reasons when it is not.

Thresholds were set on 1,057 daytime soybean field photos (06:45-18:59 local, one camera type) and 315 peanut
photos (telephones), both about 400 px wide, and on the same photos spoilt on purpose (darkened, overexposed,
blurred, fogged, covered): each lies between the worst real daytime photo and the mildest spoilt one that the models
misread. How often each kind of bad frame is refused, by severity, stands in the card of the scene model.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract import Quality

WIDTH_PX: Final = 384
MIN_EXPOSURE: Final = 0.23
MAX_DARK_FRACTION: Final = 0.45
MAX_EXPOSURE: Final = 0.78
MAX_GLARE_FRACTION: Final = 0.06
MAX_GLARE_BLOB_FRACTION: Final = 0.03
"""One saturated patch of this share is the sun or its reflection in the lens (real photos: 0.008 at most)."""
MIN_CONTRAST: Final = 0.11
MIN_FOG_LEVEL: Final = 0.34
"""Median dark channel of a veiled picture (real photos: 99 of 100 below 0.33) ..."""
MAX_FOG_CONTRAST: Final = 0.145
"""... whose contrast is small as well; pale soil in full light has the one without the other."""
MIN_SHARPNESS: Final = 1.05
MAX_SHARPNESS: Final = 20.0
"""Above it, in half-light, the finest detail is the grain of a sensor starved of light (real photos: 8.5 at most)."""
GRAINY_EXPOSURE: Final = 0.35
MIN_COLOUR: Final = 0.01
MAX_COVERED_FRACTION: Final = 0.12
"""Share of the picture without the detail of the rest (real photos: 0.065 at most)."""

_DARK_LEVEL: Final = 25
_SATURATED_LEVEL: Final = 250
_DIAGONAL_GAIN: Final = 1.5  # a diagonal neighbour lies further away: real photos step this much more
_COARSE_SIGMAS_PX: Final = (2.0, 4.0)
_DARK_CHANNEL_PX: Final = 9
_BLOB_PX: Final = 5
_BLOCKS: Final = (12, 9)
_BLIND_SHARE: Final = 0.2  # a block with less detail than this share of the sharp blocks' is covered
_BLIND_DETAIL: Final = 1.2  # grey levels: below it not even the sharp blocks show anything
_SKY_LEVEL: Final = 190.0
_SKY_BLUE: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """Measures of a photo and the reasons, if any, why it carries no opinion."""

    quality: Quality
    reasons: tuple[str, ...]


def judge_photo(rgb: NDArray[np.uint8]) -> QualityReport:
    """Quality of a colour photo (h, w, 3), red first.

    Sharpness is the mean squared step between neighbouring pixels, in that one of four directions where it
    is smallest (so that a shaken camera shows), over the variance of detail of 2 to 4 px: a ratio inside one
    photo at 384 px width, which neither contrast nor light moves.
    """
    small = at_width(rgb)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    brightest, dimmest = small.max(axis=2), small.min(axis=2)
    exposure, contrast = float(grey.mean()) / 255, float(grey.std()) / 255
    saturated = dimmest >= _SATURATED_LEVEL
    glare, darkness = float(saturated.mean()), float(np.mean(brightest <= _DARK_LEVEL))
    sharpness = _sharpness(grey)
    grainy = sharpness > MAX_SHARPNESS and exposure < GRAINY_EXPOSURE
    verdicts = (
        ("dark", exposure < MIN_EXPOSURE or darkness > MAX_DARK_FRACTION or grainy),
        ("overexposed", exposure > MAX_EXPOSURE or glare > MAX_GLARE_FRACTION),
        ("glare", _largest_blob(saturated) > MAX_GLARE_BLOB_FRACTION),
        ("fog", contrast < MAX_FOG_CONTRAST and dark_channel(dimmest) > MIN_FOG_LEVEL),
        ("lens_covered", covered_fraction(small, grey) > MAX_COVERED_FRACTION),
        ("low_contrast", contrast < MIN_CONTRAST),
        ("blurred", sharpness < MIN_SHARPNESS),
        ("no_colour", float(np.mean(brightest - dimmest)) / 255 < MIN_COLOUR),
    )
    return QualityReport(
        quality=Quality(
            sharpness=sharpness, exposure=exposure, glare=glare, darkness=darkness, contrast=min(contrast, 1.0)
        ),
        reasons=tuple(reason for reason, refused in verdicts if refused),
    )


def dark_channel(dimmest: NDArray[np.uint8]) -> float:
    """Median over a picture of the darkest channel near each pixel, 0..1, from the least channel (h, w) of each pixel.

    Shade between leaves and clods keeps it low; a veil of fog or of breath on the lens lifts it
    (K. He, J. Sun, X. Tang, doi:10.1109/TPAMI.2010.168).
    """
    near = np.ones((_DARK_CHANNEL_PX, _DARK_CHANNEL_PX), np.uint8)
    return float(np.median(cv2.erode(dimmest, near))) / 255


def covered_fraction(small: NDArray[np.uint8], grey: NDArray[np.float32]) -> float:
    """Share of 12 x 9 blocks that lie behind something on the lens, from a photo (h, w, 3) and its grey (h, w).

    Such a block lacks the fine detail that the sharper blocks of the same picture have. Bright and bluish blocks
    do not count: they are sky.
    """
    if grey.shape[0] < _BLOCKS[1] or grey.shape[1] < _BLOCKS[0]:
        return 0.0
    fine = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), _COARSE_SIGMAS_PX[0]))
    detail = cv2.resize(fine, _BLOCKS, interpolation=cv2.INTER_AREA)
    usual = float(np.quantile(detail, 0.8))
    if usual < _BLIND_DETAIL:
        return 1.0
    colour = cv2.resize(small, _BLOCKS, interpolation=cv2.INTER_AREA).astype(np.float32)
    sky = (colour.mean(axis=2) > _SKY_LEVEL) | (colour[..., 2] - colour[..., 0] > _SKY_BLUE)
    return float(np.mean((detail < _BLIND_SHARE * usual) & ~sky))


def _largest_blob(saturated: NDArray[np.bool_]) -> float:
    solid = cv2.morphologyEx(saturated.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_BLOB_PX, _BLOB_PX), np.uint8))
    count, _, figures, _ = cv2.connectedComponentsWithStats(solid)
    return float(figures[1:, cv2.CC_STAT_AREA].max()) / solid.size if count > 1 else 0.0


def at_width(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo (h, w, 3) at the width it is judged at, 384 px; a narrower one as it is."""
    height, width = rgb.shape[:2]
    if width <= WIDTH_PX:
        return rgb
    size = (WIDTH_PX, max(1, round(height * WIDTH_PX / width)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _sharpness(grey: NDArray[np.float32]) -> float:
    if min(grey.shape) < 2:  # noqa: PLR2004 -- a line of pixels has no detail across
        return 0.0
    steps = (
        float(np.square(grey[:, 1:] - grey[:, :-1]).mean()),
        float(np.square(grey[1:] - grey[:-1]).mean()),
        float(np.square(grey[1:, 1:] - grey[:-1, :-1]).mean()) / _DIAGONAL_GAIN,
        float(np.square(grey[1:, :-1] - grey[:-1, 1:]).mean()) / _DIAGONAL_GAIN,
    )
    narrow, broad = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in _COARSE_SIGMAS_PX)
    return min(steps) / (float(np.subtract(narrow, broad).var()) + 1.0)
