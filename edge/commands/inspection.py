"""Looking at many files, one after the other: each gives one line, whatever it holds."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2

from edge.camera import CameraConfig
from edge.commands.answers import AnswersFile, StandardOutput, line_of
from edge.commands.folders import ResultFolder
from edge.commands.grids import grid_json
from edge.commands.pasts import GivenOrder, Pasts, by_time
from edge.commands.progress import Progress
from edge.contract import Detection
from edge.detector import Detector
from edge.errors import UnreadableFrameError
from edge.finding import DetectionResult
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a run of the command works with."""

    detector: Detector
    crop: str | None
    weather: FieldWeather | None
    camera: CameraConfig | None
    table: MetadataTable | None
    masks: ResultFolder | None
    grids: ResultFolder | None
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
    folders = [folder for folder in (task.masks, task.grids) if folder is not None]
    if task.table is not None or not all(folder.holds(path) for folder in folders):
        return None
    return out.known(path, content_sha256(path))


def _answer(path: Path, task: Task) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        result = _look(path, task)
    except UnreadableFrameError as error:
        task.problems.tell(str(error))
        return _unreadable(path, error.reason, task.camera)
    elapsed_ms = round(1000 * (time.perf_counter() - started), 1)
    if task.masks is not None:
        task.problems.tell(*task.masks.write(cv2.imencode(".png", result.mask)[1].tobytes(), path))
    if task.grids is not None:
        task.problems.tell(*task.grids.write(grid_json(result.pattern), path))
    return _content(result.detection.model_copy(update={"elapsed_ms": elapsed_ms}))


def _look(path: Path, task: Task) -> DetectionResult:
    zone = None if task.camera is None else task.camera.zone
    metadata: FrameMetadata | None = None if task.table is None else task.table.of(path)
    if metadata is None:
        metadata = read_sidecar(path, zone)
    frame = load_frame(path, camera=task.camera, metadata=metadata)
    reference = None if task.pasts is None else task.pasts.of(frame)
    result = task.detector.detect(frame, crop=task.crop, weather=task.weather, reference=reference)
    if task.pasts is not None:
        task.pasts.keep(result)
    return result


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
