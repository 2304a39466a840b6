"""One day of the ensemble: what is not known of the day, the balance, and water that takes its time to leave."""

import numpy as np

from cloud.agronomy.assimilation.members import (
    drifts_of,
    et0_factor,
    forgotten,
    irrigation_factor,
    rain_factor,
    wandered,
)
from cloud.agronomy.crops.season import STANDARD_RH_MIN_PERCENT, STANDARD_WIND_M_S, Stage
from cloud.agronomy.drainage import drained
from cloud.agronomy.engines.engine import compiled_past_day
from cloud.agronomy.inbox import Inbox
from cloud.agronomy.opening import Run
from cloud.agronomy.plots import Plots
from cloud.agronomy.step import DayInputs, Fluxes, Water, advance
from cloud.variables import Floats, Indices


def day_inputs(run: Run, inbox: Inbox, place: int, active: Indices) -> DayInputs:
    """Weather and irrigation of one day for the active parcels, each member with its own error."""
    forcing, ordinal = run.forcing, int(run.forcing.days[place].astype(np.int64))

    def column(values: Floats, otherwise: float) -> Floats:
        chosen = values[place, active][:, None]
        return np.where(np.isnan(chosen), otherwise, chosen)

    nothing = np.zeros((active.size, 1))
    filled = nothing if forcing.filled is None else forcing.filled[place, active][:, None] * 1.0
    sigma = nothing * np.nan if forcing.et0_sigma is None else forcing.et0_sigma[place, active][:, None]
    net = inbox.gross_mm[place, active][:, None] * run.plots.efficiency[active]
    single = run.drawn.count == 1
    et0_error = 1.0 if single else et0_factor(run.drawn, ordinal, filled, sigma)
    return DayInputs(
        et0_mm=forcing.et0_mm[place, active][:, None] * et0_error,
        rain_mm=forcing.rain_mm[place, active][:, None] * (1.0 if single else rain_factor(run.drawn, ordinal, filled)),
        wind_2m_m_s=column(forcing.wind_2m_m_s, STANDARD_WIND_M_S),
        rh_min_percent=column(forcing.rh_min_percent, STANDARD_RH_MIN_PERCENT),
        irrigation_mm=net * irrigation_factor(run.drawn, inbox.gross_sigma[place, active][:, None], ordinal),
    )


def past_day(run: Run, ordinal: int, parts: tuple[Water, Plots, Stage, DayInputs]) -> tuple[Water, Fluxes]:
    """Water and fluxes of a day that is known: the ensemble drifts, then the balance; a single member only steps."""
    water, plots, stage, today = parts
    if run.drawn.count == 1:
        return advance(water, plots, stage, today)
    if run.threads:
        return compiled_past_day(parts, drifts_of(run.drawn, ordinal), run.threads)
    water = wandered(water, plots, run.drawn, ordinal)
    after, fluxes = advance(water, plots, stage, today)
    return drained(water, after, plots, fluxes)


def coming_day(water: Water, plots: Plots, stage: Stage, today: DayInputs) -> tuple[Water, Fluxes]:
    """Water and fluxes of a day to come: nothing new is drawn, the passing error of evapotranspiration fades."""
    if water.depletion_mm.shape[1] == 1:
        return advance(water, plots, stage, today)
    before = forgotten(water)
    after, fluxes = advance(before, plots, stage, today)
    return drained(before, after, plots, fluxes)
