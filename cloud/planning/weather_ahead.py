"""Weather as far as a plan reaches: the forecast while it lasts, then the same season of earlier years, by member."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.variables import VARIABLES, Days, Floats
from cloud.weather.outlook.climatology import LEAST_YEARS, years_like
from cloud.weather.outlook.pairs import daily_of, nearest

if TYPE_CHECKING:
    import xarray as xr

MEMBERS: Final = 24
"""Possible weathers of the days ahead; a forecast with fewer members stands several times."""
RECENT_DAYS: Final = 21
"""Without years to look back on, days like the last ones, in turn, without rain."""
_SUMS: Final = frozenset({"rain_mm"})


def weather_ahead(forecast: xr.Dataset | None, past: xr.Dataset, first: date, days: int) -> tuple[xr.Dataset, str]:
    """Weather (time, site, member) of ``days`` days from ``first`` on, with a line about where it comes from."""
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    wanted = np.datetime64(first, "D") + np.arange(days)
    known = past.isel(time=np.flatnonzero(_days_of(past) < np.datetime64(first, "D")))
    names = [str(name) for name in past.data_vars if str(name) in VARIABLES]
    climate, told = _usual(known, names, wanted)
    values = {name: climate[name] for name in names}
    if forecast is not None:
        reach = _laid_over(values, forecast, past, wanted)
        told = f"{reach} days of forecast, then {told}"
    coords = {name: past[name] for name in ("latitude", "longitude", "elevation_m") if name in past.coords}
    ahead = xr.Dataset(
        {name: (("time", "member", "site"), series) for name, series in values.items()},
        coords={"time": wanted.astype("datetime64[ns]"), "member": np.arange(MEMBERS), **coords},
        attrs={"source": "weather ahead", "issued_at": (first - timedelta(days=1)).isoformat()},
    )
    return ahead.transpose("time", "site", "member"), f"weather ahead: {told}"


def _usual(known: xr.Dataset, names: list[str], wanted: Days) -> tuple[dict[str, Floats], str]:
    daily = {name: daily_of(name, known) for name in names}
    complete = {name: series for name, series in daily.items() if np.isfinite(series).any()}
    years = years_like(_days_of(known), complete, wanted, MEMBERS) if known.sizes["time"] else None
    if years is not None:
        return _all_of(years, names, wanted.size, known.sizes["site"]), "the same season of earlier years"
    recent = {name: series[-RECENT_DAYS:] for name, series in complete.items()}
    place = (np.arange(wanted.size)[:, None] + np.arange(MEMBERS)[None, :]) % max(known.sizes["time"], 1)
    likewise = {
        name: np.zeros((wanted.size, MEMBERS, series.shape[1])) if name in _SUMS else series[place % series.shape[0]]
        for name, series in recent.items()
        if series.shape[0]
    }
    told = f"days like the last {RECENT_DAYS} without rain: not {LEAST_YEARS:g} whole years are known"
    return _all_of(likewise, names, wanted.size, known.sizes["site"]), told


def _all_of(values: dict[str, Floats], names: list[str], days: int, sites: int) -> dict[str, Floats]:
    return {name: values.get(name, np.full((days, MEMBERS, sites), np.nan)) for name in names}


def _laid_over(values: dict[str, Floats], forecast: xr.Dataset, past: xr.Dataset, wanted: Days) -> int:
    """Put the forecast's first complete days in the place of the usual ones; how many there are at every site."""
    told = forecast if "member" in forecast.dims else forecast.expand_dims("member")
    row = (_days_of(told) - wanted[0]).astype(np.int64)
    inside = np.flatnonzero((row >= 0) & (row < wanted.size))
    site_of = nearest(past, told)
    if not inside.size or (site_of < 0).any():
        return 0
    member = np.arange(MEMBERS) % told.sizes["member"]
    series = {
        name: told[name].transpose("time", "member", "site").values.astype(np.float64)[inside][:, member][..., site_of]
        for name in values
        if name in told
    }
    needed = [name for name in ("tmin_c", "tmax_c", "rain_mm", "et0_mm") if name in series]
    complete = np.isfinite(np.stack([series[name] for name in needed])).all(axis=(0, 2, 3))
    reach = int(np.cumprod(complete).sum()) if row[inside[0]] == 0 else 0
    for name, value in values.items():
        # What a forecast does not say of its days is not taken from other years: the two would not agree.
        value[:reach] = series[name][:reach] if name in series else np.nan
    return reach


def _days_of(dataset: xr.Dataset) -> Days:
    return np.asarray(dataset["time"].values.astype("datetime64[D]"))
