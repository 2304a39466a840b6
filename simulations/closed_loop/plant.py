"""One field of the closed loop: AquaCrop-OSPy stepped one day at a time. The only door to that package's model.

AquaCrop (Steduto et al. 2009, doi:10.2134/agronj2008.0139s; AquaCrop-OSPy, Kelly and Foster 2021,
doi:10.1016/j.agwat.2021.106976) knows canopy, transpiration, soil water in layers and yield by its own equations;
nothing of the advisor's stands in here.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from cloud.variables import Floats
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.fields import CROPS, WETTED_PERCENT, FieldSeason, Ground
from simulations.closed_loop.swift import layers_of, live_day

if TYPE_CHECKING:
    from aquacrop import AquaCropModel, Soil

LARGEST_EVENT_MM: Final = 10_000.0
"""AquaCrop cuts a dose at 25 mm unless told otherwise."""
MARGIN_DAYS: Final = 45
"""Days that the run may take beyond the rough length of the season."""

# Columns of AquaCrop's tables of the day.
_SURFACE, _RUNOFF, _PERCOLATION, _EVAPORATION, _TRANSPIRATION, _POTENTIAL = 5, 8, 9, 13, 15, 16
_ROOT_M, _COVER, _BIOMASS, _BIOMASS_FREE = 5, 6, 8, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantDay:
    """What one day did to a field; depths in mm, contents at the end of the day."""

    canopy_cover: float
    transpiration_mm: float
    potential_transpiration_mm: float
    evaporation_mm: float
    runoff_mm: float
    percolation_mm: float
    root_depth_m: float
    depletion_mm: float
    """Water missing to field capacity in the root zone."""
    available_mm: float
    """Water between field capacity and wilting point in the root zone."""
    soil_water_mm: float
    """Water in the whole profile."""
    stage: float
    """AquaCrop's growth stage: 1 until a tenth of the canopy, 2 until the whole, 3 until it yellows, then 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantHarvest:
    """Dry yield [t/ha], what no lack of water would have given, and the days that the season took."""

    yield_t_ha: float
    potential_t_ha: float
    days: int


class Plant:
    """A growing field; ``step`` takes the depth that reaches the soil on the next day."""

    def __init__(self, field: FieldSeason, climate: Climate) -> None:
        self.field = field
        self._model = _model(field, climate)
        self._model._initialize()  # noqa: SLF001 -- a model that is stepped from outside has to be opened first
        profile = layers_of(self._model._param_struct.Soil.Profile)  # noqa: SLF001 -- no public door to the layers
        self._model._param_struct.Soil.Profile = profile  # noqa: SLF001 -- as above
        self._thickness_mm: Floats = 1000.0 * profile.dz
        self._bottom_m: Floats = profile.dzsum.copy()
        self._capacity: Floats = profile.th_fc.copy()
        self._wilting: Floats = profile.th_wp.copy()
        self._days = 0
        self.initial_water_mm = self.soil_water_mm

    def copy(self) -> Self:
        """The same field at the same hour, free to live on otherwise; opening a new one takes ten times as long."""
        return deepcopy(self)

    @property
    def finished(self) -> bool:
        """Whether the crop is ripe, or dead."""
        return self._model._clock_struct.model_is_finished  # noqa: SLF001 -- no public door

    @property
    def contents(self) -> Floats:
        """Volumetric water content of the soil's layers [m3/m3], from the top."""
        contents: Floats = self._model._init_cond.th  # noqa: SLF001 -- no public door
        return contents

    @property
    def bottoms_m(self) -> Floats:
        """Depth of the lower end of each layer [m]."""
        return self._bottom_m

    @property
    def soil_water_mm(self) -> float:
        """Water in the whole profile and standing on it [mm]."""
        standing = float(self._model._init_cond.surface_storage)  # noqa: SLF001 -- no public door
        return float(self.contents @ self._thickness_mm) + standing

    def step(self, net_mm: float) -> PlantDay:
        """Live through one day on which ``net_mm`` of irrigation reach the soil."""
        model = self._model
        row = model._clock_struct.time_step_counter  # noqa: SLF001 -- no public door
        model._param_struct.IrrMngt.depth = net_mm  # noqa: SLF001 -- AquaCrop's own way for doses from outside
        live_day(model)
        self._days += 1
        outputs = model._outputs  # noqa: SLF001 -- its tables have a public door only once the season is over
        flux, growth = np.asarray(outputs.water_flux)[row], np.asarray(outputs.crop_growth)[row]
        root_m = float(growth[_ROOT_M])
        # Root zone in each layer [mm]: what lies between the layer's top and the deepest root.
        held = np.clip(1000.0 * (root_m - self._bottom_m) + self._thickness_mm, 0.0, self._thickness_mm)
        return PlantDay(
            canopy_cover=float(growth[_COVER]),
            transpiration_mm=float(flux[_TRANSPIRATION]),
            potential_transpiration_mm=float(flux[_POTENTIAL]),
            evaporation_mm=float(flux[_EVAPORATION]),
            runoff_mm=float(flux[_RUNOFF]),
            percolation_mm=float(flux[_PERCOLATION]),
            root_depth_m=root_m,
            depletion_mm=float((self._capacity - self.contents) @ held),
            available_mm=float((self._capacity - self._wilting) @ held),
            soil_water_mm=self.soil_water_mm,
            stage=float(model._init_cond.growth_stage),  # noqa: SLF001 -- no public door
        )

    def harvest(self) -> PlantHarvest:
        """Yield of the finished season."""
        row = self._model._outputs.final_stats.iloc[0]  # noqa: SLF001 -- as above
        return PlantHarvest(
            yield_t_ha=float(row["Dry yield (tonne/ha)"]),
            potential_t_ha=float(row["Yield potential (tonne/ha)"]),
            days=self._days,
        )


def _model(field: FieldSeason, climate: Climate) -> AquaCropModel:
    from aquacrop import AquaCropModel, Crop, InitialWaterContent, IrrigationManagement  # noqa: PLC0415 -- heavy, as all below

    crop = CROPS[field.crop]
    last = field.sown_on + timedelta(days=crop.rough_days + MARGIN_DAYS)
    return AquaCropModel(
        _slashed(field.sown_on),
        _slashed(last),
        _weather(field, climate, crop.rough_days + MARGIN_DAYS + 2),
        soil_of(field.ground),
        Crop(crop.aquacrop, planting_date=field.sown_on.strftime("%m/%d")),
        InitialWaterContent("Pct", value=[field.initial_percent]),
        irrigation_management=IrrigationManagement(
            irrigation_method=5, depth=0.0, MaxIrr=LARGEST_EVENT_MM, WetSurf=WETTED_PERCENT[field.method]
        ),
    )


def soil_of(ground: Ground) -> Soil:
    """AquaCrop's soil of one layer; surface figures follow the texture as in AquaCrop's own table."""
    from aquacrop import Soil  # noqa: PLC0415 -- as above

    fine = ground.conductivity_mm_d < 250.0  # noqa: PLR2004 -- between the manual's medium and fine textures
    coarse = ground.conductivity_mm_d > 850.0  # noqa: PLR2004 -- between its medium and coarse ones
    number, evaporable_mm = (72.0, 11.0) if fine else (46.0, 7.0) if coarse else (61.0, 9.0)
    soil = Soil("custom", cn=number, rew=evaporable_mm)
    soil.add_layer(
        1.2,
        ground.wilting_point,
        ground.field_capacity,
        ground.saturation,
        ground.conductivity_mm_d,
        100,
    )
    return soil


def _weather(field: FieldSeason, climate: Climate, count: int) -> Any:  # noqa: ANN401 -- pandas carries no types
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 -- as above

    rows = climate.rows(field.sown_on, count)
    return pd.DataFrame(
        {
            "MinTemp": climate.tmin_c[rows],
            "MaxTemp": climate.tmax_c[rows],
            "Precipitation": climate.rain_mm[rows],
            "ReferenceET": np.maximum(climate.et0_mm[rows], 0.1),
            "Date": climate.days[rows].astype("datetime64[ns]"),
        }
    )


def _slashed(day: date) -> str:
    return day.strftime("%Y/%m/%d")
