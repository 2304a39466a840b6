"""Texts about swapping turns: "swap P12 P15" proposes, the neighbour's 7 agrees and 8 refuses."""

from cloud.conversation.context import Context
from cloud.conversation.reading import Heard, HeardText, KeptReading, SwapStep, reading_of
from cloud.conversation.swaps import pair_of, standing, step_of
from cloud.errors import InputError
from cloud.records import Parcel
from cloud.speech.reply import Understood


def hear_swap(text: HeardText, context: Context, understood: Understood) -> tuple[Heard, ...]:
    """A proposal to swap, from whoever has one of the two parcels."""
    farmer_id = text.farmer_ids[0]
    try:
        own, other = _parcels_named(context, understood.named)
        pair = pair_of(own, other, context.turns, text.received_at)
    except InputError as error:
        note = f"farmer {farmer_id}: wants to swap turns on {text.received_at.date()}: {error}"
        return (Heard(reading=reading_of(text, understood, "wish", note=note)),)
    step = step_of(pair, (own.id, other.id), "proposed", farmer_id, text.received_at)
    held = standing(context.swaps).get(step.swap)
    if held is not None and held.act == "proposed" and held.parcel_id == other.id:
        # Both asked for the same: neither needs to ask the other.
        step = held.model_copy(update={"act": "agreed", "by": farmer_id, "at": text.received_at})
    elif held is not None and held.act in {"proposed", "agreed"}:
        note = f"parcels {own.id} and {other.id}: their swap of {pair.day} is {held.act} already"
        return (Heard(reading=reading_of(text, understood, "taken", note=note)),)
    return (_step(text, understood, step),)


def hear_swap_answer(text: HeardText, context: Context, understood: Understood) -> tuple[Heard, ...]:
    """The neighbour's yes or no to the newest swap that waits for him."""
    step = waiting(context)
    assert step is not None, "asked only while a swap waits"
    act = "agreed" if understood.reply == "swap_yes" else "refused"
    word = step.model_copy(update={"act": act, "by": text.farmer_ids[0], "at": text.received_at})
    return (_step(text, understood, word),)


def waiting(context: Context) -> SwapStep | None:
    """The newest swap that waits for an answer of these people."""
    open_ones = [
        one
        for one in standing(context.swaps).values()
        if one.act == "proposed" and one.other_parcel_id in context.theirs
    ]
    return max(open_ones, key=lambda one: one.at, default=None)


def asked_lately(context: Context, question: KeptReading | None) -> bool:
    """Whether a swap waits for an answer and no other question was asked since."""
    step = waiting(context)
    return step is not None and (question is None or question.reading.received_at <= step.at)


def _step(text: HeardText, understood: Understood, step: SwapStep) -> Heard:
    note = (
        f"parcels {step.parcel_id} and {step.other_parcel_id}: swap of their turns of {step.day} {step.act}"
        f" by farmer {step.by}"
    )
    reading = reading_of(
        text, understood, "taken", note=note, swap=step.swap, parcel_id=step.parcel_id, answer="turn_swap"
    )
    return Heard(reading=reading, swap_step=step)


def _parcels_named(context: Context, words: str) -> tuple[Parcel, Parcel]:
    """The writer's parcel and the neighbour's, from the words of a text."""
    parts = words.split()
    others = {one: parcel for one, parcel in context.neighbours.items() if one not in context.theirs}
    for place in range(len(parts) + 1):
        first, second = " ".join(parts[:place]), " ".join(parts[place:])
        for own_words, other_words in ((first, second), (second, first)):
            other = context.named(other_words, others) if other_words else None
            own = context.named(own_words, context.theirs) if own_words else _only(context)
            if own is not None and other is not None:
                return context.theirs[own], others[other]
    raise InputError(f"swap: expected the names of two parcels, one of them the writer's, got {len(parts)} words")


def _only(context: Context) -> str | None:
    """The writer's one parcel with a canal."""
    found = [parcel.id for parcel in context.theirs.values() if parcel.water.canal is not None]
    return found[0] if len(found) == 1 else None
