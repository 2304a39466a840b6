"""Texts heard once, in the order in which they came in, each kept together with everything that it brings about."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import Connection, Row, Select, func, select

from cloud.adapters.personal import PersonalKeys, comparable_number
from cloud.adapters.store.conversation_tables import READINGS, SWAPS
from cloud.adapters.store.database import Database, Writer
from cloud.adapters.store.inbox import inbound_record_id
from cloud.adapters.store.land import add_events_in, holdings_in
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.tables import EVENTS, INBOUND, MESSAGES, PARCEL_STATE, PARCELS, VERDICTS
from cloud.adapters.store.vault import ring_of, unseal_many
from cloud.conversation.reading import WATER, Heard, HeardText, KeptReading, Reading, SwapStep
from cloud.messages import Inbound, Message
from cloud.people.numbers import gave_up, owners
from cloud.records import IrrigationEvent
from cloud.replies import REACHED, TELLS_IRRIGATION, ToldIrrigation, told_by
from edge.gateway_advice import ADVICE_PREFIX
from edge.plan import LONGEST_DAYS

_CHUNK: Final = 400
_USUAL_ZONE: Final = "Africa/Casablanca"
_CHANGES: Final = WATER | {"rain"}
ALONE: Final = timedelta(days=LONGEST_DAYS)
"""A gateway may advise by itself for so long."""


class Conversation(Database):
    """The side of the store that listens."""

    def unheard(self, limit: int) -> tuple[HeardText, ...]:
        """Texts that nobody has read yet, in the order in which they came in."""
        last = select(func.coalesce(func.max(READINGS.c.inbound), 0)).scalar_subquery()
        statement = select(INBOUND).where(INBOUND.c.position > last).order_by(INBOUND.c.position).limit(limit)
        with self.reading() as connection:
            rows = list(connection.execute(statement))
            pairs = [(row.sealed, inbound_record_id(row.carrier, row.carrier_id)) for row in rows]
            if not rows:
                return ()
            ring = ring_of(connection, self._keys)
            texts = unseal_many(connection, self._keys, pairs)
            return tuple(_heard(connection, ring, row, text) for row, text in zip(rows, texts, strict=True))

    def keep_heard(self, text: HeardText, heard: Sequence[Heard], now: datetime) -> tuple[KeptReading, ...]:
        """Keep what a text was taken as, with all its effects, once: nothing where it was heard before."""
        with self.writing() as writer:
            last = writer.connection.execute(select(func.max(READINGS.c.inbound))).scalar_one()
            if last is not None and last >= text.position:
                return ()
            add_events_in(writer, [event for one in heard for event in one.events])
            steps = [one.swap_step for one in heard if one.swap_step is not None]
            keep_swap_steps(writer, steps)
            rows = [
                {
                    "inbound": text.position,
                    "number": number,
                    **one.reading.model_dump(
                        include={"farmer_id", "parcel_id", "meaning", "outcome", "answer", "begins_at", "received_at"}
                    ),
                    "changes": _changes(one),
                    "heard_at": now,
                    "body": one.reading.model_dump_json(),
                }
                for number, one in enumerate(heard)
            ]
            places = writer.add("reading", rows)
        return tuple(KeptReading(position=place, reading=one.reading) for place, one in zip(places, heard, strict=True))

    def readings_of(self, farmer_ids: Collection[str], since: datetime) -> tuple[KeptReading, ...]:
        """What people said since a moment, oldest first."""
        return self._readings(
            select(READINGS)
            .where(READINGS.c.farmer_id.in_(list(farmer_ids)), READINGS.c.received_at >= since)
            .order_by(READINGS.c.position)
        )

    def readings_meaning(self, meanings: Collection[str], since: datetime) -> tuple[KeptReading, ...]:
        """Texts of some meanings that came in since a moment, oldest first."""
        return self._readings(
            select(READINGS)
            .where(READINGS.c.meaning.in_(list(meanings)), READINGS.c.received_at >= since)
            .order_by(READINGS.c.position)
        )

    def notes_since(self, since: datetime) -> tuple[str, ...]:
        """What agronomists should know of texts heard since a moment."""
        kept = self._readings(select(READINGS).where(READINGS.c.heard_at >= since).order_by(READINGS.c.position))
        return tuple(one.reading.note for one in kept if one.reading.note is not None)

    def answer_counts(self) -> tuple[tuple[str, float, float], ...]:
        """Of each farmer who answered: irrigations given (half ones half) and not, by the last word about each."""
        table = READINGS
        last = (
            select(func.max(table.c.position))
            .where(table.c.meaning.in_(sorted(WATER)), table.c.outcome == "taken")
            .group_by(table.c.farmer_id, table.c.parcel_id, func.coalesce(table.c.begins_at, table.c.received_at))
        )
        counted = (
            select(table.c.farmer_id, table.c.meaning, func.count().label("times"))
            .where(table.c.position.in_(last), table.c.farmer_id.is_not(None))
            .group_by(table.c.farmer_id, table.c.meaning)
            .order_by(table.c.farmer_id)
        )
        found: dict[str, tuple[float, float]] = {}
        with self.reading() as connection:
            for farmer_id, meaning, times in connection.execute(counted):
                given, denied = found.get(farmer_id, (0.0, 0.0))
                share = {"done": 1.0, "half": 0.5}.get(meaning, 0.0)
                found[farmer_id] = given + share * times, denied + (1.0 - share) * times
        return tuple((farmer_id, given, denied) for farmer_id, (given, denied) in found.items())

    def told_irrigations(
        self, since: datetime, farmer_ids: Collection[str] | None = None
    ) -> tuple[ToldIrrigation, ...]:
        """Irrigations that reached people, told since a moment, oldest first; of one day's advice the last word."""
        statement = _told_since(since)
        if farmer_ids is not None:
            statement = statement.where(MESSAGES.c.farmer_id.in_(list(farmer_ids)))
        last: dict[tuple[Any, ...], ToldIrrigation | None] = {}
        with self.reading() as connection:
            rows = list(connection.execute(statement))
            zones = _zones(connection, {row.parcel_id for row in rows})
            for row in rows:
                if json.loads(row.body)["kind"] not in TELLS_IRRIGATION:
                    continue
                message = Message.model_validate_json(row.body)
                zone = zones.get(row.parcel_id, _USUAL_ZONE)
                told = told_by(message, row.message_id, row.queued_at, zone)
                about = row.day or (None if told is None else told.begin.astimezone(ZoneInfo(zone)).date())
                last[row.farmer_id, row.parcel_id, about or row.message_id] = told
        return tuple(told for told in last.values() if told is not None)

    def meter_events(self, parcel_ids: Collection[str]) -> tuple[IrrigationEvent, ...]:
        """Irrigations that meters saw on some parcels, oldest first."""
        return tuple(event for event in self.events_of(parcel_ids) if event.source == "meter")

    def events_of(self, parcel_ids: Collection[str]) -> tuple[IrrigationEvent, ...]:
        """All irrigations of some parcels, oldest first; one that cannot be read any more is left out."""
        wanted = sorted(set(parcel_ids))
        found: list[Row[Any]] = []
        with self.reading() as connection:
            for start in range(0, len(wanted), _CHUNK):
                statement = select(EVENTS).where(EVENTS.c.parcel_id.in_(wanted[start : start + _CHUNK]))
                found.extend(connection.execute(statement))
        found.sort(key=lambda row: (row.started_at, row.position))
        rows = ((f"irrigation of {row.parcel_id} on {row.started_at.isoformat()}", row.body) for row in found)
        return self._unusable.read(IrrigationEvent, rows)

    def swap_steps(self, since: date) -> tuple[SwapStep, ...]:
        """What was said of swaps of turns of a day and later, oldest first."""
        statement = select(SWAPS.c.body).where(SWAPS.c.day >= since).order_by(SWAPS.c.position)
        with self.reading() as connection:
            return tuple(SwapStep.model_validate_json(body) for body in connection.execute(statement).scalars())

    def _readings(self, statement: Select[Any]) -> tuple[KeptReading, ...]:
        with self.reading() as connection:
            return tuple(
                KeptReading(position=row.position, reading=Reading.model_validate_json(row.body))
                for row in connection.execute(statement)
            )


def keep_swap_steps(writer: Writer, steps: Sequence[SwapStep]) -> None:
    """Keep what was said of swaps."""
    content = ({**one.model_dump(include={"swap", "act", "day", "at"}), "body": one.model_dump_json()} for one in steps)
    writer.add("swap", list(content))


def _changes(one: Heard) -> bool:
    if one.swap_step is not None:
        return one.swap_step.act in {"agreed", "withdrawn"}
    return one.reading.outcome == "taken" and one.reading.meaning in _CHANGES and one.reading.parcel_id is not None


def _heard(connection: Connection, ring: PersonalKeys, row: Row[Any], text: str | None) -> HeardText:
    """A text with everybody whose number it came from; without its content where that cannot be read any more."""
    try:
        inbound = None if text is None else Inbound.model_validate_json(text)
    except ValidationError:
        inbound = None
    who: tuple[str, ...] = ()
    former: frozenset[str] = frozenset()
    if inbound is not None:
        holdings = holdings_in(connection, ring.blind_indexes(comparable_number(inbound.phone_number)))
        who = owners(holdings, row.received_at)
        former = gave_up(holdings, row.received_at).intersection(who)
    return HeardText(
        position=row.position,
        received_at=row.received_at,
        carrier=row.carrier,
        farmer_ids=who,
        former=former,
        inbound=inbound,
    )


def _told_since(since: datetime) -> Select[Any]:
    """Messages that may have been read, with the day of the advice that each tells.

    What gateways said while they were alone is heard of weeks later, and is looked back for so much longer.
    """
    alone = MESSAGES.c.message_id.startswith(ADVICE_PREFIX) & (MESSAGES.c.queued_at >= since - ALONE)
    day = select(func.max(VERDICTS.c.day)).where(VERDICTS.c.digest == MESSAGES.c.verdict_digest).scalar_subquery()
    return (
        select(MESSAGES, day.label("day"))
        .join(MESSAGE_STATE, MESSAGE_STATE.c.message_id == MESSAGES.c.message_id)
        .where((MESSAGES.c.queued_at >= since) | alone, MESSAGE_STATE.c.state.in_(sorted(REACHED)))
        .order_by(MESSAGES.c.queued_at, MESSAGES.c.position)
    )


def _zones(connection: Connection, parcel_ids: Collection[str]) -> dict[str, str]:
    """Time zones of those of some parcels that are not of the usual one."""
    statement = (
        select(PARCELS.c.parcel_id, PARCELS.c.body)
        .join_from(PARCEL_STATE, PARCELS, PARCEL_STATE.c.parcel == PARCELS.c.position)
        .where(PARCELS.c.body.not_like(f'%"timezone":"{_USUAL_ZONE}"%'))
    )
    if len(parcel_ids) <= _CHUNK:
        statement = statement.where(PARCEL_STATE.c.parcel_id.in_(sorted(parcel_ids)))
    return {row.parcel_id: json.loads(row.body)["timezone"] for row in connection.execute(statement)}
