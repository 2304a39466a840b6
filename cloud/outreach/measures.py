"""How well farmers are reached: delivery, its time, answers, irrigations given, cost and what was understood.

Pure, over what the store counted. What nobody knows is None and told as "no data", never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from cloud.outreach.counts import Counts, MessageGroup, ToldCount, season_name
from cloud.records import Language
from cloud.shares import Share, share_of, wilson
from cloud.wording.signature import LANGUAGES, Understood

NO_CARRIER: Final = "none yet"
Counted = tuple[MessageGroup, int]
"""A group of messages and how many they are."""
PHONE_TYPES: Final = "no data: nothing records what kind of telephone a farmer has"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What is known of one group of messages; shares are None where nothing could show them."""

    name: str
    messages: int
    taken: int
    """Messages that a carrier took and bills."""
    delivered: Share | None
    """Of those taken; None where the carrier never told of a delivery or a failure."""
    delay_p50_s: float | None
    """From handing over to delivery, half of the delivered ones [s]."""
    delay_p90_s: float | None
    answered: Share | None
    """Of the told irrigations whose window has passed: the farmer said whether they were given."""
    followed: Share | None
    """Of the same: given by the farmer's or an agronomist's word or a meter's; presumed ones do not count."""
    denied: int | None
    late: Share | None
    """Of the delivered ones: after their validity had ended."""
    expired: Share | None
    """Of all: never handed over in time."""
    unknown: Share | None
    """Of all: may or may not have left."""
    repeated: int
    """Reports of carriers that said nothing new: a text delivered thirty times shows here."""

    @property
    def worst(self) -> float:
        """Least of its shares, by which groups are ordered; 1 where none is known."""
        known = [share.value for share in (self.delivered, self.answered, self.followed) if share is not None]
        return min(known, default=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the messages of one season cost at one carrier."""

    season: str
    carrier: str
    segments: int
    farmers: int
    cost: float | None
    """In the money of the price; None where no price is known."""
    per_farmer: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comprehension:
    """What was understood of a language's words when they were signed last; None where nobody asked."""

    language: Language
    state: str
    understood: Understood | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Every measure of a period, the worst group of each kind first."""

    first_day: date
    last_day: date
    total: Group
    languages: tuple[Group, ...]
    carriers: tuple[Group, ...]
    channels: tuple[Group, ...]
    costs: tuple[Cost, ...]
    comprehension: tuple[Comprehension, ...]
    phone_types: str = PHONE_TYPES


def measures_of(
    counts: Counts, comprehension: Mapping[Language, Comprehension], *, days: tuple[date, date], price: float | None
) -> Measures:
    """The measures of a period, at a price of one segment; None where none is known."""
    understood = [comprehension[language] for language in LANGUAGES if language in comprehension]
    return Measures(
        first_day=days[0],
        last_day=days[1],
        total=_group("all", counts.messages, counts.told),
        languages=_groups(counts, lambda one: one.language),
        carriers=_groups(counts, lambda one: one.carrier or NO_CARRIER),
        channels=_groups(counts, lambda one: one.channel),
        costs=_costs(counts, price),
        comprehension=tuple(sorted(understood, key=_understood_at_least)),
    )


def _understood_at_least(one: Comprehension) -> float:
    # What nobody asked is the worst: nothing is known of it.
    return -1.0 if one.understood is None else one.understood.low


def _groups(counts: Counts, name: Callable[[MessageGroup | ToldCount], str]) -> tuple[Group, ...]:
    messages: dict[str, list[Counted]] = {}
    told: dict[str, list[ToldCount]] = {}
    for count in counts.messages:
        messages.setdefault(name(count[0]), []).append(count)
    for farmer in counts.told:
        told.setdefault(name(farmer), []).append(farmer)
    groups = [_group(one, messages.get(one, []), told.get(one, [])) for one in sorted({*messages, *told})]
    return tuple(sorted(groups, key=lambda group: (group.worst, group.name)))


def _group(name: str, messages: Sequence[Counted], told: Sequence[ToldCount]) -> Group:
    total = sum(number for _, number in messages)
    taken = _sum(messages, lambda one: bool(one.taken))
    delivered = _sum(messages, lambda one: one.state == "delivered")
    failed = _sum(messages, lambda one: bool(one.taken) and one.state == "failed")
    p50, p90 = _percentiles(messages)
    return Group(
        name=name,
        messages=total,
        taken=taken,
        delivered=_share(delivered, taken) if delivered or failed else None,
        delay_p50_s=p50,
        delay_p90_s=p90,
        answered=_of_told(told, lambda one: one.answered),
        followed=_of_told(told, lambda one: one.followed),
        denied=sum(one.denied for one in told) if told else None,
        late=_share(_sum(messages, lambda one: bool(one.late)), delivered),
        expired=_share(_sum(messages, lambda one: one.state == "expired"), total),
        unknown=_share(_sum(messages, lambda one: one.state == "unknown"), total),
        repeated=sum(one.repeated * number for one, number in messages),
    )


def _sum(messages: Sequence[Counted], wanted: Callable[[MessageGroup], bool]) -> int:
    return sum(number for one, number in messages if wanted(one))


def _share(part: int, whole: int) -> Share | None:
    if not whole:
        return None
    low, high = wilson(part / whole, whole)
    return Share(value=part / whole, low=low, high=high, count=whole, people=whole)


def _of_told(told: Sequence[ToldCount], part: Callable[[ToldCount], int]) -> Share | None:
    """Share of told irrigations, one farmer's hanging together."""
    farmers: dict[str, list[int]] = {}
    for one in told:
        held = farmers.setdefault(one.farmer_id, [0, 0])
        held[0] += part(one)
        held[1] += one.told
    each = np.array(list(farmers.values()), dtype=float).reshape(-1, 2)
    return share_of(each[:, 0], each[:, 1])


def _percentiles(messages: Sequence[Counted]) -> tuple[float | None, float | None]:
    delays = [(max(one.delay_s, 0), number) for one, number in messages if one.delay_s is not None]
    if not delays:
        return None, None
    seconds, number = np.array(sorted(delays)).T
    reached = np.cumsum(number) / number.sum()
    p50, p90 = (float(seconds[np.searchsorted(reached, share)]) for share in (0.5, 0.9))
    return p50, p90


def _costs(counts: Counts, price: float | None) -> tuple[Cost, ...]:
    farmers = {(one.season, one.carrier): one.farmers for one in counts.reached}
    segments: dict[tuple[int, str], int] = {}
    for one, number in counts.messages:
        if one.taken:
            place = (one.season, one.carrier)
            segments[place] = segments.get(place, 0) + one.segments * number
    return tuple(
        _cost(place, parts, farmers.get(place, 0), price) for place, parts in sorted(segments.items(), reverse=True)
    )


def _cost(place: tuple[int, str], segments: int, farmers: int, price: float | None) -> Cost:
    cost = None if price is None else price * segments
    return Cost(
        season=season_name(place[0]),
        carrier=place[1],
        segments=segments,
        farmers=farmers,
        cost=cost,
        per_farmer=None if cost is None or not farmers else cost / farmers,
    )
