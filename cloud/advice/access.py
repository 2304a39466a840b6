"""When and how fast water can reach a parcel: canal turns, pump hours, or the evening where water is on demand."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.delivery import own_flow_m3_h
from cloud.energy import money_per_hour, usual_hours
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
    _turns_of: Mapping[tuple[str, str], Sequence[CanalTurn]] = field(init=False, repr=False, compare=False)
    """Turns by their canal and by their parcel: a district has as many turns as parcels."""

    def __post_init__(self) -> None:
        found: dict[tuple[str, str], list[CanalTurn]] = defaultdict(list)
        for turn in self.turns:
            found["canal", turn.canal].append(turn)
            if turn.parcel_id is not None:
                found["parcel", turn.parcel_id].append(turn)
        object.__setattr__(self, "_turns_of", dict(found))

    def turns_near(self, parcel: Parcel) -> list[CanalTurn]:
        """Turns that show that the parcel's water comes by turn, its own or its neighbours'."""
        canal = parcel.water.canal
        shared = [] if canal is None else self._turns_of.get(("canal", canal), ())
        own = self._turns_of.get(("parcel", parcel.id), ())
        return [*shared, *(turn for turn in own if canal is None or turn.canal != canal)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours in which water can be taken, and what an hour of it costs in energy [money/h]; 0 where nobody says."""

    opens_at: datetime
    closes_at: datetime
    money_per_h: float = 0.0


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
    windows: tuple[Window, ...] = ()
    """The hours between ``opens_at`` and ``closes_at`` that count, by their start; none: all of them."""
    volume_m3: float | None = None
    """What the place gives to all its parcels together on the day, where that is stated."""

    @property
    def spans(self) -> tuple[Window, ...]:
        """The windows of the day, or the one that the whole of it makes; none where no water can be taken."""
        if self.windows or self.opens_at is None or self.closes_at is None:
            return self.windows
        return (Window(opens_at=self.opens_at, closes_at=self.closes_at),)

    @property
    def money_per_m3(self) -> float:
        """Energy for one cubic metre in the cheapest hours; 0 where nobody says what it costs."""
        if not self.windows or not self.flow_m3_h:
            return 0.0
        return min(window.money_per_h for window in self.windows) / self.flow_m3_h


def access_on(day: date, parcel: Parcel, constraints: Constraints) -> Access:
    """How water can be taken on ``day``: by the canal's turns when it has any, else by the pump, else on demand."""
    turns = constraints.turns_near(parcel)
    if turns:
        return access_by_turn(day, parcel, [turn for turn in turns if serves(turn, parcel)])
    pumps = pumps_of(parcel, constraints.pumps)
    if pumps:
        return _by_pump(day, parcel, pumps)
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


def pumps_of(parcel: Parcel, pumps: Sequence[Pump]) -> tuple[Pump, ...]:
    """The rows of the table that describe the parcel's pump, one for each of its tariffs, by their hours."""
    rows = [pump for pump in pumps if pump.pump == parcel.water.pump]
    return tuple(sorted(rows, key=lambda row: (usual_hours(row) or (-1.0, -1.0), row.digest())))


def slower(*flows_m3_h: float | None) -> float | None:
    """The narrowest of the known flows on the water's way."""
    known = [flow for flow in flows_m3_h if flow is not None]
    return min(known) if known else None


def access_by_turn(day: date, parcel: Parcel, turns: Sequence[CanalTurn]) -> Access:
    """The chance that a parcel's turns give it on a day."""
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


def _by_pump(day: date, parcel: Parcel, rows: Sequence[Pump]) -> Access:
    """A pump through its day: one row of the table for each of its tariffs, the narrowest of their limits."""
    flow_m3_h = min(row.flow_m3_h for row in rows)
    pumped = _pump_windows(day, parcel, rows)
    runs_on = (*_next_morning(day, parcel, rows, pumped), *_from_tank(parcel, rows, pumped))
    longest = [row.max_hours_per_day for row in rows if row.max_hours_per_day is not None]
    capacities = [row.capacity_m3_day for row in rows if row.capacity_m3_day is not None]
    open_h = sum(span(one.opens_at, one.closes_at) / HOUR for one in pumped)
    return Access(
        by_turn=False,
        opens_at=pumped[0].opens_at,
        closes_at=max((*pumped, *runs_on), key=_end).closes_at,
        hours=min(open_h, LONGEST_RUN_H, *longest),
        flow_m3_h=slower(flow_m3_h, own_flow_m3_h(parcel)),
        place=f"pump {rows[0].pump}",
        next_day=day + ONE_DAY,
        rest_h=max(row.recharge_h or 0.0 for row in rows),
        windows=(*pumped, *runs_on),
        volume_m3=min(capacities, default=None),
    )


def _pump_windows(day: date, parcel: Parcel, rows: Sequence[Pump]) -> tuple[Window, ...]:
    """The hours of the pump's rows that begin on the day, by their start."""
    windows = []
    for row in rows:
        opens_at, closes_at = _pump_window(day, parcel, row)
        windows.append(Window(opens_at=opens_at, closes_at=closes_at, money_per_h=money_per_hour(row)))
    windows.sort(key=lambda one: (one.opens_at.astimezone(UTC), one.closes_at.astimezone(UTC), one.money_per_h))
    return tuple(windows)


def _end(window: Window) -> datetime:
    return window.closes_at.astimezone(UTC)


def _next_morning(day: date, parcel: Parcel, rows: Sequence[Pump], pumped: Sequence[Window]) -> tuple[Window, ...]:
    """Hours of the next day that follow on a window without a gap: what begins at night may end in them."""
    last, found = max(_end(one) for one in pumped), []
    for window in _pump_windows(day + ONE_DAY, parcel, rows):
        if window.opens_at.astimezone(UTC) <= last < _end(window):
            found.append(window)
            last = _end(window)
    return tuple(found)


def _from_tank(parcel: Parcel, rows: Sequence[Pump], pumped: Sequence[Window]) -> tuple[Window, ...]:
    """Hours after the pump's last in which its tank still runs, filled when energy was cheapest."""
    tank_m3 = max(row.tank_m3 or 0.0 for row in rows)
    flow_m3_h = min(row.flow_m3_h for row in rows)
    if tank_m3 <= 0.0 or flow_m3_h <= 0.0:
        return ()
    begins = max(pumped, key=_end).closes_at
    hours = min(tank_m3 / flow_m3_h, LONGEST_RUN_H)
    money = min(one.money_per_h for one in pumped)
    return (Window(opens_at=begins, closes_at=elapsed(begins, hours * HOUR, parcel), money_per_h=money),)


def _pump_window(day: date, parcel: Parcel, pump: Pump) -> tuple[datetime, datetime]:
    """The pump's hours on the day; they may pass midnight. Without hours: a day from the evening on."""
    hours = usual_hours(pump)
    if hours is None:
        start = at(day, EVENING, parcel)
        return start, start + ONE_DAY
    midnight = at(day, time(0), parcel)
    opens_at = midnight + hours[0] * HOUR
    closes_at = midnight + hours[1] * HOUR
    return opens_at, closes_at if closes_at > opens_at else closes_at + ONE_DAY
