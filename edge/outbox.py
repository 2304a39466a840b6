"""Durable queue between the field and the cloud: nothing lost, nothing delivered twice under two names.

A message is committed to the disk under a stable name (boot, sequence) before anyone tries to send it, and leaves
only when the ingest says, in its own words, that it is stored or parked: a broker's PUBACK is not durability.
When the queue passes its cap it is thinned, in this order and oldest first: evidence; then detections, all but the
newest of each parcel and hour; then other detections. The onset of stress, what people wrote and what became of texts
for them are never thinned.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Final, Literal

from edge.clock import utc_now
from edge.contract import Ack
from edge.database import Database
from edge.voice import tell_operator

Kind = Literal["detection", "evidence", "report", "inbound"]
_LOW_WATER: Final = 0.95
_SQLITE_BITS: Final = 63


class Priority(IntEnum):
    """Order of sending; also how readily a message is thinned."""

    ONSET = 0
    DETECTION = 1
    EVIDENCE = 2


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
        tell: Callable[[str], None] = tell_operator,
    ) -> None:
        self.database = Database(path, tell=tell)
        self.boot = boot or new_boot()
        self._cap_bytes = cap_bytes
        self._now = now

    def put(
        self,
        kind: Kind,
        encode: Callable[[str, int], bytes],
        priority: Priority = Priority.DETECTION,
        subject: str = "",
    ) -> QueueId:
        """Queue what ``encode(boot, sequence)`` writes; committed when this returns, or with the open transaction.

        ``subject`` is the parcel: when space is short, one detection of each parcel and hour outlives the others.
        """
        with self.database.transaction() as connection:
            (sequence,) = connection.execute(
                "UPDATE total SET value = value + 1 WHERE name = 'last_sequence' RETURNING value"
            ).fetchone()
            payload = encode(self.boot, sequence)
            connection.execute(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)",
                (sequence, self.boot, kind, int(priority), subject, int(self._now().timestamp()), payload),
            )
            self._thin()
        return QueueId(self.boot, sequence)

    def pending(self, limit: int, *, with_evidence: bool = True) -> tuple[QueuedMessage, ...]:
        """Messages to send, most urgent and then oldest first."""
        last = Priority.EVIDENCE if with_evidence else Priority.DETECTION
        rows = self.database.rows(
            "SELECT boot, sequence, kind, priority, payload FROM outbox WHERE priority <= ?"
            " ORDER BY priority, sequence LIMIT ?",
            int(last),
            limit,
        )
        return tuple(
            QueuedMessage(name=QueueId(boot, sequence), kind=kind, priority=Priority(priority), payload=payload)
            for boot, sequence, kind, priority, payload in rows
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
        """Number of waiting messages, evidence counted or not."""
        last = Priority.EVIDENCE if with_evidence else Priority.DETECTION
        return int(self.database.rows("SELECT count(*) FROM outbox WHERE priority <= ?", int(last))[0][0])

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
                self._drop(step, sequence)

    def _drop(self, step: str, sequence: int) -> None:
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE sequence = ?", (sequence,))
            connection.execute(
                "INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
                (f"thinned_{step}",),
            )


_THINNING: Final = (
    ("evidence", "SELECT sequence FROM outbox WHERE kind = 'evidence' ORDER BY sequence"),
    (
        "repeated_detections",
        """SELECT sequence FROM outbox AS older WHERE priority = 1 AND EXISTS (
        SELECT 1 FROM outbox AS newer WHERE newer.subject = older.subject AND newer.sequence > older.sequence
        AND newer.kind = 'detection' AND newer.made_at / 3600 = older.made_at / 3600) ORDER BY sequence""",
    ),
    ("detections", "SELECT sequence FROM outbox WHERE priority = 1 ORDER BY sequence"),
)
