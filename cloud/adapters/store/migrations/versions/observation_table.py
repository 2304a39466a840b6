"""What probes, meters and people measured of parcels, reading by reading."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "observations",
        columns.position(),
        columns.text("parcel_id"),
        columns.moment("observed_at"),
        columns.sha256("reading"),
        columns.count("version"),
        columns.sha256("digest"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("reading", "version", name="observation_version"),
    )
    op.create_index("observations_by_time", "observations", ["observed_at"])
