"""What is written about frames beside them: a metadata table or one sidecar file per frame."""

import csv
import json
import math
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from edge.contract import ClockQuality
from edge.errors import ConfigurationError, UnreadableFrameError

MAX_SIDECAR_BYTES: Final = 64 * 1024
MAX_IDENTIFIER_LENGTH: Final = 80  # as in the contract
_YEARS: Final = range(2, 9999)  # any zone of the world can then say when it was
_COLUMNS: Final = ("path", "taken_at", "camera_id", "parcel_id", "ffc_age_s", "sensor_change_c", "photo")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameMetadata:
    """Facts about one frame from outside its file; None = not said."""

    taken_at: datetime | None = None
    camera_id: str | None = None
    parcel_id: str | None = None
    clock_quality: ClockQuality = "unknown"
    ffc_age_s: float | None = None
    """Seconds since a thermal camera's last flat-field correction."""
    sensor_change_c: float | None = None
    """Change of its sensor's temperature since then."""
    photo: str | None = None
    """Name of the colour photo that the same rig took with a thermal frame, in the same folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataTable:
    """Metadata by path as written, the rows that could not be used and the columns that were ignored."""

    folder: Path
    rows: Mapping[str, FrameMetadata]
    problems: tuple[str, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    _by_name: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), init=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the rows by the names of their files: looking each up among ten thousand would take minutes."""
        for row in self.rows:
            self._by_name[Path(row).name].append(row)

    def of(self, frame: Path) -> FrameMetadata | None:
        """Row of a frame: its path as given, the same file by another path, or a row that is only its name."""
        if str(frame) in self.rows:
            return self.rows[str(frame)]
        for name in self._by_name.get(frame.name, ()):
            real = {os.path.realpath(place) for place in (name, self.folder / name)}
            if name == frame.name or os.path.realpath(frame) in real:
                return self.rows[name]
        return None


def parse_moment(text: str, zone: tzinfo | None) -> datetime:
    """Aware moment of an ISO 8601 text; one without offset is in ``zone``, else UTC. ValueError when it is none."""
    moment = datetime.fromisoformat(text.strip())
    if moment.year not in _YEARS:
        raise ValueError(f"expected a year of our time, got {moment.year}")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone or UTC)


def read_table(path: Path, zone: tzinfo | None = None) -> MetadataTable:
    """Metadata table ``path, taken_at, camera_id`` (and ``parcel_id``).

    Paths are relative to where the command runs or to the table's folder; a bare name fits that file in any
    folder. A row that cannot be used becomes a problem; a table without the column ``path`` is a ConfigurationError.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigurationError(f"{path}: expected a readable metadata table, got {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: expected a CSV table in UTF-8, got {error.reason}") from error
    reader = csv.DictReader(lines, skipinitialspace=True)
    try:
        columns = tuple((name or "").strip() for name in reader.fieldnames or ())
    except csv.Error as error:
        raise _no_table(path, error) from error
    if "path" not in columns:
        raise ConfigurationError(f"{path}: expected the columns path, taken_at, camera_id, got {', '.join(columns)!r}")
    reader.fieldnames = columns
    rows: dict[str, FrameMetadata] = {}
    problems: list[str] = []
    for row in _cells(path, reader):
        try:
            rows[_path(row)] = _metadata(row, "metadata", zone)
        except (TypeError, ValueError) as error:
            problems.append(f"{path}: line {reader.line_num}: {error}; correct the row")
    ignored = tuple(name for name in columns if name not in _COLUMNS)
    return MetadataTable(folder=path.parent, rows=rows, problems=tuple(problems), ignored_columns=ignored)


def _cells(path: Path, reader: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise _no_table(path, error) from error


def _no_table(path: Path, error: csv.Error) -> ConfigurationError:
    return ConfigurationError(f"{path}: expected a CSV table, got one that cannot be read ({error})")


def _path(row: Mapping[str, object]) -> str:
    path = _text(row, "path") or ""
    if "\0" in path:
        raise ValueError(f"path: expected the path of a file, got {path!r}")
    return path


def read_sidecar(frame: Path, zone: tzinfo | None = None) -> FrameMetadata | None:
    """Metadata of ``<stem>.json`` beside a frame; None when there is none, UnreadableFrameError when it is damaged."""
    path = frame.with_suffix(".json")
    # Of a name that its own suffix makes too long there is no such file, and that is no fault of the frame.
    if path == frame or not os.path.isfile(path):  # noqa: PTH113 -- Path.is_file raises there
        return None
    try:
        with path.open("rb") as stream:
            content = json.loads(stream.read(MAX_SIDECAR_BYTES))
        return _metadata(content, "sidecar", zone)
    except (OSError, TypeError, ValueError, RecursionError) as error:
        raise UnreadableFrameError(
            f"{path}: expected a sidecar with taken_at and camera_id, got {error}; correct it or remove it"
        ) from error


def _metadata(content: object, source: ClockQuality, zone: tzinfo | None) -> FrameMetadata:
    if not isinstance(content, Mapping):
        raise TypeError(f"expected named values, got {type(content).__name__}")
    moment = _text(content, "taken_at")
    if moment is None:
        taken_at = None
    else:
        try:
            taken_at = parse_moment(moment, zone)
        except ValueError:
            raise ValueError(f"taken_at: expected an ISO 8601 moment, got {moment!r}") from None
    return FrameMetadata(
        taken_at=taken_at,
        camera_id=_identifier(content, "camera_id"),
        parcel_id=_identifier(content, "parcel_id"),
        clock_quality="unknown" if taken_at is None else source,
        ffc_age_s=_number(content, "ffc_age_s"),
        sensor_change_c=_number(content, "sensor_change_c"),
        photo=_file_name(content, "photo"),
    )


def _file_name(content: Mapping[str, object], name: str) -> str | None:
    value = _text(content, name)
    if value is not None and (value != Path(value).name or value == ".." or "\\" in value or "\0" in value):
        raise ValueError(f"{name}: expected the name of a file in the same folder, got {value!r}")
    return value


def _text(content: Mapping[str, object], name: str) -> str | None:
    value = content.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected a text, got {value!r}")
    return value.strip() or None


def _number(content: Mapping[str, object], name: str) -> float | None:
    value = content.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{name}: expected a number, got {value!r}")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a number, got {value!r}")
    return number


def _identifier(content: Mapping[str, object], name: str) -> str | None:
    value = _text(content, name)
    if value is not None and (len(value) > MAX_IDENTIFIER_LENGTH or not value.isprintable()):
        raise ValueError(f"{name}: expected at most {MAX_IDENTIFIER_LENGTH} printable characters, got {value[:90]!r}")
    return value
