"""Calls that the service makes."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "calls",
        columns.position(),
        columns.sha256("message_id"),
        columns.text("state"),
        columns.text("session", nullable=True),
        columns.text("reason", nullable=True),
        columns.moment("at"),
        sa.PrimaryKeyConstraint("position"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"]),
    )
    op.create_index("calls_of_message", "calls", ["message_id"])
    op.create_index("calls_by_session", "calls", ["session"])
