"""What people said of the judge's verdicts, and the limits of the judge that they put in force."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "review_words",
        columns.position(),
        columns.text("parcel_id"),
        sa.Column("day", sa.Date(), nullable=False),
        columns.count("number"),
        columns.sha256("held"),
        sa.Column("final", sa.Boolean(), nullable=False),
        columns.text("body"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("parcel_id", "day", "number", name="review_word_number"),
    )
    op.create_index("review_words_by_day", "review_words", ["day"])
    op.create_table(
        "judge_limits",
        columns.position(),
        columns.count("version"),
        columns.text("body"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("version"),
    )
