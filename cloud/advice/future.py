"""The days ahead of many parcels, projected block by block: one outlook per parcel."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Self

import numpy as np

from cloud.advice.access import ONE_DAY
from cloud.advice.outlook import FloatArray, Outlook
from cloud.agronomy.carrying.carried import state_of
from cloud.agronomy.engines.blocks import places_of
from cloud.agronomy.engines.engine import settled
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.water import Projection, WaterState, project
from cloud.records import Parcel
from cloud.variables import Days, Indices
from cloud.weather.forcing import Forcing

LONGEST_OUTLOOK_DAYS: Final = 10
"""Forecasts say little beyond."""

ForecastOf = Callable[[Indices], Forcing]
"""Forecast of the parcels in some places; asked for block by block, so that no more of it is held at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Future:
    """The days ahead of parcels, projected block by block."""

    parcels: Sequence[Parcel]
    state: WaterState
    ahead_of: ForecastOf
    days: Days
    engine: EngineName

    @classmethod
    def of(
        cls, parcels: Sequence[Parcel], state: WaterState, forecast: Forcing | ForecastOf, day: date, engine: EngineName
    ) -> Self:
        """The days after those that the state knows, as far as is asked of a forecast on ``day``."""
        at = forecast.at if isinstance(forecast, Forcing) else forecast

        def ahead_of(places: Indices) -> Forcing:
            return days_ahead(at(places), state.day, day)

        members = state.depletion_mm.shape[1]
        days = ahead_of(np.arange(min(len(parcels), 1), dtype=np.intp)).days
        return cls(
            parcels=parcels,
            state=state,
            ahead_of=ahead_of,
            days=days,
            engine=settled(engine, members, 2 * state.depletion_mm.size * len(days)),
        )

    def ages(self, place: int) -> FloatArray:
        """Age of a parcel's crop on the days ahead [d of the table's stages] (D,): by warmth, else by the calendar."""
        age, parcel = float(self.state.age_days[place, 0]), self.parcels[place]
        if math.isnan(age):
            age = 0.0 if parcel.planted_on is None else float((self.state.day + ONE_DAY - parcel.planted_on).days)
        return age + np.arange(len(self.days), dtype=np.float64)

    def outlooks(self, net_mm: FloatArray, chosen: Indices | None = None) -> Iterator[Outlook]:
        """Outlook of each parcel in turn, or of the chosen ones, under net irrigation (D, P) [mm]."""
        wanted = np.arange(len(self.parcels), dtype=np.intp) if chosen is None else chosen
        for block in places_of(wanted.size, self.state.depletion_mm.shape[1]):
            places = wanted[block]
            state, ahead = state_of(self.state, places), self.ahead_of(places)
            own = [self.parcels[place] for place in places.tolist()]
            projection = project(state, own, ahead, net_mm[:, places], engine=self.engine)
            yield from _outlooks(state, projection, ahead)


def days_ahead(forecast: Forcing, known_through: date, day: date) -> Forcing:
    """The days of the forecast after ``known_through``, at most LONGEST_OUTLOOK_DAYS after ``day``."""
    first = np.datetime64(known_through + ONE_DAY, "D")
    last = np.datetime64(day + timedelta(days=LONGEST_OUTLOOK_DAYS), "D")
    chosen = (forecast.days >= first) & (forecast.days <= last)
    names = ("days", "et0_mm", "rain_mm", "wind_2m_m_s", "rh_min_percent", "tmin_c", "tmax_c", "radiation_mj_m2")
    parts = {name: getattr(forecast, name)[chosen] for name in names}
    return replace(forecast, **parts)


def _outlooks(state: WaterState, projection: Projection, ahead: Forcing) -> Iterator[Outlook]:
    """One outlook a parcel, views of what the whole block has."""
    depletion = np.concatenate([state.depletion_mm[None], projection.depletion_mm])
    readily = np.concatenate([state.readily_available_mm[None], projection.readily_available_mm])
    total = np.concatenate([state.total_available_mm[None], projection.total_available_mm])
    rain = np.broadcast_to(np.mean(ahead.rain_mm, axis=-1, keepdims=True), projection.etc_mm.shape)
    for place in range(depletion.shape[1]):
        yield Outlook(
            start=state.day,
            depletion_mm=depletion[:, place],
            readily_available_mm=readily[:, place],
            total_available_mm=total[:, place],
            rain_mm=rain[:, place],
            use_mm=projection.etc_mm[:, place],
            demand_mm=projection.demand_mm[:, place],
        )
