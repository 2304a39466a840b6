"""A forecast as inputs of the balance, and what came of it as arrays."""

from collections.abc import Sequence

import numpy as np

from cloud.agronomy.season import STANDARD_RH_MIN_PERCENT, STANDARD_WIND_M_S
from cloud.agronomy.state import Projection
from cloud.agronomy.step import DayInputs, Fluxes
from cloud.variables import Days, Floats
from cloud.weather.forcing import Forcing


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
    )
