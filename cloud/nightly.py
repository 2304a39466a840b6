"""The night of an installation: the day of ``cloud.daily`` on what the store holds, and the messages it queues.

The store is known only by what it can do; who opens it is the command line.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import xarray as xr

from cloud.advice.inputs import KeptStates
from cloud.advice.prices import USUAL_PRICES, Prices
from cloud.agronomy.carrying.checkpoints import NO_STATES
from cloud.agronomy.engines.engine_name import EngineName
from cloud.conversation.swaps import agreed, swapped
from cloud.conversation.taking import NOTED_BACK, take_answers
from cloud.daily import DayDecision, DayInputs, decide
from cloud.errors import CloudError, InputError, IntegrityError
from cloud.explanation.diary import days_of, last_spreads
from cloud.judge.novelty import Novelty
from cloud.judge.novelty_file import loads
from cloud.messages import Message
from cloud.night_reads import NightRecords, look_of, records_of
from cloud.night_replay import kept_inputs, reads_of, remembered
from cloud.night_store import NightStore, ReplayKeeper, StateKeeper
from cloud.presumption import presumed_irrigations, presumption_lines
from cloud.records import (
    CanalTurn,
    FarmerReference,
    InputReference,
    IrrigationEvent,
    Observation,
    Parcel,
    Pump,
    Quota,
    Record,
    Verdict,
)
from cloud.replies import Answers
from cloud.review.standing import standing
from cloud.speech.render import compose
from cloud.speech.voice import USUAL, Voice

NOON: Final = 12
RAIN_REASON: Final = "rain_expected"
SWAPS_BACK: Final = 60
"""Swapped turns of so many days [d]: what a turn brought counts towards its quota and its water."""
LEARNED: Final = "what the judge learned of released advice"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightInputs:
    """What the night takes from files and from the operator."""

    day: date
    now: datetime
    weather: xr.Dataset
    forecast: xr.Dataset | None
    code_version: str
    turns: tuple[CanalTurn, ...] = ()
    quotas: tuple[Quota, ...] = ()
    pumps: tuple[Pump, ...] = ()
    references: tuple[InputReference, ...] = ()
    voice: Voice = USUAL
    limits: Mapping[str, float] = field(default_factory=dict)
    """Factors by which people widened limits of the judge."""
    prices: Prices = USUAL_PRICES
    engine: EngineName = "auto"
    states: StateKeeper | None = None
    """None to follow the whole season every night."""
    learned: bytes | None = None
    """What the judge learned of released advice, as ``cloud.judge.novelty_file`` writes it; None for no opinion."""
    replay: ReplayKeeper | None = None
    """None to keep nothing by which the night could be decided again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReport:
    """What the night decided and queued, and everything that somebody should know."""

    decision: DayDecision
    messages: tuple[Message, ...]
    water: tuple[str, ...]
    """From which states the water went on, and what is kept of it and of the night's inputs."""
    notes: tuple[str, ...]
    problems: tuple[str, ...]


def run_night(store: NightStore, inputs: NightInputs) -> NightReport:
    """Decide the day for every parcel of the store, keep it, and queue the messages worth sending."""
    novelty, unread = _learned(inputs)
    inputs = inputs if novelty is not None else replace(inputs, learned=None)
    parcels = reads_of(store, inputs.replay).parcels()
    answers = take_answers(store, parcels, now=inputs.now, turns=lambda: inputs.turns)
    inputs = replace(inputs, turns=turns_of(store, inputs, parcels))
    presumed = _presumed(store, answers, parcels, inputs.day)
    look = look_of(inputs.day, inputs.now, inputs.weather)
    records = records_of(reads_of(store, inputs.replay), parcels, look)
    day, forgotten = remembered(_day_inputs(inputs, records), look, inputs.replay, inputs.learned)
    judged = decide(day, novelty=novelty)
    verdicts, reopened = standing(judged.verdicts, store.verdicts(inputs.day))
    decision = replace(judged, verdicts=verdicts)
    history = decision.history
    store.save_day(inputs.day, () if history is None else days_of(history, parcels), decision.verdicts)
    store.save_spreads(() if history is None else last_spreads(history, day.seed))
    people = {parcel.id: parcel.farmer for parcel in parcels}
    before = {verdict.recommendation.parcel_id: verdict for verdict in records.history}
    spoken = _Spoken()
    for verdict in decision.verdicts:
        parcel_id = verdict.recommendation.parcel_id
        farmer = people[parcel_id]
        if farmer is None or answers[farmer.id].silenced:
            continue
        if worth_saying(verdict, before.get(parcel_id)):
            _speak(store, inputs, verdict, farmer, spoken)
    # Last of all: keeping states and inputs must never come between verdicts and messages.
    water, troubles = _kept(inputs, decision)
    replayable, unkept = ((), forgotten) if forgotten else kept_inputs(inputs.replay)
    return NightReport(
        decision=decision,
        messages=tuple(spoken.messages),
        water=(*water, *replayable),
        notes=(
            *decision.notes,
            *presumed,
            *reopened,
            *store.notes_since(inputs.now - NOTED_BACK),
            *spoken.notes,
        ),
        problems=(*decision.problems, *unread, *troubles, *unkept, *spoken.problems),
    )


@dataclass(frozen=True, slots=True)
class _Spoken:
    messages: list[Message] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def _kept(inputs: NightInputs, decision: DayDecision) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keep the water of the night; a state that cannot be used or kept costs time and nothing else."""
    followed, states = decision.followed, inputs.states
    if followed is None:
        return (), ()
    if states is None:
        return followed.notes, ()
    try:
        kept = states.keep(followed.checkpoint, followed.ended)
    except CloudError as error:
        return followed.notes, (*states.troubles, str(error))
    return (*followed.notes, kept), tuple(states.troubles)


def _speak(store: NightStore, inputs: NightInputs, verdict: Verdict, farmer: FarmerReference, spoken: _Spoken) -> None:
    """Queue one message; one that cannot be made, or has no known farmer, keeps nobody else waiting."""
    try:
        rendering = compose(
            verdict,
            language=farmer.language,
            farmer_id=farmer.id,
            voice=inputs.voice,
        )
        store.queue_message(rendering.message, verdict_digest=verdict.digest(), now=inputs.now)
    except (InputError, IntegrityError) as error:
        spoken.problems.append(str(error))
        return
    spoken.messages.append(rendering.message)
    spoken.notes.extend(rendering.notes)


def turns_of(store: NightStore, inputs: NightInputs, parcels: Sequence[Parcel]) -> tuple[CanalTurn, ...]:
    """The turns of an installation as neighbours have swapped them."""
    if not inputs.turns:
        return ()
    swaps = agreed(store.swap_steps(inputs.now.date() - timedelta(days=SWAPS_BACK)))
    return swapped(inputs.turns, swaps, {parcel.id: parcel for parcel in parcels})


def _presumed(
    store: NightStore, answers: Mapping[str, Answers], parcels: Sequence[Parcel], day: date
) -> tuple[str, ...]:
    """Keep what is presumed of told irrigations; one line for each."""
    by_id = {parcel.id: parcel for parcel in parcels}
    presumed = presumed_irrigations(answers.values(), store.events(), by_id, day)
    store.add_events(presumed)
    return presumption_lines(presumed)


def worth_saying(verdict: Verdict, before: Verdict | None) -> bool:
    """Whether a farmer should get a message: something to do, something held, rain coming, or a change of mind.

    Silence when nothing changes keeps the messages read.
    """
    spoken = verdict.recommendation
    if spoken.action in {"irrigate", "hold", "skip_turn"} or verdict.decision in {"hold", "block"}:
        return True
    changed = before is not None and before.recommendation.action != spoken.action
    return spoken.reason_code == RAIN_REASON or changed


def _learned(inputs: NightInputs) -> tuple[Novelty | None, tuple[str, ...]]:
    """What the judge learned of released advice; a file that cannot be read costs that opinion and nothing else."""
    if inputs.learned is None:
        return None, ()
    try:
        return loads(inputs.learned, LEARNED), ()
    except InputError as error:
        return None, (f"{error}; nobody is held for being new tonight",)


def _day_inputs(inputs: NightInputs, records: NightRecords) -> DayInputs:
    return DayInputs(
        day=inputs.day,
        parcels=records.parcels,
        weather=inputs.weather,
        forecast=inputs.forecast,
        code_version=inputs.code_version,
        events=records.events,
        observations=records.observations,
        detections=records.detections,
        turns=inputs.turns,
        quotas=inputs.quotas,
        pumps=inputs.pumps,
        history=records.history,
        limits=inputs.limits,
        prices=inputs.prices,
        kept=KeptStates(
            shelves=inputs.states.shelves if inputs.states is not None else NO_STATES, seen_since=records.seen_since
        ),
        inputs=(*inputs.references, *_references(records.parcels, records.events, records.observations)),
        engine=inputs.engine,
    )


def _references(
    parcels: Sequence[Parcel], events: Sequence[IrrigationEvent], observations: Sequence[Observation]
) -> tuple[InputReference, ...]:
    """What of the store the day rests on, by the digest of its records in order."""
    kinds: tuple[tuple[str, Sequence[Record]], ...] = (
        ("parcels", parcels),
        ("irrigation events", events),
        ("observations", observations),
    )
    return tuple(
        InputReference(
            name=f"{len(records)} {name} of the store",
            sha256=hashlib.sha256("".join(record.digest() for record in records).encode()).hexdigest(),
        )
        for name, records in kinds
        if records
    )


def coming_day(now: datetime, timezone: str) -> date:
    """The day to decide at a moment: from noon on tomorrow, since farmers are told the evening before; else today."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.date() + timedelta(days=1) if local.hour >= NOON else local.date()


def by_decision(verdicts: Sequence[Verdict]) -> Mapping[str, int]:
    """How many verdicts of each kind: decision and action."""
    counts: dict[str, int] = {}
    for verdict in verdicts:
        name = f"{verdict.recommendation.action} ({verdict.decision})"
        counts[name] = counts.get(name, 0) + 1
    return counts
