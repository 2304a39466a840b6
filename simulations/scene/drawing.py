"""Rendered crop scenes: rows of leafy plants on soil, for first runs and tests, never for accuracy claims.

Every picture carries the words SYNTHETIC SCENE, so that nobody takes it for a photo.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LABEL = "SYNTHETIC SCENE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSettings:
    """What a scene shows; wilting is the share (0..1) by which leaves hang, shrink and fade."""

    width_px: int = 640
    height_px: int = 480
    rows: int = 5
    plants_per_row: int = 9
    leaves_per_plant: int = 26
    wilting: float = 0.0


def render(settings: SceneSettings, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one scene.

    Parameters
    ----------
    settings : SceneSettings
        What to show.
    generator : numpy.random.Generator
        Source of all randomness: the same state gives the same picture.

    Returns
    -------
    ndarray of uint8, shape (height_px, width_px, 3)
        Colours in OpenCV's order (blue, green, red).
    """
    picture = _soil(settings, generator)
    for row in range(settings.rows):
        depth = (row + 1.0) / settings.rows  # the nearest row is drawn last and largest
        for place in range(settings.plants_per_row):
            across = (place + 0.5 + generator.uniform(-0.2, 0.2)) / settings.plants_per_row
            centre = (across * settings.width_px, (0.12 + 0.82 * depth) * settings.height_px)
            _draw_plant(picture, settings, generator, centre=centre, size_px=16.0 + 24.0 * depth)
    shade = 1.0 + 0.12 * np.linspace(-1.0, 1.0, settings.width_px)[None, :, None]
    lit = np.clip(picture.astype(np.float32) * shade, 0.0, 255.0).astype(np.uint8)
    cv2.putText(lit, LABEL, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return lit


def _soil(settings: SceneSettings, generator: np.random.Generator) -> NDArray[np.uint8]:
    shape = (settings.height_px, settings.width_px)
    coarse = generator.normal(0.0, 1.0, (shape[0] // 16, shape[1] // 16)).astype(np.float32)
    clods = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    grain = generator.normal(0.0, 1.0, shape).astype(np.float32)
    light = 1.0 + 0.16 * clods + 0.12 * grain
    brown = np.array([78.0, 112.0, 150.0], dtype=np.float32)
    return np.clip(light[:, :, None] * brown, 0.0, 255.0).astype(np.uint8)


def _draw_plant(
    picture: NDArray[np.uint8],
    settings: SceneSettings,
    generator: np.random.Generator,
    *,
    centre: tuple[float, float],
    size_px: float,
) -> None:
    droop = settings.wilting
    shadow = (int(centre[0] + 0.4 * size_px), int(centre[1] + 0.5 * size_px))
    cv2.ellipse(
        picture, shadow, (int(1.1 * size_px), int(0.5 * size_px)), 0.0, 0.0, 360.0, (26, 36, 46), -1, cv2.LINE_AA
    )
    fresh, faded = np.array([52.0, 150.0, 62.0]), np.array([88.0, 138.0, 118.0])
    for leaf in range(settings.leaves_per_plant):
        light = 0.45 + 0.85 * leaf / settings.leaves_per_plant  # the lower leaves, drawn first, stand in the shade
        angle = generator.uniform(0.0, 2.0 * np.pi)
        reach = size_px * generator.uniform(0.1, 1.0) * (1.0 - 0.35 * droop)
        x = centre[0] + reach * np.cos(angle)
        y = centre[1] + 0.6 * reach * np.sin(angle) + 0.5 * size_px * droop
        length = size_px * generator.uniform(0.34, 0.52) * (1.0 - 0.35 * droop)
        width = length * (0.62 - 0.40 * droop)
        hang_deg = 90.0 * droop + (1.0 - droop) * float(np.degrees(angle))
        colour = (fresh * (1.0 - droop) + faded * droop) * light * generator.uniform(0.85, 1.15)
        cv2.ellipse(
            picture,
            (int(x), int(y)),
            (max(2, int(length)), max(2, int(width))),
            hang_deg,
            0.0,
            360.0,
            tuple(float(v) for v in np.clip(colour, 0.0, 255.0)),
            -1,
            cv2.LINE_AA,
        )
