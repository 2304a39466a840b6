"""What the canopy figures are told apart by, and the held-out answers left for the gate of the next model."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.canopy.photos import BLOCK, Photo
from models.evaluation.battery import exposure, thirds
from models.evaluation.predictions import (
    PREDICTIONS,
    TRUTH,
    Predictions,
    Truth,
    column,
    first_of_each,
    names,
    write_sheet,
)
from models.job import Job
from models.registry import DATASETS, file_sha256

DIGITS: Final = 16
RUN: Final = 10
Names = NDArray[np.str_]


def groups_of(photos: Sequence[Photo]) -> dict[str, Names]:
    """Names (N,) of each photo's block and run of ten, and of the third its light and its true cover lie in."""
    starts = [photo.block * BLOCK for photo in photos]
    return {
        "block": np.array([f"{start + 1}-{start + BLOCK}" for start in starts]),
        "run": np.array([str((photo.number - 1) // RUN) for photo in photos]),
        "light": thirds(exposure([photo.image for photo in photos])),
        "cover": thirds(np.array([float(photo.mask.mean()) for photo in photos])),
    }


def leave_answers(job: Job, photos: Sequence[Photo], overlaps: NDArray[np.int64], covers: NDArray[np.float64]) -> None:
    """Write each photo's pixels in both and in either mask (N, 2) and its cover error (N,); its groups apart."""
    folder = job.data / DATASETS["peanut_seg"].folder / "images"
    by_number = {int(path.stem): path for path in folder.glob("*.jpg")}
    ids = tuple(file_sha256(by_number[photo.number])[:DIGITS] for photo in photos)
    kept = first_of_each(ids)
    images = tuple(ids[row] for row in kept)
    place = job.figures("canopy").parent
    answers = {"shared_px": overlaps[:, 0], "either_px": overlaps[:, 1], "cover_error": covers}
    write_sheet(
        place / PREDICTIONS,
        Predictions(
            task="canopy",
            split=f"leave-block-of-{BLOCK}-out",
            images=images,
            answers={name: column(values[kept]) for name, values in answers.items()},
        ),
    )
    write_sheet(
        place / TRUTH,
        Truth(
            task="canopy",
            images=images,
            truth={},
            groups={name: names(values[kept]) for name, values in groups_of(photos).items()},
            resampled_by="run",
        ),
    )
