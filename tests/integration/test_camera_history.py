"""A real fixed camera through the installed models, with its past: in place all day, then moved, then stuck."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.detector import Detector
from edge.finding import DetectionResult
from edge.frame import Frame, load_frame
from edge.history import CameraMemory
from edge.metadata import FrameMetadata
from edge.recall import CameraReference
from models.history.photos import CameraPhotos, read_camera_photos

DAY = "2019-08-12"
CAMERA = "C1"


@pytest.fixture(scope="module")
def photos(shared_data: Path) -> CameraPhotos:
    return read_camera_photos(shared_data / "imagery" / "soybean_wilting")


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def camera_day(photos: CameraPhotos) -> list[int]:
    """Rows of the camera with most photos on the day, every second of them, in the order of time."""
    here = np.flatnonzero(photos.days == DAY)
    cameras, counts = np.unique(photos.cameras[here], return_counts=True)
    rows = here[photos.cameras[here] == cameras[int(np.argmax(counts))]]
    return [int(row) for row in rows[np.argsort(photos.moments_s[rows])][::2]]


class Watch:
    """A detector that remembers the camera."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.memory = CameraMemory(camera_id=CAMERA)

    def see(self, frame: Frame) -> DetectionResult:
        result = self._detector.detect(frame, crop="soybean", reference=CameraReference(memory=self.memory))
        assert result.memory is not None
        self.memory = result.memory
        return result


def frame_of(photos: CameraPhotos, row: int, taken_at: datetime | None = None) -> Frame:
    moment = taken_at or photos.looks[row].taken_at
    return load_frame(photos.paths[row], metadata=FrameMetadata(taken_at=moment, camera_id=CAMERA))


def test_a_day_of_a_fixed_camera_then_another_view_then_a_stuck_picture(
    photos: CameraPhotos, detector: Detector
) -> None:
    watch = Watch(detector)
    rows = camera_day(photos)
    day = [watch.see(frame_of(photos, row)).detection for row in rows]
    assert len(day) >= 20
    said = [detection for detection in day if detection.opinion]
    assert len(said) >= 0.7 * len(day)
    assert not any({"moved_camera", "frozen_frame"} & set(detection.reasons) for detection in day)
    dawn = watch.memory.dawn
    assert dawn is not None
    assert dawn.day.isoformat() == DAY
    for detection in said[3:]:
        if detection.wilting_score is not None:
            assert detection.wilting_since_dawn == pytest.approx(detection.wilting_score - dawn.wilting_score, abs=2e-4)
    evening = photos.looks[rows[-1]].taken_at
    bright = next(row for row, detection in zip(rows, day, strict=True) if detection.opinion and row != rows[-1])
    other = next(
        row
        for row in np.flatnonzero((photos.episodes == "E") & (photos.hours > 11) & (photos.hours < 13)).tolist()
        if detector.detect(frame_of(photos, row), crop="soybean").detection.opinion
    )
    moved = watch.see(frame_of(photos, other, evening + timedelta(hours=1))).detection
    assert (moved.opinion, moved.reasons[0], moved.wilting_score) == (False, "moved_camera", None)
    back = watch.see(frame_of(photos, bright, evening + timedelta(hours=2))).detection
    assert back.opinion
    stuck = watch.see(frame_of(photos, bright, evening + timedelta(hours=3))).detection
    assert (stuck.opinion, stuck.reasons[0]) == (False, "frozen_frame")


def test_a_photo_says_the_same_without_a_past_and_with_an_empty_one(photos: CameraPhotos, detector: Detector) -> None:
    frame = replace(frame_of(photos, 0), taken_at=datetime(2019, 8, 12, 12, tzinfo=UTC))
    alone = detector.detect(frame, crop="soybean")
    with_memory = detector.detect(
        frame, crop="soybean", reference=CameraReference(memory=CameraMemory(camera_id=CAMERA))
    )
    assert alone.detection == with_memory.detection
    assert alone.memory is None
