"""What a simulation proves: the bars it is held to, met or missed, each with its distance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.evaluation.bars import Bar
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.savings import (
    LEAST_CLUSTERS,
    Interval,
    interval_of,
    paired,
    saved_fraction,
    water_ratio,
    yield_ratio,
)

SAVED: Final = 0.30
GOAL: Final = 0.35
YIELD_KEPT: Final = 0.99
SAVED_LOWER_BOUND: Final = 0.18
ABOVE_PERFECT: Final = 0.10
TURN_YIELD: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked: water saved, the goal beyond it where there is one, and the least lower bound."""

    saved: float = SAVED
    goal: float | None = GOAL
    bound: float = SAVED_LOWER_BOUND


PLOTS: Final = Asked()
DISTRICT: Final = Asked(saved=0.25, goal=None, bound=0.15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which strategies are compared: advisor, farmers' mixture, well-watered calendar, upper bound."""

    advisor: str
    mixture: str
    calendar: str
    perfect: str | None = None


def bars_of(outcomes: Sequence[Outcome], roles: Roles, asked: Asked = PLOTS) -> list[dict[str, object]]:
    """Every bar of the closed loop over all field-seasons that ran under the strategies it needs."""
    pairs = paired(outcomes, roles.advisor, roles.mixture, roles.calendar)
    if not pairs.size:
        return [
            Bar(what="water saved against the mixture", least=SAVED).row(None, note="no field-season ran under all")
        ]
    saved, kept = interval_of(saved_fraction, pairs), interval_of(yield_ratio, pairs)
    rows = [
        Bar(what="water saved against the mixture, applied and taken from the soil", least=asked.saved).row(
            saved.value, note=f"{_said(saved)}; {_ceiling(outcomes, roles.mixture)}"
        ),
        *([] if asked.goal is None else [Bar(what="the same, goal", least=asked.goal).row(saved.value)]),
        Bar(what="lower 95 % bound of the water saved", least=asked.bound).row(saved.low, note=_enough(saved)),
        Bar(what="yield over that of the well-watered calendar", least=YIELD_KEPT).row(kept.value, note=_said(kept)),
    ]
    return rows + ([] if roles.perfect is None else [_above_perfect(outcomes, roles, roles.perfect)])


def turns_bar(outcomes: Sequence[Outcome], strategy: str, on_demand: str) -> dict[str, object]:
    """The yield that is kept where water comes by turns, over that of a well-watered calendar that nothing binds."""
    pairs = paired(outcomes, strategy, strategy, on_demand)
    bar = Bar(what="yield with canal turns over that of the well-watered calendar on demand", least=TURN_YIELD)
    if not pairs.size:
        return bar.row(None)
    kept = interval_of(yield_ratio, pairs)
    return bar.row(kept.value, note=_said(kept))


def _above_perfect(outcomes: Sequence[Outcome], roles: Roles, perfect: str) -> dict[str, object]:
    bar = Bar(what="water beyond the best stage policy that knows everything", most=ABOVE_PERFECT)
    pairs = paired(outcomes, roles.advisor, perfect, perfect)
    if not pairs.size:
        return bar.row(None)
    more, kept = interval_of(water_ratio, pairs), interval_of(yield_ratio, pairs)
    return bar.row(more.value - 1.0, note=f"yield {kept.value:.1%} of its own; {more.clusters} crop-years")


def _ceiling(outcomes: Sequence[Outcome], mixture: str) -> str:
    """What the farmers themselves lose: the rest was drunk by the crop or dried from the soil's surface."""
    theirs = [one for one in outcomes if one.strategy == mixture]
    lost = sum(one.weight * one.lost_gross_mm for one in theirs)
    used = sum(one.weight * one.used_gross_mm for one in theirs)
    return f"the mixture loses {lost / used:.1%} below roots or off fields"


def word_of(bars: Sequence[Mapping[str, Any]]) -> str:
    """One sentence: what is proven in this simulated world, or what is not."""
    values = {str(row["what"]): row for row in bars}
    saved = values.get("water saved against the mixture, applied and taken from the soil")
    kept = values.get("yield over that of the well-watered calendar")
    bound = values.get("lower 95 % bound of the water saved")
    if saved is None or kept is None or bound is None:
        return "not proven: no field-season ran under advisor, mixture and calendar"
    percent = f"{float(saved['value']):.1%} less water than the farmers' mixture"
    if kept["state"] != "met":
        return f"not proven: {percent}, but the yield is {float(kept['value']):.1%} of the well-watered calendar's"
    if bound["state"] != "met" or "too few" in str(bound.get("note", "")):
        return f"not proven: {percent}, but its lower bound says less or rests on too few crop-years"
    return f"saved: {percent} at {float(kept['value']):.1%} of the yield, in this simulated world"


def _said(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return f"{interval.clusters} crop-years: no interval"
    return f"95 % interval {interval.low:.1%} to {interval.high:.1%}, {interval.clusters} crop-years"


def _enough(interval: Interval) -> str:
    few = f", too few (at least {LEAST_CLUSTERS} asked)" if interval.clusters < LEAST_CLUSTERS else ""
    return f"{interval.clusters} crop-years{few}"
