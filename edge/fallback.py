"""The gateway advises by itself: the cloud has been silent, a plan is at hand, and the day has not been advised yet.

It tells each person at most one text a parcel and day, inside the plan's hours, over its own modem, and tells the cloud
of every advice as soon as it can. What farmers answer moves the next lookup.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from edge.advice import Measured, advise
from edge.answers import meant
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.contract import Command, SmsInbound, topic_of
from edge.gateway_advice import ADVICE_PREFIX, GatewayAdvice, encode_advice
from edge.heartbeat import PlanState
from edge.letters import Letters
from edge.outbox import Outbox, Priority
from edge.plan import Plan, PlanBundle, PlanDay, PlanRecipient
from edge.plan_book import SHARES, PlanBook
from edge.plan_holder import PlanHolder
from edge.plan_hours import LAST_HOURS, due_day, ends_at, is_quiet, last_look_at
from edge.plan_words import Advice, fill
from edge.settings.fallback import FallbackConfig
from edge.voice import Voice

ALIVE: Final = timedelta(days=7)
"""Who heard nothing for so long is told even that no water is needed."""
_LOOK_S: Final = 60.0
_NOTED_S: Final = 600.0
_LISTENS_FIRST_S: Final = 600.0
"""Who was switched off knows nothing of the cloud's silence: so long it listens before it speaks."""
_COMPARED_DIGITS: Final = 8

MeasuredOf = Callable[[Plan, PlanDay], Measured]
"""What was measured at a plan's parcel on one of its days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackTools:
    """What the fallback takes from the rest of the gateway."""

    outbox: Outbox
    clock: Clock
    voice: Voice
    letters: Letters | None = None
    """The modem's book of texts; without one advice is only written down and told to the cloud."""
    measured: MeasuredOf = lambda _plan, _day: Measured()
    """Without instruments nothing is measured."""


class Fallback:
    """A worker that holds the newest plan and speaks when the cloud does not."""

    def __init__(self, config: GatewayConfig, settings: FallbackConfig, tools: FallbackTools) -> None:
        self._settings, self._tools = settings, tools
        self.book = PlanBook(tools.outbox.database)
        self.holder = PlanHolder(
            topic_of(config.organisation, config.gateway_id, "plan"),
            self.book,
            plan_key_file=settings.plan_key_file,
            seal_key_file=settings.seal_key_file,
        )
        self._looked_at_s = self._noted_at_s = self._heard_at_s = -float("inf")
        self._began_at_s = self.turned_at_s = tools.clock.monotonic_s()
        """When ``step`` was last called [monotonic s]."""
        if self.book.heard_at() is None:
            self.book.note_heard(self._now())
        self.holder.begin(self._now())

    def take(self, payload: bytes) -> None:
        """Take a bundle of plans over, or tell why not; the one at hand stays then."""
        taken = self.holder.take(payload, self._now())
        if self.holder.refused is not None:
            self._tools.voice.trouble("plan", self.holder.refused)
        elif taken and self.holder.bundle is not None:
            self.heard()
            held = self.holder.bundle
            self._tools.voice.over("plan", f"plan {held.number} is held until {held.until:%Y-%m-%d}")

    def heard(self) -> None:
        """The cloud has said something: it is not silent."""
        self._heard_at_s = now_s = self._tools.clock.monotonic_s()
        if now_s - self._noted_at_s >= _NOTED_S:
            self._noted_at_s = now_s
            self.book.note_heard(self._now())

    def overhear(self, word: SmsInbound, now: datetime) -> bool:
        """Honour what a farmer answers here; the cloud hears it as well."""
        bundle = self.holder.bundle
        answer = None if bundle is None or word.path == "call" else meant(word.text, bundle.answers)
        if bundle is None or answer is None:
            return False
        theirs = [plan for plan in bundle.plans if any(_same(one, word) for one in self.holder.people(plan))]
        for farmer_id in {one.farmer_id for plan in theirs for one in self.holder.people(plan) if _same(one, word)}:
            if answer in ("stop", "start"):
                self.book.set_silence(farmer_id, silent=answer == "stop")
        at = word.received_at or now
        if answer == "rain" and theirs:
            for plan in theirs:
                self.book.shower(plan.parcel_id, _local_day(plan, at))
        elif answer in SHARES and theirs:
            told = self.book.last_told(theirs, at)
            # Of several parcels told for one day nobody knows which is meant: the cloud asks.
            if len([day for _, day in told if day == told[0][1]]) == 1:
                self.book.answer(told[0][0].parcel_id, told[0][1], SHARES[answer])
        return False

    def step(self) -> bool:
        """One look; False: there is never anything to wait on."""
        now_s = self._tools.clock.monotonic_s()
        self.turned_at_s = now_s
        if now_s - self._looked_at_s >= _LOOK_S:
            self._looked_at_s = now_s
            self._look()
        return False

    def close(self) -> None:
        """Nothing is held."""

    def silent_since(self, now: datetime) -> datetime | None:
        """When the cloud last spoke, where that is longer ago than is usual; None while it speaks."""
        last, usual = self.book.heard_at(), timedelta(hours=self._settings.silent_after_h)
        if last is None or now - last < usual:
            return None
        # The wall clock may have been set since: what was heard after the start counts by one that nobody sets.
        return None if self._tools.clock.monotonic_s() - self._heard_at_s < usual.total_seconds() else last

    def state(self) -> PlanState:
        """How the plans are, for a heartbeat."""
        bundle = self.holder.bundle
        return PlanState(
            number=None if bundle is None else bundle.number,
            parcels=0 if bundle is None else len(bundle.plans),
            until=None if bundle is None else bundle.until,
            alone_since=self.silent_since(self._now()),
            refused=None if self.holder.refused is None else self.holder.refused[:120],
        )

    def _now(self) -> datetime:
        return self._tools.outbox.timekeeper.believed_now().at

    def _look(self) -> None:
        now, quality = self._tools.outbox.timekeeper.believed_now()
        if self.holder.bundle is None:  # a kept one may have been refused by a clock that was wrong then
            self.holder.begin(now)
        if (bundle := self.holder.bundle) is None or self.silent_since(now) is None:
            self._tools.voice.over("alone", "the cloud speaks again; this gateway advises no longer by itself")
            return
        if quality == "floor":
            self._tools.voice.trouble("alone", "the cloud is silent and the clock is wrong: no advice can be dated")
            return
        if now >= bundle.until:
            self._tools.voice.trouble("alone", f"the cloud is silent and plan {bundle.number} has ended: no advice")
            return
        if self._tools.clock.monotonic_s() - self._began_at_s < _LISTENS_FIRST_S:
            return
        self._tools.voice.trouble("alone", f"the cloud is silent: advice comes from plan {bundle.number}")
        for plan in bundle.plans:
            today = due_day(plan, now)
            if today is not None:
                self._advise(plan, today, bundle, now)

    def _advise(self, plan: Plan, today: PlanDay, bundle: PlanBundle, now: datetime) -> None:
        people = self._listening(plan)
        reachable = [one for one in people if not is_quiet(one, plan, now)]
        noted = self.book.advised(plan.parcel_id, today.day)
        if noted is None:
            if people and not reachable and last_look_at(today) - now > LAST_HOURS:
                return  # rain may fall before anybody may be woken
            advice = self.advice_for(plan, today.day)
            record = _record(advice, today, bundle, now)
            told = bool(reachable) and self._is_worth_telling(plan, advice, now)
            with self._tools.outbox.database.transaction():
                self.book.note_advice(record, told=told)
                if not told:
                    self._report(record)
            noted = self.book.advised(plan.parcel_id, today.day)
        if noted is not None and noted.told and now < ends_at(today):
            for person in reachable:
                self._tell(plan, today, person, noted.record)

    def _listening(self, plan: Plan) -> tuple[PlanRecipient, ...]:
        """Those who may be told, without those who asked for silence."""
        if self._tools.letters is None:
            return ()
        return tuple(one for one in self.holder.people(plan) if not self.book.wants_silence(one.farmer_id))

    def advice_for(self, plan: Plan, day: date) -> Advice:
        """What the plan says for one of its days, with what was measured and given until now."""
        showers, bundle = self.book.showers(plan.parcel_id), self.holder.bundle
        measured, metered = {}, {}
        for one in plan.days:
            if one.day > day:
                break
            seen = self._tools.measured(plan, one)
            if seen.water_mm is not None:
                metered[one.day] = seen.water_mm
            if one.day in showers and not seen.rain_mm and bundle is not None:
                seen = Measured(rain_mm=bundle.shower_mm, highest_c=seen.highest_c, soil_fraction=seen.soil_fraction)
            measured[one.day] = seen
        found = advise(plan, day, measured, self.book.given(plan, day, metered))
        assert found is not None, "a day of the plan has an advice"
        return found

    def _is_worth_telling(self, plan: Plan, advice: Advice, now: datetime) -> bool:
        """Whether there is something to do, a change of mind, or a week of silence."""
        if advice.kind == "irrigate":
            return True
        before = self.book.advised_since(plan.parcel_id, plan.days[0].day)
        told = [one for one in before if one.told]
        if not told:
            return now - plan.made_at >= ALIVE
        return (told[-1].kind != advice.kind and before[-1].told) or now - told[-1].at >= ALIVE

    def _tell(self, plan: Plan, today: PlanDay, person: PlanRecipient, record: GatewayAdvice) -> None:
        letters = self._tools.letters
        assert letters is not None, "only a gateway with a modem tells"
        name = _name(record.parcel_id, record.day, person.farmer_id)
        if letters.knows(name):
            return
        text = fill(plan, person.sayings, _advice_of(plan, record))
        said = record.model_copy(
            update={
                "id": name,
                "farmer_id": person.farmer_id,
                "language": person.language,
                "text": text,
                "reviewed": person.sayings.reviewed,
                "valid_until": ends_at(today),
            }
        )
        about = f"{record.parcel_id}-{record.day.isoformat()}-{record.kind}"[:200]
        command = Command(id=name, about=about, phone_number=person.phone_number, text=text, valid_until=ends_at(today))
        with self._tools.outbox.database.transaction():
            self._report(said)
            letters.take(command, self._now(), origin="gateway")

    def _report(self, said: GatewayAdvice) -> None:
        self._tools.outbox.put("advice", lambda boot, sequence: encode_advice(said, boot, sequence), Priority.ONSET)


def _record(advice: Advice, today: PlanDay, bundle: PlanBundle, now: datetime) -> GatewayAdvice:
    dose = advice.dose
    return GatewayAdvice(
        id=_name(advice.parcel_id, today.day, ""),
        parcel_id=advice.parcel_id,
        day=today.day,
        kind=advice.kind,
        plan_number=bundle.number,
        at=now,
        depth_mm=None if dose is None else float(dose.depth_mm),
        volume_m3=None if dose is None else dose.volume_m3,
        duration_h=None if dose is None else dose.duration_h,
        starts_from=None if dose is None else today.starts_from,
        starts_to=None if dose is None else today.starts_to,
        missing_mm=round(advice.missing_mm, 1),
        spread_mm=round(advice.spread_mm, 1),
        reason=advice.reason,
        limited_by=advice.limited_by,
        in_doubt=advice.in_doubt,
    )


def _advice_of(plan: Plan, record: GatewayAdvice) -> Advice:
    """An advice as it was decided, of what was written down of it."""
    dose = next((step for step in plan.steps if step.depth_mm == record.depth_mm), None)
    return Advice(
        parcel_id=record.parcel_id,
        day=record.day,
        kind=record.kind,
        dose=dose,
        missing_mm=record.missing_mm,
        spread_mm=record.spread_mm,
        reason=record.reason,
        limited_by=record.limited_by,
        in_doubt=record.in_doubt,
    )


def _name(parcel_id: str, day: date, farmer_id: str) -> str:
    """One name for each parcel, day and person: whatever happens, no second text of it leaves."""
    return ADVICE_PREFIX + hashlib.sha256(f"{parcel_id}|{day}|{farmer_id}".encode()).hexdigest()[:32]


def _same(person: PlanRecipient, word: SmsInbound) -> bool:
    """Whether a text came from a person's telephone, however much of the country stands in front."""
    own, theirs = (
        "".join(letter for letter in number if letter.isdecimal())
        for number in (person.phone_number, word.phone_number)
    )
    return len(theirs) >= _COMPARED_DIGITS and own[-_COMPARED_DIGITS:] == theirs[-_COMPARED_DIGITS:]


def _local_day(plan: Plan, moment: datetime) -> date:
    begun = [one.day for one in plan.days if one.begins_at <= moment]
    return begun[-1] if begun else plan.days[0].day
