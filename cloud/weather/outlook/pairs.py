"""Earlier forecasts beside what came, from the archive: the pairs that a calibration learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Days, Floats
from cloud.weather.forcing import site_reference
from cloud.weather.outlook.calibrate import Pairs
from cloud.weather.outlook.signals import summary_of

if TYPE_CHECKING:
    import xarray as xr

FARTHEST_DEGREES: Final = 0.15
"""What came is taken from a place no farther than this from the forecast's."""


def pairs_of(variable: str, forecasts: xr.Dataset, past: xr.Dataset) -> Pairs:
    """Pairs of one variable.

    Parameters
    ----------
    forecasts : Dataset
        Issues of one source, dims (issued_at, lead, member, site).
    past : Dataset
        What came, dims (time, site); of a day told several times only what was known when the pairs are made.
    """
    leads = tuple(int(one) for one in forecasts["lead"].values)
    issued_on = forecasts["issued_at"].values.astype("datetime64[D]")
    said = forecasts[variable].transpose("issued_at", "lead", "member", "site").values.astype(np.float64)
    mean, spread, wet_fraction = summary_of(said, axis=2)
    valid = issued_on[:, None] + np.array(leads, dtype="timedelta64[D]")
    came = came_on(valid, past, daily_of(variable, past), nearest(forecasts, past))
    return Pairs(issued_on=issued_on, leads=leads, mean=mean, spread=spread, wet_fraction=wet_fraction, observed=came)


def daily_of(variable: str, past: xr.Dataset) -> Floats:
    """Values (D, S) of a variable of the past; reference ET is derived from the others unless it is given."""
    if variable == "et0_mm":
        derived: Floats = site_reference(past).et0_mm
        return derived
    if variable not in past:
        return np.full((past.sizes["time"], past.sizes["site"]), np.nan)
    return np.asarray(past[variable].transpose("time", "site").values, dtype=np.float64)


def came_on(valid: Days, past: xr.Dataset, daily: Floats, site_of: NDArray[np.intp]) -> Floats:
    """What came on days (N, L) at sites (S,): (N, L, S), NaN where nobody knows; -1 is a site that nobody watches."""
    days = past["time"].values.astype("datetime64[D]")
    row = (valid - days[0]).astype(np.int64)
    inside = (row >= 0) & (row < days.size)
    came = daily[np.where(inside, row, 0)][..., site_of]
    kept: Floats = np.where(inside[..., None] & (site_of >= 0), came, np.nan)
    return kept


def nearest(wanted: xr.Dataset, known: xr.Dataset) -> NDArray[np.intp]:
    """Site of ``known`` nearest to every site of ``wanted``; -1 where none lies near, or nobody says where one lies."""
    if wanted.sizes["site"] == known.sizes["site"] == 1:
        return np.zeros(1, dtype=np.intp)
    north = np.subtract.outer(wanted["latitude"].values, known["latitude"].values)
    east = np.subtract.outer(wanted["longitude"].values, known["longitude"].values)
    east = ((east + 180.0) % 360.0 - 180.0) * np.cos(np.radians(wanted["latitude"].values))[:, None]
    apart = np.where(np.isfinite(north + east), np.hypot(north, east), np.inf)
    return np.where(apart.min(axis=1) <= FARTHEST_DEGREES, apart.argmin(axis=1), -1)
