"""What no person may release: the judge's blocks, the limits of pipes, turns and quotas, and water nobody supports.

A candidate is judged again, with what is known now, before it is told; this reads that second look.
"""

from collections.abc import Iterator
from typing import Final

from cloud.judge.coarse import system_of
from cloud.judge.sentence import WORDS
from cloud.records import Check, Parcel, Recommendation, Verdict

PHYSICAL: Final = frozenset(
    {
        "not_above_largest_event",
        "within_quota",
        "pump_hours_per_day",
        "inside_turn",
        "inside_pump_hours",
        "shared_water_suffices",
    }
)
"""Checks whose limit is a pipe, a pump, a turn or a right to water: nobody's opinion moves it."""
SINCE: Final = frozenset({"not_already_irrigated", "farmers_last_word"})
"""Checks that refuse only when they fail anew: water came after the person was shown the case."""
ROOM: Final = "room_in_soil"


def refusals(candidate: Recommendation, second: Verdict, held: Verdict, parcel: Parcel) -> tuple[str, ...]:
    """Why a candidate may not be told, one line each; empty where it may."""
    if candidate.depth_mm is None:
        return ()
    if second.decision == "block":
        return (f"parcel {parcel.id}: {second.explanation} A block is not lifted by a person: give another dose",)
    return tuple(
        f"parcel {parcel.id}: {reason}; give another dose or another start"
        for reason in (*_too_large(candidate, parcel), *_failed(candidate, second, held))
    )


def _too_large(candidate: Recommendation, parcel: Parcel) -> Iterator[str]:
    """Asked here too, since the judge asks it only where weather is known."""
    largest = system_of(parcel).largest_mm
    if candidate.depth_mm is not None and candidate.depth_mm.p50 > largest:
        yield f"{WORDS['not_above_largest_event']} ({candidate.depth_mm.p50:g} mm, limit {largest:g})"


def _failed(candidate: Recommendation, second: Verdict, held: Verdict) -> Iterator[str]:
    shown = {check.name for check in held.checks if not check.passed}
    proposed = held.proposed.depth_mm
    # A blocked proposal supports no dose.
    supported = 0.0 if proposed is None or held.decision == "block" else proposed.p50
    assert candidate.depth_mm is not None
    for check in second.checks:
        if check.passed or check.name == "not_above_largest_event":
            continue
        if check.name in PHYSICAL or (check.name in SINCE and check.name not in shown):
            yield _told(check)
        elif check.name == ROOM and candidate.depth_mm.p50 > supported:
            yield f"{_told(check)}, and the advisor did not propose that much"


def _told(check: Check) -> str:
    measured, limit = (
        f"{value:.4g}" if isinstance(value, float) else str(value) for value in (check.measured, check.limit)
    )
    return f"{WORDS.get(check.name, check.name)} ({measured}, limit {limit})"
