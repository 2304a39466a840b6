"""Limits that people have moved: the only way in which experience moves the judge, and only so far.

A finding that fails by less than its factor passes, and carries the widened limit; under a factor below 1 one that
passes by less than it fails, and carries the tightened limit. Limits of pipes, pumps, turns,
quotas, records and the age of data are nobody's opinion and cannot be moved.
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
TIGHTENABLE: Final = frozenset({"room_in_soil", "two_references_agree", "wait_follows_odds", "waiting_is_safe"})
"""Those of them whose measure may not pass its limit, whatever else is true: what lies close below it is told apart."""
TIGHTEST: Final = 0.9
"""No limit is tightened below this share of it, however seldom people let pass what it held."""


def eased(finding: Finding, limits: Mapping[str, float]) -> Finding:
    """A finding under moved limits; one whose limit is nobody's opinion stays as it is."""
    factor = min(limits.get(finding.name, 1.0), WIDEST)
    if 0.0 < factor < 1.0 and finding.name in TIGHTENABLE:
        return _tightened(finding, max(factor, TIGHTEST))
    if finding.passed or finding.name not in LEARNABLE or not factor > 1.0:
        return finding
    how_far = excess(finding.measured, finding.limit)
    if how_far is None or how_far > factor:
        return finding
    measured, limit = float(finding.measured or 0.0), float(finding.limit or 0.0)
    return replace(finding, passed=True, limit=limit * factor if measured > limit else limit / factor)


def _tightened(finding: Finding, factor: float) -> Finding:
    """One that passes by less than a factor fails; what it may be at most falls with its limit."""
    measured, limit = finding.measured, finding.limit
    if not finding.passed or excess(measured, limit) is None:
        return finding
    if not float(limit or 0.0) * factor < float(measured or 0.0) <= float(limit or 0.0):
        return finding
    at_most_mm = None if finding.at_most_mm is None else finding.at_most_mm * factor
    return replace(finding, passed=False, limit=float(limit or 0.0) * factor, at_most_mm=at_most_mm)


def excess(measured: float | str | None, limit: float | str | None) -> float | None:
    """How far past its limit a measure lies, as a ratio above 1; None where it is no ratio."""
    if not isinstance(measured, int | float) or not isinstance(limit, int | float):
        return None
    if not (math.isfinite(measured) and math.isfinite(limit)) or measured <= 0.0 or limit <= 0.0:
        return None
    return max(measured / limit, limit / measured)
