"""Forecasts that break off and go on: what lies behind a gap is not used, and that is said."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cloud.advice.future import LONGEST_OUTLOOK_DAYS
from cloud.advice.readiness import ONE_DAY, horizons
from cloud.advice.words import some_of
from cloud.records import Parcel
from cloud.weather.forcing import forecast_for, nearest_sites


def gap_lines(
    forecast: xr.Dataset | None, parcels: Sequence[Parcel], known_through: date, day: date
) -> tuple[str, ...]:
    """One line for each day on which the forecast of some parcels breaks off, where it goes on after a gap.

    A forecast that merely ends has no gap; one that does not reach the next day holds its parcels: told elsewhere.
    """
    if forecast is None or not parcels:
        return ()
    sites = nearest_sites(parcels, forecast)
    used, firsts = np.unique(sites, return_index=True)
    ahead = forecast_for([parcels[place] for place in firsts.tolist()], forecast)
    reach = horizons(ahead, known_through)
    complete: NDArray[np.bool_] = np.all(np.isfinite(ahead.et0_mm + ahead.rain_mm), axis=-1)
    lines = []
    for days in sorted(set(reach.tolist())):
        breaks = known_through + timedelta(days=days) + ONE_DAY
        goes_on = np.any(complete[ahead.days > np.datetime64(breaks, "D")], axis=0)
        broken = used[(reach == days) & goes_on]
        if not broken.size or not day + ONE_DAY < breaks <= day + timedelta(days=LONGEST_OUTLOOK_DAYS):
            continue
        named = some_of([parcels[place].id for place in np.flatnonzero(np.isin(sites, broken)).tolist()])
        lines.append(
            f"forecast of {day}: expected complete days (temperature and rain), got a gap on {breaks};"
            f" only the days before it are used for: {named}"
        )
    return tuple(lines)
