"""Plans by which gateways advise while alone: what they cost, and how near they stay to what the cloud would have said.

Real weather of Beni Mellal (NASA POWER), SYNTHETIC forecasts with honest errors, SYNTHETIC parcels of nine crops whose
farmers do as the gateway tells. On some days of the silence the whole cloud is asked what it would say of the same
field: with the weather until the day before, a fresh forecast, and every irrigation known.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from cloud.daily import DayDecision, DayInputs, decide
from cloud.messages import Farmer
from cloud.planning.making import PlansMade, make_plans
from cloud.planning.words import recipient_of
from cloud.records import IrrigationEvent, Parcel
from cloud.speech.voice import Voice
from edge.advice import Given, Measured, advise
from edge.plan import Plan, PlanBundle, PlanGiven, pack
from simulations.evaluation.judge.district import STATION, Climate, climate_of, parcels_of
from tests.benchmarks.figure import Figure

PARCELS: Final = 2_000
BAR_S: Final = 60.0
ASKED: Final = (1, 7, 15, 30)
SILENCES: Final = tuple(date(year, month, 20) for year in (2004, 2007) for month in (3, 4, 5, 6))
ZONE: Final = ZoneInfo("Africa/Casablanca")
ET0_MM_DAY: Final = (1.5, 2.2, 3.2, 4.3, 5.5, 6.8, 7.3, 6.7, 5.2, 3.6, 2.1, 1.5)
"""Rounded usual reference ET of Beni Mellal by month: what fields are given before the silence begins."""
EVERY_DAYS: Final = 6


def figures(parcels: int = PARCELS) -> Iterator[Figure]:
    """Seconds and bytes of plans, then differences by day of the silence."""
    yield from _cost(parcels)
    data = Path(os.environ.get("SEGUIA_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    if (data / STATION).exists():
        yield from _nearness(climate_of(data / STATION))


def _cost(parcels: int) -> Iterator[Figure]:
    climate = _Calm()
    land = tuple(
        one.model_copy(update={"id": f"p{place}"})
        for place, one in enumerate(parcels_of(2026, -(-parcels // 9))[:parcels])
    )
    inputs, decision = climate.night(land)
    begun = time.process_time()
    made = make_plans(inputs, decision, [one.id for one in land], datetime(2026, 6, 9, 16, tzinfo=UTC))
    took_s = time.process_time() - begun
    planned = len(made.plans)
    yield Figure(name=f"plans of 31 days, {planned:,} parcels, processor time", value=took_s, unit="s", bar=BAR_S)
    begun = time.process_time()
    person = Farmer(id="f", name="f", phone_number="+212612345678", language="ary")
    for name, plan in made.plans.items():
        recipient_of(plan, made.made[name], person, Voice(draft=True))
    yield Figure(
        name=f"their words, proven, {planned:,} people", value=time.process_time() - begun, unit="s", bar=BAR_S
    )
    yield Figure(name="one plan, compressed, without people", value=median(map(_bytes, made.plans.values())), unit="B")


def _bytes(plan: Plan) -> int:
    last = plan.days[-1].begins_at
    return len(
        pack(
            PlanBundle(organisation="o", gateway="g", number=1, made_at=plan.made_at, until=last, plans=(plan,)),
        )
    )


class _Calm:
    """One night of a SYNTHETIC spring."""

    def night(self, land: tuple[Parcel, ...]) -> tuple[DayInputs, DayDecision]:
        """The night, decided."""
        from tests.synthetic_season import ahead, past  # noqa: PLC0415 -- of the tests alone

        inputs = DayInputs(
            day=date(2026, 6, 10),
            parcels=land,
            weather=past(date(2026, 6, 9)),
            forecast=ahead(date(2026, 6, 10)),
            code_version="bench",
            events=_before(land, date(2026, 6, 10)),
        )
        return inputs, decide(inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    ahead: int
    crop: str
    plan_mm: float
    cloud_mm: float


def _nearness(climate: Climate) -> Iterator[Figure]:
    for measured in (True, False):
        answers = [one for begins in SILENCES for one in _silence(climate, begins, measured=measured)]
        told = "with a gauge and a thermometer" if measured else "with nothing measured"
        for ahead in ASKED:
            some = [one for one in answers if one.ahead == ahead]
            both = [one for one in some if one.plan_mm > 0.0 and one.cloud_mm > 0.0]
            same = sum((one.plan_mm > 0.0) == (one.cloud_mm > 0.0) for one in some)
            name = f"SYNTHETIC: day {ahead} of silence, {told}"
            note = f"of {len(some)} parcel-days"
            yield Figure(name=f"{name}: same action", value=100.0 * same / max(len(some), 1), unit="%", note=note)
            if both:
                apart = median(one.plan_mm - one.cloud_mm for one in both)
                size = median(abs(one.plan_mm - one.cloud_mm) for one in both)
                usual = median(one.cloud_mm for one in both)
                note = f"median of {len(both)}; {size:.1f} mm either way, of a dose of {usual:.0f} mm"
                yield Figure(name=f"{name}: dose less the cloud's", value=apart, unit="mm", note=note)


def _silence(climate: Climate, begins: date, *, measured: bool) -> list[_Answer]:
    land = parcels_of(begins.year, 1)
    events = list(_before(land, begins))
    inputs = _inputs(climate, land, begins, events)
    decision = decide(inputs)
    made = make_plans(inputs, decision, [one.id for one in land], datetime.combine(begins, datetime.min.time(), UTC))
    events += [_irrigation(name, one.day, one.told_mm) for name, one in _told(made)]
    given = {
        name: [Given(day=one.day, depth_mm=one.told_mm or 0.0) for one in plan.given]
        for name, plan in made.plans.items()
    }
    answers = []
    for ahead in range(1, max(ASKED) + 1):
        day = begins + timedelta(days=ahead)
        told = {}
        for name, plan in made.plans.items():
            advice = advise(plan, day, _measured(climate, begins, day) if measured else {}, given[name])
            assert advice is not None
            told[name] = 0.0 if advice.dose is None else float(advice.dose.depth_mm)
        if ahead in ASKED:
            cloud = {one.parcel_id: one for one in decide(_inputs(climate, land, day, events)).recommendations}
            for parcel in land:
                if parcel.id in told and cloud[parcel.id].action != "hold":
                    depth = cloud[parcel.id].depth_mm
                    cloud_mm = 0.0 if depth is None else depth.p50
                    answers.append(_Answer(ahead=ahead, crop=parcel.crop, plan_mm=told[parcel.id], cloud_mm=cloud_mm))
        for name, depth_mm in told.items():
            if depth_mm > 0.0:
                given[name].append(Given(day=day, depth_mm=depth_mm))
                events.append(_irrigation(name, day, depth_mm))
    return answers


def _told(made: PlansMade) -> Iterator[tuple[str, PlanGiven]]:
    for name, plan in made.plans.items():
        for one in plan.given:
            if one.told_mm is not None:
                yield name, one


def _measured(climate: Climate, begins: date, day: date) -> dict[date, Measured]:
    found = {}
    for ahead in range(-3, (day - begins).days):
        one = begins + timedelta(days=ahead)
        row = int((np.datetime64(one, "D") - climate.days[0]).astype(int))
        rain, warm = (float(climate.columns[name][row]) for name in ("rain_mm", "tmax_c"))
        found[one] = Measured(rain_mm=rain, highest_c=warm)
    return found


def _inputs(climate: Climate, land: tuple[Parcel, ...], day: date, events: Sequence[IrrigationEvent]) -> DayInputs:
    return DayInputs(
        day=day,
        parcels=land,
        weather=climate.upto(day - timedelta(days=1), date(day.year - 5, 1, 1)),
        forecast=climate.ahead_of(day),
        code_version="bench",
        events=tuple(one for one in events if one.started_at.astimezone(ZONE).date() < day),
    )


def _before(land: Sequence[Parcel], day: date) -> tuple[IrrigationEvent, ...]:
    """What the fields were given before: the usual need of the month, every few days."""
    found = []
    for parcel in land:
        begun = parcel.planted_on or day - timedelta(days=200)
        first = max(begun + timedelta(days=10), day - timedelta(days=200))
        for ahead in range(0, (day - first).days, EVERY_DAYS):
            one = first + timedelta(days=ahead)
            need_mm = EVERY_DAYS * ET0_MM_DAY[one.month - 1]
            found.append(_irrigation(parcel.id, one, min(need_mm, parcel.irrigation.max_mm or need_mm)))
    return tuple(found)


def _irrigation(name: str, day: date, depth_mm: float | None) -> IrrigationEvent:
    begin = datetime(day.year, day.month, day.day, 19, tzinfo=ZONE)
    return IrrigationEvent(parcel_id=name, started_at=begin, depth_mm=depth_mm or 0.0, source="reply")
