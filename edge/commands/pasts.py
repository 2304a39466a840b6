"""Pasts of the cameras of one ``seguia detect --metadata``: earlier photos of a camera serve as its reference."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from edge import exif
from edge.errors import UnreadableFrameError
from edge.finding import DetectionResult
from edge.frame import MAX_FILE_BYTES, Frame
from edge.headers import UnusableContentError, read_header
from edge.history import CameraMemory
from edge.metadata import MetadataTable, read_sidecar
from edge.recall import CameraReference

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Pasts:
    """What each camera of a run has shown so far."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone or UTC
        self._memories: dict[str, CameraMemory] = {}

    def of(self, frame: Frame) -> CameraReference | None:
        """Past of a frame's camera; None for a camera without a name."""
        if frame.camera_id is None:
            return None
        memory = self._memories.get(frame.camera_id) or CameraMemory(camera_id=frame.camera_id)
        return CameraReference(memory=memory, zone=self._zone)

    def keep(self, result: DetectionResult) -> None:
        """Remember what a result says is to be remembered."""
        if result.memory is not None:
            self._memories[result.memory.camera_id] = result.memory


class GivenOrder:
    """Answers found in the order of time, handed on in the order in which their files were given."""

    def __init__(self) -> None:
        self._waiting: dict[int, Callable[[], None]] = {}
        self._next = 0

    def hand(self, index: int, on: Callable[[], None]) -> None:
        """Take what hands on the answer of the file given at a place; call all whose turn has come."""
        self._waiting[index] = on
        while self._next in self._waiting:
            self._waiting.pop(self._next)()
            self._next += 1


def by_time(files: Sequence[Path], table: MetadataTable | None, zone: tzinfo | None = None) -> list[int]:
    """Places of files in the order in which they were taken; those that no one dates come last.

    Each moment is the one its frame will have: of EXIF, else of the table, else, without a row there, of the sidecar.
    By the table alone a later photo could speak for an earlier one. Without a table the order is that given.
    """
    if table is None:
        return list(range(len(files)))
    moments = [_moment_in_file(path, zone) or _moment_beside(path, table, zone) or _NEVER for path in files]
    return sorted(range(len(files)), key=moments.__getitem__)


def _moment_in_file(path: Path, zone: tzinfo | None) -> datetime | None:
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            return None
        return exif.taken_at(read_header(path.read_bytes()).exif, zone)
    except (OSError, UnusableContentError):  # told when its turn comes
        return None


def _moment_beside(path: Path, table: MetadataTable, zone: tzinfo | None) -> datetime | None:
    try:
        told = table.of(path) or read_sidecar(path, zone)
    except UnreadableFrameError:  # told when its turn comes
        return None
    return None if told is None else told.taken_at
