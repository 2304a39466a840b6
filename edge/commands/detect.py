"""``seguia detect``: what photos and thermal frames say, one JSON line for each file."""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import cv2
import numpy as np
import typer
from numpy.typing import NDArray

from edge.camera import CameraConfig, read_camera
from edge.contract import Detection
from edge.detector import Detector
from edge.errors import ConfigurationError, UnreadableFrameError
from edge.frame import content_sha256, load_frame
from edge.metadata import FrameMetadata, MetadataTable, read_sidecar, read_table
from edge.voice import harmless
from edge.weather import FieldWeather, read_weather

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".pgm", ".npz"})
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

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


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
    mask_dir: Path | None
    masks: dict[str, Path] = field(default_factory=dict)
    """Frame of each mask written so far."""


@app.command()
def detect(  # noqa: PLR0913 -- one parameter per option of the contract
    paths: Annotated[list[Path], typer.Argument(help="Photos, thermal or multi-band frames, or folders of them.")],
    *,
    crop: Annotated[str | None, typer.Option(help="Crop in view, such as soybean.")] = None,
    weather: Annotated[Path | None, typer.Option(help="JSON file of the weather beside the crop.")] = None,
    camera: Annotated[Path | None, typer.Option(help="TOML file about the camera: bands, units, time zone.")] = None,
    metadata: Annotated[Path | None, typer.Option(help="CSV table: path, taken_at, camera_id.")] = None,
    models: Annotated[Path | None, typer.Option(help="Folder of models; else those installed.")] = None,
    mask_dir: Annotated[Path | None, typer.Option(help="Folder for canopy masks, <stem>.png each.")] = None,
) -> None:
    """What photos and thermal frames say, one JSON line for each file, in the order given.

    Example: seguia detect photo.jpg scene.tif --crop soybean --mask-dir masks > detections.jsonl

    A file that cannot be used gets a line without an opinion and is named on stderr; exit code 1 then.
    """
    problems = Problems()
    settings = None if camera is None else read_camera(camera)
    task = Task(
        detector=Detector(models),
        crop=crop,
        weather=None if weather is None else _weather(weather),
        camera=settings,
        table=None if metadata is None else _table(metadata, settings, problems),
        mask_dir=None if mask_dir is None else _folder(mask_dir),
    )
    files = _files(paths, problems)
    try:
        for content in _lines(files, task, problems):
            sys.stdout.write(_one_line(content) + "\n")
            sys.stdout.flush()
    except BrokenPipeError:  # the reader closed early, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    if problems.count:
        raise SystemExit(1)


def _weather(path: Path) -> FieldWeather:
    file = read_weather(path)
    if file.ignored_fields:
        sys.stderr.write(f"seguia detect: {path}: ignored fields: {', '.join(file.ignored_fields)}\n")
    return file.weather


def _table(path: Path, camera: CameraConfig | None, problems: Problems) -> MetadataTable:
    table = read_table(path, None if camera is None else camera.zone)
    if table.ignored_columns:
        sys.stderr.write(f"seguia detect: {path}: ignored columns: {', '.join(table.ignored_columns)}\n")
    problems.tell(*table.problems)
    return table


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{path}: expected a folder for masks, got {error.strerror}; name another") from error
    return path


def _files(paths: Sequence[Path], problems: Problems) -> list[Path]:
    """Files as given; a folder stands for the pictures in it, sorted by name."""
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        try:
            found = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in SUFFIXES and entry.is_file())
        except OSError as error:
            problems.tell(f"{path}: expected a folder that can be listed, got {error.strerror}")
            continue
        if not found:
            problems.tell(f"{path}: expected pictures ({', '.join(sorted(SUFFIXES))}) in the folder, got none")
        files.extend(found)
    return files


def _lines(files: Sequence[Path], task: Task, problems: Problems) -> Iterator[dict[str, Any]]:
    for path in _with_progress(files):
        started = time.perf_counter()
        try:
            detection, mask = _look(path, task)
        except UnreadableFrameError as error:
            problems.tell(str(error))
            yield _unreadable(path, error.reason, task.camera)
            continue
        elapsed_ms = round(1000 * (time.perf_counter() - started), 1)
        if task.mask_dir is not None:
            problems.tell(*_write_mask(mask, path, task.mask_dir, task.masks, files))
        yield _content(detection.model_copy(update={"elapsed_ms": elapsed_ms}))


def _look(path: Path, task: Task) -> tuple[Detection, NDArray[np.uint8]]:
    zone = None if task.camera is None else task.camera.zone
    metadata: FrameMetadata | None = None if task.table is None else task.table.of(path)
    if metadata is None:
        metadata = read_sidecar(path, zone)
    frame = load_frame(path, camera=task.camera, metadata=metadata)
    result = task.detector.detect(frame, crop=task.crop, weather=task.weather)
    return result.detection, result.mask


def _content(detection: Detection) -> dict[str, Any]:
    content = detection.model_dump(mode="json")
    return {key: content[key] for key in KEYS}


def _one_line(content: dict[str, Any]) -> str:
    line = json.dumps(content, ensure_ascii=False)
    # A path may hold what no terminal should obey, or what is no text at all.
    return line if line.isprintable() else json.dumps(content)


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


def _write_mask(
    mask: NDArray[np.uint8], frame: Path, folder: Path, masks: dict[str, Path], files: Iterable[Path]
) -> list[str]:
    """Write a mask unless it would replace another frame's mask or an input; the problems, if any."""
    target = folder / f"{frame.stem}.png"
    if frame.stem in masks:
        return [f"{frame}: mask not written: {target} is that of {masks[frame.stem]}; rename one or use two folders"]
    if target.resolve() in {file.resolve() for file in files}:
        return [f"{frame}: mask not written: {target} is an input; choose another --mask-dir"]
    masks[frame.stem] = frame
    _, png = cv2.imencode(".png", mask)
    try:
        target.write_bytes(png.tobytes())
    except OSError as error:
        return [f"{target}: expected to write a mask, got {error.strerror}; choose another --mask-dir"]
    return []


def _with_progress(files: Sequence[Path]) -> Iterator[Path]:
    """Files one by one, counted on stderr when a person is watching it."""
    shown = sys.stderr.isatty() and len(files) > 1
    for number, path in enumerate(files, start=1):
        if shown:
            sys.stderr.write(f"\r{number}/{len(files)}")
            sys.stderr.flush()
        yield path
    if shown:
        sys.stderr.write("\n")
