"""What can still be read of a damaged file goes into the new one: above all what nobody has acknowledged yet.

Which photos were seen is taken over only when every message that waited was found whole: a photo looked at twice is
better than one whose message is lost.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_FIRST: Final = ("outbox", "total", "seen")
_LAST_SEEN: Final = frozenset({"seen", "attempt"})
_MOST_ROWS: Final = 1_000_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """What was taken over from a damaged file; as text, the half of a sentence."""

    messages: int = 0
    whole: bool = False
    """Whether every message that waited was found as it was written."""

    def __str__(self) -> str:
        """For an operator."""
        again = "photos still in the watched folders are looked at again"
        if self.whole:
            return f"all {self.messages} messages that waited were saved, and nothing is looked at again"
        return f"{self.messages} messages were saved, {again}" if self.messages else again


def salvage(damaged: Path, into: sqlite3.Connection) -> Salvaged:
    """Copy what can be read of a damaged file into an open new one; what cannot is left, and nothing is ever raised."""
    try:
        with closing(sqlite3.connect(damaged, isolation_level=None)) as source:
            into.execute("BEGIN IMMEDIATE")
            saved = _copy(source, into)
            into.execute("COMMIT")
            return saved
    except (sqlite3.Error, ValueError, TypeError, OverflowError):
        with suppress(sqlite3.Error):
            if into.in_transaction:
                into.execute("ROLLBACK")
        return Salvaged()


def _copy(source: sqlite3.Connection, into: sqlite3.Connection) -> Salvaged:
    tables = dict(
        source.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    )
    messages, sound = _rows(source, "outbox")
    good = [row for row in messages if _is_whole(row)]
    totals, sound_totals = _rows(source, "total")
    waited = next((row["value"] for row in totals if row.get("name") == "queued"), None)
    copied = sum(_insert(into, "outbox", row) for row in good)
    seen, sound_seen = _rows(source, "seen")
    whole = sound and sound_totals and sound_seen and waited == copied
    for row in seen if whole else ():
        _insert(into, "seen", row)
    _continue_sequence(into, [*totals, *({"name": "last_sequence", "value": row["sequence"]} for row in good)])
    for name, sql in tables.items():
        if name in _FIRST or (name in _LAST_SEEN and not whole):
            continue
        with suppress(sqlite3.Error):
            if not _columns(into, name):
                into.execute(sql)
            for row in _rows(source, name)[0]:
                _insert(into, name, row)
    return Salvaged(messages=copied, whole=whole)


def _continue_sequence(into: sqlite3.Connection, totals: list[Row]) -> None:
    """No name is given twice: numbering goes on after the last number that was seen anywhere."""
    last = max((row["value"] for row in totals if row.get("name") == "last_sequence"), default=0)
    if isinstance(last, int):
        into.execute("UPDATE total SET value = max(value, ?) WHERE name = 'last_sequence'", (last,))


def _is_whole(row: Row) -> bool:
    payload, crc = row.get("payload"), row.get("crc")
    return isinstance(payload, bytes) and isinstance(row.get("sequence"), int) and crc in (None, zlib.crc32(payload))


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    return tuple(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")'))


def _rows(source: sqlite3.Connection, table: str) -> tuple[list[Row], bool]:
    """Rows that can be read from either end, and whether that was all of them."""
    found: dict[int, Row] = {}
    for order in ("ASC", "DESC"):
        try:
            for number, row in _scan(source, table, order):
                if number in found:
                    break
                found[number] = row
            else:
                return list(found.values()), True
        except sqlite3.Error:
            continue
    return list(found.values()), False


def _scan(source: sqlite3.Connection, table: str, order: str) -> Iterator[tuple[int, Row]]:
    # Of this module's own words and the file's own table names; a damaged index is not used.
    cursor = source.execute(f'SELECT rowid, * FROM "{table}" NOT INDEXED ORDER BY rowid {order} LIMIT {_MOST_ROWS}')  # noqa: S608 -- no outsider's word
    names = [column[0] for column in cursor.description][1:]
    for number, *values in cursor:
        yield number, dict(zip(names, values, strict=True))


def _insert(into: sqlite3.Connection, table: str, row: Row) -> bool:
    known = _columns(into, table)
    kept = {name: value for name, value in row.items() if name in known}
    names = ", ".join(f'"{name}"' for name in kept)
    marks = ", ".join("?" * len(kept))
    try:
        into.execute(f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({marks})', tuple(kept.values()))  # noqa: S608 -- no outsider's word
    except (sqlite3.Error, OverflowError):
        return False
    return True
