"""One text made into what it means and brings about: pure, so that the same text in the same context is the same word.

An answer counts with the numbers of the very text that told the irrigation. Where it may mean several parcels it is
asked, never guessed; where it means none it is told to a person. What a farmer says last is what he means.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from cloud.conversation.context import Context, chosen
from cloud.conversation.meant import asked_among, meant_by, parcels_meant
from cloud.conversation.reading import Heard, HeardText, KeptReading, Option, Reading, reading_of
from cloud.conversation.swapping import asked_lately, hear_swap, hear_swap_answer
from cloud.records import IrrigationEvent
from cloud.replies import ToldIrrigation
from cloud.speech.reply import NOTHING, Reply, Understood, key_of, understand

HELP_EVERY: Final = timedelta(days=1)
"""A text that nobody understands is answered with help this often at most."""
CALL_EVERY: Final = timedelta(hours=6)
"""A wish to be called is confirmed this often at most: telephones ring more than once."""
SHARE: Final[Mapping[Reply, float]] = {"done": 1.0, "half": 0.5, "not_done": 0.0, "no_water": 0.0}
"""Share of the told depth that an answer counts as."""


def hear(text: HeardText, context: Context) -> tuple[Heard, ...]:
    """Everything that one text means: at least one reading."""
    if text.inbound is None:
        return (Heard(reading=reading_of(text, NOTHING, "unreadable")),)
    understood = understand(text.inbound.text)
    if not text.farmer_ids:
        note = f"a text ({understood.reply}) came from a number that belongs to nobody; it was not answered"
        return (Heard(reading=reading_of(text, understood, "unknown_number", note=note)),)
    question = context.question(text)
    if understood.reply in {"swap_yes", "swap_no"} and asked_lately(context, question):
        return hear_swap_answer(text, context, understood)
    option = None if question is None else chosen(question.reading, key_of(text.inbound.text), context)
    if question is not None and option is not None:
        return (_resolved(text, context, question, option),)
    hearing = HEARINGS.get(understood.reply, _lost)
    return _silent_to_the_silenced(hearing(text, context, understood), context)


def _irrigation(text: HeardText, context: Context, understood: Understood) -> tuple[Heard, ...]:
    candidates = meant_by(text, context, understood)
    if candidates is None:
        return _lost(text, context, understood)
    if len(candidates) == 1:
        return (_taken(text, context, reading_of(text, understood, "taken"), candidates[0]),)
    if not candidates:
        word = understood.reply.replace("_", " ")
        note = (
            f"farmer {text.farmer_ids[0]}: '{word}' of {text.received_at.date()} fits no irrigation that was told and"
            " due in the days before; ask them"
        )
        return (Heard(reading=reading_of(text, understood, "nothing_due", note=note, **_help(text, context))),)
    options = [
        Option(
            parcel_id=one.parcel_id,
            digits="0",
            farmer_id=one.farmer_id or None,
            about=one.message_id,
            begins_at=one.begin,
            told_mm=one.depth_mm,
        )
        for one in candidates
    ]
    return (_asked(text, context, understood, options),)


def _rain(text: HeardText, context: Context, understood: Understood) -> tuple[Heard, ...]:
    parcels = parcels_meant(text, context, understood)
    if parcels is None:
        return _lost(text, context, understood)
    if len(parcels) > 1 and not parcels.together:
        options = [Option(parcel_id=parcel_id, digits="0") for parcel_id in parcels.ids]
        return (_asked(text, context, understood, options),)
    readings = [reading_of(text, understood, "taken", parcel_id=parcel_id) for parcel_id in parcels.ids]
    if not readings:
        note = (
            f"farmer {text.farmer_ids[0]}: tells of rain on {text.received_at.date()}, and no parcel is known of them"
        )
        return (Heard(reading=reading_of(text, understood, "nothing_due", note=note)),)
    thanked = [readings[0].model_copy(update={"answer": "thanks"}), *readings[1:]]
    return tuple(Heard(reading=one) for one in thanked)


def _silence(text: HeardText, _: Context, understood: Understood) -> tuple[Heard, ...]:
    """Everybody who has the number is left alone, or heard of again; one answer for the one telephone."""
    return tuple(
        Heard(
            reading=reading_of(
                text, understood, "wish", farmer_id=farmer_id, answer=None if place else understood.reply
            ),
            wants_messages=understood.reply == "start",
        )
        for place, farmer_id in enumerate(text.farmer_ids)
    )


def _call(text: HeardText, context: Context, understood: Understood) -> tuple[Heard, ...]:
    told = context.said_since("call_soon", text.received_at - CALL_EVERY)
    note = f"farmer {text.farmer_ids[0]}: asks to be called on {text.received_at.date()}; an agronomist should answer"
    answer = None if told else "call_soon"
    return (Heard(reading=reading_of(text, understood, "wish", note=note, answer=answer)),)


def _wanted_help(text: HeardText, _: Context, understood: Understood) -> tuple[Heard, ...]:
    return (Heard(reading=reading_of(text, understood, "wish", answer="help")),)


def _lost(text: HeardText, context: Context, _: Understood) -> tuple[Heard, ...]:
    note = (
        f"farmer {text.farmer_ids[0]}: wrote something that no rule understands on {text.received_at.date()};"
        " an agronomist should answer"
    )
    return (Heard(reading=reading_of(text, NOTHING, "not_understood", note=note, **_help(text, context))),)


HEARINGS: Final[Mapping[Reply, Callable[[HeardText, Context, Understood], tuple[Heard, ...]]]] = {
    "done": _irrigation,
    "half": _irrigation,
    "not_done": _irrigation,
    "no_water": _irrigation,
    "rain": _rain,
    "stop": _silence,
    "start": _silence,
    "call_me": _call,
    "help": _wanted_help,
    "swap": hear_swap,
}


def _help(text: HeardText, context: Context) -> dict[str, object]:
    """Help as an answer, unless it was given a short while ago."""
    return {} if context.said_since("help", text.received_at - HELP_EVERY) else {"answer": "help"}


def _asked(text: HeardText, context: Context, understood: Understood, options: list[Option]) -> Heard:
    """The question which parcel is meant; where there are too many to ask, a person has to."""
    farmer_id = text.farmer_ids[0]
    numbered = asked_among(options, context)
    if numbered is None:
        note = f"farmer {farmer_id}: '{understood.reply}' may mean {len(options)} parcels, too many to ask; call them"
        return Heard(reading=reading_of(text, understood, "nothing_due", note=note))
    names = ", ".join(option.parcel_id for option in numbered)
    note = f"farmer {farmer_id}: '{understood.reply}' of {text.received_at.date()} fits parcels {names}; asked which"
    return Heard(reading=reading_of(text, understood, "asked", options=numbered, note=note, answer="which_parcel"))


def _resolved(text: HeardText, context: Context, question: KeptReading, option: Option) -> Heard:
    """An answer to the question which parcel was meant: what was said then, of the parcel named now."""
    said = question.reading
    reading = reading_of(
        text,
        Understood(reply=said.meaning, certainty=1.0),
        "taken",
        farmer_id=option.farmer_id or said.farmer_id,
        resolves=question.position,
    )
    if option.begins_at is None or option.told_mm is None:
        return Heard(reading=reading.model_copy(update={"parcel_id": option.parcel_id, "answer": "thanks"}))
    told = ToldIrrigation(
        parcel_id=option.parcel_id,
        queued_at=said.received_at,
        begin=option.begins_at,
        depth_mm=option.told_mm,
        message_id=option.about or "",
        farmer_id=reading.farmer_id or "",
    )
    return _taken(text, context, reading, told)


def _taken(text: HeardText, context: Context, reading: Reading, told: ToldIrrigation) -> Heard:
    """An answer about one told irrigation, as the event that it tells of."""
    meaning = reading.meaning
    farmer_id = told.farmer_id or reading.farmer_id
    depth_mm = round(SHARE[meaning] * told.depth_mm, 1)
    trust = context.trust_in(farmer_id)
    before = context.answered().get((told.parcel_id, told.begin))
    event = IrrigationEvent(
        parcel_id=told.parcel_id,
        started_at=told.begin,
        depth_mm=depth_mm,
        source="reply",
        told_at=text.received_at,
        sigma_fraction=trust.sigma_fraction(half=meaning == "half") if depth_mm else None,
    )
    taken = reading.model_copy(
        update={
            "farmer_id": farmer_id,
            "parcel_id": told.parcel_id,
            "about": told.message_id or None,
            "begins_at": told.begin,
            "depth_mm": depth_mm,
            "answer": "thanks",
            "note": _note(reading, told, before, context),
        }
    )
    return Heard(reading=taken, events=(event,))


def _note(reading: Reading, told: ToldIrrigation, before: KeptReading | None, context: Context) -> str | None:
    if before is not None and before.reading.meaning != reading.meaning:
        was = before.reading
        return (
            f"parcel {told.parcel_id}: '{reading.meaning}' of {reading.received_at.date()} contradicts"
            f" '{was.meaning}' of {was.received_at.date()} on the irrigation of {told.begin.date()}; the last counts"
        )
    if reading.meaning != "no_water":
        return None
    parcel = context.parcels.get(told.parcel_id)
    water = None if parcel is None else parcel.water
    source = "its source"
    if water is not None and (water.canal or water.pump):
        source = f"canal {water.canal}" if water.canal else f"pump {water.pump}"
    return f"parcel {told.parcel_id}: no water came from {source} for the irrigation of {told.begin.date()}"


def _silent_to_the_silenced(heard: tuple[Heard, ...], context: Context) -> tuple[Heard, ...]:
    """Somebody who wrote STOP is heard, and told nothing but that."""
    return tuple(
        one
        if one.reading.farmer_id not in context.silenced or one.reading.answer in {None, "stop", "start"}
        else Heard(
            reading=one.reading.model_copy(update={"answer": None}),
            events=one.events,
            wants_messages=one.wants_messages,
            swap_step=one.swap_step,
        )
        for one in heard
    )
