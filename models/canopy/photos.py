"""Photos with hand-drawn vegetation masks, kept with their numbers because they are split by contiguous blocks."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import UnreadableFrameError

BLOCK = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One photo (H, W, 3) RGB uint8 with its mask (H, W) bool and the number that places it in a block."""

    number: int
    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]

    @property
    def block(self) -> int:
        """Index of the contiguous block of 80 numbers this photo belongs to."""
        return (self.number - 1) // BLOCK


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """A photo (H, W, 3), red first."""
    image = cv2.imread(str(path))
    if image is None:
        raise UnreadableFrameError(f"{path}: expected a photo, got something else; restore the data set")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8)


def read_photos(folder: Path) -> tuple[Photo, ...]:
    """Every photo of ``folder/images`` that has a mask of the same name in ``folder/masks``, by number."""
    photos = []
    for path in sorted((folder / "images").glob("*.jpg")):
        image = cv2.imread(str(path))
        mask = cv2.imread(str(folder / "masks" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        if image is None or mask is None:
            raise UnreadableFrameError(
                f"{path}: expected a photo with a mask beside it, got none; restore the data set"
            )
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8)
        photos.append(Photo(number=int(path.stem), image=rgb, mask=mask > 0))
    return tuple(photos)
