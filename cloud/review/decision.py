"""What a person's word makes of a verdict: the candidate that would be told, and the verdict once it is."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from cloud.errors import InputError
from cloud.records import Decision, Parcel, Recommendation, Verdict
from cloud.review.eyes import same_name
from cloud.review.order import Order
from cloud.review.redose import WaterTables, ends_at, redosed
from cloud.review.word import Act, Word

DID: Final[Mapping[Act, str]] = {
    "approve": "Approved",
    "override": "Given another dose",
    "hold": "Kept held",
    "reject": "Rejected",
}
SHORTEST_PART: Final = 3
"""A part of a name with fewer letters is also a word."""
MARK_DIGITS: Final = 8
_WORD: Final = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")


def candidate_of(held: Verdict, parcel: Parcel, order: Order, *, now: datetime, water: WaterTables) -> Recommendation:
    """What would be told if the word counts; InputError says why nothing can be."""
    subject = f"parcel {parcel.id}"
    if held.reviewer == "agronomist" and not order.correct:
        raise InputError(
            f"{subject}: expected a verdict of the judge, got one that a person decided already; put another dose in"
            " its place with: review override --correct"
        )
    # A dose may be changed as long as its day lasts, even where the window of the first one is over.
    midnight = ends_at(held.proposed.model_copy(update={"start_window": None, "action": "hold"}))
    until = max(held.valid_until, midnight) if order.act == "override" else held.valid_until
    if until <= now:
        raise InputError(
            f"{subject}: expected a verdict that still holds, got one that expired {until.isoformat()};"
            " nothing was told: decide the day anew"
        )
    if order.act == "override":
        assert order.depth_mm is not None, "an order to override names its depth"
        return redosed(held.proposed, parcel, order.depth_mm, starts_at=order.starts_at, now=now, water=water)
    if held.decision not in {"hold", "block"}:
        raise InputError(
            f"{subject}: expected a verdict that waits for a person, got {held.decision}; see: review list"
        )
    return _approvable(held, subject, now) if order.act == "approve" else held.recommendation


def _approvable(held: Verdict, subject: str, now: datetime) -> Recommendation:
    proposed = held.proposed
    if held.decision == "block":
        raise InputError(f"{subject}: {held.explanation} A block is not approved: give a dose with: review override")
    if proposed.action == "hold":
        raise InputError(
            f"{subject}: expected an advice to approve, got none ({proposed.reason_code}); give a dose with:"
            " review override"
        )
    if proposed.start_window is not None and proposed.start_window[1] <= now:
        raise InputError(
            f"{subject}: expected a start window, got one that ended at {proposed.start_window[1].isoformat()};"
            " give a later start with: review override --start"
        )
    return proposed


def verdict_after(held: Verdict, candidate: Recommendation, word: Word, why: str) -> Verdict:
    """The person's verdict: the judge's checks stand as they were, and the explanation says who went past them."""
    before = "The judge had said" if held.reviewer == "judge" else "Before that"
    by = f"an agronomist ({word.reviewer[:MARK_DIGITS]}) on {word.decided_at:%Y-%m-%d %H:%M} UTC"
    return held.model_copy(
        update={
            "recommendation": candidate,
            "decision": _decision(held.proposed, candidate, word),
            "reviewer": "agronomist",
            "explanation": f"{DID[word.act]} by {by}: {why} {before}: {held.explanation}",
            "valid_until": held.valid_until if word.act == "reject" else ends_at(candidate),
        }
    )


def without_names(text: str, names: Sequence[str]) -> str:
    """A reason as it may be shown: whole words that are part of a known name are withheld."""
    parts = (part for name in names for part in _WORD.findall(name))
    known = {same_name(part) for part in parts if len(part) >= SHORTEST_PART}
    sentence = _WORD.sub(lambda found: "(name)" if same_name(found[0]) in known else found[0], text)
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _decision(proposed: Recommendation, candidate: Recommendation, word: Word) -> Decision:
    if word.act == "reject":
        return "hold"
    before, after = proposed.depth_mm, candidate.depth_mm
    smaller = before is not None and after is not None and after.p50 < before.p50
    return "shrink" if smaller else "release"
