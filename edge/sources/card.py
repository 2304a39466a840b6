"""A drone's memory card: once it is mounted its whole DCIM tree is taken in, once, and then it may be pulled."""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.clock import Clock
from edge.errors import CaptureError
from edge.settings.camera import CaptureConfig
from edge.sources.folder import PICTURE_SUFFIXES
from edge.sources.spool import Spool
from edge.sources.taken_in import TakenIn
from edge.voice import Voice

LOOK_S: Final = 5.0
"""Pause between looks for a card."""
_TURN_S: Final = 10.0
"""Longest that one turn copies, so that other cameras are asked meanwhile."""
_CHUNK_BYTES: Final = 1_000_000
_MOST_PICTURES: Final = 100_000
_LONGEST_SIDECAR_BYTES: Final = 100_000
_LONGEST_NAME_BYTES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    path: Path
    name: str
    """Its path from the top of the card."""
    size: int
    modified_ns: int


class CardCamera:
    """Copies what is new on a card into a folder, a few files a turn; the card itself is never written to.

    A card pulled too early is told with how much was missing; put in again, it goes on where it stopped.
    """

    def __init__(self, camera: CaptureConfig, spool: Spool, book: TakenIn, clock: Clock, voice: Voice) -> None:
        self.camera = camera
        self.spool = spool
        self._book = book
        self._clock = clock
        self._voice = voice
        self._emptied: tuple[object, ...] | None = None
        """How the tree looked when all of it was taken in."""
        self._taken = 0
        self._left = 0
        self._bad: set[str] = set()
        self.wait_s: float | None = LOOK_S

    def capture(self, now: datetime) -> Path | None:  # noqa: ARG002 -- a card's pictures have their own moments
        """The last picture copied in this turn; None when there was none, CaptureError when the card went away."""
        top = self._tree()
        if top is None:
            self._pulled()
            return None
        try:
            look = _look_of(top)
            if look == self._emptied:
                return None
            found = list(_pictures(top))
        except OSError as error:
            raise self._lost(error) from error
        fresh = [one for one in found if not self._knows(one)]
        self._left = len(fresh)
        last = self._copy(fresh) if fresh else None
        self.wait_s = LOOK_S if self.spool.crowded or not self._left else 0.0
        if not self._left:
            self._emptied = look
            self._tell_emptied(len(found))
        return last

    def _knows(self, picture: _Picture) -> bool:
        return picture.name in self._bad or self._book.knows(picture.name, picture.size, picture.modified_ns)

    def _tell_emptied(self, found: int) -> None:
        bad = f"; {len(self._bad)} of them cannot be read (named above)" if self._bad else ""
        self._voice.tell(
            f"camera {self.camera.camera_id}: {found} pictures on the card, {self._taken} of them new, all taken in"
            f"{bad}; the card may be pulled"
        )

    def _tree(self) -> Path | None:
        assert self.camera.folder is not None
        try:
            with os.scandir(self.camera.folder) as entries:
                names = [entry.name for entry in entries if entry.name.upper() == "DCIM" and entry.is_dir()]
        except OSError:
            return None
        return self.camera.folder / names[0] if names else None

    def _copy(self, fresh: list[_Picture]) -> Path | None:
        until_s, last = self._clock.monotonic_s() + _TURN_S, None
        for picture in fresh:
            if self.spool.crowded or self._clock.monotonic_s() >= until_s:
                break
            if not self.spool.room(picture.size):
                raise CaptureError(
                    f"camera {self.camera.camera_id}: expected room for {picture.name}, got a full disk;"
                    " leave the card in until the pictures are looked at",
                    trouble="full",
                )
            last = self._take(picture) or last
            self._left -= 1
        return last

    def _take(self, picture: _Picture) -> Path | None:
        """The picture in the spool; None when the card cannot give it: the others are not kept from theirs."""
        # Not by its own name, which may be as long as a name can be.
        unfinished = self.spool.unfinished(f"taken{picture.path.suffix}")
        try:
            digest = _copied(picture, unfinished)
            # A name by its content: copied twice because of a power cut, it is still one picture.
            name = f"{digest}-{_tail(picture.name.replace('/', '-'))}"
            target = self.spool.folder / name
            if not target.exists():
                self._take_beside(picture, target)
                target = self.spool.finish(unfinished, name)
        except OSError as error:
            if self._tree() is None:
                raise self._lost(error) from error
            self._bad.add(picture.name)
            self._voice.tell(
                f"camera {self.camera.camera_id}: {picture.name}: expected a file that can be read, got:"
                f" {error.strerror}; the others go on, the card may be wearing out"
            )
            return None
        finally:
            unfinished.unlink(missing_ok=True)
        self._book.remember(picture.name, picture.size, picture.modified_ns)
        self.spool.unseen_bytes += picture.size
        self._taken += 1
        return target

    def _take_beside(self, picture: _Picture, target: Path) -> None:
        sidecar = picture.path.with_suffix(".json")
        try:
            status = sidecar.lstat()
        except OSError:  # none, or a name that with its other suffix would be too long to be one
            return
        if stat.S_ISREG(status.st_mode) and status.st_size <= _LONGEST_SIDECAR_BYTES:
            shutil.copyfile(sidecar, target.with_suffix(".json"))

    def _lost(self, error: OSError) -> CaptureError:
        return CaptureError(
            f"camera {self.camera.camera_id}: expected to read the card to its end, got: {error.strerror} with"
            f" {self._left} pictures to go; put it in again: it goes on where it stopped",
            trouble="cut",
        )

    def _pulled(self) -> None:
        left, self._left = self._left, 0
        self._emptied, self._taken, self.wait_s = None, 0, LOOK_S
        self._bad.clear()
        if left:
            raise CaptureError(
                f"camera {self.camera.camera_id}: the card was pulled with {left} pictures to go; put it in again: it"
                " goes on where it stopped",
                trouble="cut",
            )


def _pictures(top: Path) -> Iterator[_Picture]:
    """Pictures of a tree in the order of their names; links are not followed: a card may hold any."""
    count = 0
    for folder, inner, names in os.walk(top, onerror=_raise):
        inner.sort()
        for name in sorted(names):
            path = Path(folder) / name
            if name.startswith(".") or path.suffix.lower() not in PICTURE_SUFFIXES or path.is_symlink():
                continue
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):  # a pipe would be waited on for ever
                continue
            count += 1
            if count > _MOST_PICTURES:
                raise OSError(errno.EFBIG, f"more than {_MOST_PICTURES} pictures")
            shown = path.relative_to(top).as_posix().encode("utf-8", "replace").decode()
            yield _Picture(path=path, name=shown, size=status.st_size, modified_ns=status.st_mtime_ns)


def _tail(name: str) -> str:
    """The end of a name, as much of it as a file's name holds."""
    return name.encode("utf-8")[-_LONGEST_NAME_BYTES:].decode("utf-8", "ignore")


def _raise(error: OSError) -> None:
    raise error


def _copied(picture: _Picture, target: Path) -> str:
    """Short name of the content; OSError when fewer bytes came than the card says it has."""
    digest, size = hashlib.sha256(), 0
    with picture.path.open("rb") as stream, target.open("wb") as copy:
        while part := stream.read(_CHUNK_BYTES):
            digest.update(part)
            copy.write(part)
            size += len(part)
    if size != picture.size:
        raise OSError(errno.EIO, f"{size} bytes of {picture.size}")
    return digest.hexdigest()[:12]


def _look_of(top: Path) -> tuple[object, ...]:
    """What changes when a card is written to or exchanged: its tree, and when each of its folders changed."""
    status = top.stat()
    with os.scandir(top) as entries:
        folders = sorted((entry.name, entry.stat(follow_symlinks=False).st_mtime_ns) for entry in entries)
    return (status.st_dev, status.st_ino, *folders)
