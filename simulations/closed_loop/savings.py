"""How much less water a strategy used than another on the same fields, with an interval and a verdict on it.

Water used is what was applied plus what was taken from the soil, so that emptying the soil saves nothing. Two
strategies are compared on the very same field-seasons. Fields of one crop, climate and year share their weather, so
the interval comes from drawing whole crop-years anew (cluster bootstrap, percentiles), within each crop and climate.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cloud.variables import Floats, Indices
from simulations.closed_loop.outcome import Outcome

DRAWS: Final = 4000
LEAST_CLUSTERS: Final = 20
"""Fewer crop-years than this give an interval that is told to be too few."""
SEED: Final = 20_261_122


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with its 95 % interval; the bounds are None where fewer than two clusters speak."""

    value: float
    low: float | None
    high: float | None
    clusters: int

    def row(self) -> dict[str, Any]:
        """The interval as JSON holds it."""
        return {"value": self.value, "low": self.low, "high": self.high, "clusters": self.clusters}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The same N field-seasons under a strategy and its baselines, each times its weight; arrays (N,)."""

    cluster: tuple[tuple[str, str, int], ...]
    weight: Floats
    used_mm: Floats
    baseline_mm: Floats
    yield_t_ha: Floats
    reference_t_ha: Floats
    """Yield of the well-watered calendar on the same fields."""

    @property
    def size(self) -> int:
        """Field-seasons."""
        return len(self.cluster)


def paired(outcomes: Sequence[Outcome], strategy: str, baseline: str, reference: str) -> Pairs:
    """The field-seasons that were run under all three, in a fixed order."""
    by_strategy: dict[str, dict[tuple[str, int, int], Outcome]] = defaultdict(dict)
    for one in outcomes:
        by_strategy[one.strategy][one.field, one.season, one.seed] = one
    names = sorted(set.intersection(*(set(by_strategy[name]) for name in (strategy, baseline, reference))))
    ours, theirs, full = ([by_strategy[name][key] for key in names] for name in (strategy, baseline, reference))
    weight = np.array([one.weight for one in ours], dtype=np.float64)
    return Pairs(
        cluster=tuple(one.cluster for one in ours),
        weight=weight,
        used_mm=weight * [one.used_gross_mm for one in ours],
        baseline_mm=weight * [one.used_gross_mm for one in theirs],
        yield_t_ha=weight * [one.yield_t_ha for one in ours],
        reference_t_ha=weight * [one.yield_t_ha for one in full],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums of the pairs by cluster, arrays (C,), and the places of the clusters of each crop and climate."""

    used_mm: Floats
    baseline_mm: Floats
    yield_t_ha: Floats
    reference_t_ha: Floats
    strata: tuple[Indices, ...]

    @property
    def clusters(self) -> int:
        """Crop-years."""
        return self.used_mm.size


def saved_fraction(sums: Sums, times: Floats) -> Floats:
    """Share of the baseline's water that was not used, over all fields together, for each drawing (R,)."""
    return 1.0 - (times @ sums.used_mm) / (times @ sums.baseline_mm)


def water_ratio(sums: Sums, times: Floats) -> Floats:
    """Water used over that of the baseline, for each drawing (R,)."""
    return 1.0 - saved_fraction(sums, times)


def yield_ratio(sums: Sums, times: Floats) -> Floats:
    """Yield over that of the reference (R,), the mean over crops and climates: their tonnes are not alike."""
    ratios = [
        (times[:, stratum] @ sums.yield_t_ha[stratum]) / (times[:, stratum] @ sums.reference_t_ha[stratum])
        for stratum in sums.strata
    ]
    mean: Floats = np.mean(ratios, axis=0)
    return mean


def sums_of(pairs: Pairs) -> Sums:
    """The pairs added up by crop, climate and year."""
    clusters = sorted(set(pairs.cluster))
    place = {cluster: index for index, cluster in enumerate(clusters)}
    row = np.array([place[cluster] for cluster in pairs.cluster], dtype=np.intp)
    kinds = sorted({cluster[:2] for cluster in clusters})
    added: dict[str, Floats] = {
        name: np.bincount(row, getattr(pairs, name), len(clusters)).astype(np.float64)
        for name in ("used_mm", "baseline_mm", "yield_t_ha", "reference_t_ha")
    }
    strata = tuple(np.array([i for i, one in enumerate(clusters) if one[:2] == kind], dtype=np.intp) for kind in kinds)
    return Sums(
        used_mm=added["used_mm"],
        baseline_mm=added["baseline_mm"],
        yield_t_ha=added["yield_t_ha"],
        reference_t_ha=added["reference_t_ha"],
        strata=strata,
    )


def interval_of(
    figure: Callable[[Sums, Floats], Floats], pairs: Pairs, *, draws: int = DRAWS, seed: int = SEED
) -> Interval:
    """A figure of the pairs with its 95 % interval from whole crop-years drawn anew within each crop and climate."""
    sums = sums_of(pairs)
    value = float(figure(sums, np.ones((1, sums.clusters)))[0])
    if all(stratum.size < 2 for stratum in sums.strata):  # noqa: PLR2004 -- one cluster alone varies with nothing
        return Interval(value=value, low=None, high=None, clusters=sums.clusters)
    generator = np.random.default_rng(seed)
    times = np.zeros((draws, sums.clusters))
    for stratum in sums.strata:
        times[:, stratum] = generator.multinomial(stratum.size, np.full(stratum.size, 1.0 / stratum.size), draws)
    low, high = np.quantile(figure(sums, times), (0.025, 0.975))
    return Interval(value=value, low=float(low), high=float(high), clusters=sums.clusters)


def compared(outcomes: Sequence[Outcome], strategy: str, baseline: str, reference: str) -> dict[str, Any]:
    """Water saved and yield kept by a strategy: over all, and by crop, climate and soil, each with its interval."""
    pairs = paired(outcomes, strategy, baseline, reference)
    rows = {"all": _row(pairs)}
    for name in ("crop", "climate", "soil", "season"):
        values = sorted({str(getattr(one, name)) for one in outcomes})
        if len(values) < 2:  # noqa: PLR2004 -- a single group is the whole
            continue
        for value in values:
            chosen = [one for one in outcomes if str(getattr(one, name)) == value]
            part = paired(chosen, strategy, baseline, reference)
            if part.size:
                rows[f"{name} {value}"] = _row(part, draws=1000)
    for name, parity in (("even", 0), ("odd", 1)):
        chosen = [one for one in outcomes if one.season % 2 == parity]
        part = paired(chosen, strategy, baseline, reference)
        if part.size and part.size < pairs.size:
            rows[f"{name} years"] = _row(part, draws=1000)
    return {"strategy": strategy, "baseline": baseline, "yield_reference": reference, "groups": rows}


def _row(pairs: Pairs, *, draws: int = DRAWS) -> dict[str, Any]:
    return {
        "field_seasons": pairs.size,
        "used_mm": round(float(pairs.used_mm.sum() / pairs.weight.sum()), 1),
        "baseline_used_mm": round(float(pairs.baseline_mm.sum() / pairs.weight.sum()), 1),
        "water_saved": interval_of(saved_fraction, pairs, draws=draws).row(),
        "yield_ratio": interval_of(yield_ratio, pairs, draws=draws).row(),
    }


def yield_gained(outcomes: Sequence[Outcome], strategy: str, other: str) -> dict[str, Any]:
    """Share by which the yield of a strategy is above that of another on the same fields, with its interval."""
    found = interval_of(yield_ratio, paired(outcomes, strategy, other, other))
    moved = [None if bound is None else bound - 1.0 for bound in (found.value, found.low, found.high)]
    return {"value": moved[0], "low": moved[1], "high": moved[2], "clusters": found.clusters}


def summary_of(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Means of each strategy over all its field-seasons, and by crop."""
    groups: Mapping[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        groups[one.strategy].append(one)
    return {name: {**_means(found), "by_crop": _by_crop(found)} for name, found in sorted(groups.items())}


def _by_crop(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    crops = sorted({one.crop for one in outcomes})
    return {crop: _means([one for one in outcomes if one.crop == crop]) for crop in crops}


_MEANS: Final = {
    "applied_mm": "applied_gross_mm",
    "applied_net_mm": "applied_net_mm",
    "yield_t_ha": "yield_t_ha",
    "storage_change_mm": "storage_change_mm",
    "used_mm": "used_gross_mm",
    "rain_mm": "rain_mm",
    "percolation_mm": "percolation_mm",
    "events": "events",
    "stress_days": "stress_days",
    "held_days": "held_days",
}


def _means(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    found = {
        name: round(float(np.mean([getattr(one, theirs) for one in outcomes])), 2) for name, theirs in _MEANS.items()
    }
    errors = [one.advice_error_mm for one in outcomes if one.advice_error_mm is not None]
    known = {"advice_error_mm": round(float(np.mean(errors)), 2)} if errors else {}
    seeds = sorted({one.seed for one in outcomes})
    return {"field_seasons": len(outcomes), **found, **known, "seeds": seeds}
