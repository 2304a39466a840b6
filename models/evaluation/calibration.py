"""Probabilities that mean what they say: temperature, a monotone table, and the curve that checks both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.figures import Numbers

Truths = NDArray[np.bool_]


def temperature_of(logits: Numbers, above: Truths) -> float:
    """Divisor of held-out logits (N, L) that makes ``above`` (N, L) most likely; above 1 = the model was too sure."""
    candidates = np.exp(np.linspace(np.log(0.3), np.log(5.0), 120))
    signed = np.where(above, -logits, logits)
    loss = [float(np.logaddexp(0, signed / candidate).mean()) for candidate in candidates]
    return round(float(candidates[int(np.argmin(loss))]), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonotoneTable:
    """A calibration the field evaluates with ``np.interp``: scores rise, probabilities never fall."""

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __call__(self, score: Numbers) -> Numbers:
        """Calibrated probability of each score, flat beyond the ends."""
        return np.asarray(np.interp(score, self.scores, self.probabilities), dtype=np.float64)

    def card(self) -> dict[str, list[float]]:
        """The table as a card holds it."""
        return {"scores": list(self.scores), "probabilities": list(self.probabilities)}


def monotone_table(score: Numbers, positive: Truths, weights: Numbers | None = None, points: int = 16) -> MonotoneTable:
    """Isotonic regression of outcomes on scores, thinned to at most ``points`` knots; never quite 0 or 1.

    The ends are held to what ``N`` rows can show, 1 / (N + 2), because no count of rows proves a certainty.
    """
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 -- training only; heavy

    fitted = IsotonicRegression(out_of_bounds="clip").fit(score, positive.astype(np.float64), sample_weight=weights)
    knots = np.unique(np.quantile(score, np.linspace(0, 1, points)))
    least = 1.0 / (len(score) + 2)
    values = np.clip(np.asarray(fitted.predict(knots), dtype=np.float64), least, 1 - least)
    return MonotoneTable(
        scores=tuple(round(float(knot), 6) for knot in knots),
        probabilities=tuple(round(float(value), 6) for value in np.maximum.accumulate(values)),
    )


def calibration_rows(positive: Truths, probability: Numbers, bins: int = 10) -> list[dict[str, object]]:
    """The calibration curve: what was said and what came, in equal bins of probability that hold any row."""
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    rows: list[dict[str, object]] = []
    for index in np.unique(place):
        chosen = place == index
        rows.append(
            {
                "probability": f"{index / bins:.2f}-{(index + 1) / bins:.2f}",
                "images": int(chosen.sum()),
                "mean_probability": round(float(probability[chosen].mean()), 4),
                "observed_fraction": round(float(positive[chosen].mean()), 4),
            }
        )
    return rows


SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)


def risk_coverage_rows(
    error: Numbers, doubt: Numbers, shares: Sequence[float] = SHARES
) -> tuple[list[dict[str, object]], float]:
    """Mean error of the rest when the most doubtful share abstains, and the area under that curve (AURC).

    Rows of equal doubt are taken at their mean error, so that their order cannot flatter.
    """
    _, place = np.unique(doubt, return_inverse=True)
    levelled = (np.bincount(place, weights=error) / np.bincount(place))[place]
    kept = levelled[np.argsort(doubt, kind="stable")]
    means = np.cumsum(kept) / np.arange(1, kept.size + 1)
    rows: list[dict[str, object]] = []
    for share in shares:
        left = max(round((1 - share) * kept.size), 1)
        rows.append(
            {"abstaining_fraction": float(share), "images": int(left), "mean_error": round(float(means[left - 1]), 4)}
        )
    return rows, round(float(means.mean()), 4)
