"""Looking at many files, one after the other: each gives one line, whatever it holds."""

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera import CameraConfig
from edge.commands.answers import AnswersFile, StandardOutput, line_of
from edge.commands.pasts import GivenOrder, Pasts, by_time
from edge.commands.progress import Progress
from edge.contract import Detection
from edge.detector import Detector
from edge.errors import ConfigurationError, UnreadableFrameError
from edge.frame import content_sha256, load_frame
from edge.metadata import FrameMetadata, MetadataTable, read_sidecar
from edge.voice import harmless
from edge.weather import FieldWeather

KEYS: Final = (
    "path",
    "sha256",
    "taken_at",
    "camera_id",
    "model",
    "opinion",
    "reasons",
    "canopy_cover_fraction",
    "wilting_score",
    "wilting_probability",
    "stress_index",
    "stress_sigma",
    "canopy_temperature_c",
    "cwsi",
    "cwsi_method",
    "basis",
    "quality",
    "elapsed_ms",
    "clock_quality",
    "looks_down",
    "parcel_id",
    "wilting_low",
    "wilting_high",
    "wilting_since_dawn",
    "ndvi",
    "ndre",
    "osavi",
)
_NO_HASH: Final = "0" * 64


@dataclass(slots=True)
class Problems:
    """Inputs that could not be used: each is told at once and counted."""

    count: int = 0

    def tell(self, *problems: str) -> None:
        """Name problems on stderr, one line each."""
        self.count += len(problems)
        for problem in problems:
            sys.stderr.write(f"seguia detect: {harmless(problem)}\n")


class MaskFolder:
    """Where masks go: one ``<stem>.png`` for each frame, none in the place of an input or of another frame's mask."""

    def __init__(self, folder: Path, inputs: Iterable[Path]) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"{folder}: expected a folder for masks, got {error.strerror}; name another"
            ) from error
        self._folder = folder
        self._inputs = {path.resolve() for path in inputs}
        self._frames: dict[str, Path] = {}

    def holds(self, frame: Path) -> bool:
        """Whether a mask of this name stands there already; it is then that of this frame."""
        found = self._place(frame).is_file() and frame.stem not in self._frames
        if found:
            self._frames[frame.stem] = frame
        return found

    def write(self, mask: NDArray[np.uint8], frame: Path) -> list[str]:
        """Write a mask; the problems, if any."""
        target = self._place(frame)
        if frame.stem in self._frames:
            other = self._frames[frame.stem]
            return [f"{frame}: mask not written: {target} is that of {other}; rename one or use two folders"]
        if target.resolve() in self._inputs:
            return [f"{frame}: mask not written: {target} is an input; choose another --mask-dir"]
        self._frames[frame.stem] = frame
        _, png = cv2.imencode(".png", mask)
        try:
            target.write_bytes(png.tobytes())
        except OSError as error:
            return [f"{target}: expected to write a mask, got {error.strerror}; choose another --mask-dir"]
        return []

    def _place(self, frame: Path) -> Path:
        return self._folder / f"{frame.stem}.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a run of the command works with."""

    detector: Detector
    crop: str | None
    weather: FieldWeather | None
    camera: CameraConfig | None
    table: MetadataTable | None
    masks: MaskFolder | None
    problems: Problems
    pasts: Pasts | None = None
    """What the cameras have shown so far; None when no file's answer may depend on other files."""


def inspect(files: Sequence[Path], task: Task, out: StandardOutput | AnswersFile) -> None:
    """Look at each file and write its line; a file answered by an earlier run is not looked at again."""
    progress = Progress(len(files))
    given_order = GivenOrder()
    for index in by_time(files, task.table, None if task.camera is None else task.camera.zone):
        path = files[index]
        line = _known(path, task, out) if isinstance(out, AnswersFile) else None
        if line is None:
            given_order.hand(index, partial(out.write, line_of(_answer(path, task))))
        elif isinstance(out, AnswersFile):
            given_order.hand(index, partial(out.keep, line))
        progress.step(looked=line is None)
    progress.close()


def _known(path: Path, task: Task, out: AnswersFile) -> str | None:
    # With a table earlier frames speak for later ones, so each has to be seen again.
    if task.table is not None or (task.masks is not None and not task.masks.holds(path)):
        return None
    return out.known(path, content_sha256(path))


def _answer(path: Path, task: Task) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        detection, mask = _look(path, task)
    except UnreadableFrameError as error:
        task.problems.tell(str(error))
        return _unreadable(path, error.reason, task.camera)
    elapsed_ms = round(1000 * (time.perf_counter() - started), 1)
    if task.masks is not None:
        task.problems.tell(*task.masks.write(mask, path))
    return _content(detection.model_copy(update={"elapsed_ms": elapsed_ms}))


def _look(path: Path, task: Task) -> tuple[Detection, NDArray[np.uint8]]:
    zone = None if task.camera is None else task.camera.zone
    metadata: FrameMetadata | None = None if task.table is None else task.table.of(path)
    if metadata is None:
        metadata = read_sidecar(path, zone)
    frame = load_frame(path, camera=task.camera, metadata=metadata)
    reference = None if task.pasts is None else task.pasts.of(frame)
    result = task.detector.detect(frame, crop=task.crop, weather=task.weather, reference=reference)
    if task.pasts is not None:
        task.pasts.keep(result)
    return result.detection, result.mask


def _content(detection: Detection) -> dict[str, Any]:
    content = detection.model_dump(mode="json")
    return {key: content[key] for key in KEYS}


def _unreadable(path: Path, reason: str, camera: CameraConfig | None) -> dict[str, Any]:
    digest = content_sha256(path)
    detection = Detection(
        path=str(path),
        camera_id=None if camera is None else camera.camera_id,
        sha256=digest or _NO_HASH,
        model=None,
        opinion=False,
        reasons=(reason,),
    )
    return _content(detection) | {"sha256": digest}
