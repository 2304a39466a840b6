"""Derived states checked against the records they come from: a state has no ledger entry of its own."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, and_, exists, func, or_, select

from cloud.adapters.store.tables import (
    DETECTIONS,
    EVIDENCE,
    FARMER_STATE,
    FARMERS,
    MESSAGE_STATE,
    PARCEL_STATE,
    PARCELS,
    TRANSITIONS,
    VERDICTS,
    WATER,
)


def state_problems(connection: Connection) -> Iterator[str]:
    """Each state that is not the one its records lead to, one line each."""
    for kind, table, order in (
        ("parcel", PARCELS, ("version",)),
        ("detection", DETECTIONS, ("counts_at", "position")),
        ("evidence", EVIDENCE, ("counts_at", "position")),
        ("water", WATER, ("day", "version")),
        ("verdict", VERDICTS, ("day", "version")),
    ):
        for parcel_id in connection.execute(_passed_over(PARCEL_STATE, kind, table, "parcel_id", order)).scalars():
            yield f"latest {kind} of parcel {parcel_id}: is not the last one that was stored: it was changed"
    for farmer_id in connection.execute(
        _passed_over(FARMER_STATE, "farmer", FARMERS, "farmer_id", ("version",))
    ).scalars():
        yield f"latest version of farmer {farmer_id}: is not the last one that was stored: it was changed"
    for message_id, state in connection.execute(_moved_messages()):
        yield f"message {message_id}: is {state}, which is not where its transitions lead: it was changed"


def _passed_over(state: Table, kind: str, table: Table, key: str, order: tuple[str, ...]) -> Select[Any]:
    held, newer = table.alias("held"), table.alias("newer")
    later = exists().where(newer.c[key] == state.c[key], _after(newer, held, order))
    return (
        select(state.c[key])
        .join_from(state, held, state.c[kind] == held.c.position)
        .where(or_(held.c[key] != state.c[key], later))
        .order_by(state.c[key])
    )


def _after(newer: FromClause, held: FromClause, order: tuple[str, ...]) -> ColumnElement[bool]:
    first, *rest = order
    ahead: ColumnElement[bool] = newer.c[first] > held.c[first]
    return or_(ahead, and_(newer.c[first] == held.c[first], _after(newer, held, tuple(rest)))) if rest else ahead


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
