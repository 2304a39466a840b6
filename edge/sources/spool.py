"""Where the pictures of one camera wait until they are looked at: whole ones only, whatever is killed meanwhile."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from edge.errors import StoreUnavailableError
from edge.logbook import FileStamp
from edge.sources.folder import PICTURE_SUFFIXES

CAPTURES_FOLDER: Final = "captures"
"""Folder inside the data folder that holds the spools."""
_UNFINISHED: Final = ".part"
_LEAST_FREE_BYTES: Final = 100_000_000
"""So much of the disk is left to the queue: no picture is worth a message."""


def is_picture(name: str) -> bool:
    """Whether a file of this name is a finished picture of a spool."""
    return not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES


class Spool:
    """A folder of captures. A picture is written under a hidden name, made durable and renamed: all of it or nothing.

    What a killed gateway left unfinished is taken away when the spool is opened again.
    """

    def __init__(self, folder: Path, *, cap_bytes: int) -> None:
        self.folder = folder
        self._cap_bytes = cap_bytes
        self.unseen_bytes = 0
        """Size of the pictures not looked at yet, as last counted."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob(f".*{_UNFINISHED}"):
                left.unlink(missing_ok=True)
        except OSError as error:
            raise self._unavailable(error) from error

    def unfinished(self, name: str) -> Path:
        """Where a picture of this name is written before it counts; its suffix stays last but one."""
        return self.folder / f".{name}{_UNFINISHED}"

    def finish(self, unfinished: Path, name: str, said: Mapping[str, object] | None = None) -> Path:
        """Make an unfinished picture count, with what is said of it in a sidecar; its final path, never another's."""
        try:
            target = self._free(name)
            if said:
                note = self.unfinished(target.with_suffix(".json").name)
                note.write_text(json.dumps(said) + "\n", encoding="utf-8")
                _settle(note)
                note.replace(target.with_suffix(".json"))
            _settle(unfinished)
            unfinished.replace(target)
            _settle(self.folder)
        except OSError as error:
            raise self._unavailable(error) from error
        return target

    def room(self, size_bytes: int = 0) -> bool:
        """Whether a picture of a size fits on the disk without taking what the queue needs."""
        try:
            status = os.statvfs(self.folder)
        except OSError as error:
            raise self._unavailable(error) from error
        return status.f_bavail * status.f_frsize - size_bytes >= _LEAST_FREE_BYTES

    def waiting(self, known: Callable[[FileStamp], bool]) -> int:
        """Pictures not looked at yet, after the oldest of the others have gone as far as the cap asks."""
        try:
            pictures = sorted(self._pictures(), key=lambda stamp: stamp.modified_ns)
            looked_at = [stamp for stamp in pictures if known(stamp)]
            excess = sum(stamp.size for stamp in pictures) - self._cap_bytes
            for stamp in looked_at:
                if stamp is pictures[-1]:  # the newest stays for whoever wants to see what the camera sees
                    break
                if excess <= 0 and self.room():
                    break
                excess -= stamp.size
                Path(stamp.path).unlink(missing_ok=True)
                Path(stamp.path).with_suffix(".json").unlink(missing_ok=True)
        except OSError as error:
            raise self._unavailable(error) from error
        self.unseen_bytes = sum(stamp.size for stamp in pictures) - sum(stamp.size for stamp in looked_at)
        return len(pictures) - len(looked_at)

    @property
    def crowded(self) -> bool:
        """Whether so much waits to be looked at that a camera that can wait should."""
        return self.unseen_bytes >= self._cap_bytes or not self.room()

    def _pictures(self) -> list[FileStamp]:
        found = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if not is_picture(entry.name):
                    continue
                status = entry.stat(follow_symlinks=False)
                found.append(FileStamp(path=entry.path, size=status.st_size, modified_ns=status.st_mtime_ns))
        return found

    def _free(self, name: str) -> Path:
        """A path that is nobody's: a clock set back may give a name twice."""
        target, number = self.folder / name, 1
        while target.exists():
            target = self.folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
            number += 1
        return target

    def _unavailable(self, error: OSError) -> StoreUnavailableError:
        return StoreUnavailableError(
            f"{self.folder}: expected a folder for captures that can be written, got: {error.strerror};"
            " free space, or correct its permissions"
        )


def _settle(path: Path) -> None:
    """Make a file's content, or a folder's entries, outlive a power cut."""
    place = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(place)
    finally:
        os.close(place)
