"""What was said and seen lately, and texts taken back before anybody sent them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from cloud.adapters.store.database import Database
from cloud.adapters.store.moving import Word, apply_words, own_word
from cloud.adapters.store.queueing import selected
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.tables import EVIDENCE, MESSAGES, PARCEL_STATE
from cloud.adapters.store.views import MessageLog, message_log_of
from cloud.noticing import MIDDAY_GRID, Sighting

_IN_ONE_QUESTION: Final = 400


class Tellings(Database):
    """What telling asks of the store."""

    def said_since(self, moment: datetime, parcel_id: str | None = None) -> tuple[MessageLog, ...]:
        """Messages queued from a moment on, oldest first; all or those about one parcel."""
        statement = (
            select(MESSAGES, MESSAGE_STATE)
            .join(MESSAGE_STATE, MESSAGES.c.message_id == MESSAGE_STATE.c.message_id)
            .where(MESSAGES.c.queued_at >= moment)
            .order_by(MESSAGES.c.position)
        )
        if parcel_id is not None:
            statement = statement.where(MESSAGES.c.parcel_id == parcel_id)
        with self.reading() as connection:
            return tuple(message_log_of(row) for row in connection.execute(statement))

    def withdraw(self, message_ids: Sequence[str], *, now: datetime, reason: str) -> frozenset[str]:
        """Halt messages that still wait; which of them did. One that is under way stays as it is."""
        gone: set[str] = set()
        with self.writing() as writer:
            for start in range(0, len(message_ids), _IN_ONE_QUESTION):
                asked = MESSAGE_STATE.c.message_id.in_(message_ids[start : start + _IN_ONE_QUESTION])
                rows = selected(writer, asked & (MESSAGE_STATE.c.state == "queued"))
                apply_words(writer, [Word(own_word(row.message_id, "halted", now, reason)) for row in rows])
                gone.update(row.message_id for row in rows)
        return frozenset(gone)

    def last_said(self) -> Mapping[str, datetime]:
        """When each person was last written to, whatever became of it."""
        statement = select(MESSAGES.c.farmer_id, func.max(MESSAGES.c.queued_at).label("last")).group_by(
            MESSAGES.c.farmer_id
        )
        with self.reading() as connection:
            return {row.farmer_id: row.last for row in connection.execute(statement)}

    def last_seen(self) -> Mapping[str, datetime]:
        """When each parcel's last photo was taken."""
        statement = select(PARCEL_STATE.c.parcel_id, PARCEL_STATE.c.detection_at).where(
            PARCEL_STATE.c.detection_at.is_not(None)
        )
        with self.reading() as connection:
            return {row.parcel_id: row.detection_at for row in connection.execute(statement)}

    def sightings_since(self, moment: datetime) -> tuple[Sighting, ...]:
        """The last picture of each parcel that came with its evidence, not older than a moment."""
        statement = (
            select(EVIDENCE.c.parcel_id, EVIDENCE.c.counts_at, EVIDENCE.c.body, EVIDENCE.c.stress_grid)
            .join_from(PARCEL_STATE, EVIDENCE, PARCEL_STATE.c.evidence == EVIDENCE.c.position)
            .where(PARCEL_STATE.c.evidence_at >= moment)
            .order_by(EVIDENCE.c.parcel_id)
        )
        with self.reading() as connection:
            return tuple(
                Sighting(
                    parcel_id=row.parcel_id,
                    taken_at=row.counts_at,
                    dry_rows=tuple(json.loads(row.body).get("dry_rows", ())),
                    thirsty_percent=None if row.stress_grid is None else _thirsty_percent(row.stress_grid),
                )
                for row in connection.execute(statement)
            )


def _thirsty_percent(grid: bytes) -> int | None:
    """Share of the cells seen that are thirsty; a grid's 0 is a cell that nobody saw."""
    seen = [cell for cell in grid if cell > 0]
    return round(100.0 * sum(cell >= MIDDAY_GRID for cell in seen) / len(seen)) if seen else None
