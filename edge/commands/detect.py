"""``seguia detect``: what photos and thermal frames say, one JSON line for each file."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from edge.camera import CameraConfig, read_camera
from edge.commands.answers import AnswersFile, StandardOutput
from edge.commands.folders import grid_folder, mask_folder
from edge.commands.inspection import Problems, Task, inspect
from edge.commands.pasts import Pasts
from edge.detector import Detector
from edge.errors import ConfigurationError
from edge.metadata import MetadataTable, read_table
from edge.weather import FieldWeather, read_weather

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".pgm", ".npz"})
_INTERRUPTED: Final = 130  # as a shell reports a program ended by Ctrl-C

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


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
    grid_dir: Annotated[Path | None, typer.Option(help="Folder for stress grids and rows, <stem>.json each.")] = None,
    out: Annotated[Path | None, typer.Option(help="File for the lines instead of standard output.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the --out of a run that was stopped.")] = False,
) -> None:
    """What photos and thermal frames say, one JSON line for each file, in the order given.

    Example: seguia detect photo.jpg scene.tif --crop soybean --mask-dir masks > detections.jsonl

    A file that cannot be used gets a line without an opinion and is named on stderr; exit code 1 then.
    """
    problems = Problems()
    settings = None if camera is None else read_camera(camera)
    files = _files(paths, problems)
    task = Task(
        detector=Detector(models),
        crop=crop,
        weather=None if weather is None else _weather(weather),
        camera=settings,
        table=None if metadata is None else _table(metadata, settings, problems),
        masks=None if mask_dir is None else mask_folder(mask_dir, files),
        grids=None if grid_dir is None else grid_folder(grid_dir, files),
        problems=problems,
        pasts=None if metadata is None else Pasts(None if settings is None else settings.zone),
    )
    if out is None:
        if resume:
            raise ConfigurationError("--resume: expected --out FILE of the earlier run, got none; name it")
        _to_standard_output(files, task)
    else:
        _to_file(files, task, AnswersFile(out, resume=resume))
    if problems.count:
        raise SystemExit(1)


def _to_standard_output(files: Sequence[Path], task: Task) -> None:
    try:
        inspect(files, task, StandardOutput())
    except BrokenPipeError:  # the reader closed early, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def _to_file(files: Sequence[Path], task: Task, answers: AnswersFile) -> None:
    try:
        with answers:
            inspect(files, task, answers)
    except KeyboardInterrupt:
        sys.stderr.write(
            f"\nseguia detect: stopped; what is done stands in {answers.path}: run the same command with --resume\n"
        )
        raise SystemExit(_INTERRUPTED) from None


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
