"""Counts of what was said and what became of it, made by the database: no message is opened one by one."""

from collections import Counter
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    select,
)
from sqlalchemy import literal_column as fixed

from cloud.adapters.store.database import Database
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.tables import EVENTS, MESSAGES, VERDICTS
from cloud.irrigation_accounts import SAME_WATER
from cloud.outreach.counts import ASKING, FIRST_MONTH, TOLD, Counts, Heard, MessageGroup, Reached, Told
from cloud.outreach.following import told_counts

_JOINED: Final = MESSAGES.c.message_id == MESSAGE_STATE.c.message_id


class Outreach(Database):
    """The side of the store that measures what reaches farmers."""

    def outreach_counts(self, since: datetime, until: datetime, *, now: datetime) -> Counts:
        """Messages queued from one moment on and before another; irrigations only when ``now`` is past their window."""
        words = _Words(server=self._engine.dialect.name == "postgresql")
        within = and_(MESSAGES.c.queued_at >= since, MESSAGES.c.queued_at < until)
        with self.reading() as connection:
            told = list(map(Told._make, _rows(connection, _told(words, within))))
            heard = list(map(Heard._make, _rows(connection, _heard(words, since, until))))
            return Counts(
                messages=_grouped(connection, _messages(words, within), server=words.server),
                told=told_counts(told, heard, now_s=int(now.timestamp())),
                reached=[
                    Reached(carrier=carrier, season=season, farmers=farmers)
                    for carrier, season, farmers in _rows(connection, _reached(words, within))
                ],
            )


class _Words:
    """What the two databases call differently."""

    def __init__(self, *, server: bool) -> None:
        self.server = server

    def field(self, column: ColumnElement[str], *path: str) -> ColumnElement[Any]:
        """A text or a number inside a JSON text."""
        if self.server:
            inside: ColumnElement[Any] = cast(column, JSON)[path].as_string()
            return inside
        found: ColumnElement[Any] = func.json_extract(column, "$." + ".".join(path))
        return found

    def season(self, moment: ColumnElement[Any]) -> ColumnElement[int]:
        """Calendar year in which the season of a moment ends."""
        if self.server:
            year, month = cast(extract("year", moment), Integer), cast(extract("month", moment), Integer)
        else:  # kept as a text that begins with the year and the month
            year, month = cast(func.substr(moment, 1, 4), Integer), cast(func.substr(moment, 6, 2), Integer)
        return year + case((month >= FIRST_MONTH, 1), else_=0)

    def epoch(self, moment: ColumnElement[Any]) -> ColumnElement[int]:
        """A moment in whole seconds since 1970."""
        if self.server:
            return cast(func.floor(extract("epoch", moment)), Integer)
        return cast(func.strftime("%s", moment), Integer)


def _rows(connection: Connection, statement: Select[Any]) -> Any:  # noqa: ANN401 -- plain tuples of a driver
    # Past the library's own rows: of a million tuples each microsecond is a second.
    return connection.execute(statement).cursor


def _grouped(connection: Connection, statement: Select[Any], *, server: bool) -> list[tuple[MessageGroup, int]]:
    """Groups with their counts: a server counts by itself; SQLite would sort a million rows to do so."""
    if server:
        counted = statement.add_columns(func.count()).group_by(*statement.selected_columns)
        return [(MessageGroup(*row[:-1]), row[-1]) for row in _rows(connection, counted)]
    return [(MessageGroup(*row), number) for row, number in Counter(_rows(connection, statement)).items()]


def _messages(words: _Words, within: ColumnElement[bool]) -> Select[Any]:
    state = MESSAGE_STATE.c
    delivered = state.state == "delivered"
    delay = words.epoch(state.updated_at) - words.epoch(state.handed_at)
    return (
        select(
            words.field(MESSAGES.c.body, "language").label("language"),
            words.field(MESSAGES.c.body, "channel").label("channel"),
            state.carrier,
            words.season(MESSAGES.c.queued_at).label("season"),
            state.state,
            case((state.carrier_id.is_not(None), fixed("1")), else_=fixed("0")).label("taken"),
            case((and_(delivered, state.updated_at > state.valid_until), fixed("1")), else_=fixed("0")).label("late"),
            case((delivered, delay)).label("delay_s"),
            state.segments,
            state.repeated,
        )
        .join_from(MESSAGES, MESSAGE_STATE, _JOINED)
        .where(within)
    )


def _reached(words: _Words, within: ColumnElement[bool]) -> Select[Any]:
    pairs = (
        select(MESSAGES.c.farmer_id, MESSAGE_STATE.c.carrier, words.season(MESSAGES.c.queued_at).label("season"))
        .join_from(MESSAGES, MESSAGE_STATE, _JOINED)
        .where(within, MESSAGE_STATE.c.carrier_id.is_not(None))
        .distinct()
        .subquery("pairs")
    )
    return select(pairs.c.carrier, pairs.c.season, func.count()).group_by(pairs.c.carrier, pairs.c.season)


def _told(words: _Words, within: ColumnElement[bool]) -> Select[Any]:
    kind = words.field(MESSAGES.c.body, "kind")
    correction = kind == "correction"
    tells_water = exists().where(
        VERDICTS.c.parcel_id == MESSAGES.c.parcel_id,
        VERDICTS.c.digest == MESSAGES.c.verdict_digest,
        words.field(VERDICTS.c.body, "recommendation", "action") == "irrigate",
    )
    return (
        select(
            MESSAGES.c.parcel_id,
            MESSAGES.c.position,
            MESSAGES.c.farmer_id,
            words.field(MESSAGES.c.body, "language"),
            words.field(MESSAGES.c.body, "channel"),
            MESSAGE_STATE.c.carrier,
            words.epoch(MESSAGES.c.queued_at),
            words.epoch(MESSAGE_STATE.c.valid_until),
            case((correction, fixed("1")), else_=fixed("0")),
            case((~correction, fixed("1")), (tells_water, fixed("1")), else_=fixed("0")),
        )
        .join_from(MESSAGES, MESSAGE_STATE, _JOINED)
        # Not by the index of states: nearly all messages have one of these, and their texts would be read at random.
        .where(within, kind.in_(ASKING), func.coalesce(MESSAGE_STATE.c.state, "").in_(TOLD))
    )


def _heard(words: _Words, since: datetime, until: datetime) -> Select[Any]:
    given = cast(words.field(EVENTS.c.body, "depth_mm"), Float) > 0.0
    return select(
        EVENTS.c.parcel_id,
        words.epoch(EVENTS.c.started_at),
        EVENTS.c.position,
        words.field(EVENTS.c.body, "source"),
        case((given, fixed("1")), else_=fixed("0")),
    ).where(EVENTS.c.started_at >= since, EVENTS.c.started_at < until + 14 * SAME_WATER)
