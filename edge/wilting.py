"""Visual wilting of a photo, from the wilting model."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.contract import ModelReference
from edge.errors import ModelRefusedError
from edge.network import Network, network_for

WILTING: Final = "wilting"

_LEVELS: Final = 4  # P(score > 0) .. P(score > 3)


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

    def fields(self, rgb: NDArray[np.uint8]) -> dict[str, Any]:
        """Wilting fields of a detection for a photo (h, w, 3), red first; ModelRefusedError for an unusable answer."""
        card = self._network.card
        logits = self._network.run(rgb).reshape(-1)
        if logits.shape != (_LEVELS,) or not np.isfinite(logits).all():
            raise ModelRefusedError(
                f"model {card.name}: expected {_LEVELS} finite cumulative logits, got {logits.tolist()};"
                " install the model again"
            )
        exceeds = 1 / (1 + np.exp(-logits.astype(np.float64) / card.number("wilting_temperature", 1.0)))
        # P(score > k) cannot rise with k, whatever the separate outputs say.
        exceeds = np.minimum.accumulate(exceeds)
        return {
            "model": card.reference,
            "wilting_score": float(exceeds.sum()),
            "wilting_probability": float(exceeds[1]),
        }

    def reasons(self, crop: str | None) -> list[str]:
        """What a photo of this crop cannot be given, and why."""
        if crop is None:
            return ["crop_unknown", "no_stress_calibration"]
        return (
            ["no_stress_calibration"]
            if crop in self.evaluated_crops
            else ["crop_not_validated", "no_stress_calibration"]
        )

    def answers_for(self, crop: str | None) -> bool:
        """Whether the model may speak of this crop; an unnamed one is answered as the evaluated crop."""
        return crop is None or crop in self.evaluated_crops
