"""Forgetting: a person by their keys, texts by the keys of their month; records and their hashes stay as they are."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, text, update

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.database import Writer
from cloud.adapters.store.land import NOBODYS, farmer_versions_in, holdings_in
from cloud.adapters.store.people import People, must_be_known
from cloud.adapters.store.people_tables import DATA_KEYS, ERASURES, FARMER_NUMBERS, INBOUND_INDEX
from cloud.adapters.store.person_reads import PersonReads
from cloud.adapters.store.sending_tables import MESSAGE_STATE, WAITING_REPORTS
from cloud.adapters.store.tables import FARMER_STATE, FARMERS, INBOUND, MESSAGES
from cloud.adapters.store.vault import STAFF, key_of, number, opened, person, ring_of, seal_in
from cloud.people.erasure import Erasure, first_kept_month

_CHUNK = 400


@dataclass(slots=True, kw_only=True)
class _Doomed:
    """What an erasure gathers before anything goes."""

    keys: set[str] = field(default_factory=set)
    indexes: set[str] = field(default_factory=set)
    """By which numbers of this person alone are found."""
    shared_numbers: int = 0


class Erasing(People, PersonReads):
    """The forgetting side of the store."""

    def waiting_for(self, farmer_id: str) -> tuple[str, ...]:
        """Messages to a person that wait to be sent."""
        statement = (
            select(MESSAGES.c.message_id)
            .join(MESSAGE_STATE, MESSAGE_STATE.c.message_id == MESSAGES.c.message_id)
            .where(MESSAGES.c.farmer_id == farmer_id, MESSAGE_STATE.c.state == "queued")
        )
        with self.reading() as connection:
            return tuple(connection.execute(statement).scalars())

    def erase_farmer(self, farmer_id: str, *, by: str, why: str) -> Erasure:
        """Make a person's names, numbers, texts, consents' notes and looks unreadable for good.

        InputError when nobody has the id. What is about water stays under the id, which then names nobody.
        """
        with self.writing() as writer:
            must_be_known(writer.connection, farmer_id)
            overwrite(writer)
            doomed = _doomed(writer, self._keys, farmer_id)
            versions = _versions(writer, farmer_id)
            texts = _forget_senders(writer, doomed.keys)
            waiting = WAITING_REPORTS.c.phone_index.in_(doomed.indexes)
            writer.connection.execute(update(WAITING_REPORTS).where(waiting).values(phone_index=None))
            writer.connection.execute(delete(FARMER_NUMBERS).where(FARMER_NUMBERS.c.farmer_id == farmer_id))
            writer.connection.execute(
                update(FARMER_STATE).where(FARMER_STATE.c.farmer_id == farmer_id).values(phone_index=NOBODYS)
            )
            erasure = Erasure(
                cause="person",
                keys=tuple(sorted(doomed.keys)),
                versions=len(versions),
                texts=texts,
                shared_numbers=doomed.shared_numbers,
                older=sum(key_of(sealed) is None for sealed in versions),
            )
            self._forget(writer, erasure, farmer_id, {"by": by, "why": why})
        self.scrub()
        return erasure

    def purge_texts(self, now: datetime, keep_days: int, *, by: str) -> Erasure | None:
        """Make texts unreadable that are older than they are kept, month by month; None when there are none."""
        with self.writing() as writer:
            overwrite(writer)
            ring = ring_of(writer.connection, self._keys)
            before = first_kept_month(now, keep_days)
            old = select(DATA_KEYS).where(DATA_KEYS.c.period != "", DATA_KEYS.c.period < before)
            found = [opened(ring, row) for row in writer.connection.execute(old)]
            keys = {key.key_id for key in found if key.holder.startswith(number(""))}
            if not keys:
                return None
            erasure = Erasure(cause="retention", keys=tuple(sorted(keys)), texts=_forget_senders(writer, keys))
            self._forget(writer, erasure, None, {"by": by, "why": f"kept for {keep_days} days"})
        self.scrub()
        return erasure

    def erasures(self) -> tuple[tuple[str | None, datetime, Erasure], ...]:
        """Whose data were erased (nobody's: by retention), when and how much, oldest first."""
        with self.reading() as connection:
            rows = connection.execute(select(ERASURES).order_by(ERASURES.c.position))
            return tuple((row.farmer_id, row.at, Erasure.model_validate_json(row.body)) for row in rows)

    def _forget(self, writer: Writer, erasure: Erasure, farmer_id: str | None, signature: dict[str, str]) -> None:
        for some in _chunks(erasure.keys):
            writer.connection.execute(delete(DATA_KEYS).where(DATA_KEYS.c.key_id.in_(some)))
        plain = json.dumps(signature, ensure_ascii=False)
        record_id = f"erasure/{farmer_id or ''}/{writer.now.timestamp():.6f}"
        row = {
            "farmer_id": farmer_id,
            "cause": erasure.cause,
            "at": writer.now,
            "body": erasure.model_dump_json(),
            "sealed": seal_in(writer, self._keys, holder=STAFF, at=None, plain=plain, record_id=record_id),
        }
        writer.add("erasure", [row])

    def scrub(self) -> None:
        """Leave no copy of a destroyed key in the database's own files, as far as a database can."""
        if self._engine.dialect.name == "sqlite":
            # Outside any transaction; a reader that is in the way leaves it to the next checkpoint.
            raw = self._engine.raw_connection()
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.close()
            return
        with self._engine.connect() as plain:
            plain.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM data_keys"))


def overwrite(writer: Writer) -> None:
    """Let what this transaction deletes or replaces not stay behind in the file."""
    # Else what is deleted stays readable in the file until something else takes its place.
    if writer.connection.dialect.name == "sqlite":
        writer.connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _doomed(writer: Writer, keys: PersonalKeys, farmer_id: str) -> _Doomed:
    """Keys that only this person's data need: their own, and those of numbers while nobody else had them."""
    ring = ring_of(writer.connection, keys)
    doomed = _Doomed()
    doomed.keys.update(_keys_of(writer, ring, person(farmer_id), before=None))
    for held in sorted({one.phone_number for one in farmer_versions_in(writer.connection, ring, farmer_id)}):
        others = [one for one in holdings_in(writer.connection, ring.blind_indexes(held)) if one.farmer_id != farmer_id]
        since = min((one.since for one in others), default=None)
        doomed.shared_numbers += bool(others)
        if not others:
            doomed.indexes.update(ring.blind_indexes(held))
        doomed.keys.update(_keys_of(writer, ring, number(held), before=since))
    return doomed


def _keys_of(writer: Writer, ring: PersonalKeys, holder: str, *, before: datetime | None) -> Iterable[str]:
    """Keys of a holder; with a moment only those of the months that ended before it."""
    statement = select(DATA_KEYS.c.key_id).where(DATA_KEYS.c.holder.in_(ring.blind_indexes(holder)))
    if before is not None:
        statement = statement.where(DATA_KEYS.c.period != "", DATA_KEYS.c.period < before.strftime("%Y-%m"))
    return writer.connection.execute(statement).scalars()


def _forget_senders(writer: Writer, keys: set[str]) -> int:
    """Take the senders of texts under some keys out of the index; how many texts there were."""
    statement = select(INBOUND.c.position, INBOUND.c.sealed).join(
        INBOUND_INDEX, INBOUND_INDEX.c.inbound == INBOUND.c.position
    )
    gone = [row.position for row in writer.connection.execute(statement) if key_of(bytes(row.sealed)) in keys]
    for some in _chunks(gone):
        writer.connection.execute(delete(INBOUND_INDEX).where(INBOUND_INDEX.c.inbound.in_(some)))
    return len(gone)


def _versions(writer: Writer, farmer_id: str) -> list[bytes]:
    rows = writer.connection.execute(select(FARMERS.c.sealed).where(FARMERS.c.farmer_id == farmer_id)).scalars()
    return [bytes(sealed) for sealed in rows]


def _chunks(items: Sequence[str] | Sequence[int]) -> Iterable[Sequence[str] | Sequence[int]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
