"""What the store holds of some parcels alone, read as a night reads it of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, select

from cloud.adapters.store.conversation import Conversation
from cloud.adapters.store.tables import DETECTIONS, OBSERVATIONS, VERDICTS
from cloud.records import IrrigationEvent, Observation, Parcel, Verdict
from edge.contract import Detection

_CHUNK: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenDetection:
    """What a camera said, and when it came in."""

    detection: Detection
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """The records of some parcels, by id; satisfies ``cloud.night_reads.NightReads``."""

    store: Conversation
    land: tuple[Parcel, ...]

    def parcels(self) -> tuple[Parcel, ...]:
        """The parcels."""
        return self.land

    def events(self) -> tuple[IrrigationEvent, ...]:
        """All irrigations of them, oldest first."""
        return self.store.events_of([parcel.id for parcel in self.land])

    def observations(self, since: datetime, until: datetime) -> tuple[Observation, ...]:
        """Readings from one moment on and before another, oldest first: of each the latest version."""
        table = OBSERVATIONS
        rows = self._rows(table, table.c.observed_at >= since, table.c.observed_at < until)
        newest: dict[str, Any] = {}
        for row in sorted(rows, key=lambda row: row.version):
            newest[row.reading] = row
        ordered = sorted(newest.values(), key=lambda row: (row.observed_at, row.reading))
        return tuple(Observation.model_validate_json(row.body) for row in ordered)

    def detections(self, since: datetime, until: datetime) -> tuple[Detection, ...]:
        """Detections that count from one time on and before another, oldest first."""
        table = DETECTIONS
        rows = self._rows(table, table.c.counts_at >= since, table.c.counts_at < until)
        rows.sort(key=lambda row: (row.counts_at, row.position))
        return tuple(Detection.model_validate_json(row.body) for row in rows)

    def detections_taken(self, since: datetime, until: datetime) -> Sequence[TakenDetection]:
        """Detections by the time of their photo, with when they came in."""
        table = DETECTIONS
        rows = self._rows(table, table.c.taken_at >= since, table.c.taken_at < until)
        rows.sort(key=lambda row: (row.taken_at, row.position))
        return [
            TakenDetection(detection=Detection.model_validate_json(row.body), received_at=row.received_at)
            for row in rows
        ]

    def verdicts(self, day: date | None) -> tuple[Verdict, ...]:
        """Latest verdict of each of the parcels on a day; with None on its own latest day."""
        conditions = () if day is None else (VERDICTS.c.day == day,)
        newest: dict[str, Any] = {}
        for row in sorted(self._rows(VERDICTS, *conditions), key=lambda row: (row.day, row.version)):
            newest[row.parcel_id] = row
        return tuple(Verdict.model_validate_json(row.body) for _, row in sorted(newest.items()))

    def _rows(self, table: Table, *conditions: ColumnElement[bool]) -> list[Any]:
        wanted = sorted(parcel.id for parcel in self.land)
        found: list[Any] = []
        with self.store.reading() as connection:
            for start in range(0, len(wanted), _CHUNK):
                own = table.c.parcel_id.in_(wanted[start : start + _CHUNK])
                found.extend(connection.execute(select(table).where(own, *conditions)))
        return found
