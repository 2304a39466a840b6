"""Personal data at rest: sealed by a data key of its holder and month, which a master key wraps.

Records are append-only, so what must be forgotten is forgotten by its key: data keys stand in a table of their own,
outside the ledger. Destroying one makes every record under it unreadable, and the ledger's digests, which cover the
ciphertext, still verify. A rotation of the master keys wraps the data keys anew and touches no record.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, insert, select

from cloud.adapters.personal import FIRST, KEY_BYTES, MasterKey, PersonalKeys, unreadable
from cloud.adapters.store.database import Writer
from cloud.adapters.store.people_tables import DATA_KEYS, MASTER_STATE, RESEALED
from cloud.errors import ConfigurationError, ErasedError, IntegrityError

STAFF: Final = "staff"
"""Holder of what people who decide and record said about themselves."""
_FIRST_LAYOUT: Final = b"\x01"
_LAYOUT: Final = b"\x02"
_ID_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_HEADER: Final = 1 + _ID_BYTES
_CHUNK: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """A key opened: whose records it seals, and since which month."""

    key_id: str
    holder: str
    period: str
    key: bytes = field(repr=False)

    def index(self, text: str) -> str:
        """Keyed digest that dies with the key [64 hex digits]."""
        return hashlib.blake2b(text.encode(), key=self.key, digest_size=32).hexdigest()

    def seal(self, plain: str, record_id: str) -> bytes:
        """Ciphertext that opens only under the same record id."""
        nonce = os.urandom(_NONCE_BYTES)
        body = AESGCM(self.key).encrypt(nonce, plain.encode(), record_id.encode())
        return _LAYOUT + bytes.fromhex(self.key_id) + nonce + body


def person(farmer_id: str) -> str:
    """Holder of what is known of a person."""
    return f"person/{farmer_id}"


def number(phone_number: str) -> str:
    """Holder of what came from a telephone number."""
    return f"number/{phone_number}"


def data_key_in(writer: Writer, keys: PersonalKeys, *, holder: str, at: datetime | None) -> DataKey:
    """The key of a holder's records of a month (without a moment: of those that stay), drawn when there is none."""
    return key_by(writer, ring_of(writer.connection, keys), holder=holder, at=at)


def key_by(writer: Writer, ring: PersonalKeys, *, holder: str, at: datetime | None) -> DataKey:
    """The same where the keys in force are at hand already."""
    period = "" if at is None else at.astimezone(UTC).strftime("%Y-%m")
    found = writer.connection.execute(
        select(DATA_KEYS).where(DATA_KEYS.c.holder.in_(ring.blind_indexes(holder)), DATA_KEYS.c.period == period)
    ).first()
    if found is not None:
        return opened(ring, found)
    drawn = DataKey(key_id=os.urandom(_ID_BYTES).hex(), holder=holder, period=period, key=os.urandom(KEY_BYTES))
    writer.connection.execute(insert(DATA_KEYS), [wrapped(ring, drawn)])
    return drawn


def seal_in(
    writer: Writer, keys: PersonalKeys, *, holder: str, at: datetime | None, plain: str, record_id: str
) -> bytes:
    """Ciphertext of a text under its holder's key of the month."""
    return data_key_in(writer, keys, holder=holder, at=at).seal(plain, record_id)


def unseal_in(connection: Connection, keys: PersonalKeys, sealed: bytes, record_id: str) -> str:
    """Text of a ciphertext; ErasedError when its key was destroyed, IntegrityError when it is not what it was."""
    (plain,) = unseal_many(connection, keys, [(sealed, record_id)])
    if plain is None:
        raise ErasedError(f"personal data of {record_id}: erased; nobody can read it again")
    return plain


def unseal_many(connection: Connection, keys: PersonalKeys, pairs: Iterable[tuple[bytes, str]]) -> list[str | None]:
    """Texts of many ciphertexts with their record ids, in order; None where the key was destroyed."""
    texts: list[str | None] = []
    remaining = iter(pairs)
    while chunk := list(islice(remaining, _CHUNK)):
        texts += _unseal_chunk(connection, keys, chunk)
    return texts


def key_of(sealed: bytes) -> str | None:
    """Id of the data key that a ciphertext needs; None where a master key sealed it itself."""
    return sealed[1:_HEADER].hex() if sealed[:1] == _LAYOUT else None


def missing_keys(connection: Connection, key_ids: Iterable[str]) -> frozenset[str]:
    """Of some data keys those that are not there any more."""
    wanted = sorted(set(key_ids))
    held: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        held.update(connection.execute(select(DATA_KEYS.c.key_id).where(DATA_KEYS.c.key_id.in_(some))).scalars())
    return frozenset(wanted) - held


def ring_of(connection: Connection, keys: PersonalKeys) -> PersonalKeys:
    """The keys, read again where another process has put a newer generation in force."""
    current = connection.execute(select(MASTER_STATE.c.master)).scalar_one_or_none()
    if current is None or current == keys.name:
        return keys
    ring = keys.reread()
    if ring.generation(current) is None:
        raise ConfigurationError(
            f"personal-data keys: expected generation {current}, which this database uses, got up to {ring.name};"
            " give this process the rotated key file"
        )
    return ring


def wrapped(ring: PersonalKeys, key: DataKey) -> dict[str, Any]:
    """Row of a data key under the current generation."""
    content = json.dumps({"key": key.key.hex(), "holder": key.holder}, ensure_ascii=False)
    return {
        "key_id": key.key_id,
        "holder": ring.blind_index(key.holder),
        "period": key.period,
        "master": ring.name,
        "wrapped": ring.current.wrap(content.encode(), f"data-key/{key.key_id}/{key.period}"),
    }


def opened(ring: PersonalKeys, row: Row[Any]) -> DataKey:
    """A data key of its row; IntegrityError when the row was changed or its generation is not at hand."""
    generation: MasterKey | None = ring.generation(row.master) or ring.reread().generation(row.master)
    subject = f"data-key/{row.key_id}/{row.period}"
    plain = None if generation is None else generation.unwrap(row.wrapped, subject)
    if plain is None:
        raise unreadable(subject)
    content = json.loads(plain)
    return DataKey(key_id=row.key_id, holder=content["holder"], period=row.period, key=bytes.fromhex(content["key"]))


def _unseal_chunk(connection: Connection, keys: PersonalKeys, pairs: Sequence[tuple[bytes, str]]) -> list[str | None]:
    current = [(_renewed(connection, keys, sealed, record_id), record_id) for sealed, record_id in pairs]
    ids = sorted({key_id for sealed, _ in current if (key_id := key_of(sealed)) is not None})
    rows = connection.execute(select(DATA_KEYS).where(DATA_KEYS.c.key_id.in_(ids))) if ids else ()
    held = {row.key_id: row for row in rows}
    return [_text(keys, held, sealed, record_id) for sealed, record_id in current]


def _renewed(connection: Connection, keys: PersonalKeys, sealed: bytes, record_id: str) -> bytes:
    """What stands in the place of a ciphertext that a master key sealed itself and that is not at hand any more."""
    if key_of(sealed) is not None or any(one.unwrap(sealed, record_id) is not None for one in keys.generations):
        return sealed
    digest = hashlib.sha256(sealed).hexdigest()
    newer = connection.execute(select(RESEALED.c.sealed).where(RESEALED.c.digest == digest)).scalar_one_or_none()
    return sealed if newer is None else bytes(newer)


def _text(keys: PersonalKeys, held: dict[str, Row[Any]], sealed: bytes, record_id: str) -> str | None:
    key_id = key_of(sealed)
    if key_id is None:
        return _by_master(keys, sealed, record_id)
    row = held.get(key_id)
    if row is None:
        # Cut short is damage; a whole id without its key is an erasure.
        if len(sealed) < _HEADER + _NONCE_BYTES:
            raise unreadable(record_id)
        return None
    nonce, body = sealed[_HEADER : _HEADER + _NONCE_BYTES], sealed[_HEADER + _NONCE_BYTES :]
    try:
        return AESGCM(opened(keys, row).key).decrypt(nonce, body, record_id.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise unreadable(record_id) from error


def _by_master(keys: PersonalKeys, sealed: bytes, record_id: str) -> str | None:
    """Text of what a master key sealed itself, before there were data keys; None where that key was forgotten."""
    try:
        return keys.unseal(sealed, record_id)
    except IntegrityError:
        if sealed[:1] == _FIRST_LAYOUT and keys.generation(FIRST) is None:
            return None
        raise
