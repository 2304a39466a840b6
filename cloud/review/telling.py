"""The queue and its decisions as lines for a terminal and as objects for other programs."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from cloud.judge.sentence import WORDS
from cloud.records import Check, Recommendation
from cloud.review.learning import Proposal
from cloud.review.outcome import Decided
from cloud.review.queue import Item, QueuedCard
from cloud.review.word import SignedWord

STATUS: Final = {
    "open": "waits",
    "awaits_second": "waits for a second person",
    "kept_held": "kept held by a person",
    "expired": "expired: nobody decided in time, nothing was told but that an agronomist would look",
}
STATES: Final = {
    "decided": "decided",
    "awaits_second": "waits for a second person",
    "kept_held": "kept held",
    "rejected": "rejected",
}
PARCELS_SHOWN: Final = 5


def object_of(queued: QueuedCard) -> dict[str, Any]:
    """A card for other programs; no person's name is in it."""
    card = queued.card
    return {
        "card": card.id,
        "day": card.day.isoformat(),
        "status": queued.status,
        "cause": card.cause.check,
        "scope": card.cause.scope,
        "where": card.cause.where,
        "why": words_for(card.cause.check),
        "look_at": card.look_at,
        "blocked": card.blocked,
        "risk_m3_per_h": round(queued.risk, 3),
        "missing_m3": round(queued.missing_m3, 1),
        "hours_left": round(max(item.stake.hours_left for item in queued.items), 2),
        "parcels": [_item_object(item) for item in queued.items],
    }


def _item_object(item: Item) -> dict[str, Any]:
    proposed, stake = item.verdict.proposed, item.stake
    depth = proposed.depth_mm
    return {
        "parcel_id": item.parcel_id,
        "parcel_name": proposed.parcel_name,
        "status": item.status,
        "decision": item.verdict.decision,
        "proposed_action": proposed.action,
        "proposed_depth_mm": None if depth is None else depth.p50,
        "proposed_volume_m3": proposed.volume_m3,
        "stress_probability_if_ignored": proposed.stress_probability_if_ignored,
        "risk_m3_per_h": round(stake.risk, 3),
        "missing_m3": round(stake.missing_m3, 1),
        "valid_until": item.verdict.valid_until.isoformat(),
        "explanation": item.verdict.explanation,
    }


def line_of(queued: QueuedCard) -> str:
    """A card on one line."""
    card = queued.card
    names = ", ".join(item.parcel_id for item in queued.items[:PARCELS_SHOWN])
    more = f" and {len(queued.items) - PARCELS_SHOWN} more" if len(queued.items) > PARCELS_SHOWN else ""
    left = max(item.stake.hours_left for item in queued.items)
    block = "; a block is not approved, only overridden" if card.blocked else ""
    return (
        f"{card.id}  {card.day}  {STATUS[queued.status]}  {queued.missing_m3:.0f} m3 at stake, {left:.1f} h left:"
        f" {words_for(card.cause.check)}{f' ({card.cause.where})' if card.cause.where else ''}: {names}{more};"
        f" look at {card.look_at}{block}"
    )


def lines_of(queued: QueuedCard, words: Sequence[SignedWord]) -> Iterator[str]:
    """Everything that a person needs in order to decide a card."""
    yield line_of(queued)
    for item in queued.items:
        verdict, stake = item.verdict, item.stake
        yield f"parcel {item.parcel_id} ({verdict.proposed.parcel_name}): {STATUS[item.status]}"
        yield f"  the advisor: {said(verdict.proposed)}"
        yield f"  the judge: {verdict.explanation}"
        yield from (f"    {check_line(check)}" for check in verdict.checks if not check.passed)
        yield (
            f"  at stake: stress {stake.stress_probability:.0%} likely if nobody looks, {stake.volume_m3:.0f} m3;"
            f" until {verdict.valid_until.isoformat()}"
        )
        digest = verdict.digest()
        yield from (f"  {_signed(one)}" for one in words if one.word.held == digest)


def said(spoken: Recommendation) -> str:
    """An advice in a few words."""
    if spoken.depth_mm is None or spoken.start_window is None:
        return f"{spoken.action.replace('_', ' ')} ({spoken.reason_code})"
    zone = ZoneInfo(spoken.timezone)
    begin, end = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in spoken.start_window)
    hours = "" if spoken.duration_h is None else f", {spoken.duration_h:.2f} h"
    return (
        f"irrigate {spoken.depth_mm.p50:g} mm ({spoken.volume_m3:g} m3{hours}), start {begin}"
        f"{'' if begin == end else f' to {end}'} ({spoken.reason_code})"
    )


def decided_line(decided: Decided) -> str:
    """What became of one parcel."""
    told = "message queued" if decided.message_id is not None else "nobody is told"
    return f"{decided.parcel_id}: {STATES[decided.state]}: {said(decided.recommendation)}; {told}"


def words_for(check: str) -> str:
    """A check that failed, or a reason of the advisor, in words."""
    return WORDS.get(check, check.replace("_", " "))


def check_line(check: Check) -> str:
    """A failed check with what was measured and the limit."""
    measured, limit = (f"{one:.4g}" if isinstance(one, float) else str(one) for one in (check.measured, check.limit))
    return f"{check.name}: {measured}, limit {limit}"


def proposal_lines(proposal: Proposal) -> Iterator[str]:
    """What people did with each check, and what would change."""
    if not proposal.lessons:
        yield "nobody has decided a verdict with one failed check since the limits in force: nothing to learn from"
    for lesson in proposal.lessons:
        change = (
            f"stays {lesson.factor_now:g}"
            if lesson.factor_proposed == lesson.factor_now
            else f"{lesson.factor_now:g} -> {lesson.factor_proposed:g}"
        )
        yield (
            f"{lesson.check}: let pass {lesson.let_pass} of {lesson.decided}, {lesson.share:.0%}"
            f" [{lesson.low:.0%}, {lesson.high:.0%}], {lesson.days} days, {lesson.people} people;"
            f" limit times {change}: {lesson.why}"
        )


def _signed(one: SignedWord) -> str:
    dose = "" if one.word.depth_mm is None else f" {one.word.depth_mm:g} mm"
    return f"{one.word.decided_at:%Y-%m-%d %H:%M} UTC, {one.signature.by}: {one.word.act}{dose}: {one.signature.why}"
