"""Messages, what carriers say of them, and what farmers write."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _messages()
    _carriers()


def _messages() -> None:
    op.create_table(
        "messages",
        columns.position(),
        columns.sha256("message_id"),
        columns.text("farmer_id"),
        columns.text("parcel_id"),
        columns.text("verdict_digest"),
        columns.moment("queued_at"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("messages_of_parcel", "messages", ["parcel_id"])
    op.create_table(
        "message_transitions",
        columns.position(),
        columns.sha256("message_id"),
        columns.text("state"),
        sa.Column("applied", sa.Boolean(), nullable=False),
        columns.text("carrier"),
        columns.text("carrier_id", nullable=True),
        columns.text("reason", nullable=True),
        columns.moment("at"),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.message_id"],
        ),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("transitions_by_carrier", "message_transitions", ["carrier", "carrier_id"])
    op.create_index("transitions_of_message", "message_transitions", ["message_id"])
    op.create_table(
        "message_state",
        columns.sha256("message_id"),
        columns.text("state"),
        columns.count("attempts"),
        columns.moment("next_attempt_at"),
        columns.moment("valid_until"),
        columns.text("carrier"),
        columns.text("carrier_id", nullable=True),
        columns.text("reason", nullable=True),
        columns.moment("updated_at"),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.message_id"],
        ),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("messages_due", "message_state", ["state", "next_attempt_at"])


def _carriers() -> None:
    op.create_table(
        "carrier_reports",
        columns.position(),
        columns.sha256("digest"),
        columns.text("carrier"),
        columns.text("carrier_id", nullable=True),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "waiting_reports",
        sa.Column("report", columns.POSITION, autoincrement=False, nullable=False),
        columns.text("carrier"),
        columns.text("carrier_id"),
        sa.ForeignKeyConstraint(
            ["report"],
            ["carrier_reports.position"],
        ),
        sa.PrimaryKeyConstraint("report"),
    )
    op.create_index("waiting_by_carrier", "waiting_reports", ["carrier", "carrier_id"])
    op.create_table(
        "inbound_texts",
        columns.position(),
        columns.text("carrier"),
        columns.text("carrier_id"),
        columns.sha256("phone_index"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        columns.moment("received_at"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("carrier", "carrier_id", name="inbound_once"),
    )
    op.create_index("inbound_by_phone", "inbound_texts", ["phone_index"])
