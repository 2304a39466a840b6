"""The table of calls that the service makes: what became of each, step by step."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from cloud.adapters.ledger import METADATA, position_column
from cloud.adapters.store.times import UtcTime

CALLS: Final = Table(
    "calls",
    METADATA,
    position_column(),
    # The written advice that the call reads out.
    Column("message_id", String(64), ForeignKey("messages.message_id"), nullable=False),
    Column("state", Text, nullable=False),
    # The carrier's own name of the call.
    Column("session", Text),
    Column("reason", Text),
    Column("at", UtcTime, nullable=False),
    Index("calls_of_message", "message_id"),
    Index("calls_by_session", "session"),
)
