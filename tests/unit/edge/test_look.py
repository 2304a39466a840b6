import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera import CameraConfig
from edge.config import GatewayConfig
from edge.contract import Detection
from edge.errors import ModelRefusedError, StoreUnavailableError, UnreadableFrameError
from edge.finding import DetectionResult
from edge.frame import Frame
from edge.history import CameraMemory, Dawn, LastPhoto
from edge.history_file import CameraMemories
from edge.logbook import FileStamp
from edge.look import FrameLooker, open_looker
from edge.metadata import FrameMetadata
from edge.recall import CameraReference
from edge.settings.watch import WatchConfig
from edge.sources.folder import Drop
from edge.weather import FieldWeather

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class SimpleDetector:
    """Repeats what it was asked."""

    dawn = Dawn(day=NOON.date(), taken_at=NOON, wilting_score=1.0)

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, FieldWeather | None]] = []
        self.references: list[CameraReference | None] = []

    def detect(
        self,
        frame: Frame,
        *,
        crop: str | None = None,
        weather: FieldWeather | None = None,
        reference: CameraReference | None = None,
    ) -> DetectionResult:
        self.asked.append((crop, weather))
        self.references.append(reference)
        detection = Detection(path=str(frame.path), sha256=frame.sha256, model=None, opinion=True)
        memory = None if reference is None else reference.memory.model_copy(update={"dawn": self.dawn})
        mask = np.full((frame.height, frame.width), 255, np.uint8)
        return DetectionResult(detection=detection, mask=mask, memory=memory)


def dropped(path: Path, camera: CameraConfig | None = None) -> Drop:
    watch = WatchConfig(folder=path.parent, parcel_id="P1", crop="soybean")
    return Drop(path=path, stamp=FileStamp(path=str(path), size=1, modified_ns=1), watch=watch, camera=camera)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    assert cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))
    return path


def weather_file(folder: Path, written_at: datetime) -> Path:
    path = folder / "weather.json"
    path.write_text(json.dumps({"air_temperature_c": 35.0, "relative_humidity_percent": 20.0}))
    os.utime(path, (written_at.timestamp(), written_at.timestamp()))
    return path


def test_a_photo_is_seen_with_its_crop_and_keeps_its_place_to_itself(photo: Path) -> None:
    detector = SimpleDetector()
    sighting = FrameLooker(detector)(dropped(photo), None)
    assert detector.asked == [("soybean", None)]
    assert sighting.detection.path is None
    assert sighting.picture is not None
    assert sighting.picture.shape == (40, 60, 3)
    assert sighting.mask is not None


def test_a_thermal_frame_is_shown_in_grey(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    image = np.linspace(20.0, 40.0, 1200, dtype=np.float32).reshape(30, 40, 1)
    np.savez(path, image=image)
    sighting = FrameLooker(SimpleDetector())(dropped(path, CameraConfig(bands=("temperature",))), None)
    assert sighting.picture is not None
    assert sighting.picture[0, 0, 0] == 0
    assert sighting.picture[-1, -1, 0] == 255


def test_weather_counts_only_close_to_its_own_writing(photo: Path, tmp_path: Path) -> None:
    detector = SimpleDetector()
    look = FrameLooker(detector, weather_file(tmp_path, NOON))
    for moment in (NOON + timedelta(minutes=50), NOON + timedelta(minutes=70), None):
        look(dropped(photo), FrameMetadata(taken_at=moment))
    temperatures = [None if weather is None else weather.air_temperature_c for _, weather in detector.asked]
    assert temperatures == [35.0, None, None]


def test_a_weather_file_that_cannot_be_used_is_told_once_and_photos_go_on(photo: Path, tmp_path: Path) -> None:
    path = weather_file(tmp_path, NOON)
    path.write_text("{}")
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    told: list[str] = []
    look = FrameLooker(SimpleDetector(), path, told.append)
    for _ in range(2):
        look(dropped(photo), FrameMetadata(taken_at=NOON))
    path.unlink()
    look(dropped(photo), FrameMetadata(taken_at=NOON))
    assert len(told) == 2
    assert all("photos go on without weather" in line for line in told)


def test_what_is_no_photo_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("not a photo")
    with pytest.raises(UnreadableFrameError, match=r"a\.jpg"):
        FrameLooker(SimpleDetector())(dropped(path), None)


def test_a_gateway_without_its_models_does_not_start(tmp_path: Path) -> None:
    config = GatewayConfig.model_validate({"organisation": "o", "gateway_id": "g", "models_dir": tmp_path})
    with pytest.raises(ModelRefusedError):
        open_looker(config)


def test_a_named_camera_is_read_against_its_memory_and_remembered(photo: Path, tmp_path: Path) -> None:
    told: list[str] = []
    memories = CameraMemories(tmp_path / "cameras", told.append)
    detector = SimpleDetector()
    look = FrameLooker(detector, None, told.append, memories)
    camera = CameraConfig(timezone="+01:00")
    look(dropped(photo, camera), FrameMetadata(camera_id="C1", taken_at=NOON))
    look(dropped(photo), FrameMetadata(camera_id="C1", taken_at=NOON))
    look(dropped(photo), None)
    first, second, nameless = detector.references
    assert first is not None
    assert second is not None
    assert nameless is None
    assert first.memory == CameraMemory(camera_id="C1")
    assert first.zone == camera.zone
    assert (second.memory.dawn, second.zone) == (SimpleDetector.dawn, UTC)
    assert told == []


def test_photos_go_on_when_the_memories_cannot_be_written_or_read(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "cameras").write_text("in the way")
    told: list[str] = []
    memories = CameraMemories(tmp_path / "cameras", told.append)
    look = FrameLooker(SimpleDetector(), None, told.append, memories)
    for _ in range(2):
        assert look(dropped(photo), FrameMetadata(camera_id="C1", taken_at=NOON)).detection.opinion
    (line,) = told
    assert "photos go on without their camera's past" in line


def test_a_memory_that_could_not_be_kept_is_told_once(photo: Path, tmp_path: Path) -> None:
    class Full(CameraMemories):
        full = True

        def keep(self, memory: CameraMemory) -> None:
            if self.full:
                raise StoreUnavailableError("no space left")
            super().keep(memory)

    told: list[str] = []
    memories = Full(tmp_path / "cameras", told.append)
    look = FrameLooker(SimpleDetector(), None, told.append, memories)
    for full in (True, True, False):
        memories.full = full
        look(dropped(photo), FrameMetadata(camera_id="C1", taken_at=NOON))
    assert told == ["no space left; photos go on without their camera's past"]
    assert memories.of("C1").dawn == SimpleDetector.dawn


def remembering(photo: Path, taken_at: datetime, now: datetime, told: list[str]) -> CameraReference | None:
    detector = SimpleDetector()
    memories = CameraMemories(photo.parent / "cameras", told.append)
    looker = FrameLooker(detector, tell=told.append, memories=memories, now=lambda: now)
    looker(dropped(photo), FrameMetadata(taken_at=taken_at, camera_id="C"))
    return detector.references[-1]


def test_a_photo_from_the_future_is_neither_compared_nor_remembered(photo: Path) -> None:
    told: list[str] = []
    assert remembering(photo, NOON + timedelta(days=2), NOON, told) is None
    assert not (photo.parent / "cameras").exists()
    assert len(told) == 1
    assert "got one of 2026-07-03" in told[0]
    assert remembering(photo, NOON + timedelta(hours=14), NOON, told) is not None  # another zone's clock
    assert remembering(photo, NOON, datetime(1970, 1, 1, tzinfo=UTC), told) is not None  # the gateway's own is wrong
    assert len(told) == 1


def test_a_memory_of_the_future_is_begun_anew(photo: Path) -> None:
    told: list[str] = []
    memories = CameraMemories(photo.parent / "cameras", told.append)
    last = LastPhoto(taken_at=NOON + timedelta(days=900), sha256="a" * 24, thumbnail=bytes(48 * 36))
    memories.keep(CameraMemory(camera_id="C", last=last))
    reference = remembering(photo, NOON, NOON, told)
    assert reference is not None
    assert reference.memory == CameraMemory(camera_id="C")
    assert memories.of("C").dawn == SimpleDetector.dawn
    assert told == ["camera C: its memory is of 2028-12-17; it is begun anew"]
