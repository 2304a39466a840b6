"""When and how fast water can reach a parcel: canal turns, pump hours, or the evening where water is on demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.delivery import own_flow_m3_h
from cloud.records import CanalTurn, IrrigationEvent, Parcel, Pump, Quota

EVENING: Final = time(18)
"""Start of the hours of low evaporation and light wind."""
LATEST_START: Final = time(22)
MORNING: Final = time(8)
"""Water given before this hour still meets a cool soil."""
LONGEST_RUN_H: Final = 24.0
LONGEST_SLACK: Final = timedelta(hours=4)
HOUR: Final = timedelta(hours=1)
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """Water that is shared, limited or already given."""

    turns: tuple[CanalTurn, ...] = ()
    quotas: tuple[Quota, ...] = ()
    pumps: tuple[Pump, ...] = ()
    events: tuple[IrrigationEvent, ...] = ()
    neighbours: tuple[Parcel, ...] = ()
    """All parcels whose water counts against a shared quota, also those that need no advice; none: the advised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The chance a parcel has on one day, and the next one after it.

    ``opens_at`` is None when no water can be taken on the day. ``place`` names what is used by one parcel at a time
    (a turn, a pump); ``closes_at`` bounds the whole irrigation, ``hours`` its length.
    """

    by_turn: bool
    opens_at: datetime | None
    closes_at: datetime | None
    hours: float
    flow_m3_h: float | None
    place: str
    next_day: date | None
    rest_h: float = 0.0


def access_on(day: date, parcel: Parcel, constraints: Constraints) -> Access:
    """How water can be taken on ``day``: by the canal's turns when it has any, else by the pump, else on demand."""
    turns = _turns_of_canal(parcel, constraints.turns)
    if turns:
        return _by_turn(day, parcel, [turn for turn in turns if serves(turn, parcel)])
    pump = pump_of(parcel, constraints.pumps)
    if pump is not None:
        return _by_pump(day, parcel, pump)
    start = at(day, EVENING, parcel)
    return Access(
        by_turn=False,
        opens_at=start,
        closes_at=start + ONE_DAY,
        hours=LONGEST_RUN_H,
        flow_m3_h=own_flow_m3_h(parcel),
        place=f"parcel {parcel.id}",
        next_day=day + ONE_DAY,
    )


def at(day: date, clock: time, parcel: Parcel) -> datetime:
    """A wall-clock time where the parcel lies."""
    return datetime.combine(day, clock, tzinfo=ZoneInfo(parcel.timezone))


def elapsed(start: datetime, passed: timedelta, parcel: Parcel) -> datetime:
    """The moment a real span after ``start``, in the parcel's offset (clock changes counted)."""
    return (start.astimezone(UTC) + passed).astimezone(ZoneInfo(parcel.timezone))


def span(start: datetime, end: datetime) -> timedelta:
    """Real time between two moments: the difference of two moments of one zone would be that of their clocks."""
    return end.astimezone(UTC) - start.astimezone(UTC)


def serves(turn: CanalTurn, parcel: Parcel) -> bool:
    """Whether a turn is this parcel's: by its own id, else by its group, else by the canal alone."""
    if turn.ends_at <= turn.starts_at:
        return False
    if turn.parcel_id is not None:
        return turn.parcel_id == parcel.id
    return turn.canal == parcel.water.canal and turn.group in {None, parcel.water.group}


def pump_of(parcel: Parcel, pumps: Sequence[Pump]) -> Pump | None:
    """The pump named by the parcel, when the table has it."""
    return next((pump for pump in pumps if pump.pump == parcel.water.pump), None)


def slower(*flows_m3_h: float | None) -> float | None:
    """The narrowest of the known flows on the water's way."""
    known = [flow for flow in flows_m3_h if flow is not None]
    return min(known) if known else None


def _turns_of_canal(parcel: Parcel, turns: Sequence[CanalTurn]) -> list[CanalTurn]:
    """Turns that show that the parcel's water comes by turn, its own or its neighbours'."""
    return [
        turn
        for turn in turns
        if turn.parcel_id == parcel.id or (parcel.water.canal is not None and turn.canal == parcel.water.canal)
    ]


def _by_turn(day: date, parcel: Parcel, turns: Sequence[CanalTurn]) -> Access:
    begin, end = at(day, time(0), parcel), at(day + ONE_DAY, time(0), parcel)
    running = [turn for turn in turns if turn.starts_at < end and turn.ends_at > begin]
    later = sorted(turn.starts_at for turn in turns if turn.starts_at >= end)
    next_day = later[0].astimezone(ZoneInfo(parcel.timezone)).date() if later else None
    if not running:
        return Access(
            by_turn=True,
            opens_at=None,
            closes_at=None,
            hours=0.0,
            flow_m3_h=None,
            place="no turn",
            next_day=next_day,
        )
    # The end of last night's turn counts only where no turn begins today.
    turn = min(running, key=lambda one: (one.starts_at < begin, one.starts_at))
    opens_at = max(turn.starts_at, begin).astimezone(ZoneInfo(parcel.timezone))
    closes_at = turn.ends_at.astimezone(ZoneInfo(parcel.timezone))
    if next_day is None and closes_at >= end + ONE_DAY:
        next_day = day + ONE_DAY
    return Access(
        by_turn=True,
        opens_at=opens_at,
        closes_at=closes_at,
        hours=min(span(opens_at, closes_at) / HOUR, LONGEST_RUN_H),
        flow_m3_h=slower(turn.flow_m3_h, own_flow_m3_h(parcel)),
        place=f"turn {turn.canal} {turn.parcel_id or turn.group or ''} {turn.starts_at.isoformat()}",
        next_day=next_day,
    )


def _by_pump(day: date, parcel: Parcel, pump: Pump) -> Access:
    opens_at, closes_at = _pump_window(day, parcel, pump)
    hours = min(span(opens_at, closes_at) / HOUR, LONGEST_RUN_H)
    if pump.max_hours_per_day is not None:
        hours = min(hours, pump.max_hours_per_day)
    return Access(
        by_turn=False,
        opens_at=opens_at,
        closes_at=closes_at,
        hours=hours,
        flow_m3_h=slower(pump.flow_m3_h, own_flow_m3_h(parcel)),
        place=f"pump {pump.pump}",
        next_day=day + ONE_DAY,
        rest_h=pump.recharge_h or 0.0,
    )


def _pump_window(day: date, parcel: Parcel, pump: Pump) -> tuple[datetime, datetime]:
    """The pump's hours on the day; they may pass midnight. Without hours: a day from the evening on."""
    if pump.from_hour is None or pump.to_hour is None:
        start = at(day, EVENING, parcel)
        return start, start + ONE_DAY
    midnight = at(day, time(0), parcel)
    opens_at = midnight + pump.from_hour * HOUR
    closes_at = midnight + pump.to_hour * HOUR
    return opens_at, closes_at if closes_at > opens_at else closes_at + ONE_DAY
