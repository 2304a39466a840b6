"""What is said to a farmer who wrote: thanks, a question, help, and to neighbours what became of their turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.conversation.reading import QUESTION_OPEN, KeptReading, Reading, SwapStep
from cloud.records import CanalTurn, Parcel
from cloud.speech.facts import SERVICE, CallSoon, Choice, Facts, Help, Start, Stop, Swap, Thanks, TurnSwap, WhichParcel

ANSWER_LATEST: Final = timedelta(hours=12)
"""A text is answered this long at most: thanks on the next day answer another question."""
USUAL_ZONE: Final = "Africa/Casablanca"
TOLD_OF_SWAP: Final[Mapping[str, Swap]] = {
    "proposed": "asked",
    "agreed": "agreed",
    "refused": "kept",
    "withdrawn": "kept",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something to say to one person, and how long it is worth saying."""

    farmer_id: str
    facts: Facts
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an answer needs beside the text that it answers."""

    parcels: Mapping[str, Parcel]
    turns: Sequence[CanalTurn] = ()
    """As the table has them, before any swap."""
    swap: SwapStep | None = None
    """Where the swap stands that the text was about."""
    own: Mapping[str, str] = field(default_factory=dict)
    """A parcel of each farmer, for answers that are about none."""
    phone: str | None = None
    """Where somebody answers questions."""


def answers_to(kept: KeptReading, around: Surroundings, now: datetime) -> tuple[Said, ...]:
    """What is said after a text; nothing where it is too late for it."""
    reading = kept.reading
    if reading.farmer_id is None or reading.answer is None or now > reading.received_at + ANSWER_LATEST:
        return ()
    if reading.answer == "turn_swap":
        return () if around.swap is None else neighbours_told(around.swap, around, now)
    facts = _facts(reading, around, now)
    return (Said(farmer_id=reading.farmer_id, facts=facts, valid_until=now + QUESTION_OPEN),)


def _facts(reading: Reading, around: Surroundings, now: datetime) -> Facts:
    parcel_id = reading.parcel_id or (reading.options[0].parcel_id if reading.options else None)
    parcel_id = parcel_id or around.own.get(reading.farmer_id or "")
    parcel = around.parcels.get(parcel_id or "")
    timezone = USUAL_ZONE if parcel is None else parcel.timezone
    # Somebody of whom no parcel is known is still told that silence was understood.
    place = {
        "parcel_id": parcel_id or reading.farmer_id or SERVICE,
        "parcel_name": SERVICE if parcel is None else parcel.label,
        "timezone": timezone,
    }
    day = now.astimezone(ZoneInfo(timezone)).date()
    match reading.answer:
        case "thanks":
            return _thanks(reading, place, day)
        case "which_parcel":
            choices = tuple(Choice(digits=one.digits, name=_label(around, one.parcel_id)) for one in reading.options)
            return WhichParcel(**place, day=day, choices=choices)
        case "stop":
            return Stop(**place, day=day, phone=around.phone)
        case "start":
            return Start(**place, day=day)
        case "call_soon":
            return CallSoon(**place, day=day, phone=around.phone)
        case _:
            return Help(**place, day=day, phone=around.phone)


def _thanks(reading: Reading, place: dict[str, str], day: date) -> Thanks:
    about = reading.begins_at or reading.received_at
    meaning = reading.meaning
    assert meaning in {"done", "not_done", "half", "no_water", "rain"}, "only words about water are thanked for"
    return Thanks(
        **place,
        day=day,
        meaning=meaning,
        about_day=about.astimezone(ZoneInfo(place["timezone"])).date(),
        depth_mm=reading.depth_mm or None,
    )


def _label(around: Surroundings, parcel_id: str) -> str:
    parcel = around.parcels.get(parcel_id)
    return parcel_id if parcel is None else parcel.label


def neighbours_told(swap: SwapStep, around: Surroundings, now: datetime) -> tuple[Said, ...]:
    """The neighbour who is asked, or both of them told, each with his own turn."""
    pairs = [(swap.parcel_id, swap.other_parcel_id), (swap.other_parcel_id, swap.parcel_id)]
    state = TOLD_OF_SWAP[swap.act]
    said = []
    for parcel_id, other_id in pairs if state != "asked" else pairs[1:]:
        parcel, other = around.parcels.get(parcel_id), around.parcels.get(other_id)
        turn = turn_on(around.turns, parcel_id if state == "kept" else other_id, swap.day, parcel)
        if parcel is None or other is None or parcel.farmer is None or turn is None:
            continue
        facts = TurnSwap(
            parcel_id=parcel_id,
            parcel_name=parcel.label,
            timezone=parcel.timezone,
            day=now.astimezone(ZoneInfo(parcel.timezone)).date(),
            state=state,
            other_name=other.label,
            starts_at=turn.starts_at,
            ends_at=turn.ends_at,
        )
        said.append(Said(farmer_id=parcel.farmer.id, facts=facts, valid_until=turn.starts_at))
    return tuple(said)


def turn_on(turns: Sequence[CanalTurn], parcel_id: str, day: date, parcel: Parcel | None) -> CanalTurn | None:
    """The one turn of a parcel on a local day, as the table has it; None where it has none or several."""
    zone = ZoneInfo(USUAL_ZONE if parcel is None else parcel.timezone)
    own = [one for one in turns if one.parcel_id == parcel_id and one.starts_at.astimezone(zone).date() == day]
    return own[0] if len(own) == 1 else None
