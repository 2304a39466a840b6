"""When a pump may run on a day, how long and how much: of all rows of the table that bear its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from cloud.energy import usual_hours
from cloud.records import Parcel, Pump

DAY_H: Final = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpDay:
    """One pump on one day, by the narrowest of its rows."""

    flow_m3_h: float
    spans: tuple[tuple[float, float], ...] | None
    """Hours on the clock since the midnight of the day in which water may flow, the tank's included; None: any."""
    hours: float
    """Hours that the pump itself may run."""
    longest_h: float | None
    """Hours a day that are stated."""
    capacity_m3: float | None

    @classmethod
    def of(cls, parcel: Parcel, pumps: Sequence[Pump], day: date) -> Self | None:
        """The parcel's pump, when the table has it."""
        rows = [pump for pump in pumps if pump.pump == parcel.water.pump]
        if not rows:
            return None
        flow = min(row.flow_m3_h for row in rows)
        longest = min((row.max_hours_per_day for row in rows if row.max_hours_per_day is not None), default=None)
        own = _spans(rows)
        return cls(
            flow_m3_h=flow,
            spans=None if own is None else _with_what_follows(own, rows, flow),
            hours=min(longest or DAY_H, DAY_H if own is None else _real_hours(own, parcel, day)),
            longest_h=longest,
            capacity_m3=min((row.capacity_m3_day for row in rows if row.capacity_m3_day is not None), default=None),
        )

    def holds(self, begins_h: float, ends_h: float, slack_h: float) -> bool:
        """Whether a run lies in one span."""
        if self.spans is None:
            return True
        return any(first - slack_h <= begins_h and ends_h <= last + slack_h for first, last in self.spans)


def _spans(rows: Sequence[Pump]) -> list[tuple[float, float]] | None:
    """Hours of the rows that begin on the day, joined where they touch; None when a row has no hours."""
    spans = []
    for row in rows:
        hours = usual_hours(row)
        if hours is None:
            return None
        spans.append((hours[0], hours[1] if hours[1] > hours[0] else hours[1] + DAY_H))
    return _joined(spans)


def _real_hours(spans: Sequence[tuple[float, float]], parcel: Parcel, day: date) -> float:
    """Hours that pass in spans of the clock, of which a night may leave one out or hold one twice."""
    midnight = datetime.combine(day, time(0), tzinfo=ZoneInfo(parcel.timezone))
    ends = [[(midnight + timedelta(hours=hour)).astimezone(UTC) for hour in span] for span in spans]
    return sum((closes - opens) / timedelta(hours=1) for opens, closes in ends)


def _with_what_follows(
    own: Sequence[tuple[float, float]], rows: Sequence[Pump], flow_m3_h: float
) -> tuple[tuple[float, float], ...]:
    """The day's hours, with those of the next day that follow without a gap and with what a full tank still gives."""
    last = max(end for _, end in own)
    tank_m3 = max(row.tank_m3 or 0.0 for row in rows)
    tank_h = min(tank_m3 / flow_m3_h, DAY_H) if flow_m3_h > 0.0 else 0.0
    tomorrow = [(begin + DAY_H, end + DAY_H) for begin, end in own]
    joined = _joined([*own, *tomorrow, (last, last + tank_h)])
    return tuple(span for span in joined if span[0] < DAY_H)


def _joined(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined
