"""A power cut: what a disk may hold of a SQLite file in WAL mode when the current goes, made from a process at work.

SQLite promises only what it has synced. ``record_syncs`` makes a process note, at every durable commit, how far its
log was synced; the process is then halted between two instructions and its files are copied. Of the log, what was
synced stays; of what came after it anything may be missing or torn. A page of the database that the synced log still
holds may be torn as well: a checkpoint may have been writing it.
"""

import mmap
import os
import random
import signal
import sqlite3
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_INDEX_BYTES: Final = 136
_SECTOR: Final = 512
_PATIENCE_S: Final = 10.0
_MARK: Final = struct.Struct("=QQI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """How far a log was surely on the disk: the salts name the log, since it begins anew in the same file."""

    salts: int
    frames: int


class SyncMark:
    """A note in shared memory that outlives the process that wrote it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_MARK.size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _MARK.size)

    def write(self, synced: Synced) -> None:
        """Note how far the log is synced."""
        self._memory[:] = _MARK.pack(synced.salts, synced.frames, 1)

    def read(self) -> Synced:
        """What was noted last."""
        salts, frames, _ = _MARK.unpack(self._memory[:])
        return Synced(salts=salts, frames=frames)


def index_of(database: Path) -> tuple[Synced, int, int]:
    """What the log's index says: all committed frames, how many a checkpoint may have moved, and the page size."""
    return _read_index(database.with_name(database.name + "-shm").read_bytes()[:_INDEX_BYTES])


def _read_index(content: bytes) -> tuple[Synced, int, int]:
    (page_bytes,) = struct.unpack_from("=H", content, 14)
    (frames,) = struct.unpack_from("=I", content, 16)
    (salts,) = struct.unpack_from(">Q", content, 32)
    (attempted,) = struct.unpack_from("=I", content, 128)
    return Synced(salts=salts, frames=frames), attempted, page_bytes or 65_536


class _OpenIndex:
    """The log's index read by the process that uses the database, through descriptors that are never closed.

    Closing one would let go of every lock that SQLite holds on the file in this process.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-shm")
        self._open: dict[int, int] = {}

    def read(self) -> Synced:
        """How far the log is committed now."""
        node = self._path.stat().st_ino
        if node not in self._open:
            self._open[node] = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return _read_index(os.pread(self._open[node], _INDEX_BYTES, 0))[0]


def record_syncs(database: Path, mark: SyncMark) -> None:
    """From now on note in this process how far each durable commit synced the log, before anyone hears of it."""
    plain, index = sqlite3.connect, _OpenIndex(database)

    class Noting(sqlite3.Connection):
        durable = False

        def execute(self, statement: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401 -- sqlite3's own
            cursor = super().execute(statement, parameters)
            if statement.startswith("PRAGMA synchronous"):
                self.durable = statement.endswith("FULL")
            elif statement == "COMMIT" and self.durable:
                mark.write(index.read())
            return cursor

    def connect(path: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:  # noqa: ANN401 -- sqlite3's own
        if Path(path) == database:
            options["factory"] = Noting
        connection: sqlite3.Connection = plain(path, *arguments, **options)
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]  # of the process under fire alone


def halt(pid: int) -> None:
    """Stop a process where it is; every thread of it stands when this returns."""
    os.kill(pid, signal.SIGSTOP)
    end_s = time.monotonic() + _PATIENCE_S
    states: list[str] = []
    while time.monotonic() < end_s:
        states = [
            (task / "stat").read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").iterdir()
        ]
        if set(states) <= {"T", "Z", "X"}:
            return
        time.sleep(0.001)
    raise TimeoutError(f"process {pid} does not stand still: {states}")


def cut_power(database: Path, mark: SyncMark, chance: random.Random) -> str:
    """Make of a halted or dead process's files what a power cut may have left of them; what was done to them."""
    log = database.with_name(database.name + "-wal")
    index = database.with_name(database.name + "-shm")
    if not index.exists() or not log.exists() or log.stat().st_size < _HEADER or index.stat().st_size < _INDEX_BYTES:
        return "no log yet"
    committed, attempted, page_bytes = index_of(database)
    content = bytearray(log.read_bytes())
    noted = mark.read()
    (salts,) = struct.unpack_from(">Q", content, 16)
    if salts != committed.salts:
        # The log was begun anew and its index not told yet: nothing of the new log is promised.
        committed, attempted = Synced(salts=salts, frames=0), 0
    synced = max(noted.frames if noted.salts == salts else 0, attempted)
    frame_bytes = _FRAME_HEADER + page_bytes
    safe = _HEADER + synced * frame_bytes
    tail = min(len(content), _HEADER + committed.frames * frame_bytes) - safe
    pages = {struct.unpack_from(">I", content, _HEADER + n * frame_bytes)[0] for n in range(synced)}
    torn = _tear_pages(database, pages, page_bytes, chance)
    log.write_bytes(_tear_tail(content, safe, chance))
    index.unlink()
    return f"{synced} frames safe, {max(tail, 0)} committed bytes at risk, {torn} pages torn"


def _tear_tail(content: bytearray, safe: int, chance: random.Random) -> bytes:
    match chance.randrange(4):
        case 0:
            return bytes(content)
        case 1:
            return bytes(content[: chance.randint(safe, max(safe, len(content)))])
        case 2:
            return bytes(content[:safe])
        case _:
            # Sectors reach the disk in any order: some of the tail is old, which nothing can tell from noise.
            for start in range(safe, len(content), _SECTOR):
                if chance.random() < 0.5:
                    end = min(start + _SECTOR, len(content))
                    content[start:end] = chance.randbytes(end - start)
            return bytes(content)


def _tear_pages(database: Path, pages: set[int], page_bytes: int, chance: random.Random) -> int:
    chosen = [page for page in sorted(pages) if chance.random() < 0.2]
    size = database.stat().st_size
    with database.open("r+b") as file:
        for page in chosen:
            start = (page - 1) * page_bytes
            if start + page_bytes <= size:
                file.seek(start + page_bytes // 2)
                file.write(chance.randbytes(page_bytes // 2))
    return len(chosen)
