"""Rain that somebody saw at a parcel and the weather does not know: how much is unknown, so the interval widens.

A told shower is no number. Where the weather has rain of that day already the two agree and nothing changes. Where it
has none, each member of the ensemble gets its own depth, exponentially distributed: most get little, few get much, and
none is sure. Of a day still to come the members of the forecast that stay dry are treated so.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from cloud.record import Identifier, Record
from cloud.records import Parcel
from cloud.variables import Indices
from cloud.weather.forcing import Forcing

AGREES_MM: Final = 1.0
"""From so much rain of a day on the weather knows of the shower (the World Meteorological Organization's wet day)."""
SHOWER_MM: Final = 4.0
"""Mean depth of a shower that a farmer saw and the weather missed; by judgement: one that wets the soil, and that a
gauge or a reanalysis some kilometres away may miss. One in ten such showers then brings more than 9 mm."""

ForecastAt = Callable[[Indices], Forcing]


class RainTold(Record):
    """Rain that somebody saw at a parcel on a local day."""

    parcel_id: Identifier
    day: date


def with_told_rain(weather: Forcing, parcels: Sequence[Parcel], told: Sequence[RainTold]) -> Forcing:
    """Past weather (D, P) whose dry days on which rain was seen are wet by an unknown depth, and say so."""
    missed = [
        (row, place, one)
        for one in told
        for row, place in _places(weather, parcels, one)
        if weather.rain_mm[row, place] < AGREES_MM
    ]
    if not missed:
        return weather
    rain = weather.rain_mm.copy()
    filled = np.zeros(rain.shape, dtype=np.bool_) if weather.filled is None else weather.filled.copy()
    for row, place, _ in missed:
        rain[row, place], filled[row, place] = SHOWER_MM, True
    lines = tuple(
        f"parcel {one.parcel_id}: rain was seen there on {one.day} and the weather has none; it counts as a shower of"
        f" unknown depth, {SHOWER_MM:g} mm in the mean"
        for one in dict.fromkeys(one for _, _, one in missed)
    )
    return replace(weather, rain_mm=rain, filled=filled, notes=(*weather.notes, *lines))


def forecast_with_told_rain(at: ForecastAt, parcels: Sequence[Parcel], told: Sequence[RainTold]) -> ForecastAt:
    """A forecast (D, P, M) of parcels by place, whose members that stay dry on a day of told rain get a shower."""
    wet = {one.parcel_id for one in told}
    if not any(parcel.id in wet for parcel in parcels):
        return at

    def wetted(places: Indices) -> Forcing:
        forecast = at(places)
        own = [parcels[place] for place in places.tolist()]
        rain = forecast.rain_mm.copy()
        members = rain.shape[-1]
        showers = -SHOWER_MM * np.log1p(-(np.arange(members) + 0.5) / members)
        for one in told:
            for row, place in _places(forecast, own, one):
                dry = rain[row, place] < AGREES_MM
                rain[row, place] = np.where(dry, np.maximum(rain[row, place], showers), rain[row, place])
        return replace(forecast, rain_mm=rain)

    return wetted


def _places(weather: Forcing, parcels: Sequence[Parcel], one: RainTold) -> list[tuple[int, int]]:
    """Row and place of a told day; none where the weather does not reach it."""
    row = int((np.datetime64(one.day) - weather.days[0]).astype(np.int64)) if len(weather.days) else -1
    if not 0 <= row < len(weather.days):
        return []
    return [(row, place) for place, parcel in enumerate(parcels) if parcel.id == one.parcel_id]
