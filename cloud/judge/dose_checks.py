"""Whether a dose follows: from the system, from the room in the soil, from the depletion that the advice itself states.

A dose that is too large by a wrong unit, or too small by one, is so for the wet chances and the dry ones alike. A dose
that is small because the advice means it so knows what would be given if the soil were dry. Small doses are therefore
asked about by their dry chances, and let pass where the next look is near: a little water, and more tomorrow, harms
less than none until a person has looked.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from cloud.judge.case import Case, Finding
from cloud.judge.coarse import SystemBounds, season_began, system_of
from cloud.judge.water_access import of_quota, own_turns, takes_turns
from cloud.records import Quantiles

ROOM_MARGIN_MM: Final = 8.0
ROOM_MARGIN_FRACTION: Final = 0.25
"""A dose may pass the driest lane by the larger of the two."""
SMALLEST_SHARE: Final = 0.4
"""A dose below this share of the wettest lane, with nothing limiting it, looks like a slipped decimal."""
LARGEST_CLAIM_RATIO: Final = 1.35
DRIER_CLAIM_RATIO: Final = 0.8
"""Of the depletion that is exceeded once in ten, and the use until the next check or turn: a dose may be meant for
them."""
TURN_CLAIM_RATIO: Final = 1.0
"""The same by turn: where turns bring too little, water is laid in for the time after the next one."""
LEACHING: Final = 1.4
SMALLEST_CLAIM_RATIO: Final = 0.4
DRY_CHANCE: Final = (0.72, 1.3)
"""The dose of the dry chances, by what would be missing then or by the largest event, lies within these shares."""
DRY_CHANCE_MM: Final = 2.0
"""Differences this small are those of rounding."""
FLAT_MM: Final = 1.0
"""A dry chance no larger than the dose itself by more than this is one that something limits."""
EVENING_H: Final = 5.5
"""A run this long, all chances alike, may be all that the rest of a day has room for."""
RAIN_SOON_DAYS: Final = 2
LONGEST_WAIT_DAYS: Final = 7
SOON_DAYS: Final = 2
KNOWN_SOON_DAYS: Final = 4
"""The next look is near enough for a small dose whose dry chances show that it is meant to be small."""
NEARLY_ALL: Final = 0.8
"""Share of a limit from which the limit explains why a dose is small."""
SLACK: Final = 1e-6
LONGEST_RUN_H: Final = 24.0
LOST_TURN_DAYS: Final = 5
"""Where the next turn is further away than this, water that is held is water that is lost."""


def of_dose(case: Case) -> Iterator[Finding]:
    """The dose against the system, the room in the soil and the depletion that is claimed."""
    depth = case.proposed.depth_mm
    assert depth is not None
    system = system_of(case.parcel)
    yield Finding(
        name="not_above_largest_event",
        passed=depth.p50 <= system.largest_mm,
        measured=depth.p50,
        limit=system.largest_mm,
        severity="shrink",
        at_most_mm=system.largest_mm,
    )
    yield Finding(
        name="not_below_smallest_event",
        passed=depth.p50 >= system.smallest_mm,
        measured=depth.p50,
        limit=system.smallest_mm,
    )
    driest, smallest = case.lane("driest_mm") + case.lane("drift_mm"), system.smallest_mm
    net = driest + max(ROOM_MARGIN_MM, ROOM_MARGIN_FRACTION * driest)
    room = max(net / system.efficiency, smallest)
    yield Finding(
        name="room_in_soil",
        passed=depth.p50 <= room,
        measured=depth.p50,
        limit=room,
        severity="shrink",
        at_most_mm=room,
    )
    yield _not_a_slip(case, depth.p50)
    yield _like_claim(case, depth.p50)
    yield from _of_dry_chance(case, system)


def _not_a_slip(case: Case, depth_mm: float) -> Finding:
    """A dose far below even the wettest lane needs a limit that explains it."""
    system = system_of(case.parcel)
    rain = case.rain_ahead_mm(LONGEST_WAIT_DAYS) or 0.0
    least = SMALLEST_SHARE * max(case.lane("wettest_mm") - case.lane("drift_mm") - rain, 0.0) / system.efficiency
    limited = _looked_at_soon(case) or _is_limited(case, depth_mm)
    return Finding(name="not_far_below_need", passed=depth_mm >= least or limited, measured=depth_mm, limit=least)


def _like_claim(case: Case, depth_mm: float) -> Finding:
    """The dose follows from the depletion that the recommendation itself states."""
    claimed = case.proposed.depletion_mm
    system = system_of(case.parcel)
    if claimed is None:
        return Finding(name="dose_follows_depletion", passed=False, measured=None, limit="a stated depletion")
    rain = case.rain_ahead_mm(RAIN_SOON_DAYS + 2) or 0.0
    # The dose may be meant for the drier chances, and carry what leaching needs.
    leaching = LEACHING if case.parcel.water.salinity_ds_m else 1.0
    coming = _use_until_next_chance_mm(case)
    ratio = TURN_CLAIM_RATIO if takes_turns(case.parcel, case.inputs.turns) else DRIER_CLAIM_RATIO
    driest = ratio * max(claimed.p90 + coming, 0.0)
    wanted = max(LARGEST_CLAIM_RATIO * max(claimed.p50, 0.0) + 2.0, driest)
    most = max(leaching * wanted / system.efficiency, system.smallest_mm + 1.0)
    least = SMALLEST_CLAIM_RATIO * max(claimed.p50 - rain, 0.0) / system.efficiency - 3.0
    small = depth_mm < least and not _may_be_small(case, depth_mm)
    trimmed = depth_mm > most and _turn_is_lost_by_waiting(case)
    return Finding(
        name="dose_follows_depletion",
        passed=depth_mm <= most and not small,
        measured=depth_mm,
        limit=f"{max(least, 0.0):.1f} to {most:.1f}",
        severity="shrink" if trimmed else "hold",
        at_most_mm=most if trimmed else None,
    )


def _of_dry_chance(case: Case, system: SystemBounds) -> Iterator[Finding]:
    """The dose of the dry chances follows from what is missing then: a wrong unit scales wet and dry chances alike."""
    claimed, depth = case.proposed.depletion_mm, case.proposed.depth_mm
    if claimed is None or depth is None:
        return
    least, most = _dry_chance_limits_mm(case, claimed, system)
    long = (case.proposed.duration_h or 0.0) >= EVENING_H
    limited = depth.p90 <= depth.p50 + FLAT_MM and (long or _is_limited(case, depth.p50))
    yield Finding(
        name="dry_chance_follows_depletion",
        passed=depth.p90 <= most and (limited or depth.p90 >= least),
        measured=depth.p90,
        limit=f"{least:.1f} to {most:.1f}",
    )


def _dry_chance_limits_mm(case: Case, claimed: Quantiles, system: SystemBounds) -> tuple[float, float]:
    rain = case.rain_ahead_mm(RAIN_SOON_DAYS + 2) or 0.0
    leaching = LEACHING if case.parcel.water.salinity_ds_m else 1.0
    missing = min(max(claimed.p90 - rain, 0.0) / system.efficiency, system.largest_mm)
    at_most = leaching * max(claimed.p90 + _use_until_next_chance_mm(case), 0.0) / system.efficiency
    most = max(DRY_CHANCE[1] * at_most, system.smallest_mm) + DRY_CHANCE_MM
    return max(DRY_CHANCE[0] * missing - DRY_CHANCE_MM, 0.0), most


def _use_until_next_chance_mm(case: Case) -> float:
    return sum(used for used, _ in case.day_by_day(case.proposed.day, _next_chance(case)))


def _may_be_small(case: Case, depth_mm: float) -> bool:
    """Whether a small dose is mended soon, meant to be small, explained by a limit, or better than a turn lost."""
    check, system = case.proposed.next_check_day, system_of(case.parcel)
    near = check is not None and (check - case.proposed.day).days <= KNOWN_SOON_DAYS
    if _looked_at_soon(case) or _is_limited(case, depth_mm) or _turn_is_lost_by_waiting(case):
        return True
    return near and all(finding.passed for finding in _of_dry_chance(case, system))


def _turn_is_lost_by_waiting(case: Case) -> bool:
    """Whether the next turn is too far away for a person to look first."""
    if not takes_turns(case.parcel, case.inputs.turns):
        return False
    days = [case.local_day(turn.starts_at) for turn in own_turns(case.parcel, case.inputs.turns)]
    return not any(0 < (day - case.proposed.day).days <= LOST_TURN_DAYS for day in days)


def _next_chance(case: Case) -> date:
    """The next check, or the eve of the next turn where that is later: until then the dose has to last."""
    day = case.proposed.day
    later = (case.local_day(turn.starts_at) for turn in own_turns(case.parcel, case.inputs.turns))
    turn = min((one for one in later if one > day), default=day) - timedelta(days=1)
    return max(case.proposed.next_check_day or day, turn)


def _looked_at_soon(case: Case) -> bool:
    """Whether a dose that turns out too small is mended within two days."""
    check = case.proposed.next_check_day
    return check is not None and (check - case.proposed.day).days <= SOON_DAYS


def _is_limited(case: Case, depth_mm: float) -> bool:
    """Whether the largest event, the length of a day, a turn or a pump day, or a quota explains a small dose."""
    system, proposed = system_of(case.parcel), case.proposed
    if (proposed.duration_h or 0.0) >= NEARLY_ALL * LONGEST_RUN_H:
        return True
    if depth_mm >= NEARLY_ALL * system.largest_mm or any(use.asked >= NEARLY_ALL * use.there_is for use in case.uses):
        return True
    if case.parcel.water.quota_m3 is not None and season_began(case.parcel, proposed.day) is None:
        # Nobody told the judge since when the season's quota runs: how much of it is left cannot be disputed.
        return True
    step_m3 = 10.0 * case.parcel.area_ha
    return any(
        finding.limit + SLACK < (proposed.volume_m3 or 0.0) + step_m3
        for finding in of_quota(case)
        if isinstance(finding.limit, float)
    )
