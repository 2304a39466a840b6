"""What farmers answered, made into irrigation events and silence: pure, and the same however often it is asked.

"Done" answers the last irrigation the farmer was told, and counts with the numbers of that very text. An answer that
may mean several parcels is told to a person instead of guessed. After STOP nothing more is said until START.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from cloud.messages import Inbound, Message
from cloud.records import IrrigationEvent, Parcel
from cloud.speech.readback import read_back
from cloud.speech.reply import parse_reply

ANSWER_WITHIN: Final = timedelta(days=3)
"""An answer later than this after the irrigation was due may mean anything."""
REACHED: Final = frozenset({"wired", "sent", "delivered", "unknown"})


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
class Answers:
    """What one farmer's texts come to."""

    events: tuple[IrrigationEvent, ...]
    silenced: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """An irrigation as the farmer was told it."""

    parcel_id: str
    queued_at: datetime
    begin: datetime
    depth_mm: float


def answers_of(
    farmer_id: str, inbound: Sequence[Inbound], said: Sequence[SaidMessage], parcels: Mapping[str, Parcel]
) -> Answers:
    """Events, silence and notes from one farmer's texts, oldest first."""
    told = [one for entry in said if (one := _told(entry, farmer_id, parcels)) is not None]
    events: list[IrrigationEvent] = []
    notes: list[str] = []
    silenced = False
    for text in inbound:
        meaning = parse_reply(text.text)
        if meaning in {"stop", "start"}:
            silenced = meaning == "stop"
        elif meaning == "done":
            meant = _meant(text, told)
            if len(meant) == 1:
                events.append(_event(meant[0]))
            else:
                notes.append(f"farmer {farmer_id}: 'done' of {text.received_at.date()} fits {_fits(meant)}; ask them")
        elif meaning in {"call_me", "unknown"}:
            wish = "asks to be called" if meaning == "call_me" else "wrote something that no rule understands"
            notes.append(f"farmer {farmer_id}: {wish} on {text.received_at.date()}; an agronomist should answer")
    return Answers(events=tuple(dict.fromkeys(events)), silenced=silenced, notes=tuple(notes))


def _told(entry: SaidMessage, farmer_id: str, parcels: Mapping[str, Parcel]) -> _Told | None:
    message = entry.message
    parcel = parcels.get(message.parcel_id)
    if parcel is None or message.farmer_id != farmer_id or message.kind != "irrigate" or entry.state not in REACHED:
        return None
    heard = read_back(message.text, message.language, told_on=entry.queued_at.date())
    if heard.begin is None or heard.depth_mm is None:
        return None
    begin = heard.begin.replace(tzinfo=ZoneInfo(parcel.timezone))
    return _Told(parcel_id=parcel.id, queued_at=entry.queued_at, begin=begin, depth_mm=heard.depth_mm)


def _meant(text: Inbound, told: Sequence[_Told]) -> list[_Told]:
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


def _event(told: _Told) -> IrrigationEvent:
    return IrrigationEvent(parcel_id=told.parcel_id, started_at=told.begin, depth_mm=told.depth_mm, source="reply")


def _fits(meant: Sequence[_Told]) -> str:
    if not meant:
        return "no irrigation that was told and due in the days before"
    return f"parcels {', '.join(sorted(one.parcel_id for one in meant))}"
