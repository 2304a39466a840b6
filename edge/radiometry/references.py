"""Crop water stress index between the temperatures of a wet and a dry reference seen at the same time.

H.G. Jones (1999), Use of infrared thermometry for estimation of stomatal conductance as a possible aid to irrigation
scheduling, Agric. For. Meteorol. 95, 139-149, doi:10.1016/S0168-1923(99)00030-1.
"""

from typing import Final

import numpy as np

from edge.radiometry.masks import FloatImage

MIN_SPAN_K: Final = 2.0
"""References nearer to each other than this leave the index to the camera's noise."""


def references_cwsi(canopy_c: float, wet_reference_c: float, dry_reference_c: float) -> float | None:
    """Index [-]: 0 at the wet reference, 1 at the dry one [deg C]; None when they are nearer than 2 K."""
    span_k = dry_reference_c - wet_reference_c
    return (canopy_c - wet_reference_c) / span_k if span_k >= MIN_SPAN_K else None


def reference_temperature_c(temperature_c: FloatImage, point: tuple[float, float], radius_px: float) -> float | None:
    """Median [deg C] of a frame (H, W) within a radius of a point (x, y) [px]; None when under half of it is known.

    A wet cloth and a dry leaf or board that hang in the picture are read at the very moment of the canopy.
    """
    rows, columns = np.ogrid[: temperature_c.shape[0], : temperature_c.shape[1]]
    inside = (columns + 0.5 - point[0]) ** 2 + (rows + 0.5 - point[1]) ** 2 <= max(radius_px, 0.75) ** 2
    known = temperature_c[inside & np.isfinite(temperature_c)]
    if known.size == 0 or 2 * known.size < np.count_nonzero(inside):
        return None
    return float(np.median(known))
