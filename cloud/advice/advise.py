"""From the state of the soil, the forecast and the water that can be had to one recommendation per parcel."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Final

import numpy as np

from cloud.advice.access import ONE_DAY, Access, Constraints, access_on, elapsed
from cloud.advice.evidence import of_events, of_water
from cloud.advice.future import ForecastOf, Future
from cloud.advice.joint.answers import Served
from cloud.advice.joint.serve import serve_with_swaps
from cloud.advice.joint.swap import lent_access
from cloud.advice.outlook import FloatArray, Outlook, quantiles_of
from cloud.advice.plan import Intent, intend, next_look_after
from cloud.advice.prices import USUAL_PRICES, Prices
from cloud.advice.quota import QuotaBook, local_day_of
from cloud.advice.season import Season
from cloud.advice.stock import stock_of
from cloud.advice.system import limits_of
from cloud.advice.worth import worth_of
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.water import WaterState
from cloud.records import Evidence, InputReference, IrrigationEvent, Parcel, Recommendation
from cloud.variables import Days
from cloud.weather.forcing import Forcing

HELD: Final = frozenset({"quota_spent", "dose_too_small", "turn_too_short", "pump_too_small"})
"""Refusals that waiting does not cure: a person must look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceContext:
    """The day of the advice, the code that gives it and what it rests on."""

    day: date
    code_version: str
    inputs: tuple[InputReference, ...] = ()
    shown: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    """Facts to be shown per parcel beside the water balance (photos)."""
    records: Mapping[str, tuple[InputReference, ...]] = field(default_factory=dict)
    """Records that only one parcel rests on."""
    engine: EngineName = "auto"
    """What computes the projections; they are the same."""
    prices: Prices = USUAL_PRICES
    season: Season | None = None
    """What parcels will want until their harvest: the horizon of quotas; none: today alone counts."""

    def inputs_of(self, parcel: Parcel) -> tuple[InputReference, ...]:
        """Files of the day, then the parcel's own records."""
        return (*self.inputs, *self.records.get(parcel.id, ()))


def advise(
    parcels: Sequence[Parcel],
    state: WaterState,
    forecast: Forcing | ForecastOf,
    constraints: Constraints,
    context: AdviceContext,
) -> tuple[Recommendation, ...]:
    """One recommendation per parcel, in the order of the parcels.

    ``state`` and ``forecast`` have the parcels on the same axis; days of the forecast that the state already knows
    are ignored. The same inputs give the same recommendations, to the byte.
    """
    return advise_together([Together(parcels=parcels, state=state, forecast=forecast)], constraints, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Parcels whose forecasts reach equally far, with their state and forecast on the same axis."""

    parcels: Sequence[Parcel]
    state: WaterState
    forecast: Forcing | ForecastOf


def advise_together(
    groups: Sequence[Together], constraints: Constraints, context: AdviceContext
) -> tuple[Recommendation, ...]:
    """One recommendation per parcel, group after group; what is shared is shared among all of them."""
    of_parcel = _by_parcel(constraints.events)
    weighed = [_weighed(group, constraints, context, of_parcel) for group in groups]
    everybody = [parcel for group in groups for parcel in group.parcels]
    book = QuotaBook.of(context.day, constraints.quotas, constraints.neighbours or everybody, constraints.events)
    intents = {name: intent for one in weighed for name, intent in one.intents.items()}
    if_lent = {name: intent for one in weighed for name, intent in one.if_lent.items()}
    season = None if context.season is None else context.season.beside(intents)
    served = serve_with_swaps(context.day, (intents, if_lent), constraints, book, season)
    answers = [answer for one in weighed for answer in _answers(one, served, context, of_parcel)]
    return tuple(answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """What each parcel of a group would do alone, or why nothing can be said of it."""

    parcels: Sequence[Parcel]
    future: Future
    given_mm: FloatArray
    intents: Mapping[str, Intent]
    if_lent: Mapping[str, Intent]
    """What parcels whose turn is on another day would do with a neighbour's."""
    refused: Mapping[str, str]


def _weighed(
    group: Together,
    constraints: Constraints,
    context: AdviceContext,
    of_parcel: Mapping[str, Sequence[IrrigationEvent]],
) -> _Weighed:
    parcels, day = group.parcels, context.day
    future = Future.of(parcels, group.state, group.forecast, day, context.engine)
    given_mm = _already_given_mm(parcels, future.days, constraints.events)
    intents: dict[str, Intent] = {}
    if_lent: dict[str, Intent] = {}
    refused: dict[str, str] = {}
    for place, (parcel, outlook) in enumerate(zip(parcels, future.outlooks(given_mm), strict=True)):
        refusal = _refusal(outlook)
        if refusal is not None:
            refused[parcel.id] = refusal
            continue
        access = access_on(day, parcel, constraints)
        limits = limits_of(parcel)
        stock = stock_of(parcel, (access, limits), constraints, context.season, (future.state, place))
        worth = replace(worth_of(parcel, _prices_at(access, context.prices), future.ages(place)), stock=stock)
        intent = intend(day, parcel, outlook, access, limits, worth)
        intent = _unless_given(intent, day, of_parcel.get(parcel.id, ()))
        intents[parcel.id] = replace(intent, outlook=outlook.until(day))
        lent = lent_access(day, parcel, constraints) if intent.reason_code == "turn_not_now" else None
        if lent is not None:
            wish = intend(day, parcel, outlook, lent, limits, worth)
            if_lent[parcel.id] = replace(wish, outlook=outlook.until(day))
    return _Weighed(
        parcels=parcels, future=future, given_mm=given_mm, intents=intents, if_lent=if_lent, refused=refused
    )


def _answers(
    weighed: _Weighed,
    served: Mapping[str, Served],
    context: AdviceContext,
    of_parcel: Mapping[str, Sequence[IrrigationEvent]],
) -> Iterator[Recommendation]:
    parcels, future = weighed.parcels, weighed.future
    planned_mm = weighed.given_mm + _net_mm(parcels, future.days, served, context.day)
    # What nobody changed needs no second look.
    watered = [place for place, parcel in enumerate(parcels) if _gets_water(served.get(parcel.id))]
    after = future.outlooks(planned_mm, np.array(watered, dtype=np.intp))
    for parcel in parcels:
        if parcel.id in weighed.refused:
            yield refusal_of(parcel, weighed.refused[parcel.id], context)
            continue
        answer = served.get(parcel.id)
        wet = _gets_water(answer)
        # Who borrows a turn acts on what he would do with it.
        intent = weighed.if_lent[parcel.id] if wet and parcel.id in weighed.if_lent else weighed.intents[parcel.id]
        facts = (*of_water(intent.outlook, context.day), *of_events(of_parcel.get(parcel.id, ())))
        yield _answer(intent, answer, next(after) if wet else None, facts, context)


def refusal_of(
    parcel: Parcel, reason_code: str, context: AdviceContext, *, next_check_day: date | None = None
) -> Recommendation:
    """A hold with its reason, for a parcel that cannot be advised; depth and probabilities stay unknown."""
    return Recommendation(
        parcel_id=parcel.id,
        parcel_name=parcel.label,
        timezone=parcel.timezone,
        pump_name=parcel.water.pump,
        day=context.day,
        action="hold",
        next_check_day=next_check_day or context.day + ONE_DAY,
        reason_code=reason_code,
        evidence=context.shown.get(parcel.id, ()),
        inputs=context.inputs_of(parcel),
        code_version=context.code_version,
    )


def season_wait(
    parcel: Parcel, reason_code: str, context: AdviceContext, *, next_check_day: date | None
) -> Recommendation:
    """A wait outside the season: not yet planted, or already harvested."""
    held = refusal_of(parcel, reason_code, context)
    return held.model_copy(update={"action": "wait", "next_check_day": next_check_day})


def _by_parcel(events: Sequence[IrrigationEvent]) -> Mapping[str, list[IrrigationEvent]]:
    of_parcel: dict[str, list[IrrigationEvent]] = defaultdict(list)
    for event in events:
        of_parcel[event.parcel_id].append(event)
    return of_parcel


def _row_of(days: Days, day: date) -> int:
    """Row of a day among the days ahead; the first row when the day is already known."""
    return max(0, int((np.datetime64(day, "D") - days[0]).astype(int)))


def _already_given_mm(parcels: Sequence[Parcel], days: Days, events: Sequence[IrrigationEvent]) -> FloatArray:
    """Net water reported on days that the balance has not reached yet, shape (D, P) [mm]."""
    column = {parcel.id: index for index, parcel in enumerate(parcels)}
    net_mm = np.zeros((days.size, len(parcels)))
    for event in events:
        index = column.get(event.parcel_id)
        if index is None:
            continue
        days_in = int((np.datetime64(local_day_of(event, parcels[index]), "D") - days[0]).astype(int))
        if 0 <= days_in < days.size:
            net_mm[days_in, index] += event.depth_mm * limits_of(parcels[index]).efficiency
    return net_mm


def _net_mm(parcels: Sequence[Parcel], days: Days, served: Mapping[str, Served], day: date) -> FloatArray:
    """Net water of the proposed doses, shape (D, P) [mm]."""
    net_mm = np.zeros((days.size, len(parcels)))
    row = _row_of(days, day)
    for index, parcel in enumerate(parcels):
        answer = served.get(parcel.id)
        if answer is not None and answer.dose is not None:
            net_mm[row, index] = answer.dose.depth_mm.p50 * limits_of(parcel).efficiency
    return net_mm


def _refusal(outlook: Outlook) -> str | None:
    # A sum is finite where all its terms are: one look at each array where nothing is amiss.
    if isfinite(outlook.depletion_mm.sum()) and isfinite(outlook.rain_mm.sum()):
        return None
    return "forecast_incomplete" if isfinite(outlook.depletion_mm[0].sum()) else "no_data"


def _unless_given(intent: Intent, day: date, events: Sequence[IrrigationEvent]) -> Intent:
    """Water already given on the day is not doubled, even if the balance asks for more."""
    today = any(local_day_of(event, intent.parcel) == day and event.depth_mm > 0.0 for event in events)
    if not today or intent.action != "irrigate":
        return intent
    return replace(intent, action="wait", reason_code="irrigated_today", wanted_mm=None, next_check_day=day + ONE_DAY)


def _gets_water(served: Served | None) -> bool:
    return served is not None and served.dose is not None


def _answer(
    intent: Intent, served: Served | None, after: Outlook | None, facts: tuple[Evidence, ...], context: AdviceContext
) -> Recommendation:
    day = context.day
    action, reason, next_check = intent.action, intent.reason_code, intent.next_check_day
    dose = served.dose if served is not None else None
    if served is not None and served.refusal is not None:
        reason = served.refusal
        action = "hold" if reason in HELD else "wait"
    elif served is not None and served.reason_code is not None:
        reason = served.reason_code
    if after is not None:
        next_check = next_look_after(day, intent, after)
    return Recommendation(
        parcel_id=intent.parcel.id,
        parcel_name=intent.parcel.label,
        timezone=intent.parcel.timezone,
        pump_name=intent.parcel.water.pump,
        day=day,
        action=action,
        start_window=served.start_window if served is not None else None,
        depth_mm=dose.depth_mm if dose is not None else None,
        volume_m3=dose.volume_m3 if dose is not None else None,
        duration_h=dose.duration_h if dose is not None else None,
        stop_at=_stop_at(served, intent.parcel),
        next_check_day=next_check,
        depletion_mm=quantiles_of(intent.outlook.depletion_on(day)),
        stress_probability_if_followed=round(_stress_if_followed(intent, after, day), 3),
        stress_probability_if_ignored=round(intent.stress_if_ignored, 3),
        reason_code=reason,
        evidence=(*facts, *(served.evidence if served else ()), *context.shown.get(intent.parcel.id, ())),
        inputs=context.inputs_of(intent.parcel),
        code_version=context.code_version,
    )


def _stop_at(served: Served | None, parcel: Parcel) -> datetime | None:
    """The latest start and the time of the dose; None where no flow tells how long it takes."""
    if served is None or served.dose is None or served.start_window is None or served.dose.duration_h is None:
        return None
    return elapsed(served.start_window[1], timedelta(hours=served.dose.duration_h), parcel)


def _prices_at(access: Access, prices: Prices) -> Prices:
    """The prices with the energy of the parcel's own pump, where its table tells it."""
    own = access.money_per_m3
    return prices if own <= 0.0 else prices.model_copy(update={"energy_per_m3": own})


def _stress_if_followed(intent: Intent, after: Outlook | None, day: date) -> float:
    return intent.stress_if_ignored if after is None else after.stress_probability(day, intent.through)
