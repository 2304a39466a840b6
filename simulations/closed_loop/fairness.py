"""Who is served worse: error of the advice, holds and saving by group, the worst group first, each with its interval.

Groups are farm size, place on the canal, irrigation method, crop, language and telephone. Language and telephone act
only through who answers messages: the advice itself does not know them. Intervals come from whole crop-years drawn
anew; a group of few crop-years has a wide one, or none.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.savings import interval_of, paired, saved_fraction, yield_ratio

BY: Final = ("size", "canal", "method", "crop", "language", "phone")
DRAWS: Final = 500
FEWEST: Final = 5
"""Field-seasons below which a group is told and not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The strategy that is looked at, the baseline of its saving and the reference of its yield."""

    strategy: str
    baseline: str
    reference: str


def battery(outcomes: Sequence[Outcome], roles: Roles) -> list[dict[str, Any]]:
    """One row for each group, the one whose yield is kept worst first within each kind of group."""
    rows = []
    for by in BY:
        names = sorted({group_of(one, by) for one in outcomes if one.strategy == roles.strategy})
        if len(names) < 2:  # noqa: PLR2004 -- a single group has nobody to be compared with
            continue
        own = [_row(by, name, [one for one in outcomes if group_of(one, by) == name], roles) for name in names]
        rows += sorted(own, key=_worst)
    return rows


def group_of(outcome: Outcome, by: str) -> str:
    """The group of a field-season."""
    return outcome.groups[by] if by in outcome.groups else str(getattr(outcome, by, "unknown"))


def _worst(row: dict[str, Any]) -> tuple[bool, float]:
    return row["yield_ratio"] is None, row["yield_ratio"]["value"] if row["yield_ratio"] else 0.0


def _row(by: str, name: str, outcomes: Sequence[Outcome], roles: Roles) -> dict[str, Any]:
    own = [one for one in outcomes if one.strategy == roles.strategy]
    pairs = paired(outcomes, roles.strategy, roles.baseline, roles.reference)
    row: dict[str, Any] = {"by": by, "group": name, "field_seasons": len(own)}
    if pairs.size < FEWEST:
        return row | {"yield_ratio": None, "note": f"fewer than {FEWEST} field-seasons"}
    errors = [(one.cluster, one.advice_error_mm) for one in own if one.advice_error_mm is not None]
    return row | {
        "yield_ratio": interval_of(yield_ratio, pairs, draws=DRAWS).row(),
        "water_saved": interval_of(saved_fraction, pairs, draws=DRAWS).row(),
        "held_fraction": _mean_of([(one.cluster, one.held_days / max(one.advised_days, 1)) for one in own]),
        "advice_error_mm": _mean_of(errors) if errors else None,
    }


def _mean_of(values: Sequence[tuple[tuple[str, str, int], float]]) -> dict[str, Any]:
    """Mean with the 95 % interval of whole crop-years drawn anew."""
    groups: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for cluster, value in values:
        groups[cluster].append(value)
    sums = np.array([[sum(found), len(found)] for _, found in sorted(groups.items())], dtype=np.float64)
    mean = float(sums[:, 0].sum() / sums[:, 1].sum())
    if len(groups) < 2:  # noqa: PLR2004 -- one cluster alone varies with nothing
        return {"value": mean, "low": None, "high": None, "clusters": len(groups)}
    times = np.random.default_rng(1).multinomial(len(groups), np.full(len(groups), 1.0 / len(groups)), DRAWS)
    low, high = np.quantile((times @ sums[:, 0]) / (times @ sums[:, 1]), (0.025, 0.975))
    return {"value": mean, "low": float(low), "high": float(high), "clusters": len(groups)}
