"""A chain is as long as what was appended, and any single change in it is noticed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select, update

from cloud.adapters.ledger import ENTRIES, GENESIS, HEAD, METADATA, Entry, StoredRecord, append, verify

NOW = datetime(2026, 5, 1, tzinfo=UTC)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
ENTRY = st.builds(Entry, kind=NAMES, subject=NAMES, digest=st.text("0123456789abcdef", min_size=64, max_size=64))


class Shelf:
    """Records kept in memory beside a real ledger."""

    def __init__(self) -> None:
        engine = create_engine("sqlite://")
        self.connection = engine.connect()
        METADATA.create_all(self.connection, tables=[ENTRIES, HEAD])
        self.records: list[StoredRecord] = []

    def put(self, entries: Sequence[Entry]) -> range:
        positions = append(self.connection, entries, NOW)
        for position, entry in zip(positions, entries, strict=True):
            record = StoredRecord(position=position, kind=entry.kind, subject=entry.subject, digest=entry.digest)
            self.records.append(record)
        return positions

    @contextmanager
    def auditing(self) -> Iterator[Connection]:
        yield self.connection

    def stored_records(self, connection: Connection) -> Iterator[StoredRecord]:
        assert connection is self.connection
        return iter(self.records)

    def state_problems(self, connection: Connection) -> Iterator[str]:
        assert connection is self.connection
        return iter(())

    def close(self) -> None:
        self.connection.close()
        self.connection.engine.dispose()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(ENTRY, max_size=4), max_size=5))
def test_what_was_appended_is_counted_and_intact(batches: list[list[Entry]]) -> None:
    shelf = Shelf()
    for batch in batches:
        assert len(shelf.put(batch)) == len(batch)
    report = verify(shelf)
    assert report.intact
    assert report.entries == report.records == sum(map(len, batches))
    assert (report.head == GENESIS) == (report.entries == 0)
    shelf.close()


@settings(max_examples=40, deadline=None)
@given(st.lists(ENTRY, min_size=1, max_size=6), st.data())
def test_any_changed_cell_is_noticed(entries: list[Entry], data: st.DataObject) -> None:
    shelf = Shelf()
    shelf.put(entries)
    position = data.draw(st.integers(min_value=1, max_value=len(entries)))
    column = data.draw(st.sampled_from(["kind", "subject", "digest", "at", "hash"]))
    row = shelf.connection.execute(select(ENTRIES).where(ENTRIES.c.position == position)).mappings().one()
    changed = "f" * 64 if row[column] != "f" * 64 and column in {"digest", "hash"} else row[column] + "x"
    shelf.connection.execute(update(ENTRIES).where(ENTRIES.c.position == position).values({column: changed}))
    problems = verify(shelf).problems
    shelf.close()
    assert problems
    assert any(f"entry {position}" in problem or f"entry {position + 1}" in problem for problem in problems)
