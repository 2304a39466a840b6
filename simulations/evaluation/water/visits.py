"""A run taken from visit to visit, so that at each of them the members themselves can be looked at.

The water is carried from one part to the next, which makes no difference to a bit of the answer; what a row of the
balance does not hold, the members' own distribution, is then known on every evening of a visit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from cloud.agronomy.assimilation.assimilate import water_above_mm
from cloud.agronomy.carrying.carried import carry
from cloud.agronomy.opening import plots_on
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.variables import Floats
from cloud.weather.forcing import Forcing
from simulations.evaluation.water.scores import Series

LEVELS: Final = (0.1, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run is made of, and the depth down to which its water is compared."""

    parcels: Sequence[Parcel]
    forcing: Forcing
    events: Sequence[IrrigationEvent]
    observations: Sequence[Observation]
    settings: WaterSettings


def members_at(asked: Asked, days: Sequence[date]) -> dict[date, Floats]:
    """Water of every parcel's members in 0..profile depth [mm] (P, M), on the evenings of some days."""
    settings, found, carried = asked.settings, {}, None
    depth_m = settings.profile_depth_m or 0.0
    first = asked.forcing.days[0]
    for day in sorted(set(days)):
        last = np.datetime64(day, "D")
        part = asked.forcing.since(first).until(last)
        history = simulate(asked.parcels, part, asked.events, asked.observations, settings=settings, carried=carried)
        carried = carry(history.state, asked.parcels, seed=settings.seed, profile_depth_m=settings.profile_depth_m)
        water = history.state.water
        plots = plots_on(asked.parcels, day, water.depletion_mm.shape[1], depth_m)
        found[day] = water_above_mm(water, plots, np.full_like(water.root_depth_m, depth_m))
        first = last + 1
    return found


def series_at(asked: Asked, visits: Mapping[str, Mapping[date, float]], assimilated: int | None = None) -> list[Series]:
    """Estimates beside the measured water of every parcel's visits [mm]; one member alone has no interval.

    With ``assimilated``, visits whose number is of that parity are not scored.
    """
    found = members_at(asked, [day for measured in visits.values() for day in measured])
    several = []
    for place, parcel in enumerate(asked.parcels):
        days = tuple(visits[parcel.id])
        members = np.stack([found[day][place] for day in days]) if days else np.empty((0, asked.settings.members))
        single = members.shape[1] == 1
        low, high = np.quantile(members, LEVELS, axis=1) if not single else np.full((2, len(days)), np.nan)
        several.append(
            Series(
                plot=parcel.id,
                measured=np.array([visits[parcel.id][day] for day in days]),
                estimated=members.mean(axis=1),
                low=low,
                high=high,
                scored=np.array([assimilated is None or number % 2 != assimilated for number in range(len(days))]),
                days=days,
                members=None if single else members,
            )
        )
    return several
