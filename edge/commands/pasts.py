"""Pasts of the cameras of one ``seguia detect --metadata``: earlier photos of a camera serve as its reference."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from edge.finding import DetectionResult
from edge.frame import Frame
from edge.history import CameraMemory
from edge.metadata import MetadataTable
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


def by_time(files: Sequence[Path], table: MetadataTable | None) -> list[int]:
    """Places of files in the order in which they were taken, as the table says; those it does not date come last."""
    if table is None:
        return list(range(len(files)))
    rows = [table.of(path) for path in files]
    moments = [_NEVER if row is None or row.taken_at is None else row.taken_at for row in rows]
    return sorted(range(len(files)), key=moments.__getitem__)
