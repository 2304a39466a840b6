"""Field photos spoilt on purpose: each kind of bad frame at several severities, with the reasons that are right."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Photo = NDArray[np.uint8]
Spoiler = Callable[[Photo, Generator], Photo]


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """One way to spoil a photo: its kind, how badly, the reasons that name it, and the deed."""

    kind: str
    severity: str
    right: frozenset[str]
    spoil: Spoiler


def clipped(picture: NDArray[Any]) -> Photo:
    """Back to 0..255."""
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def gain(factor: float, grain: float = 0.0) -> Spoiler:
    """Light multiplied, grain added."""
    return lambda photo, random: clipped(photo * float(factor) + random.normal(0, grain, photo.shape))


def starved(light: float, factor: float) -> Spoiler:
    """Almost no light, and a sensor that turns its gain up: the grain grows with it."""

    def deed(photo: Photo, random: Generator) -> Photo:
        caught = photo * light + random.normal(0, 5, photo.shape)
        return clipped(caught * float(factor))

    return deed


def infrared(factor: float) -> Spoiler:
    """A night camera's own lamp: grey, bright in the middle."""

    def deed(photo: Photo, random: Generator) -> Photo:
        grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float64)
        lit = grey * (0.35 + factor * spot(grey.shape, (0.5, 0.5), 0.4)) + random.normal(0, 5, grey.shape)
        return np.repeat(clipped(lit)[..., None], 3, axis=2)

    return deed


def spot(shape: tuple[int, ...], centre: tuple[float, float], reach: float) -> NDArray[np.float64]:
    """A round glow (h, w), 1 in its middle; centre and reach as shares of the width."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    away = np.hypot(columns - centre[0] * shape[1], rows - centre[1] * shape[0]) / shape[1]
    return np.asarray(np.exp(-((away / reach) ** 2)), dtype=np.float64)


def glare(reach: float) -> Spoiler:
    """The sun in the lens at a random place."""

    def deed(photo: Photo, random: Generator) -> Photo:
        place = (float(random.uniform(0.2, 0.8)), float(random.uniform(0.2, 0.8)))
        return clipped(photo + 400 * spot(photo.shape, place, reach)[..., None])

    return deed


def softened(sigma: float) -> Spoiler:
    """Out of focus, by a Gaussian of sigma pixels at 384 px width."""
    return lambda photo, _: clipped(cv2.GaussianBlur(photo, (0, 0), sigma * photo.shape[1] / 384))


def shaken(length_px: int) -> Spoiler:
    """Moved in a random direction while the shutter was open, by pixels at 384 px width."""

    def deed(photo: Photo, random: Generator) -> Photo:
        size = max(3, round(length_px * photo.shape[1] / 384)) | 1
        line = np.zeros((size, size), dtype=np.float32)
        line[size // 2] = 1.0
        turn = cv2.getRotationMatrix2D((size // 2, size // 2), float(random.uniform(0, 180)), 1.0)
        path = cv2.warpAffine(line, turn, (size, size))
        return clipped(cv2.filter2D(photo, -1, path / path.sum()))

    return deed


def veiled(share: float) -> Spoiler:
    """Fog, or breath on the lens: a share of every pixel is the same pale grey."""
    return lambda photo, _: clipped(photo * (1 - share) + 200.0 * share)


def capped(photo: Photo, random: Generator) -> Photo:
    """A lens cap: black with the sensor's grain."""
    return clipped(random.normal(3, 2, photo.shape))


def behind(photo: Photo, tone: NDArray[np.float64], solid: NDArray[Any], random: Generator) -> Photo:
    """A photo with something of a tone before it, as solid (h, w) as given."""
    near = tone * (1 + 0.1 * np.linspace(-1, 1, photo.shape[1])[None, :, None])
    return clipped(photo * (1 - solid[..., None]) + near * solid[..., None] + random.normal(0, 1.5, photo.shape))


def hidden(share: float) -> Spoiler:
    """A hand, a leaf or tape close to the lens, from one side, over a share of the picture; its edge is soft."""

    def deed(photo: Photo, random: Generator) -> Photo:
        tone = np.array([[90, 60, 45], [40, 55, 30], [45, 45, 48], [150, 110, 85]], dtype=np.float64)
        height, width = photo.shape[:2]
        solid = np.zeros((height, width))
        solid[:, : round(width * share)] = 1.0
        if random.random() < 0.5:  # noqa: PLR2004 -- from either side
            solid = solid[:, ::-1]
        soft = cv2.GaussianBlur(solid, (0, 0), 0.03 * width) if share < 1 else solid
        return behind(photo, tone[random.integers(len(tone))], soft, random)

    return deed


def muddy(share: float) -> Spoiler:
    """Mud or dust on the lens: soft-edged spots until they cover a share of the picture."""

    def deed(photo: Photo, random: Generator) -> Photo:
        height, width = photo.shape[:2]
        spots = np.zeros((height, width), dtype=np.uint8)
        while spots.mean() < share:
            place = (int(random.integers(0, width)), int(random.integers(0, height)))
            cv2.circle(spots, place, int(width * random.uniform(0.05, 0.14)), 1, -1)
        solid = 0.95 * cv2.GaussianBlur(spots.astype(np.float64), (0, 0), 0.012 * width)
        return behind(photo, np.array([105.0, 85.0, 65.0]) * random.uniform(0.6, 1.4), solid, random)

    return deed


def harms() -> Iterator[Harm]:
    """Every way to spoil a photo, the mildest of each kind first."""
    dark, over = frozenset({"dark"}), frozenset({"overexposed", "glare"})
    blurred, veil = frozenset({"blurred"}), frozenset({"fog", "low_contrast"})
    covered = frozenset({"lens_covered"})
    yield from (Harm(kind="night", severity=f"light x {by}", right=dark, spoil=gain(by, 2)) for by in (0.4, 0.2, 0.05))
    yield Harm(kind="night", severity="light x 0.05, gain x 6", right=dark, spoil=starved(0.05, 6))
    yield Harm(kind="night", severity="infrared lamp", right=frozenset({"no_colour", "dark"}), spoil=infrared(0.9))
    yield from (Harm(kind="blur", severity=f"{px} px", right=blurred, spoil=softened(px)) for px in (1.5, 2, 3, 5))
    yield from (Harm(kind="shake", severity=f"{px} px", right=blurred, spoil=shaken(px)) for px in (7, 11, 19))
    yield from (Harm(kind="glare", severity=f"reach {by}", right=over, spoil=glare(by)) for by in (0.15, 0.25, 0.4))
    yield from (Harm(kind="overexposed", severity=f"light x {by}", right=over, spoil=gain(by)) for by in (1.7, 2, 3))
    yield from (Harm(kind="fog", severity=f"veil {by}", right=veil, spoil=veiled(by)) for by in (0.4, 0.5, 0.6, 0.8))
    yield Harm(kind="lens cap", severity="black", right=covered | dark, spoil=capped)
    yield from (
        Harm(kind="covered lens", severity=f"{by:.0%}", right=covered, spoil=hidden(by)) for by in (0.2, 0.35, 0.6, 1)
    )
    yield from (
        Harm(kind="dirty lens", severity=f"{by:.0%}", right=covered, spoil=muddy(by)) for by in (0.2, 0.35, 0.5)
    )


SOIL_SHARES: Final = (0.7, 0.6, 0.5, 0.4)


def without_plants(photo: Photo, mask: NDArray[np.bool_]) -> Photo | None:
    """A soil-only photo made of the largest window without a plant, mirrored out to the size of the photo."""
    height, width = mask.shape
    grown = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
    total = cv2.integral(grown)
    for share in SOIL_SHARES:
        rows, columns = int(height * share), int(width * share)
        plants = total[rows:, columns:] - total[:-rows, columns:] - total[rows:, :-columns] + total[:-rows, :-columns]
        top, left = np.unravel_index(int(np.argmin(plants)), plants.shape)
        if plants[top, left] == 0:
            window = photo[top : top + rows, left : left + columns]
            margins = (0, height - rows, 0, width - columns)
            return np.asarray(cv2.copyMakeBorder(window, *margins, cv2.BORDER_REFLECT), dtype=np.uint8)
    return None
