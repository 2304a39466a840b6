"""How sure an advice is, in words a farmer can use: from the chance of stress and the spread of the dose."""

from typing import Final, Literal

from cloud.records import Quantiles, Recommendation

WEIGHED: Final = frozenset({"soil_has_water", "rain_expected"})
"""Reasons to wait that rest on there being water; where water cannot be had, chances are no reason."""
Confidence = Literal["sure", "fairly_sure", "check"]

SURE: Final = 0.8
"""Chance that the advice is the right one from which it is called sure: four of five."""
DOUBTFUL: Final = 0.5
"""Below an even chance the farmer is asked to look at the soil himself."""
NARROW: Final = 0.35
WIDE: Final = 0.75
"""Half of the dose's spread from its 10th to its 90th percentile, as a share of the dose: at most ``NARROW`` for a
sure advice; above ``WIDE`` the right dose may be nearly nothing or nearly the double: the soil should be looked at.
"""


def confidence_of(spoken: Recommendation) -> Confidence | None:
    """How sure an advice is; None where nothing tells it (held, out of season, no turn)."""
    chance = _chance(spoken)
    if chance is None:
        return None
    spread = 0.0 if spoken.depth_mm is None else _spread(spoken.depth_mm)
    if chance < DOUBTFUL or spread > WIDE:
        return "check"
    return "sure" if chance >= SURE and spread <= NARROW else "fairly_sure"


def _chance(spoken: Recommendation) -> float | None:
    """Chance that the crop lacks water if it is not irrigated, or does not where it is told to wait."""
    ignored = spoken.stress_probability_if_ignored
    if ignored is None:
        return None
    if spoken.action == "irrigate":
        return ignored
    return 1.0 - ignored if spoken.action != "hold" and spoken.reason_code in WEIGHED else None


def _spread(dose: Quantiles) -> float:
    return (dose.p90 - dose.p10) / (2.0 * dose.p50) if dose.p50 > 0.0 else float("inf")
