"""Synthetic fields of every kind, drawn at random: for showing that two ways to compute the balance are one."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from cloud.agronomy.assimilation.members import Draws, draws, start
from cloud.agronomy.assimilation.priors import as_found_in_fields
from cloud.agronomy.crops.season import Stage, stage_on
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.step import DayInputs, Water
from cloud.records import IrrigationSystem, Parcel, Soil, SoilLayer, WaterSource
from cloud.variables import Floats

CROPS: Final = ("wheat", "maize", "tomato", "olive", "citrus", "sugar_beet", "alfalfa", "potato", "date_palm")
METHODS: Final = ("drip", "sprinkler", "basin", "furrow")
FIRST: Final = date(2024, 5, 15)


@dataclass(frozen=True, kw_only=True)
class Field:
    """P parcels, M members and K days of weather."""

    parcels: tuple[Parcel, ...]
    plots: Plots
    drawn: Draws
    water: Water
    stages: list[Stage]
    days: list[DayInputs]


def random_parcel(generator: np.random.Generator, name: str) -> Parcel:
    """A parcel of any crop, soil, method, water table and salt."""
    capacity = float(generator.uniform(0.12, 0.40))
    layers = tuple(
        SoilLayer(depth_m=depth, field_capacity=limit, wilting_point=limit * float(generator.uniform(0.3, 0.7)))
        for depth, limit in zip((0.3, 0.7, 1.5), generator.uniform(0.12, 0.40, 3).tolist(), strict=True)
    )
    layered = generator.random() < 0.3
    return Parcel(
        id=name,
        crop=str(generator.choice(CROPS)),
        planted_on=date(2024, int(generator.integers(2, 6)), int(generator.integers(1, 28))),
        latitude=32.3,
        longitude=-6.4,
        soil=Soil(
            field_capacity=None if layered else capacity,
            wilting_point=None if layered else capacity * float(generator.uniform(0.3, 0.7)),
            layers=layers[: int(generator.integers(1, 4))] if layered else (),
            depth_m=float(generator.uniform(0.3, 1.2)) if generator.random() < 0.2 else None,
            groundwater_depth_m=float(generator.uniform(0.4, 5.0)) if generator.random() < 0.3 else None,
        ),
        irrigation=IrrigationSystem(method=str(generator.choice(METHODS))),
        water=WaterSource(salinity_ds_m=float(generator.uniform(0.5, 8.0)) if generator.random() < 0.3 else None),
        canopy_fraction=float(generator.uniform(0.05, 0.9)) if generator.random() < 0.2 else None,
    )


def random_field(seed: int, parcels: int, members: int, days: int) -> Field:
    """Parcels somewhere in their season, under days of which some are wet, some irrigated, some both."""
    generator = np.random.default_rng(seed)
    chosen = tuple(random_parcel(generator, f"p{place}") for place in range(parcels))
    plots = as_found_in_fields(plots_of(chosen, FIRST), chosen)
    plots = replace(plots, followed_m=np.where(generator.random((parcels, 1)) < 0.5, 1.0, 0.0))
    drawn = draws(members, seed)
    nothing = np.full((parcels, 1), np.nan)
    water = start(plots, drawn, np.full((parcels, 1), 0.2), nothing, np.zeros((parcels, 1)))
    water = replace(
        water,
        depletion_mm=water.depletion_mm - generator.uniform(0.0, 15.0, (parcels, 1)),
        surface_mm=water.surface_mm * generator.uniform(0.0, 1.0, (parcels, members)),
        wetted_fraction=np.where(generator.random((parcels, members)) < 0.5, 1.0, plots.wetted_fraction),
    )
    inputs = [random_day(generator, parcels, members) for _ in range(days)]
    dates = [np.full(parcels, np.datetime64(FIRST) + day) for day in range(days)]
    stages = [stage_on(plots, day, one.wind_2m_m_s, one.rh_min_percent) for day, one in zip(dates, inputs, strict=True)]
    return Field(parcels=chosen, plots=plots, drawn=drawn, water=water, stages=stages, days=inputs)


def random_day(generator: np.random.Generator, parcels: int, members: int) -> DayInputs:
    """A day of which every member has weather of its own, wind and humidity aside."""

    def some(share: float, values: Floats) -> Floats:
        return np.where(generator.random((parcels, 1)) < share, values, 0.0)

    shape = (parcels, members)
    return DayInputs(
        et0_mm=generator.uniform(0.0, 10.0, shape),
        rain_mm=some(0.35, generator.gamma(1.0, 15.0, shape)),
        wind_2m_m_s=generator.uniform(0.3, 7.0, (parcels, 1)),
        rh_min_percent=generator.uniform(5.0, 95.0, (parcels, 1)),
        irrigation_mm=some(0.25, generator.uniform(1.0, 90.0, shape)),
    )
