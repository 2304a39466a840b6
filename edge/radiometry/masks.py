"""Canopy pixels of thermal and multi-band frames: pure functions of arrays.

Validity: frames whose canopy and ground are both visible, or that are declared all canopy. Thresholds were
checked on two vineyard scenes, one orchard scene and four wheat frames; no labelled stress set was used.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
FloatImage = NDArray[np.float32]

MIN_CLASS_DIFFERENCE_C: Final = 3.0
MIN_CLASS_DIFFERENCE_NDVI: Final = 0.15

MIN_INNER_FRACTION: Final = 0.4
"""Share of the vivid class farther than the width of roughness from its edge, below which crowns count as thin."""
MIN_ROUGHNESS_SHARE: Final = 0.15
"""Least share of rough and of smooth pixels inside the vivid class for there to be two kinds of it."""

_BINS: Final = 256
_SMOOTHING_PX: Final = 1.0
_ROUGHNESS_PX: Final = 4.0


def otsu_threshold(values: NDArray[Any]) -> float:
    """Value that best parts finite values (N,) into two classes, in their own unit.

    Largest variance between classes over a 256-bin histogram of the 0.5 to 99.5 percentiles; Otsu (1979),
    IEEE Trans. Syst. Man Cybern. 9, 62-66, doi:10.1109/TSMC.1979.4310076.
    """
    low, high = (float(edge) for edge in np.percentile(values, (0.5, 99.5)))
    if not high - low > _BINS * float(
        np.spacing(np.float32(max(abs(low), abs(high))))
    ):  # one value, but for its last digits
        return high
    counts, edges = np.histogram(np.clip(values, low, high), bins=_BINS, range=(low, high))
    centres = (edges[:-1] + edges[1:]) / 2
    share = np.cumsum(counts) / counts.sum()
    moment = np.cumsum(counts * centres) / counts.sum()
    between = (moment[-1] * share - moment) ** 2 / np.maximum(share * (1 - share), 1e-12)
    best = np.flatnonzero(between[:-1] >= between[:-1].max() * (1 - 1e-9))  # a gap gives a plateau: take its middle
    return float((edges[best[0] + 1] + edges[best[-1] + 1]) / 2)


def thermal_canopy(temperature_c: FloatImage, *, closed_canopy: bool = False) -> Mask | None:
    """Canopy pixels (H, W) of a thermal frame [deg C]: its cooler class; None when there are no two classes.

    Sunlit soil is warmer than leaves by several kelvin; classes nearer than 3 K (one surface, night, rain)
    are not told apart. ``closed_canopy`` declares that every valid pixel is canopy.
    """
    valid = np.isfinite(temperature_c)
    if closed_canopy:
        return valid
    values = temperature_c[valid]
    if values.size == 0:
        return None
    cool: Mask = valid & (temperature_c < otsu_threshold(values))
    warm: Mask = valid & ~cool
    if not cool.any() or not warm.any():
        return None
    difference_c = float(temperature_c[warm].mean() - temperature_c[cool].mean())
    return cool if difference_c >= MIN_CLASS_DIFFERENCE_C else None


def multispectral_canopy(red: FloatImage, nir: FloatImage, temperature_c: FloatImage | None = None) -> Mask | None:
    """Canopy pixels (H, W) of a frame with red and near infrared, in any common scale; None when not told apart.

    The higher NDVI class; Rouse et al. (1974), NASA SP-351. Where its crowns are wide enough that their leaves are
    resolved, grass is told from them as by ``leafy_crowns``. Else, with temperature [deg C], a pixel must also be
    in the cooler class, which takes out warm dry weeds and mixed edges.
    """
    ndvi = normalised_difference(nir, red)
    valid = np.isfinite(ndvi)
    if not valid.any():
        return None
    green: Mask = valid & (ndvi > otsu_threshold(ndvi[valid]))
    if not green.any() or not (valid & ~green).any():
        return None
    if float(ndvi[green].mean() - ndvi[valid & ~green].mean()) < MIN_CLASS_DIFFERENCE_NDVI:
        return None
    crowns = leafy_crowns(ndvi, nir)
    if crowns is not None:
        return crowns
    cool = None if temperature_c is None else thermal_canopy(temperature_c)
    return green if cool is None else green & cool


def normalised_difference(first: FloatImage, second: FloatImage) -> FloatImage:
    """(first - second) / (first + second), both (H, W); NaN where their sum is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(first + second > 0, (first - second) / (first + second), np.float32(np.nan)).astype(np.float32)


def leafy_crowns(ndvi: FloatImage, nir: FloatImage) -> Mask | None:
    """Tree crowns (H, W) whose leaves are resolved; None where no crown is wide or none differs from its grass.

    The higher class of NDVI x near infrared (Badgley et al. 2017, Sci. Adv. 3, e1602244,
    doi:10.1126/sciadv.1602244), which leaves out green in shade, and within it what is rough in near infrared:
    sunlit and shaded leaves side by side, which grass below them lacks. The two widths [pixels] were chosen on one
    orchard scene of some 2 cm a pixel.
    """
    valid = np.isfinite(ndvi) & np.isfinite(nir)
    light = np.where(valid, nir, np.float32(0)).astype(np.float32)
    bright = cv2.GaussianBlur(np.where(valid, ndvi, np.float32(0)) * np.maximum(light, 0), (0, 0), _SMOOTHING_PX)
    vivid: Mask = valid & (bright > otsu_threshold(bright[valid]))
    inner: Mask = cv2.distanceTransform(vivid.astype(np.uint8), cv2.DIST_L2, 3) > _ROUGHNESS_PX
    if not inner.any() or inner.sum() < MIN_INNER_FRACTION * vivid.sum():
        return None
    mean = cv2.GaussianBlur(light, (0, 0), _ROUGHNESS_PX)
    variance = cv2.GaussianBlur(light * light, (0, 0), _ROUGHNESS_PX) - mean * mean
    roughness = np.sqrt(np.maximum(variance, 0))
    rough = roughness > otsu_threshold(roughness[valid])
    share = float(rough[inner].mean())
    if not MIN_ROUGHNESS_SHARE <= share <= 1 - MIN_ROUGHNESS_SHARE:  # one surface: all crop, or all edges
        return None
    return vivid & rough
