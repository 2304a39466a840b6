"""The nouns of messages: texts, the people they are for, what carriers say of them, and what farmers answer."""

from datetime import date, time
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, ConfigDict, Field, field_validator

from cloud.bounds import NonNegative
from cloud.records import Identifier, Language, Record

Spoken = Literal["darija", "tachelhit", "tamazight", "tarifit", "arabic", "french", "english"]

ADVICE_KINDS: Final = frozenset(
    {"irrigate", "wait", "no_irrigation_rain", "skip_turn", "wait_agronomist", "correction"}
)
"""Texts that tell what to do on a day: of these a person holds one for each parcel and day."""
TAKEN_BACK: Final = "withdrawn: "
"""How the reason begins for which a text that still waited was taken back: surely nobody has read it."""


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
    catalogue_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """The words that made the text; None where they are not known."""
    day: date | None = None
    """The local day that the text is about."""


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
    parcel_id: Identifier | None = None
    """The parcel meant, where the path tells it: a menu, a key pressed in a call, an agronomist."""
    entered_by: str | None = None
    """Who typed it in the farmer's place."""


class Farmer(Record):
    """A person who is told, and when and how; encrypted at rest, and no error or trace shows its name or number."""

    model_config = ConfigDict(hide_input_in_errors=True)

    id: Identifier
    name: Annotated[str, Field(repr=False)]
    phone_number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", repr=False)]
    language: Language = "ary"
    """Of texts; its script is part of its name."""
    spoken: Spoken | None = None
    """What is spoken at home, for calls."""
    voice: bool = False
    """Wants to be called and read to instead of written to."""
    quiet_from: time = time(20)
    quiet_until: time = time(7)
    """Between these local times only answers leave; equal times mean no quiet hours."""
    market_day: Annotated[int, Field(ge=0, le=6)] | None = None
    """Weekday of the market, 0 = Monday: away from the field in the morning."""
    friday_prayer: bool = True
    ramadan: bool = True
    """Keeps the fast: in Ramadan texts follow its clock."""
    timezone: str = "Africa/Casablanca"

    @field_validator("quiet_from", "quiet_until")
    @classmethod
    def _is_local(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("expected a local time such as 20:00, got one with an offset")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("expected a time zone such as Africa/Casablanca") from error
        return value
