"""Vegetation indices over the canopy of a frame: pure functions of bands.

Ratios of differences need bands in one common scale and no more; OSAVI holds a constant of reflectance, so it is
given only for bands that are reflectance.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from edge.radiometry.masks import FloatImage, Mask, normalised_difference

SOIL_TERM: Final = 0.16
PLAUSIBLE_REFLECTANCE: Final = (0.005, 1.0)
STAND_INS: Final = {"red": "green", "nir": "red_edge"}
"""Which band parts leaves from soil where another is missing: leaves darken green less, brighten red edge less."""


def ndvi(nir: FloatImage, red: FloatImage) -> FloatImage:
    """Normalised difference vegetation index [-] (H, W): (NIR - R) / (NIR + R); Rouse et al. (1974), NASA SP-351."""
    return normalised_difference(nir, red)


def ndre(nir: FloatImage, red_edge: FloatImage) -> FloatImage:
    """Normalised difference red edge [-] (H, W): (NIR - RE) / (NIR + RE).

    Gitelson and Merzlyak (1994), J. Plant Physiol. 143, 286-292, doi:10.1016/S0176-1617(11)81633-0.
    """
    return normalised_difference(nir, red_edge)


def osavi(nir: FloatImage, red: FloatImage) -> FloatImage:
    """Optimised soil-adjusted vegetation index [-] (H, W) of reflectance: (NIR - R) / (NIR + R + 0.16).

    Rondeaux et al. (1996), Remote Sens. Environ. 55, 95-107, doi:10.1016/0034-4257(95)00186-7.
    """
    return np.asarray((nir - red) / (np.maximum(nir + red, 0) + SOIL_TERM), dtype=np.float32)


def is_reflectance(*bands: FloatImage) -> bool:
    """Whether the bands' medians lie where reflectance [0..1] of land does; whole numbers of a sensor lie above."""
    low, high = PLAUSIBLE_REFLECTANCE
    medians = [float(np.nanmedian(band)) for band in bands if np.isfinite(band).any()]
    # A surface brighter than white is glare or another scale.
    bright = [float(np.nanpercentile(band, 99)) for band in bands if np.isfinite(band).any()]
    return len(medians) == len(bands) and all(low <= value <= high for value in medians) and max(bright) <= high


def has_signal(band: FloatImage) -> bool:
    """Whether a band holds more than one value: a dead channel is written as all zeros or all missing."""
    finite = band[np.isfinite(band)]
    return finite.size > 0 and float(finite.max()) > float(finite.min())


def live_bands(bands: Mapping[str, FloatImage]) -> dict[str, FloatImage]:
    """The bands that hold a signal."""
    return {name: band for name, band in bands.items() if has_signal(band)}


def leaf_pair(bands: Mapping[str, FloatImage]) -> tuple[FloatImage, FloatImage, bool] | None:
    """Bands that leaves absorb and reflect, red and near infrared or their stand-ins, and whether one stands in."""
    names = [name if name in bands else STAND_INS[name] for name in ("red", "nir")]
    if any(name not in bands for name in names):
        return None
    return bands[names[0]], bands[names[1]], names != ["red", "nir"]


def canopy_indices(bands: Mapping[str, FloatImage], canopy: Mask) -> dict[str, float | None]:
    """Means over canopy (H, W) of ``ndvi``, ``ndre`` and ``osavi`` [-]; None where a band or canopy is lacking."""
    red, edge, nir = (bands.get(name) for name in ("red", "red_edge", "nir"))
    images: dict[str, FloatImage | None] = {"ndvi": None, "ndre": None, "osavi": None}
    if nir is not None and red is not None:
        images["ndvi"] = ndvi(nir, red)
        images["osavi"] = osavi(nir, red) if is_reflectance(nir, red) else None
    if nir is not None and edge is not None:
        images["ndre"] = ndre(nir, edge)
    return {name: None if image is None else _mean(image, canopy) for name, image in images.items()}


def _mean(image: FloatImage, canopy: Mask) -> float | None:
    values = image[canopy & np.isfinite(image)]
    return float(np.clip(values, -1, 1).mean()) if values.size else None
