"""What the judge looks at: all inputs of the day, and one recommendation with its parcel's own soil lanes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from cloud.judge.bucket import Bucket, Lanes, net_by_day
from cloud.judge.climate import Climate, climate_of
from cloud.judge.finding import Finding
from cloud.judge.novelty import Novelty
from cloud.records import (
    CanalTurn,
    IrrigationEvent,
    Parcel,
    Pump,
    Quota,
    Recommendation,
    Verdict,
)
from edge.contract import Detection

__all__ = ["STALE_DAYS", "Case", "Finding", "JudgeInputs", "Sky", "Use", "sky_of"]

STALE_DAYS: Final = 3
LOOK_AHEAD_DAYS: Final = 8
LOOK_BACK_DAYS: Final = 6
LONGEST_BRIDGE_DAYS: Final = 30
"""Further from the last weather day the bucket says nothing; the age of the weather holds the advice anyway."""
FORECAST_RAIN_TRUSTED: Final = 0.5
"""Share of forecast rain that counts in the driest lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeInputs:
    """Everything the judge may look at; it reads the raw weather itself."""

    parcels: tuple[Parcel, ...]
    weather: xr.Dataset
    forecast: xr.Dataset | None = None
    events: tuple[IrrigationEvent, ...] = ()
    detections: tuple[Detection, ...] = ()
    turns: tuple[CanalTurn, ...] = ()
    quotas: tuple[Quota, ...] = ()
    pumps: tuple[Pump, ...] = ()
    history: tuple[Verdict, ...] = ()
    forecast_issued_on: date | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    """Factors by which people widened limits of single checks; without it the limits are as designed."""
    novelty: Novelty | None = None
    """What was learned from released advice; without it nobody is held for being new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What all proposals ask of one shared turn, pump or quota, and what there is."""

    name: str
    asked: float
    there_is: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """Weather and soil of one day, shared by all cases: the past, the forecast, and lanes from D to D + K."""

    day: date
    past: Climate
    ahead: Climate | None
    lanes: tuple[Lanes, ...]
    """Lanes at the end of day D, without any irrigation of that day's advice, then of each following day."""
    before: Mapping[date, Lanes] = field(default_factory=dict)
    """Lanes at the end of some days before D."""
    memo: dict[tuple[object, ...], tuple[Finding, ...]] = field(default_factory=dict)
    """Answers that are the same for all parcels of a place, by question and place."""
    rain_mm: dict[tuple[int, int, int], float | None] = field(default_factory=dict)
    """Forecast rain by site, first row and days [mm]."""
    told_hours: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """Hours of the day at which earlier irrigations were told to start, by source."""
    told_mm: dict[tuple[object, ...], tuple[tuple[float, ...], tuple[float, ...]] | None] = field(default_factory=dict)
    """Rain of the next days as an earlier issue told it and as this one does, by site and issue; None: unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One recommendation before the judge."""

    proposed: Recommendation
    parcel: Parcel
    index: int
    inputs: JudgeInputs
    sky: Sky
    events: tuple[IrrigationEvent, ...]
    detections: tuple[Detection, ...]
    history: tuple[Verdict, ...]
    uses: tuple[Use, ...] = ()
    parcels_by_stress: Mapping[float, int] = field(default_factory=dict)
    """On how many parcels photos say each stress."""

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the parcel, not of the recommendation."""
        return ZoneInfo(self.parcel.timezone)

    def midnight(self, days_after: int = 0) -> datetime:
        """Start of the recommendation's day, or of a day after it, where the parcel lies."""
        return datetime.combine(self.proposed.day + timedelta(days=days_after), time(0), tzinfo=self.zone)

    def local_day(self, moment: datetime) -> date:
        """Local day of a moment; its own day where the calendar ends before the zone's."""
        try:
            return moment.astimezone(self.zone).date()
        except OverflowError:
            return moment.date()

    @property
    def bucket_known(self) -> bool:
        """Whether the judge's bucket knows the parcel's soil water."""
        return bool(self.sky.lanes) and not bool(np.isnan(self.sky.lanes[0].middle_mm[self.index]))

    def lane(self, name: str, days_after: int = 0) -> float:
        """Value of one lane at the end of a day [mm]."""
        lanes = self.sky.lanes[min(days_after, len(self.sky.lanes) - 1)]
        return float(getattr(lanes, name)[self.index])

    def day_by_day(self, since: date, until: date) -> Iterator[tuple[float, float]]:
        """Use and net water of each day after ``since`` up to ``until``, by the middling lane [mm]."""
        day = since + timedelta(days=1)
        while day <= until:
            ahead = (day - self.sky.day).days
            lanes = self.sky.before.get(day) if ahead < 0 else self.sky.lanes[min(ahead, len(self.sky.lanes) - 1)]
            if lanes is not None:
                yield float(lanes.use_mm[self.index]), float(lanes.water_mm[self.index])
            day += timedelta(days=1)

    def rain_ahead_mm(self, days: int) -> float | None:
        """Forecast rain of the next days from D on [mm]; None without a forecast."""
        ahead = self.sky.ahead
        if ahead is None:
            return None
        site, first = int(ahead.site_of[self.index]), max(0, ahead.row(self.proposed.day))
        key = (site, first, days)
        if key not in self.sky.rain_mm:
            rain = ahead.rain_mm[first : first + days, site]
            self.sky.rain_mm[key] = float(np.nansum(rain)) if rain.size else None
        return self.sky.rain_mm[key]


def sky_of(day: date, inputs: JudgeInputs) -> Sky:
    """Climate and lanes for recommendations of one day."""
    past = climate_of(inputs.weather, inputs.parcels, until=day)
    ahead = None if inputs.forecast is None else climate_of(inputs.forecast, inputs.parcels)
    if past.middle_mm.shape[0] == 0:
        return Sky(day=day, past=past, ahead=ahead, lanes=())
    known = past.first_day + timedelta(days=past.middle_mm.shape[0] - 1)
    if (day - known).days > LONGEST_BRIDGE_DAYS:
        return Sky(day=day, past=past, ahead=ahead, lanes=())
    given = net_by_day(inputs.parcels, inputs.events)
    bucket = Bucket.run(inputs.parcels, past, given, min(known, day - timedelta(days=LOOK_BACK_DAYS)))
    before = {bucket.day: bucket.lanes}
    while bucket.day < min(known, day):
        bucket.step(past, given, dry_rain_share=1.0)
        before[bucket.day] = bucket.lanes
    lanes: list[Lanes] = [] if bucket.day < day else [bucket.lanes]
    while bucket.day < day + timedelta(days=LOOK_AHEAD_DAYS):
        upcoming = bucket.day + timedelta(days=1)
        covered = ahead is not None and 0 <= ahead.row(upcoming) < ahead.middle_mm.shape[0]
        climate = ahead if covered and ahead is not None else replace(past, rain_mm=np.zeros_like(past.rain_mm))
        bucket.step(climate, given if upcoming <= day else {}, dry_rain_share=FORECAST_RAIN_TRUSTED)
        if bucket.day >= day:
            lanes.append(bucket.lanes)
        else:
            before[bucket.day] = bucket.lanes
    return Sky(day=day, past=past, ahead=ahead, lanes=tuple(lanes), before=before)
