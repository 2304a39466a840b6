"""The audit ledger: every record written appends one entry whose hash covers the entry before it.

Whoever changes, removes or reorders an entry breaks the chain; whoever changes a record breaks its digest.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, Text, insert, select, update

from cloud.replay.chain import next_hash

METADATA: Final = MetaData()
"""All tables of the store stand in one schema, so that a record and its entry share a transaction."""

Position: Final = BigInteger().with_variant(Integer, "sqlite")


def position_column() -> Column[int]:
    """A record's place in the ledger, as the key of its row."""
    return Column("position", Position, primary_key=True, autoincrement=False)


GENESIS: Final = "0" * 64
_TOLD_AT_MOST: Final = 100

ENTRIES: Final = Table(
    "ledger_entries",
    METADATA,
    position_column(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)
HEAD: Final = Table(
    "ledger_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", Position, nullable=False),
    Column("hash", String(64), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the ledger says of one record."""

    kind: str
    subject: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """One record as it is found in the store now."""

    position: int
    kind: str
    subject: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReport:
    """What a verification read, and each thing that does not fit, one line each."""

    entries: int
    records: int
    head: str
    problems: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was changed, removed or reordered."""
        return not self.problems


class Ledgered(Protocol):
    """A store whose records can be read again in the order of the ledger."""

    def auditing(self) -> AbstractContextManager[Connection]:
        """One unchanging view of the whole store."""
        ...

    def stored_records(self, connection: Connection) -> Iterator[StoredRecord]:
        """Every record, in the order of its position."""
        ...

    def state_problems(self, connection: Connection) -> Iterator[str]:
        """Each derived state that its records do not lead to, one line each."""
        ...


def entry_hash(previous: str, position: int, entry: Entry, at: str) -> str:
    """SHA-256 over the previous hash and the canonical JSON of an entry [64 hex digits]."""
    content = {
        "at": at,
        "digest": entry.digest,
        "kind": entry.kind,
        "position": position,
        "subject": entry.subject,
    }
    return next_hash(previous, content)


def append(connection: Connection, entries: Sequence[Entry], at: datetime) -> range:
    """Append entries inside the caller's transaction, which alone may write; their positions come back."""
    head = connection.execute(select(HEAD.c.position, HEAD.c.hash)).one_or_none()
    first, previous = (head.position + 1, head.hash) if head is not None else (1, GENESIS)
    if not entries:
        return range(first, first)
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    rows: list[dict[str, Any]] = []
    for position, entry in enumerate(entries, start=first):
        previous = entry_hash(previous, position, entry, moment)
        rows.append(
            {
                "position": position,
                "kind": entry.kind,
                "subject": entry.subject,
                "digest": entry.digest,
                "at": moment,
                "hash": previous,
            }
        )
    connection.execute(insert(ENTRIES), rows)
    new_head = {"position": rows[-1]["position"], "hash": previous}
    if head is None:
        connection.execute(insert(HEAD).values(id=1, **new_head))
    else:
        connection.execute(update(HEAD).values(**new_head))
    return range(first, first + len(rows))


def verify(store: Ledgered, *, expected: str | None = None) -> LedgerReport:
    """Read the whole ledger and every record again, and name each entry or record that does not fit.

    ``expected`` is a head written down outside the database: who rewrites the whole chain cannot rewrite that.
    """
    with store.auditing() as connection:
        audit = _Audit(expected)
        records = _Cursor(store.stored_records(connection))
        statement = select(ENTRIES).order_by(ENTRIES.c.position)
        for row in connection.execution_options(yield_per=1000).execute(statement):
            entry = Entry(kind=row.kind, subject=row.subject, digest=row.digest)
            audit.chain(row.position, entry, row.at, row.hash)
            audit.content(row.position, entry, records)
        audit.leftovers(records.rest())
        audit.head(connection)
        audit.states(store.state_problems(connection))
        return audit.report(records.read)


def _is_hash(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text) is not None


class _Cursor:
    """Records in order, one kept in the hand."""

    def __init__(self, records: Iterator[StoredRecord]) -> None:
        self._records = records
        self._held = next(records, None)
        self.read = 0

    def up_to(self, position: int) -> Iterator[StoredRecord]:
        """Records whose position is not after one position."""
        while self._held is not None and self._held.position <= position:
            yield self._take(self._held)

    def rest(self) -> Iterator[StoredRecord]:
        """All records not yet read."""
        while self._held is not None:
            yield self._take(self._held)

    def _take(self, held: StoredRecord) -> StoredRecord:
        self.read += 1
        self._held = next(self._records, None)
        return held


class _Audit:
    """The state of one verification."""

    def __init__(self, expected: str | None) -> None:
        self._expected = expected
        self._previous = GENESIS
        self._position = 0
        self._entries = 0
        self._problems: list[str] = []
        self._untold = 0

    def chain(self, position: int, entry: Entry, at: str, stored_hash: str) -> None:
        """Check that an entry follows the one before it."""
        self._entries += 1
        right = entry_hash(self._previous, position, entry, at)
        if position != self._position + 1:
            self._tell(f"ledger: expected entry {self._position + 1} next, got {position}: entries were removed")
        elif right != stored_hash:
            self._tell(
                f"ledger entry {position} ({entry.kind} {entry.subject}): its hash does not follow from its content"
                " and the entry before it: it was changed or reordered"
            )
        # The stored hash goes on, so that one broken entry is not told once for every later one.
        self._previous = stored_hash if _is_hash(stored_hash) else right
        self._position = position
        if stored_hash == self._expected:
            self._expected = None

    def content(self, position: int, entry: Entry, records: _Cursor) -> None:
        """Check that the record of an entry is there, once, and unchanged."""
        found = False
        for record in records.up_to(position):
            if record.position < position or found:
                self._tell(f"{record.kind} {record.subject}: stands in the store without a ledger entry: it was added")
                continue
            found = True
            if (record.kind, record.subject, record.digest) != (entry.kind, entry.subject, entry.digest):
                self._tell(
                    f"{record.kind} {record.subject}: its content does not match ledger entry {position}:"
                    " it was changed after it was written"
                )
        if not found:
            self._tell(f"{entry.kind} {entry.subject}: ledger entry {position} has no record: it was removed")

    def leftovers(self, records: Iterable[StoredRecord]) -> None:
        """Name the records behind the last entry."""
        for record in records:
            self._tell(f"{record.kind} {record.subject}: stands in the store without a ledger entry")

    def head(self, connection: Connection) -> None:
        """Check that the last entry is the one the store remembers, and that the expected one was met."""
        if self._expected is not None:
            self._tell(f"ledger: expected an entry with the hash {self._expected}, got none: the chain was rewritten")
        head = connection.execute(select(HEAD.c.position, HEAD.c.hash)).one_or_none()
        remembered = (head.position, head.hash) if head is not None else (0, GENESIS)
        if remembered != (self._position, self._previous):
            self._tell(
                f"ledger: expected entry {remembered[0]} at its end, got {self._position}: its last entries were"
                " removed or replaced"
            )

    def states(self, problems: Iterable[str]) -> None:
        """Name the derived states that do not fit."""
        for problem in problems:
            self._tell(problem)

    def report(self, records: int) -> LedgerReport:
        """The outcome."""
        problems = tuple(self._problems)
        if self._untold:
            problems += (f"ledger: {self._untold} more problems are not listed",)
        return LedgerReport(entries=self._entries, records=records, head=self._previous, problems=problems)

    def _tell(self, problem: str) -> None:
        if len(self._problems) < _TOLD_AT_MOST:
            self._problems.append(problem)
        else:
            self._untold += 1
