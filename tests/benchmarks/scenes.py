"""Photos for measuring speed: scenes rendered by this project (SYNTHETIC), so that no outside data is needed."""

from pathlib import Path

import cv2
import numpy as np

from simulations.scene.drawing import SceneSettings, render

SMALL = (384, 288)
LARGE = (4000, 3000)


def write_scenes(folder: Path, count: int, size_px: tuple[int, int]) -> tuple[Path, ...]:
    """Write JPEG scenes, each another one, of a width and height."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    files = []
    for number in range(count):
        path = folder / f"synthetic-scene-{number}.jpg"
        settings = SceneSettings(rows=7, plants_per_row=11, wilting=0.05 * (number % 8))
        picture = cv2.resize(render(settings, generator), size_px, interpolation=cv2.INTER_AREA)
        if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 90]):
            raise OSError(f"{path}: the scene could not be written")
        files.append(path)
    return tuple(files)
