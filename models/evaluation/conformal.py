"""Sets of neighbouring levels that hold the true one in a stated share of cases, on days never seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluation.figures import Labels, Numbers

Members = NDArray[np.bool_]


def level_probabilities(cumulative: Numbers) -> Numbers:
    """Probability of each of K levels (N, K) from P(level > k) for k = 0..K-2 (N, K-1), made never to rise."""
    falling = np.minimum.accumulate(np.clip(cumulative, 0.0, 1.0), axis=1)
    edges = np.column_stack([np.ones(len(falling)), falling, np.zeros(len(falling))])
    return np.asarray(edges[:, :-1] - edges[:, 1:], dtype=np.float64)


def strangeness(probabilities: Numbers) -> Numbers:
    """How far each level (N, K) lies from the middle of its forecast: 0 at the median, 1 beyond every doubt.

    It is ``|F(k-1) + F(k) - 1|`` with F the cumulative probability, so levels under a limit always are neighbours.
    """
    upto = np.cumsum(probabilities, axis=1)
    return np.asarray(np.abs(2 * upto - probabilities - 1), dtype=np.float64)


def members(probabilities: Numbers, limit: float) -> Members:
    """Levels in each set (N, K): all whose strangeness is within the limit, and at least the middle one."""
    strange = strangeness(probabilities)
    return np.asarray(strange <= np.maximum(limit, strange.min(axis=1, keepdims=True)), dtype=np.bool_)


def bounds(sets: Members) -> tuple[Labels, Labels]:
    """Lowest and highest level (N,) of each set."""
    levels = sets.shape[1]
    return np.argmax(sets, axis=1).astype(np.int64), (levels - 1 - np.argmax(sets[:, ::-1], axis=1)).astype(np.int64)


def balanced_quantile(values: Numbers, groups: ArrayLike, coverage: float, coming: int = 1) -> float:
    """The limit under which ``coverage`` of the values lies when every group (day) counts the same.

    ``coming`` groups stand at infinity for those to come. With 1 the coverage of a new group is guaranteed on average,
    at the price of wide sets, infinite ones below ``coverage / (1 - coverage)`` groups; with 0 it is an estimate, aimed
    at the middle. Pooled hierarchical conformal prediction, doi:10.48550/arXiv.2306.06342.
    """
    names = np.asarray(groups)
    _, place, sizes = np.unique(names, return_inverse=True, return_counts=True)
    weight = 1.0 / ((len(sizes) + coming) * sizes[place])
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    first = int(np.searchsorted(reached, coverage - 1e-12))
    return float(values[order][first]) if first < values.size else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """Conformal sets of held-out rows: limits come from other groups only."""

    members: Members
    limits: tuple[tuple[str, float], ...]


def sets_elsewhere(
    probabilities: Numbers, truth: Labels, groups: ArrayLike, days: ArrayLike, coverage: float, coming: int = 1
) -> Sets:
    """Each group's sets with the limit of all the others, balanced over their days; for the figures of a card."""
    names, dates = np.asarray(groups), np.asarray(days)
    own = strangeness(probabilities)[np.arange(len(truth)), truth]
    found = np.zeros(probabilities.shape, dtype=np.bool_)
    limits = []
    for name in np.unique(names):
        held = names == name
        limit = min(balanced_quantile(own[~held], dates[~held], coverage, coming), 1.0)
        found[held] = members(probabilities[held], limit)
        limits.append((str(name), limit))
    return Sets(members=found, limits=tuple(limits))


def coverage_rows(sets: Members, truth: Labels, groups: Sequence[str] | NDArray[np.str_]) -> list[dict[str, object]]:
    """Coverage and mean size of the sets together and as the mean of the groups, then by group, the worst first."""
    names = np.asarray(groups)
    hit = sets[np.arange(len(truth)), truth]
    size = sets.sum(axis=1)
    rows = [
        {
            "group": str(name),
            "images": int((names == name).sum()),
            "coverage": round(float(hit[names == name].mean()), 4),
            "mean_size": round(float(size[names == name].mean()), 3),
        }
        for name in np.unique(names)
    ]
    rows.sort(key=lambda row: float(str(row["coverage"])))
    whole: dict[str, object] = {
        "group": "all",
        "images": int(names.size),
        "coverage": round(float(hit.mean()), 4),
        "mean_size": round(float(size.mean()), 3),
    }
    mean: dict[str, object] = {
        "group": "mean of the groups",
        "images": int(names.size),
        "coverage": round(float(np.mean([float(str(row["coverage"])) for row in rows])), 4),
        "mean_size": round(float(np.mean([float(str(row["mean_size"])) for row in rows])), 3),
    }
    return [whole, mean, *rows]
