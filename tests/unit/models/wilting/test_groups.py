"""What the wilting figures are told apart by, and what is left for the next model's gate."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.evaluation.predictions import read_predictions, read_truth
from models.evaluation.regression import compared
from models.job import Job
from models.wilting.groups import groups_of, leave_answers, photo_ids
from models.wilting.photos import Photos, read_photos

COUNT = 12


@pytest.fixture
def job(tmp_path: Path) -> Job:
    folder = tmp_path / "imagery" / "soybean_wilting"
    (folder / "img").mkdir(parents=True)
    lines = ["file,wilting_0_4,timestamp,day,hour,episode,chain"]
    random = np.random.default_rng(4)
    for index in range(COUNT):
        picture = random.integers(0, 20 + 15 * index, size=(18, 24, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / "img" / f"{index}.jpg"), picture)
        lines.append(f"{index}.jpg,{index % 4},x,2019-08-{10 + index},{6 + index},{'AB'[index % 2]},{index}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return Job(data=tmp_path, out=tmp_path / "out", steps=None, threads=1, told=print)


@pytest.fixture
def photos(job: Job) -> Photos:
    return read_photos(job.data / "imagery" / "soybean_wilting")


def test_every_photo_is_in_one_group_of_each_kind(photos: Photos) -> None:
    groups = groups_of(photos)
    assert list(groups) == ["episode", "day", "hour", "light", "cover", "stage"]
    assert all(len(column) == COUNT for column in groups.values())
    assert groups["hour"][0] == "06-08"
    assert groups["light"][0] == "lowest third"
    assert groups["light"][-1] == "highest third"
    assert groups["stage"][0] == "2019 early"
    assert set(groups_of(photos, cameras=photos.chains)) == {*groups, "camera"}


def test_a_photo_is_known_by_its_file(job: Job) -> None:
    ids = photo_ids(job)
    assert len(set(ids)) == COUNT
    assert {len(one) for one in ids} == {16}


def test_of_files_that_are_the_same_the_first_stands_for_all(job: Job) -> None:
    folder = job.data / "imagery" / "soybean_wilting"
    (folder / "img" / "5.jpg").write_bytes((folder / "img" / "2.jpg").read_bytes())
    photos = read_photos(folder)
    leave_answers(job, photos, {"score": np.arange(COUNT)}, groups_of(photos))
    said = read_predictions(job.out / "wilting" / "predictions.json")
    assert said.answers["score"] == (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0)
    assert read_truth(job.out / "wilting" / "truth.json").groups["day"][5] == "2019-08-16"


def test_answers_travel_without_labels_and_can_be_compared_with_themselves(job: Job, photos: Photos) -> None:
    answers = {"score": photos.scores + 0.2, "probability": photos.scores / 4, "alarmed": (photos.scores >= 2) * 1.0}
    leave_answers(job, photos, answers, groups_of(photos))
    said = read_predictions(job.out / "wilting" / "predictions.json")
    truth = read_truth(job.out / "wilting" / "truth.json")
    assert said.images == photo_ids(job)
    assert said.answers["score"][1] == 1.2
    assert truth.truth["score"][1] == 1.0
    assert not {"truth", "groups"} & said.model_dump().keys()
    found = compared(truth, said, said, np.random.default_rng(1))
    assert found.refused == ()
    assert {change.figure for change in found.changes} == {"auc", "qwk", "balanced_accuracy", "mean_absolute_error"}
