"""Figures of merit, written out so that each can be checked by hand; arrays in, numbers out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with the 5th and 95th percentile of its bootstrap; None where it cannot be computed."""

    value: float | None
    low: float | None
    high: float | None


def area_under_curve(positive: NDArray[np.bool_], score: Numbers) -> float | None:
    """Share of (positive, negative) pairs ranked rightly, ties counted half; None when a class is absent."""
    high, low = score[positive], score[~positive]
    if high.size == 0 or low.size == 0:
        return None
    ordered = np.sort(low)
    below = np.searchsorted(ordered, high, side="left")
    upto = np.searchsorted(ordered, high, side="right")
    return float((below + upto).sum() / (2 * high.size * low.size))


def weighted_kappa(truth: Labels, answer: Labels, levels: int) -> float | None:
    """Quadratic weighted kappa of two ratings 0..levels-1; None when chance alone leaves no disagreement."""
    table = np.zeros((levels, levels))
    np.add.at(table, (truth, answer), 1)
    cost = (np.arange(levels)[:, None] - np.arange(levels)[None, :]) ** 2
    chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(float(table.sum()), 1.0)
    expected = float((cost * chance).sum())
    return None if expected == 0 else 1 - float((cost * table).sum()) / expected


def balanced_accuracy(positive: NDArray[np.bool_], answer: NDArray[np.bool_]) -> float | None:
    """Mean of the shares of positives and of negatives found; None when a class is absent."""
    if positive.all() or not positive.any():
        return None
    return float((answer[positive].mean() + (~answer[~positive]).mean()) / 2)


def best_threshold(positive: NDArray[np.bool_], score: Numbers) -> float:
    """The score from which answering yes gives the highest balanced accuracy on these (other) episodes."""
    candidates = np.unique(np.concatenate([score, [0.5]]))
    worth = [balanced_accuracy(positive, score >= candidate) or 0.0 for candidate in candidates]
    return float(candidates[int(np.argmax(worth))])


def calibration_error(positive: NDArray[np.bool_], probability: Numbers, bins: int = 10) -> float:
    """Expected calibration error over equal bins of probability."""
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    gaps = [
        abs(float(positive[place == index].mean()) - float(probability[place == index].mean()))
        * (place == index).mean()
        for index in np.unique(place)
    ]
    return float(np.sum(gaps))


def overlap(truth: NDArray[np.bool_], answer: NDArray[np.bool_]) -> tuple[int, int]:
    """Pixels in both masks and pixels in either: their quotient is the intersection over union."""
    return int((truth & answer).sum()), int((truth | answer).sum())


def bootstrap(
    groups: ArrayLike, figure: Callable[[NDArray[np.int64]], float | None], random: Generator, draws: int = 300
) -> Interval:
    """A figure of row indices with its interval when whole groups (days, blocks) are drawn with replacement."""
    names = np.asarray(groups)
    members = [np.flatnonzero(names == name) for name in np.unique(names)]
    values = []
    for _ in range(draws):
        drawn = random.integers(len(members), size=len(members))
        value = figure(np.concatenate([members[index] for index in drawn]))
        if value is not None:
            values.append(value)
    whole = figure(np.arange(names.size))
    if not values:
        return Interval(value=whole, low=None, high=None)
    low, high = np.percentile(values, [5, 95])
    return Interval(value=whole, low=float(low), high=float(high))


def shortfalls(
    rows: Sequence[Mapping[str, object]], group: str, pair: tuple[str, str], better: Mapping[str, int]
) -> list[str]:
    """One line for each group and figure in which the first method of the pair is worse than the second.

    ``better`` says of each figure whether more (1) or less (-1) is better; figures either method lacks are passed over.
    """
    first, second = ({row[group]: row for row in rows if row["method"] == method} for method in pair)
    lines = []
    for name in first.keys() & second.keys():
        for figure, sign in better.items():
            one, two = first[name].get(figure), second[name].get(figure)
            if isinstance(one, float) and isinstance(two, float) and sign * (one - two) < 0:
                lines.append(f"{group} {name}: {figure} {one:.3f} against {two:.3f}")
    return sorted(lines)


def mean_absolute_error(truth: Numbers, answer: Numbers) -> float:
    """Mean distance of answers from the truth, in the unit of both."""
    return float(np.abs(answer - truth).mean())


def brier_score(positive: NDArray[np.bool_], probability: Numbers) -> float:
    """Mean squared distance of a probability from what came: 0 is perfect, 0.25 is a coin."""
    return float(((probability - positive) ** 2).mean())


def ranked_probability_score(truth: Labels, probabilities: Numbers) -> float:
    """Mean squared distance of cumulative forecasts (N, K) from the level that came, over K - 1 steps: 0 is perfect."""
    levels = probabilities.shape[1]
    said = np.cumsum(probabilities, axis=1)[:, :-1]
    came = (truth[:, None] <= np.arange(levels - 1)).astype(np.float64)
    return float(((said - came) ** 2).mean())


def z_spread(truth: Numbers, answer: Numbers, sigma: Numbers) -> float | None:
    """Standard deviation about zero of (answer - truth) / sigma: 1 where sigma is right, more where it is too small."""
    known = np.isfinite(truth) & np.isfinite(answer) & (sigma > 0)
    if not known.any():
        return None
    return float(np.sqrt((((answer - truth)[known] / sigma[known]) ** 2).mean()))


def rank_correlation(first: Numbers, second: Numbers) -> float | None:
    """Spearman's rho, ties at their mean rank; None when either side does not vary."""
    if first.size == 0:
        return None
    ranks = [mean_ranks(side) for side in (first, second)]
    spread = [float(side.std()) for side in ranks]
    if min(spread) == 0:
        return None
    centred = [side - side.mean() for side in ranks]
    return float((centred[0] * centred[1]).mean() / (spread[0] * spread[1]))


def mean_ranks(values: Numbers) -> Numbers:
    """Rank of each value from 0, equal values at the mean of their places."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[place], dtype=np.float64)
