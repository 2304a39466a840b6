"""The canopy of a thermal frame from the colour photo of the same rig: its mask carried over by registration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.contract import ModelReference
from edge.radiometry.masks import FloatImage, Mask
from edge.radiometry.registration import carried, register
from edge.radiometry.sunlit import sunlit


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCanopy:
    """Canopy pixels of a thermal frame (H, W) as a photo drew them, those to read temperature from, and the model."""

    canopy: Mask
    leaves: Mask
    """Sunlit leaves where the photo tells two lights, else the whole canopy: shaded leaves stay near the air."""
    model: ModelReference


def drawn_canopy(
    rgb: NDArray[np.uint8], mask: Mask, temperature_c: FloatImage, model: ModelReference
) -> DrawnCanopy | None:
    """Canopy of a thermal frame (H, W) [deg C] by a photo (h, w, 3) and its mask (h, w); None when they do not fit."""
    registration = register(rgb, temperature_c)
    canopy = carried(mask, registration, temperature_c)
    if canopy is None:
        return None
    bright = sunlit(rgb, mask)
    leaves = None if bright is None else carried(bright, registration, temperature_c)
    return DrawnCanopy(canopy=canopy, leaves=canopy if leaves is None or not leaves.any() else leaves, model=model)
