"""Tables of people: keys of their data, what they agreed to, whom they are told about, who looked, what was erased."""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cloud.adapters.ledger import METADATA, Position, position_column
from cloud.adapters.store.times import UtcTime

CONSENTS: Final = Table(
    "consent_words",
    METADATA,
    position_column(),
    Column("farmer_id", Text, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("how", Text, nullable=False),
    Column("wording", Text),
    Column("at", UtcTime, nullable=False),
    # Who wrote it down and what they noted: under the person's own key.
    Column("sealed", LargeBinary, nullable=False),
    Index("consents_of_farmer", "farmer_id", "at"),
)
TIES: Final = Table(
    "farmer_ties",
    METADATA,
    position_column(),
    Column("tie", Text, nullable=False),
    Column("farmer_id", Text, nullable=False),
    Column("parcel_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("tie", "version", name="tie_version"),
)
LOOKS: Final = Table(
    "farmer_looks",
    METADATA,
    position_column(),
    Column("farmer_id", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("looks_at_farmer", "farmer_id"),
)
ERASURES: Final = Table(
    "erasures",
    METADATA,
    position_column(),
    # Nobody's where a period of texts went.
    Column("farmer_id", Text),
    Column("cause", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("erasures_of_farmer", "farmer_id"),
)

DATA_KEYS: Final = Table(
    "data_keys",
    METADATA,
    # In no ledger: a key that is destroyed must be gone.
    Column("key_id", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("period", String(7), nullable=False),
    Column("master", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    UniqueConstraint("holder", "period", name="data_key_of_period"),
)
MASTER_STATE: Final = Table(
    "master_state",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("master", Text, nullable=False),
)
RESEALED: Final = Table(
    "resealed",
    METADATA,
    # What was sealed by a master key itself, before there were data keys, sealed anew; by the digest of the old.
    Column("digest", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
INBOUND_INDEX: Final = Table(
    "inbound_index",
    METADATA,
    Column("inbound", Position, ForeignKey("inbound_texts.position"), primary_key=True, autoincrement=False),
    Column("phone_index", String(64), nullable=False),
    Index("inbound_index_by_phone", "phone_index"),
)
FARMER_NUMBERS: Final = Table(
    "farmer_numbers",
    METADATA,
    Column("farmer_id", Text, primary_key=True),
    Column("phone_index", String(64), primary_key=True),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime),
    Index("numbers_by_phone", "phone_index"),
)
