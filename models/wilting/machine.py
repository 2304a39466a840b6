"""The wilting machine: support vectors over photo figures, blind to what only tells episodes or lights apart."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.wilting.head import REACH, Numbers, episode_scatter

SLOPE: Final = 2.0
"""Logits a level: before calibration, a score is sure to about half a level."""
HALVES: Final = (0.5, 1.5, 2.5, 3.5)
Labels = NDArray[np.int64]
Names = NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSettings:
    """Restraints of the machine."""

    nuisance: float
    """How strongly directions that move between episodes at the same score are shrunk; 0 = not at all."""
    light: float
    """How strongly directions that move when only the light changes are shrunk; 0 = not at all."""
    width: float
    """Factor of the mean squared difference of two photos in the kernel: the larger, the more local."""
    cost: float
    """Price of an error beyond ``slack``: the larger, the freer."""
    slack: float = 0.2
    """Error of the score that costs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Standardisation (D,), turn (D, D), supports (S, D) with weights (S,), and the link from score to levels."""

    centre: Numbers
    spread: Numbers
    turn: Numbers
    supports: Numbers
    weights: Numbers
    offset: float
    width: float
    slope: float = SLOPE
    cuts: tuple[float, ...] = HALVES

    def seen(self, figures: Numbers) -> Numbers:
        """Figures (N, D) as the machine sees them: standardised, held to a reach, turned."""
        seen: Numbers = np.clip((figures - self.centre) / self.spread, -REACH, REACH) @ self.turn
        return seen

    def apart(self, figures: Numbers) -> Numbers:
        """Mean squared difference (N, S) of photos from the supports."""
        seen = self.seen(figures)
        squares = (seen**2).sum(axis=1)[:, None] + (self.supports**2).sum(axis=1) - 2 * seen @ self.supports.T
        return np.asarray(np.maximum(squares, 0) / seen.shape[1], dtype=np.float64)

    def level(self, figures: Numbers) -> Numbers:
        """Raw score (N,) on the scale of the labels."""
        return np.asarray(np.exp(-self.width * self.apart(figures)) @ self.weights + self.offset, dtype=np.float64)

    def distance(self, figures: Numbers) -> Numbers:
        """How far each photo (N,) lies from the nearest one the machine keeps."""
        return np.asarray(np.sqrt(self.apart(figures).min(axis=1)), dtype=np.float64)

    def logits(self, figures: Numbers) -> Numbers:
        """Cumulative logits (N, 4), never rising from one level to the next."""
        return linked(self.level(figures), self.slope, self.cuts)


def linked(level: Numbers, slope: float, cuts: tuple[float, ...]) -> Numbers:
    """Cumulative logits (N, 4) of raw scores (N,)."""
    return np.asarray(slope * (level[:, None] - np.array(cuts)), dtype=np.float64)


def evened(scores: Labels, chains: Names) -> Numbers:
    """Weights (N,) of mean 1: near-duplicates of one chain share a photo's weight, each score has the same in all."""
    _, place, sizes = np.unique(chains, return_inverse=True, return_counts=True)
    weights = 1.0 / sizes[place]
    for score in np.unique(scores):
        weights[scores == score] /= weights[scores == score].sum()
    return np.asarray(weights / weights.mean(), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What a machine learns from: figures (N, D), the same under other light (R, N, D), and columns (N,)."""

    figures: Numbers
    relit: Numbers
    scores: Labels
    episodes: Names
    chains: Names

    def of(self, rows: NDArray[np.int64]) -> "Lessons":
        """The lessons of some rows."""
        return Lessons(
            figures=self.figures[rows],
            relit=self.relit[:, rows],
            scores=self.scores[rows],
            episodes=self.episodes[rows],
            chains=self.chains[rows],
        )


def shrinking(scaled: Numbers, moved: Numbers, lessons: Lessons, settings: MachineSettings) -> Numbers:
    """Matrix (D, D) that shrinks what moves with the episode at equal score or with the light (R, N, D) alone."""
    scatter = episode_scatter(scaled, lessons.scores, lessons.episodes, settings.nuisance)
    change = (moved - scaled).reshape(-1, scaled.shape[1])
    scatter = scatter + settings.light * (change.T @ change) / max(len(change), 1)
    inverse: Numbers = np.linalg.inv(np.linalg.cholesky(scatter)).T
    return inverse


def fit_machine(lessons: Lessons, settings: MachineSettings) -> Machine:
    """A machine fitted to its lessons; its link stands at half levels with the slope of ``SLOPE``."""
    from sklearn.svm import SVR  # noqa: PLC0415 -- training only; heavy

    figures = lessons.figures
    centre = figures.mean(axis=0)
    spread = np.maximum(figures.std(axis=0), 1e-6)
    scaled, moved = (np.clip((some - centre) / spread, -REACH, REACH) for some in (figures, lessons.relit))
    turn = shrinking(scaled, moved, lessons, settings)
    seen = scaled @ turn
    fitted = SVR(C=settings.cost, gamma=settings.width / figures.shape[1], epsilon=settings.slack)
    fitted.fit(seen, lessons.scores.astype(np.float64), sample_weight=evened(lessons.scores, lessons.chains))
    return Machine(
        centre=centre,
        spread=spread,
        turn=turn,
        supports=seen[fitted.support_],
        weights=np.asarray(fitted.dual_coef_[0], dtype=np.float64),
        offset=float(fitted.intercept_[0]),
        width=settings.width,
    )


def score_of(logits: Numbers) -> Numbers:
    """Score 0..4 (N,) behind uncalibrated logits (N, 4): the machine's own level; a sum of chances would shrink it."""
    level = logits.mean(axis=1) / SLOPE + float(np.mean(HALVES))
    return np.asarray(np.clip(level, 0.0, float(len(HALVES))), dtype=np.float64)
