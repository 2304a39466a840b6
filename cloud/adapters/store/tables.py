"""The store's tables: append-only records, whose key is their place in the ledger, and states derived from them."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cloud.adapters.ledger import METADATA, Position, position_column
from cloud.adapters.store.times import UtcTime


def _reference(name: str, table: str) -> Column[Any]:
    return Column(name, Position, ForeignKey(f"{table}.position"))


def _message_key() -> tuple[Column[Any], ...]:
    return (
        Column("organisation", Text, nullable=False),
        Column("gateway", Text, nullable=False),
        Column("boot", Text, nullable=False),
        Column("sequence", BigInteger, nullable=False),
    )


DETECTIONS: Final = Table(
    "detections",
    METADATA,
    position_column(),
    *_message_key(),
    Column("parcel_id", Text),
    Column("taken_at", UtcTime),
    # When the picture counts: taken_at, never after its arrival, since a field clock may run ahead.
    Column("counts_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("organisation", "gateway", "boot", "sequence", name="detections_message"),
    Index("detections_of_parcel", "parcel_id", "counts_at"),
    Index("detections_by_time", "counts_at"),
)
EVIDENCE: Final = Table(
    "evidence",
    METADATA,
    position_column(),
    *_message_key(),
    Column("detection_boot", Text, nullable=False),
    Column("detection_sequence", BigInteger, nullable=False),
    Column("parcel_id", Text, nullable=False),
    Column("counts_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    Column("image_jpeg", LargeBinary, nullable=False),
    Column("mask_png", LargeBinary),
    Column("stress_grid", LargeBinary),
    UniqueConstraint("organisation", "gateway", "boot", "sequence", name="evidence_message"),
    Index("evidence_of_detection", "gateway", "detection_boot", "detection_sequence"),
    Index("evidence_of_parcel", "parcel_id", "counts_at"),
)
PARKED: Final = Table(
    "parked",
    METADATA,
    position_column(),
    Column("organisation", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload_sha256", String(64), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    UniqueConstraint("organisation", "gateway", "kind", "payload_sha256", name="parked_once"),
)
GATEWAY_CHANGES: Final = Table(
    "gateway_changes",
    METADATA,
    position_column(),
    Column("organisation", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Index("changes_of_gateway", "organisation", "gateway"),
)
PARCELS: Final = Table(
    "parcel_versions",
    METADATA,
    position_column(),
    Column("parcel_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("parcel_id", "version", name="parcel_version"),
)
EVENTS: Final = Table(
    "irrigation_events",
    METADATA,
    position_column(),
    Column("parcel_id", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Index("events_of_parcel", "parcel_id", "started_at"),
)
OBSERVATIONS: Final = Table(
    "observations",
    METADATA,
    position_column(),
    Column("parcel_id", Text, nullable=False),
    Column("observed_at", UtcTime, nullable=False),
    Column("reading", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("reading", "version", name="observation_version"),
    Index("observations_by_time", "observed_at"),
)
FARMERS: Final = Table(
    "farmer_versions",
    METADATA,
    position_column(),
    Column("farmer_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("phone_index", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("farmer_id", "version", name="farmer_version"),
)
WATER: Final = Table(
    "water_days",
    METADATA,
    position_column(),
    Column("parcel_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("parcel_id", "day", "version", name="water_day_version"),
)
SPREADS: Final = Table(
    "water_spreads",
    METADATA,
    position_column(),
    Column("parcel_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("parcel_id", "day", "version", name="water_spread_version"),
)
VERDICTS: Final = Table(
    "verdicts",
    METADATA,
    position_column(),
    Column("parcel_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("parcel_id", "day", "version", name="verdict_version"),
    Index("verdicts_of_day", "day"),
    Index("verdicts_by_digest", "digest"),
)
REVIEWS: Final = Table(
    "review_words",
    METADATA,
    position_column(),
    Column("parcel_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("held", String(64), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("parcel_id", "day", "number", name="review_word_number"),
    Index("review_words_by_day", "day"),
)
LIMITS: Final = Table(
    "judge_limits",
    METADATA,
    position_column(),
    Column("version", Integer, nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
MESSAGES: Final = Table(
    "messages",
    METADATA,
    position_column(),
    Column("message_id", String(64), nullable=False, unique=True),
    Column("farmer_id", Text, nullable=False),
    Column("parcel_id", Text, nullable=False),
    Column("verdict_digest", Text, nullable=False),
    Column("queued_at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    Index("messages_of_parcel", "parcel_id"),
    Index("messages_of_farmer", "farmer_id", "queued_at"),
    Index("messages_by_time", "queued_at"),
)
TRANSITIONS: Final = Table(
    "message_transitions",
    METADATA,
    position_column(),
    Column("message_id", String(64), ForeignKey("messages.message_id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("applied", Boolean, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("carrier_id", Text),
    Column("reason", Text),
    Column("at", UtcTime, nullable=False),
    Index("transitions_of_message", "message_id"),
    Index("transitions_by_carrier", "carrier", "carrier_id"),
)
REPORTS: Final = Table(
    "carrier_reports",
    METADATA,
    position_column(),
    Column("digest", String(64), nullable=False, unique=True),
    Column("carrier", Text, nullable=False),
    Column("carrier_id", Text),
    Column("body", Text, nullable=False),
)
INBOUND: Final = Table(
    "inbound_texts",
    METADATA,
    position_column(),
    Column("carrier", Text, nullable=False),
    Column("carrier_id", Text, nullable=False),
    Column("phone_index", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    UniqueConstraint("carrier", "carrier_id", name="inbound_once"),
    Index("inbound_by_phone", "phone_index"),
)

PARCEL_STATE: Final = Table(
    "parcel_state",
    METADATA,
    Column("parcel_id", Text, primary_key=True),
    _reference("parcel", "parcel_versions"),
    _reference("detection", "detections"),
    Column("detection_at", UtcTime),
    _reference("evidence", "evidence"),
    Column("evidence_at", UtcTime),
    _reference("water", "water_days"),
    Column("water_day", Date),
    _reference("verdict", "verdicts"),
    Column("verdict_day", Date),
)
FARMER_STATE: Final = Table(
    "farmer_state",
    METADATA,
    Column("farmer_id", Text, primary_key=True),
    _reference("farmer", "farmer_versions"),
    Column("phone_index", String(64), nullable=False),
    Index("farmers_by_phone", "phone_index"),
)
GATEWAY_STATE: Final = Table(
    "gateway_state",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    Column("heartbeat", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
)
