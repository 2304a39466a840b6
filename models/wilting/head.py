"""The ordinal head: four ridge logistic regressions that are blind to what only tells one episode from another."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LEVELS: Final = 4
REACH: Final = 4.0
FEWEST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSettings:
    """Strength of the head's three restraints."""

    penalty: float
    """Inverse of the ridge: the larger, the freer."""
    nuisance: float
    """How strongly directions that move between episodes at the same score are shrunk; 0 = not at all."""
    balanced: bool
    """Whether each level's two sides weigh the same, whatever the share of thirsty photos in the training set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Standardisation (D,) and linear levels (4, D), (4,) of a fitted head."""

    centre: Numbers
    spread: Numbers
    weight: Numbers
    bias: Numbers

    def logits(self, features: Numbers) -> Numbers:
        """Cumulative logits (N, 4), never rising from one level to the next."""
        scaled = np.clip((features - self.centre) / self.spread, -REACH, REACH)
        return np.minimum.accumulate(scaled @ self.weight.T + self.bias, axis=1)


def sigmoid(value: Numbers) -> Numbers:
    """Logistic function that does not overflow."""
    return 0.5 * (1 + np.tanh(0.5 * value))


def logistic(features: Numbers, positive: NDArray[np.bool_], weights: Numbers, penalty: float) -> Numbers:
    """Coefficients (D + 1,), the constant last, of a weighted ridge logistic regression, by Newton's method."""
    design = np.column_stack([features, np.ones(len(features))])
    ridge = np.full(design.shape[1], 1.0)
    ridge[-1] = 1e-6
    coefficients = np.zeros(design.shape[1])
    for _ in range(60):
        probability = sigmoid(design @ coefficients)
        gradient = ridge * coefficients + penalty * design.T @ (weights * (probability - positive))
        curvature = penalty * (design.T * (weights * probability * (1 - probability))) @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        coefficients = coefficients - step * min(1.0, 10.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:  # noqa: PLR2004 -- numerical end of Newton's method
            break
    return coefficients


def episode_scatter(scaled: Numbers, scores: NDArray[np.int64], episodes: NDArray[np.str_], nuisance: float) -> Numbers:
    """Identity (D, D) plus ``nuisance`` times how equal scores differ from episode to episode."""
    scatter: Numbers = np.eye(scaled.shape[1])
    for score in np.unique(scores):
        means = [
            scaled[(scores == score) & (episodes == episode)].mean(axis=0)
            for episode in np.unique(episodes)
            if ((scores == score) & (episodes == episode)).sum() >= FEWEST
        ]
        if len(means) > 1:
            scatter = scatter + nuisance * np.cov(np.stack(means).T, bias=True)
    return scatter


def whitening(scaled: Numbers, scores: NDArray[np.int64], episodes: NDArray[np.str_], nuisance: float) -> Numbers:
    """Matrix (D, D) that shrinks the directions in which equal scores differ from episode to episode."""
    scatter = episode_scatter(scaled, scores, episodes, nuisance)
    inverse: Numbers = np.linalg.inv(np.linalg.cholesky(scatter)).T
    return inverse


def fit_head(features: Numbers, scores: NDArray[np.int64], episodes: NDArray[np.str_], settings: HeadSettings) -> Head:
    """A head fitted to features (N, D) of photos with their scores and episodes."""
    centre = features.mean(axis=0)
    spread = np.maximum(features.std(axis=0), 1e-9)
    scaled = np.clip((features - centre) / spread, -REACH, REACH)
    turned = whitening(scaled, scores, episodes, settings.nuisance)
    seen = scaled @ turned
    weight, bias = np.zeros((LEVELS, features.shape[1])), np.zeros(LEVELS)
    for level in range(LEVELS):
        positive = scores > level
        share = float(np.clip(positive.mean(), 1e-3, 1 - 1e-3))
        weights = np.where(positive, 1 / share, 1 / (1 - share)) if settings.balanced else np.ones(len(scores))
        fitted = logistic(seen, positive, weights / weights.mean(), settings.penalty)
        weight[level], bias[level] = turned @ fitted[:-1], fitted[-1]
    return Head(centre=centre, spread=spread, weight=weight, bias=bias)
