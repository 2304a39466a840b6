"""Irrigations out of a flow meter's counter: each run of water one event, counted once, never negative, never guessed.

A counter remembers what the network lost: between two readings, however far apart, it says all the water that passed.
What was booked up to a reading is never booked again, so that late or repeated readings change nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from cloud.records import IrrigationEvent, Parcel
from cloud.sensing.sensed import Booking, Bookings, Sensed, SensorName

STILL: Final = timedelta(hours=1)
"""Water that stands still for so long ends a run: a pause to move pipes does not."""
LONGEST: Final = timedelta(hours=24)
"""A longer run is told by the day, for the balance counts an event on the day of its start."""
USUAL_SIGMA: Final = 0.05
_LARGEST_SIGMA: Final = 0.4
_MOST_M3_H: Final = 2000.0
"""No parcel's pipe or canal gate passes more; with a flow in the parcel's file, five times that."""
_FLOW_SLACK: Final = 5.0
"""A meter is a better witness than a parcel's file, up to a point."""
_LEAST_MM: Final = 0.05
"""Less is a drip of the meter: the last one waits until it is more, others are no irrigation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What meters came to."""

    events: tuple[IrrigationEvent, ...] = ()
    bookings: tuple[Booking, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Run:
    """Water that passed without standing still for long."""

    started_at: datetime
    ended_at: datetime
    volume_m3: float


@dataclass(slots=True, kw_only=True)
class _Account:
    """A meter's runs and up to where they go."""

    runs: list[_Run] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def metered_irrigations(sensed: Iterable[Sensed], booked: Bookings, parcels: Mapping[str, Parcel]) -> Metered:
    """Irrigations that meters saw since they were last booked; a run still going on is booked up to its last reading.

    A meter's first reading of all is where its account begins: what it counted before is nobody's.
    """
    by_meter: dict[SensorName, list[Sensed]] = defaultdict(list)
    for one in sensed:
        if one.reading.quantity == "water_m3" and one.believed:
            by_meter[one.name].append(one)
    events: list[IrrigationEvent] = []
    bookings: list[Booking] = []
    notes: list[str] = []
    for name, readings in sorted(by_meter.items()):
        ordered = sorted(readings, key=lambda one: one.at)
        parcel = parcels.get(ordered[-1].reading.parcel_id or "")
        if parcel is None:
            notes.append(f"meter {name}: measures parcel {ordered[-1].reading.parcel_id!r}, which nobody knows")
            continue
        found, booking, told = _of_meter(ordered, booked.get(name), parcel)
        events += found
        bookings += [] if booking is None else [booking]
        notes += told
    return Metered(events=tuple(events), bookings=tuple(bookings), notes=tuple(notes))


def _of_meter(
    ordered: Sequence[Sensed], booked: Booking | None, parcel: Parcel
) -> tuple[list[IrrigationEvent], Booking | None, list[str]]:
    name = ordered[0].name
    points = [(one.at, one.reading.value, one.reading.quality == "reset") for one in ordered]
    if booked is not None:
        later = [point for point in points if point[0] > booked.until_at]
        points = [(booked.until_at, booked.counter_m3, False), *later]
    if len(points) < 2:  # noqa: PLR2004 -- water passes between two readings
        begins = None if booked is not None else Booking(name=name, until_at=points[0][0], counter_m3=points[0][1])
        return [], begins, []
    account = _account(name, points, _most_m3_h(parcel))
    waiting = account.runs[-1:] if account.runs and _depth_mm(account.runs[-1], parcel) < _LEAST_MM else []
    told = account.runs[: len(account.runs) - len(waiting)]
    sigma = min(max((one.reading.sigma or USUAL_SIGMA for one in ordered), default=USUAL_SIGMA), _LARGEST_SIGMA)
    events = [_event(run, parcel, sigma) for run in told if _depth_mm(run, parcel) >= _LEAST_MM]
    if waiting:
        # Too little to tell: booked up to before it, so that it is counted with what comes.
        until = max((point for point in points if point[0] <= waiting[0].started_at), key=lambda point: point[0])
    else:
        until = points[-1]
    if booked is not None and until[0] <= booked.until_at:
        return events, None, account.notes
    return events, Booking(name=name, until_at=until[0], counter_m3=until[1]), account.notes


def _account(name: SensorName, points: Sequence[tuple[datetime, float, bool]], most_m3_h: float) -> _Account:
    account = _Account()
    for (before, low, _), (after, high, begins_anew) in pairwise(points):
        hours = max((after - before).total_seconds() / 3600.0, 1.0 / 3600.0)
        span = f"{before:%F %H:%M} to {after:%F %H:%M} UTC"
        if begins_anew or high < low:
            account.notes.append(
                f"meter {name}: began to count anew ({low:g} to {high:g} m3), {span}; what passed then is not known"
            )
        elif (high - low) / hours > most_m3_h:
            account.notes.append(
                f"meter {name}: {high - low:g} m3 counted, {span}, at most {most_m3_h * hours:g} can pass; not believed"
            )
        elif high > low:
            if after - before > LONGEST:
                account.notes.append(f"meter {name}: {high - low:g} m3 passed some time {span}; its day is not known")
            _add(account, before, after, high - low)
    return account


def _add(account: _Account, before: datetime, after: datetime, volume_m3: float) -> None:
    last = account.runs[-1] if account.runs else None
    if last is not None and before - last.ended_at < STILL and after - last.started_at <= LONGEST:
        last.ended_at, last.volume_m3 = after, last.volume_m3 + volume_m3
        return
    account.runs.append(_Run(started_at=before, ended_at=after, volume_m3=volume_m3))


def _most_m3_h(parcel: Parcel) -> float:
    flow = parcel.irrigation.flow_m3_h
    return _MOST_M3_H if flow is None else _FLOW_SLACK * flow


def _depth_mm(run: _Run, parcel: Parcel) -> float:
    return run.volume_m3 / (10.0 * parcel.area_ha)


def _event(run: _Run, parcel: Parcel, sigma: float) -> IrrigationEvent:
    return IrrigationEvent(
        parcel_id=parcel.id,
        started_at=run.started_at,
        depth_mm=round(_depth_mm(run, parcel), 3),
        source="meter",
        hours=round((run.ended_at - run.started_at).total_seconds() / 3600.0, 3),
        sigma_fraction=sigma,
    )
