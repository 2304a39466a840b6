"""What a gateway remembers between starts: files it has seen, which parcels are stressed, what it did and sent."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from edge.database import Database

Outcome = Literal["queued", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """What tells one version of a file from another without reading it."""

    path: str
    size: int
    modified_ns: int


class Logbook:
    """Memory in the queue's own file, so that what was queued and what was seen commit together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def knows_stamp(self, stamp: FileStamp) -> bool:
        """Whether this very version of the file was dealt with before."""
        found = self._database.rows(
            "SELECT 1 FROM seen WHERE path = ? AND size = ? AND modified_ns = ?",
            stamp.path,
            stamp.size,
            stamp.modified_ns,
        )
        return bool(found)

    def knows_content(self, path: str, sha256: str) -> bool:
        """Whether this content was dealt with under this path before."""
        return bool(self._database.rows("SELECT 1 FROM seen WHERE path = ? AND sha256 = ?", path, sha256))

    def remember(self, stamp: FileStamp, sha256: str, outcome: Outcome, reason: str = "") -> None:
        """Write down that a file has been dealt with, and how."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?)",
                (stamp.path, sha256, stamp.size, stamp.modified_ns, outcome, reason),
            )
            connection.execute("DELETE FROM attempt WHERE path = ?", (stamp.path,))

    def restamp(self, stamp: FileStamp, sha256: str) -> None:
        """Write down that known content now bears another stamp, so that it is not read again."""
        with self._database.transaction(durable=False) as connection:
            connection.execute(
                "UPDATE seen SET size = ?, modified_ns = ? WHERE path = ? AND sha256 = ?",
                (stamp.size, stamp.modified_ns, stamp.path, sha256),
            )

    def forget(self, path: str) -> None:
        """Forget that looking at a file was begun: it is no longer there."""
        with self._database.transaction(durable=False) as connection:
            connection.execute("DELETE FROM attempt WHERE path = ?", (path,))

    def begin(self, path: str) -> int:
        """Write down that a file is about to be looked at; how many times that began without an end, this one included.

        A file that kills the process leaves its mark here.
        """
        with self._database.transaction(durable=False) as connection:
            (count,) = connection.execute(
                "INSERT INTO attempt VALUES (?, 1) ON CONFLICT (path) DO UPDATE SET count = count + 1 RETURNING count",
                (path,),
            ).fetchone()
        return int(count)

    def suspects(self) -> frozenset[str]:
        """Files at which looking was begun and not ended."""
        return frozenset(path for (path,) in self._database.rows("SELECT path FROM attempt"))

    def was_stressed(self, parcel_id: str) -> bool:
        """Whether the last opinion about a parcel was stress; False when there was none."""
        rows = self._database.rows("SELECT stressed FROM parcel WHERE parcel_id = ?", parcel_id)
        return bool(rows and rows[0][0])

    def stressed(self) -> dict[str, bool]:
        """The latest opinion about each parcel that there ever was one of."""
        rows = self._database.rows("SELECT parcel_id, stressed FROM parcel ORDER BY parcel_id")
        return {parcel_id: bool(stressed) for parcel_id, stressed in rows}

    def set_stressed(self, parcel_id: str, *, stressed: bool) -> None:
        """Write down the latest opinion about a parcel."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO parcel VALUES (?, ?)", (parcel_id, int(stressed)))

    def count(self, **amounts: float) -> None:
        """Add to named counters."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                list(amounts.items()),
            )

    def counters(self) -> dict[str, float]:
        """All counters since the queue's file was begun."""
        return dict(self._database.rows("SELECT name, value FROM counter ORDER BY name"))

    def spend(self, day: date, sent_bytes: int) -> None:
        """Add to a day's sendings."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO traffic VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET bytes = bytes + excluded.bytes",
                (day.isoformat(), sent_bytes),
            )

    def spent(self, day: date) -> int:
        """Bytes sent on a day, payloads and topics, resendings included."""
        rows = self._database.rows("SELECT bytes FROM traffic WHERE day = ?", day.isoformat())
        return int(rows[0][0]) if rows else 0

    def note_time(self, now: datetime) -> None:
        """Write down a wall time that may be believed, as a floor for the next start; it never moves back."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO remembered VALUES ('last_time', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
                (now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"),),
            )

    def note_proof(self, now: datetime) -> None:
        """Write down that the queue's file took a durable commit, whatever the wall clock says."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO remembered VALUES ('last_proof', ?)",
                (now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"),),
            )

    def last_time(self) -> datetime | None:
        """Latest wall time written down."""
        rows = self._database.rows("SELECT value FROM remembered WHERE name = 'last_time'")
        return datetime.fromisoformat(rows[0][0]) if rows else None
