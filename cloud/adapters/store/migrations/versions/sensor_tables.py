"""What the sensors of a gateway measured."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sensor_batches",
        columns.position(),
        *columns.message_key(),
        columns.moment("received_at"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("organisation", "gateway", "boot", "sequence", name="sensor_batch_message"),
    )
    op.create_table(
        "meter_bookings",
        columns.position(),
        *columns.place(),
        columns.text("sensor_id"),
        columns.moment("until_at"),
        sa.Column("counter_tenth_l", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("organisation", "gateway", "sensor_id", "until_at", name="meter_booked_once"),
    )
    op.create_table(
        "sensor_readings",
        *columns.place(),
        columns.text("sensor_id"),
        columns.moment("at"),
        sa.Column("batch", columns.POSITION, nullable=False),
        columns.text("parcel_id", nullable=True),
        columns.text("quantity"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("organisation", "gateway", "sensor_id", "at"),
        sa.ForeignKeyConstraint(["batch"], ["sensor_batches.position"]),
    )
    op.create_index("sensor_readings_by_time", "sensor_readings", ["quantity", "at"])
    op.create_index("sensor_readings_of_parcel", "sensor_readings", ["parcel_id", "at"])
    op.create_table(
        "sensor_state",
        *columns.place(),
        columns.text("sensor_id"),
        columns.text("parcel_id", nullable=True),
        columns.moment("received_at"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("organisation", "gateway", "sensor_id"),
    )
    op.create_index("sensor_state_of_parcel", "sensor_state", ["parcel_id"])
