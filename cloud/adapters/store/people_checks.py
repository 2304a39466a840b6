"""What an audit asks of people's states: the indexes of their numbers, and keys that went without a word."""

import json
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, select

from cloud.adapters.personal import PersonalKeys, comparable_number
from cloud.adapters.store.land import farmer_record_id
from cloud.adapters.store.people_tables import ERASURES, FARMER_NUMBERS, INBOUND_INDEX
from cloud.adapters.store.rows import RECORDS
from cloud.adapters.store.tables import FARMER_STATE, FARMERS, INBOUND
from cloud.adapters.store.vault import key_of, missing_keys, ring_of, unseal_many
from cloud.errors import CloudError
from cloud.messages import Inbound

_SEALED: Final = {kind: record.table for kind, record in RECORDS.items() if "sealed" in record.table.c}
"""Records with a sealed part, by kind."""
_AT_ONCE: Final = 500


def people_problems(connection: Connection, keys: PersonalKeys) -> Iterator[str]:
    """Each state of people that does not follow from what was written, one line each."""
    ring = ring_of(connection, keys)
    yield from _lost_keys(connection)
    yield from _wrong_numbers(connection, ring)
    yield from _wrong_senders(connection, ring)


def _lost_keys(connection: Connection) -> Iterator[str]:
    """A key may only go by an erasure that says so."""
    told = frozenset(
        key_id for body in connection.execute(select(ERASURES.c.body)).scalars() for key_id in json.loads(body)["keys"]
    )
    for kind, table in _SEALED.items():
        lost: set[str] = set()
        for sealed in connection.execute(select(table.c.sealed)).scalars():
            key_id = key_of(bytes(sealed))
            if key_id is not None and key_id not in told:
                lost.add(key_id)
        for key_id in sorted(missing_keys(connection, lost)):
            yield f"{kind} records under data key {key_id[:8]}: their key is gone and no erasure says so"


def _wrong_numbers(connection: Connection, ring: PersonalKeys) -> Iterator[str]:
    statement = (
        select(FARMERS, FARMER_STATE.c.phone_index.label("held_index"))
        .join_from(FARMER_STATE, FARMERS, FARMER_STATE.c.farmer == FARMERS.c.position)
        .order_by(FARMERS.c.farmer_id)
    )
    held = {
        (row.farmer_id, row.phone_index)
        for row in connection.execute(select(FARMER_NUMBERS).where(FARMER_NUMBERS.c.until.is_(None)))
    }
    erased = frozenset(connection.execute(select(ERASURES.c.farmer_id)).scalars())
    rows = list(connection.execute(statement))
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        pairs = [(row.sealed, farmer_record_id(row.farmer_id, row.version)) for row in some]
        for row, text in zip(some, _texts(connection, ring, pairs), strict=True):
            if text is None or row.farmer_id in erased:
                continue
            right = ring.blind_indexes(json.loads(text)["phone_number"])
            if row.held_index not in right or not any((row.farmer_id, index) in held for index in right):
                yield f"number of farmer {row.farmer_id}: is not found by its index: it was changed"


def _wrong_senders(connection: Connection, ring: PersonalKeys) -> Iterator[str]:
    statement = select(INBOUND, INBOUND_INDEX.c.phone_index.label("held_index")).outerjoin(
        INBOUND_INDEX, INBOUND_INDEX.c.inbound == INBOUND.c.position
    )
    rows = list(connection.execute(statement.order_by(INBOUND.c.position)))
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        pairs = [(row.sealed, f"inbound/{row.carrier}/{row.carrier_id}") for row in some]
        for row, text in zip(some, _texts(connection, ring, pairs), strict=True):
            if text is None or (row.held_index is None and key_of(bytes(row.sealed)) is None):
                # Erased, or sealed before there were data keys and forgotten since.
                continue
            sender = comparable_number(Inbound.model_validate_json(text).phone_number)
            if row.held_index not in ring.blind_indexes(sender):
                yield f"sender of inbound {row.carrier}/{row.carrier_id}: is not the one of its text: it was changed"


def _texts(connection: Connection, ring: PersonalKeys, pairs: list[tuple[bytes, str]]) -> list[str | None]:
    """Texts that can be read; what cannot is named by its own digest or by its lost key already."""
    try:
        return unseal_many(connection, ring, pairs)
    except CloudError:
        return [_text(connection, ring, pair) for pair in pairs]


def _text(connection: Connection, ring: PersonalKeys, pair: tuple[bytes, str]) -> str | None:
    try:
        return unseal_many(connection, ring, [pair])[0]
    except CloudError:
        return None
