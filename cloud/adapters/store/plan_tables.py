"""Tables of plans: the bundles that were made for gateways, and what gateways said by them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, Index, LargeBinary, Table, Text, UniqueConstraint

from cloud.adapters.ledger import METADATA, position_column
from cloud.adapters.store.times import UtcTime

PLANS: Final = Table(
    "plan_bundles",
    METADATA,
    position_column(),
    Column("organisation", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("until_at", UtcTime, nullable=False),
    # Whose days it holds, as a JSON list.
    Column("parcels", Text, nullable=False),
    # As it was signed: who is told stands in it for its gateway's eyes alone.
    Column("payload", LargeBinary, nullable=False),
    UniqueConstraint("organisation", "gateway", "number", name="plan_bundle_number"),
)
GATEWAY_ADVICE: Final = Table(
    "gateway_advice",
    METADATA,
    position_column(),
    Column("organisation", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("parcel_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    # Without the text, which is a message of its person.
    Column("body", Text, nullable=False),
    UniqueConstraint("organisation", "gateway", "boot", "sequence", name="gateway_advice_message"),
    Index("gateway_advice_of_day", "parcel_id", "day"),
)
