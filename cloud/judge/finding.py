"""One question of the judge, its answer, and what follows from a bad one."""

import math
from dataclasses import dataclass
from typing import Literal

from cloud.records import Check

Severity = Literal["shrink", "hold", "block"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A check with what follows from its failure; ``at_most_mm`` is the depth that would have passed."""

    name: str
    passed: bool
    measured: float | str | None
    limit: float | str | None
    severity: Severity = "hold"
    at_most_mm: float | None = None

    def check(self) -> Check:
        """The record of the check."""
        return Check(name=self.name, passed=self.passed, measured=_short(self.measured), limit=_short(self.limit))


def _short(value: float | str | None) -> float | str | None:
    if isinstance(value, str) or value is None:
        return value
    return round(float(value), 3) if math.isfinite(value) else None
