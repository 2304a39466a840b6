"""Water that rises from a shallow water table into the root zone.

Reference: D. Raes, S. Deproost (2003), Model to assess water movement from a shallow water table to the root zone,
Agricultural Water Management 62, 79-91, in the parametric form of AquaCrop (FAO, AquaCrop reference manual, chapter 3,
capillary rise): CR = exp((ln z - b) / a) [mm/d] for a water table z [m] below
the roots, a and b by soil class from the saturated conductivity; it fades as the root zone fills. Valid for a water
table that neither rises nor falls with what is taken from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from cloud.variables import Floats

LARGEST_MM_D: Final = 99.0
"""Rise where the roots touch the water table, and no more than this anywhere [mm d-1] (AquaCrop)."""

DEEPEST_M: Final = 4.0
"""Distance beyond which nothing rises [m] (AquaCrop)."""

FADING_EXPONENT: Final = 16.0
"""Power of the relative wetness by which the rise fades (AquaCrop, shape factor of capillary rise)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """How fast water rises in one soil: the two parameters of the exponential."""

    slope: float
    """a, negative."""
    intercept: float
    """b."""


# a = a0 + a1 Ksat, b = b0 + b1 ln Ksat, Ksat in mm/d (AquaCrop reference manual, table of soil classes).
_SANDY: Final = (-0.3112, -1e-5, -1.4936, 0.2416)
_LOAMY: Final = (-0.4986, 9e-5, -2.1320, 0.4778)
_SANDY_CLAYEY: Final = (-0.5677, -4e-5, -3.7189, 0.5922)
_SILTY_CLAYEY: Final = (-0.6366, 8e-4, -1.9165, 0.7063)


def _rise(soil: tuple[float, float, float, float], conductivity_mm_d: float) -> Rise:
    return Rise(
        slope=soil[0] + soil[1] * conductivity_mm_d, intercept=soil[2] + soil[3] * float(np.log(conductivity_mm_d))
    )


RISE_BY_TEXTURE: Final[Mapping[str, Rise]] = MappingProxyType(
    {
        # Saturated conductivity: AquaCrop's default soils [mm d-1].
        "sand": _rise(_SANDY, 3000.0),
        "loamy_sand": _rise(_SANDY, 2200.0),
        "sandy_loam": _rise(_SANDY, 1200.0),
        "loam": _rise(_LOAMY, 500.0),
        "silt_loam": _rise(_LOAMY, 575.0),
        "silt": _rise(_LOAMY, 500.0),
        "sandy_clay_loam": _rise(_SANDY_CLAYEY, 225.0),
        "clay_loam": _rise(_SANDY_CLAYEY, 125.0),
        "silty_clay_loam": _rise(_SILTY_CLAYEY, 150.0),
        "sandy_clay": _rise(_SANDY_CLAYEY, 35.0),
        "silty_clay": _rise(_SILTY_CLAYEY, 100.0),
        "clay": _rise(_SILTY_CLAYEY, 35.0),
    }
)


def potential_rise_mm(distance_m: Floats, slope: Floats, intercept: Floats) -> Floats:
    """Rise into a dry root zone whose bottom lies a distance above the water table [mm d-1]; 0 beyond 4 m."""
    with np.errstate(over="ignore"):
        rise = np.exp((np.log(np.maximum(distance_m, 1e-6)) - intercept) / slope)
    return np.where(distance_m < DEEPEST_M, np.minimum(rise, LARGEST_MM_D), 0.0)


def capillary_rise_mm(depletion_mm: Floats, total_mm: Floats, potential_mm: Floats) -> Floats:
    """Rise into a root zone of a depletion [mm d-1]: fading towards field capacity, never beyond it."""
    wet = np.clip(1.0 - depletion_mm / np.maximum(total_mm, 1e-9), 0.0, 1.0)
    room = np.maximum(depletion_mm, 0.0)
    return np.minimum(potential_mm * (1.0 - wet**FADING_EXPONENT), room)
