"""Room in the soil, need of the crop, safety of waiting: asked of the judge's own bucket."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from cloud.judge.case import Case, Finding
from cloud.judge.claims import driest_before
from cloud.judge.coarse import season_bounds, system_of
from cloud.judge.water_access import takes_turns, turn_on_day

ROOM_MARGIN_MM: Final = 8.0
BRACKET_MARGIN_FRACTION: Final = 0.7
"""Share of readily available water by which the claimed depletion may leave the bucket's bracket."""
WAIT_MARGIN: Final = 1.4
"""Share of readily available water that the driest lane may reach before the next check (a coarse bucket)."""
WAIT_DRIFT: Final = 0.4
"""A wait is allowed this much, of readily available water, for the drift of the coarse bucket."""
WAIT_TOLERATED: Final = 1.8
"""The same where the advice itself says that it lets the crop go dry."""
NEED_FRACTION: Final = 0.2
"""Watering while even the driest lane is below this share of readily available water is not understood."""
RAIN_SOON_DAYS: Final = 2
WORTH_WAITING_MM: Final = 10.0
"""Less rain than this is not waited for, and a smaller dose is no great loss if it rains after all."""
WORTH_WAITING_SHARE: Final = 0.85
"""Rain that brings nearly what is missing is worth waiting for, however little that is."""
LONGEST_WAIT_DAYS: Final = 7
AWAITS_RAIN: Final = "rain_expected"
SEASON_OVER: Final = "season_over"
NOT_PLANTED: Final = "not_planted"
HAS_WATER: Final = "soil_has_water"
LIKELY_STRESS: Final = (0.5, 0.5, 0.45)
"""Probability of stress before the next chance up to which a soil is said to have water, by days to the next check."""
STATED: Final = "readily_available_mm"
MOST_STATED: Final = 2.5
"""The advice's own readily available water is believed up to this ratio of the judge's."""
TOLERATED: Final = frozenset({"deficit_tolerated", "harvest_near"})
MOST_DEFICIT: Final = 0.6
SOME_DEFICIT: Final = 0.15
"""Share of the water beyond the readily available that a wait may use up: use is then down by as much at its end.

A wait that says it lets the crop go dry is allowed more than one that says the soil has water.
"""


def of_season(case: Case) -> Finding:
    """Water only within the crop's season, and a wait for the end of the season only when it may have ended."""
    bounds, day = season_bounds(case.parcel), case.proposed.day
    ended = case.proposed.reason_code == SEASON_OVER
    if bounds is None:
        return Finding(
            name="within_season", passed=not ended, measured=day.isoformat(), limit="perennial", severity="hold"
        )
    start, earliest, latest = bounds
    inside = day >= earliest if ended else start <= day <= latest
    limit = f"from {earliest}" if ended else f"{start} to {latest}"
    return Finding(name="within_season", passed=inside, measured=day.isoformat(), limit=limit)


def of_planting(case: Case) -> Iterator[Finding]:
    """A wait for want of a crop is looked at again, by the day of planting at the latest."""
    planted_on, check = case.parcel.planted_on, case.proposed.next_check_day
    planted = planted_on is None or planted_on <= case.proposed.day
    if case.proposed.reason_code == NOT_PLANTED:
        yield Finding(
            name="nothing_is_planted",
            passed=not planted,
            measured=str(case.proposed.day),
            limit="a perennial" if planted_on is None else f"before {planted_on}",
        )
    if planted_on is None or planted or check is None:
        return
    yield Finding(
        name="next_check_is_near",
        passed=case.proposed.day < check <= max(planted_on, case.proposed.day + timedelta(days=LONGEST_WAIT_DAYS)),
        measured=str(check),
        limit=f"by {planted_on}, the day of planting",
    )


def of_claim(case: Case) -> Iterator[Finding]:
    """The stated depletion lies within the bracket of the judge's own bucket, or near it."""
    claimed = case.proposed.depletion_mm
    if claimed is None:
        return
    margin = max(BRACKET_MARGIN_FRACTION * case.lane("readily_available_mm"), ROOM_MARGIN_MM) + case.lane("drift_mm")
    low, high = case.lane("wettest_mm") - margin, case.lane("driest_mm") + margin
    yield Finding(
        name="depletion_in_bracket",
        passed=low <= claimed.p50 <= high,
        measured=claimed.p50,
        limit=f"{low:.1f} to {high:.1f}",
    )


def of_need(case: Case) -> Iterator[Finding]:
    """The crop needs water now, and likely rain is not about to bring it."""
    readily = case.lane("readily_available_mm")
    driest, depth = case.lane("driest_mm", 1) + case.lane("drift_mm", 1), case.proposed.depth_mm
    assert depth is not None
    net = depth.p50 * system_of(case.parcel).efficiency
    # A dose that the soil can hold whatever happened is early at worst, and not lost.
    least = min(NEED_FRACTION * readily, net)
    yield Finding(
        name="needed",
        passed=driest >= least,
        measured=driest,
        limit=least,
    )
    rain = case.rain_ahead_mm(RAIN_SOON_DAYS)
    if rain is None:
        return
    can_wait = case.lane("driest_mm", RAIN_SOON_DAYS) < readily and net >= WORTH_WAITING_MM
    yield Finding(
        name="no_likely_rain",
        passed=not (can_wait and rain >= max(net, WORTH_WAITING_MM)),
        measured=rain,
        limit=max(net, WORTH_WAITING_MM),
    )


def of_wait(case: Case) -> Iterator[Finding]:
    """Waiting is safe until the next check, even in the driest lane; or there is no water to be had anyway."""
    proposed = case.proposed
    check = proposed.next_check_day
    days = None if check is None else (check - proposed.day).days
    yield Finding(
        name="next_check_is_near",
        passed=days is not None and 0 < days <= LONGEST_WAIT_DAYS,
        measured=days,
        limit=float(LONGEST_WAIT_DAYS),
    )
    nothing_to_take = takes_turns(case.parcel, case.inputs.turns) and not turn_on_day(case)
    readily = case.lane("readily_available_mm")
    margin = WAIT_TOLERATED if proposed.reason_code in TOLERATED else WAIT_MARGIN
    limit = margin * readily + min(case.lane("drift_mm"), WAIT_DRIFT * readily)
    driest = max(case.lane("driest_mm", ahead) for ahead in range(max(days or 1, 1)))
    yield Finding(
        name="waiting_is_safe",
        passed=nothing_to_take or driest <= limit,
        measured="no turn today" if nothing_to_take else driest,
        limit=limit,
    )
    yield from _by_its_own_claim(case, proposed.day if check is None else check, forced=nothing_to_take)


def _by_its_own_claim(case: Case, check: date, *, forced: bool) -> Iterator[Finding]:
    """Waiting from the claimed depletion on, the crop keeps most of its use until the next check."""
    driest = driest_before(case, check)
    if driest is None or forced:
        return
    limit = _driest_allowed_mm(case)
    yield Finding(name="claim_allows_waiting", passed=driest <= limit, measured=driest, limit=limit)


def _driest_allowed_mm(case: Case) -> float:
    """Depletion up to which a wait keeps most of the crop's use, by what the wait itself says of the crop [mm]."""
    readily, total = case.lane("readily_available_mm"), case.lane("total_available_mm")
    known = case.proposed.reason_code in TOLERATED
    return stated_readily_mm(case) + (MOST_DEFICIT if known else SOME_DEFICIT) * max(total - readily, 0.0)


def stated_readily_mm(case: Case) -> float:
    """Readily available water: the judge's, or the advice's own where it states more, within reason [mm]."""
    readily = case.lane("readily_available_mm")
    stated = next((one.value for one in case.proposed.evidence if one.kind == STATED and one.value), readily)
    return min(max(readily, stated), MOST_STATED * readily)


def of_own_doubt(case: Case) -> Iterator[Finding]:
    """A wait is not told while the advisor itself thinks stress likely; with no water to be had there is no choice."""
    likely = case.proposed.stress_probability_if_ignored
    check = case.proposed.next_check_day
    if likely is None:
        return
    days = 1 if check is None else max((check - case.proposed.day).days, 1)
    limit = LIKELY_STRESS[min(days, len(LIKELY_STRESS)) - 1]
    if case.proposed.reason_code == HAS_WATER:
        yield Finding(name="wait_follows_odds", passed=likely <= limit, measured=likely, limit=limit)
    elif case.proposed.reason_code == AWAITS_RAIN and days > 1 and likely > limit:
        yield _rain_to_wait_for(case, days)


def _rain_to_wait_for(case: Case, days: int) -> Finding:
    """A thirsty crop waits for several days only for rain that the judge reads in the forecast itself."""
    claimed = case.proposed.depletion_mm
    missing = WORTH_WAITING_MM if claimed is None else max(claimed.p50, 0.0)
    least = min(WORTH_WAITING_MM, WORTH_WAITING_SHARE * missing)
    rain = case.rain_ahead_mm(days + RAIN_SOON_DAYS)
    return Finding(
        name="awaited_rain_is_forecast", passed=rain is not None and rain >= least, measured=rain, limit=least
    )


def claims_no_crop(case: Case) -> bool:
    """Whether a wait is for want of a crop in the field, by its own reason or by the day of planting."""
    planted_on = case.parcel.planted_on
    return case.proposed.reason_code in {SEASON_OVER, NOT_PLANTED} or (
        planted_on is not None and case.proposed.day < planted_on
    )
