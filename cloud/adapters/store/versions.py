"""Records that may be said again: a new version is added when the content changed, and the latest one counts."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import Table, and_, func, select

from cloud.adapters.store.database import Writer
from cloud.adapters.store.rows import RECORDS

_CHUNK: Final = 400

Key = tuple[Any, ...]


def save_versions(writer: Writer, kind: str, keys: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> dict[Key, int]:
    """Add a version of each row whose digest differs from its latest one; positions of the added rows by key."""
    added: dict[Key, int] = {}
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        # Said twice in one breath: the last word counts.
        distinct = {tuple(row[name] for name in keys): row for row in chunk}
        held = latest_versions(writer, RECORDS[kind].table, keys, list(distinct))
        changed = [
            {**row, "version": held.get(key, (0, ""))[0] + 1}
            for key, row in distinct.items()
            if held.get(key, (0, ""))[1] != row["digest"]
        ]
        for position, row in zip(writer.add(kind, changed), changed, strict=True):
            added[tuple(row[name] for name in keys)] = position
    return added


def latest_versions(
    writer: Writer, table: Table, names: Sequence[str], keys: Sequence[Key]
) -> dict[Key, tuple[int, str]]:
    """Version and digest of the latest row of each key that is known."""
    columns = [table.c[name] for name in names]
    # One list a column, not one of pairs: a server database walks its index for the former and the table for the
    # latter. What was not asked for is left out below.
    wanted = [column.in_(sorted({key[place] for key in keys})) for place, column in enumerate(columns)]
    newest = select(*columns, func.max(table.c.version).label("version")).where(*wanted).group_by(*columns).subquery()
    same = [table.c[name] == newest.c[name] for name in (*names, "version")]
    rows = writer.connection.execute(
        select(*columns, table.c.version, table.c.digest).join_from(newest, table, and_(*same))
    )
    asked = set(keys)
    found = ((tuple(row)[: len(names)], (row.version, row.digest)) for row in rows)
    return {key: latest for key, latest in found if key in asked}
