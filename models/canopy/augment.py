"""Changes of light, colour, scale and cover that keep the truth of a mask: they stand in for cameras not seen yet."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.canopy.photos import Photo

Image = NDArray[np.float32]

# Shares of the training pairs that get each change.
COVERED, BARE, SHADED, HAZY, BLURRED, NOISY, PACKED = 0.25, 0.05, 0.4, 0.3, 0.35, 0.4, 0.25
SCALES, BARE_SCALES = (0.5, 1.6), (0.6, 2.8)
# Colour casts of cameras lie along blue to yellow much more than along green to magenta.
WARMTH_SPREAD, TINT_SPREAD = 0.1, 0.04
# Gaps between the leaves of a closed canopy up to this many pixels count as canopy.
GAP_PX = 5


def warped(picture: NDArray[np.uint8] | Image, affine: NDArray[np.float64], size: int) -> Image:
    """A picture moved by an affine map into a square of ``size`` pixels, mirrored beyond its border."""
    moved = cv2.warpAffine(picture, affine, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, dtype=np.float32)


def densest_first(photos: Sequence[Photo]) -> list[Photo]:
    """The photos by falling vegetation: closed canopies are built of the first ones, bare soil of the last."""
    return sorted(photos, key=lambda photo: -float(photo.mask.mean()))


def swell(size: int, cells: int, random: Generator) -> Image:
    """A smooth random field (size, size) with about ``cells`` hills a side and unit spread at its knots."""
    knots = random.normal(size=(cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(knots, (size, size), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def placed(photo: Photo, size: int, random: Generator, scales: tuple[float, float] = SCALES) -> tuple[Image, Image]:
    """A turned, scaled and mirrored window of a photo in 0..1 (size, size, 3) with its mask (size, size)."""
    height, width = photo.mask.shape
    scale = float(np.exp(random.uniform(*np.log(scales))))
    stretch = float(np.exp(random.normal(0.0, 0.12)))
    turn = random.uniform(-np.pi, np.pi)
    flip = random.choice([-1.0, 1.0])
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.diag([scale * stretch * flip, scale / stretch])
    centre = np.array([random.uniform(0.2, 0.8) * width, random.uniform(0.2, 0.8) * height])
    shift = np.full(2, size / 2) - matrix @ centre
    affine = np.column_stack([matrix, shift])
    image = warped(photo.image, affine, size) / np.float32(255)
    return image, warped(photo.mask.view(np.uint8) * np.uint8(255), affine, size) / np.float32(255)


def covered(image: Image, mask: Image, others: Sequence[Photo], random: Generator) -> tuple[Image, Image]:
    """The window under a canopy built of the plants of other photos: deep shade below, sunlit leaves on top.

    The canopy ends at a ragged outline, so that closed rows stand beside bare soil, or it fills the window.
    """
    size, layers = mask.shape[0], int(random.integers(5, 11))
    outline = swell(size, int(random.integers(2, 5)), random) + random.uniform(-0.6, 2.2)
    scale = float(np.exp(random.uniform(np.log(0.3), np.log(1.3))))
    deepest, saturation = random.uniform(0.06, 0.6), random.uniform(0.55, 1.1)
    sky = np.exp(random.normal(0.0, 0.08) * np.array([-1.0, 0.0, 1.0]))
    floor = np.where(outline > 0, deepest, random.uniform(0.4, 1.0)).astype(np.float32)
    image, leaves = image * floor[..., None], np.zeros_like(mask)
    for layer in range(layers):
        top, cover = placed(others[int(random.integers(len(others)))], size, random, (0.8 * scale, 1.25 * scale))
        cover = cover * (outline > random.normal(0.0, 0.15))
        shade = 1 - (layer + 1) / layers
        light = (deepest**shade * sky**shade * random.uniform(0.75, 1.2)).astype(np.float32)
        image = np.asarray(cv2.blendLinear(top * light, image, cover, 1 - cover), dtype=np.float32)
        leaves = np.maximum(leaves, cover)
    grey = cv2.transform(image, np.full((3, 3), 1 / 3, dtype=np.float32))
    image += (grey - image) * np.float32(1 - saturation) * leaves[..., None]
    closed = cv2.morphologyEx(leaves, cv2.MORPH_CLOSE, np.ones((GAP_PX, GAP_PX), dtype=np.uint8))
    return image, np.maximum(mask, np.asarray(closed, dtype=np.float32))


def shaded(image: Image, random: Generator) -> Image:
    """The image under soft-edged shadows of a random shape."""
    field = swell(image.shape[0], int(random.integers(2, 9)), random)
    soft = 1 / (1 + np.exp(-field * random.uniform(2.0, 12.0)))
    depth = random.uniform(0.2, 0.8) * np.exp(random.normal(0.0, 0.06, 3))
    return np.asarray(image * (1 - soft[..., None] * (1 - depth)), dtype=np.float32)


def lit(image: Image, random: Generator) -> Image:
    """The image under another light: white balance, exposure, gamma, saturation, haze and contrast."""
    warmth, tint = random.normal(0.0, WARMTH_SPREAD), random.normal(0.0, TINT_SPREAD)
    cast = np.exp(np.array([warmth, tint, -warmth]) + random.normal(0.0, 0.35))
    scene = image * cast.astype(np.float32)
    grey = scene.mean(axis=2, keepdims=True)
    scene = grey + (scene - grey) * random.uniform(0.45, 1.4)
    scene = cv2.pow(np.clip(scene, 0.0, 1.0), random.uniform(0.6, 1.6))
    if random.random() < HAZY:
        veil = random.uniform(0.0, 0.5)
        glow = random.uniform(0.6, 1.0, 3) * random.uniform(0.5, 1.0)
        scene = scene * (1 - veil) + (veil * glow).astype(np.float32)
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
        grain = random.standard_normal(image.shape, dtype=np.float32)
        image = image + grain * np.float32(random.uniform(0.005, 0.05))
    image = np.clip(image, 0.0, 1.0).astype(np.float32)
    return packed(image, int(random.integers(35, 90))) if random.random() < PACKED else image


def sample(photos: Sequence[Photo], size: int, random: Generator) -> tuple[Image, Image]:
    """One training pair of photos given densest first: image (size, size, 3) in 0..1 and mask (size, size) in 0..1."""
    quarter, draw = max(len(photos) // 4, 1), random.random()
    if draw < BARE:
        image, mask = placed(photos[-1 - int(random.integers(quarter))], size, random, BARE_SCALES)
    else:
        image, mask = placed(photos[int(random.integers(len(photos)))], size, random)
    if draw > 1 - COVERED:
        image, mask = covered(image, mask, photos[:quarter], random)
    if random.random() < SHADED:
        image = shaded(image, random)
    return blurred(lit(image, random), random), mask
