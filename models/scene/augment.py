"""Other cameras, weather and distances: what a scene photo is turned into before its tiles are learnt."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.scene.network import SIZE

HAZE: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A photo (144, 192, 3) RGB float32 in 0..1 and, where known, the share of plants in each pixel (144, 192)."""

    image: NDArray[np.float32]
    cover: NDArray[np.float32] | None


def plain(image: NDArray[np.uint8], mask: NDArray[np.bool_] | None = None) -> View:
    """The photo as the network sees it in the field: resized, nothing else."""
    return View(image=resized(image) / np.float32(255), cover=None if mask is None else resized(mask))


def resized(picture: NDArray[np.uint8] | NDArray[np.bool_]) -> NDArray[np.float32]:
    """A picture or mask at the network's size, by area."""
    size = (SIZE[1], SIZE[0])
    small = cv2.resize(np.ascontiguousarray(picture).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def changed(image: NDArray[np.uint8], mask: NDArray[np.bool_] | None, random: Generator) -> View:
    """The photo cut, mirrored, relit, veiled, softened, grained and compressed at random."""
    height, width = image.shape[:2]
    share = random.uniform(0.4, 1.0)
    rows = max(32, int(height * share))
    columns = max(32, int(width * min(1.0, share * random.uniform(0.85, 1.15))))
    top = int(random.integers(0, max(height - rows, 0) + 1))
    left = int(random.integers(0, max(width - columns, 0) + 1))
    step = -1 if random.random() < 0.5 else 1  # noqa: PLR2004 -- as often mirrored as not
    window = (slice(top, top + rows), slice(left, left + columns))
    cut = plain(image[window][:, ::step], None if mask is None else mask[window][:, ::step])
    return View(image=compressed(relit(cut.image, random), random), cover=cut.cover)


def relit(image: NDArray[np.float32], random: Generator) -> NDArray[np.float32]:
    """Gamma, light, white balance, saturation, haze, softness and grain at random; still 0..1."""
    lit = np.power(image, random.uniform(0.65, 1.5)) * random.uniform(0.75, 1.2)
    lit = lit * np.exp(random.uniform(-0.22, 0.22, 3))
    grey = lit.mean(axis=2, keepdims=True)
    lit = grey + (lit - grey) * random.uniform(0.5, 1.3)
    veil = random.uniform(0.0, 0.25)
    lit = lit * (1 - veil) + HAZE * veil
    if random.random() < 0.3:  # noqa: PLR2004 -- three photos in ten are a little soft
        lit = cv2.GaussianBlur(lit, (0, 0), random.uniform(0.4, 1.0))
    grained = lit + random.normal(0.0, random.uniform(0.0, 0.02), image.shape)
    return np.asarray(np.clip(grained, 0.0, 1.0), dtype=np.float32)


def compressed(image: NDArray[np.float32], random: Generator) -> NDArray[np.float32]:
    """The image after a JPEG of quality 40 to 95."""
    quality = int(random.integers(40, 96))
    _, content = cv2.imencode(".jpg", (image * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), dtype=np.float32) / np.float32(255)
