"""The door to the database: engine, transactions that append to the ledger, and errors an operator understands."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Self

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from cloud.adapters import ledger
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.derived import state_problems
from cloud.adapters.store.rows import RECORDS, RecordTable, digest_of, subject_of
from cloud.adapters.store.unusable import Unusable
from cloud.errors import ConfigurationError, ServiceUnavailableError

Clock = Callable[[], datetime]

_BUSY_MS: Final = 30_000
_WRITES: Final = "seguia_writes"
# One writer at a time keeps the ledger a single chain; readers are never held up.
_WRITER_LOCK: Final = 0x5E6714


class Database:
    """One database, SQLite or PostgreSQL, whose every written record stands in the ledger."""

    def __init__(self, engine: Engine, keys: PersonalKeys, clock: Clock) -> None:
        self._engine = engine
        self._keys = keys
        self._clock = clock
        self._unusable = Unusable()

    @property
    def address(self) -> str:
        """The database's address without its password."""
        return masked(self._engine.url)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the store."""
        with told(self._engine.url), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def auditing(self) -> Iterator[Connection]:
        """One unchanging view of the whole store, however long the reading takes."""
        with told(self._engine.url), self._engine.connect() as plain:
            server = plain.dialect.name == "postgresql"
            connection = plain.execution_options(isolation_level="REPEATABLE READ") if server else plain
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """A transaction that writes alone; records and their ledger entries are committed together or not at all."""
        with told(self._engine.url), self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
                yield Writer(connection, self._clock())

    def stored_records(self, connection: Connection) -> Iterator[ledger.StoredRecord]:
        """Every record, in the order of its place in the ledger."""
        streams = (_records_of(connection, kind, record) for kind, record in RECORDS.items())
        return heapq.merge(*streams, key=lambda record: record.position)

    def state_problems(self, connection: Connection) -> Iterator[str]:
        """Each derived state that its records do not lead to."""
        return state_problems(connection)


class Writer:
    """The one transaction that writes at this moment."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now

    def add(self, kind: str, rows: Sequence[Mapping[str, Any]]) -> range:
        """Add records and their ledger entries; the positions given to them come back in order."""
        record = RECORDS[kind]
        entries = [
            ledger.Entry(kind=kind, subject=subject_of(record, row), digest=digest_of(record, row)) for row in rows
        ]
        positions = ledger.append(self.connection, entries, self.now)
        if rows:
            placed = [{**row, "position": position} for position, row in zip(positions, rows, strict=True)]
            self.connection.execute(insert(record.table), placed)
        return positions

    def put(self, table: Table, rows: Sequence[Mapping[str, Any]], *, newer_by: str | None = None) -> None:
        """Write derived states over those of the same key; with newer_by only where that column does not go back."""
        if not rows:
            return
        dialect = sqlite if self.connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(table)
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        where = None
        if newer_by is not None:
            held = table.c[newer_by]
            where = held.is_(None) | (held <= statement.excluded[newer_by])
        self.connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changed, where=where), [dict(row) for row in rows]
        )


def _records_of(connection: Connection, kind: str, record: RecordTable) -> Iterator[ledger.StoredRecord]:
    statement = select(record.table).order_by(record.table.c.position)
    for row in connection.execution_options(yield_per=500).execute(statement):
        content = dict(row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name for a row as a mapping
        yield ledger.StoredRecord(
            position=row.position,
            kind=kind,
            subject=subject_of(record, content),
            digest=digest_of(record, content),
        )


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn the database's failures into one line without the password."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        # A broken rule of our own, not a failing service.
        raise
    except (DBAPIError, PoolTimeoutError) as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        reason = " ".join(str(cause).split()) or type(cause).__name__
        raise ServiceUnavailableError(
            f"database {masked(url)}: cannot be used ({reason}); check that it runs, has room and may be written"
        ) from error


def masked(url: URL) -> str:
    """A database's address without its password."""
    return url.render_as_string(hide_password=True)


def open_engine(address: str) -> Engine:
    """Engine of a database address; ConfigurationError when it is none that Seguia can use."""
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise ConfigurationError(
            "database_url: expected an address such as sqlite:////var/lib/seguia/seguia.db"
            " or postgresql://user@host/name, got a text that is none"
        ) from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.database in {None, "", ":memory:"}:
            raise ConfigurationError(f"database_url: expected the path of a file, got {masked(url)}")
        return _sqlite_engine(url)
    if backend == "postgresql":
        return create_engine(
            url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args={"connect_timeout": 5}
        )
    raise ConfigurationError(f"database_url: expected sqlite or postgresql, got {masked(url)}")


def _sqlite_engine(url: URL) -> Engine:
    try:
        engine = create_engine(url)
    except NoSuchModuleError as error:
        raise ConfigurationError(f"database_url: expected sqlite, got the driver of {masked(url)}") from error
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver would open transactions by its own rules; ours begin where the code says so.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {_BUSY_MS}", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def system_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)
