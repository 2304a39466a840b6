"""Messages whose answer was lost: what delivery reports tell of them, and what an operator decides of the rest."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, Select, func, select

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.channels import Channels
from cloud.adapters.store.database import Writer
from cloud.adapters.store.moving import Board, Word, apply_words
from cloud.adapters.store.sending_tables import EXCHANGES, MESSAGE_STATE, RESOLUTIONS, WAITING_REPORTS
from cloud.adapters.store.tables import FARMER_STATE, MESSAGES, TRANSITIONS
from cloud.adapters.store.vault import STAFF, seal_in, unseal_many
from cloud.errors import InputError
from cloud.messages import Delivery

TOLD_BY_REPORT: Final = "its answer was lost; the delivery report of its telephone tells that it was sent"
OPERATOR: Final = "operator"
SHORTEST_NAME: Final = 8
Act = Literal["sent", "resend", "failed"]
ACTS: Final[dict[Act, tuple[str, str]]] = {
    "sent": ("sent", "an operator knows that it was sent"),
    "resend": ("queued", "an operator knows that it was not sent"),
    "failed": ("failed", "an operator gave it up"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A message that may or may not have left; no telephone number."""

    message_id: str
    parcel_id: str
    farmer_id: str
    carrier: str
    handed_at: datetime | None
    valid_until: datetime
    reason: str | None
    reports: int
    """Reports of its telephone that belong to no known message: so many texts did arrive there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened to a message."""

    at: datetime
    what: str
    who: str
    said: str | None
    counts: bool = True
    """False where it changed nothing."""


class Doubts(Channels):
    """What an operator sees of one message, and decides of one whose answer was lost."""

    def doubtful(self) -> tuple[Doubt, ...]:
        """Messages whose answer was lost and that no report has told of, oldest first."""
        with self.reading() as connection:
            rows = list(connection.execute(_doubtful().where(MESSAGE_STATE.c.state == "unknown")))
            return tuple(
                Doubt(
                    message_id=row.message_id,
                    parcel_id=row.parcel_id,
                    farmer_id=row.farmer_id,
                    carrier=row.carrier,
                    handed_at=row.handed_at,
                    valid_until=row.valid_until,
                    reason=row.reason,
                    reports=0 if row.handed_at is None else len(_orphans(connection, row)),
                )
                for row in rows
            )

    def resolve_doubt(self, name: str, act: Act, *, by: str, why: str, now: datetime) -> str:
        """Keep an operator's word on a message whose answer was lost, and move it; its whole id.

        InputError when the message is not in doubt, or its use is over where it should be sent again.
        """
        with self.writing() as writer:
            row = _named(writer.connection, name)
            if row.state != "unknown":
                raise InputError(
                    f"message {row.message_id[:SHORTEST_NAME]}: expected one whose answer was lost, got one that is"
                    f" {row.state}; see: seguia cloud outbox list"
                )
            if act == "resend" and row.valid_until <= now:
                raise InputError(
                    f"message {row.message_id[:SHORTEST_NAME]}: expected one that is still of use, got one that"
                    f" ended at {row.valid_until.isoformat()}; give it up instead"
                )
            writer.add("resolution", [_resolution(writer, self._keys, row.message_id, act, (by, why, now))])
            _move(writer, row.message_id, act, now)
            return str(row.message_id)

    def steps(self, name: str) -> tuple[Step, ...]:
        """Everything that happened to a message, in order; no telephone number and no key."""
        with self.reading() as connection:
            row = _named(connection, name)
            found = [
                Step(at=row.queued_at, what="queued", who="seguia", said=None),
                *_heard(connection, row.message_id),
                *_exchanged(connection, row.message_id),
                *_decided(connection, self._keys, row.message_id),
            ]
        return tuple(sorted(found, key=lambda step: step.at))


def settle_doubts(writer: Writer, phone_index: str | None = None) -> None:
    """Give reports that nobody else claims to the messages of the same telephone whose answer was lost.

    Only where there are as many such reports as such messages, and nothing else is being sent there: which of two
    texts a single report means, nobody can tell.
    """
    held = MESSAGE_STATE.c
    doubtful = _doubtful().where(held.state.in_(("unknown", "sending")), held.handed_at.is_not(None))
    if phone_index is not None:
        doubtful = doubtful.where(FARMER_STATE.c.phone_index == phone_index)
    by_line: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in writer.connection.execute(doubtful):
        by_line.setdefault((row.phone_index, row.carrier), []).append(row)
    for rows in by_line.values():
        if all(row.state == "unknown" for row in rows):
            _settle(writer, rows, _orphans(writer.connection, rows[0]))


def _doubtful() -> Select[Any]:
    return (
        select(MESSAGE_STATE, MESSAGES.c.parcel_id, MESSAGES.c.farmer_id, FARMER_STATE.c.phone_index)
        .join(MESSAGES, MESSAGES.c.message_id == MESSAGE_STATE.c.message_id)
        .outerjoin(FARMER_STATE, FARMER_STATE.c.farmer_id == MESSAGES.c.farmer_id)
        .order_by(MESSAGE_STATE.c.handed_at, MESSAGE_STATE.c.place)
    )


def _orphans(connection: Connection, first: Row[Any]) -> list[tuple[str, datetime]]:
    """Carrier's ids of reports about a telephone that belong to no known message, with their first moments."""
    statement = (
        select(WAITING_REPORTS.c.carrier_id, WAITING_REPORTS.c.at)
        .where(WAITING_REPORTS.c.phone_index == first.phone_index, WAITING_REPORTS.c.carrier == first.carrier)
        .where(WAITING_REPORTS.c.at >= first.handed_at)
        .order_by(WAITING_REPORTS.c.report)
    )
    moments: dict[str, datetime] = {}
    for row in connection.execute(statement):
        moments.setdefault(row.carrier_id, row.at)
    return list(moments.items())


def _settle(writer: Writer, rows: Sequence[Row[Any]], orphans: Sequence[tuple[str, datetime]]) -> None:
    if len(rows) != len(orphans):
        return
    words = [
        Delivery(
            message_id=row.message_id,
            state="wired",
            carrier=row.carrier,
            carrier_id=carrier_id,
            reason=TOLD_BY_REPORT,
            at=at,
        )
        for row, (carrier_id, at) in zip(rows, orphans, strict=True)
    ]
    apply_words(writer, [Word(word) for word in words])


def _named(connection: Connection, name: str) -> Row[Any]:
    """The one message whose id begins so."""
    statement = (
        select(MESSAGE_STATE, MESSAGES.c.queued_at)
        .join(MESSAGES, MESSAGES.c.message_id == MESSAGE_STATE.c.message_id)
        .where(func.substr(MESSAGE_STATE.c.message_id, 1, len(name)) == name)
        .limit(2)
    )
    found = list(connection.execute(statement)) if len(name) >= SHORTEST_NAME else []
    if len(found) != 1:
        got = "none" if not found else "several"
        raise InputError(
            f"message {name[:64]!r}: expected the id of a message, {SHORTEST_NAME} digits of it at least, got {got};"
            " see: seguia cloud outbox list"
        )
    return found[0]


def _move(writer: Writer, message_id: str, act: Act, now: datetime) -> None:
    """By an operator's word alone a message goes back from doubt to the queue."""
    state, reason = ACTS[act]
    word = Delivery.model_validate(
        {"message_id": message_id, "state": state, "carrier": OPERATOR, "reason": reason, "at": now}
    )
    if act != "resend":
        apply_words(writer, [Word(word)])
        return
    board = Board(writer)
    board.open([message_id])
    board.note(word, state=state, applied=True)
    again = {"state": state, "reason": reason, "updated_at": now, "next_attempt_at": now}
    board.set(message_id, {**again, "only_over": None, "not_over": None})
    board.close()


def _resolution(
    writer: Writer, keys: PersonalKeys, message_id: str, act: Act, said: tuple[str, str, datetime]
) -> dict[str, Any]:
    by, why, now = said
    plain = json.dumps({"by": by, "why": why}, ensure_ascii=False)
    record_id = _record_id(message_id, act, now)
    sealed = seal_in(writer, keys, holder=STAFF, at=None, plain=plain, record_id=record_id)
    return {"message_id": message_id, "act": act, "sealed": sealed, "at": now}


def _record_id(message_id: str, act: str, at: datetime) -> str:
    return f"resolution/{message_id}/{act}/{at.astimezone(UTC).isoformat()}"


def _heard(connection: Connection, message_id: str) -> Iterator[Step]:
    heard = select(TRANSITIONS).where(TRANSITIONS.c.message_id == message_id).order_by(TRANSITIONS.c.position)
    for row in connection.execute(heard):
        yield Step(at=row.at, what=row.state, who=row.carrier, said=row.reason, counts=row.applied)


def _exchanged(connection: Connection, message_id: str) -> Iterator[Step]:
    exchanged = select(EXCHANGES).where(EXCHANGES.c.message_id == message_id).order_by(EXCHANGES.c.attempt)
    for row in connection.execute(exchanged):
        yield Step(at=row.at, what=f"attempt {row.attempt}: {row.outcome}", who=row.carrier, said=row.said)


def _decided(connection: Connection, keys: PersonalKeys, message_id: str) -> Iterator[Step]:
    rows = list(connection.execute(select(RESOLUTIONS).where(RESOLUTIONS.c.message_id == message_id)))
    pairs = [(row.sealed, _record_id(message_id, row.act, row.at)) for row in rows]
    for row, text in zip(rows, unseal_many(connection, keys, pairs), strict=True):
        said = None if text is None else json.loads(text)
        who = OPERATOR if said is None else said["by"]
        yield Step(at=row.at, what=f"decided: {row.act}", who=who, said=None if said is None else said["why"])
