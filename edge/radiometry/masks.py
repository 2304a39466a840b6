"""Canopy pixels of thermal and multi-band frames: pure functions of arrays.

Validity: frames whose canopy and ground are both visible, or that are declared all canopy. Thresholds were
checked on two vineyard scenes, one orchard scene and four wheat frames; no labelled stress set was used.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
FloatImage = NDArray[np.float32]

MIN_CLASS_DIFFERENCE_C: Final = 3.0
MIN_CLASS_DIFFERENCE_NDVI: Final = 0.15

_BINS: Final = 256


def otsu_threshold(values: NDArray[Any]) -> float:
    """Value that best parts finite values (N,) into two classes, in their own unit.

    Largest variance between classes over a 256-bin histogram of the 0.5 to 99.5 percentiles; Otsu (1979),
    IEEE Trans. Syst. Man Cybern. 9, 62-66, doi:10.1109/TSMC.1979.4310076.
    """
    low, high = (float(edge) for edge in np.percentile(values, (0.5, 99.5)))
    if not high > low:
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

    The higher NDVI class; Rouse et al. (1974), NASA SP-351. With temperature [deg C] a pixel must also be in
    the cooler class, which takes out warm dry weeds and mixed edges.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ndvi = np.where(nir + red > 0, (nir - red) / (nir + red), np.nan)
    valid = np.isfinite(ndvi)
    if not valid.any():
        return None
    green: Mask = valid & (ndvi > otsu_threshold(ndvi[valid]))
    if not green.any() or not (valid & ~green).any():
        return None
    if float(ndvi[green].mean() - ndvi[valid & ~green].mean()) < MIN_CLASS_DIFFERENCE_NDVI:
        return None
    cool = None if temperature_c is None else thermal_canopy(temperature_c)
    return green if cool is None else green & cool
