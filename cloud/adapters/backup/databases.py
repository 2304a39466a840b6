"""A database copied whole while it is in use, and brought back: SQLite's online backup, PostgreSQL's own tools."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, create_engine, select, text
from sqlalchemy.engine import make_url

from cloud.adapters.backup.manifest import DatabaseKind
from cloud.adapters.ledger import GENESIS, HEAD
from cloud.adapters.store.database import masked, open_engine, told
from cloud.errors import ConfigurationError, InputError, ServiceUnavailableError

COPY_NAMES: Final[Mapping[DatabaseKind, str]] = {"sqlite": "seguia.db", "postgresql": "seguia.dump"}
_TOOLS: Final = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A consistent copy of a database, and where its ledger stood."""

    kind: DatabaseKind
    path: Path
    entries: int
    head: str


def copy_database(url: str, folder: Path) -> Copy:
    """Copy a database that others go on using; ServiceUnavailableError where it or its tools cannot be had."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _copy_sqlite(parsed, folder)
    return _copy_postgresql(parsed, folder)


def _copy_sqlite(url: URL, folder: Path) -> Copy:
    source, target = Path(url.database or ""), folder / COPY_NAMES["sqlite"]
    if not source.is_file():
        raise ServiceUnavailableError(f"database {source}: no such file; correct database_url or data_dir")
    target.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            # In one step, for which no writer waits: each commit between two steps would begin the copy anew.
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        reason = f"cannot be copied ({error}); free space and try again"
        raise ServiceUnavailableError(f"database {source}: {reason}") from error
    engine = create_engine(f"sqlite:///{target}")
    try:
        with engine.connect() as connection:
            entries, head = _ledger_of(connection)
    finally:
        engine.dispose()
    return Copy(kind="sqlite", path=target, entries=entries, head=head)


def _copy_postgresql(url: URL, folder: Path) -> Copy:
    target = folder / COPY_NAMES["postgresql"]
    target.touch(mode=0o600)
    engine = open_engine(url.render_as_string(hide_password=False))
    try:
        with told(engine.url), engine.connect() as plain:
            connection = plain.execution_options(isolation_level="REPEATABLE READ")
            entries, head = _ledger_of(connection)
            snapshot = str(connection.execute(text("SELECT pg_export_snapshot()")).scalar_one())
            # The head and the copy are of one moment: the tool reads in this very transaction's view.
            _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                                  f"--file={target}"])  # fmt: skip
    finally:
        engine.dispose()
    return Copy(kind="postgresql", path=target, entries=entries, head=head)


def _ledger_of(connection: Connection) -> tuple[int, str]:
    row = connection.execute(select(HEAD.c.position, HEAD.c.hash)).one_or_none()
    return (0, GENESIS) if row is None else (int(row.position), str(row.hash))


def bring_back(copy: Path, kind: DatabaseKind, url: str) -> None:
    """Fill an empty database from a copy; InputError where it is another kind or holds something already."""
    parsed = make_url(url)
    if parsed.get_backend_name() != kind:
        raise InputError(
            f"database {masked(parsed)}: the backup is of {kind}; give --database-url of an empty {kind} database"
        )
    if kind == "sqlite":
        _bring_back_sqlite(copy, Path(parsed.database or ""))
        return
    with _empty(parsed):
        _run("pg_restore", parsed, ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"], copy)


def _bring_back_sqlite(copy: Path, target: Path) -> None:
    if target.exists():
        raise InputError(f"database {target}: exists already; a restore never writes over one, choose another place")
    with closing(sqlite3.connect(copy)) as source:
        try:
            verdict = source.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            verdict = str(error)
        if verdict != "ok":
            raise InputError(f"{copy.name}: expected a sound database, got: {verdict}; take another backup")
        source.execute("PRAGMA journal_mode = WAL")
    copy.replace(target)


@contextmanager
def _empty(url: URL) -> Iterator[None]:
    engine = open_engine(url.render_as_string(hide_password=False))
    try:
        with told(engine.url), engine.connect() as connection:
            tables = connection.execute(
                text("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()")
            ).scalar_one()
    finally:
        engine.dispose()
    if tables:
        raise InputError(
            f"database {masked(url)}: expected an empty one, got {tables} tables; a restore never writes over one"
        )
    yield


def _run(program: str, url: URL, options: Sequence[str], *files: Path) -> None:
    places = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    # By the environment: on the command line everybody on this machine could read the password.
    environment = os.environ | {name: str(value) for name, value in places.items() if value is not None}
    command = [_program(program), f"--dbname={url.database}", *options, *(str(path) for path in files)]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 -- a program of PostgreSQL, no shell
    if finished.returncode:
        said = " ".join(finished.stderr.split())[-400:]
        raise ServiceUnavailableError(f"database {masked(url)}: {program} failed ({said}); mend that and try again")


def _program(name: str, which: Callable[[str], str | None] = shutil.which, tools: Path = _TOOLS) -> str:
    """The newest of PostgreSQL's own tools: an older one cannot read a newer server."""
    versions = sorted(tools.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else which(name)
    if found is None:
        raise ConfigurationError(f"{name}: not installed; install PostgreSQL's client tools (postgresql-client)")
    return found
