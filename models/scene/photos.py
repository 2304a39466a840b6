"""The photos that do show a crop: soybean rows and young peanut, by set, with the plants' mask where there is one."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import UnreadableFrameError
from models.registry import DATASETS, checked_folder

FIRST_HOUR: Final = 7
LAST_HOUR: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPhoto:
    """One photo (h, w, 3) RGB uint8 of a crop: its set, its local hour and, where drawn, the mask of plants (h, w)."""

    group: str
    name: str
    hour: int | None
    image: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None = None

    @property
    def daylight(self) -> bool:
        """Whether it was taken between 07:00 and 18:59, or at an hour nobody noted."""
        return self.hour is None or FIRST_HOUR <= self.hour <= LAST_HOUR


def read_fields(data: Path) -> tuple[FieldPhoto, ...]:
    """Every field photo of the verified data sets: soybean by episode, then peanut."""
    soybean = checked_folder(DATASETS["soybean_wilting"], data)
    peanut = checked_folder(DATASETS["peanut_seg"], data)
    with (soybean / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    found = [
        FieldPhoto(
            group=f"soybean {row['episode']}",
            name=row["file"],
            hour=int(row["hour"]),
            image=read_rgb(soybean / "img" / row["file"]),
        )
        for row in rows
    ]
    for path in sorted((peanut / "images").glob("*.jpg")):
        image = read_rgb(path)
        drawn = cv2.imread(str(peanut / "masks" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        if drawn is None:
            raise UnreadableFrameError(f"{path}: expected a mask beside the photo, got none; restore the data set")
        mask = cv2.resize(drawn, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST) > 0
        found.append(FieldPhoto(group="peanut", name=path.name, hour=None, image=image, mask=mask))
    return tuple(found)


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """A photo, red first; UnreadableFrameError when there is none."""
    image = cv2.imread(str(path))
    if image is None:
        raise UnreadableFrameError(f"{path}: expected a photo, got none; restore the data set")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8)
