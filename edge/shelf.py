"""Pictures kept at the gateway for a while, so that the cloud may ask for one that was not worth its bytes unasked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from edge.contract import Evidence
from edge.order import Order
from edge.outbox import Outbox, Priority, QueueId
from edge.settings.delivery import EvidenceConfig
from edge.wire import decode_evidence, encode_evidence

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS kept_evidence (
    boot TEXT NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (boot, sequence)) STRICT""",
    "CREATE INDEX IF NOT EXISTS kept_evidence_age ON kept_evidence (at, sequence)",
)
_ON_THE_SHELF: Final = "kept"


class Shelf:
    """Evidence of the last days, within a number of bytes: the oldest goes first."""

    def __init__(self, outbox: Outbox, settings: EvidenceConfig) -> None:
        self._outbox, self._settings = outbox, settings
        with outbox.database.transaction() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)
        ((kept,),) = outbox.database.rows("SELECT coalesce(sum(length(payload)), 0) FROM kept_evidence")
        self._bytes = int(kept)

    @property
    def open(self) -> bool:
        """Whether pictures are kept at all."""
        return self._settings.keep_mb > 0 and self._settings.keep_days > 0

    @property
    def lifetime(self) -> timedelta:
        """How long a picture is worth anything."""
        return timedelta(days=self._settings.keep_days or 1)

    def keep(self, name: QueueId, evidence: Evidence) -> None:
        """Keep the picture of a detection."""
        payload = encode_evidence(evidence, _ON_THE_SHELF, 0)
        now = int(self._outbox.timekeeper.believed_now().at.timestamp())
        with self._outbox.database.transaction(durable=False) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO kept_evidence VALUES (?, ?, ?, ?)", (name.boot, name.sequence, now, payload)
            )
            self._bytes += len(payload)
            self._make_room()

    def forget_old(self) -> int:
        """Let go of what is too old; how many. Nothing goes by a clock that is wrong."""
        now, quality = self._outbox.timekeeper.believed_now()
        if quality == "floor":
            return 0
        oldest = int((now - self.lifetime).timestamp())
        with self._outbox.database.transaction(durable=False):
            return self._remove("SELECT boot, sequence, length(payload) FROM kept_evidence WHERE at < ?", oldest)

    def send(self, order: Order) -> str | None:
        """Queue the picture that an order asks for; why it cannot be, else None."""
        if order.boot is None or order.sequence is None:
            return "it names no detection"
        found = self._outbox.database.rows(
            "SELECT payload FROM kept_evidence WHERE boot = ? AND sequence = ?", order.boot, order.sequence
        )
        if not found:
            return f"the picture of {order.boot}/{order.sequence} is not kept here any more, or never was"
        _, evidence = decode_evidence("", found[0][0])
        encode: Callable[[str, int], bytes] = lambda boot, sequence: encode_evidence(evidence, boot, sequence)  # noqa: E731 -- read once
        self._outbox.put("evidence", encode, Priority.EVIDENCE, evidence.parcel_id, lifetime=self.lifetime)
        return None

    def _make_room(self) -> None:
        room = int(self._settings.keep_mb * 1e6)
        query = "SELECT boot, sequence, length(payload) FROM kept_evidence ORDER BY at, sequence LIMIT ?"
        while self._bytes > room and self._remove(query, 8):
            continue

    def _remove(self, query: str, limit: int) -> int:
        rows = self._outbox.database.rows(query, limit)
        with self._outbox.database.transaction(durable=False) as connection:
            connection.executemany(
                "DELETE FROM kept_evidence WHERE boot = ? AND sequence = ?", [(row[0], row[1]) for row in rows]
            )
        self._bytes -= sum(row[2] for row in rows)
        return len(rows)
