"""What an auditor reads of the store: the judge's own verdicts, records about one advice, and the ledger's chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, and_, select

from cloud.adapters.ledger import ENTRIES, GENESIS
from cloud.adapters.store.database import Database
from cloud.adapters.store.rows import RECORDS, content_of
from cloud.adapters.store.tables import (
    DETECTIONS,
    EVENTS,
    MESSAGES,
    OBSERVATIONS,
    PARCELS,
    REVIEWS,
    TRANSITIONS,
    VERDICTS,
)
from cloud.errors import IntegrityError
from cloud.messages import Message
from cloud.night_reads import Look
from cloud.records import Record, Verdict
from cloud.replay.again import decided_again
from cloud.replay.chain import Chain, ChainEntry, LedgerRecord

SAID_AFTERWARDS: Final = ("verdict", "review", "message", "transition")
"""Records that an advice led to; the others are what it rested on."""


class Said(Record):
    """A text that an advice led to and how far it came; no telephone number."""

    message: Message
    queued_at: datetime
    states: tuple[tuple[datetime, str, str | None], ...]
    """Moment, state and reason of each thing that was heard of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One advice and how far back the night that gave it looked."""

    parcel_id: str
    day: date
    look: Look | None
    """None where nothing was kept of the night."""
    position: int
    """Entry up to which the night read."""


def judged_on(store: Database, day: date) -> tuple[Verdict, ...]:
    """The judge's latest verdict of each parcel on a day, by parcel.

    Not what an agronomist put in its place, nor what was decided again after a farmer's text: nights are kept whole.
    """
    statement = select(VERDICTS.c.body).where(VERDICTS.c.day == day).order_by(VERDICTS.c.parcel_id, VERDICTS.c.version)
    try:
        with store.reading() as connection:
            verdicts = (Verdict.model_validate_json(body) for body in connection.execute(statement).scalars())
            nightly = (one for one in verdicts if one.reviewer == "judge" and not decided_again(one))
            latest = {one.proposed.parcel_id: one for one in nightly}
    except ValidationError as error:
        raise IntegrityError(
            f"verdicts of {day}: expected verdicts, got one that cannot be read; see: seguia cloud audit verify"
        ) from error
    return tuple(latest.values())


def said_of(store: Database, parcel_id: str, day: date) -> tuple[Said, ...]:
    """Texts about one advice, oldest first."""
    with store.reading() as connection:
        statement = select(MESSAGES).where(_led_to(parcel_id, day)).order_by(MESSAGES.c.position)
        return tuple(
            Said(
                message=Message.model_validate_json(row.body),
                queued_at=row.queued_at,
                states=tuple(_states(connection, row.message_id)),
            )
            for row in connection.execute(statement)
        )


def records_about(store: Database, advice: Advice) -> tuple[LedgerRecord, ...]:
    """Every record behind one advice and after it, with its ledger entry, in the order of the ledger."""
    with store.reading() as connection:
        found = [one for kind, where in _about(advice).items() for one in _records(connection, kind, where)]
    return tuple(sorted(found, key=lambda one: one.entry.position))


def chain_of(store: Database, records: tuple[LedgerRecord, ...]) -> Chain:
    """The chain from an advice's first verdict to the last record about it."""
    places = [one.entry.position for one in records if one.entry.kind in SAID_AFTERWARDS]
    first, last = min(places), max(places)
    with store.reading() as connection:
        before = connection.execute(select(ENTRIES.c.hash).where(ENTRIES.c.position == first - 1)).scalar_one_or_none()
        run = select(ENTRIES).where(ENTRIES.c.position.between(first, last)).order_by(ENTRIES.c.position)
        rows = list(connection.execute(run))
    return Chain(before=before or GENESIS, entries=tuple(_entry(row) for row in rows), head=rows[-1].hash)


def _led_to(parcel_id: str, day: date) -> ColumnElement[bool]:
    versions = select(VERDICTS.c.digest).where(VERDICTS.c.parcel_id == parcel_id, VERDICTS.c.day == day)
    return and_(MESSAGES.c.parcel_id == parcel_id, MESSAGES.c.verdict_digest.in_(versions))


def _states(connection: Connection, message_id: str) -> Iterator[tuple[datetime, str, str | None]]:
    heard = select(TRANSITIONS).where(TRANSITIONS.c.message_id == message_id).order_by(TRANSITIONS.c.position)
    for row in connection.execute(heard):
        yield row.at, row.state, row.reason


def _about(advice: Advice) -> dict[str, ColumnElement[bool]]:
    parcel_id, day = advice.parcel_id, advice.day
    texts = select(MESSAGES.c.message_id).where(_led_to(parcel_id, day))
    about: dict[str, ColumnElement[bool]] = {
        "verdict": and_(VERDICTS.c.parcel_id == parcel_id, VERDICTS.c.day == day),
        "review": and_(REVIEWS.c.parcel_id == parcel_id, REVIEWS.c.day == day),
        "message": _led_to(parcel_id, day),
        "transition": TRANSITIONS.c.message_id.in_(texts),
    }
    if advice.look is None:
        return about
    begins = datetime.combine(advice.look.first, time.min, UTC)
    return about | {
        "parcel": and_(PARCELS.c.parcel_id == parcel_id, PARCELS.c.position <= advice.position),
        "event": and_(EVENTS.c.parcel_id == parcel_id, EVENTS.c.position <= advice.position),
        "observation": and_(
            OBSERVATIONS.c.parcel_id == parcel_id,
            OBSERVATIONS.c.position <= advice.position,
            OBSERVATIONS.c.observed_at >= begins,
        ),
        "detection": and_(
            DETECTIONS.c.parcel_id == parcel_id,
            DETECTIONS.c.position <= advice.position,
            DETECTIONS.c.counts_at >= begins,
        ),
    }


def _records(connection: Connection, kind: str, where: ColumnElement[bool]) -> Iterator[LedgerRecord]:
    record = RECORDS[kind]
    rows = {row.position: row for row in connection.execute(select(record.table).where(where))}
    within = select(record.table.c.position).where(where)
    for entry in connection.execute(select(ENTRIES).where(ENTRIES.c.position.in_(within))):
        content = dict(rows[entry.position]._mapping)  # noqa: SLF001 -- SQLAlchemy's public name for a row as a mapping
        yield LedgerRecord(entry=_entry(entry), hash=entry.hash, content=content_of(record, content))


def _entry(row: Any) -> ChainEntry:  # noqa: ANN401 -- a row of the ledger's table
    return ChainEntry(position=row.position, kind=row.kind, subject=row.subject, content_sha256=row.digest, at=row.at)
