"""What one person was written and wrote back, in the order of their telephone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import MESSAGES
from cloud.messages import Message

SEEN: Final = frozenset({"wired", "sent", "delivered"})
"""States in which a text is on the telephone, or on its way there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One text of a thread: of the service with how far it came, or of the person with the path by which it came."""

    key: str
    at: datetime
    from_person: bool
    text: str
    state: str
    entered_by: str | None = None


def thread_of(store: Store, farmer_id: str) -> tuple[Said, ...]:
    """Every text to and from a person, oldest first."""
    return tuple(sorted((*_written(store, farmer_id), *_answered(store, farmer_id)), key=lambda one: one.at))


def _written(store: Store, farmer_id: str) -> Iterator[Said]:
    statement = (
        select(MESSAGES.c.message_id, MESSAGES.c.queued_at, MESSAGES.c.body, MESSAGE_STATE.c.state)
        .join(MESSAGE_STATE, MESSAGES.c.message_id == MESSAGE_STATE.c.message_id)
        .where(MESSAGES.c.farmer_id == farmer_id)
        .order_by(MESSAGES.c.position)
    )
    with store.reading() as connection:
        rows = list(connection.execute(statement))
    for row in rows:
        text = Message.model_validate_json(row.body).text
        yield Said(key=row.message_id, at=row.queued_at, from_person=False, text=text, state=row.state)


def _answered(store: Store, farmer_id: str) -> Iterator[Said]:
    for one in store.inbound_of(farmer_id):
        yield Said(
            key=f"{one.carrier}/{one.carrier_id}",
            at=one.received_at,
            from_person=True,
            text=one.text,
            state=one.carrier,
            entered_by=one.entered_by,
        )
