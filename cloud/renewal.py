"""The advice of some parcels looked at again, since somebody told of their water: the same day, the same judge.

Nothing is decided here that a night would not decide: the parcels, and all who share their canal or pump, go through
the pure day once more with what is known now. Only the verdicts of the parcels asked about are kept.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from cloud.daily import DayDecision, DayInputs, decide
from cloud.explanation.diary import days_of, last_spreads
from cloud.night_reads import NightReads, look_of, records_of
from cloud.night_store import NightStore
from cloud.nightly import NightInputs, as_told, day_inputs, learned_of
from cloud.records import InputReference, Parcel, Verdict
from cloud.replay.again import RENEWED
from cloud.review.standing import standing
from cloud.telling import Telling, Told, act_of, tell


class RenewalStore(NightStore, Protocol):
    """A store that gives what it holds of some parcels alone."""

    def portion(self, parcels: Sequence[Parcel]) -> NightReads:
        """What is kept of some parcels alone."""
        ...

    def verdict_on(self, parcel_id: str, day: date) -> Verdict | None:
        """Latest verdict of one parcel on one day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A parcel's advice before and after."""

    before: Verdict | None
    verdict: Verdict
    told: Told

    @property
    def result(self) -> str:
        """What came of it, in a few words."""
        spoken = self.verdict.recommendation
        if self.told.messages:
            return f"{spoken.action}; {self.told.messages[0].kind} queued"
        return f"{spoken.action}; nothing new to say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What looking again came to, by parcel."""

    decision: DayDecision
    renewed: dict[str, Renewed]


def sharing_water(parcel_ids: Collection[str], parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
    """Some parcels and all of their canals and pumps: whose water their doses may take."""
    asked = [one.water for one in parcels if one.id in parcel_ids]
    canals = {water.canal for water in asked if water.canal is not None}
    pumps = {water.pump for water in asked if water.pump is not None}
    return tuple(one for one in parcels if one.id in parcel_ids or one.water.canal in canals or one.water.pump in pumps)


def renew(store: RenewalStore, inputs: NightInputs, asked: Collection[str], given: Collection[str]) -> Renewal:
    """Decide the day again for some parcels, keep it, and correct what was told as long as it can still be acted on.

    ``given`` are parcels whose told irrigation was carried out: nobody is told not to do what is done.
    """
    every = store.parcels()
    group = sharing_water(asked, every)
    look = look_of(inputs.day, inputs.now, inputs.weather)
    records = records_of(store.portion(group), group, look)
    before = {parcel_id: held for parcel_id in asked if (held := store.verdict_on(parcel_id, inputs.day)) is not None}
    day = day_inputs(as_told(store, inputs, every), records)
    day = replace(day, inputs=(*day.inputs, _reference(before.values())))
    decision = decide(day, novelty=learned_of(inputs)[0])
    own = [one for one in decision.verdicts if one.proposed.parcel_id in asked]
    verdicts, _ = standing(own, before.values())
    _keep(store, day, decision, verdicts)
    silenced = store.refused(inputs.now)
    renewed = {}
    for verdict in verdicts:
        parcel_id = verdict.proposed.parcel_id
        held = before.get(parcel_id)
        told = Told()
        if worth_correcting(verdict, held, inputs.now, done=parcel_id in given):
            telling = Telling(day=inputs.day, now=inputs.now, voice=inputs.voice, silenced=silenced)
            told = tell(store, [verdict], {} if held is None else {parcel_id: held}, telling)
        renewed[parcel_id] = Renewed(before=held, verdict=verdict, told=told)
    return Renewal(decision=decision, renewed=renewed)


def _reference(before: Iterable[Verdict]) -> InputReference:
    """What marks a verdict as decided again, and in whose place."""
    digests = "".join(sorted(one.digest() for one in before))
    return InputReference(name=RENEWED, sha256=hashlib.sha256(digests.encode()).hexdigest())


def _keep(store: RenewalStore, day: DayInputs, decision: DayDecision, verdicts: Sequence[Verdict]) -> None:
    asked = {one.proposed.parcel_id for one in verdicts}
    history = decision.history
    water = () if history is None else (row for row in days_of(history, day.parcels) if row.parcel_id in asked)
    store.save_day(day.day, water, verdicts)
    spreads = () if history is None else last_spreads(history, day.seed)
    store.save_spreads([one for one in spreads if one.parcel_id in asked])


def worth_correcting(verdict: Verdict, held: Verdict | None, now: datetime, *, done: bool) -> bool:
    """Whether there is still something to act on: a start that lies ahead, of the new advice or of the one told."""
    if act_of(verdict) == "irrigate":
        return _is_ahead(verdict, now)
    return held is not None and act_of(held) == "irrigate" and _is_ahead(held, now) and not done


def _is_ahead(verdict: Verdict, now: datetime) -> bool:
    window = verdict.recommendation.start_window
    return window is not None and window[1] > now
