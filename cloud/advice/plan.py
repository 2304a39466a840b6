"""What one parcel should do today, before its neighbours are asked: take water, wait, or let the turn pass."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cloud.advice.access import Access
from cloud.advice.outlook import DOSED_SHARE, LONGEST_WAIT_DAYS, STRESS_THRESHOLD, Outlook, quantiles_of
from cloud.advice.system import SystemLimits
from cloud.records import Action, Parcel, Quantiles

KEPT_FREE_ON_DEMAND: Final = 0.10
"""Share of readily available water left unfilled where water comes back tomorrow; a canal turn fills all of it."""
FARTHEST_TURN_DAYS: Final = 20
"""Without another turn in the table, the next one is taken to be this far away."""
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What one parcel would do if nobody shared its water."""

    parcel: Parcel
    outlook: Outlook
    access: Access
    limits: SystemLimits
    action: Action
    reason_code: str
    wanted_mm: Quantiles | None
    """Gross depth."""
    next_check_day: date
    through: date
    """Last day of the period before the next possible irrigation."""
    stress_if_ignored: float


def intend(day: date, parcel: Parcel, outlook: Outlook, access: Access, limits: SystemLimits) -> Intent:
    """Take water when stress before the next chance is probable and water can be had; else say why not.

    Every probability rises, and every date comes nearer, with depletion: a drier parcel is never told to wait longer
    or to take less, all else equal.
    """
    through = _next_chance(day, access)
    probability = outlook.stress_probability(day, through)
    action, reason = _choice(day, outlook, access, through)
    wanted = None
    next_check = day + ONE_DAY
    if action == "irrigate":
        kept_free = 0.0 if access.by_turn else KEPT_FREE_ON_DEMAND
        room_mm = outlook.room_mm(day, kept_free_fraction=kept_free)
        wanted = quantiles_of(room_mm, scale=1.0 / limits.efficiency, share=DOSED_SHARE)
    else:
        next_check = _next_check(day, outlook, access)
    return Intent(
        parcel=parcel,
        outlook=outlook,
        access=access,
        limits=limits,
        action=action,
        reason_code=reason,
        wanted_mm=wanted,
        next_check_day=next_check,
        through=through,
        stress_if_ignored=probability,
    )


def _next_chance(day: date, access: Access) -> date:
    return access.next_day if access.next_day is not None else day + timedelta(days=FARTHEST_TURN_DAYS)


def _choice(day: date, outlook: Outlook, access: Access, through: date) -> tuple[Action, str]:
    open_now = access.opens_at is not None
    if open_now and outlook.stress_probability(day, through) >= STRESS_THRESHOLD:
        return "irrigate", "stress_expected"
    if open_now:
        waiting: Action = "skip_turn" if access.by_turn else "wait"
        dry = outlook.dry_stress_probability(day, through)
        return waiting, "rain_expected" if dry >= STRESS_THRESHOLD else "soil_has_water"
    if outlook.stress_probability(day, through) < STRESS_THRESHOLD:
        return "wait", "soil_has_water"
    return "wait", "no_turn_known" if access.next_day is None else "turn_not_now"


def _next_check(day: date, outlook: Outlook, access: Access) -> date:
    """The day water may be due; where it comes by turn, the day of the next turn, or sooner to look again."""
    if not access.by_turn:
        return outlook.next_look(day)
    latest = day + timedelta(days=LONGEST_WAIT_DAYS)
    return latest if access.next_day is None else min(access.next_day, latest)


def urgency(intent: Intent) -> tuple[float, float, str]:
    """Order in which parcels that share water are served: the driest first, ties by name."""
    depletion = quantiles_of(intent.outlook.depletion_mm[0]).p50
    available = quantiles_of(intent.outlook.readily_available_mm[0]).p50
    relative = depletion / available if available > 0.0 else math.inf
    return -intent.stress_if_ignored, -relative, intent.parcel.id
