"""Which parcels can be advised on a day, and why the others cannot: season, weather that is too old, short forecast."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.crops.crop import crop_of
from cloud.records import Parcel
from cloud.weather.forcing import Forcing

OLDEST_WEATHER_DAYS: Final = 3
"""Weather older than this on the day of the advice is stale: no advice rests on it."""
OLDEST_FORECAST_DAYS: Final = 3
EARLIEST_END: Final = 0.7
LATEST_END: Final = 1.4
ONE_DAY: Final = timedelta(days=1)


def out_of_season(parcel: Parcel, day: date, age_days: float | None = None) -> tuple[str, date | None] | None:
    """Reason and next check of a parcel without a crop in the field on ``day``; None within the season.

    ``age_days``, where the crop follows warmth, is its age in days of the table's stages: a cool spring ripens it
    later than the calendar says, a hot one earlier, between EARLIEST_END and LATEST_END of the calendar's length.
    """
    if parcel.planted_on is None:
        return None
    if parcel.planted_on > day:
        return "not_planted", parcel.planted_on
    crop = crop_of(parcel)
    if crop.is_perennial:
        return None
    length, since = sum(crop.stage_lengths_days), (day - parcel.planted_on).days
    by_warmth = age_days is not None and EARLIEST_END * length <= since < LATEST_END * length
    age = age_days if by_warmth and age_days is not None else since
    return ("season_over", None) if age >= length else None


def last_known_days(weather: Forcing) -> list[date | None]:
    """Last day of measured weather of each parcel (filled days do not count); None when there is none."""
    known = np.isfinite(weather.et0_mm) & np.isfinite(weather.rain_mm)
    if weather.filled is not None:
        known &= ~weather.filled
    last: list[date | None] = []
    for column in known.T:
        rows = np.flatnonzero(column)
        last.append(weather.days[rows[-1]].item() if rows.size else None)
    return last


def is_stale(last_known: date | None, day: date) -> bool:
    """Whether the newest weather is too old for the day."""
    return last_known is None or (day - last_known).days > OLDEST_WEATHER_DAYS


def horizons(forecast: Forcing, known_through: date) -> NDArray[np.intp]:
    """Days of complete forecast right after ``known_through``, per parcel (P,)."""
    ahead = forecast.days > np.datetime64(known_through, "D")
    complete = np.isfinite(forecast.et0_mm[ahead]).all(axis=-1) & np.isfinite(forecast.rain_mm[ahead]).all(axis=-1)
    days = forecast.days[ahead]
    if not days.size or days[0] != np.datetime64(known_through + ONE_DAY, "D"):
        return np.zeros(forecast.et0_mm.shape[1], dtype=np.intp)
    unbroken: NDArray[np.intp] = np.cumprod(complete, axis=0).sum(axis=0).astype(np.intp)
    return unbroken


def known_through(last_known: Sequence[date | None], forecast_from: date | None, day: date) -> date:
    """Day up to which the balance runs before the forecast takes over.

    The last measured day; days between it and the forecast, at most to ``day``, are filled and flagged by the
    weather reader, for missing weather is never taken as zero.
    """
    measured = max(one for one in last_known if one is not None)
    return measured if forecast_from is None else max(measured, min(day, forecast_from - ONE_DAY))
