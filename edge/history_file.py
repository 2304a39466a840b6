"""Camera memories as files: one small JSON file for each camera, replaced whole, set aside when damaged."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from edge.errors import StoreUnavailableError
from edge.history import CameraMemory

MAX_MEMORY_BYTES: Final = 400_000


class CameraMemories:
    """The memories of a folder; a damaged one is kept aside for an operator, told, and begun anew."""

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._tell = tell

    def of(self, camera_id: str) -> CameraMemory:
        """Memory of a camera; an empty one when there is none yet."""
        path = self._path(camera_id)
        try:
            return _memory(path, camera_id)
        except FileNotFoundError:
            return CameraMemory(camera_id=camera_id)
        except OSError as error:
            raise self._unavailable(path, error) from error
        except ValueError as error:  # pydantic's own included
            return self._begun_anew(path, camera_id, error)

    def keep(self, memory: CameraMemory) -> None:
        """Write a memory so that a power cut leaves the old or the new one; StoreUnavailableError when it cannot."""
        path = self._path(memory.camera_id)
        fresh = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as stream:
                stream.write(memory.model_dump_json().encode())
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(path)
            _settle(self._folder)
        except OSError as error:
            raise self._unavailable(path, error) from error

    def _path(self, camera_id: str) -> Path:
        # A camera's name may hold what no file name can.
        return self._folder / f"{hashlib.sha256(camera_id.encode()).hexdigest()[:24]}.json"

    def _begun_anew(self, path: Path, camera_id: str, error: ValueError) -> CameraMemory:
        number = 1
        while (kept := path.with_name(f"{path.name}.corrupt-{number}")).exists():
            number += 1
        try:
            path.rename(kept)
        except OSError as trouble:
            raise self._unavailable(path, trouble) from trouble
        what = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        self._tell(
            f"{path}: expected the memory of camera {camera_id}, got a damaged file ({what}); kept as {kept.name}"
            " for an operator, the camera's reference is begun anew"
        )
        return CameraMemory(camera_id=camera_id)

    def _unavailable(self, path: Path, error: OSError) -> StoreUnavailableError:
        return StoreUnavailableError(
            f"{path}: expected a file that can be read and written, got: {error.strerror};"
            " free space, or correct its permissions"
        )


def _memory(path: Path, camera_id: str) -> CameraMemory:
    with path.open("rb") as stream:
        content = stream.read(MAX_MEMORY_BYTES + 1)
    if len(content) > MAX_MEMORY_BYTES:
        raise ValueError(f"more than {MAX_MEMORY_BYTES} bytes")
    memory = CameraMemory.model_validate_json(content)
    if memory.camera_id != camera_id:
        raise ValueError(f"the memory of camera {memory.camera_id!r}")
    return memory


def _settle(folder: Path) -> None:
    """Make the folder's entry durable, not only the file's content."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
