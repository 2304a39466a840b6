"""What the wilting figures are told apart by, and the held-out answers left for the gate of the next model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.canopy.classical import lab_mask
from models.evaluation.battery import exposure, hours, stages, thirds
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
from models.wilting.photos import Photos, read_rows

DIGITS: Final = 16
EVERY: Final = 3
Names = NDArray[np.str_]


def groups_of(photos: Photos, cameras: Names | None = None) -> dict[str, Names]:
    """Names (N,) of each photo's episode, day, hour, light, canopy cover and growth stage; cameras where known.

    Light and cover are thirds of these photos; cover is that of the untrained rule on every third pixel, so that the
    groups do not move when a model does.
    """
    cover = np.array([float(lab_mask(np.ascontiguousarray(image[::EVERY, ::EVERY])).mean()) for image in photos.images])
    found = {
        "episode": photos.episodes,
        "day": photos.days,
        "hour": hours(photos.hours),
        "light": thirds(exposure(photos.images)),
        "cover": thirds(cover),
        "stage": stages(photos.days, np.array([str(day)[:4] for day in photos.days])),
    }
    return {**found, **({} if cameras is None else {"camera": cameras})}


def photo_ids(job: Job) -> tuple[str, ...]:
    """The first digits of the hash of every photo's file, in the order in which they are read."""
    folder = job.data / DATASETS["soybean_wilting"].folder
    return tuple(file_sha256(folder / "img" / row["file"])[:DIGITS] for row in read_rows(folder, job.labelled))


def leave_answers(job: Job, photos: Photos, answers: Mapping[str, ArrayLike], groups: Mapping[str, Names]) -> None:
    """Write the held-out ``score``, ``probability`` and ``alarmed`` (N,) and, apart from them, labels and groups.

    Of files that are the same byte for byte the first stands for all.
    """
    folder: Path = job.figures("wilting").parent
    ids = photo_ids(job)
    kept = first_of_each(ids)
    images = tuple(ids[row] for row in kept)
    write_sheet(
        folder / PREDICTIONS,
        Predictions(
            task="wilting",
            split="leave-episode-out",
            images=images,
            answers={name: column(np.asarray(values)[kept]) for name, values in answers.items()},
        ),
    )
    write_sheet(
        folder / TRUTH,
        Truth(
            task="wilting",
            images=images,
            truth={"score": column(photos.scores[kept])},
            groups={name: names(values[kept]) for name, values in groups.items()},
            resampled_by="day",
        ),
    )
