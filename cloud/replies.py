"""What farmers answered, made into irrigation events and silence: pure, and the same however often it is asked.

"Done" answers the last irrigation the farmer was told, and counts with the numbers of that very text. An answer that
may mean several parcels is told to a person instead of guessed. "Not done" is an irrigation of 0 mm: it takes back what
was presumed. After STOP nothing more is said until START.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from cloud.errors import IntegrityError
from cloud.messages import Inbound, Message
from cloud.records import IrrigationEvent, Parcel
from cloud.speech.readback import read_back
from cloud.speech.reply import parse_reply

ANSWER_WITHIN: Final = timedelta(days=3)
"""An answer later than this after the irrigation was due may mean anything."""
PRIOR_DONE: Final = 8.0
PRIOR_DENIED: Final = 2.0
"""What is known of a farmer who never answered, in answers: four of five irrigations are given (by judgement)."""
REACHED: Final = frozenset({"wired", "sent", "delivered", "unknown"})


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


def answers_of(
    farmer_id: str, inbound: Sequence[Inbound], said: Sequence[SaidMessage], parcels: Mapping[str, Parcel]
) -> Answers:
    """Events, silence and notes from one farmer's texts, oldest first."""
    told = [one for entry in said if (one := _told(entry, farmer_id, parcels)) is not None]
    events: list[IrrigationEvent] = []
    notes: list[str] = []
    silenced, denied = False, 0
    for text in inbound:
        meaning = parse_reply(text.text)
        if meaning in {"stop", "start"}:
            silenced = meaning == "stop"
        elif meaning in {"done", "not_done"}:
            meant = _meant(text, told)
            if len(meant) == 1:
                denied += meaning == "not_done"
                events.append(_event(meant[0], given=meaning == "done"))
            else:
                word = meaning.replace("_", " ")
                notes.append(f"farmer {farmer_id}: '{word}' of {text.received_at.date()} fits {_fits(meant)}; ask them")
        elif meaning in {"call_me", "unknown"}:
            wish = "asks to be called" if meaning == "call_me" else "wrote something that no rule understands"
            notes.append(f"farmer {farmer_id}: {wish} on {text.received_at.date()}; an agronomist should answer")
    # By the last time each was said: what a farmer says last is what he means.
    kept = tuple(reversed(dict.fromkeys(reversed(events))))
    done = sum(event.depth_mm > 0.0 for event in kept)
    return Answers(
        events=kept,
        silenced=silenced,
        notes=tuple(notes),
        told=tuple(told),
        compliance=(PRIOR_DONE + done) / (PRIOR_DONE + PRIOR_DENIED + done + denied),
    )


def _told(entry: SaidMessage, farmer_id: str, parcels: Mapping[str, Parcel]) -> ToldIrrigation | None:
    message = entry.message
    parcel = parcels.get(message.parcel_id)
    if parcel is None or message.farmer_id != farmer_id or message.kind != "irrigate" or entry.state not in REACHED:
        return None
    heard = read_back(message.text, message.language, told_on=entry.queued_at.date())
    if heard.begin is None or heard.depth_mm is None:
        return None
    begin = heard.begin.replace(tzinfo=ZoneInfo(parcel.timezone))
    return ToldIrrigation(parcel_id=parcel.id, queued_at=entry.queued_at, begin=begin, depth_mm=heard.depth_mm)


def _meant(text: Inbound, told: Sequence[ToldIrrigation]) -> list[ToldIrrigation]:
    """Irrigations of the last decided day that were told before the answer and were due shortly before it."""
    due = [
        one
        for one in told
        if one.queued_at <= text.received_at and one.begin <= text.received_at <= one.begin + ANSWER_WITHIN
    ]
    if not due:
        return []
    last = max(one.begin.date() for one in due)
    return [one for one in due if one.begin.date() == last]


def _event(told: ToldIrrigation, *, given: bool) -> IrrigationEvent:
    depth_mm = told.depth_mm if given else 0.0
    return IrrigationEvent(parcel_id=told.parcel_id, started_at=told.begin, depth_mm=depth_mm, source="reply")


def _fits(meant: Sequence[ToldIrrigation]) -> str:
    if not meant:
        return "no irrigation that was told and due in the days before"
    return f"parcels {', '.join(sorted(one.parcel_id for one in meant))}"


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
