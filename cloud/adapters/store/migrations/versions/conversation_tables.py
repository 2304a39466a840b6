"""What came of what farmers said."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and let messages and verdicts be found by who was told and by what was said."""
    op.create_table(
        "text_readings",
        columns.position(),
        sa.Column("inbound", columns.POSITION, nullable=False),
        columns.count("number"),
        columns.text("farmer_id", nullable=True),
        columns.text("parcel_id", nullable=True),
        columns.text("meaning"),
        columns.text("outcome"),
        columns.text("answer", nullable=True),
        sa.Column("changes", sa.Boolean(), nullable=False),
        columns.moment("begins_at", nullable=True),
        columns.moment("received_at"),
        columns.moment("heard_at"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.ForeignKeyConstraint(["inbound"], ["inbound_texts.position"]),
        sa.UniqueConstraint("inbound", "number", name="reading_once"),
    )
    op.create_index("readings_of_farmer", "text_readings", ["farmer_id", "received_at"])
    op.create_index("readings_by_meaning", "text_readings", ["meaning", "received_at"])
    op.create_index("readings_heard", "text_readings", ["heard_at"])
    op.create_table(
        "reading_steps",
        columns.position(),
        sa.Column("reading", columns.POSITION, nullable=False),
        columns.text("step"),
        columns.text("result"),
        sa.Column("reference", sa.String(length=64), nullable=True),
        columns.moment("at"),
        sa.PrimaryKeyConstraint("position"),
        sa.ForeignKeyConstraint(["reading"], ["text_readings.position"]),
        sa.UniqueConstraint("step", "reading", name="reading_step_once"),
    )
    op.create_table(
        "turn_swaps",
        columns.position(),
        columns.text("swap"),
        columns.text("act"),
        sa.Column("day", sa.Date(), nullable=False),
        columns.moment("at"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("swaps_by_day", "turn_swaps", ["day"])
    op.create_index("messages_of_farmer", "messages", ["farmer_id", "queued_at"])
    op.create_index("messages_by_time", "messages", ["queued_at"])
    op.create_index("verdicts_by_digest", "verdicts", ["digest"])
