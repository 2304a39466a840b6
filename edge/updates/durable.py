"""Changes of the disk that a power cut leaves done or undone, never half done."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from edge.errors import StoreUnavailableError
from edge.updates.launcher import drop, point, put, sync_folder


def nothing_happens(_step: str) -> None:
    """What a step is told to where nobody looks on."""


class Disk:
    """Writes, moves and removes so that each change is on the medium before the next begins.

    ``at`` is told the name of every change before and after it is made: a test ends the process there.
    """

    def __init__(self, at: Callable[[str], None] = nothing_happens) -> None:
        self.at = at

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it; nothing happens where it stands."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def write(self, path: Path, content: bytes, *, mode: int = 0o644) -> None:
        """Put a file in its place whole: a reader, or the next start, finds the old one or the new one."""
        try:
            put(path, content, self.at, mode)
        except OSError as error:
            raise _unwritable(path, error) from error

    def fill(self, path: Path, content: bytes, *, mode: int = 0o644) -> None:
        """Write a file that nobody reads yet, down to the medium."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise _unwritable(path, error) from error

    def point(self, link: Path, target: str | None) -> None:
        """Let a link point elsewhere, or nowhere, in one step."""
        try:
            point(link, target, self.at)
        except OSError as error:
            raise _unwritable(link, error) from error

    def sync(self, folder: Path) -> None:
        """Bring a folder's own entries to the medium."""
        try:
            sync_folder(folder)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def remove(self, path: Path) -> None:
        """Remove a file; nothing happens where there is none."""
        try:
            drop(path, self.at)
        except OSError as error:
            raise _unwritable(path, error) from error

    def clear(self, folder: Path) -> None:
        """Remove a folder with all it holds; nothing happens where there is none."""
        self.at(f"clear {folder.name}")
        try:
            if folder.is_symlink() or folder.is_file():
                folder.unlink()
            elif folder.exists():
                shutil.rmtree(folder)
            if folder.parent.is_dir():
                sync_folder(folder.parent)
        except OSError as error:
            raise _unwritable(folder, error) from error
        self.at(f"cleared {folder.name}")


def _unwritable(path: Path, error: OSError) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"{path}: cannot be written ({error.strerror or error}); free space, or correct the folder's permissions"
    )
