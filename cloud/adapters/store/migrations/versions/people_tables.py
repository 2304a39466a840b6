"""People: whom they speak for, what they agreed to, and what was erased."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and take what stood in append-only rows into indexes that may change."""
    _words()
    _records()
    _keys()
    _states()
    _carry_over()


def _sealed() -> sa.Column[bytes]:
    return sa.Column("sealed", sa.LargeBinary(), nullable=False)


def _words() -> None:
    op.create_table(
        "consent_words",
        columns.position(),
        columns.text("farmer_id"),
        sa.Column("given", sa.Boolean(), nullable=False),
        columns.text("how"),
        columns.text("wording", nullable=True),
        columns.moment("at"),
        _sealed(),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("consents_of_farmer", "consent_words", ["farmer_id", "at"])
    op.create_table(
        "farmer_ties",
        columns.position(),
        columns.text("tie"),
        columns.text("farmer_id"),
        columns.text("parcel_id"),
        columns.count("version"),
        columns.sha256("digest"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("tie", "version", name="tie_version"),
    )


def _records() -> None:
    op.create_table(
        "farmer_looks",
        columns.position(),
        columns.text("farmer_id"),
        columns.text("what"),
        columns.moment("at"),
        _sealed(),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("looks_at_farmer", "farmer_looks", ["farmer_id"])
    op.create_table(
        "erasures",
        columns.position(),
        columns.text("farmer_id", nullable=True),
        columns.text("cause"),
        columns.moment("at"),
        columns.text("body"),
        _sealed(),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("erasures_of_farmer", "erasures", ["farmer_id"])


def _keys() -> None:
    op.create_table(
        "data_keys",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        columns.sha256("holder"),
        sa.Column("period", sa.String(length=7), nullable=False),
        columns.text("master"),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
        sa.UniqueConstraint("holder", "period", name="data_key_of_period"),
    )
    op.create_table(
        "master_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        columns.text("master"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table("resealed", columns.sha256("digest"), _sealed(), sa.PrimaryKeyConstraint("digest"))


def _states() -> None:
    op.create_table(
        "inbound_index",
        sa.Column("inbound", columns.POSITION, autoincrement=False, nullable=False),
        columns.sha256("phone_index"),
        sa.ForeignKeyConstraint(["inbound"], ["inbound_texts.position"]),
        sa.PrimaryKeyConstraint("inbound"),
    )
    op.create_index("inbound_index_by_phone", "inbound_index", ["phone_index"])
    op.create_table(
        "farmer_numbers",
        columns.text("farmer_id"),
        columns.sha256("phone_index"),
        columns.moment("since"),
        columns.moment("until", nullable=True),
        sa.PrimaryKeyConstraint("farmer_id", "phone_index"),
    )
    op.create_index("numbers_by_phone", "farmer_numbers", ["phone_index"])


def _carry_over() -> None:
    op.execute("INSERT INTO inbound_index (inbound, phone_index) SELECT position, phone_index FROM inbound_texts")
    # Since when a number was theirs is not known of those who were there before.
    op.execute(
        "INSERT INTO farmer_numbers (farmer_id, phone_index, since)"
        " SELECT farmer_id, phone_index, '1970-01-01 00:00:00.000000' FROM farmer_state"
    )
