"""Which plans gateways hold, and what they said by them."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "plan_bundles",
        columns.position(),
        *columns.place(),
        sa.Column("number", sa.BigInteger(), nullable=False),
        columns.moment("made_at"),
        columns.moment("until_at"),
        columns.text("parcels"),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("organisation", "gateway", "number", name="plan_bundle_number"),
    )
    op.create_table(
        "gateway_advice",
        columns.position(),
        *columns.message_key(),
        columns.text("parcel_id"),
        sa.Column("day", sa.Date(), nullable=False),
        columns.moment("received_at"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("organisation", "gateway", "boot", "sequence", name="gateway_advice_message"),
    )
    op.create_index("gateway_advice_of_day", "gateway_advice", ["parcel_id", "day"])
