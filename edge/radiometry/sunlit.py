"""The sunlit part of a canopy in a colour photo: leaf temperature means something else in the sun than in the shade."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.radiometry.masks import otsu_threshold

SMALLEST_CANOPY_PX: Final = 100
SMALLEST_SHARE: Final = 0.05
# The best split of any normal distribution explains 0.64 of its variance: two lights must explain more.
SMALLEST_EXPLAINED_FRACTION: Final = 0.68
SMALLEST_LIGHT_RATIO: Final = 2.0
_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_GAMMA: Final = 2.2


def sunlit(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Canopy pixels in the sun: the brighter of two classes of the canopy's luma, by Otsu's threshold.

    Parameters
    ----------
    rgb
        Photo (h, w, 3), red first [camera values 0-255, gamma-coded].
    mask
        Canopy (h, w), true where a pixel is vegetation.

    Returns
    -------
    NDArray or None
        Mask (h, w), a part of ``mask``; None where the canopy has no two lights: an overcast sky, a canopy of fewer
        than 100 pixels, a class below 5 % of it, or a sunlit class less than twice as bright as the shaded one.
    """
    luma = np.asarray(rgb.astype(np.float32) @ _LUMA, dtype=np.float32)
    values = luma[mask]
    if values.size < SMALLEST_CANOPY_PX:
        return None
    threshold = otsu_threshold(values)
    bright = values > threshold
    if not _two_lights(values, bright):
        return None
    return np.asarray(mask & (luma > threshold), dtype=np.bool_)


def _two_lights(values: NDArray[np.float32], bright: NDArray[np.bool_]) -> bool:
    """Whether a split of luma (N,) parts sun from shade and does not merely halve one light."""
    share = float(bright.mean())
    if not SMALLEST_SHARE <= share <= 1 - SMALLEST_SHARE:
        return False
    sun, shade = values[bright], values[~bright]
    explained = share * (1 - share) * float(sun.mean() - shade.mean()) ** 2 / max(float(values.var()), 1e-9)
    sunlight, shadelight = (float((part**_GAMMA).mean()) for part in (sun, shade))
    return explained >= SMALLEST_EXPLAINED_FRACTION and sunlight >= SMALLEST_LIGHT_RATIO * shadelight
