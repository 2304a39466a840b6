"""Durable queue between the field and the cloud: nothing lost, nothing delivered twice under two names.

A message is committed to the disk under a stable name (boot, sequence) before anyone tries to send it, and leaves
only when the ingest says, in its own words, that it is stored or parked: a broker's PUBACK is not durability.
When the queue passes its cap it is thinned, in this order and oldest first: evidence; then readings, all but the newest
of each subject and hour; then detections likewise; then other readings; then other detections. The onset of stress,
what people wrote and what became of texts for them are never thinned. A message may be given a lifetime, after which it
is dropped and counted; one without lasts until it is acknowledged.

A message whose moment nobody could tell when it was made is held: once somebody vouches for the time it is dated by the
uptime it was made at and leaves; where that never comes (the machine was started anew, or hours went by) it leaves as
it is, without a date. It is never changed once it may have been sent.
"""

import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Final, Literal

from edge.clock import Clock, utc_now
from edge.contract import Ack
from edge.database import Database
from edge.timekeeper import Timekeeper
from edge.voice import tell_operator

Kind = Literal["detection", "evidence", "report", "inbound", "reading", "advice"]
_LOW_WATER: Final = 0.95
_SQLITE_BITS: Final = 63


class Priority(IntEnum):
    """Order of sending; also how readily a message is thinned."""

    ONSET = 0
    DETECTION = 1
    READING = 2
    EVIDENCE = 3


@dataclass(frozen=True, slots=True, order=True)
class QueueId:
    """Stable name of a message within its gateway."""

    boot: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A message that still waits for the ingest's word."""

    name: QueueId
    kind: Kind
    priority: Priority
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """What waits in the queue now."""

    messages: int
    payload_bytes: int
    oldest_at: int | None
    """Unix time [s] at which the oldest waiting message was queued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What an acknowledgement did to the queue."""

    stored: tuple[QueueId, ...]
    parked: tuple[tuple[QueueId, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a message waits for a date: it was made at an uptime of a start of the machine whose clock was wrong."""

    boot: str
    uptime_s: float


def new_boot() -> str:
    """A name no earlier opening of any queue of this gateway had."""
    return secrets.token_hex(4)


class Outbox:
    """The queue in its file; every opening numbers under a boot name of its own."""

    def __init__(
        self,
        path: Path,
        *,
        cap_bytes: int = 64_000_000,
        boot: str | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Clock | None = None,
        tell: Callable[[str], None] = tell_operator,
    ) -> None:
        self.database = Database(path, tell=tell)
        self.boot = boot or new_boot()
        self.clock = clock or Clock(now=now)
        self.timekeeper = Timekeeper(self.database, self.clock)
        self._cap_bytes = cap_bytes
        self._tell = tell

    def put(
        self,
        kind: Kind,
        encode: Callable[[str, int], bytes],
        priority: Priority = Priority.DETECTION,
        subject: str = "",
        *,
        lifetime: timedelta | None = None,
        hold: Hold | None = None,
    ) -> QueueId:
        """Queue what ``encode(boot, sequence)`` writes; committed when this returns, or with the open transaction.

        ``subject`` is the parcel: when space is short, one detection of each parcel and hour outlives the others.
        """
        now, quality = self.timekeeper.believed_now()
        # While the clock is wrong nobody knows when a lifetime ends: the cap alone limits it then.
        ends = None if lifetime is None or quality == "floor" else int((now + lifetime).timestamp())
        with self.database.transaction() as connection:
            (sequence,) = connection.execute(
                "UPDATE total SET value = value + 1 WHERE name = 'last_sequence' RETURNING value"
            ).fetchone()
            payload = encode(self.boot, sequence)
            held = (None, None) if hold is None else (hold.boot, hold.uptime_s)
            connection.execute(
                "INSERT INTO outbox (sequence, boot, kind, priority, subject, made_at, payload, crc, expires_at,"
                " held_boot, held_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(sequence, self.boot, kind, int(priority), subject, int(now.timestamp()), payload),
                    *(zlib.crc32(payload), ends, *held),
                ),
            )
            self._thin()
        return QueueId(self.boot, sequence)

    def pending(self, limit: int, *, with_evidence: bool = True) -> tuple[QueuedMessage, ...]:
        """Messages to send, most urgent and then oldest first; one that is not as it was written is kept aside."""
        last = Priority.EVIDENCE if with_evidence else Priority.READING
        rows = self.database.rows(
            "SELECT boot, sequence, kind, priority, payload, crc FROM outbox WHERE priority <= ? AND held_boot IS NULL"
            " ORDER BY priority, sequence LIMIT ?",
            int(last),
            limit,
        )
        spoiled = [QueueId(row[0], row[1]) for row in rows if row[5] not in (None, zlib.crc32(row[4]))]
        for name in spoiled:
            self._keep_aside(name)
        return tuple(
            QueuedMessage(name=QueueId(boot, sequence), kind=kind, priority=Priority(priority), payload=payload)
            for boot, sequence, kind, priority, payload, _ in rows
            if QueueId(boot, sequence) not in spoiled
        )

    def expire(self) -> int:
        """Drop what outlived its lifetime; how many. Nothing is dropped by a clock that is wrong."""
        now, quality = self.timekeeper.believed_now()
        if quality == "floor":
            return 0
        with self.database.transaction(durable=False):
            late = self.database.rows("SELECT sequence, kind FROM outbox WHERE expires_at <= ?", int(now.timestamp()))
            for sequence, kind in late:
                self._drop(f"expired_{kind}", sequence)
        return len(late)

    def held(self) -> tuple[tuple[QueuedMessage, Hold], ...]:
        """Messages that wait for a date, oldest first."""
        rows = self.database.rows(
            "SELECT boot, sequence, kind, priority, payload, held_boot, held_s FROM outbox"
            " WHERE held_boot IS NOT NULL ORDER BY sequence"
        )
        return tuple(
            (
                QueuedMessage(name=QueueId(boot, sequence), kind=kind, priority=Priority(priority), payload=payload),
                Hold(boot=held_boot, uptime_s=held_s),
            )
            for boot, sequence, kind, priority, payload, held_boot, held_s in rows
        )

    def release(self, name: QueueId, payload: bytes | None = None) -> None:
        """Let a held message leave, dated in ``payload`` or as it is; one that is not held any more stays as it is."""
        with self.database.transaction() as connection:
            if payload is not None:
                connection.execute(
                    "UPDATE outbox SET payload = ?, crc = ? WHERE sequence = ? AND boot = ? AND held_boot IS NOT NULL",
                    (payload, zlib.crc32(payload), name.sequence, name.boot),
                )
            connection.execute(
                "UPDATE outbox SET held_boot = NULL, held_s = NULL WHERE sequence = ? AND boot = ?",
                (name.sequence, name.boot),
            )

    def settle(self, ack: Ack) -> Settled:
        """Let go of what the ingest stored or parked; names unknown here change nothing.

        A power cut may bring a settled message back: it is then delivered twice under one name, which changes nothing.
        """
        with self.database.transaction(durable=False):
            stored = tuple(QueueId(*name) for name in ack.stored if self._remove(QueueId(*name)))
            parked = tuple(
                (QueueId(boot, sequence), reason)
                for boot, sequence, reason in ack.parked
                if self._remove(QueueId(boot, sequence))
            )
        return Settled(stored=stored, parked=parked)

    def counts(self) -> QueueCounts:
        """How much waits, and since when."""
        ((oldest_at,),) = self.database.rows("SELECT min(made_at) FROM outbox")
        return QueueCounts(
            messages=self._total("queued"), payload_bytes=self._total("queued_bytes"), oldest_at=oldest_at
        )

    def waiting(self, *, with_evidence: bool = True) -> int:
        """Number of messages that may leave, evidence counted or not."""
        last = Priority.EVIDENCE if with_evidence else Priority.READING
        query = "SELECT count(*) FROM outbox WHERE priority <= ? AND held_boot IS NULL"
        return int(self.database.rows(query, int(last))[0][0])

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def _remove(self, name: QueueId) -> bool:
        if name.sequence.bit_length() > _SQLITE_BITS:
            return False
        with self.database.transaction() as connection:
            return (
                connection.execute(
                    "DELETE FROM outbox WHERE sequence = ? AND boot = ?", (name.sequence, name.boot)
                ).rowcount
                > 0
            )

    def _total(self, name: str) -> int:
        return int(self.database.rows("SELECT value FROM total WHERE name = ?", name)[0][0])

    def _thin(self) -> None:
        if self._total("queued_bytes") <= self._cap_bytes:
            return
        room = int(self._cap_bytes * _LOW_WATER)
        for step, query in _THINNING:
            for (sequence,) in self.database.rows(query):
                if self._total("queued_bytes") <= room:
                    return
                self._drop(f"thinned_{step}", sequence)

    def _drop(self, counter: str, sequence: int) -> None:
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE sequence = ?", (sequence,))
            connection.execute(
                "INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (counter,)
            )

    def _keep_aside(self, name: QueueId) -> None:
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO spoiled SELECT boot, sequence, kind, payload FROM outbox WHERE sequence = ?",
                (name.sequence,),
            )
            self._drop("spoiled_messages", name.sequence)
        self._tell(
            f"message {name.boot}/{name.sequence}: expected the bytes that were written, got others: the storage fails;"
            " it is kept in the queue's file, table spoiled; replace the card or disk"
        )


_REPEATED: Final = """SELECT sequence FROM outbox AS older WHERE priority = {priority} AND EXISTS (
        SELECT 1 FROM outbox AS newer WHERE newer.subject = older.subject AND newer.sequence > older.sequence
        AND newer.kind = older.kind AND newer.made_at / 3600 = older.made_at / 3600) ORDER BY sequence"""
_ALL: Final = "SELECT sequence FROM outbox WHERE priority = {priority} ORDER BY sequence"
_THINNING: Final = (
    ("evidence", "SELECT sequence FROM outbox WHERE kind = 'evidence' ORDER BY sequence"),
    ("repeated_readings", _REPEATED.format(priority=int(Priority.READING))),
    ("repeated_detections", _REPEATED.format(priority=int(Priority.DETECTION))),
    ("readings", _ALL.format(priority=int(Priority.READING))),
    ("detections", _ALL.format(priority=int(Priority.DETECTION))),
)
