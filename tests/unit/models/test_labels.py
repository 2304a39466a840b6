"""Scores from the map become training rows, or a line that says why not."""

import datetime as dt
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import ConfigurationError
from models.labels import Label, agreed, read_labels, training_rows
from models.wilting.photos import read_photos

HEAD = "path,taken_at,camera_id,score,labeller\n"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.jpg"):
        cv2.imwrite(str(tmp_path / name), np.full((12, 16, 3), 90, dtype=np.uint8))
    return tmp_path


def table(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "labels.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def label(score: int, labeller: str, photo: str = "a.jpg") -> Label:
    taken_at = dt.datetime(2026, 7, 1, 13, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    return Label(path=Path(photo), taken_at=taken_at, camera_id="north", score=score, labeller=labeller)


def test_a_line_is_read_whole_with_the_offset_of_its_clock(photos: Path) -> None:
    (found,) = read_labels(table(photos, "a.jpg,2026-07-01T13:05+01:00,north,3,amina"))
    assert found.path == (photos / "a.jpg").resolve()
    assert (found.score, found.camera_id, found.labeller) == (3, "north", "amina")
    assert found.taken_at.utcoffset() == dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a.jpg,2026-07-01T13:05+01:00,north,5,amina", r"line 2: score: expected a whole number 0\.\.4, got 5"),
        ("a.jpg,2026-07-01T13:05+01:00,north,2.5,amina", "got 2.5"),
        (f"a.jpg,2026-07-01T13:05+01:00,north,{'9' * 5000},amina", "got 9{40};"),
        (f"{'a' * 200_000},2026-07-01T13:05+01:00,north,1,amina", "expected labels as CSV"),
        ("a.jpg,2026-07-01T13:05,north,2,amina", "line 2: taken_at: expected a time with offset"),
        ("a.jpg,yesterday,north,2,amina", "got yesterday"),
        ("c.jpg,2026-07-01T13:05+01:00,north,2,amina", "line 2: path: expected a photo"),
        ("a.jpg,2026-07-01T13:05+01:00,,2,amina", "line 2: camera_id: expected a value"),
        ("a.jpg,2026-07-01T13:05+01:00,north,2", "line 2: labeller: expected a value"),
    ],
)
def test_a_doubtful_line_is_named(line: str, words: str, photos: Path) -> None:
    with pytest.raises(ConfigurationError, match=words):
        read_labels(table(photos, line))


def test_a_missing_column_or_file_is_named(photos: Path) -> None:
    with pytest.raises(ConfigurationError, match="got no labeller; name them in line 1"):
        read_labels(table(photos, head="path,taken_at,camera_id,score\n"))
    with pytest.raises(ConfigurationError, match="expected labels as CSV"):
        read_labels(photos / "absent.csv")
    (photos / "labels.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_labels(photos / "labels.csv")


def test_the_median_of_several_people_counts() -> None:
    kept, refused = agreed([label(2, "amina"), label(3, "brahim"), label(3, "chama")])
    assert [one.score for one in kept] == [3]
    assert kept[0].labeller == "amina, brahim, chama"
    assert refused == []


def test_a_half_is_rounded_down_and_a_second_thought_replaces_the_first() -> None:
    kept, _ = agreed([label(0, "amina"), label(2, "amina"), label(3, "brahim")])
    assert [one.score for one in kept] == [2]


def test_people_who_do_not_agree_are_named_and_the_photo_is_left_out() -> None:
    kept, refused = agreed([label(0, "amina"), label(2, "brahim"), label(1, "amina", "b.jpg")])
    assert [one.path.name for one in kept] == ["b.jpg"]
    assert refused == ["a.jpg: left out: scores 0 to 2 by amina, brahim"]


def test_a_cameras_month_is_an_episode_and_its_day_a_chain() -> None:
    (row,) = training_rows([label(3, "amina")])
    assert row["episode"] == "north 2026-07"
    assert row["chain"] == "north 2026-07-01"
    assert (row["day"], row["hour"], row["wilting_0_4"]) == ("2026-07-01", "13", "3")


def test_labelled_photos_stand_behind_those_of_the_data_set(photos: Path) -> None:
    own = photos / "set"
    (own / "img").mkdir(parents=True)
    cv2.imwrite(str(own / "img" / "own.jpg"), np.full((12, 16, 3), 60, dtype=np.uint8))
    (own / "labels.csv").write_text(
        "file,wilting_0_4,timestamp,day,hour,episode,chain\nown.jpg,0,2019-08-22 07:00:56,2019-08-22,7,B,250\n"
    )
    kept, _ = agreed(read_labels(table(photos, "a.jpg,2026-07-01T13:05+01:00,north,3,amina")))
    found = read_photos(own, training_rows(kept))
    assert found.scores.tolist() == [0, 3]
    assert found.episodes.tolist() == ["B", "north 2026-07"]
    assert found.images[1].shape == (12, 16, 3)
