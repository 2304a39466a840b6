"""One variable learned from features: a ridge regression and boosted trees side by side, with an honest 80 % interval.

The middle is the mean of both: the straight lines carry beyond what was seen, the trees bend with it. The interval is
learned from errors on days that were left out, block by block, and then both ends are moved by one amount, outwards or
inwards, until it holds 80 % of them and of one more (conformal quantile regression: Y. Romano, E. Patterson,
E. Candes, 2019, arXiv:1905.03222).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
COVERED: Final = HIGH - LOW
SIGMAS_WIDE: Final = 2.5631031310892007
"""Width of the central 80 % of a normal distribution, in standard deviations."""
ROUNDS: Final = 200
"""Trees of the middle."""
ROUNDS_OF_ENDS: Final = 60
"""Trees of each end of the interval."""
_ALPHAS: Final = tuple(float(one) for one in np.logspace(-1, 3, 17))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Tenth, fiftieth and ninetieth percentile of every day (D,)."""

    low: Floats
    middle: Floats
    high: Floats

    @property
    def sigma(self) -> Floats:
        """Standard deviation of a normal distribution as wide."""
        return (self.high - self.low) / SIGMAS_WIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Straight:
    """A ridge regression as plain numbers: slopes (F,) on the features as they are."""

    slopes: Floats
    offset: float

    def predict(self, features: Floats) -> Floats:
        """Values (N,) of features (N, F)."""
        return features @ self.slopes + self.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosted:
    """A learned variable; ``wider`` is added on both sides of the interval, and takes from it where it is negative."""

    straight: Straight
    middle: HistGradientBoostingRegressor
    low: HistGradientBoostingRegressor
    high: HistGradientBoostingRegressor
    wider: float

    def quantiles(self, features: Floats) -> Quantiles:
        """Quantiles of rows of features (N, F)."""
        if not features.shape[0]:
            return Quantiles(low=np.empty(0), middle=np.empty(0), high=np.empty(0))
        with one_thread():
            middle = _middle(self.straight, self.middle, features)
            seen, nothing = _with_middle(features, middle), np.zeros(middle.size)
            low, high = self.low.predict(seen) - self.wider, self.high.predict(seen) + self.wider
        ends = np.sort(np.stack([low, nothing, high]), axis=0)
        return Quantiles(low=middle + ends[0], middle=middle, high=middle + ends[2])


def one_thread() -> AbstractContextManager[object]:
    """Trees this small are grown by one thread: on a busy machine several wait for each other twenty times as long."""
    import sklearn.ensemble  # noqa: F401, PLC0415 -- slow to import; only libraries that are there can be limited
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 -- comes with scikit-learn

    return threadpool_limits(limits=1)


def fit(features: Floats, values: Floats, blocks: NDArray[np.int64]) -> Boosted:
    """Learn values (N,) from features (N, F); errors are those of rows whose block (N,) was left out."""
    with one_thread():
        return _fitted(features, values, blocks)


def _fitted(features: Floats, values: Floats, blocks: NDArray[np.int64]) -> Boosted:
    straight, middle = _straight(features, values), _trees(features, values, MIDDLE)
    honest = _left_out(
        blocks,
        lambda kept, left: _middle(
            _straight(features[kept], values[kept]), _trees(features[kept], values[kept], MIDDLE), features[left]
        ),
    )
    errors, seen = values - honest, _with_middle(features, honest)

    def end(at: float) -> Floats:
        return _left_out(blocks, lambda kept, left: _ends(seen[kept], errors[kept], at).predict(seen[left]))

    outside = np.maximum(end(LOW) - errors, errors - end(HIGH))
    return Boosted(
        straight=straight,
        middle=middle,
        low=_ends(seen, errors, LOW),
        high=_ends(seen, errors, HIGH),
        wider=margin(outside),
    )


def margin(outside: Floats) -> float:
    """How far both ends move, from the distances (N,) by which rows lay outside: negative where they lay inside.

    The ceil(0.8 (N + 1))-th smallest distance: the level at which one more row is covered, not only those seen.
    """
    rank = min(int(np.ceil(COVERED * (outside.size + 1) - 1e-9)), outside.size)
    return float(np.sort(outside)[rank - 1])


def _left_out(blocks: NDArray[np.int64], told: Callable[[NDArray[np.bool_], NDArray[np.bool_]], Floats]) -> Floats:
    result = np.full(blocks.size, np.nan)
    for block in np.unique(blocks):
        left = blocks == block
        result[left] = told(~left, left)
    return result


def _middle(straight: Straight, trees: HistGradientBoostingRegressor, features: Floats) -> Floats:
    return (straight.predict(features) + trees.predict(features)) / 2.0


def _with_middle(features: Floats, middle: Floats) -> Floats:
    return np.concatenate([features, middle[:, None]], axis=1)


def _straight(features: Floats, values: Floats) -> Straight:
    from sklearn.linear_model import RidgeCV  # noqa: PLC0415 -- slow to import; only learning needs it

    centre, spread = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    found = RidgeCV(_ALPHAS).fit((features - centre) / spread, values)
    slopes = found.coef_ / spread
    return Straight(slopes=slopes, offset=float(found.intercept_ - centre @ slopes))


def _trees(features: Floats, values: Floats, at: float) -> HistGradientBoostingRegressor:
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 -- as above

    return HistGradientBoostingRegressor(
        loss="quantile",
        quantile=at,
        learning_rate=0.03,
        max_iter=ROUNDS,
        max_leaf_nodes=8,
        min_samples_leaf=15,
        max_features=0.3,
        early_stopping=False,
        random_state=0,
    ).fit(features, values)


def _ends(features: Floats, errors: Floats, at: float) -> HistGradientBoostingRegressor:
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 -- as above

    return HistGradientBoostingRegressor(
        loss="quantile",
        quantile=at,
        learning_rate=0.05,
        max_iter=ROUNDS_OF_ENDS,
        max_leaf_nodes=5,
        min_samples_leaf=25,
        max_features=0.5,
        early_stopping=False,
        random_state=0,
    ).fit(features, errors)
