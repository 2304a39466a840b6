"""The advisor in the closed loop: the real day of the cloud, judge included, on fields that it knows only from outside.

What is real: ``cloud.daily.decide`` with the state carried from day to day, its judge and its records. What is
simulated: weather and forecasts of the world, sensors, what farmers and meters tell, and the agronomist who looks at
held advice. All seasons run on one nominal calendar, each field with a weather site of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Self

import numpy as np
import xarray as xr

from cloud.agronomy.carrying.carried import CarriedWater, carry
from cloud.daily import DayDecision, DayInputs, decide
from cloud.records import CanalTurn, IrrigationEvent, Observation, Parcel, Pump, Quota, Verdict
from cloud.variables import Floats
from edge.contract import Detection
from simulations.closed_loop.pilot import AdvisorStrategy

HISTORY_DAYS: Final = 14
DETECTION_DAYS: Final = 4
REVIEWED: Final = 0.8
"""Share of held advice that the agronomist gets to on the same day: assumed."""
MEMBERS: Final = 64
_SEASON_BEFORE_DAYS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the advisor may use; each ablation takes one source away."""

    vision: bool = True
    forecast: bool = True
    assimilation: bool = True
    replies: bool = True

    @classmethod
    def of(cls, strategy: AdvisorStrategy) -> Self:
        """The sources of a strategy by its name."""
        name = strategy.removeprefix("no_")
        return cls() if name == strategy else cls(**{name: False})


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """What the advisor is told on the morning of a day; weather arrays (D, F) of all days up to yesterday."""

    day: date
    days: np.ndarray[Any, np.dtype[np.datetime64]]
    weather: Mapping[str, Floats]
    forecast: xr.Dataset | None
    detections: Sequence[Detection] = ()
    """Photos of yesterday."""
    readings: Sequence[Observation] = ()
    """Readings of yesterday."""
    events: Sequence[IrrigationEvent] = ()
    """Irrigations told since the last morning, whenever they were."""
    standing: frozenset[str] = frozenset()
    """Parcels whose crop is in the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one farmer is told on a day: water it, or not."""

    parcel_id: str
    depth_mm: float
    decision: str
    reason_code: str
    reviewed_by_human: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterRules:
    """Turns, quotas and pumps that bind the fields; none: water on demand."""

    turns: tuple[CanalTurn, ...] = ()
    quotas: tuple[Quota, ...] = ()
    pumps: tuple[Pump, ...] = ()


@dataclass(slots=True)
class _Memory:
    state: CarriedWater | None = None
    events: list[IrrigationEvent] = field(default_factory=list)
    readings: list[Observation] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


class Advisor:
    """The cloud's day, asked every morning about every field that stands."""

    def __init__(
        self, parcels: Sequence[Parcel], sources: Sources, rules: WaterRules, *, seed: int, agronomist: bool
    ) -> None:
        self._parcels = tuple(parcels)
        self._column = {parcel.id: place for place, parcel in enumerate(parcels)}
        self._sources = sources
        self._rules = rules
        self._seed = seed
        self._agronomist = agronomist
        self._memory = _Memory()
        self.last: DayDecision | None = None
        """The decision of the last morning."""

    def advise(self, morning: Morning) -> tuple[Told, ...]:
        """What each farmer is told, one entry for each standing parcel that is planted by the advisor's file."""
        parcels = tuple(
            one
            for one in self._parcels
            if one.id in morning.standing and one.planted_on is not None and one.planted_on < morning.day
        )
        self._take(morning)
        if not parcels:
            self.last = None
            return ()
        self.last = decide(self._inputs(morning, parcels))
        self._remember(self.last, parcels)
        return tuple(self._told(verdict) for verdict in self.last.verdicts)

    def believed_mm(self) -> Mapping[str, float]:
        """Depletion that the advisor took for granted this morning, by parcel: the median of its members [mm]."""
        if self.last is None:
            return {}
        known = ((one.parcel_id, one.depletion_mm) for one in self.last.recommendations)
        return {name: quantiles.p50 for name, quantiles in known if quantiles is not None}

    def _take(self, morning: Morning) -> None:
        memory, sources = self._memory, self._sources
        memory.events += morning.events
        if sources.assimilation:
            memory.readings += morning.readings
        if sources.assimilation and sources.vision:
            oldest = morning.day - timedelta(days=DETECTION_DAYS)
            recent = [*memory.detections, *morning.detections]
            memory.detections = [one for one in recent if one.taken_at is not None and one.taken_at.date() > oldest]

    def _inputs(self, morning: Morning, parcels: tuple[Parcel, ...]) -> DayInputs:
        memory, names = self._memory, {parcel.id for parcel in parcels}
        columns = np.array([self._column[parcel.id] for parcel in parcels], dtype=np.intp)
        earliest = min(one.planted_on for one in parcels if one.planted_on is not None)
        first = np.datetime64(earliest - timedelta(days=_SEASON_BEFORE_DAYS), "D")
        rows = morning.days >= first
        place = place_of(parcels)
        weather = {name: (("time", "site"), values[rows][:, columns]) for name, values in morning.weather.items()}
        return DayInputs(
            day=morning.day,
            parcels=parcels,
            weather=xr.Dataset(
                weather,
                coords={"time": morning.days[rows], **place},
                attrs={"source": "simulated weather", "sha256": "a" * 64, "notes": "", "problems": ""},
            ),
            forecast=None if morning.forecast is None else forecast_at(morning.forecast, columns, place),
            code_version="simulation",
            events=tuple(one for one in memory.events if one.parcel_id in names),
            observations=tuple(one for one in memory.readings if one.parcel_id in names),
            detections=tuple(one for one in memory.detections if one.parcel_id in names),
            turns=self._rules.turns,
            quotas=self._rules.quotas,
            pumps=self._rules.pumps,
            history=tuple(one for one in memory.verdicts if one.proposed.parcel_id in names),
            state=memory.state,
            members=MEMBERS,
        )

    def _remember(self, decision: DayDecision, parcels: Sequence[Parcel]) -> None:
        memory = self._memory
        day = decision.recommendations[0].day
        kept = [one for one in memory.verdicts if (day - one.proposed.day).days < HISTORY_DAYS]
        memory.verdicts = [*kept, *decision.verdicts]
        if decision.history is not None:
            by_id = {parcel.id: parcel for parcel in parcels}
            followed = [by_id[name] for name in decision.history.parcel_ids]
            memory.state = carry(decision.history.state, followed, seed=0, profile_depth_m=None)

    def _told(self, verdict: Verdict) -> Told:
        spoken, human = verdict.recommendation, False
        if verdict.decision in {"hold", "block"} and self._agronomist:
            day = verdict.proposed.day
            generator = np.random.default_rng([self._seed, day.toordinal(), *verdict.proposed.parcel_id.encode()])
            human = bool(generator.random() < REVIEWED)
            spoken = verdict.proposed if human else spoken
        waters = spoken.action == "irrigate" and spoken.depth_mm is not None
        return Told(
            parcel_id=spoken.parcel_id,
            depth_mm=spoken.depth_mm.p50 if waters and spoken.depth_mm is not None else 0.0,
            decision=verdict.decision,
            reason_code=spoken.reason_code,
            reviewed_by_human=human,
        )


def place_of(parcels: Sequence[Parcel]) -> dict[str, tuple[str, list[float]]]:
    """Coordinates of weather that has one site for each parcel, right where it lies."""
    return {
        "latitude": ("site", [parcel.latitude for parcel in parcels]),
        "longitude": ("site", [parcel.longitude for parcel in parcels]),
        "elevation_m": ("site", [parcel.elevation_m or 0.0 for parcel in parcels]),
    }


def forecast_at(
    forecast: xr.Dataset, columns: np.ndarray[Any, np.dtype[np.intp]], place: Mapping[str, Any]
) -> xr.Dataset:
    """The forecast of some fields, at the places where their parcels lie."""
    chosen = forecast.isel(site=columns).assign_coords(place)
    chosen.attrs = {"sha256": "b" * 64, "notes": "", "problems": "", **forecast.attrs}
    return chosen
