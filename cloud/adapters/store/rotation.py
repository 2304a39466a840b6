"""A new generation of master keys: data keys wrapped anew, some at a time, and records never touched.

Each step is a transaction of its own, so a rotation that was killed goes on where it stopped, and everything can be
read at every moment: the keys file holds the older generations until nothing needs them.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Table, func, insert, select, update

from cloud.adapters.personal import PersonalKeys, comparable_number
from cloud.adapters.store.database import Writer
from cloud.adapters.store.erasing import Erasing, overwrite
from cloud.adapters.store.inbox import inbound_record_id
from cloud.adapters.store.land import farmer_record_id
from cloud.adapters.store.people_tables import (
    DATA_KEYS,
    ERASURES,
    FARMER_NUMBERS,
    INBOUND_INDEX,
    MASTER_STATE,
    RESEALED,
)
from cloud.adapters.store.sending_tables import WAITING_REPORTS
from cloud.adapters.store.tables import FARMER_STATE, FARMERS, INBOUND, LIMITS, REVIEWS
from cloud.adapters.store.vault import STAFF, data_key_in, key_of, number, opened, person, seal_in, wrapped

AT_ONCE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Old:
    """A record that a master key sealed itself, before there were data keys."""

    record_id: str
    holder: str
    at: datetime | None


class Rotation(Erasing):
    """The side of the store that changes its keys."""

    def master(self) -> str | None:
        """Name of the generation that is in force in this database; None before any rotation."""
        with self.reading() as connection:
            return connection.execute(select(MASTER_STATE.c.master)).scalar_one_or_none()

    def take_master(self, ring: PersonalKeys) -> None:
        """Put a generation in force: from now on everything is sealed under it."""
        self._keys = ring
        with self.writing() as writer:
            writer.put(MASTER_STATE, [{"id": 1, "master": ring.name}])

    def wrap_anew(self, at_once: int = AT_ONCE) -> Iterator[int]:
        """Wrap data keys under the generation in force, some at a time; how many each step did."""
        while True:
            with self.writing() as writer:
                overwrite(writer)
                old = select(DATA_KEYS).where(DATA_KEYS.c.master != self._keys.name).limit(at_once)
                rows = list(writer.connection.execute(old))
                for row in rows:
                    _wrap(writer, self._keys, row)
            if not rows:
                self.scrub()
                return
            yield len(rows)

    def seal_anew(self, at_once: int = AT_ONCE) -> Iterator[int]:
        """Seal what a master key sealed itself under data keys beside it, some at a time; how many each step did."""
        for table in (FARMERS, INBOUND, REVIEWS, LIMITS):
            after = 0
            while True:
                with self.writing() as writer:
                    rows = _after(writer, table, after, at_once)
                    done = sum(_seal(writer, self._keys, table, row) for row in rows)
                if not rows:
                    break
                after = rows[-1].position
                if done:
                    yield done

    def needs_older(self) -> int:
        """How many data keys and records still need a generation before the one in force."""
        with self.reading() as connection:
            behind = select(func.count()).select_from(DATA_KEYS).where(DATA_KEYS.c.master != self._keys.name)
            held = frozenset(connection.execute(select(RESEALED.c.digest)).scalars())
            old = sum(
                key_of(bytes(row.sealed)) is None and _digest(row) not in held and _still_wanted(connection, table, row)
                for table in (FARMERS, INBOUND, REVIEWS, LIMITS)
                for row in connection.execute(select(table))
            )
            return int(connection.execute(behind).scalar_one()) + old


def _wrap(writer: Writer, ring: PersonalKeys, row: Row[Any]) -> None:
    key = opened(ring, row)
    fresh = wrapped(ring, key)
    writer.connection.execute(update(DATA_KEYS).where(DATA_KEYS.c.key_id == row.key_id).values(**fresh))
    if key.holder.startswith(number("")):
        _index_anew(writer, ring, key.holder.removeprefix(number("")))


def _index_anew(writer: Writer, ring: PersonalKeys, held: str) -> None:
    current, *before = ring.blind_indexes(held)
    for table in (FARMER_STATE, FARMER_NUMBERS, INBOUND_INDEX, WAITING_REPORTS):
        column = table.c.phone_index
        writer.connection.execute(update(table).where(column.in_(before)).values(phone_index=current))


def _after(writer: Writer, table: Table, position: int, at_once: int) -> list[Row[Any]]:
    statement = select(table).where(table.c.position > position).order_by(table.c.position).limit(at_once)
    return list(writer.connection.execute(statement))


def _seal(writer: Writer, ring: PersonalKeys, table: Table, row: Row[Any]) -> bool:
    digest = _digest(row)
    held = select(RESEALED.c.digest).where(RESEALED.c.digest == digest)
    if key_of(bytes(row.sealed)) is not None or writer.connection.execute(held).first() is not None:
        return False
    if not _still_wanted(writer.connection, table, row):
        return False
    old = _old(ring, table, row)
    plain = ring.unseal(bytes(row.sealed), old.record_id)
    sealed = seal_in(writer, ring, holder=old.holder, at=old.at, plain=plain, record_id=old.record_id)
    writer.connection.execute(insert(RESEALED), [{"digest": digest, "sealed": sealed}])
    if table in (FARMERS, INBOUND):
        whose = comparable_number(json.loads(plain)["phone_number"])
        data_key_in(writer, ring, holder=number(whose), at=old.at)
        _index_anew(writer, ring, whose)
    return True


def _old(ring: PersonalKeys, table: Table, row: Row[Any]) -> _Old:
    if table is FARMERS:
        return _Old(record_id=farmer_record_id(row.farmer_id, row.version), holder=person(row.farmer_id), at=None)
    if table is INBOUND:
        record_id = inbound_record_id(row.carrier, row.carrier_id)
        sender = json.loads(ring.unseal(bytes(row.sealed), record_id))["phone_number"]
        return _Old(record_id=record_id, holder=number(comparable_number(sender)), at=row.received_at)
    if table is REVIEWS:
        return _Old(record_id=f"review/{row.parcel_id}/{row.day.isoformat()}/{row.number}", holder=STAFF, at=None)
    return _Old(record_id=f"limits/{row.version}", holder=STAFF, at=None)


def _still_wanted(connection: Any, table: Table, row: Row[Any]) -> bool:  # noqa: ANN401 -- a connection of any kind
    """Whether a record may be read on: not of a person, and no text of one, whose data were erased."""
    if table is FARMERS:
        gone = select(ERASURES.c.position).where(ERASURES.c.farmer_id == row.farmer_id)
        return connection.execute(gone.limit(1)).first() is None
    if table is INBOUND:
        indexed = select(INBOUND_INDEX.c.inbound).where(INBOUND_INDEX.c.inbound == row.position)
        return connection.execute(indexed).first() is not None
    return True


def _digest(row: Row[Any]) -> str:
    return hashlib.sha256(bytes(row.sealed)).hexdigest()
