"""One parcel's plan written down: what was found for the days ahead, as the field's own record."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from cloud.advice.dose import duration_of, volume_of
from cloud.advice.system import limits_of
from cloud.judge.hard_limits import BucketAhead, event_limits
from cloud.planning.doses import DoseTable, Ground
from cloud.planning.use import RAIN_FROM_MM, UseAhead
from cloud.presumption import expected_share
from cloud.records import Parcel
from edge.plan import DoseStep, HardLimits, Plan, PlanDay, PlanGiven, ProbeTable, RainClass

DOUBT_SHARE: Final = 0.5
"""Spread from which the soil should be looked at, as a share of what is readily available."""
USUAL_COMPLIANCE: Final = 0.5
FINE_UPTO_MM, COARSE_UPTO_MM = 40, 80
"""Doses to every millimetre, to every second one, to every fifth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Everything that one parcel's plan is written from."""

    parcel: Parcel
    made_at: datetime
    first: date
    ground: Ground
    use: UseAhead
    table: DoseTable | None
    bucket: BucketAhead | None
    column: int
    """The parcel's place in the judge's bucket."""
    capacity_fraction: float
    root_depth_m: float
    given: tuple[PlanGiven, ...]
    left_m3: float | None
    reason: str | None = None
    """Why there can be no plan."""

    @property
    def days(self) -> tuple[date, ...]:
        """The days of the plan."""
        return tuple(self.first + timedelta(days=ahead) for ahead in range(len(self.ground.chances.access)))


def plan_of(made: Made) -> Plan:
    """The plan of a parcel, without recipients."""
    assert made.table is not None, "a parcel without a table has no plan"
    system, use, place = limits_of(made.parcel), made.use, made.ground.place
    readily = float(use.projection.readily_available_mm[0, place].mean())
    return Plan(
        parcel_id=made.parcel.id,
        made_at=made.made_at,
        missing_mm=_mm(use.missing_mm[place]),
        total_mm=_mm(use.projection.total_available_mm[:, place].mean(axis=1).max()),
        efficiency=system.stored_fraction,
        counted=round(float(use.counted[place]), 3),
        levels_mm=tuple(_mm(level) for level in made.table.levels_mm),
        steps=steps_of(made),
        rain=tuple(
            RainClass(from_mm=least, counts_mm=_mm(use.rain_counts_mm[row, place]))
            for row, least in enumerate(RAIN_FROM_MM)
        ),
        probe=_probe(made),
        given=made.given,
        presumed=expected_share(USUAL_COMPLIANCE),
        limits=_limits(made),
        days=tuple(_day(made, ahead, made.table) for ahead in range(len(made.days))),
        doubt_mm=_mm(DOUBT_SHARE * readily),
    )


def steps_of(made: Made) -> tuple[DoseStep, ...]:
    """The doses that may be spoken: whole millimetres with the volume and time that the cloud would tell."""
    system, parcel = limits_of(made.parcel), made.parcel
    largest = math.floor(min(system.max_mm, float(made.ground.chances.most_mm.max(initial=0.0))))
    steps = []
    for depth in range(max(1, math.ceil(system.min_mm)), largest + 1):
        every = 1 if depth <= FINE_UPTO_MM else 2 if depth <= COARSE_UPTO_MM else 5
        if depth % every and depth != largest:
            continue
        volume = volume_of(depth, parcel.area_ha)
        duration = duration_of(volume, made.ground.chances.flow_m3_h)
        if volume > 0.0 and (duration is None or 0.0 < duration <= event_limits(parcel).longest_run_h):
            steps.append(DoseStep(depth_mm=depth, volume_m3=volume, duration_h=duration))
    return tuple(steps)


def _day(made: Made, ahead: int, table: DoseTable) -> PlanDay:
    assert made.bucket is not None, "a parcel without limits has no plan"
    use, place, day = made.use, made.ground.place, made.days[ahead]
    window = made.ground.chances.windows[ahead]
    midnight = datetime.combine(day, time(0), tzinfo=ZoneInfo(made.parcel.timezone))
    return PlanDay(
        day=day,
        begins_at=midnight.astimezone(UTC),
        starts_from=None if window is None else window[0].astimezone(UTC),
        starts_to=None if window is None else window[1].astimezone(UTC),
        use_mm=(_mm(use.use_mm[ahead, place, 0]), _mm(use.use_mm[ahead, place, 1]), _mm(use.use_mm[ahead, place, 2])),
        usual_from_c=_temperature(use.warm_from_c[ahead, place, 0]),
        hot_from_c=_temperature(use.warm_from_c[ahead, place, 1]),
        rain_mm=_mm(use.rain_mm[ahead, place]),
        spread_mm=_mm(use.spread_mm[ahead, place]),
        most_mm=_mm(made.ground.chances.most_mm[ahead]),
        limit_use_mm=_mm(made.bucket.use_mm[ahead, made.column]),
        limit_most_mm=_mm(made.bucket.readily_available_mm[ahead, made.column]),
        doses_mm=tuple(int(dose) for dose in table.doses_mm[ahead]),
    )


def _limits(made: Made) -> HardLimits:
    assert made.bucket is not None, "a parcel without limits has no plan"
    limits = event_limits(made.parcel)
    return HardLimits(
        smallest_mm=limits.smallest_mm,
        largest_mm=limits.largest_mm,
        longest_run_h=limits.longest_run_h,
        efficiency=limits.efficiency,
        margin_mm=limits.margin_mm,
        margin_fraction=limits.margin_fraction,
        useful_rain=limits.useful_rain,
        refill_from=limits.refill_from,
        refill_least_mm=limits.refill_least_mm,
        refill_keeps=limits.refill_keeps,
        missing_mm=_mm(made.bucket.missing_mm[made.column]),
        left_m3=made.left_m3,
    )


def _probe(made: Made) -> ProbeTable | None:
    """Readings of the mean root zone by level; none where a level would be drier than any soil."""
    assert made.table is not None, "a parcel without a table has no plan"
    fractions = made.capacity_fraction - made.table.levels_mm / (1000.0 * made.root_depth_m)
    if not np.isfinite(fractions).all() or not 0.0 < made.capacity_fraction < 1.0 or made.root_depth_m > 5.0:  # noqa: PLR2004 -- the contract's deepest probe
        return None
    return ProbeTable(
        depth_from_m=0.0,
        depth_to_m=round(made.root_depth_m, 2),
        upto_fraction=tuple(round(max(float(one), 0.0), 4) for one in fractions),
    )


def _mm(value: float) -> float:
    return round(max(float(value), 0.0), 2)


def _temperature(value: float) -> float | None:
    return round(float(value), 1) if np.isfinite(value) else None
