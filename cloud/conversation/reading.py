"""What one text was taken as, and what it brings about: kept for good, so that every effect can be retraced."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from cloud.bounds import NonNegative
from cloud.messages import Inbound
from cloud.record import Identifier, Record
from cloud.records import IrrigationEvent
from cloud.speech.reply import Reply, Understood

Outcome = Literal[
    "taken",
    "asked",
    "wish",
    "nothing_due",
    "not_understood",
    "unknown_number",
    "unreadable",
]
"""Taken as it was said; asked which parcel; a wish for a call, help, silence or a swap; no told irrigation fits; no
meaning was found; nobody known has the number; the kept text cannot be opened."""
Answer = Literal["thanks", "which_parcel", "call_soon", "stop", "start", "help", "turn_swap"]
WATER: Final = frozenset({"done", "not_done", "half", "no_water"})
"""Meanings that say what became of a told irrigation."""
QUESTION_OPEN: Final = timedelta(hours=24)
"""So long a number answers the question that asked for it."""


class Option(Record):
    """A parcel that an answer may mean, and the told irrigation it would be about."""

    parcel_id: Identifier
    digits: str
    farmer_id: Identifier | None = None
    about: str | None = None
    begins_at: AwareDatetime | None = None
    told_mm: NonNegative | None = None


class Reading(Record):
    """What one text was taken as; it holds neither the text nor a number."""

    farmer_id: Identifier | None
    parcel_id: Identifier | None = None
    meaning: Reply
    certainty_percent: Annotated[int, Field(ge=0, le=100)]
    outcome: Outcome
    carrier: str
    received_at: AwareDatetime
    about: str | None = None
    """Message that told the irrigation which the text is about."""
    begins_at: AwareDatetime | None = None
    """Start of that irrigation as it was told."""
    depth_mm: NonNegative | None = None
    """Gross depth that the text counts as."""
    options: tuple[Option, ...] = ()
    """Where it was asked which parcel is meant."""
    resolves: int | None = None
    """Place in the ledger of the reading whose question the text answers."""
    swap: str | None = None
    """Swap of turns that the text proposes or answers."""
    answer: Answer | None = None
    """What is said to the farmer; None for silence."""
    note: str | None = None
    """What an agronomist should know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReading:
    """A reading and its place in the ledger."""

    position: int
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardText:
    """A text as it came in, with everybody who has its number; without text where it cannot be opened any more."""

    position: int
    received_at: datetime
    carrier: str
    farmer_ids: tuple[str, ...] = ()
    former: frozenset[str] = frozenset()
    """Those among them who had given the number up when the text came: theirs may be in other hands."""
    inbound: Inbound | None = None


SwapAct = Literal["proposed", "agreed", "refused", "withdrawn"]


class SwapStep(Record):
    """One word about a swap of two parcels' turns on one day."""

    swap: str
    """Name of the swap, made of its day, its parcels and who asked first."""
    act: SwapAct
    day: date
    """Local day of both turns."""
    parcel_id: Identifier
    other_parcel_id: Identifier
    by: Identifier
    """Farmer who said it, or ``agronomist``."""
    mark: str | None = None
    """Keyed mark of the agronomist."""
    at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A reading with its effects: all of them are kept together, or none is."""

    reading: Reading
    events: tuple[IrrigationEvent, ...] = ()
    wants_messages: bool | None = None
    """The farmer's wish, where the text is STOP or START."""
    swap_step: SwapStep | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What hearing new texts came to."""

    readings: list[KeptReading] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        """What agronomists should know, one line each."""
        return tuple(one.reading.note for one in self.readings if one.reading.note is not None)


def reading_of(text: HeardText, understood: Understood, outcome: Outcome, **more: object) -> Reading:
    """A reading of a text; of several who have the number it is the first one's unless ``farmer_id`` says whose."""
    content: dict[str, object] = {
        "farmer_id": text.farmer_ids[0] if text.farmer_ids else None,
        "meaning": understood.reply,
        "certainty_percent": round(100.0 * understood.certainty),
        "outcome": outcome,
        "carrier": text.carrier,
        "received_at": text.received_at,
    }
    return Reading.model_validate(content | more)
