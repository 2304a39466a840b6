"""Parcels, water given to them, and the people who are told."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from cloud.adapters.personal import PersonalKeys, comparable_number, mobile_number
from cloud.adapters.store.database import Database, Writer
from cloud.adapters.store.tables import EVENTS, FARMER_STATE, FARMERS, PARCEL_STATE, PARCELS
from cloud.adapters.store.versions import save_versions
from cloud.messages import Farmer
from cloud.records import IrrigationEvent, Parcel

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
        rows = {event.digest(): event for event in events}
        with self.writing() as writer:
            held = set[str]()
            for digests in _chunks(list(rows)):
                held.update(
                    writer.connection.execute(select(EVENTS.c.digest).where(EVENTS.c.digest.in_(digests))).scalars()
                )
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
        """Keep people, encrypted; InputError names who has no number that can receive an SMS."""
        checked = [
            farmer.model_copy(
                update={"phone_number": mobile_number(farmer.phone_number, subject=f"farmer {farmer.id}")}
            )
            for farmer in farmers
        ]
        with self.writing() as writer:
            for farmer in checked:
                _save_farmer(writer, self._keys, farmer)

    def farmer(self, farmer_id: str) -> Farmer | None:
        """One person by id."""
        with self.reading() as connection:
            return farmer_in(connection, self._keys, farmer_id)

    def farmer_by_phone(self, number: str) -> Farmer | None:
        """Who has a telephone number now; where several share one, the first id."""
        index = self._keys.blind_index(comparable_number(number))
        statement = (
            select(FARMER_STATE.c.farmer_id)
            .where(FARMER_STATE.c.phone_index == index)
            .order_by(FARMER_STATE.c.farmer_id)
            .limit(1)
        )
        with self.reading() as connection:
            farmer_id = connection.execute(statement).scalar_one_or_none()
            return None if farmer_id is None else farmer_in(connection, self._keys, farmer_id)


def farmer_in(connection: Connection, keys: PersonalKeys, farmer_id: str) -> Farmer | None:
    """One person read within a transaction."""
    row = _farmer_row(connection, farmer_id)
    return None if row is None else _unsealed(keys, row)


def _farmer_row(connection: Connection, farmer_id: str) -> Row[Any] | None:
    statement = (
        select(FARMERS)
        .join_from(FARMER_STATE, FARMERS, FARMER_STATE.c.farmer == FARMERS.c.position)
        .where(FARMER_STATE.c.farmer_id == farmer_id)
    )
    return connection.execute(statement).one_or_none()


def _unsealed(keys: PersonalKeys, row: Row[Any]) -> Farmer:
    content = json.loads(keys.unseal(row.sealed, _record_id(row.farmer_id, row.version)))
    return Farmer(id=row.farmer_id, **content)


def _record_id(farmer_id: str, version: int) -> str:
    return f"farmer/{farmer_id}/{version}"


def _save_farmer(writer: Writer, keys: PersonalKeys, farmer: Farmer) -> None:
    row = _farmer_row(writer.connection, farmer.id)
    if row is not None and _unsealed(keys, row) == farmer:
        return
    version = 1 if row is None else row.version + 1
    plain = farmer.model_dump_json(exclude={"id"})
    content = {
        "farmer_id": farmer.id,
        "version": version,
        "phone_index": keys.blind_index(farmer.phone_number),
        "sealed": keys.seal(plain, _record_id(farmer.id, version)),
    }
    (position,) = writer.add("farmer", [content])
    state = {"farmer_id": farmer.id, "farmer": position, "phone_index": content["phone_index"]}
    writer.put(FARMER_STATE, [state])


def _chunks(digests: Sequence[str]) -> list[Sequence[str]]:
    return [digests[start : start + _CHUNK] for start in range(0, len(digests), _CHUNK)]
