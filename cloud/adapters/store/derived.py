"""Derived states checked against the records they come from: a state has no ledger entry of its own."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, and_, exists, func, or_, select

from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.sensed_checks import sensed_problems
from cloud.adapters.store.states import FINAL
from cloud.adapters.store.tables import (
    DETECTIONS,
    EVIDENCE,
    FARMER_STATE,
    FARMERS,
    MESSAGES,
    PARCEL_STATE,
    PARCELS,
    TRANSITIONS,
    VERDICTS,
    WATER,
)
from cloud.messages import Message


def state_problems(connection: Connection) -> Iterator[str]:
    """Each state that is not the one its records lead to, one line each."""
    for kind, table, order in (
        ("parcel", PARCELS, ("version",)),
        ("detection", DETECTIONS, ("counts_at", "position")),
        ("evidence", EVIDENCE, ("counts_at", "position")),
        ("water", WATER, ("day", "version")),
        ("verdict", VERDICTS, ("day", "version")),
    ):
        for parcel_id in _wrong_keys(connection, PARCEL_STATE, kind, table, order):
            yield f"latest {kind} of parcel {parcel_id}: is not the last one that was stored: it was changed"
    for farmer_id in _wrong_keys(connection, FARMER_STATE, "farmer", FARMERS, ("version",)):
        yield f"latest version of farmer {farmer_id}: is not the last one that was stored: it was changed"
    for message_id, state in connection.execute(_moved_messages()):
        yield f"message {message_id}: is {state}, which is not where its transitions lead: it was changed"
    for message_id, valid_until, body in connection.execute(_valid_messages()):
        if valid_until is None:
            yield f"message {message_id}: has no state: it was removed"
        elif valid_until != _validity_of(body, valid_until):
            yield f"message {message_id}: its validity is not the one of its text: it was changed"
    yield from sensed_problems(connection)


def _validity_of(body: str, otherwise: datetime) -> datetime:
    """Until when a message's own text is valid; a text that cannot be read is named by its digest already."""
    try:
        return Message.model_validate_json(body).valid_until
    except ValidationError:
        return otherwise


def _wrong_keys(connection: Connection, state: Table, kind: str, table: Table, order: tuple[str, ...]) -> list[str]:
    (key,) = state.primary_key
    statements = (_passed_over(state, kind, table, key.name, order), _forgotten(state, kind, table, key.name))
    return sorted({name for statement in statements for name in connection.execute(statement).scalars()})


def _forgotten(state: Table, kind: str, table: Table, key: str) -> Select[Any]:
    held = exists().where(state.c[key] == table.c[key], state.c[kind].is_not(None))
    return select(table.c[key]).where(table.c[key].is_not(None), ~held).distinct()


def _passed_over(state: Table, kind: str, table: Table, key: str, order: tuple[str, ...]) -> Select[Any]:
    held, newer = table.alias("held"), table.alias("newer")
    later = exists().where(newer.c[key] == state.c[key], _after(newer, held, order))
    return (
        select(state.c[key])
        .join_from(state, held, state.c[kind] == held.c.position)
        .where(or_(later, held.c[key] != state.c[key]))
        .order_by(state.c[key])
    )


def _after(newer: FromClause, held: FromClause, order: tuple[str, ...]) -> ColumnElement[bool]:
    first, *rest = order
    ahead: ColumnElement[bool] = newer.c[first] > held.c[first]
    return or_(ahead, and_(newer.c[first] == held.c[first], _after(newer, held, tuple(rest)))) if rest else ahead


def _valid_messages() -> Select[Any]:
    """Messages not at their end: their validity decides whether they are still sent."""
    return (
        select(MESSAGES.c.message_id, MESSAGE_STATE.c.valid_until, MESSAGES.c.body)
        .outerjoin(MESSAGE_STATE, MESSAGE_STATE.c.message_id == MESSAGES.c.message_id)
        .where(MESSAGE_STATE.c.state.is_(None) | MESSAGE_STATE.c.state.not_in(FINAL))
        .order_by(MESSAGES.c.position)
    )


def _moved_messages() -> Select[Any]:
    last = (
        select(TRANSITIONS.c.message_id, func.max(TRANSITIONS.c.position).label("position"))
        .where(TRANSITIONS.c.applied)
        .group_by(TRANSITIONS.c.message_id)
        .subquery()
    )
    led_to = func.coalesce(TRANSITIONS.c.state, "queued")
    return (
        select(MESSAGE_STATE.c.message_id, MESSAGE_STATE.c.state)
        .outerjoin(last, last.c.message_id == MESSAGE_STATE.c.message_id)
        .outerjoin(TRANSITIONS, TRANSITIONS.c.position == last.c.position)
        .where(MESSAGE_STATE.c.state != led_to)
        .order_by(MESSAGE_STATE.c.message_id)
    )
