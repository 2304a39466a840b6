"""Another dose than the one that was proposed, made whole: volume, time and start follow from the parcel."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.delivery import own_flow_m3_h
from cloud.errors import InputError
from cloud.judge.water_access import takes_turns, turn_used
from cloud.records import CanalTurn, Parcel, Pump, Quantiles, Recommendation

M3_PER_MM_HA: Final = 10.0
STEP: Final = timedelta(minutes=5)
STEPS_PER_HOUR: Final = 12.0
LONGEST_WAIT_DAYS: Final = 7
MOST_MM: Final = 1000.0
"""More is a slip of the keyboard whatever the parcel; its own limits are asked for afterwards."""
REASON: Final = "agronomist_decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterTables:
    """What the flow at a parcel's inlet follows from."""

    turns: tuple[CanalTurn, ...] = ()
    pumps: tuple[Pump, ...] = ()


def redosed(
    proposed: Recommendation,
    parcel: Parcel,
    depth_mm: float,
    *,
    starts_at: datetime | None,
    now: datetime,
    water: WaterTables,
) -> Recommendation:
    """The parcel's advice of the day with a person's dose, rounded as it will be spoken; 0 mm is a wait."""
    if not (math.isfinite(depth_mm) and depth_mm >= 0.0):
        raise InputError(f"parcel {parcel.id}: expected a depth of 0 mm or more, got {depth_mm:g}; correct --depth")
    if depth_mm > MOST_MM:
        raise InputError(f"parcel {parcel.id}: expected at most {MOST_MM:g} mm, got {depth_mm:g}; correct --depth")
    depth = math.floor(depth_mm + 0.5)
    bare = {
        "parcel_id": parcel.id,
        # What the farmer is told is the parcel as it is described, whatever stood in the proposal.
        "parcel_name": parcel.label,
        "timezone": parcel.timezone,
        "pump_name": parcel.water.pump,
        "reason_code": REASON,
        "start_window": None,
        "depth_mm": None,
        "volume_m3": None,
        "duration_h": None,
        "stress_probability_if_followed": None,
    }
    if depth == 0:
        if depth_mm > 0.0:
            raise InputError(f"parcel {parcel.id}: expected a depth of 1 mm or more, or 0 to wait, got {depth_mm:g}")
        check = proposed.next_check_day or proposed.day + timedelta(days=1)
        return proposed.model_copy(update={**bare, "action": "wait", "next_check_day": check})
    window = _window(proposed, parcel, starts_at, now)
    volume_m3 = float(math.floor(M3_PER_MM_HA * depth * parcel.area_ha + 0.5))
    if volume_m3 <= 0.0:
        raise InputError(f"parcel {parcel.id}: expected 1 m3 or more, got {depth} mm on {parcel.area_ha:g} ha")
    given = proposed.model_copy(
        update={
            **bare,
            "action": "irrigate",
            "start_window": window,
            "depth_mm": Quantiles(p10=float(depth), p50=float(depth), p90=float(depth)),
            "volume_m3": volume_m3,
        }
    )
    flow = flow_m3_h(parcel, given, water)
    return given if flow is None else given.model_copy(update={"duration_h": _rounded_h(volume_m3 / flow)})


def flow_m3_h(parcel: Parcel, given: Recommendation, water: WaterTables) -> float | None:
    """Flow at the inlet [m3/h]: the smaller of the parcel's own and its turn's or pump's; None where none is known."""
    own = own_flow_m3_h(parcel)
    source = _source_m3_h(parcel, given, water)
    known = [flow for flow in (own, source) if flow is not None]
    return min(known, default=None)


def ends_at(spoken: Recommendation) -> datetime:
    """Until when an advice may be followed: its latest start, else the morning of its next check."""
    if spoken.start_window is not None:
        return spoken.start_window[1]
    tomorrow = spoken.day + timedelta(days=1)
    until = tomorrow
    if spoken.action != "hold" and spoken.next_check_day is not None:
        until = max(tomorrow, min(spoken.next_check_day, spoken.day + timedelta(days=LONGEST_WAIT_DAYS)))
    return datetime.combine(until, time(0), tzinfo=ZoneInfo(spoken.timezone))


def _source_m3_h(parcel: Parcel, given: Recommendation, water: WaterTables) -> float | None:
    if takes_turns(parcel, water.turns):
        turn = turn_used(parcel, given, water.turns)
        return None if turn is None else turn.flow_m3_h
    return next((pump.flow_m3_h for pump in water.pumps if pump.pump == parcel.water.pump), None)


def _window(
    proposed: Recommendation, parcel: Parcel, starts_at: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """The start that was asked for, else what is left of the proposal's window."""
    zone = ZoneInfo(parcel.timezone)
    if starts_at is not None:
        start = starts_at.replace(tzinfo=zone) if starts_at.tzinfo is None else starts_at.astimezone(zone)
        if start <= now:
            raise InputError(f"parcel {parcel.id}: expected a start after now, got {start.isoformat()}; choose another")
        if start > now + timedelta(days=LONGEST_WAIT_DAYS):
            raise InputError(
                f"parcel {parcel.id}: expected a start within {LONGEST_WAIT_DAYS} days, got {start.isoformat()};"
                " choose another"
            )
        return start, start
    window = proposed.start_window
    if window is None or window[1] <= now:
        got = "none" if window is None else f"one that ended at {window[1].isoformat()}"
        raise InputError(f"parcel {parcel.id}: expected a start window, got {got}; say when with --start")
    first, last = (moment.astimezone(zone) for moment in window)
    return max(first, min(_next_step(now).astimezone(zone), last)), last


def _next_step(now: datetime) -> datetime:
    begin = datetime.combine(now.astimezone(UTC).date(), time(0), UTC)
    return begin + STEP * math.ceil((now.astimezone(UTC) - begin) / STEP)


def _rounded_h(hours: float) -> float:
    return math.floor(hours * STEPS_PER_HOUR + 0.5) / STEPS_PER_HOUR
