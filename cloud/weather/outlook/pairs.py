"""Earlier forecasts beside what came, from the archive: the pairs that a calibration learns from.

Of a forecast only what a calibration reads is needed: mean, spread and wet share of its members.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Days, Floats
from cloud.weather.blend.pairs import joined
from cloud.weather.forcing import site_reference
from cloud.weather.outlook.calibrate import CALIBRATED, Pairs
from cloud.weather.outlook.signals import summary_of

if TYPE_CHECKING:
    import xarray as xr

DIMENSIONS: Final = ("issued_at", "lead", "site")
STATISTICS: Final = ("mean", "spread", "wet_fraction")
FARTHEST_DEGREES: Final = 0.15
"""What came is taken from a place no farther than this from the forecast's."""


def statistics_of(forecasts: xr.Dataset) -> xr.Dataset:
    """Mean, spread and wet share of the members of forecasts with dims (issued_at, lead, member, site)."""
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    found: dict[str, tuple[tuple[str, ...], Floats]] = {}
    for variable in (name for name in CALIBRATED if name in forecasts):
        said = forecasts[variable].transpose("issued_at", "lead", "member", "site").values.astype(np.float64)
        for statistic, values in zip(STATISTICS, summary_of(said, axis=2), strict=True):
            found[f"{variable}_{statistic}"] = (DIMENSIONS, values)
    places = {name: forecasts[name] for name in ("latitude", "longitude", "elevation_m") if name in forecasts.coords}
    return xr.Dataset(found, coords={"issued_at": forecasts["issued_at"], "lead": forecasts["lead"], **places})


def pairs_of(variable: str, statistics: xr.Dataset, past: xr.Dataset) -> Pairs:
    """Pairs of one variable.

    Parameters
    ----------
    statistics : Dataset
        Of the issues of one source, as ``statistics_of`` gives them.
    past : Dataset
        What came, dims (time, site); of a day told several times only what was known when the pairs are made.
    """
    leads = tuple(int(one) for one in statistics["lead"].values)
    issued_on = statistics["issued_at"].values.astype("datetime64[D]")
    mean, spread, wet_fraction = (
        statistics[f"{variable}_{name}"].transpose(*DIMENSIONS).values.astype(np.float64) for name in STATISTICS
    )
    valid = issued_on[:, None] + np.array(leads, dtype="timedelta64[D]")
    came = came_on(valid, past, daily_of(variable, past), nearest(statistics, past))
    return Pairs(issued_on=issued_on, leads=leads, mean=mean, spread=spread, wet_fraction=wet_fraction, observed=came)


def daily_of(variable: str, past: xr.Dataset) -> Floats:
    """Values (D, S) of a variable of the past; reference ET is derived from the others unless it is given.

    Without the latitude of every site there is no reference ET to derive, and what is not given is unknown.
    """
    if variable == "et0_mm" and np.isfinite(past["latitude"].values).all():
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
    """Site of ``known`` nearest to every site of ``wanted``; -1 where none lies near, or nobody says where one lies.

    A single site beside a single site is the same place where one of them does not say where it lies.
    """
    if wanted.sizes["site"] == known.sizes["site"] == 1 and not (_located(wanted) and _located(known)):
        return np.zeros(1, dtype=np.intp)
    north = np.subtract.outer(wanted["latitude"].values, known["latitude"].values)
    east = np.subtract.outer(wanted["longitude"].values, known["longitude"].values)
    east = ((east + 180.0) % 360.0 - 180.0) * np.cos(np.radians(wanted["latitude"].values))[:, None]
    apart = np.where(np.isfinite(north + east), np.hypot(north, east), np.inf)
    return np.where(apart.min(axis=1) <= FARTHEST_DEGREES, apart.argmin(axis=1), -1)


def longest_at(wanted: xr.Dataset, several: Sequence[xr.Dataset]) -> xr.Dataset:
    """Of several pasts, for each site of ``wanted``, the one that knows the most days of it; of equals the first."""
    places = [nearest(wanted, one) for one in several]
    counts = [np.where(place >= 0, _days_known(one)[place], 0) for one, place in zip(several, places, strict=True)]
    best = np.argmax(np.stack(counts), axis=0)
    chosen = [
        one.isel(site=np.unique(place[(best == number) & (place >= 0)]))
        for number, (one, place) in enumerate(zip(several, places, strict=True))
    ]
    left = [one for one in chosen if one.sizes["site"]]
    return joined(left) if left else several[0]


def _days_known(past: xr.Dataset) -> NDArray[np.int64]:
    """Days (S,) of which a site knows anything of what is corrected."""
    known = [np.isfinite(past[name].transpose("time", "site").values) for name in CALIBRATED if name in past]
    counts = np.any(known, axis=0).sum(axis=0) if known else np.zeros(past.sizes["site"])
    return np.asarray(counts, dtype=np.int64)


def _located(dataset: xr.Dataset) -> bool:
    return all(bool(np.isfinite(dataset[name].values).all()) for name in ("latitude", "longitude"))
