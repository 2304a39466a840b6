"""A forecast as inputs of the balance, and what came of it as arrays."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from cloud.agronomy.crops.season import STANDARD_RH_MIN_PERCENT, STANDARD_WIND_M_S, Stage, stage_on
from cloud.agronomy.engines.engine import Asked, compiled_days
from cloud.agronomy.memory import Memory
from cloud.agronomy.plots import Plots
from cloud.agronomy.state import Projection, WaterState
from cloud.agronomy.step import DayInputs, Fluxes
from cloud.variables import Days, Floats
from cloud.weather.forcing import Forcing

_FLUXES: Final[Mapping[str, str]] = {
    "depletion_mm": "depletion_mm",
    "readily_available_mm": "readily_available_mm",
    "total_available_mm": "total_available_mm",
    "ks": "ks",
    "etc_mm": "etc_mm",
    "deep_percolation_mm": "percolation_mm",
}
"""Names of a projection, and what the balance calls them."""


def forecast_day(forecast: Forcing, place: int, members: int, irrigation_mm: Floats) -> DayInputs:
    """Inputs of one day: member j of the state meets member j of the forecast modulo their number."""

    def paired(values: Floats, otherwise: float | None = None) -> Floats:
        today = values[place]
        if today.ndim == 1:
            today = today[:, None]
        chosen = today[:, np.arange(members) % today.shape[1]]
        return chosen if otherwise is None else np.where(np.isnan(chosen), otherwise, chosen)

    return DayInputs(
        et0_mm=paired(forecast.et0_mm),
        rain_mm=paired(forecast.rain_mm),
        wind_2m_m_s=paired(forecast.wind_2m_m_s, STANDARD_WIND_M_S),
        rh_min_percent=paired(forecast.rh_min_percent, STANDARD_RH_MIN_PERCENT),
        irrigation_mm=irrigation_mm,
    )


def mean_of_members(today: Floats) -> Floats:
    """A day's values (P,) or (P, M) as means (P,): one stage of the crop for all members."""
    return today if today.ndim == 1 else today.mean(axis=1)


def stages_ahead(plots: Plots, state: WaterState, forecast: Forcing) -> list[Stage]:
    """The crop on each day of a forecast, warmed on its way by the mean of its members."""
    memory = Memory(wind_2m_m_s=state.wind_2m_m_s, rh_min_percent=state.rh_min_percent, age_days=state.age_days)
    stages = []
    for place, day in enumerate(forecast.days):
        days = np.full(state.age_days.shape[0], day)
        stages.append(stage_on(plots, days, memory.wind_2m_m_s, memory.rh_min_percent, memory.age_days))
        warmth = (mean_of_members(values[place]) for values in (forecast.tmin_c, forecast.tmax_c))
        memory = memory.after(plots, days, *warmth)
    return stages


def compiled_projection(
    state: WaterState, plots: Plots, stages: Sequence[Stage], ahead: tuple[Forcing, Floats], threads: int
) -> Projection:
    """Projection by the compiled balance under a forecast and net irrigation (D, P), all of its days at once."""
    forecast, net_mm = ahead

    def plain(values: Floats, otherwise: float | None = None) -> Floats:
        wide = values if values.ndim == net_mm.ndim + 1 else values[:, :, None]
        return wide if otherwise is None else np.where(np.isnan(wide), otherwise, wide)

    inputs = {
        "et0_mm": plain(forecast.et0_mm),
        "rain_mm": plain(forecast.rain_mm),
        "wind_2m_m_s": plain(forecast.wind_2m_m_s, STANDARD_WIND_M_S),
        "rh_min_percent": plain(forecast.rh_min_percent, STANDARD_RH_MIN_PERCENT),
        "irrigation_mm": net_mm[:, :, None],
    }
    names = (*_FLUXES.values(), "kcb", "et0_mm")
    _, done = compiled_days(state.water, plots, stages, inputs, Asked(names=names, threads=threads))
    demand_mm = np.multiply(done["kcb"], done["et0_mm"], out=done["kcb"])
    return Projection(days=forecast.days, demand_mm=demand_mm, **{name: done[flux] for name, flux in _FLUXES.items()})


def projection_of(days: Days, outcome: Sequence[tuple[Floats, Fluxes]], shape: tuple[int, ...]) -> Projection:
    """Arrays (D, P, M) of the depletion and fluxes of each day."""

    def stacked(values: list[Floats]) -> Floats:
        return np.stack([np.broadcast_to(value, shape) for value in values]) if values else np.empty((0, *shape))

    return Projection(
        days=days,
        depletion_mm=stacked([depletion for depletion, _ in outcome]),
        readily_available_mm=stacked([fluxes.readily_available_mm for _, fluxes in outcome]),
        total_available_mm=stacked([fluxes.total_available_mm for _, fluxes in outcome]),
        ks=stacked([fluxes.ks for _, fluxes in outcome]),
        etc_mm=stacked([fluxes.etc_mm for _, fluxes in outcome]),
        deep_percolation_mm=stacked([fluxes.percolation_mm for _, fluxes in outcome]),
        demand_mm=stacked([fluxes.kcb * fluxes.et0_mm for _, fluxes in outcome]),
    )
