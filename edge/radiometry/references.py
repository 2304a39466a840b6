"""Crop water stress index between the temperatures of a wet and a dry reference seen at the same time.

H.G. Jones (1999), Use of infrared thermometry for estimation of stomatal conductance as a possible aid to irrigation
scheduling, Agric. For. Meteorol. 95, 139-149, doi:10.1016/S0168-1923(99)00030-1.
"""

from typing import Final

MIN_SPAN_K: Final = 2.0
"""References nearer to each other than this leave the index to the camera's noise."""


def references_cwsi(canopy_c: float, wet_reference_c: float, dry_reference_c: float) -> float | None:
    """Index [-]: 0 at the wet reference, 1 at the dry one [deg C]; None when they are nearer than 2 K."""
    span_k = dry_reference_c - wet_reference_c
    return (canopy_c - wet_reference_c) / span_k if span_k >= MIN_SPAN_K else None
