"""The within-flight rank of water status held against stem water potential, flights (dates) held out."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.radiometry.ranks import crown_vigour
from models.evaluation.figures import area_under_curve, bootstrap, rank_correlation

INDICES: Final = ("NDVI", "GNDVI", "NDRE", "OSAVI", "LCI")
PERCENTILES: Final = (5, 10, 25, 50, 75, 90, 95)
ALPHAS: Final = (10.0, 100.0, 1000.0)
SEED: Final = 20261122
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeDays:
    """Trees on days: water tension [bar] (N,), visit (N,), tree (N,), leaf temperature [deg C] (N,), pixel features."""

    tension_bar: Numbers
    visit: NDArray[np.str_]
    tree: NDArray[np.str_]
    leaf_c: Numbers
    vigour: Numbers
    features: Numbers


def read_tree_days(folder: Path) -> TreeDays:
    """The 126 tree-days of the pistachio orchard."""
    with (folder / "tree_days.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    with np.load(folder / "canopy_pixels_f16.npz") as pixels:
        crowns = [
            {name: pixels[f"{name}/{row['visit']}/tree{int(row['tree']):02d}"].astype(np.float32) for name in INDICES}
            for row in rows
        ]
    return TreeDays(
        tension_bar=np.array([float(row["swp_bar_tension"]) for row in rows]),
        visit=np.array([row["visit"] for row in rows]),
        tree=np.array([row["tree"] for row in rows]),
        leaf_c=np.array([float(row["T_c"]) for row in rows]),
        vigour=np.array([crown_vigour(crown["OSAVI"]) or np.nan for crown in crowns]),
        features=np.array([[value for name in INDICES for value in shape_of(crown[name])] for crown in crowns]),
    )


def shape_of(pixels: NDArray[np.float32]) -> list[float]:
    """Percentiles, spread, skewness and mean of the upper half of a crown's pixels."""
    values = pixels.astype(np.float64)
    steps = np.percentile(values, PERCENTILES)
    spread = float(values.std())
    skew = float(((values - values.mean()) ** 3).mean() / spread**3)
    return [*steps.tolist(), spread, float(steps[4] - steps[2]), skew, float(values[values >= steps[3]].mean())]


def standardised(values: Numbers, groups: NDArray[np.str_]) -> Numbers:
    """Values less the mean and over the spread of their own flight, which needs no label."""
    result = np.zeros_like(values)
    for group in np.unique(groups):
        own = groups == group
        result[own] = (values[own] - values[own].mean(axis=0)) / values[own].std(axis=0)
    return result


def ridge(features: Numbers, truth: Numbers, asked: Numbers, alpha: float) -> Numbers:
    """Ridge regression of truth on features, answered for what is asked."""
    mean = truth.mean()
    weights = np.linalg.solve(features.T @ features + alpha * np.eye(features.shape[1]), features.T @ (truth - mean))
    return np.asarray(asked @ weights + mean, dtype=np.float64)


def correlation(first: Numbers, second: Numbers) -> float:
    """Spearman's rho; 0 where one is constant."""
    return rank_correlation(first, second) or 0.0


def within_flights(days: TreeDays, figure: Callable[[NDArray[np.bool_]], float]) -> Numbers:
    """A figure of each flight."""
    return np.array([figure(days.visit == visit) for visit in np.unique(days.visit)])


def held_out(days: TreeDays, *, trees_too: bool) -> Numbers:
    """Ridge answers for flights (and, if asked, trees) never seen, its strength chosen on the other flights only."""
    features, truth = standardised(days.features, days.visit), standardised(days.tension_bar, days.visit)
    answer = np.zeros_like(truth)
    for visit in np.unique(days.visit):
        seen = days.visit != visit
        alpha = max(ALPHAS, key=lambda value: _inner(days, features, truth, seen, value))
        for row in np.flatnonzero(~seen):
            used = seen & (days.tree != days.tree[row]) if trees_too else seen
            answer[row] = ridge(features[used], truth[used], features[[row]], alpha)[0]
    return answer


def _inner(days: TreeDays, features: Numbers, truth: Numbers, seen: NDArray[np.bool_], alpha: float) -> float:
    found = []
    for visit in np.unique(days.visit[seen]):
        asked = days.visit == visit
        used = seen & ~asked
        found.append(correlation(ridge(features[used], truth[used], features[asked], alpha), truth[asked]))
    return float(np.mean(found))


def absolute(days: TreeDays, alpha: float = 10.0) -> Numbers:
    """Ridge answers [bar] for flights never seen, features not standardised by flight: this orchard only."""
    answer = np.zeros_like(days.tension_bar)
    for visit in np.unique(days.visit):
        seen = days.visit != visit
        mean, spread = days.features[seen].mean(axis=0), days.features[seen].std(axis=0)
        scaled = (days.features - mean) / spread
        answer[~seen] = ridge(scaled[seen], days.tension_bar[seen], scaled[~seen], alpha)
    return answer


def area_of_flight(days: TreeDays, answer: Numbers, share: float, own: NDArray[np.bool_]) -> float:
    """Area under the curve of the trees of one flight above its own quantile of tension."""
    truth = days.tension_bar[own]
    area = area_under_curve(truth > np.quantile(truth, share), answer[own])
    return 0.5 if area is None else area


def row_of(days: TreeDays, method: str, answer: Numbers) -> dict[str, object]:
    """Figures of one method: rank correlation by flight with its interval, and two areas under the curve within."""
    truth = days.tension_bar
    rho = within_flights(days, lambda own: correlation(answer[own], truth[own]))
    whole = bootstrap(
        np.arange(rho.size), lambda rows: float(rho[rows].mean()), np.random.default_rng(SEED), draws=1000
    )
    areas = {
        name: within_flights(days, partial(area_of_flight, days, answer, share))
        for name, share in (("auc_drier_half", 0.5), ("auc_driest_third", 2 / 3))
    }
    return {
        "method": method,
        "rho_within_date": round(float(rho.mean()), 3),
        "rho_low": None if whole.low is None else round(whole.low, 3),
        "rho_high": None if whole.high is None else round(whole.high, 3),
        "rho_by_date": [round(float(value), 2) for value in rho],
        **{name: round(float(values.mean()), 3) for name, values in areas.items()},
    }


def water_figures(folder: Path) -> dict[str, object]:
    """Every figure of the water status rank."""
    days = read_tree_days(folder)
    bars = absolute(days)
    pooled = {
        name: area_under_curve(days.tension_bar > limit, bars)
        for name, limit in (("auc_above_median", float(np.median(days.tension_bar))), ("auc_above_10_bar", 10.0))
    }
    return {
        "tree_days": int(days.tension_bar.size),
        "dates": int(np.unique(days.visit).size),
        "rows": [
            row_of(days, "shipped: OSAVI 90th percentile, untrained", -days.vigour),
            row_of(days, "ridge on 55 crown features, nested, date out", held_out(days, trees_too=False)),
            row_of(days, "ridge on 55 crown features, nested, date and tree out", held_out(days, trees_too=True)),
            row_of(days, "leaf temperature by hand, untrained", days.leaf_c),
        ],
        "absolute_ridge_date_out": {name: None if area is None else round(area, 3) for name, area in pooled.items()},
        "notes": [
            "the shipped rule's index and percentile were chosen on these dates",
            "absolute ridge holds for this orchard only and is not shipped; its strength was not selected by nesting",
            "one orchard, 18 trees, 7 dates",
        ],
    }
