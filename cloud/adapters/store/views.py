"""What the store hands out that is more than a record: a record with its place and its latest state."""

from dataclasses import dataclass
from datetime import datetime

from cloud.messages import Message
from edge.contract import Detection, Heartbeat, MessageId


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
