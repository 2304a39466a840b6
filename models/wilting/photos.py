"""Scored field photos: each with its episode, day, hour and near-duplicate chain, because no split may ignore them."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import UnreadableFrameError


@dataclass(frozen=True, slots=True, kw_only=True)
class Photos:
    """N photos as columns: images (H, W, 3) RGB uint8, scores 0..4 (N,), and what they must be split by (N,)."""

    images: tuple[NDArray[np.uint8], ...]
    scores: NDArray[np.int64]
    episodes: NDArray[np.str_]
    days: NDArray[np.str_]
    hours: NDArray[np.int64]
    chains: NDArray[np.str_]

    def __len__(self) -> int:
        """Number of photos."""
        return len(self.images)


def read_rows(folder: Path, extra: Sequence[Mapping[str, str]] = ()) -> list[Mapping[str, str]]:
    """The rows of ``folder/labels.csv``, in its order, then ``extra`` rows of the same columns."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        return [*csv.DictReader(stream), *extra]


def read_photos(folder: Path, extra: Sequence[Mapping[str, str]] = ()) -> Photos:
    """Every photo named in ``folder/labels.csv``, in its order, then those of ``extra`` rows of the same columns."""
    rows = read_rows(folder, extra)
    images = []
    for row in rows:
        path = folder / "img" / row["file"]
        image = cv2.imread(str(path))
        if image is None:
            raise UnreadableFrameError(f"{path}: expected a photo, got none; restore the data set")
        images.append(cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8))
    return Photos(
        images=tuple(images),
        scores=np.array([int(row["wilting_0_4"]) for row in rows]),
        episodes=np.array([row["episode"] for row in rows]),
        days=np.array([row["day"] for row in rows]),
        hours=np.array([int(row["hour"]) for row in rows]),
        chains=np.array([row["chain"] for row in rows]),
    )
