"""Pictures without a crop, drawn by rule: sky, wall, page, road, water, room, cloth, lights at night. SYNTHETIC."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
HEIGHT: Final = 288
WIDTH: Final = 384
LAST_GAP: Final = 100
"""Drawn codes up to this one are gaps between words."""


def finished(picture: NDArray[Any], grain: float, random: Generator) -> Picture:
    """Grain added and brought to 0..255."""
    return np.clip(picture + random.normal(0.0, grain, picture.shape), 0, 255).astype(np.uint8)


def clouds(random: Generator, cell: int) -> NDArray[np.float64]:
    """Smooth random relief (288, 384), mean 0 and spread near 1."""
    coarse = random.normal(0.0, 1.0, (HEIGHT // cell + 2, WIDTH // cell + 2))
    return cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).astype(np.float64)


def sky(random: Generator) -> Picture:
    """Blue to grey, paler below, with soft clouds."""
    fall = np.linspace(0.0, 1.0, HEIGHT)[:, None, None]
    top = np.array([70, 120, 200]) * random.uniform(0.6, 1.2)
    bottom = np.array([190, 205, 225]) * random.uniform(0.7, 1.1)
    cover = 1 / (1 + np.exp(-2 * (clouds(random, 64) + clouds(random, 24) * 0.5 + random.uniform(-1.5, 1.5))))
    blue = top * (1 - fall) + bottom * fall
    return finished(blue * (1 - cover[..., None]) + 225 * cover[..., None], 2, random)


def wall(random: Generator) -> Picture:
    """One colour, uneven light, a little plaster."""
    tone = random.uniform(60, 230, 3)
    light = 1 + 0.12 * clouds(random, 120) + 0.03 * clouds(random, 6)
    return finished(tone * light[..., None], random.uniform(1, 6), random)


def page(random: Generator) -> Picture:
    """A page of text, a little turned."""
    sheet = np.full((HEIGHT, WIDTH, 3), int(random.integers(200, 241)), dtype=np.uint8)
    pitch = int(random.integers(10, 22))
    for top in range(pitch, HEIGHT - 4, pitch):
        codes = random.integers(90, 122, 60)
        words = "".join(chr(int(code)) if code > LAST_GAP else " " for code in codes)
        cv2.putText(sheet, words, (12, top), cv2.FONT_HERSHEY_SIMPLEX, pitch / 40, (30, 30, 35), 1, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), random.uniform(-8, 8), random.uniform(0.9, 1.3))
    turned = cv2.warpAffine(sheet, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE).astype(np.float64)
    return finished(turned, 3, random)


def road(random: Generator) -> Picture:
    """Asphalt with a painted line."""
    surface = np.full((HEIGHT, WIDTH, 3), random.uniform(70, 130)) + 8 * clouds(random, 40)[..., None]
    ends = [(int(random.integers(0, WIDTH)), 0), (int(random.integers(0, WIDTH)), HEIGHT)]
    cv2.line(surface, ends[0], ends[1], (215, 215, 205), int(random.integers(6, 24)), cv2.LINE_AA)
    grain = random.normal(0, random.uniform(5, 12), (HEIGHT, WIDTH, 1))
    return finished(surface + grain, 2, random)


def water(random: Generator) -> Picture:
    """Ripples, flatter with distance."""
    rows = np.linspace(0.15, 1.0, HEIGHT)[:, None]
    phase = 40 * np.log(rows + 0.1) * random.uniform(1, 3) + clouds(random, 30) * 1.5
    ripples = np.sin(phase + np.linspace(0, random.uniform(2, 12), WIDTH)[None, :])
    tone = np.array([40, 85, 110]) * random.uniform(0.5, 1.5)
    return finished(tone * (1 + 0.25 * ripples * rows)[..., None], 4, random)


def room(random: Generator) -> Picture:
    """Boxes of plain colours with shaded faces, as furniture has."""
    view = np.full((HEIGHT, WIDTH, 3), 1.0) * random.uniform(110, 210, 3)
    for _ in range(int(random.integers(5, 18))):
        corner = random.integers(0, [WIDTH, HEIGHT])
        size = random.integers(20, 180, 2)
        tone = tuple(float(value) for value in random.uniform(20, 235, 3))
        far = (int(corner[0] + size[0]), int(corner[1] + size[1]))
        cv2.rectangle(view, (int(corner[0]), int(corner[1])), far, tone, -1)
    light = 1 + 0.2 * clouds(random, 150)
    return finished(view * light[..., None], random.uniform(1, 5), random)


def cloth(random: Generator) -> Picture:
    """Stripes or checks with folds."""
    across, down = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    folds = 12 * clouds(random, 60)
    stripes = np.sin((across + folds) * random.uniform(0.1, 0.6)) + np.sin((down + folds) * random.uniform(0.0, 0.6))
    tone = random.uniform(40, 220, 3)
    return finished(tone * (1 + 0.2 * np.sign(stripes) + 0.1 * clouds(random, 90))[..., None], 4, random)


def lights(random: Generator) -> Picture:
    """Lamps in the dark, with their glow."""
    view = np.full((HEIGHT, WIDTH, 3), random.uniform(5, 40))
    for _ in range(int(random.integers(3, 25))):
        place = (int(random.integers(0, WIDTH)), int(random.integers(0, HEIGHT)))
        tone = tuple(float(value) for value in random.uniform(150, 255, 3))
        cv2.circle(view, place, int(random.integers(2, 14)), tone, -1, cv2.LINE_AA)
    return finished(view + cv2.GaussianBlur(view, (0, 0), 15), 6, random)


KINDS: Final[Mapping[str, Callable[[Generator], Picture]]] = MappingProxyType(
    {
        "sky": sky,
        "wall": wall,
        "page": page,
        "road": road,
        "water": water,
        "room": room,
        "cloth": cloth,
        "lights": lights,
    }
)
