"""Limits that people have widened: the only way in which experience moves the judge, and only so far.

A finding that fails by less than its factor passes, and carries the widened limit. Limits of pipes, pumps, turns,
quotas, records and the age of data are nobody's opinion and cannot be widened.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cloud.judge.case import Finding

LEARNABLE: Final = frozenset(
    {
        "needed",
        "no_likely_rain",
        "not_far_below_need",
        "room_in_soil",
        "two_references_agree",
        "wait_follows_odds",
        "waiting_is_safe",
    }
)
"""Checks of the judge's own rough numbers, against which a person in the field may be right."""
WIDEST: Final = 1.25
"""No limit is widened by more than this factor, however often people let pass what it held."""


def eased(finding: Finding, limits: Mapping[str, float]) -> Finding:
    """A finding under widened limits; one that passed, or that may not be widened, stays as it is."""
    factor = min(limits.get(finding.name, 1.0), WIDEST)
    if finding.passed or finding.name not in LEARNABLE or not factor > 1.0:
        return finding
    how_far = excess(finding.measured, finding.limit)
    if how_far is None or how_far > factor:
        return finding
    measured, limit = float(finding.measured or 0.0), float(finding.limit or 0.0)
    return replace(finding, passed=True, limit=limit * factor if measured > limit else limit / factor)


def excess(measured: float | str | None, limit: float | str | None) -> float | None:
    """How far past its limit a measure lies, as a ratio above 1; None where it is no ratio."""
    if not isinstance(measured, int | float) or not isinstance(limit, int | float):
        return None
    if not (math.isfinite(measured) and math.isfinite(limit)) or measured <= 0.0 or limit <= 0.0:
        return None
    return max(measured / limit, limit / measured)
