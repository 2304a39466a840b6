"""A field of full-grown maize, and its water on one evening."""

from datetime import date
from typing import Final

import numpy as np

from cloud.agronomy.assimilation.members import draws, start
from cloud.agronomy.crops.season import stage_on
from cloud.agronomy.plots import Plots, plots_of
from cloud.agronomy.step import DayInputs, Fluxes, Water, advance
from cloud.records import IrrigationSystem, Parcel, Soil

MEMBERS: Final = 32


def evening(given_mm: float) -> tuple[Water, Plots, Fluxes]:
    """A field of full-grown maize in the evening of a day without rain."""
    parcel = Parcel(
        id="a",
        crop="maize",
        planted_on=date(2024, 3, 1),
        latitude=32.0,
        longitude=-6.0,
        soil=Soil(field_capacity=0.25, wilting_point=0.12),
        irrigation=IrrigationSystem(method="basin", efficiency=0.8),
    )
    plots = plots_of([parcel], date(2024, 5, 20))
    wind, humidity = np.full((1, 1), 2.0), np.full((1, 1), 45.0)
    stage = stage_on(plots, np.array(["2024-05-20"], dtype="datetime64[D]"), wind, humidity)
    eve = start(plots, draws(MEMBERS, 0), stage.root_depth_m, np.array([[given_mm]]), np.zeros((1, 1)))
    today = DayInputs(
        et0_mm=np.full((1, 1), 5.0),
        rain_mm=np.zeros((1, 1)),
        wind_2m_m_s=wind,
        rh_min_percent=humidity,
        irrigation_mm=np.zeros((1, MEMBERS)),
    )
    water, fluxes = advance(eve, plots, stage, today)
    return water, plots, fluxes
