"""Whether a camera is aimed well, from one picture: pure measures an installer can act on while turning a screw."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.quality import at_width, judge_photo

AimCode = Literal[
    "dark", "overexposed", "glare", "fog", "lens_covered", "low_contrast", "blurred", "no_colour", "tilted", "sky",
    "little_canopy", "well",
]  # fmt: skip

MOST_SKY_FRACTION: Final = 0.35
"""More sky than this is light that tells nothing of leaves, and fools the exposure."""
MOST_ROLL_DEG: Final = 5.0
LEAST_CANOPY_FRACTION: Final = 0.05
"""Below it no opinion is given on a photo (``edge.finding``)."""

_LEAST_SKY_FRACTION: Final = 0.02
_SKY_LEVEL: Final = 150.0
_SKY_BLUE: Final = 12.0
_SKY_SMOOTH: Final = 6.0  # grey levels of local spread: sky is plain, leaves are not
_SMOOTH_PX: Final = 9
_LEAST_COLUMNS: Final = 0.5
_LINE_TOLERANCE_PX: Final = 4.0
_LEAST_AGREEING: Final = 0.6

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Where the sky ends: its share of the picture, and how far the camera rolls [deg], + when the left lies lower."""

    sky_fraction: float
    roll_deg: float | None
    """None where the edge of the sky is no line, as between trees."""
    line: tuple[tuple[float, float], tuple[float, float]] | None
    """Ends at the left and right border, each (x, y) in shares of width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What one picture says about where its camera looks."""

    code: AimCode
    """The first thing to put right, or ``well``."""
    sharpness: float
    exposure: float
    contrast: float
    horizon: Horizon | None
    canopy_fraction: float | None


def aim_of(rgb: NDArray[np.uint8], canopy: NDArray[np.uint8] | None) -> Aim:
    """Aim of a camera by a photo (h, w, 3), red first, and its canopy mask (any size), where a model drew one."""
    report = judge_photo(rgb)
    horizon = horizon_of(rgb)
    cover = None if canopy is None else float(np.count_nonzero(canopy)) / canopy.size
    roll_deg = None if horizon is None else horizon.roll_deg
    checks: tuple[tuple[AimCode, bool], ...] = (
        ("tilted", roll_deg is not None and abs(roll_deg) > MOST_ROLL_DEG),
        ("sky", horizon is not None and horizon.sky_fraction > MOST_SKY_FRACTION),
        ("little_canopy", cover is not None and cover < LEAST_CANOPY_FRACTION),
    )
    first: Any = next(iter(report.reasons), None) or next((code for code, wrong in checks if wrong), "well")
    quality = report.quality
    return Aim(
        code=first,
        sharpness=quality.sharpness or 0.0,
        exposure=quality.exposure or 0.0,
        contrast=quality.contrast or 0.0,
        horizon=horizon,
        canopy_fraction=cover,
    )


def horizon_of(rgb: NDArray[np.uint8]) -> Horizon | None:
    """Horizon of a photo (h, w, 3), red first; None where no sky is seen, as by a camera that looks down.

    Sky is what is plain, and bright or bluish, without a break from the upper border on. The line is the one on which
    most columns end, by a fit that leaves columns off it out (trees, poles).
    """
    small = at_width(rgb)
    height, width = small.shape[:2]
    depth = _sky_depths(small)
    fraction = float(depth.sum()) / (height * width)
    if fraction < _LEAST_SKY_FRACTION:
        return None
    fitted = _line(depth, height)
    if fitted is None:
        return Horizon(sky_fraction=fraction, roll_deg=None, line=None)
    slope, start = fitted
    ends = ((0.0, start / height), (1.0, (start + slope * (width - 1)) / height))
    return Horizon(sky_fraction=fraction, roll_deg=-float(np.degrees(np.arctan(slope))), line=ends)


def _sky_depths(small: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many pixels of each column are sky, from the upper border down (w,)."""
    colour = small.astype(np.float32)
    grey = colour.mean(axis=2)
    mean = cv2.blur(grey, (_SMOOTH_PX, _SMOOTH_PX))
    spread = np.sqrt(np.maximum(cv2.blur(grey * grey, (_SMOOTH_PX, _SMOOTH_PX)) - mean * mean, 0))
    light = (grey > _SKY_LEVEL) & (colour[..., 2] >= colour[..., 0] - _SKY_BLUE)
    blue = colour[..., 2] - np.maximum(colour[..., 0], colour[..., 1]) > _SKY_BLUE
    sky = (light | blue) & (spread < _SKY_SMOOTH)
    # The blur looks half its width beyond the edge of the sky.
    ends = np.where(sky.all(axis=0), sky.shape[0], np.argmin(sky, axis=0))
    reached = np.where((ends > 0) & (ends < sky.shape[0]), ends + _SMOOTH_PX // 2, ends)
    return np.asarray(np.minimum(reached, sky.shape[0]), dtype=np.int64)


def _line(depth: NDArray[np.int64], height: int) -> tuple[float, float] | None:
    """Slope [px/px] and start [px] of the line on which most columns' sky ends; None when they end anywhere."""
    columns = np.flatnonzero((depth > 0) & (depth < height))
    if columns.size < _LEAST_COLUMNS * depth.size:
        return None
    ends = depth[columns].astype(np.float64)
    # Medians over pairs half a picture apart: a third of the columns may lie off the line.
    half = columns.size // 2
    slope = float(np.median((ends[half : 2 * half] - ends[:half]) / (columns[half : 2 * half] - columns[:half])))
    start = float(np.median(ends - slope * columns))
    near = np.abs(ends - slope * columns - start) <= _LINE_TOLERANCE_PX
    if near.mean() < _LEAST_AGREEING:
        return None
    slope, start = (float(value) for value in np.polyfit(columns[near], ends[near], 1))
    return slope, start


def overlay_png(canopy: NDArray[np.uint8], *, width: int) -> bytes:
    """A see-through picture that is green where a mask (h, w) says canopy, at a width [pixels]."""
    height = max(1, round(canopy.shape[0] * width / canopy.shape[1]))
    small = cv2.resize(canopy, (width, height), interpolation=cv2.INTER_AREA) > 127  # noqa: PLR2004 -- half covered
    painted = np.zeros((height, width, 4), np.uint8)
    painted[small] = (60, 200, 0, 110)
    return cv2.imencode(".png", painted)[1].tobytes()


def preview_jpeg(picture: NDArray[np.uint8], *, width: int) -> bytes:
    """A JPEG of a photo (h, w, 3), red first, or of a grey picture (h, w), not wider than a width [pixels]."""
    shrink = min(1.0, width / picture.shape[1])
    size = (max(1, round(picture.shape[1] * shrink)), max(1, round(picture.shape[0] * shrink)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    shown = small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2BGR)  # noqa: PLR2004 -- grey
    return cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
