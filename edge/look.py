"""Looking at one dropped file: frame, detector, and what is worth showing of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.clock import is_ahead, utc_now
from edge.config import GatewayConfig
from edge.detector import Detector
from edge.errors import ConfigurationError, StoreUnavailableError
from edge.evidence import Sighting, grey_picture
from edge.finding import DetectionResult
from edge.frame import Frame, load_frame
from edge.history import CameraMemory
from edge.history_file import CameraMemories
from edge.intake import Looker
from edge.metadata import FrameMetadata
from edge.recall import CameraReference
from edge.sources.folder import Drop
from edge.voice import tell_operator
from edge.weather import FieldWeather, read_weather

WEATHER_FITS_WITHIN: Final = timedelta(hours=1)
"""A measured weather file speaks for photos taken so close to its own writing."""
MEMORIES_FOLDER: Final = "cameras"
"""Folder inside the data folder that holds what is remembered of each camera."""


class FrameDetector(Protocol):
    """What the gateway needs of a detector."""

    def detect(
        self,
        frame: Frame,
        *,
        crop: str | None = None,
        weather: FieldWeather | None = None,
        reference: CameraReference | None = None,
    ) -> DetectionResult:
        """What a frame says."""


class FrameLooker:
    """Loads a dropped file, asks the detector, keeps what evidence is made of."""

    def __init__(
        self,
        detector: FrameDetector,
        weather_file: Path | None = None,
        tell: Callable[[str], None] = tell_operator,
        memories: CameraMemories | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._detector = detector
        self._memories = memories
        self._now = now
        self._memory_trouble: str | None = None
        self._weather_file = weather_file
        self._tell = tell
        self._weather_trouble: str | None = None

    def __call__(self, drop: Drop, metadata: FrameMetadata | None) -> Sighting:
        """What one photo says; UnreadableFrameError when the file cannot be used."""
        frame = load_frame(drop.path, camera=drop.camera, metadata=metadata)
        reference = self._reference(drop, frame.camera_id or drop.watch.camera_id, frame.taken_at)
        result = self._detector.detect(
            frame, crop=drop.watch.crop, weather=self._weather(frame.taken_at), reference=reference
        )
        if reference is not None and result.memory is not None and result.memory is not reference.memory:
            self._remember(result.memory)
        return Sighting(
            # The file's place in this machine is nobody else's business.
            detection=result.detection.model_copy(update={"path": None}),
            picture=_picture(frame),
            mask=result.mask,
            stress_grid=result.stress_grid,
            dry_rows=result.dry_rows,
        )

    def _reference(self, drop: Drop, camera_id: str | None, taken_at: datetime | None) -> CameraReference | None:
        if self._memories is None or camera_id is None:
            return None
        now = self._now()
        if taken_at is not None and is_ahead(taken_at, now):
            # Remembered, it would make every later photo a late one, from which nothing is learned.
            self._tell_once(f"{drop.path}: expected a photo taken by {now:%Y-%m-%d}, got one of {taken_at:%Y-%m-%d}")
            return None
        zone = None if drop.camera is None else drop.camera.zone
        try:
            memory = self._memories.of(camera_id)
        except StoreUnavailableError as error:
            self._tell_once(str(error))
            return None
        if memory.last is not None and is_ahead(memory.last.taken_at, now):
            self._tell(f"camera {camera_id}: its memory is of {memory.last.taken_at:%Y-%m-%d}; it is begun anew")
            memory = CameraMemory(camera_id=camera_id)
        return CameraReference(memory=memory, zone=zone or UTC)

    def _remember(self, memory: CameraMemory) -> None:
        assert self._memories is not None
        try:
            self._memories.keep(memory)
        except StoreUnavailableError as error:  # a memory is an aid: no photo waits for it
            self._tell_once(str(error))
        else:
            self._memory_trouble = None

    def _tell_once(self, trouble: str) -> None:
        if trouble != self._memory_trouble:
            self._memory_trouble = trouble
            self._tell(f"{trouble}; photos go on without their camera's past")

    def _weather(self, taken_at: datetime | None) -> FieldWeather | None:
        if self._weather_file is None or taken_at is None:
            return None
        try:
            written_at = datetime.fromtimestamp(self._weather_file.stat().st_mtime, tz=UTC)
            if abs(written_at - taken_at) > WEATHER_FITS_WITHIN:
                return None
            weather = read_weather(self._weather_file).weather
        except (OSError, ConfigurationError) as error:
            if str(error) != self._weather_trouble:
                self._weather_trouble = str(error)
                self._tell(f"{error}; photos go on without weather")
            return None
        self._weather_trouble = None
        return weather


def open_looker(config: GatewayConfig) -> tuple[Looker, tuple[str, ...]]:
    """The real looker of a gateway and the names of its models; ModelRefusedError when a model cannot be trusted."""
    detector = Detector(config.models_dir)
    names = tuple(f"{model.name} {model.version}" for model in detector.models)
    memories = CameraMemories(config.data_dir / MEMORIES_FOLDER, tell_operator)
    return FrameLooker(detector, config.weather_file, memories=memories), names


def _picture(frame: Frame) -> NDArray[np.uint8] | None:
    if frame.rgb is not None:
        return frame.rgb
    fields: list[NDArray[np.floating[Any]]] = list(frame.bands.values())
    if frame.temperature_c is not None:
        fields.insert(0, frame.temperature_c)
    return grey_picture(fields[0]) if fields else None
