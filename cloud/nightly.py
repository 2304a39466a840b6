"""The night of an installation: the day of ``cloud.daily`` on what the store holds, and the messages it queues.

The store is known only by what it can do; who opens it is the command line.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import xarray as xr

from cloud.advice.inputs import KeptStates
from cloud.advice.prices import USUAL_PRICES, Prices
from cloud.agronomy.carrying.checkpoints import NO_STATES
from cloud.agronomy.engines.engine_name import EngineName
from cloud.conversation.rain import rain_told
from cloud.conversation.swaps import agreed, swapped
from cloud.conversation.taking import NOTED_BACK, take_answers
from cloud.daily import DayDecision, DayInputs, decide
from cloud.errors import CloudError, InputError
from cloud.explanation.diary import days_of, last_spreads
from cloud.judge.novelty import Novelty
from cloud.judge.novelty_file import loads
from cloud.messages import Message
from cloud.night_reads import NightRecords, look_of, records_of
from cloud.night_replay import kept_inputs, reads_of, remembered
from cloud.night_store import NightStore, ReplayKeeper, StateKeeper
from cloud.night_words import Night, speak_of
from cloud.noticing import NoticeRules
from cloud.presumption import presumed_irrigations, presumption_lines
from cloud.records import (
    CanalTurn,
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
from cloud.sensing.ownership import ANYBODY, Owners
from cloud.sensing.taking import take_readings
from cloud.speech.voice import USUAL, Voice
from cloud.telling import Telling
from cloud.weather.told_rain import RainTold

NOON: Final = 12
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
    rain_told: tuple[RainTold, ...] = ()
    references: tuple[InputReference, ...] = ()
    voice: Voice = USUAL
    rules: NoticeRules = field(default_factory=NoticeRules)
    """What is worth a notice beside the advice."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Factors by which people widened limits of the judge."""
    prices: Prices = USUAL_PRICES
    owners: Owners = ANYBODY
    """Whose instruments are believed of which parcel."""
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
    inputs: DayInputs
    """What the day was decided on: plans of the days after it begin there."""
    messages: tuple[Message, ...]
    water: tuple[str, ...]
    """From which states the water went on, and what is kept of it and of the night's inputs."""
    notes: tuple[str, ...]
    problems: tuple[str, ...]


def run_night(store: NightStore, inputs: NightInputs) -> NightReport:
    """Decide the day for every parcel of the store, keep it, and queue the messages worth sending."""
    novelty, unread = learned_of(inputs)
    inputs = inputs if novelty is not None else replace(inputs, learned=None)
    parcels = reads_of(store, inputs.replay).parcels()
    answers = take_answers(store, parcels, now=inputs.now, turns=lambda: inputs.turns)
    inputs = as_told(store, inputs, parcels)
    unusable = take_readings(store, parcels, inputs.now, inputs.owners)
    presumed = _presumed(store, answers, parcels, inputs.day)
    look = look_of(inputs.day, inputs.now, inputs.weather)
    records = records_of(reads_of(store, inputs.replay), parcels, look)
    day, forgotten = remembered(day_inputs(inputs, records), look, inputs.replay, inputs.learned)
    judged = decide(day, novelty=novelty)
    verdicts, reopened = standing(judged.verdicts, store.verdicts(inputs.day))
    decision = replace(judged, verdicts=verdicts)
    history = decision.history
    store.save_day(inputs.day, () if history is None else days_of(history, parcels), decision.verdicts)
    store.save_spreads(() if history is None else last_spreads(history, day.seed))
    night = Night(
        verdicts=decision.verdicts,
        before={verdict.recommendation.parcel_id: verdict for verdict in records.history},
        parcels=parcels,
        detections=records.detections,
        events=records.events,
        quotas=inputs.quotas,
        forecast=inputs.forecast,
        rules=inputs.rules,
    )
    silenced = frozenset(farmer_id for farmer_id, one in answers.items() if one.silenced)
    telling = Telling(day=inputs.day, now=inputs.now, voice=inputs.voice, silenced=silenced)
    spoken = speak_of(store, night, telling)
    # Last of all: keeping states and inputs must never come between verdicts and messages.
    water, troubles = _kept(inputs, decision)
    replayable, unkept = ((), forgotten) if forgotten else kept_inputs(inputs.replay)
    return NightReport(
        decision=decision,
        inputs=day,
        messages=tuple(spoken.messages),
        water=(*water, *replayable),
        notes=(
            *decision.notes,
            *presumed,
            *unusable,
            *reopened,
            *store.notes_since(inputs.now - NOTED_BACK),
            *spoken.notes,
        ),
        problems=(*decision.problems, *unread, *troubles, *unkept, *spoken.problems),
    )


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


def as_told(store: NightStore, inputs: NightInputs, parcels: Sequence[Parcel]) -> NightInputs:
    """The inputs with the turns as neighbours swapped them, and with the rain that farmers saw."""
    land = {parcel.id: parcel for parcel in parcels}
    swaps = agreed(store.swap_steps(inputs.now.date() - timedelta(days=SWAPS_BACK))) if inputs.turns else ()
    since = look_of(inputs.day, inputs.now, inputs.weather).first
    rain = store.readings_meaning(["rain"], datetime.combine(since, time.min, UTC))
    return replace(inputs, turns=swapped(inputs.turns, swaps, land), rain_told=rain_told(rain, land, until=inputs.now))


def _presumed(
    store: NightStore, answers: Mapping[str, Answers], parcels: Sequence[Parcel], day: date
) -> tuple[str, ...]:
    """Keep what is presumed of told irrigations; one line for each."""
    by_id = {parcel.id: parcel for parcel in parcels}
    presumed = presumed_irrigations(answers.values(), store.events(), by_id, day)
    store.add_events(presumed)
    return presumption_lines(presumed)


def learned_of(inputs: NightInputs) -> tuple[Novelty | None, tuple[str, ...]]:
    """What the judge learned of released advice; a file that cannot be read costs that opinion and nothing else."""
    if inputs.learned is None:
        return None, ()
    try:
        return loads(inputs.learned, LEARNED), ()
    except InputError as error:
        return None, (f"{error}; nobody is held for being new tonight",)


def day_inputs(inputs: NightInputs, records: NightRecords) -> DayInputs:
    """Everything that the day rests on, of the night's files and of the store's records."""
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
        rain_told=inputs.rain_told,
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
