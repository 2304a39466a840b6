"""Changes of light, colour, scale and cover that keep the truth of a mask: they stand in for cameras not seen yet."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.canopy.photos import Photo

Image = NDArray[np.float32]

# Shares of the training pairs that get each change.
COVERED, SHADED, HAZY, BLURRED, NOISY, PACKED = 0.25, 0.4, 0.3, 0.35, 0.4, 0.25


def warped(picture: NDArray[np.uint8] | Image, affine: NDArray[np.float64], size: int) -> Image:
    """A picture moved by an affine map into a square of ``size`` pixels, mirrored beyond its border."""
    moved = cv2.warpAffine(picture, affine, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, dtype=np.float32)


def placed(photo: Photo, size: int, random: Generator) -> tuple[Image, Image]:
    """A turned, scaled and mirrored window of a photo in 0..1 (size, size, 3) with its mask (size, size)."""
    height, width = photo.mask.shape
    scale = float(np.exp(random.uniform(np.log(0.5), np.log(1.6))))
    stretch = float(np.exp(random.normal(0.0, 0.12)))
    turn = random.uniform(-np.pi, np.pi)
    flip = random.choice([-1.0, 1.0])
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.diag([scale * stretch * flip, scale / stretch])
    centre = np.array([random.uniform(0.2, 0.8) * width, random.uniform(0.2, 0.8) * height])
    shift = np.full(2, size / 2) - matrix @ centre
    affine = np.column_stack([matrix, shift])
    image = warped(photo.image, affine, size) / np.float32(255)
    return image, warped(photo.mask.astype(np.float32), affine, size)


def covered(image: Image, mask: Image, others: Sequence[Photo], random: Generator) -> tuple[Image, Image]:
    """The window with the plants of other photos laid over it, dark ones first, up to a closed canopy."""
    goal = random.uniform(0.4, 1.0)
    layers = int(random.integers(4, 20))
    image = np.asarray(image * random.uniform(0.3, 1.0), dtype=np.float32)
    for layer in range(layers):
        top, cover = placed(others[int(random.integers(len(others)))], mask.shape[0], random)
        depth = 0.3 + 0.7 * (layer + 1) / layers
        tint = np.exp(random.normal(0.0, 0.1, 3)).astype(np.float32) * np.float32(depth * random.uniform(0.6, 1.2))
        image = np.asarray(image * (1 - cover[..., None]) + top * tint * cover[..., None], dtype=np.float32)
        mask = np.maximum(mask, cover)
        if mask.mean() > goal:
            break
    return image, mask


def shaded(image: Image, random: Generator) -> Image:
    """The image under soft-edged shadows of a random shape."""
    size = image.shape[0]
    cells = int(random.integers(2, 9))
    field = cv2.resize(
        random.normal(size=(cells, cells)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC
    )
    soft = 1 / (1 + np.exp(-field * random.uniform(2.0, 12.0)))
    depth = random.uniform(0.2, 0.8) * np.exp(random.normal(0.0, 0.06, 3))
    return np.asarray(image * (1 - soft[..., None] * (1 - depth)), dtype=np.float32)


def lit(image: Image, random: Generator) -> Image:
    """The image under another light: white balance, exposure, gamma, saturation, haze and contrast."""
    scene = image * np.exp(random.normal(0.0, 0.1, 3) + random.normal(0.0, 0.35))
    grey = scene.mean(axis=2, keepdims=True)
    scene = grey + (scene - grey) * random.uniform(0.45, 1.4)
    scene = np.clip(scene, 0.0, 1.0) ** random.uniform(0.6, 1.6)
    if random.random() < HAZY:
        veil = random.uniform(0.0, 0.5)
        scene = scene * (1 - veil) + veil * random.uniform(0.6, 1.0, 3) * random.uniform(0.5, 1.0)
    return np.asarray(scene, dtype=np.float32)


def packed(image: Image, quality: int) -> Image:
    """The image after a JPEG encoder of this quality."""
    written, data = cv2.imencode(".jpg", (image * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    back = cv2.imdecode(data, cv2.IMREAD_COLOR) if written else None
    return image if back is None else back.astype(np.float32) / np.float32(255)


def blurred(image: Image, random: Generator) -> Image:
    """The image as a cheap lens, sensor and JPEG would give it."""
    if random.random() < BLURRED:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.4, 1.6)), dtype=np.float32)
    if random.random() < NOISY:
        image = (image + random.normal(0.0, random.uniform(0.005, 0.05), image.shape)).astype(np.float32)
    image = np.clip(image, 0.0, 1.0).astype(np.float32)
    return packed(image, int(random.integers(35, 90))) if random.random() < PACKED else image


def sample(photos: Sequence[Photo], size: int, random: Generator) -> tuple[Image, Image]:
    """One training pair: image (size, size, 3) in 0..1 and mask (size, size) in 0..1."""
    image, mask = placed(photos[int(random.integers(len(photos)))], size, random)
    if random.random() < COVERED:
        dense = sorted(photos, key=lambda photo: -float(photo.mask.mean()))[: max(len(photos) // 4, 1)]
        image, mask = covered(image, mask, dense, random)
    if random.random() < SHADED:
        image = shaded(image, random)
    return blurred(lit(image, random), random), mask
