"""The plans of a night: for every parcel that was followed and advised, its next days as numbers to look up."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from cloud.advice.access import Constraints
from cloud.advice.inputs import DayInputs
from cloud.advice.quota import QuotaBook
from cloud.advice.readiness import out_of_season
from cloud.agronomy.carrying.carried import state_of
from cloud.agronomy.opening import plots_on
from cloud.agronomy.water import WaterHistory, WaterState
from cloud.daily import DayDecision, judge_inputs
from cloud.irrigation_accounts import counted_once
from cloud.judge.hard_limits import BucketAhead, bucket_ahead
from cloud.planning.doses import LOOK_AHEAD_DAYS, Ground, chances_of, table_of
from cloud.planning.figures import Made, plan_of
from cloud.planning.use import UseAhead, use_ahead
from cloud.planning.weather_ahead import weather_ahead
from cloud.presumption import expected_share
from cloud.records import IrrigationEvent, Parcel, Verdict
from cloud.variables import Floats
from cloud.weather.forcing import forecast_for
from edge.plan import Plan, PlanGiven

DAYS: Final = 31
"""Thirty days after the one that the night itself decides."""
BLOCK: Final = 400
"""Parcels whose possible weathers are held at once."""
USUAL_COMPLIANCE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansMade:
    """Plans by parcel, without recipients, and what somebody should know."""

    plans: Mapping[str, Plan]
    made: Mapping[str, Made]
    """What the words of each plan are made of."""
    notes: tuple[str, ...]
    problems: tuple[str, ...] = field(default=())
    """Parcels that have no plan, one line for each reason."""


def make_plans(
    inputs: DayInputs, decision: DayDecision, wanted: Sequence[str], made_at: datetime, *, days: int = DAYS
) -> PlansMade:
    """Plans of some parcels from the night's own water, weather and verdicts; the same inputs give the same plans."""
    history = decision.history
    if history is None:
        return PlansMade(plans={}, made={}, notes=(), problems=("plans: no parcel has usable weather tonight",))
    night = _Night(inputs=inputs, decision=decision, history=history, made_at=made_at, days=days)
    first = history.state.day + timedelta(days=1)
    ahead, told = weather_ahead(inputs.forecast, inputs.weather, first, days + LOOK_AHEAD_DAYS)
    rows, left_out = _rows_of(night, wanted)
    plans: dict[str, Plan] = {}
    made: dict[str, Made] = {}
    bucket = bucket_ahead(first, days, replace(judge_inputs(inputs), forecast=ahead))
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        parcels = [night.parcels[name] for name, _ in block]
        state = state_of(history.state, np.array([row for _, row in block], dtype=np.intp))
        use = use_ahead(state, parcels, forecast_for(parcels, ahead), inputs.engine)
        for one in _block(night, parcels, state, use, bucket):
            if one.reason is not None:
                left_out[one.reason].append(one.parcel.id)
            else:
                made[one.parcel.id], plans[one.parcel.id] = one, plan_of(one)
    problems = tuple(
        f"plans: {len(names)} parcels have none: {reason} ({', '.join(sorted(names)[:5])})"
        for reason, names in sorted(left_out.items())
    )
    return PlansMade(plans=plans, made=made, notes=(told,), problems=problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Night:
    inputs: DayInputs
    decision: DayDecision
    history: WaterHistory
    made_at: datetime
    days: int
    parcels: dict[str, Parcel] = field(init=False)
    verdicts: dict[str, Verdict] = field(init=False)
    constraints: Constraints = field(init=False)
    shares: Mapping[str, float] = field(init=False)
    events: Mapping[str, Sequence[IrrigationEvent]] = field(init=False)
    book: QuotaBook = field(init=False)

    def __post_init__(self) -> None:
        given = self.inputs
        parcels = {parcel.id: parcel for parcel in given.parcels}
        constraints = Constraints(turns=given.turns, quotas=given.quotas, pumps=given.pumps, events=given.events)
        object.__setattr__(self, "parcels", parcels)
        object.__setattr__(self, "verdicts", {one.proposed.parcel_id: one for one in self.decision.verdicts})
        object.__setattr__(self, "constraints", constraints)
        object.__setattr__(self, "shares", shares_of(given.parcels))
        counted, _ = counted_once(given.events)
        events: dict[str, list[IrrigationEvent]] = defaultdict(list)
        for event in counted:
            events[event.parcel_id].append(event)
        object.__setattr__(self, "events", events)
        object.__setattr__(self, "book", QuotaBook.of(given.day, given.quotas, given.parcels, counted))

    @property
    def first(self) -> date:
        return self.history.state.day + timedelta(days=1)


def shares_of(parcels: Sequence[Parcel]) -> Mapping[str, float]:
    """Each parcel's part, by area, of the pump or the canal's group that it shares with others."""
    areas: dict[tuple[str | None, ...], float] = defaultdict(float)
    for parcel in parcels:
        areas[_shared(parcel)] += parcel.area_ha
    return {parcel.id: parcel.area_ha / areas[_shared(parcel)] for parcel in parcels}


def _shared(parcel: Parcel) -> tuple[str | None, ...]:
    water = parcel.water
    if water.canal is not None:
        return "canal", water.canal, water.group
    return ("pump", water.pump) if water.pump is not None else ("parcel", parcel.id)


def _rows_of(night: _Night, wanted: Sequence[str]) -> tuple[list[tuple[str, int]], dict[str, list[str]]]:
    """Parcels that can be planned with their rows in the state, and the others by reason."""
    place = {name: row for row, name in enumerate(night.history.parcel_ids)}
    rows, left_out = [], defaultdict(list)
    for name in dict.fromkeys(wanted):
        verdict = night.verdicts.get(name)
        if name not in night.parcels:
            left_out["no such parcel"].append(name)
        elif name not in place or not night.history.state.started[place[name]]:
            left_out["its water is not followed"].append(name)
        elif verdict is None or verdict.decision in {"hold", "block"} or verdict.recommendation.action == "hold":
            left_out["its advice of the night is held: somebody must look first"].append(name)
        else:
            rows.append((name, place[name]))
    return rows, left_out


def _block(
    night: _Night, parcels: Sequence[Parcel], state: WaterState, use: UseAhead, bucket: BucketAhead | None
) -> Iterator[Made]:
    index = {parcel.id: place for place, parcel in enumerate(night.inputs.parcels)}
    capacity = _capacity_fraction(parcels, state)
    for place, parcel in enumerate(parcels):
        column = index[parcel.id]
        ages = _ages(parcel, state, place, night.days + LOOK_AHEAD_DAYS)
        by_turn = bool(night.constraints.turns_near(parcel))
        own = any(turn.parcel_id == parcel.id for turn in night.inputs.turns)
        share = 1.0 if by_turn and own else night.shares[parcel.id]
        ground = Ground(
            parcel=parcel,
            place=place,
            chances=chances_of(parcel, night.first, night.days, night.constraints, share),
            ages=ages,
            days_standing=_standing(parcel, night.first, ages, night.days),
        )
        known = bucket is not None and bool(np.isfinite(bucket.missing_mm[column]))
        reason = None if known else "the judge's bucket knows nothing of it"
        if not np.isfinite(use.use_mm[:, place]).all():
            reason = "weather ahead is unknown"
        yield Made(
            parcel=parcel,
            made_at=night.made_at,
            first=night.first,
            ground=ground,
            use=use,
            table=None if reason else table_of(ground, night.first, use, state.depletion_mm, night.inputs.prices),
            bucket=bucket,
            column=column,
            capacity_fraction=float(capacity[place]),
            root_depth_m=float(state.water.root_depth_m[place].mean()),
            given=tuple(_given(night, parcel)),
            left_m3=_left_m3(night, parcel),
            reason=reason,
        )


def _capacity_fraction(parcels: Sequence[Parcel], state: WaterState) -> Floats:
    """Volumetric water (P,) of the root zone at field capacity, mean of the members."""
    plots, depth = plots_on(parcels, state.day, state.depletion_mm.shape[1]), state.water.root_depth_m
    held = state.water.holds_mm(plots, depth) + state.water.wilts_mm(plots, depth)
    fraction: Floats = (held / (1000.0 * depth)).mean(axis=1)
    return fraction


def _ages(parcel: Parcel, state: WaterState, place: int, days: int) -> Floats:
    """Age of the crop on the days ahead [d of the table's stages]: by warmth, else by the calendar."""
    age = float(state.age_days[place, 0])
    if np.isnan(age):
        age = 0.0 if parcel.planted_on is None else float((state.day + timedelta(days=1) - parcel.planted_on).days)
    return age + np.arange(days, dtype=np.float64)


def _standing(parcel: Parcel, first: date, ages: Floats, days: int) -> int:
    """Days from the first on which there is a crop in the field."""
    for ahead in range(days):
        if out_of_season(parcel, first + timedelta(days=ahead), float(ages[ahead])) is not None:
            return ahead
    return days


def _given(night: _Night, parcel: Parcel) -> Iterator[PlanGiven]:
    """Water of days that the state does not know yet, and what the night itself tells to give."""
    zone = ZoneInfo(parcel.timezone)
    given = [(event.started_at.astimezone(zone).date(), event.depth_mm) for event in night.events.get(parcel.id, ())]
    for day, depth_mm in given:
        if night.first <= day <= night.inputs.day:
            yield PlanGiven(day=day, depth_mm=depth_mm)
    told = night.verdicts[parcel.id].recommendation
    if told.action == "irrigate" and told.depth_mm is not None and all(day != told.day for day, _ in given):
        share = expected_share(USUAL_COMPLIANCE)
        yield PlanGiven(day=told.day, depth_mm=round(share * told.depth_mm.p50, 1), told_mm=told.depth_mm.p50)


def _left_m3(night: _Night, parcel: Parcel) -> float | None:
    """What is left of the parcel's quotas, of those that it shares its part by area; None without any."""
    left = [
        night.book.left_m3(share) * parcel.area_ha / sum(user.area_ha for user in share.users)
        for share in night.book.shares_of(parcel)
    ]
    return min(left, default=None)
