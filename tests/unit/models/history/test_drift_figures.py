from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.history import drift
from models.history.drift import CHANGES, FIRST, NEEDED, drift_after, drift_rows, tinted, veiled
from models.history.photos import CameraPhotos, look_of

Picture = NDArray[np.uint8]
BEGIN = datetime(2019, 8, 12, 6, tzinfo=UTC)


def field(moment: int) -> Picture:
    """Synthetic: green leaves of varied light on the left three quarters, soil on the rest; another light each time."""
    random = np.random.default_rng(moment)
    tone = cv2.resize(random.uniform(60, 160, (18, 24)).astype(np.float32), (96, 72))[..., None]
    picture = tone * np.array([0.6, 1.2, 0.5]) * random.uniform(0.9, 1.1)
    picture[:, 72:] = tone[:, 72:] * np.array([1.0, 0.8, 0.6])
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def test_a_tint_and_a_veil_by_hand() -> None:
    pixel = np.full((1, 1, 3), 100, np.uint8)
    assert tinted(pixel, 1.2, 0.5).tolist() == [[[120, 100, 50]]]
    assert veiled(pixel, 0.5).tolist() == [[[114, 114, 114]]]


@pytest.mark.parametrize("case", list(CHANGES))
def test_drift_put_in_on_purpose_is_told_and_none_is_not(case: str) -> None:
    truth, change = CHANGES[case]
    found = drift_after([field(moment) for moment in range(NEEDED)], change)
    assert found is not None
    assert (found > 1) == (truth == "drifted")


def test_too_few_photos_and_photos_without_leaves_tell_no_drift() -> None:
    assert drift_after([field(moment) for moment in range(FIRST)], CHANGES["as they were"][1]) is None
    assert drift_after([np.full((72, 96, 3), 90, np.uint8)] * 3, CHANGES["as they were"][1]) is None


def test_cameras_with_enough_photos_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = tuple(look_of(field(moment), BEGIN + timedelta(minutes=15 * moment)) for moment in range(NEEDED + 3))
    count = len(looks)
    photos = CameraPhotos(
        paths=tuple(Path(str(moment)) for moment in range(count)),
        looks=looks,
        scores=np.zeros(count, dtype=np.int64),
        episodes=np.array(["A"] * count),
        days=np.array(["2019-08-12"] * count),
        chains=np.array(["1"] * count),
        cameras=np.zeros(count, dtype=np.int64),
    )
    monkeypatch.setattr(drift, "picture_of", lambda path: field(int(str(path))))
    rows = drift_rows(photos)
    assert [row["called"] for row in rows] == [0.0, 0.0, 1.0, 1.0, 1.0]
    assert {row["cameras"] for row in rows} == {1}
    assert drift_rows(replace(photos, cameras=np.arange(count))) == []
