"""The day of the advisor on one page: observe, simulate, advise, judge. A pure function of its inputs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cloud.advice.access import Constraints
from cloud.advice.gaps import gap_lines
from cloud.advice.inputs import DayInputs, issue_day
from cloud.advice.observe import local_day, observe
from cloud.advice.prepare import Ready, prepare
from cloud.advice.today import forecast_problems, recommendations_of
from cloud.agronomy.carrying.checkpoints import Followed, follow
from cloud.agronomy.carrying.parting import Asked
from cloud.agronomy.water import WaterHistory, WaterSettings, simulate_asked
from cloud.irrigation_accounts import counted_once
from cloud.judge.judge import JudgeInputs, judge
from cloud.judge.novelty import Novelty
from cloud.records import CanalTurn, IrrigationEvent, Observation, Quota, Recommendation, Verdict

__all__ = ["DayDecision", "DayInputs", "decide", "judge_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDecision:
    """What the day brought: recommendations, the judge's verdicts on them, and the water behind them."""

    recommendations: tuple[Recommendation, ...]
    verdicts: tuple[Verdict, ...]
    history: WaterHistory | None
    """Water of the parcels in its ``parcel_ids``; None when no parcel has usable weather."""
    observations: tuple[Observation, ...]
    followed: Followed | None = None
    """How the water was followed from kept states, and what to keep of it; None where none were given."""
    notes: tuple[str, ...] = field(default=())
    """What was assumed or only shown, one line each."""
    problems: tuple[str, ...] = field(default=())
    """What could not be used, one line each."""


def decide(inputs: DayInputs, *, novelty: Novelty | None = None) -> DayDecision:
    """Observe, simulate, advise and judge one day for every parcel; a parcel without data is held, never guessed.

    ``novelty`` is what the judge learned from released advice; without it nobody is held for being new.
    """
    seen, notes = observe(inputs.detections, inputs.parcels, inputs.day)
    given = _given_by(inputs.day, inputs)
    late = len(inputs.events) - len(given)
    counted, told_again = counted_once(given)
    inputs = replace(inputs, events=counted)
    ready = prepare(inputs)
    measured = _measured(inputs, ready)
    history, followed = _followed(inputs, ready, measured, _past(seen, inputs))
    recommendations = recommendations_of(inputs, ready, history)
    verdicts = judge(recommendations, judge_inputs(inputs, novelty))
    return DayDecision(
        recommendations=recommendations,
        verdicts=verdicts,
        history=history,
        observations=(*inputs.observations, *seen),
        followed=followed,
        notes=(
            *notes,
            *told_again,
            *_unmatched(inputs),
            *_without_turn(inputs),
            *_early(inputs, ready),
            *((f"{late} irrigations after {inputs.day} were not used",) if late else ()),
            *(history.notes if history is not None else ()),
        ),
        problems=(
            *ready.problems,
            *(history.problems if history is not None else ()),
            *forecast_problems(inputs, recommendations),
            *_gaps(inputs, ready),
        ),
    )


def judge_inputs(inputs: DayInputs, novelty: Novelty | None = None) -> JudgeInputs:
    """What the judge may look at: the raw inputs, never what the advisor made of them."""
    return JudgeInputs(
        parcels=inputs.parcels,
        weather=inputs.weather,
        forecast=inputs.forecast,
        forecast_issued_on=issue_day(inputs.forecast),
        events=inputs.events,
        detections=inputs.detections,
        turns=inputs.turns,
        quotas=inputs.quotas,
        pumps=inputs.pumps,
        history=inputs.history,
        limits=inputs.limits,
        novelty=novelty,
    )


def _followed(
    inputs: DayInputs, ready: Ready, measured: Sequence[Observation], seen: Sequence[Observation]
) -> tuple[WaterHistory | None, Followed | None]:
    if ready.weather is None:
        return None, None
    settings = WaterSettings(members=inputs.members, seed=inputs.seed, engine=inputs.engine)
    # Water of the day itself, which the weather does not reach yet, is counted by the advice.
    asked = Asked(
        parcels=ready.parcels,
        forcing=ready.weather,
        events=_given_by(ready.weather.days[-1].item(), inputs),
        observations=measured,
        settings=settings,
        counted=True,
    )
    kept = inputs.kept
    if kept is not None:
        followed = follow(asked, lambda first: (*kept.seen_since(first), *seen), kept.shelves)
        return followed.history, followed
    return simulate_asked(replace(asked, observations=(*measured, *seen)), inputs.state), None


def _measured(inputs: DayInputs, ready: Ready) -> list[Observation]:
    """Readings of the parcels that are followed, up to the last day of the weather."""
    if ready.weather is None:
        return []
    last, followed = ready.weather.days[-1].item(), {parcel.id: parcel for parcel in ready.parcels}
    return [
        one
        for one in inputs.observations
        if one.parcel_id in followed and local_day(one.observed_at, followed[one.parcel_id]) <= last
    ]


def _early(inputs: DayInputs, ready: Ready) -> tuple[str, ...]:
    """One line about readings of days that the weather does not reach, or none."""
    if ready.weather is None:
        return ()
    last, followed = ready.weather.days[-1].item(), {parcel.id for parcel in ready.parcels}
    waiting = sum(one.parcel_id in followed for one in inputs.observations) - len(_measured(inputs, ready))
    return (f"{waiting} observations after {last}, the last day of the weather, were not used",) if waiting else ()


def _gaps(inputs: DayInputs, ready: Ready) -> tuple[str, ...]:
    if ready.weather is None:
        return ()
    return gap_lines(inputs.forecast, ready.parcels, ready.weather.days[-1].item(), inputs.day)


def _without_turn(inputs: DayInputs) -> tuple[str, ...]:
    """One line for each canal that the table of turns does not know, though parcels name it."""
    if not inputs.turns:
        return ()
    shared = Constraints(turns=inputs.turns)
    waiting = Counter(one.water.canal for one in inputs.parcels if one.water.canal and not shared.turns_near(one))
    return tuple(
        f"canal {name}: has no turn in the table of turns; its {count} parcels are advised as if they had water at will"
        for name, count in sorted(waiting.items())
    )


def _unmatched(inputs: DayInputs) -> tuple[str, ...]:
    """Names in the tables of shared water that meet no parcel, and pumps of parcels that no table describes."""
    parcels = {parcel.id for parcel in inputs.parcels}
    canals = {parcel.water.canal for parcel in inputs.parcels}
    pumps = {pump.pump for pump in inputs.pumps}
    rules: tuple[CanalTurn | Quota, ...] = (*inputs.turns, *inputs.quotas)
    strangers = {f"parcel {one.parcel_id}" for one in rules if one.parcel_id and one.parcel_id not in parcels}
    strangers |= {f"canal {one.canal}" for one in rules if one.canal and not one.parcel_id and one.canal not in canals}
    wanted = {parcel.water.pump for parcel in inputs.parcels if parcel.water.pump and pumps}
    return (
        *(f"{name}: has a turn or a quota, but no parcel; it binds nobody" for name in sorted(strangers)),
        *(f"pump {name}: is not in the table of pumps; its parcels are on demand" for name in sorted(wanted - pumps)),
    )


def _given_by(last: date, inputs: DayInputs) -> tuple[IrrigationEvent, ...]:
    """Irrigations begun by the end of a day where the parcel lies; later ones would be foresight."""
    by_id = {parcel.id: parcel for parcel in inputs.parcels}
    return tuple(
        one
        for one in inputs.events
        if one.parcel_id not in by_id or local_day(one.started_at, by_id[one.parcel_id]) <= last
    )


def _past(observations: Sequence[Observation], inputs: DayInputs) -> list[Observation]:
    """Observations of known parcels made by the end of the day where the parcel lies."""
    by_id = {parcel.id: parcel for parcel in inputs.parcels}
    return [
        one
        for one in observations
        if one.parcel_id in by_id and local_day(one.observed_at, by_id[one.parcel_id]) <= inputs.day
    ]
