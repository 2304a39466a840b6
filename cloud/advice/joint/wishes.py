"""From what each parcel would do alone to the joint problem: wishes, places and stores of the day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import ceil, inf
from typing import Final

from cloud.advice.access import Access
from cloud.advice.dose import M3_PER_MM_HA, STEPS_PER_HOUR, TOLERANCE
from cloud.advice.joint.problem import YIELD, Curve, Later, Place, Store, Wish, range_of
from cloud.advice.joint.sequence import fits
from cloud.advice.joint.timeline import Timeline
from cloud.advice.plan import Intent, urgency
from cloud.advice.quota import QuotaBook, QuotaShare
from cloud.records import Parcel

LaterOf = Callable[[Parcel, date | None], tuple[Later, ...]]
TINY: Final = 1e-6
"""Least that a millimetre is worth beyond its cost where the parcel's own plan wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """All wishes of the day in order of urgency, with what they share."""

    wishes: tuple[Wish, ...]
    places: Mapping[str, Place]
    stores: Mapping[str, Store]


def wishes_of(intents: Sequence[Intent], quotas: QuotaBook, later_of: LaterOf | None = None) -> Wishes:
    """The wishes of parcels that want water, whatever the order in which they come.

    ``later_of`` tells what a parcel will want until a day (None: until its harvest): the horizon of its quotas.
    """
    places: dict[str, Place] = {}
    timelines: dict[tuple[object, ...], Timeline] = {}
    stores: dict[str, Store] = {}
    wishes: list[Wish] = []
    for intent in sorted(intents, key=urgency):
        access = intent.access
        if access.place not in places:
            kind = (access.spans, access.by_turn, intent.parcel.timezone)
            if kind not in timelines:
                timelines[kind] = Timeline.of(access, intent.parcel)
            places[access.place] = _place_of(access, timelines[kind])
        draws = []
        if access.volume_m3 is not None:
            draws.append(f"{YIELD}{access.place}")
            stores.setdefault(draws[-1], Store(left_m3=access.volume_m3))
        for share in quotas.shares_of(intent.parcel):
            draws.append(share.name)
            if share.name not in stores:
                stores[share.name] = _store_of(share, quotas, later_of)
        wishes.append(_wish(intent, places[access.place], tuple(draws), stores))
    return Wishes(wishes=tuple(wishes), places=places, stores=stores)


def _store_of(share: QuotaShare, quotas: QuotaBook, later_of: LaterOf | None) -> Store:
    """What is left of a quota, and what its parcels will want of it."""
    last = None if share.whole_season else share.quota.valid_to
    users = sorted(share.users, key=lambda user: user.id)
    later = () if later_of is None else tuple(one for user in users for one in later_of(user, last))
    return Store(left_m3=quotas.left_m3(share), later=later, until=last)


def _wish(intent: Intent, place: Place, draws: tuple[str, ...], stores: Mapping[str, Store]) -> Wish:
    alone = min((stores[name].left_m3 for name in draws), default=inf)
    least, most = range_of(intent, volume_m3=alone, longest=_longest_alone(place))
    later = max((_next_worth(intent, stores[name], least) for name in draws), default=0.0)
    curve = _curve(intent, later, most)
    wish = Wish(intent=intent, least=least, most=most, curve=curve, fixed=0.0, draws=draws)
    # The parcel's own plan found the event worth its trouble: that may decide between neighbours, not forbid it; and
    # water kept for later will ask for the same trouble.
    fixed = 0.0 if later > 0.0 else min(intent.event_cost * intent.parcel.area_ha, 0.5 * wish.worth(least))
    wish = replace(wish, fixed=fixed)
    while wish.most >= wish.least and not fits([wish.steps(wish.most)], 0, place.timeline):
        wish = replace(wish, most=wish.most - 1)
    return wish


def _longest_alone(place: Place) -> int:
    """Steps of the longest run that any piece of the day could hold."""
    return min(max((end - first for first, end in place.timeline.pieces), default=0), place.longest)


def _next_worth(intent: Intent, store: Store, least: int) -> float:
    """Most that a millimetre on the parcel can bring in the days after today [money].

    A cubic metre more for the whole of a smallest event: what is told is rounded, and that is no reason to wait.
    """
    m3_per_mm = M3_PER_MM_HA * intent.parcel.area_ha + 1.0 / least
    own = (one for one in store.later if one.is_next and one.parcel_id == intent.parcel.id)
    return max((one.money_per_m3 * m3_per_mm for one in own), default=0.0)


def _curve(intent: Intent, later: float, most: int) -> Curve:
    """What each millimetre on the parcel brings beyond its own cost.

    Up to the wanted depth at least a trifle, for the parcel's own plan wants it, and no less than what it brings in the
    days after (``later``), which it serves too; beyond, where only rounding and a smallest event lead,
    nothing, unless a later irrigation would have to be as large (``most``): waiting does not make it smaller.
    """
    assert intent.wanted_mm is not None
    area_ha, cost, wanted_mm = intent.parcel.area_ha, intent.water_cost_per_mm, intent.wanted_mm.p50
    trifle = later + TINY * max(cost, TINY) * area_ha
    whole_mm = max(wanted_mm, 1.0, most if later > 0.0 else 0.0)
    marginal = intent.marginal or ((wanted_mm, cost * (2.0 + intent.stress_if_ignored)),)
    pieces = [
        (min(up_to, wanted_mm), max((value - cost) * area_ha, trifle))
        for (up_to, value), before in zip(marginal, (0.0, *(up_to for up_to, _ in marginal)), strict=False)
        if before < wanted_mm
    ]
    return (*pieces, (whole_mm, trifle), (inf, 0.0))


def _place_of(access: Access, timeline: Timeline) -> Place:
    return Place(
        timeline=timeline,
        rest=ceil(access.rest_h * STEPS_PER_HOUR - TOLERANCE),
        longest=int(access.hours * STEPS_PER_HOUR + TOLERANCE),
    )
