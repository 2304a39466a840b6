"""The nouns of messages: texts, the people they are for, what carriers say of them, and what farmers answer."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from cloud.bounds import NonNegative
from cloud.records import Identifier, Language, Record


class Message(Record):
    """One text for one farmer about one parcel, with what it will cost."""

    parcel_id: Identifier
    kind: str
    language: Language
    channel: str = "sms"
    text: str
    encoding: Literal["gsm7", "ucs2"]
    segments: Annotated[int, Field(ge=1)]
    cost: NonNegative | None = None
    valid_until: AwareDatetime
    reviewed: bool
    farmer_id: Identifier | None = None


class Delivery(Record):
    """What a carrier said of a message: an answer, a delivery report, or silence."""

    message_id: str
    state: Literal["queued", "wired", "sent", "delivered", "failed", "unknown", "expired", "halted"]
    carrier: str
    carrier_id: str | None = None
    reason: str | None = None
    at: AwareDatetime


class QueuedMessage(Record):
    """A message on its way to a telephone; the number is in the clear only here, never at rest."""

    message_id: str
    message: Message
    phone_number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
    attempts: Annotated[int, Field(ge=0)] = 0


class Inbound(Record):
    """A farmer's text as the carrier handed it over."""

    carrier: str
    carrier_id: str
    phone_number: str
    text: str
    received_at: AwareDatetime


class Farmer(Record):
    """A person who is told; encrypted at rest."""

    id: Identifier
    name: str
    phone_number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
    language: Language = "ary"
