"""Whether a photo shows a crop in its field at all, from the scene model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract import ModelReference
from edge.errors import ModelRefusedError
from edge.finding import MIN_CANOPY_FRACTION, SOIL_ONLY_FRACTION
from edge.network import Network, network_for

SCENE: Final = "scene"
VIEW_LIMIT: Final = 0.35
"""Used when a card gives no limit of its own."""

_CLASSES: Final = 3  # plants, bare soil, anything else
_MIN_EXCESS_GREEN: Final = 0.05  # 2g - r - b of a pixel's shares of light; clods taken for canopy have less


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneView:
    """Shares (0..1, together 1) of a photo that look like plants in a field, like its soil, like anything else."""

    plants: float
    soil: float
    other: float
    limit: float
    """Least share of plants and soil together that still counts as a view of a crop."""

    @property
    def crop_view(self) -> float:
        """Probability that the photo shows a field."""
        return min(max(1 - self.other, 0.0), 1.0)

    def reasons(self, quality_reasons: tuple[str, ...]) -> list[str]:
        """Why the photo is no view of a crop; nothing is said of one taken in the dark, where nothing shows."""
        return [] if self.crop_view >= self.limit or "dark" in quality_reasons else ["not_a_crop_view"]


class SceneGate:
    """The scene model of a folder; ModelRefusedError when it has no valid card or another hash."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._network: Network = network_for(folder, SCENE, threads)
        self._limit = self._network.card.number("crop_view_limit", VIEW_LIMIT)

    @property
    def reference(self) -> ModelReference:
        """Short name of the model."""
        return self._network.card.reference

    def view(self, rgb: NDArray[np.uint8]) -> SceneView:
        """What a photo (h, w, 3), red first, shows; ModelRefusedError for an unusable answer."""
        shares = self._network.run(rgb).reshape(-1).astype(np.float64)
        if shares.shape != (_CLASSES,) or not np.isfinite(shares).all():
            raise ModelRefusedError(
                f"model {self._network.card.name}: expected {_CLASSES} finite shares, got {shares.tolist()};"
                " install the model again"
            )
        plants, soil, other = (float(share) for share in shares)
        return SceneView(plants=plants, soil=soil, other=other, limit=self._limit)


def bare_soil(rgb: NDArray[np.uint8], mask: NDArray[np.uint8], cover_fraction: float) -> bool:
    """Whether a small photo (h, w, 3) with its canopy mask (height, width) and cover [fraction] shows no crop but soil.

    A little canopy counts only where it is green: in real photos of bare soil the mask finds a clod here and there.
    """
    if cover_fraction >= MIN_CANOPY_FRACTION:
        return False
    light = rgb.astype(np.float32) + 1
    found = cv2.resize(mask, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    green = 3 * light[..., 1] / light.sum(axis=2) - 1
    return float((found * (green > _MIN_EXCESS_GREEN)).mean()) < SOIL_ONLY_FRACTION
