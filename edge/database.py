"""The gateway's one SQLite file: durable commits, checked when opened, set aside loudly when damaged."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from edge.errors import StoreDamagedError, StoreUnavailableError
from edge.salvage import salvage
from edge.tables import PRAGMAS, SCHEMA_VERSION, STEPS

_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_MARK: Final = ".damaged"


class _DamagedError(Exception):
    """The file is not a sound database."""


class Database:
    """An open file, safe to use from several threads; transactions may be nested and then commit as one."""

    def __init__(self, path: Path, *, tell: Callable[[str], None], replace_damaged: bool = True) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._damage: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _keep_private(path)
            self._connection = self._open(tell, replace_damaged=replace_damaged)
            self._inode = path.stat().st_ino
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
            _keep_private(self.path)
            connection = _open(self.path)
            saved = salvage(kept, connection)
            tell(f"{self.path}: damaged ({damage}); kept as {kept.name} for an operator, a new queue is begun: {saved}")
            return connection

    @property
    def lock(self) -> AbstractContextManager[bool]:
        """What a thread holds while it uses the file; whoever guards memory of its own beside the file takes this one.

        With two locks, one thread would sooner or later wait for the other's.
        """
        return self._lock

    def must_be_sound(self) -> None:
        """StoreDamagedError once the file was found damaged: closed and opened again it is set aside and begun anew."""
        if self._damage is not None:
            raise StoreDamagedError(f"{self.path}: damaged ({self._damage}); it is set aside, and a new one is begun")

    def examine(self, *, deeply: bool = False) -> None:
        """Find out whether the file is still there and, deeply, whether it is sound; StoreDamagedError when not."""
        with self._lock:
            self.must_be_sound()
            try:
                there = self.path.stat().st_ino == self._inode
            except OSError:
                there = False
            if not there:
                self._bring_back()
                self._found_damaged("it was removed or replaced under the gateway", mark=False)
            if deeply:
                verdict = self.rows("PRAGMA quick_check(1)")[0][0]
                if verdict != "ok":
                    self._found_damaged(str(verdict))
        self.must_be_sound()

    def give_back(self, pages: int) -> None:
        """Let the disk have some pages back that nothing needs any more."""
        self.rows(f"PRAGMA incremental_vacuum({int(pages)})")

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """All or nothing: committed when the outermost block ends without an error.

        A durable commit survives a power cut; another one survives the end of this process, at a fraction of the cost,
        and is durable with the next durable one. Inside an open transaction, the outermost block's wish counts.
        """
        with self._lock:
            self.must_be_sound()
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
                if outermost:
                    self._undo()
                if isinstance(error, sqlite3.Error):
                    raise self._told(error) from error
                raise
            finally:
                self._depth -= 1

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Answer of a reading query."""
        with self._lock:
            self.must_be_sound()
            try:
                return self._connection.execute(query, parameters).fetchall()
            except sqlite3.Error as error:
                raise self._told(error) from error

    def close(self) -> None:
        """Close the file; nothing committed is lost by not calling this."""
        with self._lock:
            self._connection.close()

    def _undo(self) -> None:
        with suppress(sqlite3.Error):  # of a damaged or closed file there is nothing to undo
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _told(self, error: sqlite3.Error) -> StoreUnavailableError:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            self._found_damaged(str(error))
            return StoreDamagedError(f"{self.path}: damaged ({error}); it is set aside, and a new one is begun")
        return StoreUnavailableError(_unavailable(self.path, error))

    def _found_damaged(self, damage: str, *, mark: bool = True) -> None:
        self._damage = self._damage or damage
        if mark:
            # What broke a query need not break the check at the next opening.
            with suppress(OSError):
                _mark_of(self.path).touch(mode=0o600)

    def _bring_back(self) -> None:
        """Write what is open out under its name again: without a name it would be gone when it is closed."""
        if self.path.exists():
            return
        with suppress(sqlite3.Error, OSError):
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            part = self.path.with_name(f"{self.path.name}.part")
            part.unlink(missing_ok=True)
            self._connection.execute("VACUUM INTO ?", (str(part),))
            part.chmod(0o600)
            part.rename(self.path)


def _keep_private(path: Path) -> None:
    """Farmers' numbers and texts wait in the file, and the files beside it take after it."""
    if not path.exists():
        path.touch(mode=0o600)
    elif path.is_file():
        with suppress(OSError):  # another owner's: it is for them to close
            path.chmod(0o600)


def _mark_of(path: Path) -> Path:
    return path.with_name(path.name + _MARK)


def _open(path: Path) -> sqlite3.Connection:
    if _mark_of(path).exists():
        raise _DamagedError("found while it was in use")
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
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
        _must_be_readable(connection, path, version)
        return
    for number, step in enumerate(STEPS[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")


def _must_be_readable(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """A release that was taken back may find a file of the later one: usable where that one only added to it."""
    found = connection.execute("SELECT value FROM remembered WHERE name = 'least_reader'").fetchone()
    if found is None or not str(found[0]).isdigit() or int(found[0]) > SCHEMA_VERSION:
        raise StoreUnavailableError(
            f"{path}: written by a later version (expected {SCHEMA_VERSION}, got {version}); update seguia"
        )


def _set_aside(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    path.rename(kept)
    _mark_of(path).unlink(missing_ok=True)
    _make_durable(path.parent)
    return kept


def _make_durable(folder: Path) -> None:
    """A new name survives a power cut once its folder is on the disk."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unavailable(path: Path, error: Exception) -> str:
    return f"{path}: the local queue cannot be used ({error}); free space, or correct the folder's permissions"
