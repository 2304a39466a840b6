"""The gateway's one SQLite file: durable commits, checked when opened, set aside loudly when damaged."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from edge.errors import StoreUnavailableError

SCHEMA_VERSION: Final = 1

# One statement list for the queue and for what the gateway remembers, so that both commit together.
_SCHEMA: Final = """
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY, boot TEXT NOT NULL, kind TEXT NOT NULL, priority INTEGER NOT NULL,
    subject TEXT NOT NULL, made_at INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE INDEX outbox_order ON outbox (priority, sequence);
CREATE INDEX outbox_subject ON outbox (subject, sequence);
CREATE TABLE total (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO total VALUES ('last_sequence', 0), ('queued_bytes', 0), ('queued', 0);
CREATE TRIGGER outbox_in AFTER INSERT ON outbox BEGIN
    UPDATE total SET value = value + length(new.payload) WHERE name = 'queued_bytes';
    UPDATE total SET value = value + 1 WHERE name = 'queued'; END;
CREATE TRIGGER outbox_out AFTER DELETE ON outbox BEGIN
    UPDATE total SET value = value - length(old.payload) WHERE name = 'queued_bytes';
    UPDATE total SET value = value - 1 WHERE name = 'queued'; END;
CREATE TABLE seen (
    path TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (path, sha256)) STRICT;
CREATE TABLE attempt (path TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
CREATE TABLE parcel (parcel_id TEXT PRIMARY KEY, stressed INTEGER NOT NULL) STRICT;
CREATE TABLE counter (name TEXT PRIMARY KEY, value REAL NOT NULL) STRICT;
CREATE TABLE traffic (day TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
CREATE TABLE remembered (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRAGMAS: Final = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 256",
    "PRAGMA journal_size_limit = 1048576",
)


class _DamagedError(Exception):
    """The file is not a sound database."""


class Database:
    """An open file, safe to use from several threads; transactions may be nested and then commit as one."""

    def __init__(self, path: Path, *, tell: Callable[[str], None], replace_damaged: bool = True) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _keep_private(path)
            self._connection = self._open(tell, replace_damaged=replace_damaged)
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailableError(_unavailable(path, error)) from error

    def _open(self, tell: Callable[[str], None], *, replace_damaged: bool) -> sqlite3.Connection:
        try:
            return _open(self.path)
        except _DamagedError as damage:
            if not replace_damaged:
                raise StoreUnavailableError(
                    f"{self.path}: damaged ({damage}); start the gateway, which begins a new one"
                ) from damage
            kept = _set_aside(self.path)
            tell(
                f"{self.path}: damaged ({damage}); kept as {kept.name} for an operator, a new queue is begun:"
                " photos still in the watched folders are looked at again"
            )
            return _open(self.path)

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """All or nothing: committed when the outermost block ends without an error.

        A durable commit survives a power cut; another one survives the end of this process, at a fraction of the cost,
        and is durable with the next durable one. Inside an open transaction, the outermost block's wish counts.
        """
        with self._lock:
            outermost = self._depth == 0
            self._depth += 1
            try:
                if outermost:
                    self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                    self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                if outermost:
                    self._connection.execute("COMMIT")
            except BaseException as error:
                if outermost and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise StoreUnavailableError(_unavailable(self.path, error)) from error
                raise
            finally:
                self._depth -= 1

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Answer of a reading query."""
        with self._lock:
            try:
                return self._connection.execute(query, parameters).fetchall()
            except sqlite3.Error as error:
                raise StoreUnavailableError(_unavailable(self.path, error)) from error

    def close(self) -> None:
        """Close the file; nothing committed is lost by not calling this."""
        with self._lock:
            self._connection.close()


def _keep_private(path: Path) -> None:
    """Farmers' numbers and texts wait in the file, and the files beside it take after it."""
    if not path.exists():
        path.touch(mode=0o600)
    elif path.is_file():
        with suppress(OSError):  # another owner's: it is for them to close
            path.chmod(0o600)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        _check(connection)
        _prepare(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise _DamagedError(str(error)) from error
        raise
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise _DamagedError(verdict)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreUnavailableError(
            f"{path}: written by a later version (expected {SCHEMA_VERSION}, got {version}); update seguia"
        )
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


def _set_aside(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    path.rename(kept)
    return kept


def _unavailable(path: Path, error: Exception) -> str:
    return f"{path}: the local queue cannot be used ({error}); free space, or correct the folder's permissions"
