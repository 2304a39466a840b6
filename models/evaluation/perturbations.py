"""What field cameras do to a picture, as pure functions: the same image in, the same changed image out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Image = NDArray[np.uint8]
CHANNELS: Final = ("red", "green", "blue")
AIR: Final = 205.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Perturbation:
    """A named change of an RGB image; where it ``moves`` pixels, a mask must be moved by the same change."""

    name: str
    change: Callable[[Image], Image]
    moves: bool = False


def clipped(image: ArrayLike) -> Image:
    """Rounded and held to 0..255."""
    return np.clip(np.rint(np.asarray(image, dtype=np.float64)), 0, 255).astype(np.uint8)


def tinted(image: Image, channel: int, gain: float) -> Image:
    """One channel (0 red, 1 green, 2 blue) times a gain: a wrong white balance."""
    gains = np.ones(3)
    gains[channel] = gain
    return clipped(image * gains)


def bent(image: Image, gamma: float) -> Image:
    """Every value raised to ``gamma`` on 0..1: below 1 lifts the shadows, above 1 deepens them."""
    table = clipped(255 * (np.arange(256) / 255) ** gamma)
    return table[image]


def exposed(image: Image, stops: float) -> Image:
    """Light times 2**stops, clipped as a sensor clips it."""
    return clipped(image * np.float64(2.0**stops))


def compressed(image: Image, quality: int) -> Image:
    """Through JPEG at this quality and back."""
    done, packed = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    assert unpacked is not None
    return np.ascontiguousarray(unpacked[..., ::-1], dtype=np.uint8)


def blurred(image: Image, share: float) -> Image:
    """Out of focus: a Gaussian whose sigma is ``share`` of the width."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(share * image.shape[1], 0.3)), dtype=np.uint8)


def hazed(image: Image, veil: float) -> Image:
    """A white veil of this share over the picture, thicker towards its top."""
    height = image.shape[0]
    share = veil * np.linspace(1.3, 0.7, height)[:, None, None]
    return clipped(image * (1 - share) + AIR * share)


def shaded(image: Image, depth: float) -> Image:
    """A hard-edged shadow over the half left of a slanted line; ``depth`` of its light is missing."""
    height, width = image.shape[:2]
    down, across = np.mgrid[0:height, 0:width]
    dark = across / width + 0.4 * (down / height - 0.5) < 0.5  # noqa: PLR2004 -- the middle
    return clipped(image * np.where(dark, 1 - depth, 1.0)[..., None])


def tilted(image: Image, share: float) -> Image:
    """Seen from a little to the side: the left corners come ``share`` of the height nearer, nothing is left empty."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    inset = share * height
    source = corners + np.array([[0, inset], [0, 0], [0, 0], [0, -inset]], dtype=np.float32)
    view = cv2.getPerspectiveTransform(source, corners)
    found = cv2.warpPerspective(image, view, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(found, dtype=image.dtype)


def misregistered(bands: NDArray[np.generic], band: int, pixels: int) -> NDArray[np.generic]:
    """Bands (H, W, C) with one of them moved right and down by whole pixels, its edge repeated."""
    moved = bands.copy()
    padded = np.pad(bands[..., band], ((pixels, 0), (pixels, 0)), mode="edge")
    moved[..., band] = padded[: bands.shape[0], : bands.shape[1]]
    return moved


def without_band(bands: NDArray[np.float32], band: int) -> NDArray[np.float32]:
    """Bands (H, W, C) with one of them missing: every value not a number."""
    left = bands.copy()
    left[..., band] = np.nan
    return left


def perturbations() -> tuple[Perturbation, ...]:
    """The standard battery for colour photos; the first eight are those the bars name."""
    named: list[tuple[str, Callable[[Image], Image]]] = [
        (f"{CHANNELS[channel]} {sign}20 %", partial(tinted, channel=channel, gain=gain))
        for channel in range(3)
        for sign, gain in (("+", 1.2), ("-", 0.8))
    ]
    named += [(f"gamma {gamma:g}", partial(bent, gamma=gamma)) for gamma in (0.7, 1.4)]
    named += [
        ("JPEG quality 40", partial(compressed, quality=40)),
        ("half the light", partial(exposed, stops=-1.0)),
        ("1.5 times the light", partial(exposed, stops=0.585)),
        ("blur 0.4 % of the width", partial(blurred, share=0.004)),
        ("haze 30 %", partial(hazed, veil=0.3)),
        ("shadow over half", partial(shaded, depth=0.55)),
    ]
    plain = [Perturbation(name=name, change=change) for name, change in named]
    return (*plain, Perturbation(name="perspective 10 %", change=partial(tilted, share=0.1), moves=True))
