"""What the canopy figures are told apart by, and what is left for the next model's gate."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.canopy.groups import groups_of, leave_answers
from models.canopy.photos import Photo, read_photos
from models.evaluation.predictions import read_predictions, read_truth
from models.evaluation.regression import compared
from models.job import Job

NUMBERS = (1, 2, 80, 81, 82, 161)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    folder = tmp_path / "imagery" / "peanut_seg"
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for index, number in enumerate(NUMBERS):
        mask = np.zeros((12, 16), dtype=np.uint8)
        mask[: 2 * index + 1] = 255
        cv2.imwrite(str(folder / "masks" / f"{number}.png"), mask)
        cv2.imwrite(str(folder / "images" / f"{number}.jpg"), np.full((12, 16, 3), 30 * index + 20, dtype=np.uint8))
    return Job(data=tmp_path, out=tmp_path / "out", steps=None, threads=1, told=print)


@pytest.fixture
def photos(job: Job) -> tuple[Photo, ...]:
    return tuple(sorted(read_photos(job.data / "imagery" / "peanut_seg"), key=lambda photo: photo.number))


def test_blocks_light_and_cover_are_named(photos: tuple[Photo, ...]) -> None:
    groups = groups_of(photos)
    assert groups["block"].tolist() == ["1-80", "1-80", "1-80", "81-160", "81-160", "161-240"]
    assert groups["light"].tolist() == groups["cover"].tolist() == [
        "lowest third", "lowest third", "middle third", "middle third", "highest third", "highest third",
    ]  # fmt: skip


def test_answers_are_left_under_the_hash_of_each_file(job: Job, photos: tuple[Photo, ...]) -> None:
    overlaps = np.array([[10, 20]] * len(photos))
    leave_answers(job, photos, overlaps, np.zeros(len(photos)))
    said = read_predictions(job.out / "canopy" / "predictions.json")
    truth = read_truth(job.out / "canopy" / "truth.json")
    assert len(set(said.images)) == len(NUMBERS)
    assert said.split == "leave-block-of-80-out"
    assert said.answers["shared_px"] == (10.0,) * len(NUMBERS)
    assert truth.resampled_by == "run"
    found = compared(truth, said, said, np.random.default_rng(1))
    assert found.refused == ()
    assert len(found.too_small) == 10, "six photos are too few for any group but not for being told so"
