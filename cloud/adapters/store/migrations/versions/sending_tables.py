"""What the sending side remembers beside each message."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _states()
    _reports()
    _words()
    _exchanges()


def _states() -> None:
    for column in (
        sa.Column("priority", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("segments", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("place", columns.POSITION, nullable=False, server_default="0"),
        columns.moment("handed_at", nullable=True),
        sa.Column("repeated", sa.Integer(), nullable=False, server_default="0"),
        columns.text("only_over", nullable=True),
        columns.text("not_over", nullable=True),
    ):
        op.add_column("message_state", column)
    op.execute(
        "UPDATE message_state SET place ="
        " (SELECT position FROM messages WHERE messages.message_id = message_state.message_id)"
    )
    op.drop_index("messages_due", "message_state")
    op.create_index("messages_due", "message_state", ["state", "priority", "next_attempt_at", "place"])
    op.create_index("messages_late", "message_state", ["state", "valid_until"])
    op.create_index("messages_handed", "message_state", ["handed_at"])


def _reports() -> None:
    op.add_column("waiting_reports", sa.Column("phone_index", sa.String(length=64), nullable=True))
    op.add_column("waiting_reports", columns.moment("at", nullable=True))
    op.create_index("waiting_by_phone", "waiting_reports", ["phone_index"])


def _words() -> None:
    op.create_table(
        "channel_words",
        columns.position(),
        columns.text("carrier"),
        columns.text("state"),
        columns.text("reason"),
        columns.moment("at"),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("words_of_channel", "channel_words", ["carrier", "position"])
    op.create_table(
        "message_resolutions",
        columns.position(),
        columns.sha256("message_id"),
        columns.text("act"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        columns.moment("at"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"]),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("resolutions_of_message", "message_resolutions", ["message_id"])


def _exchanges() -> None:
    op.create_table(
        "carrier_exchanges",
        columns.sha256("message_id"),
        columns.count("attempt"),
        columns.text("carrier"),
        columns.moment("at"),
        columns.text("outcome"),
        columns.text("said"),
        sa.PrimaryKeyConstraint("message_id", "attempt"),
    )
    op.create_index("exchanges_by_time", "carrier_exchanges", ["at"])
