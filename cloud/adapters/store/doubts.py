"""Messages whose answer was lost: what delivery reports tell of them, and what an operator decides of the rest."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select

from cloud.adapters.store.database import Writer
from cloud.adapters.store.moving import Word, apply_words
from cloud.adapters.store.sending_tables import MESSAGE_STATE, WAITING_REPORTS
from cloud.adapters.store.tables import FARMER_STATE, MESSAGES
from cloud.messages import Delivery

TOLD_BY_REPORT: Final = "its answer was lost; the delivery report of its telephone tells that it was sent"


def settle_doubts(writer: Writer, phone_index: str | None = None) -> None:
    """Give reports that nobody else claims to the messages of the same telephone whose answer was lost.

    Only where there are as many such reports as such messages, and nothing else is being sent there: which of two
    texts a single report means, nobody can tell.
    """
    doubtful = (
        select(MESSAGE_STATE, FARMER_STATE.c.phone_index)
        .join(MESSAGES, MESSAGES.c.message_id == MESSAGE_STATE.c.message_id)
        .join(FARMER_STATE, FARMER_STATE.c.farmer_id == MESSAGES.c.farmer_id)
        .where(MESSAGE_STATE.c.state.in_(("unknown", "sending")), MESSAGE_STATE.c.handed_at.is_not(None))
        .order_by(MESSAGE_STATE.c.handed_at, MESSAGE_STATE.c.place)
    )
    if phone_index is not None:
        doubtful = doubtful.where(FARMER_STATE.c.phone_index == phone_index)
    by_line: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in writer.connection.execute(doubtful):
        by_line.setdefault((row.phone_index, row.carrier), []).append(row)
    for (index, carrier), rows in by_line.items():
        if all(row.state == "unknown" for row in rows):
            _settle(writer, rows, _orphans(writer, index, carrier, rows[0].handed_at))


def _orphans(writer: Writer, phone_index: str, carrier: str, since: datetime) -> list[tuple[str, datetime]]:
    """Carrier's ids of reports about a telephone that belong to no known message, with their first moments."""
    statement = (
        select(WAITING_REPORTS.c.carrier_id, WAITING_REPORTS.c.at)
        .where(WAITING_REPORTS.c.phone_index == phone_index, WAITING_REPORTS.c.carrier == carrier)
        .where(WAITING_REPORTS.c.at >= since)
        .order_by(WAITING_REPORTS.c.report)
    )
    first: dict[str, datetime] = {}
    for row in writer.connection.execute(statement):
        first.setdefault(row.carrier_id, row.at)
    return list(first.items())


def _settle(writer: Writer, rows: Sequence[Row[Any]], orphans: Sequence[tuple[str, datetime]]) -> None:
    if len(rows) != len(orphans):
        return
    words = [
        Word(
            Delivery(
                message_id=row.message_id,
                state="wired",
                carrier=row.carrier,
                carrier_id=carrier_id,
                reason=TOLD_BY_REPORT,
                at=at,
            )
        )
        for row, (carrier_id, at) in zip(rows, orphans, strict=True)
    ]
    apply_words(writer, words)
