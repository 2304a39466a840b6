"""Fields under the advisor: its parcels, its sensors and its mornings, as a strategy of the closed loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Protocol, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cloud.records import IrrigationEvent
from cloud.variables import Floats
from simulations.closed_loop.advisor import Advisor, Morning, Sources, WaterRules
from simulations.closed_loop.climates import VARIABLES, Climate
from simulations.closed_loop.declared import parcel_of
from simulations.closed_loop.farmers import Done
from simulations.closed_loop.fields import FieldSeason
from simulations.closed_loop.loop import Morning as Dawn
from simulations.closed_loop.pilot import Sensors
from simulations.closed_loop.sensors import PROBE_DEPTHS_M, SensorField, Sight, equipment_of
from simulations.closed_loop.telling import Telling
from simulations.closed_loop.world import Truth, World

BEFORE_DAYS: Final = 20
"""Days of weather that are known before the first field is sown."""
LONGEST_DAYS: Final = 420


class Ahead(Protocol):
    """Forecasts of the fields."""

    def issued(self, day: date, fields: Sequence[FieldSeason], standing: NDArray[np.bool_]) -> xr.Dataset:
        """Ensemble issued on the morning of a nominal day, dims (time, member, site) with a site for each field."""
        ...


@dataclass(slots=True)
class Account:
    """What is counted of the advisor while the season runs, arrays (F,)."""

    held_days: Floats
    advised_days: Floats
    error_sum: Floats
    square_sum: Floats
    compared: Floats
    decisions: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    @classmethod
    def empty(cls, count: int) -> Self:
        """Nothing counted yet of ``count`` fields."""
        held, advised, errors, squares, compared = (np.zeros(count) for _ in range(5))
        return cls(held, advised, errors, squares, compared)


class AdvisedFields:
    """The real advisor in front of simulated fields; wishes are what it, or the agronomist, tells the farmers."""

    def __init__(  # noqa: PLR0913 -- each is a part of the world that a test swaps on its own
        self,
        fields: Sequence[FieldSeason],
        told: Mapping[str, Climate],
        sources: Sources,
        sensors: SensorField,
        ahead: Ahead,
        *,
        agronomist: bool,
        seed: int,
        rules: WaterRules | None = None,
    ) -> None:
        self._fields = tuple(fields)
        self._place = {one.id: place for place, one in enumerate(fields)}
        parcels = [parcel_of(one, told[one.climate], place) for place, one in enumerate(fields)]
        self._telling, self._replies = Telling(parcels), sources.replies
        self._advisor = Advisor(parcels, sources, rules or WaterRules(), seed=seed, agronomist=agronomist)
        self._sensors = sensors
        self._ahead = ahead
        first = min(one.nominal_sown_on for one in fields) - timedelta(days=BEFORE_DAYS)
        self._days = np.datetime64(first, "D") + np.arange(LONGEST_DAYS)
        self._weather = measured(fields, told, first)
        count = len(fields)
        self._wished = np.zeros(count)
        self.account = Account.empty(count)

    def decide(self, dawn: Dawn) -> Floats:
        """Gross depths (F,) that the farmers are told to give [mm]."""
        known = int((np.datetime64(dawn.day, "D") - self._days[0]).astype(int))
        sight = None if dawn.truth is None else sight_of(dawn.world, dawn.truth)
        morning = Morning(
            day=dawn.day,
            days=self._days[:known],
            weather={name: values[:known] for name, values in self._weather.items()},
            forecast=self._ahead.issued(dawn.day, self._fields, dawn.growing),
            detections=() if sight is None else self._sensors.detections(sight),
            readings=() if sight is None else self._sensors.readings(sight),
            events=() if dawn.done is None else self._heard(dawn.done),
            standing=frozenset(one.id for one, stands in zip(self._fields, dawn.growing, strict=True) if stands),
        )
        wish = np.zeros(len(self._fields))
        for one in self._advisor.advise(morning):
            place = self._place[one.parcel_id]
            wish[place] = one.depth_mm
            self.account.advised_days[place] += 1.0
            silent = one.decision in {"hold", "block"}
            self.account.held_days[place] += silent
            for table, name in ((self.account.decisions, one.decision), (self.account.reasons, one.reason_code)):
                table[name] = table.get(name, 0) + 1
        self._compare(dawn)
        self._wished = wish
        return wish

    def _heard(self, done: Done) -> list[IrrigationEvent]:
        return self._telling.events(done, self._wished, replies=self._replies)

    def _compare(self, dawn: Dawn) -> None:
        """What the advisor believes to be missing this morning against what is missing."""
        if dawn.truth is None:
            return
        for name, believed in self._advisor.believed_mm().items():
            place = self._place[name]
            error = believed - float(dawn.truth.depletion_mm[place])
            if np.isfinite(error):
                self.account.error_sum[place] += error
                self.account.square_sum[place] += error**2
                self.account.compared[place] += 1.0


def measured(fields: Sequence[FieldSeason], told: Mapping[str, Climate], first: date) -> dict[str, Floats]:
    """Weather (D, F) that stations tell of the nominal days from ``first`` on; NaN beyond their record."""
    found = {name: np.full((LONGEST_DAYS, len(fields)), np.nan) for name in VARIABLES}
    for place, one in enumerate(fields):
        station = told[one.climate]
        start = int((np.datetime64(first - one.shift, "D") - station.days[0]).astype(int))
        rows = np.arange(start, start + LONGEST_DAYS)
        inside = (rows >= 0) & (rows < station.days.size)
        for name in VARIABLES:
            found[name][inside, place] = station.column(name)[rows[inside]]
    return found


def sight_of(world: World, truth: Truth) -> Sight:
    """What there is to see of yesterday."""
    water = np.full((len(world.fields), len(PROBE_DEPTHS_M)), np.nan)
    for place in np.flatnonzero(truth.growing):
        plant = world.plant(int(place))
        if plant is not None:
            water[place] = [_between(plant.contents, plant.bottoms_m, top, low) for top, low in PROBE_DEPTHS_M]
    return Sight(
        day=truth.day,
        canopy_cover=truth.canopy_cover,
        stress=np.where(truth.potential_transpiration_mm > 0.0, truth.stress, np.nan),
        soil_water=water,
        rain_mm=np.nan_to_num(truth.rain_mm),
    )


def _between(contents: Floats, bottoms_m: Floats, top_m: float, low_m: float) -> float:
    """Mean content between two depths of layers that end at ``bottoms_m``."""
    tops = np.concatenate([[0.0], bottoms_m[:-1]])
    inside = np.clip(np.minimum(bottoms_m, low_m) - np.maximum(tops, top_m), 0.0, None)
    return float(contents @ inside / inside.sum())


def equipped(fields: Sequence[FieldSeason], settings: Sensors, seed: int) -> SensorField:
    """The sensors of the fields."""
    equipment = [equipment_of(one.id, one.crop, one.nominal_sown_on, settings, seed) for one in fields]
    return SensorField(equipment, settings, seed)
