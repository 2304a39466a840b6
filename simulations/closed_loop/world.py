"""The true world of the closed loop: many fields of AquaCrop living through the nominal years day by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError
from cloud.variables import Floats
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.fields import FieldSeason
from simulations.closed_loop.plant import Plant, PlantDay, PlantHarvest


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One day of the fields, every array (F,); NaN where the field did not grow. Depths in mm, as of the evening."""

    day: date
    growing: NDArray[np.bool_]
    canopy_cover: Floats
    transpiration_mm: Floats
    potential_transpiration_mm: Floats
    evaporation_mm: Floats
    runoff_mm: Floats
    percolation_mm: Floats
    root_depth_m: Floats
    depletion_mm: Floats
    available_mm: Floats
    soil_water_mm: Floats
    stage: Floats
    rain_mm: Floats
    et0_mm: Floats
    gross_mm: Floats
    net_mm: Floats

    @property
    def stress(self) -> Floats:
        """Share of the transpiration that lack of water took that day [-]."""
        wanted = self.potential_transpiration_mm
        share = 1.0 - self.transpiration_mm / np.maximum(wanted, 1e-9)
        return np.where(wanted > 0.0, np.clip(share, 0.0, 1.0), np.where(np.isnan(wanted), np.nan, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What the seasons came to, every array (F,); depths in mm."""

    ids: tuple[str, ...]
    yield_t_ha: Floats
    potential_t_ha: Floats
    """Yield without any lack of water, in the same season."""
    gross_mm: Floats
    net_mm: Floats
    from_soil_mm: Floats
    """Water taken from the soil between sowing and harvest; negative where the soil ended wetter."""
    rain_mm: Floats
    evaporation_mm: Floats
    transpiration_mm: Floats
    percolation_mm: Floats
    runoff_mm: Floats
    events: Floats
    days: Floats

    @classmethod
    def joined(cls, parts: Sequence["Harvest"]) -> Self:
        """The harvests of several worlds as one."""
        names = [one.name for one in fields(cls) if one.name != "ids"]
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(ids=tuple(name for part in parts for name in part.ids), **arrays)


_SUMMED = ("transpiration_mm", "evaporation_mm", "runoff_mm", "percolation_mm")
_PLANT = tuple(one.name for one in fields(PlantDay))


class World:
    """Fields of any years on the nominal calendar; ``step`` lives the day ``day`` and moves on to the next."""

    def __init__(self, seasons: Sequence[FieldSeason], climates: Mapping[str, Climate]) -> None:
        self.fields = tuple(seasons)
        self._climates = climates
        self.first_day = min(one.nominal_sown_on for one in seasons)
        self.day = self.first_day
        self._seeds: dict[int, Plant] = {}
        self._plants: dict[int, Plant] = {}
        self._harvests: dict[int, PlantHarvest] = {}
        self._from_soil = np.full(len(seasons), np.nan)
        self._sums = {name: np.zeros(len(seasons)) for name in (*_SUMMED, "rain_mm", "gross_mm", "net_mm", "events")}
        self._efficiency = np.array([one.efficiency for one in seasons])
        self._sown = np.array([one.nominal_sown_on for one in seasons], dtype="datetime64[D]")

    def again(self) -> Self:
        """The same fields before their first day; what was opened for this world is not opened anew."""
        other = type(self)(self.fields, self._climates)
        other._seeds = self._seeds  # noqa: SLF001 -- of this very class
        return other

    @property
    def finished(self) -> bool:
        """Whether every field is harvested."""
        return len(self._harvests) == len(self.fields)

    @property
    def growing(self) -> NDArray[np.bool_]:
        """Fields (F,) that are sown by the morning of ``day`` and not yet harvested."""
        growing = self._sown <= np.datetime64(self.day, "D")
        growing[list(self._harvests)] = False
        return growing

    def plant(self, place: int) -> Plant | None:
        """The field itself, for sensors in its soil; None before it is sown."""
        return self._plants.get(place)

    def step(self, gross_mm: Floats) -> Truth:
        """Live one day with these gross depths (F,) at the fields' inlets; water where no crop grows is refused."""
        growing = self.growing
        stray = np.flatnonzero(~growing & (gross_mm > 0.0))
        if stray.size or not np.isfinite(gross_mm).all() or (gross_mm < 0.0).any():
            name = self.fields[int(stray[0])].id if stray.size else "all"
            raise InputError(
                f"irrigation of {name} on {self.day}: expected a depth of at least 0 mm on growing fields only, got"
                f" {gross_mm[stray][:1] if stray.size else gross_mm.min()}; ask World.growing first"
            )
        net_mm = gross_mm * self._efficiency
        table = np.full((len(_PLANT), len(self.fields)), np.nan)
        weather = np.full((2, len(self.fields)), np.nan)
        for place in np.flatnonzero(growing):
            lived = self._lived(int(place), float(net_mm[place]))
            table[:, place] = [getattr(lived, name) for name in _PLANT]
            weather[:, place] = self._weather(int(place))
        columns = dict(zip(_PLANT, table, strict=True))
        rain = np.where(growing, weather[0], 0.0)
        for name, values in {**columns, "rain_mm": rain, "gross_mm": gross_mm, "net_mm": net_mm}.items():
            if name in self._sums:
                self._sums[name] += np.where(growing, values, 0.0)
        self._sums["events"] += gross_mm > 0.0
        truth = Truth(
            day=self.day,
            growing=growing,
            rain_mm=weather[0],
            et0_mm=weather[1],
            gross_mm=gross_mm.copy(),
            net_mm=net_mm,
            **columns,
        )
        self.day += timedelta(days=1)
        return truth

    def harvest(self) -> Harvest:
        """Yield and water of all fields; refused before the last is ripe."""
        if not self.finished:
            left = next(one.id for place, one in enumerate(self.fields) if place not in self._harvests)
            raise InputError(f"harvest on {self.day}: expected every field to be ripe, {left} is not; step on")
        ends = [self._harvests[place] for place in range(len(self.fields))]
        return Harvest(
            ids=tuple(one.id for one in self.fields),
            yield_t_ha=np.array([one.yield_t_ha for one in ends]),
            potential_t_ha=np.array([one.potential_t_ha for one in ends]),
            from_soil_mm=self._from_soil.copy(),
            days=np.array([float(one.days) for one in ends]),
            **{name: values.copy() for name, values in self._sums.items()},
        )

    def _lived(self, place: int, net_mm: float) -> PlantDay:
        plant = self._plants.get(place)
        if plant is None:
            field = self.fields[place]
            if place not in self._seeds:
                self._seeds[place] = Plant(field, self._climates[field.climate])
            plant = self._plants[place] = self._seeds[place].copy()
        lived = plant.step(net_mm)
        if plant.finished:
            self._harvests[place] = plant.harvest()
            self._from_soil[place] = plant.initial_water_mm - lived.soil_water_mm
        return lived

    def _weather(self, place: int) -> tuple[float, float]:
        field = self.fields[place]
        climate = self._climates[field.climate]
        row = climate.rows(self.day - field.shift, 1).start
        return float(climate.rain_mm[row]), float(climate.et0_mm[row])
