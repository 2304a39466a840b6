"""Photos under another light: the same plants, the same score, other colours and another curve of the camera."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.figures import photo_figures
from models.wilting.head import Numbers

COPIES: Final = 4
SEED: Final = 20261122
GAINS: Final = (0.8, 1.25)
GAMMAS: Final = (0.7, 1.4)
TOLD_EVERY: Final = 200


def relit(image: NDArray[np.uint8], random: Generator) -> NDArray[np.uint8]:
    """The image (h, w, 3) with drawn gains of its channels and a drawn gamma: other light on the same leaves."""
    gains = np.exp(random.uniform(np.log(GAINS[0]), np.log(GAINS[1]), size=3))
    gamma = float(np.exp(random.uniform(np.log(GAMMAS[0]), np.log(GAMMAS[1]))))
    level = np.arange(256)[:, None] / 255
    table = np.clip(np.rint(255 * np.clip(level * gains, 0, 1) ** gamma), 0, 255).astype(np.uint8)
    return np.stack([table[image[..., channel], channel] for channel in range(3)], axis=2)


def relit_figures(
    images: tuple[NDArray[np.uint8], ...], told: Callable[[str], None] = lambda _: None
) -> NDArray[np.float64]:
    """Figures (COPIES, N, D) of every photo under drawn lights; each photo's draws hang on its place alone."""
    rows: list[list[Numbers]] = []
    for index, image in enumerate(images):
        random = np.random.default_rng((SEED, index))
        rows.append([photo_figures(relit(image, random)) for _ in range(COPIES)])
        if index % TOLD_EVERY == 0:
            told(f"wilting: photo {index + 1} of {len(images)} under other light")
    return np.asarray(rows, dtype=np.float64).transpose(1, 0, 2)
