import csv
import json
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import ConfigurationError
from models.evaluation.predictions import PREDICTIONS, Predictions, column, write_sheet
from models.history import evaluate
from models.history.evaluate import ALONE, RECENT, RISE, SHARE, Answers, answers_of, rise_rows, table, with_history
from models.history.moved import MOVES, frozen_rows, moved_rows, shifted, turned
from models.history.photos import CameraPhotos, read_camera_photos
from models.job import Job

PHOTOS = 16
EPISODES = {"A": "2019-08-12", "B": "2019-08-22"}


def picture(view: int, moment: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A synthetic view of a field at a moment: its own pattern, with some light and wind."""
    random, wind = np.random.default_rng(view), np.random.default_rng([view, moment])
    light = np.zeros((96, 128), np.float32)
    for cells in (6, 16, 32):
        light += cv2.resize(random.normal(size=(cells, cells)).astype(np.float32), (128, 96))
    light += 0.3 * cv2.resize(wind.normal(size=(24, 24)).astype(np.float32), (128, 96))
    level = np.clip(110 + 25 * light, 0, 255)
    return np.stack([level * 0.5, level, level * 0.8], axis=-1).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic: two cameras in each of two episodes, their wilting rising through the day."""
    place = tmp_path_factory.mktemp("soybean_wilting")
    (place / "img").mkdir()
    rows = []
    for place_of_episode, (episode, day) in enumerate(EPISODES.items()):
        for camera in range(2):
            begin = datetime.fromisoformat(f"{day}T07:00:00") + timedelta(seconds=40 * camera)
            for moment in range(PHOTOS):
                name = f"{episode}{camera}{moment:02d}.png"
                assert cv2.imwrite(str(place / "img" / name), picture(10 * place_of_episode + camera, moment))
                taken_at = begin + timedelta(minutes=15 * moment)
                chain = f"{episode}{camera}"
                rows.append([name, min(4, moment // 4), taken_at.isoformat(" "), day, taken_at.hour, episode, chain])
    with (place / "labels.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["file", "wilting_0_4", "timestamp", "day", "hour", "episode", "chain"], *rows])
    return place


@pytest.fixture(scope="module")
def photos(folder: Path) -> CameraPhotos:
    return read_camera_photos(folder)


def answers(photos: CameraPhotos, departure: float = 0.0) -> Answers:
    """Answers that are right but for a departure of every odd camera, and some noise."""
    noise = np.random.default_rng(3).normal(0, 0.4, photos.scores.size)
    score = np.clip(photos.scores + departure * (photos.cameras % 2) + noise, 0, 4)
    return Answers(score=score, odds=2.0 * (score - 1.5))


def of(rows: list[dict[str, object]], **wanted: str) -> dict[str, object]:
    (row,) = (row for row in rows if all(row[name] == value for name, value in wanted.items()))
    return row


def test_cameras_are_found_from_their_views(photos: CameraPhotos) -> None:
    assert np.unique(photos.cameras).size == 4
    assert all(np.unique(photos.chains[photos.cameras == camera]).size == 1 for camera in range(4))


def test_every_method_has_its_figures_by_episode(photos: CameraPhotos) -> None:
    rows = table(photos, with_history(photos, answers(photos)), seed=1)
    assert {row["method"] for row in rows} == {ALONE, RECENT, RISE, SHARE}
    assert {(row["photos"], row["episode"]) for row in rows} == {
        (which, episode) for which in ("with a dawn", "all") for episode in ("A", "B", "all")
    }
    alone, recent = (of(rows, photos="all", episode="A", method=method) for method in (ALONE, RECENT))
    assert alone["images"] == 2 * PHOTOS
    assert isinstance(alone["auc"], float)
    assert alone["auc"] > 0.9
    assert isinstance(recent["mean_absolute_error"], float)
    dawned = of(rows, photos="with a dawn", episode="A", method=ALONE)
    assert dawned["images"] == 2 * (PHOTOS - 1)


def test_where_cameras_depart_for_the_whole_day_their_dawn_takes_it_off(photos: CameraPhotos) -> None:
    rows = table(photos, with_history(photos, answers(photos, departure=2.0)), seed=1)
    alone, share = (of(rows, photos="with a dawn", episode="A", method=method) for method in (ALONE, SHARE))
    assert float(str(share["mean_absolute_error"])) < float(str(alone["mean_absolute_error"]))


def test_photos_without_a_dawn_keep_their_own_answer(photos: CameraPhotos) -> None:
    alone = answers(photos)
    found = with_history(photos, alone)
    first = int(np.argmin(photos.moments_s))
    assert found[RISE].score[first] == alone.score[first]
    assert found[SHARE].odds[first] == alone.odds[first]


def test_the_rise_is_held_against_the_true_one(photos: CameraPhotos) -> None:
    rows = rise_rows(photos, answers(photos))
    assert [row["episode"] for row in rows] == ["A", "B"]
    assert float(str(rows[0]["rank_correlation_of_rise"])) > 0.7
    assert rows[0]["camera_days"] == 2
    assert float(str(rows[0]["mean_rank_correlation_within_a_day"])) > 0.7


def test_moved_and_good_photos_are_counted(photos: CameraPhotos) -> None:
    rows = moved_rows(photos, seed=1)
    assert [row["truth"] for row in rows] == ["good", "good", "moved", *(move.truth for move in MOVES)]
    called = {str(row["case"]): row["called"] for row in rows}
    assert called["same camera (by views)"] == 0.0
    assert called["another camera, same hour"] == 1.0
    assert called["shifted by 25 % of both"] == 1.0


def test_frozen_and_good_photos_are_counted(photos: CameraPhotos) -> None:
    called = {str(row["case"]): row["called"] for row in frozen_rows(photos, seed=1)}
    assert called["the camera's next photo"] == 0.0
    assert called["the same frame stored again"] == 1.0
    assert called["the same frame with another caption"] == 1.0


def test_a_shift_and_a_turn_do_what_they_say() -> None:
    here = picture(1, 0)
    assert np.array_equal(shifted(here, 0.25, 0.0)[:, 32:], here[:, :96])
    assert np.array_equal(turned(here, 0.0), here)
    assert not np.array_equal(turned(here, 20.0), here)


def sheet(photos: CameraPhotos, place: Path, images: tuple[str, ...]) -> None:
    score = answers(photos).score[: len(images)]
    content = Predictions(
        task="wilting",
        split="leave-episode-out",
        images=images,
        answers={"score": column(score), "probability": column(np.clip(score / 4, 0, 1))},
    )
    write_sheet(place / "wilting" / PREDICTIONS, content)


def test_all_figures_are_rebuilt_with_their_bars(
    photos: CameraPhotos, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "checked_folder", lambda _, data: data)
    sheet(photos, tmp_path, photos.images)
    told: list[str] = []
    figures = evaluate.run(Job(data=folder, out=tmp_path, steps=None, threads=1, told=told.append))
    assert figures["cameras"] == 4
    assert len(told) == 2
    bars = figures["bars"]
    assert isinstance(bars, list)
    assert [bar["state"] for bar in bars][2:] == ["met"] * 4 + ["not measured"] * 2  # too few photos for drift
    json.dumps(figures, allow_nan=False)


def test_answers_that_are_missing_are_asked_for(
    photos: CameraPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "packaged_models", lambda: tmp_path / "models")
    with pytest.raises(ConfigurationError, match="seguia models evaluate wilting"):
        answers_of(photos, tmp_path)
    sheet(photos, tmp_path / "models", photos.images[:5])
    with pytest.raises(ConfigurationError, match="an answer for every photo"):
        answers_of(photos, tmp_path)
