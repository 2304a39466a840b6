"""Who signed which catalogue, and how well it was understood."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "catalogue_words",
        columns.position(),
        columns.text("language"),
        columns.count("number"),
        columns.sha256("catalogue_sha256"),
        columns.text("body"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("language", "number", name="catalogue_word_number"),
    )
