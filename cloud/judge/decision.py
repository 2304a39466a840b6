"""From findings to a verdict: release, shrink, hold or block, and until when it holds."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.bounds import FIRST_YEAR, LAST_YEAR
from cloud.judge.finding import Finding
from cloud.judge.sentence import explanation_of
from cloud.judge.shrink import shrunk
from cloud.records import Decision, Parcel, Recommendation, Verdict

LARGEST_CUT: Final = 0.5
"""A dose that would have to shrink below this share is not a dose to be trimmed: a person must look."""


def decided(proposed: Recommendation, parcel: Parcel | None, findings: tuple[Finding, ...]) -> Verdict:
    """The verdict that follows from the findings."""
    failed = [finding for finding in findings if not finding.passed]
    decision, recommendation = _decision(proposed, parcel, failed)
    return Verdict(
        proposed=proposed,
        recommendation=recommendation,
        decision=decision,
        checks=tuple(finding.check() for finding in findings),
        explanation=explanation_of(decision, proposed, recommendation, failed, len(findings)),
        valid_until=_valid_until(recommendation),
    )


def _decision(
    proposed: Recommendation, parcel: Parcel | None, failed: Sequence[Finding]
) -> tuple[Decision, Recommendation]:
    if any(finding.severity == "block" for finding in failed):
        return "block", _held(proposed, failed)
    if proposed.action == "hold":
        return "hold", _held(proposed, failed) if failed else proposed
    if not failed:
        return "release", proposed
    if all(finding.severity == "shrink" for finding in failed) and parcel is not None:
        smaller = shrunk(proposed, parcel, failed, at_least_fraction=LARGEST_CUT)
        if smaller is not None:
            return "shrink", smaller
    return "hold", _held(proposed, failed)


def _held(proposed: Recommendation, failed: Sequence[Finding]) -> Recommendation:
    """The same parcel and day without any water; the first failed check is the reason."""
    reason = proposed.reason_code if proposed.action == "hold" or not failed else failed[0].name
    return proposed.model_copy(
        update={
            "action": "hold",
            "start_window": None,
            "depth_mm": None,
            "volume_m3": None,
            "duration_h": None,
            "reason_code": reason,
        }
    )


def _valid_until(recommendation: Recommendation) -> datetime:
    """Until the latest start; a wait until the morning of its next check; a hold until the end of its day."""
    zone = ZoneInfo(_known_zone(recommendation.timezone))
    if recommendation.start_window is not None:
        return recommendation.start_window[1]
    # A day that no calendar of ours has is blocked, and its verdict still needs an end.
    day = min(max(recommendation.day, date(FIRST_YEAR, 1, 1)), date(LAST_YEAR, 12, 31))
    tomorrow = day + timedelta(days=1)
    until = tomorrow
    if recommendation.action != "hold" and recommendation.next_check_day is not None:
        until = max(tomorrow, min(recommendation.next_check_day, day + timedelta(days=7)))
    return datetime.combine(until, time(0), tzinfo=zone)


def _known_zone(name: str) -> str:
    """The named zone when it exists, else UTC: a verdict on a broken record still needs an end."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return "UTC"
    return name
