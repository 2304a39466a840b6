"""Readings in the queue's own file: kept before anyone sends them, and looked up by the gateway's own advice."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from edge.outbox import Outbox, Priority
from edge.reading import BATCH_MAX_BYTES, BATCH_MAX_READINGS, Quantity, Reading, encode_readings
from edge.sensors.plausibility import NO_PAST, Past

KEPT: Final = timedelta(days=40)
"""A gateway alone advises for thirty days, by what it measured."""
_UNDATED_WAIT_S: Final = 86_400.0
_NAMES_KEPT: Final = timedelta(days=30)
_MOST_ROWS: Final = 200_000
_COLUMNS: Final = (
    "sensor_id", "parcel_id", "quantity", "value", "sigma", "depth_from_m", "depth_to_m", "instrument", "at",
    "uptime_s", "quality",
)  # fmt: skip
_LIST: Final = ", ".join(_COLUMNS)
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS reading (
    id INTEGER PRIMARY KEY, sensor_id TEXT NOT NULL, parcel_id TEXT, quantity TEXT NOT NULL, value REAL NOT NULL,
    sigma REAL, depth_from_m REAL, depth_to_m REAL, instrument TEXT, at INTEGER, uptime_s INTEGER,
    quality TEXT NOT NULL, boot TEXT NOT NULL, kept_at INTEGER NOT NULL, queued INTEGER NOT NULL) STRICT""",
    "CREATE INDEX IF NOT EXISTS reading_waiting ON reading (id) WHERE queued = 0",
    "CREATE INDEX IF NOT EXISTS reading_of ON reading (parcel_id, quantity, at)",
    "CREATE INDEX IF NOT EXISTS reading_by_sensor ON reading (sensor_id, id)",
    "CREATE TABLE IF NOT EXISTS sensor_past (sensor_id TEXT PRIMARY KEY, past TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS sensor_heard (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A reading as it was kept, and what is remembered of its sensor from then on."""

    reading: Reading
    past: Past
    name: str | None = None
    """Name of the message that brought it."""


class SensorBook:
    """The gateway's book of readings."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._database = outbox.database
        with self._database.transaction() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)

    def keep(self, readings: Sequence[Kept], now: datetime) -> None:
        """Keep readings durably, all or none."""
        with self._database.transaction() as connection:
            for one in readings:
                columns = one.reading.model_dump()
                at = one.reading.at
                columns["at"] = None if at is None else int(at.timestamp())
                row = [columns[name] for name in _COLUMNS]
                connection.execute(
                    f"INSERT INTO reading ({_LIST}, boot, kept_at, queued)"  # noqa: S608 -- names of this module alone
                    f" VALUES ({', '.join('?' * len(_COLUMNS))}, ?, ?, 0)",
                    (*row, self._outbox.clock.boot(), _s(now)),
                )
                self.remember(one.reading.sensor_id, one.past)
                if one.name is not None:
                    connection.execute("INSERT OR IGNORE INTO sensor_heard VALUES (?, ?)", (one.name, _s(now)))

    def remember(self, sensor_id: str, past: Past) -> None:
        """Remember of a sensor what its next reading is compared with."""
        with self._database.transaction(durable=False) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO sensor_past VALUES (?, ?)", (sensor_id, json.dumps(asdict(past)))
            )

    def past(self, sensor_id: str) -> Past:
        """What is remembered of a sensor."""
        rows = self._database.rows("SELECT past FROM sensor_past WHERE sensor_id = ?", sensor_id)
        return Past(**json.loads(rows[0][0])) if rows else NO_PAST

    def heard(self, name: str) -> bool:
        """Whether a message of this name was kept before."""
        return bool(self._database.rows("SELECT 1 FROM sensor_heard WHERE name = ?", name))

    def waiting(self) -> tuple[int, int | None]:
        """How many readings are not in the queue yet, and since when the oldest of them is kept [unix s]."""
        ((count, oldest),) = self._database.rows("SELECT count(*), min(kept_at) FROM reading WHERE queued = 0")
        return int(count), oldest

    def send_off(self, uptime_s: float) -> int:
        """Put readings that wait into the queue, one batch; how many it took. Both at once, or neither.

        ``uptime_s`` is that of this start of the machine: what it could not date waits a day for a better clock.
        """
        with self._database.transaction() as connection:
            rows = self._database.rows(
                f"SELECT id, {_LIST} FROM reading WHERE queued = 0"  # noqa: S608 -- as above
                " AND (at IS NOT NULL OR uptime_s IS NULL OR boot <> ? OR uptime_s < ?) ORDER BY id LIMIT ?",
                self._outbox.clock.boot(),
                int(uptime_s - _UNDATED_WAIT_S),
                BATCH_MAX_READINGS,
            )
            if not rows:
                return 0
            readings = _within_a_batch([_reading(row[1:]) for row in rows], self._outbox.boot)
            self._outbox.put(
                "reading", lambda boot, sequence: encode_readings(readings, boot, sequence), Priority.READING
            )
            taken = [(row[0],) for row in rows[: len(readings)]]
            connection.executemany("UPDATE reading SET queued = 1 WHERE id = ?", taken)
        return len(readings)

    def recent(
        self, parcel_id: str, quantity: Quantity, since: datetime, until: datetime | None = None
    ) -> tuple[Reading, ...]:
        """Readings of a parcel that can be believed and dated, oldest first."""
        rows = self._database.rows(
            f"SELECT {_LIST} FROM reading WHERE parcel_id = ? AND quantity = ? AND at >= ? AND at < ?"  # noqa: S608 -- as above
            " AND quality IN ('good', 'reset') ORDER BY at, id",
            parcel_id,
            quantity,
            _s(since),
            2**62 if until is None else _s(until),
        )
        return tuple(_reading(row) for row in rows)

    def latest(self, sensor_id: str) -> Reading | None:
        """Last reading of a sensor, whatever its quality."""
        rows = self._database.rows(
            f"SELECT {_LIST} FROM reading WHERE sensor_id = ? ORDER BY id DESC LIMIT 1",  # noqa: S608 -- as above
            sensor_id,
        )
        return _reading(rows[0]) if rows else None

    def date_undated(self, zero: datetime) -> int:
        """Date what this start of the machine measured before its clock could be believed and has not sent; how many.

        ``zero`` is the moment at which the machine's uptime was 0.
        """
        if not self._database.rows("SELECT 1 FROM reading WHERE queued = 0 AND at IS NULL LIMIT 1"):
            return 0
        with self._database.transaction() as connection:
            return connection.execute(
                "UPDATE reading SET at = CAST(? + uptime_s AS INTEGER), uptime_s = NULL"
                " WHERE at IS NULL AND uptime_s IS NOT NULL AND queued = 0 AND boot = ?",
                (zero.timestamp(), self._outbox.clock.boot()),
            ).rowcount

    def forget_old(self, now: datetime) -> None:
        """Let go of what was sent and is of no use here any more."""
        with self._database.transaction(durable=False) as connection:
            connection.execute("DELETE FROM reading WHERE queued = 1 AND kept_at < ?", (_s(now - KEPT),))
            connection.execute(
                "DELETE FROM reading WHERE queued = 1 AND id <= (SELECT max(id) FROM reading) - ?", (_MOST_ROWS,)
            )
            connection.execute("DELETE FROM sensor_heard WHERE at < ?", (_s(now - _NAMES_KEPT),))


def _within_a_batch(readings: Sequence[Reading], boot: str) -> Sequence[Reading]:
    """As many of the first readings as stay within a batch's bytes, one at least."""
    count = len(readings)
    while count > 1 and len(encode_readings(readings[:count], boot, 2**40)) > BATCH_MAX_BYTES:
        count = max(1, count * 3 // 4)
    return readings[:count]


def _reading(row: Sequence[Any]) -> Reading:
    columns = dict(zip(_COLUMNS, row, strict=True))
    if columns["at"] is not None:
        columns["at"] = datetime.fromtimestamp(columns["at"], UTC)
    return Reading.model_validate(columns)


def _s(moment: datetime) -> int:
    return int(moment.timestamp())
