"""Parcels, water given to them, and the people who are told."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from cloud.adapters.personal import PersonalKeys, comparable_number, mobile_number
from cloud.adapters.store.database import Database, Writer
from cloud.adapters.store.people_tables import ERASURES, FARMER_NUMBERS
from cloud.adapters.store.tables import EVENTS, FARMER_STATE, FARMERS, PARCEL_STATE, PARCELS
from cloud.adapters.store.vault import key_by, person, ring_of, unseal_many
from cloud.adapters.store.vault import number as number_of
from cloud.adapters.store.versions import save_versions
from cloud.errors import InputError
from cloud.messages import Farmer
from cloud.people.numbers import Holding, owners
from cloud.records import IrrigationEvent, Language, Parcel

NOBODYS: Final = ""
"""Index of the number of a person whose data were erased."""
_CHUNK: Final = 400


class Land(Database):
    """What does not come from a camera: land, water and people."""

    def save_parcels(self, parcels: Sequence[Parcel]) -> None:
        """Keep parcels; one that changed becomes a new version, none is ever removed."""
        rows = [{"parcel_id": p.id, "digest": p.digest(), "body": p.model_dump_json()} for p in parcels]
        with self.writing() as writer:
            added = save_versions(writer, "parcel", ("parcel_id",), rows)
            writer.put(PARCEL_STATE, [{"parcel_id": key[0], "parcel": position} for key, position in added.items()])

    def parcels(self) -> tuple[Parcel, ...]:
        """All parcels in their latest version, by id; one that cannot be read any more is left out."""
        statement = (
            select(PARCELS.c.parcel_id, PARCELS.c.body)
            .join_from(PARCEL_STATE, PARCELS, PARCEL_STATE.c.parcel == PARCELS.c.position)
            .order_by(PARCELS.c.parcel_id)
        )
        with self.reading() as connection:
            rows = ((f"parcel {row.parcel_id}", row.body) for row in connection.execute(statement))
            return self._unusable.read(Parcel, rows)

    def add_events(self, events: Sequence[IrrigationEvent]) -> None:
        """Keep irrigation events; the same event said again changes nothing."""
        with self.writing() as writer:
            add_events_in(writer, events)

    def events(self) -> tuple[IrrigationEvent, ...]:
        """All irrigation events, oldest first; one that cannot be read any more is left out."""
        columns = (EVENTS.c.parcel_id, EVENTS.c.started_at, EVENTS.c.body)
        statement = select(*columns).order_by(EVENTS.c.started_at, EVENTS.c.position)
        with self.reading() as connection:
            rows = (
                (f"irrigation of {row.parcel_id} on {row.started_at.isoformat()}", row.body)
                for row in connection.execute(statement)
            )
            return self._unusable.read(IrrigationEvent, rows)

    def save_farmers(self, farmers: Sequence[Farmer]) -> None:
        """Keep people, encrypted; InputError names who has no number that can receive an SMS, or was erased."""
        checked = [
            farmer.model_copy(
                update={"phone_number": mobile_number(farmer.phone_number, subject=f"farmer {farmer.id}")}
            )
            for farmer in farmers
        ]
        with self.writing() as writer:
            ring = ring_of(writer.connection, self._keys)
            for farmer in checked:
                _save_farmer(writer, ring, farmer)

    def change_language(self, farmer_id: str, language: Language) -> None:
        """A person reads another language from now on; read and kept at once, so that no other change is undone."""
        with self.writing() as writer:
            found = farmer_in(writer.connection, self._keys, farmer_id)
            if found is not None:
                ring = ring_of(writer.connection, self._keys)
                _save_farmer(writer, ring, found.model_copy(update={"language": language}))

    def farmer(self, farmer_id: str) -> Farmer | None:
        """One person by id; None when nobody has it, or their data were erased."""
        with self.reading() as connection:
            return farmer_in(connection, self._keys, farmer_id)

    def farmers(self) -> tuple[Farmer, ...]:
        """Everybody, by id; one whose data were erased is left out."""
        statement = (
            select(FARMERS)
            .join_from(FARMER_STATE, FARMERS, FARMER_STATE.c.farmer == FARMERS.c.position)
            .where(FARMER_STATE.c.phone_index != NOBODYS)
            .order_by(FARMERS.c.farmer_id)
        )
        with self.reading() as connection:
            rows = list(connection.execute(statement))
            texts = unseal_many(connection, self._keys, [_sealed_pair(row) for row in rows])
            return tuple(
                _farmer(row.farmer_id, text) for row, text in zip(rows, texts, strict=True) if text is not None
            )

    def farmer_by_phone(self, number: str) -> Farmer | None:
        """Who has a telephone number now; where several share one, the first id."""
        with self.reading() as connection:
            indexes = ring_of(connection, self._keys).blind_indexes(comparable_number(number))
            now = [one.farmer_id for one in holdings_in(connection, indexes) if one.until is None]
            return farmer_in(connection, self._keys, now[0]) if now else None

    def farmers_of_number(self, number: str) -> tuple[str, ...]:
        """Ids of all who have a telephone number now, else of who had it until a few days ago."""
        with self.reading() as connection:
            indexes = ring_of(connection, self._keys).blind_indexes(comparable_number(number))
            return owners(holdings_in(connection, indexes), self._clock())


def add_events_in(writer: Writer, events: Sequence[IrrigationEvent]) -> None:
    """Keep irrigation events within a transaction; the same event said again changes nothing."""
    rows = {event.digest(): event for event in events}
    held = set[str]()
    for digests in _chunks(list(rows)):
        held.update(writer.connection.execute(select(EVENTS.c.digest).where(EVENTS.c.digest.in_(digests))).scalars())
    fresh = [
        {
            "parcel_id": event.parcel_id,
            "started_at": event.started_at,
            "digest": digest,
            "body": event.model_dump_json(),
        }
        for digest, event in rows.items()
        if digest not in held
    ]
    writer.add("event", fresh)


def farmer_in(connection: Connection, keys: PersonalKeys, farmer_id: str) -> Farmer | None:
    """One person read within a transaction; None when nobody has the id, or their data were erased."""
    row = _farmer_row(connection, farmer_id)
    return None if row is None or row.held_index == NOBODYS else _unsealed(connection, keys, row)


def farmers_in(connection: Connection, keys: PersonalKeys, farmer_ids: Sequence[str]) -> dict[str, Farmer]:
    """People read together within a transaction, by id; who is not known, or was erased, is left out."""
    rows: list[Row[Any]] = []
    for names in _chunks(farmer_ids):
        statement = (
            select(FARMERS)
            .join_from(FARMER_STATE, FARMERS, FARMER_STATE.c.farmer == FARMERS.c.position)
            .where(FARMER_STATE.c.farmer_id.in_(names), FARMER_STATE.c.phone_index != NOBODYS)
        )
        rows += connection.execute(statement)
    texts = unseal_many(connection, keys, [_sealed_pair(row) for row in rows])
    found = ((row.farmer_id, text) for row, text in zip(rows, texts, strict=True) if text is not None)
    return {farmer_id: _farmer(farmer_id, text) for farmer_id, text in found}


def farmer_versions_in(connection: Connection, keys: PersonalKeys, farmer_id: str) -> tuple[Farmer, ...]:
    """A person as they were over time, oldest first; what was erased is left out."""
    rows = list(connection.execute(select(FARMERS).where(FARMERS.c.farmer_id == farmer_id).order_by(FARMERS.c.version)))
    texts = unseal_many(connection, keys, [_sealed_pair(row) for row in rows])
    return tuple(_farmer(farmer_id, text) for text in texts if text is not None)


def holdings_in(connection: Connection, indexes: Sequence[str]) -> tuple[Holding, ...]:
    """Who has or had a number, by its index under every generation of keys."""
    statement = (
        select(FARMER_NUMBERS)
        .where(FARMER_NUMBERS.c.phone_index.in_(indexes))
        .order_by(FARMER_NUMBERS.c.farmer_id, FARMER_NUMBERS.c.since)
    )
    return tuple(
        Holding(farmer_id=row.farmer_id, since=row.since, until=row.until) for row in connection.execute(statement)
    )


def farmer_record_id(farmer_id: str, version: int) -> str:
    """Name under which a version of a person is sealed."""
    return f"farmer/{farmer_id}/{version}"


def _farmer_row(connection: Connection, farmer_id: str) -> Row[Any] | None:
    statement = (
        select(FARMERS, FARMER_STATE.c.phone_index.label("held_index"))
        .join_from(FARMER_STATE, FARMERS, FARMER_STATE.c.farmer == FARMERS.c.position)
        .where(FARMER_STATE.c.farmer_id == farmer_id)
    )
    return connection.execute(statement).one_or_none()


def _sealed_pair(row: Row[Any]) -> tuple[bytes, str]:
    return row.sealed, farmer_record_id(row.farmer_id, row.version)


def _unsealed(connection: Connection, keys: PersonalKeys, row: Row[Any]) -> Farmer | None:
    (text,) = unseal_many(connection, keys, [_sealed_pair(row)])
    return None if text is None else _farmer(row.farmer_id, text)


def _farmer(farmer_id: str, text: str) -> Farmer:
    return Farmer(id=farmer_id, **json.loads(text))


def _save_farmer(writer: Writer, ring: PersonalKeys, farmer: Farmer) -> None:
    row = _farmer_row(writer.connection, farmer.id)
    if row is not None:
        _must_not_be_erased(writer.connection, farmer.id)
        if _unsealed(writer.connection, ring, row) == farmer:
            return
    version = 1 if row is None else row.version + 1
    key = key_by(writer, ring, holder=person(farmer.id), at=None)
    content = {
        "farmer_id": farmer.id,
        "version": version,
        # Searched nowhere: the index that is stands in a state, and this one dies with the person's key.
        "phone_index": key.index(farmer.phone_number),
        "sealed": key.seal(farmer.model_dump_json(exclude={"id"}), farmer_record_id(farmer.id, version)),
    }
    (position,) = writer.add("farmer", [content])
    index = ring.blind_index(farmer.phone_number)
    writer.put(FARMER_STATE, [{"farmer_id": farmer.id, "farmer": position, "phone_index": index}])
    # Its key carries the number, so that a rotation can index it anew.
    key_by(writer, ring, holder=number_of(farmer.phone_number), at=None)
    if row is None or not _holds_still(writer, ring, farmer):
        held = {"farmer_id": farmer.id, "phone_index": index, "since": writer.now, "until": None}
        writer.put(FARMER_NUMBERS, [held])


def _must_not_be_erased(connection: Connection, farmer_id: str) -> None:
    erased = select(ERASURES.c.position).where(ERASURES.c.farmer_id == farmer_id).limit(1)
    if connection.execute(erased).first() is not None:
        raise InputError(
            f"farmer {farmer_id}: expected an id that is free, got one whose data were erased; choose another id"
        )


def _holds_still(writer: Writer, ring: PersonalKeys, farmer: Farmer) -> bool:
    """Whether a number was a person's before; another one is theirs no more from now on."""
    same = FARMER_NUMBERS.c.phone_index.in_(ring.blind_indexes(farmer.phone_number))
    own = (FARMER_NUMBERS.c.farmer_id == farmer.id) & FARMER_NUMBERS.c.until.is_(None)
    writer.connection.execute(update(FARMER_NUMBERS).where(own, ~same).values(until=writer.now))
    return writer.connection.execute(select(FARMER_NUMBERS.c.farmer_id).where(own, same)).first() is not None


def _chunks(digests: Sequence[str]) -> list[Sequence[str]]:
    return [digests[start : start + _CHUNK] for start in range(0, len(digests), _CHUNK)]
