"""Inputs of nights on disk: parts named by their own SHA-256, kept once however many nights rest on them.

Only the owner reads them. What a night rested on is let go after some days, or when all of it takes too much room; a
part goes with the last night that names it.
"""

import fcntl
import hashlib
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cloud.errors import IntegrityError, ServiceUnavailableError
from cloud.replay.kept import KeptNight

FOLDER: Final = "replay"
_NIGHTS: Final = "nights"
_PARTS: Final = "parts"
_LOCK: Final = "lock"
_LEVEL: Final = 3
_MEGABYTE: Final = 1e6
_LARGEST: Final = 1 << 31
_OURS: Final = re.compile(r"[0-9a-f]{64}(\.json)?(\.[0-9]+\.half)?")
"""Names that this folder gives, the halves of a write that was cut short too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What all kept nights take."""

    nights: int
    size_mb: float
    let_go: int = 0
    """Nights that were let go to make room, before their time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFolder:
    """The folder of an installation in which inputs of nights are kept."""

    folder: Path
    keep_days: int
    most_mb: int

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Alone in the folder: nobody sweeps away what somebody else is about to name."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            os.close(handle)

    def put(self, content: bytes) -> str:
        """Keep a part, and give its name; one that is there already is not written again."""
        name = hashlib.sha256(content).hexdigest()
        path = self._part(name)
        if not path.exists():
            _write(path, zlib.compress(content, _LEVEL))
        return name

    def get(self, name: str) -> bytes:
        """A part by its name; IntegrityError where it is gone or altered."""
        try:
            packed = self._part(name).read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"replay part {name[:12]}: cannot be read ({error.strerror}); restore {self.folder} from a backup"
            ) from error
        try:
            content = zlib.decompressobj().decompress(packed, _LARGEST)
        except zlib.error:
            content = b""
        if hashlib.sha256(content).hexdigest() != name:
            raise IntegrityError(
                f"replay part {name[:12]}: its content is not what its name says: it was altered or damaged; restore"
                f" {self.folder} from a backup"
            )
        return content

    def keep(self, night: KeptNight) -> None:
        """Keep a night under its day and what it rested on; the same once more replaces the first."""
        content = night.model_dump_json(indent=1).encode()
        _write(self._night(night.rested.day, night.rested.sha256()), content)

    def night(self, day: date, rested: str) -> KeptNight | None:
        """A night by its day and the digest that its verdicts tell; None where it is not kept."""
        path = self._night(day, rested)
        try:
            return KeptNight.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise IntegrityError(
                f"{path}: expected what was kept of a night, got a file that cannot be read"
                f" ({' '.join(str(error).split())[:120]}); restore it from a backup"
            ) from error

    def days(self) -> list[date]:
        """Days of which nights are kept, oldest first."""
        days = []
        with suppress(OSError):
            for path in (self.folder / _NIGHTS).iterdir():
                with suppress(ValueError):
                    days.append(date.fromisoformat(path.name))
        return sorted(days)

    def tidy(self, today: date) -> Room:
        """Let go what is older than ``keep_days`` or, oldest first, takes more than ``most_mb``; what is left.

        Days are counted back from the newest night, or from tomorrow where a slip of the calendar lies ahead of it.
        """
        days = self.days()
        newest = min(max(days, default=today), today + timedelta(days=1))
        kept = [day for day in days if (newest - day) < timedelta(days=self.keep_days)]
        if len(kept) < len(days):
            self._let_go([day for day in days if day not in kept])
        size, squeezed = self._size(), 0
        while size > self.most_mb * _MEGABYTE and len(kept) > 1:
            self._let_go(kept[:1])
            kept, size, squeezed = kept[1:], self._size(), squeezed + 1
        return Room(nights=len(kept), size_mb=size / _MEGABYTE, let_go=squeezed)

    def _let_go(self, days: Sequence[date]) -> None:
        for day in days:
            folder = self.folder / _NIGHTS / str(day)
            for path in folder.iterdir():
                if _OURS.fullmatch(path.name):
                    path.unlink(missing_ok=True)
            # A folder with something of others in it stays, and so does what a link leads to.
            with suppress(OSError):
                folder.unlink() if folder.is_symlink() else folder.rmdir()
        named = {part for night in self._nights() for part in parts_of(night)}
        for path in (self.folder / _PARTS).glob("*/*"):
            if path.name not in named and _OURS.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _nights(self) -> Iterator[KeptNight]:
        for path in (self.folder / _NIGHTS).glob("*/*.json"):
            try:
                yield KeptNight.model_validate_json(path.read_bytes())
            except (OSError, ValidationError) as error:
                raise IntegrityError(
                    f"{path}: expected what was kept of a night, got a file that cannot be read; nothing is let go"
                    " until it is restored or removed"
                ) from error

    def _size(self) -> int:
        total = 0
        for path in self.folder.rglob("*"):
            with suppress(OSError):
                total += path.stat().st_size if path.is_file() else 0
        return total

    def _part(self, name: str) -> Path:
        return self.folder / _PARTS / name[:2] / name

    def _night(self, day: date, rested: str) -> Path:
        return self.folder / _NIGHTS / str(day) / f"{rested}.json"

    def _unwritable(self, error: OSError) -> ServiceUnavailableError:
        return ServiceUnavailableError(
            f"{self.folder}: the inputs of the night cannot be kept ({error.strerror or error}); check the folder and"
            " its room: advice of this night cannot be replayed"
        )


def parts_of(night: KeptNight) -> Iterator[str]:
    """Names of all parts that a night needs."""
    yield from night.rested.weather
    yield from night.rested.forecast or ()
    yield night.rested.given
    yield from () if night.rested.learned is None else (night.rested.learned,)
    yield from (state.sha256 for state in night.states)


def _write(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, whole and on the disk, or not at all."""
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}.half")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
