"""Which tables hold records, and what the ledger says of a row: its name and the digest of its content."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Table

from cloud.adapters.store.call_tables import CALLS
from cloud.adapters.store.conversation_tables import READING_STEPS, READINGS, SWAPS
from cloud.adapters.store.people_tables import CONSENTS, ERASURES, LOOKS, TIES
from cloud.adapters.store.plan_tables import GATEWAY_ADVICE, PLANS
from cloud.adapters.store.sending_tables import CHANNEL_WORDS, RESOLUTIONS
from cloud.adapters.store.sensor_tables import BOOKINGS, SENSED
from cloud.adapters.store.tables import (
    DETECTIONS,
    EVENTS,
    EVIDENCE,
    FARMERS,
    GATEWAY_CHANGES,
    INBOUND,
    LIMITS,
    MESSAGES,
    OBSERVATIONS,
    PARCELS,
    PARKED,
    REPORTS,
    REVIEWS,
    SPREADS,
    TRANSITIONS,
    VERDICTS,
    WATER,
)
from cloud.adapters.store.wording_tables import CATALOGUE_WORDS
from cloud.replay.chain import content_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTable:
    """A table of records and the columns that name one of them in the ledger."""

    table: Table
    subject: tuple[str, ...]


_MESSAGE: Final = ("organisation", "gateway", "boot", "sequence")
RECORDS: Final[Mapping[str, RecordTable]] = {
    "detection": RecordTable(table=DETECTIONS, subject=_MESSAGE),
    "evidence": RecordTable(table=EVIDENCE, subject=_MESSAGE),
    "sensed": RecordTable(table=SENSED, subject=_MESSAGE),
    "booking": RecordTable(table=BOOKINGS, subject=("organisation", "gateway", "sensor_id", "until_at")),
    "plan": RecordTable(table=PLANS, subject=("organisation", "gateway", "number")),
    "planned": RecordTable(table=GATEWAY_ADVICE, subject=_MESSAGE),
    "parked": RecordTable(table=PARKED, subject=("organisation", "gateway", "kind", "payload_sha256")),
    "gateway": RecordTable(table=GATEWAY_CHANGES, subject=("organisation", "gateway")),
    "parcel": RecordTable(table=PARCELS, subject=("parcel_id", "version")),
    "event": RecordTable(table=EVENTS, subject=("parcel_id", "digest")),
    "observation": RecordTable(table=OBSERVATIONS, subject=("parcel_id", "reading", "version")),
    "farmer": RecordTable(table=FARMERS, subject=("farmer_id", "version")),
    "water": RecordTable(table=WATER, subject=("parcel_id", "day", "version")),
    "spread": RecordTable(table=SPREADS, subject=("parcel_id", "day", "version")),
    "verdict": RecordTable(table=VERDICTS, subject=("parcel_id", "day", "version")),
    "review": RecordTable(table=REVIEWS, subject=("parcel_id", "day", "number")),
    "limits": RecordTable(table=LIMITS, subject=("version",)),
    "message": RecordTable(table=MESSAGES, subject=("message_id",)),
    "transition": RecordTable(table=TRANSITIONS, subject=("message_id", "state")),
    "report": RecordTable(table=REPORTS, subject=("carrier", "carrier_id")),
    "channel": RecordTable(table=CHANNEL_WORDS, subject=("carrier", "state")),
    "resolution": RecordTable(table=RESOLUTIONS, subject=("message_id", "act")),
    "inbound": RecordTable(table=INBOUND, subject=("carrier", "carrier_id")),
    "consent": RecordTable(table=CONSENTS, subject=("farmer_id", "how")),
    "tie": RecordTable(table=TIES, subject=("farmer_id", "parcel_id", "version")),
    "look": RecordTable(table=LOOKS, subject=("farmer_id", "what")),
    "erasure": RecordTable(table=ERASURES, subject=("cause",)),
    "reading": RecordTable(table=READINGS, subject=("inbound", "number")),
    "reading_step": RecordTable(table=READING_STEPS, subject=("reading", "step")),
    "swap": RecordTable(table=SWAPS, subject=("swap", "act")),
    "call": RecordTable(table=CALLS, subject=("message_id", "state")),
    "catalogue": RecordTable(table=CATALOGUE_WORDS, subject=("language", "number")),
}


def subject_of(record: RecordTable, row: Mapping[str, Any]) -> str:
    """Name of a row in the ledger."""
    return "/".join(str(row[name]) for name in record.subject)


def digest_of(record: RecordTable, row: Mapping[str, Any]) -> str:
    """SHA-256 over every column of a row but its place in the ledger [64 hex digits]."""
    return content_digest(content_of(record, row))


def content_of(record: RecordTable, row: Mapping[str, Any]) -> dict[str, str | int | bool | None]:
    """Every column of a row but its place in the ledger, as its digest takes it; bytes by their own SHA-256."""
    content = {column.name: _plain(row.get(column.name)) for column in record.table.columns}
    del content["position"]
    return content


def _plain(value: Any) -> str | int | bool | None:  # noqa: ANN401 -- a cell may hold any of the column types
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case _:
            raise TypeError(f"no canonical form for {type(value).__name__}")
