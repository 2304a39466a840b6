"""Checks of the record itself: it names the right parcel, and its numbers agree with each other."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from cloud.bounds import FIRST_YEAR, LAST_YEAR, is_of_our_time
from cloud.judge.case import Case, Finding
from cloud.judge.water_access import flows_m3_h
from cloud.records import Parcel, Recommendation

M3_PER_MM_HA: Final = 10.0
VOLUME_ROUNDING_M3: Final = 0.5
DURATION_ROUNDING_H: Final = 2.5 / 60.0
OLDEST_ISSUE_DAYS: Final = 30
"""An advice later than this after its forecast is one of another year, and none that waits for a new forecast."""
SLACK: Final = 1e-6


def of_parcel(proposed: Recommendation, parcel: Parcel) -> Iterator[Finding]:
    """The recommendation speaks of this parcel, under its name, in its own time, from its own pump."""
    pairs = (
        ("parcel_name", proposed.parcel_name, parcel.name or parcel.id),
        ("parcel_timezone", proposed.timezone, parcel.timezone),
        ("parcel_pump", proposed.pump_name or "none", parcel.water.pump or "none"),
    )
    for name, measured, limit in pairs:
        yield Finding(name=name, passed=measured == limit, measured=measured, limit=limit, severity="block")


def of_calendar(proposed: Recommendation) -> Finding:
    """The advice is for a day that a calendar on a wall may show, and starts on such a day."""
    named = [proposed.day, *(proposed.start_window or ())]
    strange = [one for one in named if not is_of_our_time(one)]
    return Finding(
        name="day_is_possible",
        passed=not strange,
        measured=strange[0].isoformat() if strange else str(proposed.day),
        limit=f"{FIRST_YEAR} to {LAST_YEAR}",
        severity="block",
    )


def of_current_day(proposed: Recommendation, issued_on: date | None) -> Iterator[Finding]:
    """The advice is for a day of the forecast it was made with: not yesterday's sent again, nor one of next year."""
    if issued_on is not None:
        yield Finding(
            name="day_is_current",
            passed=issued_on <= proposed.day <= issued_on + timedelta(days=OLDEST_ISSUE_DAYS),
            measured=str(proposed.day),
            limit=f"{issued_on} and some weeks after",
        )


def of_numbers(case: Case) -> Iterator[Finding]:
    """Depth, volume and time are positive, rounded, and one quantity three times."""
    proposed, area = case.proposed, case.parcel.area_ha
    depth, volume = proposed.depth_mm, proposed.volume_m3
    assert depth is not None
    assert volume is not None
    yield Finding(
        name="depth_positive",
        passed=depth.p10 >= 0.0 and depth.p50 > 0.0 and volume > 0.0,
        measured=depth.p50,
        limit=0.0,
        severity="block",
    )
    expected = M3_PER_MM_HA * depth.p50 * area
    yield Finding(
        name="volume_is_depth_times_area",
        passed=abs(volume - expected) <= VOLUME_ROUNDING_M3 + SLACK,
        measured=volume,
        limit=expected,
        severity="block",
    )
    yield _of_duration(case, volume)
    rounded = abs(depth.p50 - round(depth.p50)) <= SLACK and abs(volume - round(volume)) <= SLACK
    yield Finding(name="dose_is_rounded", passed=rounded, measured=depth.p50, limit="1 mm, 1 m3")


def _of_duration(case: Case, volume_m3: float) -> Finding:
    duration = case.proposed.duration_h
    flows = flows_m3_h(case)
    if not flows or duration is None:
        measured = "no flow is known" if not flows else None
        return Finding(
            name="duration_is_volume_over_flow",
            passed=not flows and duration is None,
            measured=measured if duration is None else duration,
            limit="none without a flow" if not flows else volume_m3 / flows[0],
            severity="block" if duration is not None else "hold",
        )
    nearest = min((volume_m3 / flow for flow in flows), key=lambda hours: abs(hours - duration))
    return Finding(
        name="duration_is_volume_over_flow",
        passed=abs(duration - nearest) <= DURATION_ROUNDING_H + SLACK,
        measured=duration,
        limit=nearest,
        severity="block",
    )


def of_silence(proposed: Recommendation) -> Iterator[Finding]:
    """An advice without water carries no water."""
    numbers = [name for name in ("depth_mm", "volume_m3", "duration_h") if getattr(proposed, name) is not None]
    yield Finding(
        name="no_water_without_irrigation",
        passed=not numbers,
        measured=", ".join(numbers) or "none",
        limit="none",
        severity="block",
    )
