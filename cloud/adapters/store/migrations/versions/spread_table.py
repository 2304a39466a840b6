"""Why each day's soil water is uncertain, kept as it was told that night."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "water_spreads",
        columns.position(),
        columns.text("parcel_id"),
        sa.Column("day", sa.Date(), nullable=False),
        columns.count("version"),
        columns.sha256("digest"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("parcel_id", "day", "version", name="water_spread_version"),
    )
