"""What one parcel should do today, before its neighbours are asked: take water, wait, or let the turn pass."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.advice.access import Access
from cloud.advice.choose import Choice, daily_losses, next_look
from cloud.advice.outlook import LONGEST_WAIT_DAYS, Outlook, quantiles_of
from cloud.advice.system import SystemLimits
from cloud.advice.worth import Worth
from cloud.records import Action, Parcel, Quantiles

FARTHEST_TURN_DAYS: Final = 20
"""Without another turn in the table, the next one is taken to be this far away."""
SMALLEST_MM: Final = 0.5
"""A best depth below this is none."""
PROBABLE: Final = 0.5
"""Stress this probable and yet not worth an irrigation is told as tolerated."""
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
    worth: Worth
    marginal: tuple[tuple[float, float], ...] = ()
    """What water given today is worth: pairs ``(gross_mm_up_to, value_per_mm)``, depths rising, values never rising.

    Each gross millimetre on one hectare (10 m3) between the pair before and this one is worth ``value_per_mm``, in the
    money of ``water_cost_per_mm``, before its own cost is taken off: the yield it saves until the next chance
    (``through``), and the price of later water that it saves where it stays in the root zone. Beyond the last pair
    water is worth nothing. To serve a parcel well, give it water while the value exceeds the cost; multiply both by
    ``area_ha`` to compare parcels. Parcels that would wait have their curve too.
    """

    @property
    def water_cost_per_mm(self) -> float:
        """Money for one gross millimetre on one hectare: price, energy and scarcity."""
        return self.worth.water_per_mm

    @property
    def event_cost(self) -> float:
        """Money on one hectare for irrigating at all, whatever the depth: labour and the wetting of the surface."""
        return self.worth.event


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """The choice of a parcel, the depth that would be given and what waiting until the next chance saves."""

    choice: Choice
    best_mm: float
    """Net."""
    saved_by_waiting: float
    due: bool


def intend(day: date, parcel: Parcel, outlook: Outlook, access: Access, limits: SystemLimits, worth: Worth) -> Intent:
    """Take water when waiting for the next chance costs more than it saves and water can be had; else say why not.

    What waiting costs and the best depth rise with depletion, and what waiting saves falls: a drier parcel is never
    told to wait longer or to take less, all else equal.
    """
    through = _next_chance(day, access)
    weighed = _weigh(day, through, outlook, limits, worth)
    choice = weighed.choice
    probability = choice.outlook.share_above(choice.outlook.depletion_mm, day, through)
    action, reason = _choice(day, through, weighed, access, limits)
    if action == "irrigate":
        wanted, next_check = _wanted(weighed, limits), day + ONE_DAY
    else:
        wanted, next_check = None, _next_check(day, choice, access)
    share = limits.stored_fraction
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
        worth=worth,
        marginal=tuple((net / share, value * share) for net, value in choice.curve(limits.max_mm * share)),
    )


def due_mm(day: date, outlook: Outlook, access: Access, limits: SystemLimits, worth: Worth) -> float:
    """Gross depth that ``intend`` would want on a day on which water can be had; 0 where it would wait."""
    weighed = _weigh(day, _next_chance(day, access), outlook, limits, worth)
    return weighed.best_mm / limits.stored_fraction if weighed.due else 0.0


def _weigh(day: date, through: date, outlook: Outlook, limits: SystemLimits, worth: Worth) -> _Weighed:
    share = limits.stored_fraction
    choice = Choice.of(day, through, outlook, worth, worth.water_per_mm / share)
    best_mm = min(choice.best_mm(), limits.max_mm * share)
    given_mm = max(best_mm, limits.min_mm * share, SMALLEST_MM)
    # An irrigation put off until the next chance also puts off those after it, by as much of its own interval.
    put_off = min(1.0, (through - day).days * choice.use_mm_day / given_mm)
    saved = worth.event * put_off + choice.net_price * choice.drained_mm(max(limits.min_mm * share, SMALLEST_MM))
    due = best_mm >= SMALLEST_MM and choice.loss_by_waiting >= max(saved, 1e-9)
    return _Weighed(choice=choice, best_mm=best_mm, saved_by_waiting=saved, due=due)


def _next_chance(day: date, access: Access) -> date:
    return access.next_day if access.next_day is not None else day + timedelta(days=FARTHEST_TURN_DAYS)


def _choice(day: date, through: date, weighed: _Weighed, access: Access, limits: SystemLimits) -> tuple[Action, str]:
    if weighed.due:
        if access.opens_at is not None:
            return "irrigate", "stress_expected"
        return "wait", "no_turn_known" if access.next_day is None else "turn_not_now"
    waiting: Action = "skip_turn" if access.by_turn and access.opens_at is not None else "wait"
    return waiting, _why_waiting(day, through, weighed, limits)


def _why_waiting(day: date, through: date, weighed: _Weighed, limits: SystemLimits) -> str:
    known, worth = weighed.choice.outlook, weighed.choice.worth
    if np.any(known.rain_mm > 0.0):
        dry = _weigh(day, through, known.dry(), limits, worth)
        if dry.due:
            return "rain_expected"
    if known.share_above(known.depletion_mm, day, through) < PROBABLE:
        return "soil_has_water"
    # Beyond the days on which the crop's stage is known nothing says that it ends.
    standing = worth.days_left > min(known.row(through), worth.loss_per_mm.size - 1)
    return "deficit_tolerated" if standing else "harvest_near"


def _wanted(weighed: _Weighed, limits: SystemLimits) -> Quantiles:
    """Gross depth: the best one, between what the wettest and the driest members could hold."""
    share = limits.stored_fraction
    middle = weighed.best_mm
    room = quantiles_of(weighed.choice.room_mm)
    low, high = min(room.p10, middle), max(room.p90, middle)
    p10, p50, p90 = (round(value / share, 1) for value in (low, middle, high))
    return Quantiles(p10=p10, p50=p50, p90=p90)


def _next_check(day: date, choice: Choice, access: Access) -> date:
    """The day water may be due; where it comes by turn, the day of the next turn, or sooner to look again."""
    if not access.by_turn:
        return next_look(day, choice.outlook, choice.daily_loss, choice.worth)
    latest = day + timedelta(days=LONGEST_WAIT_DAYS)
    return latest if access.next_day is None else min(access.next_day, latest)


def next_look_after(day: date, intent: Intent, after: Outlook) -> date:
    """Day to look again at a parcel that was given water, from its outlook with it."""
    worth = intent.worth
    losses = daily_losses(after, worth, worth.water_per_mm / intent.limits.stored_fraction)
    return next_look(day, after, losses, worth)


def urgency(intent: Intent) -> tuple[float, float, str]:
    """Order in which parcels that share water are served: the driest first, ties by name."""
    depletion = quantiles_of(intent.outlook.depletion_mm[0]).p50
    available = quantiles_of(intent.outlook.readily_available_mm[0]).p50
    relative = depletion / available if available > 0.0 else math.inf
    return -intent.stress_if_ignored, -relative, intent.parcel.id
