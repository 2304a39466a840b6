"""Messages on their way: queued once, claimed durably before any network call, moved by what the carrier says."""

import hashlib
import json
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, select, update

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.database import Database, Writer
from cloud.adapters.store.land import farmer_in
from cloud.adapters.store.states import moves
from cloud.adapters.store.tables import (
    MESSAGE_STATE,
    MESSAGES,
    REPORTS,
    TRANSITIONS,
    WAITING_REPORTS,
)
from cloud.adapters.store.views import MessageLog
from cloud.errors import InputError, IntegrityError
from cloud.messages import Delivery, Message, QueuedMessage

_QUEUED: Final = MESSAGE_STATE.c.state == "queued"
_REACHED: Final = frozenset({"wired", "sent", "delivered"})


class Outgoing(Database):
    """The sending side of the store."""

    def queue_message(self, message: Message, *, verdict_digest: str, now: datetime) -> str:
        """Queue a text for its farmer; the same text queued again is the same message."""
        with self.writing() as writer:
            return queue_in(writer, self._keys, message, verdict_digest=verdict_digest, now=now)

    def claim_due(self, now: datetime, limit: int) -> tuple[QueuedMessage, ...]:
        """Messages to send now, durably marked as being sent; those too old are marked expired and not returned."""
        with self.writing() as writer:
            _expire(writer, now)
            due = _select(writer, _QUEUED & (MESSAGE_STATE.c.next_attempt_at <= now), limit)
            return tuple(claimed for row in due if (claimed := self._claim(writer, row, now)) is not None)

    def record_delivery(self, delivery: Delivery, *, retry_at: datetime | None = None) -> None:
        """Apply what a carrier said of a message; a word about a message not known yet is kept until it is.

        ``queued`` means that the carrier surely refused this attempt: the message is due again at ``retry_at``.
        """
        with self.writing() as writer:
            row = _message_meant(writer, delivery)
            if row is None:
                _keep(writer, delivery)
                return
            _apply(writer, row, delivery.model_copy(update={"message_id": row.message_id}), retry_at)
            if delivery.carrier_id is not None:
                _apply_waiting(writer, row.message_id, delivery.carrier, delivery.carrier_id)

    def expire(self, now: datetime) -> int:
        """Mark queued messages whose validity has ended as expired; how many there were."""
        with self.writing() as writer:
            return _expire(writer, now)

    def recover_claims(self, now: datetime) -> int:
        """Mark messages whose sending was cut short as unknown: they may have left, so they are never sent again."""
        with self.writing() as writer:
            rows = _select(writer, MESSAGE_STATE.c.state == "sending")
            for row in rows:
                _apply(writer, row, _word(row.message_id, "unknown", now, "the sender stopped while it was being sent"))
            return len(rows)

    def message_log(self, parcel_id: str | None = None) -> tuple[MessageLog, ...]:
        """Every message, or those of one parcel, with where it stands; newest first."""
        statement = select(MESSAGES, MESSAGE_STATE).join(
            MESSAGE_STATE, MESSAGES.c.message_id == MESSAGE_STATE.c.message_id
        )
        if parcel_id is not None:
            statement = statement.where(MESSAGES.c.parcel_id == parcel_id)
        with self.reading() as connection:
            return tuple(_log(row) for row in connection.execute(statement.order_by(MESSAGES.c.position.desc())))

    def _claim(self, writer: Writer, row: Row[Any], now: datetime) -> QueuedMessage | None:
        try:
            farmer = farmer_in(writer.connection, self._keys, row.farmer_id)
        except IntegrityError as error:
            # One unreadable number must not keep every other farmer waiting.
            _apply(writer, row, _word(row.message_id, "halted", now, str(error)))
            return None
        assert farmer is not None
        _note(writer, _word(row.message_id, "unknown", now, None), state="sending", applied=True)
        _set(writer, row.message_id, state="sending", attempts=row.attempts + 1, updated_at=now)
        return QueuedMessage(
            message_id=row.message_id,
            message=Message.model_validate_json(row.body),
            phone_number=farmer.phone_number,
            attempts=row.attempts,
        )


def queue_in(writer: Writer, keys: PersonalKeys, message: Message, *, verdict_digest: str, now: datetime) -> str:
    """Queue a text within a transaction; the same text queued again is the same message."""
    message_id = message_identity(message)
    if message.farmer_id is None:
        raise InputError(f"message for parcel {message.parcel_id}: expected farmer_id, got none; name its farmer")
    if _state_of(writer, message_id) is not None:
        return message_id
    if farmer_in(writer.connection, keys, message.farmer_id) is None:
        raise InputError(
            f"message for parcel {message.parcel_id}: expected a known farmer, got {message.farmer_id};"
            " save the farmer first"
        )
    row = {
        "message_id": message_id,
        "farmer_id": message.farmer_id,
        "parcel_id": message.parcel_id,
        "verdict_digest": verdict_digest,
        "queued_at": now,
        "body": message.model_dump_json(),
    }
    writer.add("message", [row])
    state = {
        "message_id": message_id,
        "state": "queued",
        "attempts": 0,
        "next_attempt_at": now,
        "valid_until": message.valid_until,
        "carrier": "",
        "updated_at": now,
    }
    writer.put(MESSAGE_STATE, [state])
    return message_id


def must_be_heard_in(writer: Writer, message: Message) -> None:
    """Refuse a text that would not be sent since it was before, where it is not the last that its farmer got."""
    row = _state_of(writer, message_identity(message))
    if row is None or row.state == "queued":
        return
    own = select(MESSAGES.c.position).where(MESSAGES.c.message_id == row.message_id).scalar_subquery()
    later = select(MESSAGES.c.position).where(MESSAGES.c.parcel_id == message.parcel_id, MESSAGES.c.position > own)
    if row.state in _REACHED and writer.connection.execute(later.limit(1)).first() is None:
        return
    raise InputError(
        f"parcel {message.parcel_id}: expected a text that its farmer has not been sent or spared before, got one that"
        f" is {row.state}; choose another start or dose, so that a new text says it"
    )


def withdraw_in(writer: Writer, verdict_digest: str, *, but: str | None, now: datetime, reason: str) -> int:
    """Halt what a verdict queued and nobody has sent yet, except one message; how many there were."""
    waiting = _select(writer, _QUEUED & (MESSAGES.c.verdict_digest == verdict_digest))
    gone = [row for row in waiting if row.message_id != but]
    for row in gone:
        _apply(writer, row, _word(row.message_id, "halted", now, reason))
    return len(gone)


def message_identity(message: Message) -> str:
    """Stable name of a text for a farmer about a parcel, until the day its validity ends [64 hex digits]."""
    parts = [message.farmer_id, message.parcel_id, message.kind, message.text, message.valid_until.date().isoformat()]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _expire(writer: Writer, now: datetime) -> int:
    late = _select(writer, _QUEUED & (MESSAGE_STATE.c.valid_until <= now))
    for row in late:
        _apply(writer, row, _word(row.message_id, "expired", now, "no longer valid when its turn came"))
    return len(late)


def _select(writer: Writer, condition: ColumnElement[bool], limit: int | None = None) -> list[Row[Any]]:
    statement = (
        select(MESSAGE_STATE, MESSAGES.c.body, MESSAGES.c.farmer_id)
        .join(MESSAGES, MESSAGES.c.message_id == MESSAGE_STATE.c.message_id)
        .where(condition)
        .order_by(MESSAGE_STATE.c.next_attempt_at, MESSAGES.c.position)
        .limit(limit)
    )
    return list(writer.connection.execute(statement))


def _state_of(writer: Writer, message_id: str) -> Row[Any] | None:
    found = _select(writer, MESSAGE_STATE.c.message_id == message_id)
    return found[0] if found else None


def _message_meant(writer: Writer, delivery: Delivery) -> Row[Any] | None:
    named = _state_of(writer, delivery.message_id)
    if named is not None or delivery.carrier_id is None:
        return named
    statement = (
        select(TRANSITIONS.c.message_id)
        .where(TRANSITIONS.c.carrier == delivery.carrier, TRANSITIONS.c.carrier_id == delivery.carrier_id)
        .limit(1)
    )
    message_id = writer.connection.execute(statement).scalar_one_or_none()
    return None if message_id is None else _state_of(writer, message_id)


def _word(message_id: str, state: str, at: datetime, reason: str | None) -> Delivery:
    content = {"message_id": message_id, "state": state, "carrier": "seguia", "reason": reason, "at": at}
    return Delivery.model_validate(content)


def _apply(writer: Writer, row: Row[Any], delivery: Delivery, retry_at: datetime | None = None) -> None:
    applied = moves(row.state, delivery.state)
    if not _note(writer, delivery, state=delivery.state, applied=applied) or not applied:
        return
    changed: dict[str, Any] = {"state": delivery.state, "reason": _plain(delivery.reason), "updated_at": delivery.at}
    if delivery.carrier_id is not None:
        changed |= {"carrier": delivery.carrier, "carrier_id": _plain(delivery.carrier_id)}
    if delivery.state == "queued":
        changed["next_attempt_at"] = retry_at or delivery.at
    _set(writer, row.message_id, **changed)


def _note(writer: Writer, delivery: Delivery, *, state: str, applied: bool) -> bool:
    content = {
        "message_id": delivery.message_id,
        "state": state,
        "applied": applied,
        "carrier": delivery.carrier,
        "carrier_id": _plain(delivery.carrier_id),
        "reason": _plain(delivery.reason),
        "at": delivery.at,
    }
    if not applied:
        same = select(TRANSITIONS.c.position)
        for name in ("message_id", "state", "carrier", "carrier_id", "reason"):
            same = same.where(TRANSITIONS.c[name] == content[name])
        if writer.connection.execute(same.limit(1)).first() is not None:
            return False
    writer.add("transition", [content])
    return True


def _set(writer: Writer, message_id: str, **changed: Any) -> None:  # noqa: ANN401 -- columns of several types
    writer.connection.execute(update(MESSAGE_STATE).where(MESSAGE_STATE.c.message_id == message_id).values(**changed))


def _keep(writer: Writer, delivery: Delivery) -> None:
    digest = delivery.digest()
    if writer.connection.execute(select(REPORTS.c.position).where(REPORTS.c.digest == digest)).first() is not None:
        return
    place = {"carrier": delivery.carrier, "carrier_id": _plain(delivery.carrier_id)}
    (position,) = writer.add("report", [{**place, "digest": digest, "body": delivery.model_dump_json()}])
    if delivery.carrier_id is not None:
        writer.put(WAITING_REPORTS, [{**place, "report": position}])


def _apply_waiting(writer: Writer, message_id: str, carrier: str, carrier_id: str) -> None:
    waiting = (WAITING_REPORTS.c.carrier == carrier) & (WAITING_REPORTS.c.carrier_id == _plain(carrier_id))
    statement = (
        select(REPORTS.c.body)
        .join(WAITING_REPORTS, WAITING_REPORTS.c.report == REPORTS.c.position)
        .where(waiting)
        .order_by(REPORTS.c.position)
    )
    for body in list(writer.connection.execute(statement).scalars()):
        report = Delivery.model_validate_json(body).model_copy(update={"message_id": message_id})
        row = _state_of(writer, message_id)
        assert row is not None
        _apply(writer, row, report)
    writer.connection.execute(delete(WAITING_REPORTS).where(waiting))


def _log(row: Row[Any]) -> MessageLog:
    return MessageLog(
        message_id=row.message_id,
        message=Message.model_validate_json(row.body),
        state=row.state,
        carrier_id=row.carrier_id,
        reason=row.reason,
        queued_at=row.queued_at,
        updated_at=row.updated_at,
    )


def _plain(text: str | None) -> str | None:
    # A server database refuses the zero byte, which a carrier's text may hold.
    return None if text is None else text.replace("\x00", "\ufffd")
