"""Rain: whether it falls, by logistic regression, and how much if it does, by a gamma distribution.

Both follow the ensemble and the season's usual rain, fitted with scikit-learn on pairs of forecasts and what came.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RainFit:
    """Coefficients of the chance and of the logarithm of the amount, and the gamma distribution's shape."""

    chance: Floats
    amount: Floats
    shape: float

    def quantiles(self, signals: Signals, levels: Floats) -> Floats:
        """Rain (..., M) [mm] at probabilities (M,)."""
        from scipy.special import gammaincinv  # noqa: PLC0415 -- slow to import; asking for help must not wait

        wet, mean_mm = self.distribution(signals)
        above = (levels - (1.0 - wet[..., None])) / wet[..., None]
        inside = np.clip(above, 0.0, 1.0 - 1e-9)
        rain: Floats = np.where(above > 0.0, gammaincinv(self.shape, inside) * mean_mm[..., None] / self.shape, 0.0)
        return rain

    def distribution(self, signals: Signals) -> tuple[Floats, Floats]:
        """Chance of a wet day and the mean amount of one [mm]."""
        columns = _columns(signals)
        chance = 1.0 / (1.0 + np.exp(-(columns @ self.chance)))
        limited = np.clip(columns @ self.amount, np.log(WET_MM), np.log(150.0))
        return np.clip(chance, _CERTAIN, 1.0 - _CERTAIN), np.exp(limited)


def fit_rain(signals: Signals, observed: Floats, *, days: int) -> RainFit | None:
    """Coefficients on pairs (N,); None with too few wet or dry days to learn from."""
    from sklearn.linear_model import GammaRegressor, LogisticRegression  # noqa: PLC0415 -- slow to import

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
    ratio = observed[wet] / mean
    return RainFit(
        chance=np.concatenate([chance.intercept_, chance.coef_[0]]),
        amount=np.concatenate([[float(amount.intercept_)], amount.coef_]),
        shape=_shape(float(np.log(ratio.mean()) - np.log(ratio).mean())),
    )


def _shape(evenness: float) -> float:
    """Shape of a gamma distribution from log(mean) - mean(log); T. Minka (2002), eq. 11's closed start."""
    gap = max(evenness, 0.05)
    return (3.0 - gap + float(np.sqrt((gap - 3.0) ** 2 + 24.0 * gap))) / (12.0 * gap)


def _columns(signals: Signals) -> Floats:
    sure = np.clip(signals.wet_fraction, 0.02, 0.98)
    usual = np.clip(signals.usual.wet_fraction, 0.005, 0.995)
    return np.stack(
        [
            np.ones_like(sure),
            np.log(sure / (1.0 - sure)),
            np.log1p(signals.mean),
            np.log(usual / (1.0 - usual)),
            np.log(np.maximum(signals.usual.wet_mean, WET_MM)),
        ],
        axis=-1,
    )
