"""A settled plan told parcel by parcel: dose and start, or why there is none, with the numbers behind it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.advice.access import LATEST_START, LONGEST_SLACK, MORNING, ONE_DAY, at
from cloud.advice.dose import (
    STEPS_PER_HOUR,
    TOLERANCE,
    Dose,
    DoseLimits,
    dose_of,
    duration_of,
    round_half_up,
    volume_of,
)
from cloud.advice.joint.desk import Desk
from cloud.advice.joint.future import Scarcity
from cloud.advice.joint.problem import Place, Store, Wish, is_yield, range_of
from cloud.advice.joint.sequence import cheapest
from cloud.advice.joint.timeline import STEP, Timeline
from cloud.records import Evidence, Quantiles

MOST_SLACK: Final = LONGEST_SLACK // STEP
ENDLESS: Final = 10**6
"""More steps, or cubic metres, than any event has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The dose a parcel gets and when it starts; or why it gets none."""

    dose: Dose | None
    start_window: tuple[datetime, datetime] | None = None
    refusal: str | None = None
    reason_code: str | None = None
    """Why water is given, where that is not the parcel's own affair."""
    evidence: tuple[Evidence, ...] = ()


def answers_of(desk: Desk, scarcity: Mapping[str, Scarcity]) -> dict[str, Served]:
    """What every parcel of a plan is told."""
    answers: dict[str, Served] = {}
    for name, place in desk.problem.places.items():
        runs = desk.runs(name)
        if not runs:
            continue
        found = cheapest([length for _, length in runs], place.rest, place.timeline)
        assert found is not None
        ends = [start - place.rest for start in found[1:]] + [place.timeline.is_open.size]
        for (wish, length), begins, end in zip(runs, found, ends, strict=True):
            run = _Run(begins=begins, length=length, end=end)
            answers[wish.name] = Served(
                dose=_dose(wish, desk.depths_mm[wish.name]),
                start_window=_window(wish, place, run),
                evidence=(*_energy(place, run), *_quotas(wish, desk.problem.stores, scarcity)),
            )
    for wish in desk.problem.wishes:
        if desk.depths_mm[wish.name] == 0:
            answers[wish.name] = _without(desk, wish, scarcity)
    return answers


def impossible(wish: Wish, stores: Mapping[str, Store]) -> Served:
    """Why not even the smallest event is possible for a parcel alone, and the dose that breaks the rule least."""
    intent = wish.intent
    quota_m3 = min((stores[name].left_m3 for name in wish.draws if not is_yield(name)), default=float(ENDLESS))
    reason = "turn_too_short" if intent.access.by_turn else "pump_too_small"
    if _nothing(range_of(intent, volume_m3=ENDLESS, longest=ENDLESS)):
        reason = "dose_too_small"
    elif _nothing(range_of(intent, volume_m3=quota_m3, longest=ENDLESS)):
        reason = "quota_spent"
    least_bad = () if reason == "dose_too_small" else (_least_bad(wish, quota_m3, reason),)
    return Served(dose=None, refusal=reason, evidence=(*least_bad, *_quotas(wish, stores, {})))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """First step of a run, its length, and the step by which it must have ended."""

    begins: int
    length: int
    end: int


def _nothing(least_and_most: tuple[int, int]) -> bool:
    return least_and_most[0] > least_and_most[1]


def _dose(wish: Wish, depth_mm: int) -> Dose:
    """The dose as it will be told; a cut one is not exceeded by its upper percentile."""
    intent = wish.intent
    assert intent.wanted_mm is not None
    cut = depth_mm < wish.most or depth_mm < intent.wanted_mm.p50 - 0.5
    largest_mm = float(depth_mm) if cut else intent.limits.max_mm
    # The plan settled the depth; what was wanted says only how sure it is.
    p10 = min(max(round_half_up(intent.wanted_mm.p10), float(wish.least)), float(depth_mm))
    p90 = max(min(round_half_up(intent.wanted_mm.p90), largest_mm), float(depth_mm))
    volume_m3 = volume_of(depth_mm, intent.parcel.area_ha)
    return Dose(
        depth_mm=Quantiles(p10=p10, p50=float(depth_mm), p90=p90),
        volume_m3=volume_m3,
        duration_h=duration_of(volume_m3, intent.access.flow_m3_h),
    )


def _window(wish: Wish, place: Place, run: _Run) -> tuple[datetime, datetime]:
    """Earliest and latest start, on five minutes: whoever starts latest still ends before the next may begin."""
    line, parcel = place.timeline, wish.intent.parcel
    zone = ZoneInfo(parcel.timezone)
    begins, latest = run.begins, _latest(line, run)
    first, last = (line.moment(step).astimezone(zone) for step in (begins, latest))
    if wish.place.startswith("parcel "):
        # On demand: early enough in the evening, and to end by the morning.
        hours = 0.0 if wish.intent.access.flow_m3_h is None else run.length / STEPS_PER_HOUR
        morning = at(first.date() + ONE_DAY, MORNING, parcel) - timedelta(hours=hours)
        last = max(first, min(last, at(first.date(), LATEST_START, parcel), morning))
    return first, last


def _latest(line: Timeline, run: _Run) -> int:
    """Last step in which a run may begin: before midnight, in its stretch of the day, for no more energy."""
    end = next(end for first, end in line.pieces if first <= run.begins < end)
    latest = min(line.starts - 1, run.begins + MOST_SLACK, min(run.end, end) - run.length)
    if not line.is_priced:
        return max(run.begins, latest)
    dearest = line.energy(run.begins, run.length) + TOLERANCE
    for step in range(run.begins + 1, latest + 1):
        if line.energy(step, run.length) > dearest:
            return step - 1
    return max(run.begins, latest)


def _without(desk: Desk, wish: Wish, scarcity: Mapping[str, Scarcity]) -> Served:
    """Why a parcel gets nothing though it could be served if it were alone."""
    quota_m3 = min((desk.left_m3[name] for name in wish.draws if not is_yield(name)), default=float(ENDLESS))
    least_m3 = wish.volume_m3(wish.least)
    short = [name for name in wish.draws if desk.left_m3[name] < least_m3 - TOLERANCE]
    facts = _quotas(wish, desk.problem.stores, scarcity)
    if any(is_yield(name) for name in short) or not desk.has_hours(wish.place, wish, wish.least):
        return Served(dose=None, refusal="turn_taken" if wish.intent.access.by_turn else "pump_busy", evidence=facts)
    if any(name not in scarcity for name in short):
        return Served(dose=None, refusal="quota_spent", evidence=(_least_bad(wish, quota_m3, "quota_spent"), *facts))
    reason = "quota_kept" if any(name in scarcity for name in wish.draws) else "energy_too_dear"
    return Served(dose=None, refusal=reason, evidence=facts)


def _least_bad(wish: Wish, quota_m3: float, reason: str) -> Evidence:
    """The dose that breaks one rule least: below the smallest event, else the smallest event beyond what there is."""
    intent = wish.intent
    assert intent.wanted_mm is not None
    access, area_ha = intent.access, intent.parcel.area_ha
    limits = DoseLimits(min_mm=0.0, max_mm=intent.limits.max_mm, volume_m3=max(0.0, quota_m3), hours=access.hours)
    dose = dose_of(intent.wanted_mm, area_ha, access.flow_m3_h, limits)
    if dose is not None and dose.depth_mm.p50 < wish.least:
        return Evidence(
            kind="least_bad_mm",
            value=dose.depth_mm.p50,
            source=f"what there is, below the smallest event of {wish.least} mm",
        )
    least_m3 = wish.volume_m3(wish.least)
    beyond = f"{least_m3 - max(0.0, quota_m3):.0f} m3 beyond the quota"
    if reason != "quota_spent":
        hours = 0.0 if access.flow_m3_h is None else least_m3 / access.flow_m3_h
        beyond = f"{hours:.1f} h, where there are {access.hours:.1f}"
    return Evidence(kind="least_bad_mm", value=float(wish.least), source=f"the smallest event, {beyond}")


def _energy(place: Place, run: _Run) -> tuple[Evidence, ...]:
    """What the energy of a run costs, where somebody says it."""
    money = place.timeline.energy(run.begins, run.length) + run.length * place.timeline.cheapest
    if money <= 0.0:
        return ()
    return (Evidence(kind="energy_cost", value=round(money, 2), source="pump's power and price in these hours"),)


def _quotas(wish: Wish, stores: Mapping[str, Store], scarcity: Mapping[str, Scarcity]) -> tuple[Evidence, ...]:
    """What is left of the parcel's quotas; where the rest of the season is known, the need and what 1 m3 is worth."""
    facts = []
    owners = Counter(_owner(name) for name in wish.draws)
    for name in wish.draws:
        if is_yield(name):
            continue
        source = _owner(name)
        if owners[source] > 1 and stores[name].until is not None:
            source = f"{source} until {stores[name].until}"
        facts.append(Evidence(kind="quota_left_m3", value=round(stores[name].left_m3, 1), source=source))
        if name in scarcity:
            found = scarcity[name]
            facts.append(Evidence(kind="quota_need_m3", value=round(found.need_m3, 0), source=source))
            use = f"{source}, at {found.stage}" if found.stage else source
            facts.append(Evidence(kind="quota_shadow_price", value=round(found.money_per_m3, 3), source=use))
    return tuple(facts)


def _owner(store: str) -> str:
    """Whose volume it is: a holder may have several, for periods that overlap."""
    return store.partition(" #")[0]
