"""A forecast that was not issued the day before: its age told, and paid for with wider bounds.

Nothing here makes a forecast usable that was not: one that is too old, or does not reach the next day, stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.variables import Floats
from cloud.weather.outlook.ageing import FRESH_DAYS, ageable, aged, continued, replaced, times_each, weight_of_age
from cloud.weather.outlook.climatology import LEAST_YEARS, years_like
from cloud.weather.outlook.pairs import daily_of, nearest
from cloud.weather.outlook.working import Prepared, Working, before, begin, days_of, name_of

if TYPE_CHECKING:
    import xarray as xr

_DAYS_NEEDED: Final = 2
"""The day of the advice and the one after: what a forecast must hold itself."""


def matured(forecast: xr.Dataset, day: date, past: xr.Dataset, *, oldest_days: int) -> Prepared:
    """The forecast for a day: the older, the more of its members are earlier years, and its lost days are theirs.

    One older than ``oldest_days``, and a site whose forecast does not itself hold ``day`` and the next, stay as they
    are. A lone series, or few members, stand several times first, so that the bounds widen around them.
    """
    issued_at = forecast.attrs.get("issued_at")
    age = (day - date.fromisoformat(str(issued_at)[:10])).days if issued_at else 0
    if not FRESH_DAYS < age <= oldest_days:
        return Prepared(forecast=forecast, notes=())
    work = begin(_lengthened(_repeated(forecast), age - FRESH_DAYS))
    climate = _earlier_years(work, before(past, work.issued_on))
    if climate is None:
        told = f"{name_of(forecast)}: {age} days old, and not {LEAST_YEARS:g} whole years of past weather are known"
        return Prepared(forecast=forecast, notes=(f"{told}; it is used as it was issued",))
    weight, names = weight_of_age(age), list(work.values)
    seasons = np.stack([climate[name] for name in names])
    values = np.stack([aged(work.values[name], climate[name], weight) for name in names])
    ahead = work.days >= np.datetime64(day, "D")
    values[:, ahead] = continued(values[:, ahead], seasons[:, ahead], _DAYS_NEEDED)
    share = replaced(values.shape[2], weight).mean()
    told = f"{work.name}: {age} days old: {share:.0%} of its members, and the days that it does not reach, are weather"
    note = f"{told} of the same season in earlier years{_as_issued(work, climate)}"
    return work.finished(dict(zip(names, values, strict=True)), note)


def _as_issued(work: Working, climate: Mapping[str, Floats]) -> str:
    """How many places could not be aged, for the note; nothing where all could."""
    could = np.stack([ageable(work.values[name], climate[name]) for name in work.values]).any(axis=(0, 1))
    left = int((~could).sum())
    reason = "not enough past weather is known there, or not every member"
    return f"; at {left} of {could.size} places it is used as it was issued: {reason}" if left else ""


def _repeated(forecast: xr.Dataset) -> xr.Dataset:
    """The forecast with each of its members several times where they are few; their distribution is the same."""
    members = forecast.sizes["member"]
    place = np.repeat(np.arange(members), times_each(members))
    several: xr.Dataset = forecast.isel(member=place).assign_coords(member=np.arange(place.size))
    return several if place.size > members else forecast


def _lengthened(forecast: xr.Dataset, days: int) -> xr.Dataset:
    """The forecast with unknown days after its last, so that it reaches as far as a fresh one."""
    times = days_of(forecast)
    full = np.arange(times[0], times[-1] + np.timedelta64(days + 1, "D"))
    longer: xr.Dataset = forecast.reindex(time=full.astype("datetime64[ns]"))
    return longer


def _earlier_years(work: Working, past: xr.Dataset) -> Mapping[str, Floats] | None:
    """Weather of the same season, arrays like the forecast's; unknown at sites that nobody watches."""
    site_of = nearest(work.dataset, past)
    watched, place = np.unique(np.maximum(site_of, 0), return_inverse=True)
    if not past.sizes["time"] or (site_of < 0).all():
        return None
    daily = {name: daily_of(name, past)[:, watched] for name in work.values}
    # What one of the two never says cannot be continued, and holds up nothing else.
    known = {
        name: series
        for name, series in daily.items()
        if np.isfinite(series).any() and np.isfinite(work.values[name]).any()
    }
    members = next(iter(work.values.values())).shape[1]
    years = years_like(days_of(past), known, work.days, members)
    if years is None:
        return None
    unknown = {name: np.full_like(values, np.nan) for name, values in work.values.items()}
    return unknown | {name: np.where(site_of >= 0, series[..., place], np.nan) for name, series in years.items()}
