"""A trial from its panel to its verdict, in the order in which a reader doubts it."""

from dataclasses import dataclass, replace

import numpy as np

from cloud.impact.checks import attrition_of, by_crop, by_season, placebo_share, pre_trend
from cloud.impact.design import Design
from cloud.impact.estimate import cells_of
from cloud.impact.interval import Interval, chance_of, interval_of
from cloud.impact.panel import Panel, Quantity, water, water_at_best, water_at_worst, yields
from cloud.impact.verdict import Findings, Verdict, verdict_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """All that a trial says."""

    findings: Findings
    verdict: Verdict
    seasons: dict[str, Interval]
    crops: dict[str, Interval]
    placebo: tuple[float, int] | None
    """Share of pretended treatments called an effect, and their number."""


def analyse(panel: Panel, design: Design, *, registered: bool, tampered: tuple[str, ...] = ()) -> Analysis:
    """The verdict and everything beside it; the same panel and design give the same to the bit."""
    findings = findings_of(panel, design, registered=registered, tampered=tampered)
    random = np.random.default_rng([design.seed, 6])
    return Analysis(
        findings=findings,
        verdict=verdict_of(findings),
        seasons=by_season(panel, design, random),
        crops=by_crop(panel, design, random),
        placebo=placebo_share(panel, findings.water, random),
    )


def findings_of(panel: Panel, design: Design, *, registered: bool, tampered: tuple[str, ...] = ()) -> Findings:
    """What the verdict rests on, and no more."""
    random = np.random.default_rng([design.seed, 5])
    found, worst, best = (
        # The same draws for all three, so that they differ by the gaps alone.
        _interval(panel, quantity, design, np.random.default_rng([design.seed, 4]))
        for quantity in (water(panel), water_at_worst(panel), water_at_best(panel))
    )
    one_sided = design.model_copy(update={"confidence": 2.0 * design.confidence - 1.0})
    grown = _interval(panel, yields(panel), one_sided, random)
    chance = None
    if design.randomised and found.value is not None:
        how = design.resamples, random
        chance = chance_of(panel, water(panel), design.kind, design.least_comparison_blocks, how)
    return Findings(
        design=design,
        water=found,
        worst=worst,
        best=best,
        grown=_believed(grown, panel, design),
        chance=chance,
        attrition=attrition_of(panel),
        before=pre_trend(panel, design, random),
        registered=registered,
        tampered=tampered,
    )


def _interval(panel: Panel, quantity: Quantity, design: Design, random: np.random.Generator) -> Interval:
    cells = cells_of(panel, quantity, panel.start, design.least_comparison_blocks)
    return interval_of(cells, design.confidence, design.resamples, random)


def _believed(grown: Interval, panel: Panel, design: Design) -> Interval:
    """Yields without a baseline compare parcels as they are, which means something only where chance drew."""
    known_before = np.isfinite(panel.yield_t_ha[:, : panel.baseline]).any()
    return grown if known_before or design.randomised else replace(grown, value=None, low=None, high=None)
