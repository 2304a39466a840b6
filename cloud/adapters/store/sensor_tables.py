"""Tables of what instruments said: batches as they came, their readings one by one, and what meters are booked for."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from cloud.adapters.ledger import METADATA, Position, position_column
from cloud.adapters.store.times import UtcTime

SENSED: Final = Table(
    "sensor_batches",
    METADATA,
    position_column(),
    Column("organisation", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("organisation", "gateway", "boot", "sequence", name="sensor_batch_message"),
)
BOOKINGS: Final = Table(
    "meter_bookings",
    METADATA,
    position_column(),
    Column("organisation", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("sensor_id", Text, nullable=False),
    # What the meter counted up to this moment stands in irrigation events; what comes after does not yet.
    Column("until_at", UtcTime, nullable=False),
    Column("counter_tenth_l", BigInteger, nullable=False),
    UniqueConstraint("organisation", "gateway", "sensor_id", "until_at", name="meter_booked_once"),
)
SENSOR_READINGS: Final = Table(
    "sensor_readings",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    Column("sensor_id", Text, primary_key=True),
    Column("at", UtcTime, primary_key=True),
    Column("batch", Position, ForeignKey("sensor_batches.position"), nullable=False),
    Column("parcel_id", Text),
    Column("quantity", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("sensor_readings_by_time", "quantity", "at"),
    Index("sensor_readings_of_parcel", "parcel_id", "at"),
)
SENSOR_STATE: Final = Table(
    "sensor_state",
    METADATA,
    Column("organisation", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    Column("sensor_id", Text, primary_key=True),
    Column("parcel_id", Text),
    Column("received_at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    Index("sensor_state_of_parcel", "parcel_id"),
)
