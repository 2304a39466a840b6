"""What farmers were told to give, and what their answers come to: the nouns that the night shares with conversations.

"Done" answers the last irrigation the farmer was told, and counts with the numbers of that very text. How one text is
heard stands in ``cloud.conversation``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from cloud.errors import IntegrityError
from cloud.messages import Message
from cloud.records import IrrigationEvent
from cloud.speech.readback import read_back

ANSWER_WITHIN: Final = timedelta(days=3)
"""An answer later than this after the irrigation was due may mean anything."""
PRIOR_DONE: Final = 8.0
PRIOR_DENIED: Final = 2.0
"""What is known of a farmer who never answered, in answers: four of five irrigations are given (by judgement)."""
REACHED: Final = frozenset({"wired", "sent", "delivered", "unknown"})
"""States of a message that may have been read."""
TELLS_IRRIGATION: Final = frozenset({"irrigate", "correction"})
"""Kinds of message that may tell an irrigation."""


class SaidMessage(Protocol):
    """A message as the store remembers it."""

    @property
    def message(self) -> Message:
        """The text and whom it was for."""
        ...

    @property
    def state(self) -> str:
        """How far it came."""
        ...

    @property
    def queued_at(self) -> datetime:
        """When it was decided."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldIrrigation:
    """An irrigation as the farmer was told it."""

    parcel_id: str
    queued_at: datetime
    begin: datetime
    depth_mm: float
    message_id: str = ""
    farmer_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one farmer's texts come to."""

    events: tuple[IrrigationEvent, ...] = ()
    silenced: bool = False
    notes: tuple[str, ...] = ()
    told: tuple[ToldIrrigation, ...] = ()
    """Irrigations that reached the farmer, answered or not."""
    compliance: float = 0.8
    """Probability that a told irrigation is given, by the farmer's own answers."""


def compliance_of(given: float, denied: float) -> float:
    """Probability that a told irrigation is given, from irrigations that a farmer gave (half ones half) and did not."""
    return (PRIOR_DONE + given) / (PRIOR_DONE + PRIOR_DENIED + given + denied)


def told_by(message: Message, message_id: str, queued_at: datetime, timezone: str) -> ToldIrrigation | None:
    """The irrigation that a text tells, with the numbers of that very text; None where it tells none."""
    if message.kind not in TELLS_IRRIGATION:
        return None
    try:
        heard = read_back(message.text, message.language, told_on=queued_at.date())
    except IntegrityError:
        return None
    if heard.begin is None or heard.depth_mm is None:
        return None
    return ToldIrrigation(
        parcel_id=message.parcel_id,
        queued_at=queued_at,
        begin=heard.begin.replace(tzinfo=ZoneInfo(timezone)),
        depth_mm=heard.depth_mm,
        message_id=message_id,
        farmer_id=message.farmer_id or "",
    )
