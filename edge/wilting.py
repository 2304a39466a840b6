"""Visual wilting of a photo, from the wilting model: a score, how sure it is, and how new the photo is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.contract import ModelReference
from edge.errors import ModelRefusedError
from edge.network import Network, network_for

WILTING: Final = "wilting"

_LEVELS: Final = 4  # P(score > 0) .. P(score > 3)
_DISTANCE: Final = "distance"
_UNVALIDATED_WIDENING: Final = 1
"""Levels by which a crop without labelled photos widens the set on either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WiltingReading:
    """What the model says of one photo: fields of a detection, reasons, and distance over the distance allowed."""

    fields: dict[str, Any]
    reasons: tuple[str, ...]
    novelty: float | None


def conformal_set(exceeds: NDArray[np.float64], limit: float) -> tuple[int, int]:
    """Least and greatest score of the set from P(score > k) (4,): all within ``limit`` of the middle, never none.

    A score's distance from the middle is ``|F(k-1) + F(k) - 1|`` with F the cumulative probability.
    """
    upto = np.concatenate([1 - exceeds, [1.0]])
    probability = np.diff(upto, prepend=0.0)
    strange = np.abs(2 * upto - probability - 1)
    (members,) = np.nonzero(strange <= max(limit, float(strange.min())))
    return int(members[0]), int(members[-1])


class WiltingReader:
    """The wilting model of a folder; ModelRefusedError when it has no valid card or another hash."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._network: Network = network_for(folder, WILTING, threads)

    @property
    def reference(self) -> ModelReference:
        """Short name of the model."""
        return self._network.card.reference

    @property
    def evaluated_crops(self) -> tuple[str, ...]:
        """Crops for which labelled photos were held out."""
        return self._network.card.evaluated_crops

    def reading(self, rgb: NDArray[np.uint8], crop: str | None = None) -> WiltingReading:
        """What a photo (h, w, 3), red first, of a crop says; ModelRefusedError for an unusable answer.

        A photo farther from the training photos than the card allows gets no score, only ``unlike_training``.
        """
        card = self._network.card
        answers = self._network.answers(rgb)
        novelty = self._novelty(answers.get(_DISTANCE))
        if novelty is not None and novelty > 1:
            return WiltingReading(fields={}, reasons=("unlike_training",), novelty=novelty)
        logits = answers[card.output.name]
        exceeds = self._exceeds(logits)
        fields: dict[str, Any] = {
            "model": card.reference,
            "wilting_score": self._score(logits, exceeds),
            "wilting_probability": float(exceeds[1]),
        }
        limit = card.number("conformal_limit", -1.0)
        if limit >= 0:
            low, high = conformal_set(exceeds, limit)
            nearest = round(fields["wilting_score"])
            low, high = min(low, nearest), max(high, nearest)
            wider = 0 if crop is None or crop in self.evaluated_crops else _UNVALIDATED_WIDENING
            fields["wilting_low"] = max(low - wider, 0)
            fields["wilting_high"] = min(high + wider, _LEVELS)
        return WiltingReading(fields=fields, reasons=(), novelty=novelty)

    def _score(self, logits: NDArray[np.float32], exceeds: NDArray[np.float64]) -> float:
        """Score 0..4: the model's own level where its card tells the logits a level, else the sum of P(score > k)."""
        slope = self._network.card.number("score_slope", 0.0)
        if slope <= 0:
            return float(exceeds.sum())
        return float(np.clip(float(logits.mean()) / slope + _LEVELS / 2, 0.0, _LEVELS))

    def _novelty(self, distance: NDArray[np.float32] | None) -> float | None:
        limit = self._network.card.number("distance_limit", 0.0)
        if distance is None or limit <= 0:
            return None
        value = float(distance.reshape(-1)[0])
        if not np.isfinite(value):
            raise ModelRefusedError(
                f"model {self._network.card.name}: expected a finite distance, got {value}; install the model again"
            )
        return round(value / limit, 4)

    def _exceeds(self, output: NDArray[np.float32]) -> NDArray[np.float64]:
        """P(score > k) (4,), which cannot rise with k, whatever the separate outputs say."""
        card, logits = self._network.card, output.reshape(-1)
        if logits.shape != (_LEVELS,) or not np.isfinite(logits).all():
            raise ModelRefusedError(
                f"model {card.name}: expected {_LEVELS} finite cumulative logits, got {logits.tolist()};"
                " install the model again"
            )
        scaled = logits.astype(np.float64) / card.number("wilting_temperature", 1.0)
        return np.minimum.accumulate(0.5 * (1 + np.tanh(0.5 * scaled)))

    def reasons(self, crop: str | None) -> list[str]:
        """What a photo of this crop cannot be given, and why."""
        if crop is None:
            return ["crop_unknown", "no_stress_calibration"]
        return (
            ["no_stress_calibration"]
            if crop in self.evaluated_crops
            else ["crop_not_validated", "no_stress_calibration"]
        )

    def answers_for(self, crop: str | None, unvalidated: Sequence[str] = ()) -> bool:
        """Whether the model may speak of this crop: an evaluated one, an unnamed one, or one the operator opted in."""
        return crop is None or crop in self.evaluated_crops or crop in unvalidated
