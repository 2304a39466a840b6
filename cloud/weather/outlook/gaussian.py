"""Temperature and reference ET: a normal distribution whose middle and width follow the ensemble and the season.

Ensemble model output statistics by least continuous ranked probability score: T. Gneiting et al. (2005),
doi:10.1175/MWR2904.1. Middle and width are set against the season's usual value, so that a forecast without skill
falls back to climatology by itself; a penalty that fades with the number of pairs holds the rest near the raw ensemble.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.variables import Floats
from cloud.weather.outlook.signals import Signals

PENALTY: Final = 4.0
"""Weight of the raw ensemble in the fit, counted in days of pairs."""
SMALLEST_SPREAD: Final = 0.05
"""An ensemble is never taken as surer than this [unit of the variable]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianFit:
    """Coefficients of the middle and of the logarithm of the width."""

    middle: Floats
    width: Floats
    seasonal: bool

    def quantiles(self, signals: Signals, levels: Floats) -> Floats:
        """Values (..., M) at probabilities (M,)."""
        from scipy.special import ndtri  # noqa: PLC0415 -- slow to import; asking a command for help must not wait

        middle, width = self.distribution(signals)
        values: Floats = middle[..., None] + width[..., None] * ndtri(levels)
        return values

    def distribution(self, signals: Signals) -> tuple[Floats, Floats]:
        """Mean and standard deviation."""
        by_middle, by_width = _columns(signals, seasonal=self.seasonal)
        return signals.usual.mean + by_middle @ self.middle, np.exp(by_width @ self.width)


def fit_gaussian(signals: Signals, observed: Floats, *, days: int, seasonal: bool) -> GaussianFit:
    """Coefficients of least score on pairs (N,); ``days`` is the number of different issues among them.

    Notes
    -----
    With z = (y - mean) / sd the score is sd (z (2 P(z) - 1) + 2 p(z) - 1 / sqrt(pi)), its slopes 1 - 2 P(z) in the
    mean and 2 p(z) - 1 / sqrt(pi) in the sd.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 -- slow to import; asking a command for help must not wait
    from scipy.special import ndtr  # noqa: PLC0415 -- as above

    by_middle, by_width = _columns(signals, seasonal=seasonal)
    target = observed - signals.usual.mean
    split = by_middle.shape[1]
    raw = np.zeros(split + by_width.shape[1])
    raw[1] = 1.0
    raw[split + 1] = 1.0
    weight = 0.5 * PENALTY / max(days, 1)
    root_pi = 1.0 / np.sqrt(np.pi)

    def slope(found: Floats) -> tuple[float, Floats]:
        width = np.exp(np.clip(by_width @ found[split:], -6.0, 6.0))
        z = (target - by_middle @ found[:split]) / width
        share, density = ndtr(z), np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
        score = width * (z * (2.0 * share - 1.0) + 2.0 * density - root_pi)
        toward = (
            np.concatenate([by_middle.T @ (1.0 - 2.0 * share), by_width.T @ ((2.0 * density - root_pi) * width)])
            / z.size
        )
        away = found - raw
        return float(score.mean() + weight * (away @ away)), toward + 2.0 * weight * away

    found = np.asarray(minimize(slope, raw, jac=True, method="L-BFGS-B").x, dtype=np.float64)
    return GaussianFit(middle=found[:split], width=found[split:], seasonal=seasonal)


def _columns(signals: Signals, *, seasonal: bool) -> tuple[Floats, Floats]:
    """Columns of the middle (offset, anomaly, season) and of the width (offset, ensemble, usual, season)."""
    one = np.ones_like(signals.mean)
    season = [np.cos(signals.angle), np.sin(signals.angle)] if seasonal else []
    anomaly = signals.mean - signals.usual.mean
    spread = np.log(np.maximum(signals.spread, SMALLEST_SPREAD))
    middle = [one, anomaly, *season, *(anomaly * each for each in season)]
    return np.stack(middle, axis=-1), np.stack([one, spread, np.log(signals.usual.spread), *season], axis=-1)
