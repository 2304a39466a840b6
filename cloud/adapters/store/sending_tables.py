"""Tables of the sending side: where each message stands, halted channels, and what operators and carriers said."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from cloud.adapters.ledger import METADATA, Position
from cloud.adapters.store.times import UtcTime

MESSAGE_STATE: Final = Table(
    "message_state",
    METADATA,
    Column("message_id", String(64), ForeignKey("messages.message_id"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcTime, nullable=False),
    Column("valid_until", UtcTime, nullable=False),
    # The carrier that has it or last had it; empty before the first.
    Column("carrier", Text, nullable=False),
    Column("carrier_id", Text),
    Column("reason", Text),
    Column("updated_at", UtcTime, nullable=False),
    # What a claim needs to know without opening the message: who goes first, what it costs, when it last left.
    Column("priority", Integer, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("place", Position, nullable=False),
    Column("handed_at", UtcTime),
    # Words of carriers that said nothing new: a text billed once and delivered thirty times shows here.
    Column("repeated", Integer, nullable=False),
    # Over which carrier alone it may go, since that one may have it; and which has just refused it for the next.
    Column("only_over", Text),
    Column("not_over", Text),
    Index("messages_due", "state", "priority", "next_attempt_at", "place"),
    Index("messages_late", "state", "valid_until"),
    Index("messages_handed", "handed_at"),
)
WAITING_REPORTS: Final = Table(
    "waiting_reports",
    METADATA,
    Column("report", Position, ForeignKey("carrier_reports.position"), primary_key=True, autoincrement=False),
    Column("carrier", Text, nullable=False),
    Column("carrier_id", Text, nullable=False),
    # Whose telephone the report names, keyed: it may tell what became of a message whose answer was lost.
    Column("phone_index", String(64)),
    Column("at", UtcTime),
    Index("waiting_by_carrier", "carrier", "carrier_id"),
    Index("waiting_by_phone", "phone_index"),
)
CHANNEL_WORDS: Final = Table(
    "channel_words",
    METADATA,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("carrier", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("words_of_channel", "carrier", "position"),
)
RESOLUTIONS: Final = Table(
    "message_resolutions",
    METADATA,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("message_id", String(64), ForeignKey("messages.message_id"), nullable=False),
    Column("act", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("resolutions_of_message", "message_id"),
)
EXCHANGES: Final = Table(
    "carrier_exchanges",
    METADATA,
    # No record: a diary of the last hand-overs, without numbers and keys, that forgets.
    Column("message_id", String(64), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("carrier", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("said", Text, nullable=False),
    Index("exchanges_by_time", "at"),
)
