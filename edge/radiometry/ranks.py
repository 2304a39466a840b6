"""Which trees of one flight lack water more than their neighbours: a rank, never an absolute water status.

Validity: pistachio crowns of one orchard, seven flights of one summer. A model of absolute stem water potential
fitted there says nothing of another orchard, so other crops get no rank unless an operator has checked it there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.radiometry.masks import FloatImage

Numbers = NDArray[np.float64]

MIN_CROWNS: Final = 8
MIN_CROWN_PIXELS: Final = 100
MIN_SPREAD: Final = 0.01
"""Least distance between the quartiles of crowns' vigour [-]; the least of the seven flights has 0.020."""
SEEN_VIGOUR: Final = (0.30, 0.45)
"""Median vigour of a flight [-] for which the rank is trusted; the seven have 0.35 to 0.39."""
VALIDATED_CROPS: Final = frozenset({"pistachio"})
HELD_OUT_RHO: Final = 0.45
"""Mean rank correlation with stem water potential within a flight; 0.01 to 0.84 over the seven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightRank:
    """Relative stress of each crown (N,), 0 the least and 1 the most of its flight, and how far to trust it [0..1]."""

    stress: Numbers
    confidence: float


def crown_vigour(osavi: FloatImage) -> float | None:
    """Vigour [-] of one crown: 90th percentile of its pixels' OSAVI, its sunlit outer leaves; None if too few."""
    values = osavi[np.isfinite(osavi)]
    return float(np.percentile(values, 90)) if values.size >= MIN_CROWN_PIXELS else None


def rank_within_flight(
    vigour: Sequence[float | None], crop: str | None, *, checked_here: bool = False
) -> tuple[FlightRank | None, str | None]:
    """Relative stress of the crowns of one flight by their vigour (N,), or None and the reason why not.

    The less vigorous a crown beside its neighbours, the drier; a crown without vigour gets NaN. ``checked_here``
    says that an operator compared the rank with pressure chamber readings in this very orchard.
    """
    values = np.array([np.nan if value is None else value for value in vigour], np.float64)
    known = np.isfinite(values)
    reason = _reason(values[known], crop, checked_here=checked_here)
    if reason is not None:
        return None, reason
    stress = np.full(values.shape, np.nan)
    stress[known] = _places(-values[known])
    return FlightRank(stress=stress, confidence=HELD_OUT_RHO), None


def _reason(values: Numbers, crop: str | None, *, checked_here: bool) -> str | None:
    if crop is None:
        return "crop_unknown"
    if crop not in VALIDATED_CROPS and not checked_here:
        return "crop_not_validated"
    if values.size < MIN_CROWNS:
        return "low_canopy"
    low, high = SEEN_VIGOUR
    if not checked_here and not low <= float(np.median(values)) <= high:
        return "unlike_training"
    quarter, three_quarters = np.percentile(values, (25, 75))
    return "low_contrast" if three_quarters - quarter < MIN_SPREAD else None


def _places(values: Numbers) -> Numbers:
    """Place of each value among all, 0 to 1; equal values share the middle of their places."""
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, side="left")
    upto = np.searchsorted(ordered, values, side="right")
    return np.asarray((below + upto - 1) / (2 * (values.size - 1)), dtype=np.float64)
