"""Whether a photo is fit for an opinion: pure measures on its pixels, and the reasons when it is not.

Thresholds were set on 1,057 daytime soybean field photos (06:45-18:59 local, one camera type) and 314 peanut
photos (telephones), both about 400 px wide, and on the same photos spoilt on purpose (darkened, overexposed,
blurred, fogged): each lies between the worst real daytime photo and the mildest spoilt one that the models
misread. The figures stand in the tests that measure them.
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
MAX_GLARE_FRACTION: Final = 0.08
MIN_CONTRAST: Final = 0.11
MIN_SHARPNESS: Final = 1.05
MIN_COLOUR: Final = 0.01

_DARK_LEVEL: Final = 25
_SATURATED_LEVEL: Final = 250
_DIAGONAL_GAIN: Final = 1.5  # a diagonal neighbour lies further away: real photos step this much more
_COARSE_SIGMAS_PX: Final = (2.0, 4.0)


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
    small = _at_width(rgb)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    brightest, dimmest = small.max(axis=2), small.min(axis=2)
    exposure, contrast = float(grey.mean()) / 255, float(grey.std()) / 255
    glare = float(np.mean(dimmest >= _SATURATED_LEVEL))
    darkness = float(np.mean(brightest <= _DARK_LEVEL))
    sharpness = _sharpness(grey)
    colour = float(np.mean(brightest - dimmest)) / 255
    verdicts = (
        ("dark", exposure < MIN_EXPOSURE or darkness > MAX_DARK_FRACTION),
        ("overexposed", exposure > MAX_EXPOSURE or glare > MAX_GLARE_FRACTION),
        ("low_contrast", contrast < MIN_CONTRAST),
        ("blurred", sharpness < MIN_SHARPNESS),
        ("no_colour", colour < MIN_COLOUR),
    )
    return QualityReport(
        quality=Quality(
            sharpness=sharpness, exposure=exposure, glare=glare, darkness=darkness, contrast=min(contrast, 1.0)
        ),
        reasons=tuple(reason for reason, refused in verdicts if refused),
    )


def _at_width(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
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
