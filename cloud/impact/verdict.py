"""The one sentence at the end: saved, with an interval, or not proven, why, and what it would take."""

from dataclasses import dataclass
from math import ceil, log
from statistics import NormalDist

from cloud.impact.checks import Attrition
from cloud.impact.design import Design
from cloud.impact.interval import Chance, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything the verdict rests on."""

    design: Design
    water: Interval
    worst: Interval
    """Meter gaps as they would hide a saving the least."""
    best: Interval
    grown: Interval
    """Yield lost, one-sided at the design's confidence (so the interval is of twice the error)."""
    chance: Chance | None
    attrition: Attrition
    before: Interval | None
    registered: bool
    tampered: tuple[str, ...] = ()
    """What makes the registration worthless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Saved or not proven; per cent in words, shares in numbers."""

    saved: bool
    text: str
    reasons: tuple[str, ...]
    value: float | None
    low: float | None
    """With meter gaps at their worst."""
    high: float | None
    more_parcel_seasons: int | None
    """Advised and compared together; None where no number would do, or none is needed."""


def verdict_of(findings: Findings) -> Verdict:
    """Saved only where water, chance, yield, losses, ways before and registration all allow it."""
    reasons = (*findings.tampered, *_water(findings), *_chance(findings), *_yield(findings), *_selection(findings))
    saved = not reasons
    value = findings.water.value
    low, high = _widest(findings)
    more = None if saved else more_parcel_seasons(findings)
    if saved and value is not None and low is not None and high is not None:
        text = f"saved {100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
    else:
        text = f"not proven: {'; '.join(reasons)}; {_way_out(findings, more)}"
    return Verdict(saved=saved, text=text, reasons=reasons, value=value, low=low, high=high, more_parcel_seasons=more)


def _widest(findings: Findings) -> tuple[float | None, float | None]:
    lows = [one.low for one in (findings.water, findings.worst) if one.low is not None]
    highs = [one.high for one in (findings.water, findings.best) if one.high is not None]
    return (min(lows), max(highs)) if lows and highs else (None, None)


def _water(findings: Findings) -> list[str]:
    found, worst = findings.water, findings.worst
    if found.value is None or found.low is None:
        why = f" ({', '.join(found.dropped)})" if found.dropped else ""
        return [f"no crop and season has advised parcels beside enough blocks that are not yet advised{why}"]
    if found.low <= 0.0:
        return [f"the saving's interval {_told(found)} holds 0"]
    if worst.low is None or worst.low <= 0.0:
        return [f"what meters did not see could hide it: at worst {_told(worst)}"]
    return []


def _chance(findings: Findings) -> list[str]:
    error = 1.0 - findings.design.confidence
    chance = findings.chance
    if chance is None or chance.p_value <= error + 1e-9:
        return []
    return [f"a start drawn anew shows as much in {100 * chance.p_value:.0f} % of {chance.drawn} draws"]


def _yield(findings: Findings) -> list[str]:
    grown, margin = findings.grown, findings.design.yield_margin_percent
    if grown.value is None or grown.high is None:
        return [f"no yields to exclude a loss of more than {margin:g} % with"]
    if 100.0 * grown.high <= margin:
        return []
    lost = f"yield changed by {-100 * grown.value:+.1f} %, and a loss of {100 * grown.high:.1f} % cannot be excluded"
    return [f"{lost} (margin {margin:g} %)"]


def _selection(findings: Findings) -> list[str]:
    reasons = []
    limit, lost = findings.design.most_attrition_difference, findings.attrition.difference
    if abs(lost) > limit:
        reasons.append(
            f"{100 * lost:+.0f} points more of the advised were lost than of the others (limit {100 * limit:.0f})"
        )
    before = findings.before
    if findings.design.randomised:
        return reasons
    if before is None or before.low is None or before.high is None:
        reasons.append("nobody was drawn, and two seasons before the trial are needed to see whether both went alike")
    elif before.low > 0.0 or before.high < 0.0:
        reasons.append(f"nobody was drawn, and the advised already went another way before: {_told(before)}")
    return reasons


def _told(one: Interval) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "unknown"
    return f"{100 * one.value:.1f} % [{100 * one.low:.1f}, {100 * one.high:.1f}]"


def more_parcel_seasons(findings: Findings) -> int | None:
    """Further parcel-seasons with which the effect found would be proven with the design's power, all else alike.

    0: numbers are not what is missing; None: no number of them helps while the estimate stays as it is.
    """
    factors = [
        _water_factor(findings, findings.water),
        _water_factor(findings, findings.worst),
        _yield_factor(findings),
    ]
    known = [factor for factor in factors if factor is not None]
    if len(known) < len(factors):
        return None
    # Blocks are what counts: parcel-seasons are those that bring new blocks with them.
    return max(ceil((max(known) - 1.0) * sum(findings.water.parcel_seasons)), 0)


def _water_factor(findings: Findings, one: Interval) -> float | None:
    if one.value is None or one.sigma is None or one.value <= 0.0:
        return None
    normal = NormalDist()
    reach = normal.inv_cdf((1.0 + findings.design.confidence) / 2.0) + normal.inv_cdf(findings.design.power)
    return float((reach * one.sigma / -log(1.0 - one.value)) ** 2)


def _yield_factor(findings: Findings) -> float | None:
    grown = findings.grown
    if grown.value is None or grown.sigma is None:
        return None
    distance = log(1.0 - grown.value) - log(1.0 - findings.design.yield_margin_percent / 100.0)
    if distance <= 0.0:
        return None
    normal = NormalDist()
    reach = normal.inv_cdf(findings.design.confidence) + normal.inv_cdf(findings.design.power)
    return float((reach * grown.sigma / distance) ** 2)


def _way_out(findings: Findings, more: int | None) -> str:
    if findings.water.value is None:
        return "measure advised and not yet advised parcels of the same crops in the same seasons"
    if findings.grown.value is None:
        return "weigh the yields of both groups"
    if more is None:
        return "no number of further parcel-seasons would prove it while the estimates stay as they are"
    if more == 0:
        return "numbers are not what is missing"
    share = findings.design.power
    return f"about {more} more parcel-seasons in new blocks would prove it ({share:.0%} power) if the estimates stay"
