"""Photos dropped into a folder, by a camera or by hand: each complete new file once, oldest first."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.camera import CameraConfig, read_camera
from edge.clock import Clock, clock_doubt
from edge.contract import ClockQuality
from edge.dating import arrival_of
from edge.errors import ConfigurationError
from edge.logbook import FileStamp
from edge.metadata import FrameMetadata, MetadataTable, read_sidecar, read_table
from edge.settings.watch import WatchConfig
from edge.sources.writers import is_being_written
from edge.timekeeper import Timekeeper
from edge.voice import Voice

PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".pgm", ".npz"})
METADATA_TABLE: Final = "metadata.csv"
MAX_TABLE_BYTES: Final = 16_000_000
OPEN_PATIENCE_S: Final = 600.0
"""A file that somebody holds open without writing for so long is taken as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A complete file in a watched folder."""

    path: Path
    stamp: FileStamp
    watch: WatchConfig
    camera: CameraConfig | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    size: int
    modified_ns: int
    since_s: float
    watched: bool = False
    """Whether the folder was being looked at before, so that the file came then."""


class FolderSource:
    """One watched folder; files already there at the start count too.

    A file is complete when it has not changed for the settling time. Hidden files, folders and files that are no
    pictures by their name are left alone; a sidecar or ``metadata.csv`` must be there when its photo is complete.
    """

    def __init__(
        self,
        watch: WatchConfig,
        *,
        settle_s: float,
        clock: Clock,
        voice: Voice,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        self.watch = watch
        self.unsettled = 0
        """Files seen at the last look that are not complete yet."""
        self._settle_s = settle_s
        self._clock = clock
        self._voice = voice
        self._timekeeper = timekeeper
        self._looks = 0
        self._waiting: dict[Path, float] = {}
        """Uptime at which each photo came whose date nobody can tell yet [s]."""
        self._camera = read_camera(watch.camera_file) if watch.camera_file is not None else None
        self._sights: dict[Path, _Sight] = {}
        self._table: MetadataTable | None = None
        self._table_stamp: tuple[int, int] | None = None

    def ready(self, known: Callable[[FileStamp], bool]) -> Iterator[Drop]:
        """Complete files not known yet, oldest first."""
        found = self._look()
        self._sights = {path: sight for path, sight in self._sights.items() if path in found}
        self._waiting.clear()
        self._looks += 1
        self.unsettled = 0
        complete: list[tuple[int, Path, FileStamp]] = []
        for path, status in found.items():
            stamp = FileStamp(path=str(path), size=status.st_size, modified_ns=status.st_mtime_ns)
            if known(stamp):
                continue
            if self._is_settled(path, stamp):
                complete.append((stamp.modified_ns, path, stamp))
            else:
                self.unsettled += 1
        for _, path, stamp in sorted(complete, key=lambda entry: entry[:2]):
            yield Drop(path=path, stamp=stamp, watch=self.watch, camera=self._camera)

    def metadata_of(self, path: Path) -> FrameMetadata | None:
        """What a sidecar, else the folder's table, else a live arrival says about a file."""
        zone = self._camera.zone if self._camera is not None else None
        told = read_sidecar(path, zone)
        if told is None:
            self._refresh_table()
            told = self._table.of(path) if self._table is not None else None
        if (told is not None and told.taken_at is not None) or not self.watch.live:
            return told
        return self._arrival(path, told or FrameMetadata())

    def arrived_uptime_s(self, path: Path) -> float | None:
        """Uptime at which a photo came that gets its date only later; None of any other, after ``metadata_of``."""
        return self._waiting.get(path)

    def set_aside(self, path: Path, reason: str) -> Path | None:
        """Move a file that cannot be used to the rejected folder, beside its reason; None when it cannot be moved."""
        folder = self.watch.rejected
        try:
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / path.name
            number = 1
            while target.exists() or target.is_symlink():
                target = folder / f"{path.stem}-{number}{path.suffix}"
                number += 1
            target.with_name(f"{target.name}.reason.txt").write_text(reason + "\n", encoding="utf-8")
            shutil.move(path, target)
        except OSError:
            return None
        return target

    def _look(self) -> dict[Path, os.stat_result]:
        found: dict[Path, os.stat_result] = {}
        subject = f"folder {self.watch.folder}"
        try:
            with os.scandir(self.watch.folder) as entries:
                names = [entry.name for entry in entries if _is_picture(entry)]
        except OSError as error:
            self._voice.trouble(
                subject,
                f"{self.watch.folder}: expected a readable folder to watch, got: {error.strerror};"
                " create it, or correct watch.folder",
            )
            return found
        self._voice.over(subject, f"{self.watch.folder}: watched again")
        for name in filter(self._is_text, names):
            path = self.watch.folder / name
            try:
                found[path] = path.stat()
            except OSError:
                # A dangling link, or a file that went away: the link's own stamp lets it be set aside once.
                if path.is_symlink():
                    found[path] = path.lstat()
        return found

    def _is_text(self, name: str) -> bool:
        try:
            name.encode()
        except UnicodeEncodeError:
            self._voice.trouble(
                f"names in {self.watch.folder}",
                f"{self.watch.folder}: expected file names in UTF-8, got {name!r}; it is left alone, rename it",
            )
            return False
        return True

    def _is_settled(self, path: Path, stamp: FileStamp) -> bool:
        now_s = self._clock.monotonic_s()
        sight = self._sights.get(path)
        if sight is None or (sight.size, sight.modified_ns) != (stamp.size, stamp.modified_ns):
            sight = _Sight(size=stamp.size, modified_ns=stamp.modified_ns, since_s=now_s, watched=self._looks > 1)
            self._sights[path] = sight
        age_s = self._clock.now().timestamp() - stamp.modified_ns / 1e9
        if self._timekeeper is not None and self._timekeeper.was_wrong_at(self._clock.uptime_s()):
            age_s = -1.0  # a wall clock that leaps makes any file look old
        if age_s < self._settle_s and now_s - sight.since_s < self._settle_s:
            return False
        return now_s - sight.since_s >= OPEN_PATIENCE_S or not is_being_written(path)

    def _refresh_table(self) -> None:
        path = self.watch.folder / METADATA_TABLE
        try:
            status = path.stat()
        except OSError:
            self._table = None
            return
        stamp = (status.st_size, status.st_mtime_ns)
        if stamp == self._table_stamp:
            return
        self._table_stamp = stamp
        self._table = None
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_TABLE_BYTES:
            self._voice.tell(f"{path}: expected a file of at most {MAX_TABLE_BYTES} bytes; photos go on without it")
            return
        try:
            self._table = read_table(path, self._camera.zone if self._camera is not None else None)
        except ConfigurationError as error:
            self._voice.tell(f"{error}; photos go on without it")
            return
        for problem in self._table.problems:
            self._voice.tell(problem)

    def _arrival(self, path: Path, told: FrameMetadata) -> FrameMetadata:
        try:
            arrived_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        except OSError:
            return told
        if self._timekeeper is None:
            return told if clock_doubt(arrived_at) is not None else _dated(told, arrived_at, "arrival")
        sight = self._sights.get(path)
        now_s = self._clock.monotonic_s()
        seen_s = self._clock.uptime_s() - (0.0 if sight is None else now_s - sight.since_s)
        watched = sight is not None and sight.watched
        arrival = arrival_of(self._timekeeper, arrived_at, seen_s, watched=watched)
        if arrival.uptime_s is not None:
            self._waiting[path] = arrival.uptime_s
        return told if arrival.taken_at is None else _dated(told, arrival.taken_at, arrival.quality)


def _dated(told: FrameMetadata, moment: datetime, quality: ClockQuality) -> FrameMetadata:
    return FrameMetadata(taken_at=moment, camera_id=told.camera_id, parcel_id=told.parcel_id, clock_quality=quality)


def _is_picture(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    return not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES and not entry.is_dir()
