"""Whether the records that a night looked at are still the ones it saw: digests of then, and the ledger's own."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, and_, select, true

from cloud.adapters.ledger import ENTRIES
from cloud.adapters.store.database import Database
from cloud.adapters.store.rows import RECORDS, digest_of, subject_of
from cloud.adapters.store.tables import DETECTIONS, EVENTS, OBSERVATIONS, PARCELS, VERDICTS
from cloud.night_reads import DETECTION_DAYS, HISTORY_DAYS, Look
from cloud.replay.kept import RecordsSeen

_NAMED: Final = 5
_SEASON_DAYS: Final = timedelta(days=12)
"""Photos from a few days before the first day of the weather may count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """Which records of a kind a night may look at, in which order, and what of a row tells its content."""

    within: Callable[[Look], ColumnElement[bool]]
    content: Column[Any]
    order: tuple[Column[Any], ...]


def _read(look: Look) -> ColumnElement[bool]:
    begins = datetime.combine(look.first - timedelta(days=1), time.min, UTC)
    return and_(OBSERVATIONS.c.observed_at >= begins, OBSERVATIONS.c.observed_at < look.moment)


def _photographed(look: Look) -> ColumnElement[bool]:
    since = look.moment - timedelta(days=DETECTION_DAYS)
    return and_(DETECTIONS.c.counts_at >= since, DETECTIONS.c.counts_at < look.moment)


def _photographed_in_season(look: Look) -> ColumnElement[bool]:
    begins = datetime.combine(look.first, time.min, UTC) - _SEASON_DAYS
    return and_(DETECTIONS.c.counts_at >= begins, DETECTIONS.c.counts_at < look.moment)


def _said(look: Look) -> ColumnElement[bool]:
    return and_(VERDICTS.c.day >= look.day - timedelta(days=HISTORY_DAYS), VERDICTS.c.day < look.day)


_KINDS: Final[Mapping[str, _Kind]] = {
    "parcel": _Kind(within=lambda _: true(), content=PARCELS.c.digest, order=(PARCELS.c.parcel_id, PARCELS.c.version)),
    "event": _Kind(within=lambda _: true(), content=EVENTS.c.digest, order=(EVENTS.c.digest,)),
    "observation": _Kind(
        within=_read, content=OBSERVATIONS.c.digest, order=(OBSERVATIONS.c.reading, OBSERVATIONS.c.version)
    ),
    "detection": _Kind(
        within=_photographed,
        content=DETECTIONS.c.body,
        order=(DETECTIONS.c.gateway, DETECTIONS.c.boot, DETECTIONS.c.sequence, DETECTIONS.c.organisation),
    ),
    "verdict": _Kind(
        within=_said, content=VERDICTS.c.digest, order=(VERDICTS.c.day, VERDICTS.c.parcel_id, VERDICTS.c.version)
    ),
}


def seen_by(pinned: Database, look: Look) -> dict[str, RecordsSeen]:
    """Number and digest of the records of each kind within a night's look: the same records give the same."""
    with pinned.reading() as connection:
        found = {}
        for name, kind in _KINDS.items():
            statement = select(kind.content).where(kind.within(look)).order_by(*kind.order)
            found[name] = _digested(connection.execute(statement).scalars())
        return found


def altered(pinned: Database, look: Look, last: int) -> tuple[str, ...]:
    """Records within a night's look that are not those of the ledger any more, one line each and a few at most.

    ``last`` is the entry that the store is pinned to.
    """
    with pinned.auditing() as connection:
        lines = [line for name in _KINDS for line in _altered(connection, name, look)]
        lines += _removed(connection, last)
    return (*lines[:_NAMED], *((f"{len(lines) - _NAMED} more records were altered",) if lines[_NAMED:] else ()))


def _digested(contents: Iterable[str]) -> RecordsSeen:
    digest, count = hashlib.sha256(), 0
    for count, content in enumerate(contents, start=1):  # noqa: B007 -- the last number is how many there were
        plain = content.encode()
        # With its length before it, so that two records never read as one.
        digest.update(len(plain).to_bytes(8, "big") + plain)
    return RecordsSeen(count=count, sha256=digest.hexdigest())


def _altered(connection: Connection, name: str, look: Look) -> Iterator[str]:
    record, kind = RECORDS[name], _KINDS[name]
    within = _photographed_in_season(look) if name == "detection" else kind.within(look)
    statement = (
        select(record.table, ENTRIES.c.kind.label("entry_kind"), ENTRIES.c.subject.label("entry_subject"))
        .add_columns(ENTRIES.c.digest.label("entry_digest"))
        .outerjoin(ENTRIES, ENTRIES.c.position == record.table.c.position)
        .where(within)
        .order_by(record.table.c.position)
    )
    for row in connection.execution_options(yield_per=500).execute(statement):
        content = dict(row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name for a row as a mapping
        told = tuple(content.pop(f"entry_{part}") for part in ("kind", "subject", "digest"))
        if told != (name, subject_of(record, content), digest_of(record, content)):
            yield f"{name} {subject_of(record, content)}: is not what ledger entry {row.position} says of it"


def _removed(connection: Connection, last: int) -> Iterator[str]:
    """Entries of the kinds that a night reads whose record is gone."""
    for name in _KINDS:
        table = RECORDS[name].table
        statement = (
            select(ENTRIES.c.position, ENTRIES.c.subject)
            .outerjoin(table, table.c.position == ENTRIES.c.position)
            .where(ENTRIES.c.kind == name, ENTRIES.c.position <= last, table.c.position.is_(None))
            .order_by(ENTRIES.c.position)
        )
        for row in connection.execute(statement):
            yield f"{name} {row.subject}: ledger entry {row.position} has no record: it was removed"
