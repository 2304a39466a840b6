"""Tables of conversations: what each text was taken as, what followed from it, and swaps of turns."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from cloud.adapters.ledger import METADATA, Position, position_column
from cloud.adapters.store.times import UtcTime

READINGS: Final = Table(
    "text_readings",
    METADATA,
    position_column(),
    # Texts are read in the order of their places: the last one read is known by the greatest.
    Column("inbound", Position, ForeignKey("inbound_texts.position"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("farmer_id", Text),
    Column("parcel_id", Text),
    Column("meaning", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("answer", Text),
    # Whether the water or the turns of its parcel are not what they were.
    Column("changes", Boolean, nullable=False),
    # Start of the told irrigation that it is about.
    Column("begins_at", UtcTime),
    Column("received_at", UtcTime, nullable=False),
    Column("heard_at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("inbound", "number", name="reading_once"),
    Index("readings_of_farmer", "farmer_id", "received_at"),
    Index("readings_by_meaning", "meaning", "received_at"),
    Index("readings_heard", "heard_at"),
)
READING_STEPS: Final = Table(
    "reading_steps",
    METADATA,
    position_column(),
    Column("reading", Position, ForeignKey("text_readings.position"), nullable=False),
    Column("step", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("reference", String(64)),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("step", "reading", name="reading_step_once"),
)
SWAPS: Final = Table(
    "turn_swaps",
    METADATA,
    position_column(),
    Column("swap", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    Index("swaps_by_day", "day"),
)
