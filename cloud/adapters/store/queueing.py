"""How a text becomes a message of the store: queued once, refused when nobody can read it, withdrawn in time."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.database import Writer
from cloud.adapters.store.land import farmer_in
from cloud.adapters.store.moving import Board, apply_words, own_word
from cloud.adapters.store.moving import Word as Said
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.tables import MESSAGES
from cloud.dispatch.priority import priority_of
from cloud.errors import InputError
from cloud.messages import ADVICE_KINDS, TAKEN_BACK, Message
from cloud.review.word import Word

REACHED: Final = frozenset({"wired", "sent", "delivered"})
IN_ONE_QUESTION: Final = 400


def queue_in(writer: Writer, keys: PersonalKeys, message: Message, *, verdict_digest: str, now: datetime) -> str:
    """Queue a text within a transaction; the same text queued again is the same message."""
    message_id = message_identity(message)
    farmer_id = _must_have_farmer(message)
    if message_id in held_in(writer, [message_id]):
        bring_back_in(writer, [message_id], now)
        return message_id
    if farmer_in(writer.connection, keys, farmer_id) is None:
        raise _unknown_farmer(message)
    queue_rows(writer, {message_id: message}, {message_id: verdict_digest}, now)
    return message_id


def queue_rows(
    writer: Writer, messages: Mapping[str, Message], verdict_digests: Mapping[str, str], now: datetime
) -> None:
    """Write texts that are new and whose farmers are known, all at once."""
    rows = [
        {
            "message_id": message_id,
            "farmer_id": message.farmer_id,
            "parcel_id": message.parcel_id,
            "verdict_digest": verdict_digests[message_id],
            "queued_at": now,
            "body": message.model_dump_json(),
        }
        for message_id, message in messages.items()
    ]
    places = writer.add("message", rows)
    standing = [
        {
            "message_id": message_id,
            "state": "queued",
            "attempts": 0,
            "next_attempt_at": now,
            "valid_until": message.valid_until,
            "carrier": "",
            "updated_at": now,
            "priority": int(priority_of(message.kind)),
            "segments": message.segments,
            "place": place,
            "repeated": 0,
        }
        for place, (message_id, message) in zip(places, messages.items(), strict=True)
    ]
    writer.put(MESSAGE_STATE, standing)


def refusal_of(message: Message, known: frozenset[str]) -> InputError | None:
    """Why a text cannot be queued, or None; ``known`` are the farmers of the store."""
    try:
        farmer_id = _must_have_farmer(message)
    except InputError as error:
        return error
    return None if farmer_id in known else _unknown_farmer(message)


def held_in(writer: Writer, message_ids: Sequence[str]) -> frozenset[str]:
    """Which of these messages the store has."""
    found: set[str] = set()
    for start in range(0, len(message_ids), IN_ONE_QUESTION):
        asked = message_ids[start : start + IN_ONE_QUESTION]
        held = select(MESSAGE_STATE.c.message_id).where(MESSAGE_STATE.c.message_id.in_(asked))
        found.update(writer.connection.execute(held).scalars())
    return frozenset(found)


def bring_back_in(writer: Writer, message_ids: Sequence[str], now: datetime) -> None:
    """Queue again those of these texts that were withdrawn before anybody read them; the others stay as they are."""
    for start in range(0, len(message_ids), IN_ONE_QUESTION):
        asked = MESSAGE_STATE.c.message_id.in_(message_ids[start : start + IN_ONE_QUESTION])
        taken_back = (MESSAGE_STATE.c.state == "halted") & MESSAGE_STATE.c.reason.startswith(TAKEN_BACK)
        names = [row.message_id for row in selected(writer, asked & taken_back)]
        board = Board(writer)
        board.open(names)
        for name in names:
            word = own_word(name, "queued", now, "what it says holds again")
            board.note(word, state="queued", applied=True)
            board.set(name, {"state": "queued", "reason": word.reason, "next_attempt_at": now, "updated_at": now})
        board.close()


def must_be_heard_in(writer: Writer, message: Message) -> None:
    """Refuse a text that would not be sent since it was before, where it is not the last that its farmer got."""
    message_id = message_identity(message)
    row = next(iter(selected(writer, MESSAGE_STATE.c.message_id == message_id)), None)
    if row is None or row.state == "queued" or (row.state == "halted" and (row.reason or "").startswith(TAKEN_BACK)):
        return
    own = select(MESSAGES.c.position).where(MESSAGES.c.message_id == row.message_id).scalar_subquery()
    later = select(MESSAGES.c.position).where(MESSAGES.c.parcel_id == message.parcel_id, MESSAGES.c.position > own)
    if row.state in REACHED and writer.connection.execute(later.limit(1)).first() is None:
        return
    raise InputError(
        f"parcel {message.parcel_id}: expected a text that its farmer has not been sent or spared before, got one that"
        f" is {row.state}; choose another start or dose, so that a new text says it"
    )


def withdraw_in(writer: Writer, word: Word, *, but: str | None, reason: str) -> int:
    """Halt the advice about a parcel's day that nobody has sent yet, except one message; how many texts there were."""
    waiting = selected(writer, (MESSAGE_STATE.c.state == "queued") & (MESSAGES.c.parcel_id == word.parcel_id))
    gone = [row.message_id for row in waiting if row.message_id != but and _tells_of(row, word.held, word.day)]
    apply_words(writer, [Said(own_word(one, "halted", word.decided_at, reason)) for one in gone])
    return len(gone)


def _tells_of(row: Row[Any], verdict_digest: str, day: date) -> bool:
    """Whether a text was made of a verdict, or tells what to do on that day, perhaps in words said before."""
    message = Message.model_validate_json(row.body)
    return row.verdict_digest == verdict_digest or (message.kind in ADVICE_KINDS and message.day == day)


def selected(writer: Writer, condition: ColumnElement[bool], limit: int | None = None) -> list[Row[Any]]:
    """Messages with where they stand, in the order in which they go."""
    statement = (
        select(MESSAGE_STATE, MESSAGES.c.body, MESSAGES.c.farmer_id, MESSAGES.c.verdict_digest)
        .join(MESSAGES, MESSAGES.c.message_id == MESSAGE_STATE.c.message_id)
        .where(condition)
        .order_by(MESSAGE_STATE.c.priority, MESSAGE_STATE.c.next_attempt_at, MESSAGE_STATE.c.place)
        .limit(limit)
    )
    return list(writer.connection.execute(statement))


def message_identity(message: Message) -> str:
    """Stable name of a text for a farmer about a parcel, until the day its validity ends [64 hex digits]."""
    parts = [message.farmer_id, message.parcel_id, message.kind, message.text, message.valid_until.date().isoformat()]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _must_have_farmer(message: Message) -> str:
    if message.farmer_id is None:
        raise InputError(f"message for parcel {message.parcel_id}: expected farmer_id, got none; name its farmer")
    return message.farmer_id


def _unknown_farmer(message: Message) -> InputError:
    return InputError(
        f"message for parcel {message.parcel_id}: expected a known farmer, got {message.farmer_id};"
        " save the farmer first"
    )
