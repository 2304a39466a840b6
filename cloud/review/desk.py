"""A person decides: the word is checked, looked at a second time, kept with its verdict, and told, once.

The store is known only by what it can do; who opens it is the command line or the web service.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from cloud.conversation.taking import hear_new
from cloud.errors import InputError, IntegrityError
from cloud.messages import Message
from cloud.records import Parcel, Recommendation, Verdict
from cloud.review.bounds import refusals
from cloud.review.decision import candidate_of, verdict_after, without_names
from cloud.review.eyes import ReviewRules, name_of, needs_two, reason_of, second_of
from cloud.review.order import Order
from cloud.review.outcome import Decided, Outcome, State
from cloud.review.redose import WaterTables
from cloud.review.store import ReviewStore
from cloud.review.word import Signature, Word
from cloud.speech.render import Earlier, compose
from cloud.speech.voice import USUAL, Voice
from cloud.telling import TOLD_WITHIN, Telling, earlier_of, intent_of, may_be_read, of_day, tell

SecondLook = Callable[[Sequence[Recommendation], Sequence[Recommendation]], Sequence[Verdict]]
"""The judge's verdicts on candidates of one day beside what else is told that day, with what is known now."""
SHARED: Final = "shared_water_suffices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The operator's rules, and what a decision is made with."""

    rules: ReviewRules
    now: datetime
    second_look: SecondLook
    water: WaterTables
    voice: Voice = USUAL


def decide(store: ReviewStore, order: Order, office: Office) -> Outcome:
    """Carry out an order; a parcel where it cannot be is named and keeps no other waiting."""
    name, reason = name_of(order.by, office.rules), reason_of(order.why)
    parcels = store.parcels()
    # Heard before anything is said: an irrigation that a farmer told of, and STOP.
    hear_new(store, now=office.now, turns=lambda: office.water.turns)
    desk = _Desk(
        store=store,
        order=order,
        office=office,
        signature=Signature(by=name, why=reason),
        mark=store.reviewer_mark(name),
        parcels={parcel.id: parcel for parcel in parcels},
        silenced=store.refused(office.now),
    )
    desk.open(order.parcel_ids)
    for case in desk.cases:
        try:
            desk.settle(case)
        except (InputError, IntegrityError) as error:
            desk.outcome.problems.append(str(error))
    return desk.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    parcel: Parcel
    held: Verdict
    candidate: Recommendation


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    store: ReviewStore
    order: Order
    office: Office
    signature: Signature
    mark: str
    parcels: dict[str, Parcel]
    silenced: frozenset[str]
    outcome: Outcome = field(default_factory=Outcome)
    cases: list[_Case] = field(default_factory=list)
    looked: dict[str, Verdict] = field(default_factory=dict)
    """What the judge says, asked again, of the candidate of each parcel beside all others of the order."""
    told: dict[date, dict[str, Recommendation]] = field(default_factory=dict)
    said: dict[date, list[Word]] = field(default_factory=dict)

    def open(self, parcel_ids: Sequence[str]) -> None:
        """Look every parcel up and ask the judge about all candidates at once, which costs little more than one."""
        for parcel_id in dict.fromkeys(parcel_ids):
            try:
                self.cases.append(self._case(parcel_id))
            except InputError as error:
                self.outcome.problems.append(str(error))
        doses = [case.candidate for case in self.cases if case.candidate.action == "irrigate"]
        for day in sorted({one.day for one in doses}):
            candidates = [one for one in doses if one.day == day]
            among = {one.parcel_id for one in candidates}
            beside = [one for one in self._told(day).values() if one.parcel_id not in among]
            for verdict in self.office.second_look(candidates, beside):
                self.looked[verdict.proposed.parcel_id] = verdict

    def settle(self, case: _Case) -> None:
        """Decide one parcel."""
        parcel, held, candidate = case.parcel, case.held, case.candidate
        parcel_id = parcel.id
        word = self._word(held, candidate)
        state = self._state(word, candidate)
        if state in {"decided", "awaits_second"}:
            self._look_again(candidate, held, parcel)
        if state in {"awaits_second", "kept_held"}:
            self.store.keep_word(word, self.signature, verdict=None, message=None)
            self.outcome.decided.append(Decided(parcel_id=parcel_id, state=state, recommendation=candidate))
            return
        why = without_names(self.signature.why, self._names(parcel))
        verdict = verdict_after(held, candidate, word, why)
        word = word.model_copy(update={"final": True, "verdict": verdict.digest()})
        message = None if state == "rejected" else self._text(verdict, parcel)
        message_id = self.store.keep_word(word, self.signature, verdict=verdict, message=message)
        if state != "rejected":
            self._tell_others(verdict, parcel)
        self._retold(candidate)
        self.outcome.decided.append(
            Decided(parcel_id=parcel_id, state=state, recommendation=candidate, message_id=message_id)
        )

    def _case(self, parcel_id: str) -> _Case:
        day = self.order.day
        held = self.store.verdict_of(parcel_id) if day is None else self.store.verdict_on(parcel_id, day)
        parcel = self.parcels.get(parcel_id)
        if held is None or parcel is None:
            wanted = "a known parcel" if parcel is None else f"a verdict of {day or 'any day'}"
            raise InputError(f"parcel {parcel_id}: expected {wanted}, got none; see: seguia cloud review list")
        candidate = candidate_of(held, parcel, self.order, now=self.office.now, water=self.office.water)
        return _Case(parcel=parcel, held=held, candidate=candidate)

    def _word(self, held: Verdict, candidate: Recommendation) -> Word:
        order, window = self.order, candidate.start_window
        return Word(
            parcel_id=held.proposed.parcel_id,
            day=held.proposed.day,
            held=held.digest(),
            act=order.act,
            depth_mm=None if order.depth_mm is None else _depth_mm(candidate),
            starts_at=None if order.starts_at is None or window is None else window[0],
            reviewer=self.mark,
            decided_at=self.office.now,
            final=False,
        )

    def _state(self, word: Word, candidate: Recommendation) -> State:
        if word.act == "hold":
            return "kept_held"
        if word.act == "reject":
            return "rejected"
        if not needs_two(candidate, self.office.rules):
            return "decided"
        earlier = [one for one in self._words(word.day) if one.parcel_id == word.parcel_id]
        return "decided" if second_of(word, earlier) else "awaits_second"

    def _look_again(self, candidate: Recommendation, held: Verdict, parcel: Parcel) -> None:
        """Refuse what the judge, asked again with what is known now, rules out for anybody."""
        if candidate.action != "irrigate":
            return
        second = self.looked[parcel.id]
        if any(check.name == SHARED and not check.passed for check in second.checks):
            # Together they take too much: one by one, in the order given, as long as there is water.
            told = [one for one in self._told(candidate.day).values() if one.parcel_id != parcel.id]
            (second,) = self.office.second_look([candidate], told)
        refused = refusals(candidate, second, held, parcel)
        self.outcome.problems.extend(refused[1:])
        if refused:
            raise InputError(refused[0])

    def _told(self, day: date) -> dict[str, Recommendation]:
        """Irrigations that are told for a day, by parcel, those of this order too."""
        if day not in self.told:
            spoken = (one.recommendation for one in self.store.verdicts(day))
            self.told[day] = {one.parcel_id: one for one in spoken if one.action == "irrigate"}
        return self.told[day]

    def _retold(self, candidate: Recommendation) -> None:
        told = self.told.get(candidate.day, {})
        told.pop(candidate.parcel_id, None)
        if candidate.action == "irrigate":
            told[candidate.parcel_id] = candidate

    def _words(self, day: date) -> list[Word]:
        if day not in self.said:
            self.said[day] = [one.word for one in self.store.words(day)]
        return self.said[day]

    def _names(self, parcel: Parcel) -> tuple[str, ...]:
        farmer = None if parcel.farmer is None else self.store.farmer(parcel.farmer.id)
        return (self.signature.by,) if farmer is None else (self.signature.by, farmer.name)

    def _text(self, verdict: Verdict, parcel: Parcel) -> Message | None:
        farmer = parcel.farmer
        if farmer is None or farmer.id in self.silenced:
            return None
        if self.store.farmer(farmer.id) is None:
            self.outcome.problems.append(
                f"message for parcel {parcel.id}: expected a known farmer, got {farmer.id}; decided, but nobody is told"
            )
            return None
        rendering = compose(
            verdict,
            language=farmer.language,
            farmer_id=farmer.id,
            voice=self.office.voice,
            replaces=self._replaced(verdict, farmer.id),
        )
        self.outcome.notes.extend(rendering.notes)
        return rendering.message

    def _replaced(self, verdict: Verdict, farmer_id: str) -> Earlier | None:
        """What the farmer may have read of that day and this verdict contradicts; None mostly."""
        spoken, voice = verdict.recommendation, self.office.voice
        said = self.store.said_since(self.office.now - TOLD_WITHIN, spoken.parcel_id)
        own = [one for one in of_day(said, spoken.day) if one.message.farmer_id == farmer_id and may_be_read(one)]
        replaces = intent_of(verdict, None, own, voice.wording).replaces
        return None if replaces is None else earlier_of(replaces)

    def _tell_others(self, verdict: Verdict, parcel: Parcel) -> None:
        """The others tied to the parcel: who decides answers to all of them; its own farmer has the text already."""
        office = self.office
        not_again = self.silenced | ({parcel.farmer.id} if parcel.farmer is not None else frozenset())
        day = verdict.recommendation.day
        telling = Telling(day=day, now=office.now, voice=office.voice, silenced=not_again)
        told = tell(self.store, [verdict], {}, telling)
        self.outcome.notes.extend(told.notes)
        self.outcome.problems.extend(told.problems)


def _depth_mm(candidate: Recommendation) -> float:
    return 0.0 if candidate.depth_mm is None else candidate.depth_mm.p50
