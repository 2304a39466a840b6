"""Canopy temperature from the pixels of a mask, mixed pixels left out."""

from typing import Final

import cv2
import numpy as np

from edge.radiometry.masks import FloatImage, Mask

MIN_PURE_PIXELS: Final = 50
MIN_PURE_FRACTION: Final = 0.05

_TRIMMED_PERCENT: Final = (10.0, 90.0)
_NEIGHBOURS: Final = np.ones((3, 3), np.uint8)


def canopy_temperature_c(temperature_c: FloatImage, canopy: Mask) -> float | None:
    """Temperature [deg C] of pure canopy: mean of the middle 80 % of pixels whose eight neighbours are canopy.

    Where rows are too thin for that (fewer than 50 such pixels or 5 % of the canopy), the cooler half of the
    canopy pixels, since pixels mixed with sunlit soil are its warm side. None when no canopy pixel is valid.
    """
    canopy = canopy & np.isfinite(temperature_c)
    pure = cv2.erode(canopy.astype(np.uint8), _NEIGHBOURS).astype(bool)
    if np.count_nonzero(pure) >= max(MIN_PURE_PIXELS, MIN_PURE_FRACTION * np.count_nonzero(canopy)):
        values = temperature_c[pure]
        low, high = np.percentile(values, _TRIMMED_PERCENT)
    else:
        values = temperature_c[canopy]
        if values.size == 0:
            return None
        low, high = values.min(), np.median(values)
    return float(values[(values >= low) & (values <= high)].mean())


def drawn_canopy_temperature_c(temperature_c: FloatImage, canopy: Mask) -> float | None:
    """Mean temperature [deg C] of a canopy that other bands drew; None when none of its pixels is valid.

    Temperature had no part in drawing it, so neither its warm nor its cool side is to be left out: on the orchard
    scene the cool core of crowns lies 0.8 K below the mean of the crowns as drawn by hand.
    """
    values = temperature_c[canopy & np.isfinite(temperature_c)]
    return float(values.mean()) if values.size else None
