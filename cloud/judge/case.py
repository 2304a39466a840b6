"""What the judge looks at: all inputs of the day, and one recommendation with its parcel's own soil lanes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from cloud.judge.bucket import Bucket, Lanes, net_by_day
from cloud.judge.climate import Climate, climate_of
from cloud.records import (
    CanalTurn,
    Check,
    IrrigationEvent,
    Parcel,
    Pump,
    Quota,
    Recommendation,
    Verdict,
)
from edge.contract import Detection

STALE_DAYS: Final = 3
LOOK_AHEAD_DAYS: Final = 8
LONGEST_BRIDGE_DAYS: Final = 30
"""Further from the last weather day the bucket says nothing; the age of the weather holds the advice anyway."""
FORECAST_RAIN_TRUSTED: Final = 0.5
"""Share of forecast rain that counts in the driest lane."""
Severity = Literal["shrink", "hold", "block"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A check with what follows from its failure; ``at_most_mm`` is the depth that would have passed."""

    name: str
    passed: bool
    measured: float | str | None
    limit: float | str | None
    severity: Severity = "hold"
    at_most_mm: float | None = None

    def check(self) -> Check:
        """The record of the check."""
        return Check(name=self.name, passed=self.passed, measured=_short(self.measured), limit=_short(self.limit))


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

    def lane(self, name: str, days_after: int = 0) -> float:
        """Value of one lane at the end of a day [mm]."""
        lanes = self.sky.lanes[min(days_after, len(self.sky.lanes) - 1)]
        return float(getattr(lanes, name)[self.index])

    def rain_ahead_mm(self, days: int) -> float | None:
        """Forecast rain of the next days from D on [mm]; None without a forecast."""
        ahead = self.sky.ahead
        if ahead is None:
            return None
        first = max(0, ahead.row(self.proposed.day))
        rain = ahead.rain_mm[first : max(0, ahead.row(self.proposed.day)) + days, ahead.site_of[self.index]]
        return float(np.nansum(rain)) if rain.size else None


def sky_of(day: date, inputs: JudgeInputs) -> Sky:
    """Climate and lanes for recommendations of one day."""
    past = climate_of(inputs.weather, inputs.parcels, until=day)
    ahead = None if inputs.forecast is None else climate_of(inputs.forecast, inputs.parcels)
    if past.middle_mm.shape[0] == 0:
        return Sky(day=day, past=past, ahead=ahead, lanes=())
    known = past.first_day + timedelta(days=past.middle_mm.shape[0] - 1)
    if (day - known).days > LONGEST_BRIDGE_DAYS:
        return Sky(day=day, past=past, ahead=ahead, lanes=())
    bucket = Bucket.run(inputs.parcels, past, inputs.events, min(known, day))
    given = net_by_day(inputs.parcels, inputs.events)
    lanes: list[Lanes] = [] if bucket.day < day else [bucket.lanes]
    while bucket.day < day + timedelta(days=LOOK_AHEAD_DAYS):
        upcoming = bucket.day + timedelta(days=1)
        covered = ahead is not None and 0 <= ahead.row(upcoming) < ahead.middle_mm.shape[0]
        climate = ahead if covered and ahead is not None else replace(past, rain_mm=np.zeros_like(past.rain_mm))
        bucket.step(climate, given if upcoming <= day else {}, dry_rain_share=FORECAST_RAIN_TRUSTED)
        if bucket.day >= day:
            lanes.append(bucket.lanes)
    return Sky(day=day, past=past, ahead=ahead, lanes=tuple(lanes))


def _short(value: float | str | None) -> float | str | None:
    if isinstance(value, str) or value is None:
        return value
    return round(float(value), 3) if np.isfinite(value) else None
