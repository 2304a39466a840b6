"""Projections of very many parcels: block by block, each brought down to what is asked of it before the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from cloud.agronomy.carrying.carried import state_of
from cloud.agronomy.engines.blocks import each, places_of
from cloud.agronomy.engines.engine import settled
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.state import Projection, WaterState
from cloud.agronomy.water import project
from cloud.records import Parcel
from cloud.variables import Days, Floats, Indices
from cloud.weather.forcing import Forcing

LEVELS: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionSummary:
    """What members say together of P parcels on D days to come; NaN where the forecast is."""

    days: Days
    depletion_mm: Floats
    """(3, D, P) 10th, 50th and 90th percentile."""
    stress_probability: Floats
    """(D, P) share of members whose depletion is beyond readily available water."""
    etc_mm: Floats
    """(D, P) mean evapotranspiration."""
    deep_percolation_mm: Floats
    """(D, P) mean."""


def project_summary(
    state: WaterState,
    parcels: Sequence[Parcel],
    forecast: Forcing,
    *,
    sites: Indices | None = None,
    engine: EngineName = "auto",
) -> ProjectionSummary:
    """What ``project`` says of parcels, summed up; ``forecast`` is that of the parcels, or of ``sites`` (P,) in it."""
    members = state.depletion_mm.shape[1]
    engine = settled(engine, members, state.depletion_mm.size * len(forecast.days))
    places = places_of(len(parcels), members)
    work = partial(_summed_up, state, parcels, (forecast, sites), engine)
    parts = each(work, places, engine)
    return ProjectionSummary(
        days=forecast.days,
        depletion_mm=np.concatenate([part.depletion_mm for part in parts], axis=2),
        stress_probability=np.concatenate([part.stress_probability for part in parts], axis=1),
        etc_mm=np.concatenate([part.etc_mm for part in parts], axis=1),
        deep_percolation_mm=np.concatenate([part.deep_percolation_mm for part in parts], axis=1),
    )


def summary_of(projection: Projection) -> ProjectionSummary:
    """A projection summed up over its members."""
    ordered = np.sort(projection.depletion_mm, axis=2)
    last = ordered.shape[2] - 1
    quantiles = np.empty((len(LEVELS), *ordered.shape[:2]))
    for place, level in enumerate(LEVELS):
        below = int(level * last)
        above = min(below + 1, last)
        low, high = ordered[:, :, below], ordered[:, :, above]
        quantiles[place] = low + (high - low) * (level * last - below)
    # NaN stands last in the order: with any member unknown, so are the quantiles.
    unknown = np.isnan(ordered[:, :, -1])
    beyond = (projection.depletion_mm > projection.readily_available_mm).mean(axis=2)
    return ProjectionSummary(
        days=projection.days,
        depletion_mm=np.where(unknown, np.nan, quantiles),
        stress_probability=np.where(unknown, np.nan, beyond),
        etc_mm=projection.etc_mm.mean(axis=2),
        deep_percolation_mm=projection.deep_percolation_mm.mean(axis=2),
    )


def _summed_up(
    state: WaterState,
    parcels: Sequence[Parcel],
    ahead: tuple[Forcing, Indices | None],
    engine: EngineName,
    places: Indices,
) -> ProjectionSummary:
    forecast, sites = ahead
    own = [parcels[place] for place in places.tolist()]
    weather = forecast.at(places if sites is None else sites[places])
    return summary_of(project(state_of(state, places), own, weather, engine=engine))
