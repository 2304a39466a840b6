"""Rain: whether it falls, by logistic regression, and how much if it does, by a gamma distribution.

Both follow the ensemble and the season's usual rain, fitted with scikit-learn on pairs of forecasts and what came. The
distribution's shape is that of greatest likelihood: large sums on which the members agree are the surer ones.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.variables import Floats
from cloud.weather.outlook.climatology import WET_MM
from cloud.weather.outlook.signals import Signals

LEAST_WET: Final = 60
"""Fewer wet days say nothing about amounts."""
_CERTAIN: Final = 0.001
_TRACE_MM: Final = 0.05
_SHAPES: Final = (-1.5, 2.5)
"""Bounds of the logarithm of the shape."""
_PENALTY: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RainFit:
    """Coefficients of the chance, and of the logarithms of the amount and of the gamma distribution's shape."""

    chance: Floats
    amount: Floats
    shape: Floats

    def quantiles(self, signals: Signals, levels: Floats) -> Floats:
        """Rain (..., M) [mm] at probabilities (M,)."""
        from scipy.special import gammaincinv  # noqa: PLC0415 -- slow to import; only learning needs it; asking for help must not wait

        wet, mean_mm = self.distribution(signals)
        above = (levels - (1.0 - wet[..., None])) / wet[..., None]
        inside = np.clip(above, 0.0, 1.0 - 1e-9)
        shape = _shape(_shape_columns(signals), self.shape)[..., None]
        rain: Floats = np.where(above > 0.0, gammaincinv(shape, inside) * mean_mm[..., None] / shape, 0.0)
        return rain

    def distribution(self, signals: Signals) -> tuple[Floats, Floats]:
        """Chance of a wet day and the mean amount of one [mm]."""
        columns = _columns(signals)
        chance = 1.0 / (1.0 + np.exp(-(columns @ self.chance)))
        limited = np.clip(columns @ self.amount, np.log(WET_MM), np.log(150.0))
        return np.clip(chance, _CERTAIN, 1.0 - _CERTAIN), np.exp(limited)


def fit_rain(signals: Signals, observed: Floats, *, days: int) -> RainFit | None:
    """Coefficients on pairs (N,); None with too few wet or dry days to learn from."""
    from sklearn.linear_model import GammaRegressor, LogisticRegression  # noqa: PLC0415 -- slow to import; only learning needs it

    columns = _columns(signals)
    wet = observed >= WET_MM
    if min(int(wet.sum()), int((~wet).sum())) < LEAST_WET:
        return None
    share = np.full(observed.size, min(days / observed.size, 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that stops early is still the best found
        chance = LogisticRegression(C=1.0, max_iter=500).fit(columns[:, 1:], wet.astype(np.int64), share)
        amount = GammaRegressor(alpha=0.01, max_iter=500).fit(columns[wet][:, 1:], observed[wet], share[wet])
    mean = amount.predict(columns[wet][:, 1:])
    return RainFit(
        chance=np.concatenate([chance.intercept_, chance.coef_[0]]),
        amount=np.concatenate([[float(amount.intercept_)], amount.coef_]),
        shape=_likeliest_shape(_shape_columns(signals)[wet], observed[wet], mean),
    )


def _shape(columns: Floats, coefficients: Floats) -> Floats:
    shape: Floats = np.exp(np.clip(columns @ coefficients, *_SHAPES))
    return shape


def _likeliest_shape(columns: Floats, observed: Floats, mean: Floats) -> Floats:
    """Coefficients of the shape on wet days (N,); a penalty of a few days holds it to one shape for all."""
    from scipy.optimize import minimize  # noqa: PLC0415 -- slow to import; only learning needs it; asking a command for help must not wait
    from scipy.special import digamma, gammaln  # noqa: PLC0415 -- as above

    held = np.array([0.0, 1.0, 1.0]) * _PENALTY / observed.size

    def slope(found: Floats) -> tuple[float, Floats]:
        shape, ratio = _shape(columns, found), observed / mean
        likelihood = shape * (np.log(shape) + np.log(ratio) - ratio) - gammaln(shape)
        change = shape * (1.0 + np.log(shape) + np.log(ratio) - ratio - digamma(shape))
        return float(held @ found**2 - likelihood.mean()), 2.0 * held * found - columns.T @ change / observed.size

    return np.asarray(minimize(slope, np.zeros(3), jac=True, method="L-BFGS-B").x, dtype=np.float64)


def _shape_columns(signals: Signals) -> Floats:
    agreement = np.log((signals.spread + 0.1) / (signals.mean + 0.1))
    return np.stack([np.ones_like(agreement), np.log(signals.mean + _TRACE_MM), agreement], axis=-1)


def _columns(signals: Signals) -> Floats:
    sure = np.clip(signals.wet_fraction, 0.02, 0.98)
    usual = np.clip(signals.usual.wet_fraction, 0.005, 0.995)
    return np.stack(
        [
            np.ones_like(sure),
            np.log(sure / (1.0 - sure)),
            np.log1p(signals.mean),
            np.log(signals.mean + _TRACE_MM),
            np.sqrt(signals.mean),
            np.log(usual / (1.0 - usual)),
            np.log(np.maximum(signals.usual.wet_mean, WET_MM)),
        ],
        axis=-1,
    )
