"""What a gateway advises by itself: looked up in the plan, kept within the judge's limits, filled into its words.

No evapotranspiration is computed here. The plan says what each day uses; the gateway adds it up with the rain that a
gauge measured and the water that was given, finds the level that is reached, and reads the dose beside it.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from edge.plan import DoseStep, Plan, PlanDay, ProbeTable
from edge.plan_words import Advice

USUAL: Final = 1
SLACK: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured at a parcel on one local day; None: nothing was."""

    rain_mm: float | None = None
    highest_c: float | None = None
    soil_fraction: float | None = None
    """Last volumetric reading of the plan's probe."""
    water_mm: float | None = None
    """Gross irrigation by a meter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Gross water that came on a local day, as far as it is counted."""

    day: date
    depth_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is missing before a day's advice, by the plan's estimate and by the judge's rough bucket [mm net]."""

    missing_mm: float
    limit_missing_mm: float


NOTHING: Final = Measured()


def day_of(plan: Plan, day: date) -> PlanDay | None:
    """The plan's day; None outside of it."""
    place = day.toordinal() - plan.days[0].day.toordinal()
    return plan.days[place] if 0 <= place < len(plan.days) else None


def standing_on(plan: Plan, day: date, measured: Mapping[date, Measured], given: Sequence[Given]) -> Standing:
    """What is missing when a day is advised: use, rain and water of all days before it, and the day's rain so far."""
    missing, limit = plan.missing_mm, plan.limits.missing_mm
    for one in plan.days:
        if one.day > day:
            break
        seen = measured.get(one.day, NOTHING)
        came = sum(water.depth_mm for water in given if water.day == one.day)
        rain = _net_rain(plan, one, seen, so_far=one.day == day)
        # The judge looks at the end of the day, the table at its beginning.
        limit = _limit_after(plan, one, limit, came, _rain(one, seen, so_far=one.day == day))
        used = one.use_mm[_warmth(one, seen)] if one.day < day else 0.0
        missing = min(max(missing + used - rain - plan.efficiency * plan.counted * came, 0.0), plan.total_mm)
        if plan.probe is not None and seen.soil_fraction is not None:
            missing = _by_probe(plan, plan.probe, seen.soil_fraction, missing)
    return Standing(missing_mm=missing, limit_missing_mm=limit)


def advise(plan: Plan, day: date, measured: Mapping[date, Measured], given: Sequence[Given]) -> Advice | None:
    """What the plan says for a day; None outside of its days."""
    today = day_of(plan, day)
    if today is None:
        return None
    standing = standing_on(plan, day, measured, given)
    wanted_mm = float(today.doses_mm[level_of(plan, standing.missing_mm)])
    if wanted_mm <= 0.0:
        return _wait(plan, today, standing, "water_left")
    if today.starts_from is None or today.most_mm <= 0.0:
        return _wait(plan, today, standing, "no_water_today")
    if any(water.day == day and water.depth_mm > 0.0 for water in given):
        return _wait(plan, today, standing, "given_today")
    allowed_mm, limited_by = _allowed(plan, today, standing, given, wanted_mm)
    dose = step_within(plan, allowed_mm)
    if dose is None or dose.depth_mm + SLACK < plan.limits.smallest_mm:
        return _wait(plan, today, standing, "quota" if limited_by == "quota" else "below_smallest")
    return Advice(
        parcel_id=plan.parcel_id,
        day=day,
        kind="irrigate",
        dose=dose,
        missing_mm=standing.missing_mm,
        spread_mm=today.spread_mm,
        reason="dose",
        limited_by=limited_by if dose.depth_mm + SLACK < wanted_mm else None,
        in_doubt=today.spread_mm >= plan.doubt_mm,
    )


def level_of(plan: Plan, missing_mm: float) -> int:
    """Place of the greatest level that is reached."""
    return max(0, bisect_right(plan.levels_mm, missing_mm + SLACK) - 1)


def room_mm(plan: Plan, limit_missing_mm: float) -> float:
    """Largest gross depth that the judge's bucket has room for."""
    limits = plan.limits
    net = limit_missing_mm + max(limits.margin_mm, limits.margin_fraction * limit_missing_mm)
    return max(net / limits.efficiency, limits.smallest_mm)


def step_within(plan: Plan, allowed_mm: float) -> DoseStep | None:
    """The largest dose that may be spoken within a depth and the longest run; None where there is none."""
    fitting = [
        step
        for step in plan.steps
        if step.depth_mm <= allowed_mm + SLACK and (step.duration_h or 0.0) <= plan.limits.longest_run_h + SLACK
    ]
    return fitting[-1] if fitting else None


def _limit_after(plan: Plan, one: PlanDay, limit_mm: float, came_mm: float, rain_mm: float) -> float:
    """What the judge's bucket misses after a day: never more than it would find itself."""
    limits = plan.limits
    net = limits.efficiency * came_mm
    refilled = net > 0.0 and net >= limits.refill_from * max(limit_mm, limits.refill_least_mm)
    after = max(limit_mm - net - limits.useful_rain * rain_mm, 0.0) + one.limit_use_mm
    return min(after * limits.refill_keeps if refilled else after, one.limit_most_mm)


def _allowed(
    plan: Plan, today: PlanDay, standing: Standing, given: Sequence[Given], wanted_mm: float
) -> tuple[float, str | None]:
    bounds = {
        "day": today.most_mm,
        "largest": plan.limits.largest_mm,
        "room": room_mm(plan, standing.limit_missing_mm),
    }
    if plan.limits.left_m3 is not None and plan.steps:
        m3_per_mm = plan.steps[-1].volume_m3 / plan.steps[-1].depth_mm
        since = sum(water.depth_mm for water in given if water.day >= plan.days[0].day)
        bounds["quota"] = max(plan.limits.left_m3 / m3_per_mm - since, 0.0)
    tightest = min(bounds, key=lambda name: bounds[name])
    return (bounds[tightest], tightest) if bounds[tightest] < wanted_mm else (wanted_mm, None)


def _wait(plan: Plan, today: PlanDay, standing: Standing, reason: str) -> Advice:
    thirsty = standing.limit_missing_mm >= today.limit_most_mm > 0.0 and reason == "water_left"
    return Advice(
        parcel_id=plan.parcel_id,
        day=today.day,
        kind="wait",
        dose=None,
        missing_mm=standing.missing_mm,
        spread_mm=today.spread_mm,
        reason=reason,
        in_doubt=thirsty or today.spread_mm >= plan.doubt_mm or reason in {"below_smallest", "quota"},
    )


def _warmth(today: PlanDay, seen: Measured) -> int:
    if seen.highest_c is None or today.usual_from_c is None or today.hot_from_c is None:
        return USUAL
    return int(seen.highest_c >= today.usual_from_c) + int(seen.highest_c >= today.hot_from_c)


def _rain(today: PlanDay, seen: Measured, *, so_far: bool) -> float:
    if seen.rain_mm is not None:
        return seen.rain_mm
    return 0.0 if so_far else today.rain_mm


def _net_rain(plan: Plan, today: PlanDay, seen: Measured, *, so_far: bool) -> float:
    """Measured rain by its class; without a gauge what was to be expected, of days that are over."""
    if seen.rain_mm is None:
        return 0.0 if so_far else today.rain_mm
    counted = [one.counts_mm for one in plan.rain if one.from_mm <= seen.rain_mm + SLACK]
    return counted[-1] if counted else 0.0


def _by_probe(plan: Plan, probe: ProbeTable, soil_fraction: float, missing_mm: float) -> float:
    """What is missing, moved into the class that the probe shows."""
    level = max(sum(soil_fraction <= upto for upto in probe.upto_fraction) - 1, 0)
    lowest = plan.levels_mm[level]
    highest = plan.levels_mm[level + 1] if level + 1 < len(plan.levels_mm) else plan.total_mm
    return min(max(missing_mm, lowest), max(highest, lowest))
