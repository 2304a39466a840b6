"""Texts attended to as they come in: heard, answered, and the advice of their parcels looked at again, each once.

Every step is remembered together with its effect, so that a machine that dies goes on where it stopped: what was kept
is not done again, and what was not is done now.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from cloud.conversation.answering import Said, Surroundings, answers_to
from cloud.conversation.reading import KeptReading
from cloud.conversation.store import ConversationStore
from cloud.conversation.swaps import standing
from cloud.conversation.taking import hear_new
from cloud.errors import CloudError, InputError, IntegrityError
from cloud.messages import Farmer, Message
from cloud.records import CanalTurn, Parcel, Verdict
from cloud.speech.notices import announce
from cloud.speech.voice import USUAL, Voice

AT_ONCE: Final = 200
GIVE_UP_AFTER: Final = timedelta(hours=6)
"""Water that could not be looked at again for so long is left to the night."""
GIVEN: Final = frozenset({"done", "half"})


class AttendingStore(ConversationStore, Protocol):
    """A store that remembers what followed from each text."""

    def unanswered(self, limit: int) -> Sequence[KeptReading]:
        """Texts that want an answer nobody has queued yet."""
        ...

    def keep_answers(self, reading: int, messages: Sequence[Message], result: str, now: datetime) -> bool:
        """Queue the answers to a text and remember that it was answered."""
        ...

    def unrenewed(self, limit: int) -> Sequence[KeptReading]:
        """Texts that changed water or turns, not looked at since."""
        ...

    def keep_renewed(self, readings: Collection[int], result: str, verdict_digest: str | None, now: datetime) -> None:
        """Remember that the advice of a parcel was looked at after these texts."""
        ...

    def farmer(self, farmer_id: str) -> Farmer | None:
        """One person by id."""
        ...

    def verdict_of(self, parcel_id: str) -> Verdict | None:
        """Latest verdict of one parcel."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What looking again at the advice of one parcel came to."""

    result: str
    verdict_digest: str | None = None
    corrected: int = 0
    """Messages that were queued."""
    problems: tuple[str, ...] = ()
    """What could not be told, one line each."""


class LookAgain(Protocol):
    """Decides a day again for some parcels; of those in ``given`` the told irrigation was carried out."""

    def __call__(
        self, day: date, parcel_ids: Collection[str], given: Collection[str], now: datetime
    ) -> Mapping[str, Looked]:
        """What it came to, by parcel."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """With what an installation attends to its texts."""

    look_again: LookAgain
    turns: Callable[[], Sequence[CanalTurn]]
    voice: Voice = USUAL
    phone: str | None = None
    """Where somebody answers questions."""


@dataclass(slots=True)
class Attended:
    """What one round came to."""

    heard: int = 0
    answers: int = 0
    renewed: int = 0
    corrected: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Attended") -> None:
        """Count another part of the round."""
        self.heard += other.heard
        self.answers += other.answers
        self.renewed += other.renewed
        self.corrected += other.corrected
        self.notes += other.notes
        self.problems += other.problems

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.heard or self.answers or self.renewed or self.problems)


def hear_and_answer(store: AttendingStore, office: Office, now: datetime) -> Attended:
    """Hear what is new, and queue what is said to it."""
    round_ = Attended()
    taken = hear_new(store, now=now, turns=office.turns)
    round_.heard = len(taken.readings)
    round_.notes += taken.notes
    waiting = store.unanswered(AT_ONCE)
    if not waiting:
        return round_
    parcels = {parcel.id: parcel for parcel in store.parcels()}
    swaps = standing(store.swap_steps(now.date() - timedelta(days=1)))
    for kept in waiting:
        who = kept.reading.farmer_id
        around = Surroundings(
            parcels=parcels,
            turns=office.turns() if kept.reading.swap is not None else (),
            swap=swaps.get(kept.reading.swap or ""),
            own={} if who is None else _own(who, parcels),
            phone=office.phone,
        )
        _answer(store, kept, answers_to(kept, around, now), (office, round_), now)
    return round_


def renew_waiting(store: AttendingStore, office: Office, now: datetime) -> Attended:
    """Look again at the advice of every parcel of which texts told something new."""
    round_ = Attended()
    waiting = store.unrenewed(AT_ONCE)
    if not waiting:
        return round_
    parcels = {parcel.id: parcel for parcel in store.parcels()}
    swaps = standing(store.swap_steps(now.date() - timedelta(days=1)))
    by_parcel: dict[str, list[KeptReading]] = {}
    for kept in waiting:
        swap = swaps.get(kept.reading.swap or "")
        concerned = (kept.reading.parcel_id,) if swap is None else (swap.parcel_id, swap.other_parcel_id)
        for parcel_id in concerned:
            if parcel_id in parcels:
                by_parcel.setdefault(parcel_id, []).append(kept)
    gone = {kept.reading.parcel_id or "": Looked(result="no such parcel any more") for kept in waiting}
    outcome = {name: one for name, one in gone.items() if name not in parcels}
    outcome |= _looked(store, office, by_parcel, parcels, now, round_)
    _remember(store, waiting, outcome, now, round_)
    return round_


def _own(farmer_id: str, parcels: Mapping[str, Parcel]) -> dict[str, str]:
    own = [one.id for one in parcels.values() if one.farmer is not None and one.farmer.id == farmer_id]
    return {farmer_id: own[0]} if own else {}


def _answer(
    store: AttendingStore,
    kept: KeptReading,
    said: Sequence[Said],
    desk: tuple[Office, Attended],
    now: datetime,
) -> None:
    """Queue what is said to a text; what cannot be said is told, and is not tried again."""
    _, round_ = desk
    result = "answered" if said else "too late to answer, or nobody to answer"
    messages: list[Message] = []
    try:
        messages = [_message(store, one, desk) for one in said]
    except (InputError, IntegrityError) as error:
        result = f"not answered: {error}"
        round_.problems.append(str(error))
    if store.keep_answers(kept.position, messages, result, now):
        round_.answers += len(messages)


def _message(store: AttendingStore, said: Said, desk: tuple[Office, Attended]) -> Message:
    office, round_ = desk
    farmer = store.farmer(said.farmer_id)
    if farmer is None:
        raise InputError(f"answer to farmer {said.farmer_id}: expected a known farmer, got none; enrol them again")
    rendering = announce(
        said.facts,
        language=farmer.language,
        farmer_id=farmer.id,
        valid_until=said.valid_until,
        voice=office.voice,
    )
    round_.notes += rendering.notes
    return rendering.message


def _looked(
    store: AttendingStore,
    office: Office,
    by_parcel: Mapping[str, Sequence[KeptReading]],
    parcels: Mapping[str, Parcel],
    now: datetime,
    round_: Attended,
) -> dict[str, Looked]:
    """What looking again came to by parcel; a day that cannot be decided now is left waiting."""
    days: dict[date, list[str]] = {}
    for parcel_id in by_parcel:
        today = now.astimezone(ZoneInfo(parcels[parcel_id].timezone)).date()
        held = store.verdict_of(parcel_id)
        days.setdefault(today if held is None else max(today, held.proposed.day), []).append(parcel_id)
    outcome: dict[str, Looked] = {}
    for day, asked in sorted(days.items()):
        given = [one for one in asked if any(_is_given(kept, day, parcels[one]) for kept in by_parcel[one])]
        try:
            looked = office.look_again(day, asked, given, now)
            outcome |= {one: looked.get(one, Looked(result="not decided")) for one in asked}
        except CloudError as error:
            round_.problems.append(f"{error}; {len(asked)} parcels are looked at again later")
            oldest = min(kept.reading.received_at for one in asked for kept in by_parcel[one])
            if now - oldest > GIVE_UP_AFTER:
                outcome |= {one: Looked(result="left to the night") for one in asked}
    return outcome


def _is_given(kept: KeptReading, day: date, parcel: Parcel) -> bool:
    """Whether a text says that the irrigation of a day was carried out."""
    begins_at = kept.reading.begins_at
    if begins_at is None or kept.reading.meaning not in GIVEN:
        return False
    return begins_at.astimezone(ZoneInfo(parcel.timezone)).date() == day


def _remember(
    store: AttendingStore,
    waiting: Sequence[KeptReading],
    outcome: Mapping[str, Looked],
    now: datetime,
    round_: Attended,
) -> None:
    """Remember in order what is settled; what waits keeps what came after it waiting: nothing is passed over."""
    for kept in waiting:
        parcel_id = kept.reading.parcel_id
        looked = outcome.get(parcel_id or "")
        if looked is None:
            break
        store.keep_renewed([kept.position], looked.result, looked.verdict_digest, now)
        round_.renewed += 1
    round_.corrected += sum(one.corrected for one in outcome.values())
    round_.problems += [line for one in outcome.values() for line in one.problems]
