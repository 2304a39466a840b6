"""The first tables: ledger, field, land, days."""

import sqlalchemy as sa
from alembic import op

from cloud.adapters.store.migrations import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _ledger()
    _field()
    _gateways()
    _land()
    _days()
    _parcel_state()


def _ledger() -> None:
    op.create_table(
        "ledger_entries",
        columns.position(),
        columns.text("kind"),
        columns.text("subject"),
        columns.sha256("digest"),
        columns.text("at"),
        columns.sha256("hash"),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", columns.POSITION, nullable=False),
        columns.sha256("hash"),
        sa.PrimaryKeyConstraint("id"),
    )


def _field() -> None:
    op.create_table(
        "detections",
        columns.position(),
        *columns.message_key(),
        columns.text("parcel_id", nullable=True),
        columns.moment("taken_at", nullable=True),
        columns.moment("counts_at"),
        columns.moment("received_at"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("organisation", "gateway", "boot", "sequence", name="detections_message"),
    )
    op.create_index("detections_by_time", "detections", ["counts_at"])
    op.create_index("detections_of_parcel", "detections", ["parcel_id", "counts_at"])
    op.create_table(
        "evidence",
        columns.position(),
        *columns.message_key(),
        columns.text("detection_boot"),
        sa.Column("detection_sequence", sa.BigInteger(), nullable=False),
        columns.text("parcel_id"),
        columns.moment("counts_at"),
        columns.moment("received_at"),
        columns.text("body"),
        sa.Column("image_jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("mask_png", sa.LargeBinary(), nullable=True),
        sa.Column("stress_grid", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("organisation", "gateway", "boot", "sequence", name="evidence_message"),
    )
    op.create_index("evidence_of_detection", "evidence", ["gateway", "detection_boot", "detection_sequence"])
    op.create_index("evidence_of_parcel", "evidence", ["parcel_id", "counts_at"])


def _gateways() -> None:
    op.create_table(
        "parked",
        columns.position(),
        *columns.place(),
        columns.text("kind"),
        columns.sha256("payload_sha256"),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        columns.text("reason"),
        columns.moment("received_at"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("organisation", "gateway", "kind", "payload_sha256", name="parked_once"),
    )
    op.create_table(
        "gateway_changes",
        columns.position(),
        *columns.place(),
        columns.text("body"),
        columns.moment("received_at"),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("changes_of_gateway", "gateway_changes", ["organisation", "gateway"])
    op.create_table(
        "gateway_state",
        *columns.place(),
        columns.text("heartbeat"),
        columns.moment("received_at"),
        sa.PrimaryKeyConstraint("organisation", "gateway"),
    )


def _land() -> None:
    op.create_table(
        "parcel_versions",
        columns.position(),
        columns.text("parcel_id"),
        columns.count("version"),
        columns.sha256("digest"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("parcel_id", "version", name="parcel_version"),
    )
    op.create_table(
        "irrigation_events",
        columns.position(),
        columns.text("parcel_id"),
        columns.moment("started_at"),
        columns.sha256("digest"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("events_of_parcel", "irrigation_events", ["parcel_id", "started_at"])
    op.create_table(
        "farmer_versions",
        columns.position(),
        columns.text("farmer_id"),
        columns.count("version"),
        columns.sha256("phone_index"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("farmer_id", "version", name="farmer_version"),
    )
    op.create_table(
        "farmer_state",
        columns.text("farmer_id"),
        sa.Column("farmer", columns.POSITION, nullable=True),
        columns.sha256("phone_index"),
        sa.ForeignKeyConstraint(
            ["farmer"],
            ["farmer_versions.position"],
        ),
        sa.PrimaryKeyConstraint("farmer_id"),
    )
    op.create_index("farmers_by_phone", "farmer_state", ["phone_index"])


def _days() -> None:
    op.create_table(
        "water_days",
        columns.position(),
        columns.text("parcel_id"),
        sa.Column("day", sa.Date(), nullable=False),
        columns.count("version"),
        columns.sha256("digest"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("parcel_id", "day", "version", name="water_day_version"),
    )
    op.create_table(
        "verdicts",
        columns.position(),
        columns.text("parcel_id"),
        sa.Column("day", sa.Date(), nullable=False),
        columns.count("version"),
        columns.sha256("digest"),
        columns.text("body"),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("parcel_id", "day", "version", name="verdict_version"),
    )
    op.create_index("verdicts_of_day", "verdicts", ["day"])


def _parcel_state() -> None:
    op.create_table(
        "parcel_state",
        columns.text("parcel_id"),
        sa.Column("parcel", columns.POSITION, nullable=True),
        sa.Column("detection", columns.POSITION, nullable=True),
        columns.moment("detection_at", nullable=True),
        sa.Column("evidence", columns.POSITION, nullable=True),
        columns.moment("evidence_at", nullable=True),
        sa.Column("water", columns.POSITION, nullable=True),
        sa.Column("water_day", sa.Date(), nullable=True),
        sa.Column("verdict", columns.POSITION, nullable=True),
        sa.Column("verdict_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["detection"],
            ["detections.position"],
        ),
        sa.ForeignKeyConstraint(
            ["evidence"],
            ["evidence.position"],
        ),
        sa.ForeignKeyConstraint(
            ["parcel"],
            ["parcel_versions.position"],
        ),
        sa.ForeignKeyConstraint(
            ["verdict"],
            ["verdicts.position"],
        ),
        sa.ForeignKeyConstraint(
            ["water"],
            ["water_days.position"],
        ),
        sa.PrimaryKeyConstraint("parcel_id"),
    )
