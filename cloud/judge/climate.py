"""The judge's own reading of the weather: its bracket of evapotranspiration and the rain, by site and day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import xarray as xr

from cloud.judge.evaporation import (
    FloatArray,
    bracket_mm,
    extraterrestrial_mj_m2,
    hargreaves_samani_mm,
    priestley_taylor_mm,
)
from cloud.records import Parcel

HALF_CIRCLE_DEGREES = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """Days (D,) in order without gaps; evapotranspiration and rain (D, S) [mm], NaN = unknown; a site per parcel (P,).

    ``first_mm`` and ``second_mm`` are the two references, ``given_mm`` what the file itself says.
    """

    first_day: date
    low_mm: FloatArray
    middle_mm: FloatArray
    high_mm: FloatArray
    rain_mm: FloatArray
    first_mm: FloatArray
    second_mm: FloatArray
    given_mm: FloatArray
    wind_m_s: FloatArray
    humidity_percent: FloatArray
    warmth_c: FloatArray
    """Mean of the highest and lowest temperature."""
    site_of: npt.NDArray[np.intp]
    spread_c: FloatArray = field(default_factory=lambda: np.empty((0, 1)))
    """How far members disagree about the warmth (D, S); NaN without members."""
    places: FloatArray = field(default_factory=lambda: np.zeros((1, 2)))
    """Latitude and longitude of the sites (S, 2) [degrees]."""

    def row(self, day: date) -> int:
        """Row of a day; outside 0..D-1 when the series does not hold it."""
        return (day - self.first_day).days

    def last_known(self, parcel: int) -> date | None:
        """Last day with a reference for a parcel; None when there is none."""
        return self.last_known_at(int(self.site_of[parcel]))

    def last_known_at(self, site: int) -> date | None:
        """Last day with a reference at a site; None when there is none."""
        known = np.flatnonzero(np.isfinite(self.middle_mm[:, site]))
        return None if known.size == 0 else self.first_day + timedelta(days=int(known[-1]))


def climate_of(dataset: xr.Dataset, parcels: Sequence[Parcel], *, until: date | None = None) -> Climate:
    """Climate at the parcels from a dataset with dims time, site and perhaps member (its mean is taken).

    Days after ``until`` are left out: the judge, like the advisor, must not see the future.
    """
    if until is not None:
        dataset = dataset.sel(time=dataset["time"].values.astype("datetime64[D]") <= np.datetime64(until, "D"))
    days = dataset["time"].values.astype("datetime64[D]")
    if days.size == 0:
        return _empty(parcels)
    full = np.arange(days.min(), days.max() + np.timedelta64(1, "D"))
    places = (days - full[0]).astype(int)
    tmin_c, tmax_c, radiation, rain, given, wind, humidity = (
        _daily(dataset, name, full.size, places)
        for name in ("tmin_c", "tmax_c", "radiation_mj_m2", "rain_mm", "et0_mm", "wind_2m_m_s", "rh_mean_percent")
    )
    latitude = np.atleast_1d(np.asarray(dataset["latitude"].values, dtype=np.float64))
    above = extraterrestrial_mj_m2(_day_of_year(full)[:, None], latitude[None, :])
    by_temperature = hargreaves_samani_mm(tmin_c, tmax_c, above)
    # Without a radiation sensor both references rest on the daily temperature range (Hargreaves' coefficient 0.16).
    estimated = 0.16 * np.sqrt(np.maximum(tmax_c - tmin_c, 0.0)) * above
    by_energy = priestley_taylor_mm(tmin_c, tmax_c, np.where(np.isfinite(radiation), radiation, estimated), above)
    by_temperature, by_energy = _or_given(by_temperature, given), _or_given(by_energy, given)
    low, middle, high = bracket_mm(by_temperature, by_energy, given)
    return Climate(
        first_day=full[0].astype(object),
        low_mm=low,
        middle_mm=middle,
        high_mm=high,
        rain_mm=rain,
        first_mm=by_temperature,
        second_mm=by_energy,
        given_mm=given,
        wind_m_s=wind,
        humidity_percent=humidity,
        warmth_c=(tmin_c + tmax_c) / 2.0,
        site_of=nearest_sites(dataset, parcels),
        spread_c=_spread(dataset, full.size, places),
        places=np.column_stack([latitude, np.atleast_1d(np.asarray(dataset["longitude"].values, dtype=np.float64))]),
    )


def nearest_sites(dataset: xr.Dataset, parcels: Sequence[Parcel]) -> npt.NDArray[np.intp]:
    """Index of the nearest site of each parcel (P,), by distance on the sphere's tangent plane."""
    latitude = np.atleast_1d(np.asarray(dataset["latitude"].values, dtype=np.float64))
    longitude = np.atleast_1d(np.asarray(dataset["longitude"].values, dtype=np.float64))
    nearest = np.zeros(len(parcels), dtype=np.intp)
    for index, parcel in enumerate(parcels):
        east = np.mod(longitude - parcel.longitude + HALF_CIRCLE_DEGREES, 2 * HALF_CIRCLE_DEGREES) - HALF_CIRCLE_DEGREES
        east = east * np.cos(np.radians(parcel.latitude))
        nearest[index] = int(np.argmin(east**2 + (latitude - parcel.latitude) ** 2))
    return nearest


def _daily(dataset: xr.Dataset, name: str, days: int, places: npt.NDArray[np.int_]) -> FloatArray:
    """Values (D, S) of a variable, its members averaged; NaN where the file says nothing."""
    sites = int(np.atleast_1d(dataset["latitude"].values).size)
    values = np.full((days, sites), np.nan)
    if name not in dataset:
        return values
    array = dataset[name]
    if "member" in array.dims:
        array = array.mean("member", skipna=False)
    if "site" not in array.dims:
        array = array.expand_dims("site")
    values[places] = np.asarray(array.transpose("time", "site").values, dtype=np.float64)
    return values


def _spread(dataset: xr.Dataset, days: int, places: npt.NDArray[np.int_]) -> FloatArray:
    """Standard deviation of the members' highest temperature (D, S); NaN where there is but one."""
    sites = int(np.atleast_1d(dataset["latitude"].values).size)
    values = np.full((days, sites), np.nan)
    if "tmax_c" in dataset and dataset["tmax_c"].sizes.get("member", 1) > 1:
        array = dataset["tmax_c"].std("member")
        array = array if "site" in array.dims else array.expand_dims("site")
        values[places] = np.asarray(array.transpose("time", "site").values, dtype=np.float64)
    return values


def _or_given(reference: FloatArray, given: FloatArray) -> FloatArray:
    """A reference where temperatures are known, else the value the file gives."""
    known: FloatArray = np.where(np.isfinite(reference), reference, given)
    return known


def _day_of_year(days: npt.NDArray[np.datetime64]) -> FloatArray:
    number: FloatArray = (days - days.astype("datetime64[Y]")).astype("timedelta64[D]").astype(np.float64) + 1.0
    return number


def _empty(parcels: Sequence[Parcel]) -> Climate:
    nothing = np.empty((0, 1))
    return Climate(
        first_day=date.min,
        low_mm=nothing,
        middle_mm=nothing,
        high_mm=nothing,
        rain_mm=nothing,
        first_mm=nothing,
        second_mm=nothing,
        given_mm=nothing,
        wind_m_s=nothing,
        humidity_percent=nothing,
        warmth_c=nothing,
        site_of=np.zeros(len(parcels), dtype=np.intp),
    )
