"""From the crop water stress index to stress: 1 - T/Tpot at the hour of the photo."""

from collections.abc import Mapping
from typing import Final

from edge.radiometry.cwsi import crop_name

STRESS_SIGMA: Final[Mapping[str, float]] = {"maize": 0.25, "soybean": 0.43}
"""Root mean square of stress by soil water less the index, Nebraska 2024 (``models/thermal``), by crop.

The season was wet and the soil's limits are not known, so the data neither confirm nor refute the slope: it is
theory's, and sigma says how little was learned.
"""


def stress_of_index(crop: str, cwsi: float, cwsi_sigma: float) -> tuple[float, float] | None:
    """Stress (0..1) and its sigma; None for a crop without soil water to judge by.

    Jackson et al. (1981), doi:10.1029/WR017i004p01133, eq. 12: the index is 1 - E/Ep. The sigma is the larger of the
    index's own and the one found on plots.
    """
    found = STRESS_SIGMA.get(crop_name(crop))
    return None if found is None else (min(1.0, max(0.0, cwsi)), min(1.0, max(found, cwsi_sigma)))
