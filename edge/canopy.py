"""The canopy mask of a photo, from the canopy model."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract import ModelReference
from edge.finding import CANOPY_VALUE
from edge.network import Network, network_for

CANOPY: Final = "canopy"


class CanopyReader:
    """The canopy model of a folder; ModelRefusedError when it has no valid card or another hash."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._network: Network = network_for(folder, CANOPY, threads)

    @property
    def reference(self) -> ModelReference:
        """Short name of the model."""
        return self._network.card.reference

    def mask(self, rgb: NDArray[np.uint8], *, height: int, width: int) -> NDArray[np.uint8]:
        """Canopy 255, everything else 0, uint8 (height, width) [pixels], of a photo (h, w, 3), red first."""
        probability = min(max(self._network.card.number("canopy_threshold", 0.5), 1e-6), 1 - 1e-6)
        logits = self._network.run(rgb)[0]
        near = cv2.resize(logits, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
        canopy = (near > np.log(probability / (1 - probability))).astype(np.uint8) * np.uint8(CANOPY_VALUE)
        if canopy.shape == (height, width):
            return np.asarray(canopy, dtype=np.uint8)
        full = cv2.resize(canopy, (width, height), interpolation=cv2.INTER_NEAREST)
        return np.asarray(full, dtype=np.uint8)
