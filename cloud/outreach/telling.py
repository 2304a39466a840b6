"""Measures as people and other programs read them: what nobody knows is said, never shown as 0."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

from cloud.outreach.measures import Comprehension, Cost, Group, Measures
from cloud.shares import NO_DATA, Share, share_object, share_text

HEADER: Final = ("kind", "group", "measure", "value", "low", "high", "count")
_SHARES: Final = ("delivered", "answered", "followed", "late", "expired", "unknown")
_NUMBERS: Final = ("messages", "taken", "delay_p50_s", "delay_p90_s", "denied", "repeated")


def object_of(measures: Measures) -> dict[str, Any]:
    """Measures for JSON; null where there are no data."""
    return {
        "first_day": measures.first_day.isoformat(),
        "last_day": measures.last_day.isoformat(),
        "total": _group_object(measures.total),
        "languages": [_group_object(one) for one in measures.languages],
        "carriers": [_group_object(one) for one in measures.carriers],
        "channels": [_group_object(one) for one in measures.channels],
        "phone_types": None,
        "costs": [{field.name: getattr(one, field.name) for field in fields(Cost)} for one in measures.costs],
        "comprehension": [_understood_object(one) for one in measures.comprehension],
    }


def rows_of(measures: Measures) -> Iterator[tuple[object, ...]]:
    """Measures for CSV, one row a group and measure; empty cells where there are no data."""
    for kind, group in _all_groups(measures):
        for name in _SHARES:
            share: Share | None = getattr(group, name)
            told = ("", "", "", "") if share is None else (*share.rounded, share.count)
            yield (kind, group.name, name, *told)
        for name in _NUMBERS:
            number = getattr(group, name)
            yield (kind, group.name, name, "" if number is None else number, "", "", "")
    for cost in measures.costs:
        for name in ("segments", "farmers", "cost", "per_farmer"):
            number = getattr(cost, name)
            yield (f"cost {cost.carrier}", cost.season, name, "" if number is None else number, "", "", "")
    for one in measures.comprehension:
        found = one.understood
        told = ("", "", "", "") if found is None else (found.share, found.low, found.high, found.answers)
        yield ("comprehension", one.language, "understood", *told)


def lines_of(measures: Measures) -> Iterator[str]:
    """Measures for people."""
    yield f"{measures.first_day} to {measures.last_day}: {measures.total.messages} messages"
    for kind, group in _all_groups(measures):
        yield f"{kind} {group.name}: {group.messages} messages, {group.taken} taken by the carrier"
        yield f"  delivered {share_text(group.delivered)}; after {_seconds(group)}; late {share_text(group.late)}"
        denied = NO_DATA if group.denied is None else str(group.denied)
        answered, followed = share_text(group.answered), share_text(group.followed)
        yield f"  told irrigations answered {answered}; given {followed}; denied {denied}"
        expired, unknown = share_text(group.expired), share_text(group.unknown)
        yield f"  never sent in time {expired}; may have left {unknown}; {_repeated(group)}"
    for cost in measures.costs:
        yield f"season {cost.season}, {cost.carrier}: {cost.segments} parts to {cost.farmers} farmers, {_money(cost)}"
    if not measures.costs:
        yield f"cost: {NO_DATA}, no carrier took a message"
    for one in measures.comprehension:
        yield f"understood {one.language}: {_understood(one)}"
    yield f"by telephone: {measures.phone_types}"


def _all_groups(measures: Measures) -> Iterator[tuple[str, Group]]:
    yield "all", measures.total
    for kind in ("languages", "carriers", "channels"):
        for group in getattr(measures, kind):
            yield kind.removesuffix("s"), group


def _group_object(group: Group) -> dict[str, Any]:
    content: dict[str, Any] = {"name": group.name}
    content |= {name: getattr(group, name) for name in _NUMBERS}
    return content | {name: share_object(getattr(group, name)) for name in _SHARES}


def _understood_object(one: Comprehension) -> dict[str, Any]:
    understood = None if one.understood is None else one.understood.model_dump(exclude={"sheet_sha256"})
    return {"language": one.language, "state": one.state, "understood": understood}


def _seconds(group: Group) -> str:
    if group.delay_p50_s is None or group.delay_p90_s is None:
        return NO_DATA
    return f"{group.delay_p50_s:.0f} s (half), {group.delay_p90_s:.0f} s (9 of 10)"


def _repeated(group: Group) -> str:
    return f"{group.repeated} reports said nothing new"


def _money(cost: Cost) -> str:
    if cost.cost is None:
        return f"cost {NO_DATA}: set sms.price_per_segment"
    each = NO_DATA if cost.per_farmer is None else f"{cost.per_farmer:.2f}"
    return f"cost {cost.cost:.2f}, {each} a farmer"


def _understood(one: Comprehension) -> str:
    if one.understood is None:
        return f"{NO_DATA} ({one.state.replace('_', ' ')})"
    found = one.understood
    told = f"{100 * found.share:.1f} % [{100 * found.low:.1f}, {100 * found.high:.1f}] of {found.answers} answers"
    return f"{told}, {found.respondents} people ({one.state.replace('_', ' ')})"
