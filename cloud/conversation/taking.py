"""New texts heard, each once, in the order in which they came in; the cost is that of the new ones."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cloud.conversation.context import Context
from cloud.conversation.hearing import hear
from cloud.conversation.reading import Heard, HeardText, Taken, reading_of
from cloud.conversation.store import ConversationStore
from cloud.conversation.trust import trust_of
from cloud.errors import InputError, IntegrityError
from cloud.records import CanalTurn, Parcel
from cloud.replies import ANSWER_WITHIN, Answers, ToldIrrigation, compliance_of
from cloud.speech.reply import NOTHING

LOOKS_BACK: Final = ANSWER_WITHIN + timedelta(days=4)
"""An irrigation is told at most this long before an answer about it still counts: its window may lie days ahead."""
LEARNS_FROM: Final = timedelta(days=400)
"""Answers of the last seasons say how far a farmer's word can be relied on."""
AT_ONCE: Final = 500
PRESUMED_BACK: Final = timedelta(days=10)
"""A night presumes told irrigations of so many days: nights may have failed."""
NOTED_BACK: Final = timedelta(days=1)
"""Notes of this long are told again by the night, whoever heard the texts."""
OPT_OUT: Final = "optout-"
"""How the ids of texts begin that a carrier wrote for a farmer who asked it for silence."""
HOW: Final[Mapping[str, str]] = {name: name for name in ("ussd", "voice", "missed_call", "agronomist")}
"""Paths of texts that are no SMS."""

Turns = Callable[[], Sequence[CanalTurn]]


def no_turns() -> Sequence[CanalTurn]:
    """Turns of an installation that has none."""
    return ()


def hear_new(store: ConversationStore, *, now: datetime, turns: Turns = no_turns) -> Taken:
    """Hear every text that nobody has heard yet."""
    taken = Taken()
    room = _Room(store=store, turns=turns)
    while texts := store.unheard(AT_ONCE):
        for text in texts:
            # One after the other: the next text may answer what this one was asked.
            heard = _heard(text, room)
            for one in heard:
                _keep_wish(store, text, one, now)
            taken.readings.extend(store.keep_heard(text, heard, now))
    return taken


def _heard(text: HeardText, room: "_Room") -> tuple[Heard, ...]:
    """What a text means; one that breaks a rule of our own is passed over and told, and keeps no other waiting."""
    try:
        return hear(text, room.context_of(text))
    except (InputError, IntegrityError, ValueError) as error:
        note = f"text {text.position}: could not be heard ({type(error).__name__}); an agronomist should look at it"
        return (Heard(reading=reading_of(text, NOTHING, "unreadable", note=note)),)


def _keep_wish(store: ConversationStore, text: HeardText, one: Heard, now: datetime) -> None:
    """Keep what somebody said of messages, before the text counts as heard: cut short, it is said again."""
    farmer_id, wants = one.reading.farmer_id, one.wants_messages
    if farmer_id is None or wants is None or text.inbound is None:
        return
    told_by_carrier = text.inbound.carrier_id.startswith(OPT_OUT)
    how = "carrier" if told_by_carrier else HOW.get(text.carrier, "sms")
    by = text.inbound.entered_by or text.carrier
    # A carrier's clock may run ahead, and a wish for silence counts at once.
    with suppress(InputError):  # erased in the meantime: nobody is left to write to
        store.set_consent(farmer_id, given=wants, how=how, by=by, at=min(text.received_at, now))


def take_answers(
    store: ConversationStore, parcels: Sequence[Parcel], *, now: datetime, turns: Turns = no_turns
) -> Mapping[str, Answers]:
    """What every farmer's answers come to, by farmer id; new texts are heard first, and their events kept."""
    hear_new(store, now=now, turns=turns)
    told: dict[str, list[ToldIrrigation]] = {}
    for one in store.told_irrigations(now - PRESUMED_BACK):
        told.setdefault(one.farmer_id, []).append(one)
    silenced = store.refused(now)
    counted = {farmer_id: (given, denied) for farmer_id, given, denied in store.answer_counts()}
    people = {parcel.farmer.id for parcel in parcels if parcel.farmer is not None} | set(told) | silenced
    return {
        farmer_id: Answers(
            silenced=farmer_id in silenced,
            told=tuple(told.get(farmer_id, ())),
            compliance=compliance_of(*counted.get(farmer_id, (0.0, 0.0))),
        )
        for farmer_id in sorted(people)
    }


@dataclass(slots=True, kw_only=True)
class _Room:
    """What several texts of one moment share, read when it is first needed."""

    store: ConversationStore
    turns: Turns
    _parcels: Mapping[str, Parcel] | None = field(default=None)

    def context_of(self, text: HeardText) -> Context:
        """Everything that the meaning of a text hangs on."""
        if not text.farmer_ids or text.inbound is None:
            return Context()
        store, every = self.store, self.parcels()
        told = store.told_irrigations(text.received_at - LOOKS_BACK, text.farmer_ids)
        said = store.readings_of(text.farmer_ids, text.received_at - LEARNS_FROM)
        present = self._present(text)
        own = present | {one.parcel_id for one in told}
        parcels = {parcel_id: every[parcel_id] for parcel_id in sorted(own) if parcel_id in every}
        metered = store.meter_events([one.reading.parcel_id for one in said if one.reading.parcel_id is not None])
        return Context(
            parcels=parcels,
            present=present,
            told=told,
            earlier=said,
            trust={
                farmer_id: trust_of([one.reading for one in said if one.reading.farmer_id == farmer_id], metered)
                for farmer_id in text.farmer_ids
            },
            silenced=store.refused(text.received_at) & frozenset(text.farmer_ids),
            neighbours=every,
            turns=self.turns(),
            swaps=tuple(
                one
                for one in store.swap_steps(text.received_at.date() - timedelta(days=1))
                if {one.parcel_id, one.other_parcel_id} & set(parcels)
            ),
        )

    def _present(self, text: HeardText) -> frozenset[str]:
        """Parcels that are somebody's own, or to which they are tied, when they write from a number of theirs."""
        today = text.received_at.date()
        present: set[str] = set()
        for farmer_id in sorted(set(text.farmer_ids) - text.former):
            ties = self.store.ties(farmer_id)
            held = {tie.parcel_id for tie in ties if tie.holds(today)}
            own = {one.id for one in self.parcels().values() if one.farmer is not None and one.farmer.id == farmer_id}
            # A tie of their own that ended outweighs the parcel's file.
            present |= held | (own - {tie.parcel_id for tie in ties})
        return frozenset(present)

    def parcels(self) -> Mapping[str, Parcel]:
        """All parcels by id."""
        if self._parcels is None:
            self._parcels = {parcel.id: parcel for parcel in self.store.parcels()}
        return self._parcels
