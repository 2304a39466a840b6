"""What the store hands out that is more than a record: a record with its place and its latest state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from cloud.messages import Message
from edge.contract import Detection, MessageId
from edge.heartbeat import Heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDetection:
    """A detection with the message that brought it."""

    message: MessageId
    organisation: str
    detection: Detection
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStatus:
    """The last word of a gateway about itself."""

    organisation: str
    gateway: str
    heartbeat: Heartbeat
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLog:
    """A message and where it stands; no telephone number."""

    message_id: str
    message: Message
    state: str
    carrier_id: str | None
    reason: str | None
    queued_at: datetime
    updated_at: datetime
    maybe_left: bool = False
    """Whether it waits or was taken back after its carrier may have got it."""


def message_log_of(row: Row[Any]) -> MessageLog:
    """A message of the store, read together with where it stands."""
    return MessageLog(
        message_id=row.message_id,
        message=Message.model_validate_json(row.body),
        state=row.state,
        carrier_id=row.carrier_id,
        reason=row.reason,
        queued_at=row.queued_at,
        updated_at=row.updated_at,
        maybe_left=row.only_over is not None and row.state in {"queued", "halted"},
    )
