from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.views import SIGNATURE_BYTES
from models.history.cameras import AT_ONCE_S, REACH_S, cameras_of, views_of
from models.history.moved import in_time, walked
from models.history.photos import read_camera_photos


def signature(view: int, moment: int) -> bytes:
    """A synthetic view's own random pattern with some noise of the moment."""
    pattern = np.random.default_rng(view).normal(size=SIGNATURE_BYTES)
    noise = np.random.default_rng([view, moment]).normal(size=SIGNATURE_BYTES)
    return np.clip(30 * (pattern + 0.4 * noise), -127, 127).astype(np.int8).tobytes()


def cameras(*photos: tuple[int, float, str]) -> list[int]:
    """Cameras of photos given as view, moment [s], day."""
    signatures = [signature(view, place) for place, (view, _, _) in enumerate(photos)]
    views = views_of(signatures, np.array([moment for _, moment, _ in photos]), np.array([day for *_, day in photos]))
    return [int(camera) for camera in cameras_of(views)]


def test_photos_of_one_view_are_of_one_camera_whatever_their_order() -> None:
    assert cameras((1, 0, "a"), (2, 60, "a"), (1, 1800, "a"), (2, 960, "a"), (1, 900, "a")) == [0, 1, 0, 1, 0]


def test_two_photos_taken_at_once_are_of_two_cameras_however_alike() -> None:
    one, two, three = cameras((1, 0, "a"), (1, AT_ONCE_S - 1, "a"), (1, 900, "a"))
    assert one != two
    assert three in {one, two}


def test_photos_too_far_apart_in_time_or_on_other_days_are_not_linked() -> None:
    assert cameras((1, 0, "a"), (1, REACH_S + 1, "a")) == [0, 1]
    assert cameras((1, 0, "a"), (1, 900, "b")) == [0, 1]


def test_real_photos_fall_into_cameras_that_keep_chains_whole_and_seldom_seem_moved(shared_data: Path) -> None:
    photos = read_camera_photos(shared_data / "imagery" / "soybean_wilting")
    assert np.unique(photos.cameras).size < 100 < np.unique(photos.chains).size
    whole = [np.unique(photos.cameras[photos.chains == chain]).size == 1 for chain in np.unique(photos.chains)]
    assert np.mean(whole) >= 0.99
    for rows in in_time(photos, photos.cameras):
        assert np.diff(photos.moments_s[rows]).min() >= AT_ONCE_S
    walks = [walked(photos.looks, rows) for rows in in_time(photos, photos.chains)]
    seen = sum(len(steps) for steps, _ in walks)
    assert seen > 400
    assert sum(moved for _, moved in walks) <= 0.03 * seen
    assert photos.looks[0].taken_at == datetime(2019, 8, 22, 7, 0, 56, tzinfo=UTC)


def test_a_missing_photo_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "file,wilting_0_4,timestamp,day,hour,episode,chain\ngone.jpg,0,2019-08-22 07:00:56,2019-08-22,7,B,1\n"
    )
    with pytest.raises(Exception, match=r"gone\.jpg"):
        read_camera_photos(tmp_path)
