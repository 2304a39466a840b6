"""Multispectral sets: cameras that write one file for each band, gathered by capture into one frame of all bands."""

import re
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.band_set import ORDER
from edge.clock import Clock
from edge.errors import CaptureError, StoreUnavailableError
from edge.settings.camera import CaptureConfig
from edge.sources.shutter import Order, Shutter, Taken
from edge.sources.spool import Spool
from edge.sources.taken_in import TakenIn
from edge.voice import Voice

LOOK_S: Final = 5.0
PATIENCE_S: Final = 120.0
"""A capture that still lacks files when none came for so long is made a frame of what there is."""
BANDS_LINE: Final = "bands = [" + ", ".join(f'"{name}"' for name in ORDER) + "]"
_SUFFIXES: Final = frozenset({".tif", ".tiff"})
_CAPTURE: Final = re.compile(rb":CaptureId>\s*([0-9A-Za-z_-]{4,64})\s*<")
_NUMBERED: Final = re.compile(r"^(?P<capture>.+)_\d+$")
_END_BYTES: Final = 100_000
_MOST_FILES: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _BandFile:
    path: Path
    size: int
    modified_ns: int
    since_s: float
    """When it was first seen as it is now, by the monotonic clock."""
    capture: str
    """Name of the capture it belongs to."""


class BandCamera:
    """Gathers the band files of a folder by capture and makes each capture one frame in the spool.

    A capture is whole when all its files are there; one that stays without some is told, and made a frame all the
    same: its missing bands are without a value. With ``discard`` files that are in a frame are taken away.
    """

    def __init__(  # noqa: PLR0913 -- each is another part of the gateway
        self,
        camera: CaptureConfig,
        spool: Spool,
        book: TakenIn,
        clock: Clock,
        voice: Voice,
        *,
        discard: bool = False,
        command: tuple[str, ...] | None = None,
    ) -> None:
        assert camera.folder is not None
        assert camera.band_files is not None
        self.camera = camera
        self.spool = spool
        self.wait_s: float | None = LOOK_S
        self._folder, self._expected = camera.folder, camera.band_files
        self._book, self._clock, self._voice, self._discard = book, clock, voice, discard
        self._seen: dict[Path, _BandFile] = {}
        command = command or (sys.executable, "-m", "edge.sources.band_process")
        self._shutter = Shutter(f"camera {camera.camera_id}", command)

    def capture(self, now: datetime) -> Path | None:  # noqa: ARG002 -- a capture has its own moment
        """The frame of the oldest capture that is whole, or will not become so; None when there is none."""
        self._look()
        ready = self._ready()
        self.wait_s = 0.0 if len(ready) > 1 and not self.spool.crowded else LOOK_S
        if not ready or self.spool.crowded:
            return None
        return self._made(ready[0])

    def _look(self) -> None:
        now_s = self._clock.monotonic_s()
        seen: dict[Path, _BandFile] = {}
        try:
            paths = sorted(path for path in self._folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
            for path in paths[:_MOST_FILES]:
                status = path.stat(follow_symlinks=False)
                before = self._seen.get(path)
                if before is not None and (before.size, before.modified_ns) == (status.st_size, status.st_mtime_ns):
                    seen[path] = before
                elif path.is_file() and not path.name.startswith("."):
                    seen[path] = _band_file(path, status.st_size, status.st_mtime_ns, now_s)
        except OSError as error:
            raise CaptureError(
                f"camera {self.camera.camera_id}: expected a folder of band files, got: {error.strerror};"
                f" see {self._folder}",
                trouble="absent",
            ) from error
        self._seen = seen

    def _ready(self) -> list[list[_BandFile]]:
        now_s = self._clock.monotonic_s()
        sets: dict[str, list[_BandFile]] = {}
        for file in self._seen.values():
            if not self._book.knows(self._name(file), file.size, file.modified_ns):
                sets.setdefault(file.capture, []).append(file)
        ready = []
        for files in sets.values():
            quiet_s = now_s - max(file.since_s for file in files)
            whole = len(files) >= self._expected and all(file.size for file in files)
            if quiet_s >= (LOOK_S if whole else PATIENCE_S):
                ready.append(files)
        return sorted(ready, key=lambda files: files[0].path)

    def _made(self, files: list[_BandFile]) -> Path | None:
        # A name by its content: made twice because of a power cut, it is still one frame.
        stem, capture = _stem(files[0].path), files[0].capture
        name = f"{stem}.npz" if capture == stem else f"{stem}-{capture}.npz"
        unfinished = self.spool.unfinished(name)
        subject = f"camera {self.camera.camera_id}: capture {capture}"
        frame: Path | None = self.spool.folder / name
        try:
            if not (self.spool.folder / name).exists():
                taken = self._shutter.take(self._order(files, unfinished))
                frame = self.spool.finish(unfinished, name, taken.said)
                self._tell(subject, files, taken)
        except CaptureError as error:
            if error.trouble != "unusable":
                raise
            frame = None
            self._voice.tell(f"{subject}: {error}; its files are left out")
        finally:
            unfinished.unlink(missing_ok=True)
        self._done(files, in_frame=frame is not None)
        return frame

    def _tell(self, subject: str, files: list[_BandFile], taken: Taken) -> None:
        if len(files) < self._expected:
            self._voice.tell(f"{subject}: expected {self._expected} files, got {len(files)} and no more in time")
        for note in taken.notes:
            self._voice.tell(f"{subject}: {note}")

    def _order(self, files: list[_BandFile], target: Path) -> Order:
        panel = self.camera.panel_folder
        names = [] if panel is None else sorted(path for path in panel.iterdir() if path.suffix.lower() in _SUFFIXES)
        return Order(
            target=str(target),
            files=tuple(str(file.path) for file in files if file.size),
            panel_files=tuple(map(str, names)),
            reflectance=self.camera.panel_reflectance or "",
            timeout_s=self.camera.timeout_s,
        )

    def _done(self, files: list[_BandFile], *, in_frame: bool) -> None:
        for file in files:
            self._book.remember(self._name(file), file.size, file.modified_ns)
        if not (self._discard and in_frame):
            return
        try:
            for file in files:
                file.path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailableError(f"{self._folder}: files in a frame cannot be removed ({error})") from error

    def _name(self, file: _BandFile) -> str:
        return file.path.relative_to(self._folder).as_posix()


def _band_file(path: Path, size: int, modified_ns: int, now_s: float) -> _BandFile:
    """What a file says of the capture it belongs to; one that says nothing belongs to those named as it is."""
    with path.open("rb") as stream:
        head = stream.read(_END_BYTES)
        stream.seek(max(0, size - _END_BYTES))
        found = _CAPTURE.search(head) or _CAPTURE.search(stream.read(_END_BYTES))
    capture = _stem(path) if found is None else found[1].decode()
    return _BandFile(path=path, size=size, modified_ns=modified_ns, since_s=now_s, capture=capture)


def _stem(path: Path) -> str:
    numbered = _NUMBERED.match(path.stem)
    return path.stem if numbered is None else numbered["capture"]
