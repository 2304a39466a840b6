"""Weather at the parcels, day by day, as plain arrays: what the water balance is driven by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.et0 import DailyWeather, ReferenceEt, reference_et, saturation_vapour_pressure_kpa
from cloud.errors import InputError
from cloud.records import Parcel
from cloud.variables import Days, Floats
from cloud.weather.nearness import Nearest, nearest_of
from cloud.weather.scrutiny.beside import SIGMA
from cloud.weather.scrutiny.gaps import filled

if TYPE_CHECKING:
    import xarray as xr

_ARRAYS: Final = ("et0_mm", "rain_mm", "wind_2m_m_s", "rh_min_percent", "tmin_c", "tmax_c", "radiation_mj_m2")
_NAMED_DATES: Final = 8
_LEAST_ET0_MM: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Forcing:
    """Daily weather of P parcels over D days; arrays (D, P), of a forecast with M members (D, P, M); NaN = unknown."""

    days: Days
    """(D,) consecutive local days."""
    et0_mm: Floats
    rain_mm: Floats
    wind_2m_m_s: Floats
    rh_min_percent: Floats
    tmin_c: Floats
    tmax_c: Floats
    radiation_mj_m2: Floats
    et0_method: NDArray[np.object_] | None = None
    """(D, P) how reference ET was found, as texts that are shared; None for a forecast."""
    filled: NDArray[np.bool_] | None = None
    """(D, P) days whose weather was filled from their neighbours."""
    et0_sigma: Floats | None = None
    """(D, P) relative standard error of reference ET that the weather states of itself; NaN where it states none."""
    notes: tuple[str, ...] = ()
    """What was filled or assumed, one line each."""

    def until(self, last: np.datetime64) -> Self:
        """The same weather without the days after ``last``."""
        return self._days(self.days <= last)

    def since(self, first: np.datetime64) -> Self:
        """The same weather without the days before ``first``."""
        return self._days(self.days >= first)

    def at(self, index: NDArray[np.intp]) -> Self:
        """The same weather at some of the parcels."""
        return replace(
            self,
            **{name: getattr(self, name)[:, index] for name in _ARRAYS},
            et0_method=None if self.et0_method is None else self.et0_method[:, index],
            filled=None if self.filled is None else self.filled[:, index],
            et0_sigma=None if self.et0_sigma is None else self.et0_sigma[:, index],
        )

    def _days(self, keep: NDArray[np.bool_]) -> Self:
        return replace(
            self,
            days=self.days[keep],
            **{name: getattr(self, name)[keep] for name in _ARRAYS},
            et0_method=None if self.et0_method is None else self.et0_method[keep],
            filled=None if self.filled is None else self.filled[keep],
            et0_sigma=None if self.et0_sigma is None else self.et0_sigma[keep],
        )


def forcing_for(parcels: Sequence[Parcel], dataset: xr.Dataset) -> Forcing:
    """Past weather at the nearest site of every parcel; short gaps are filled, flagged and told."""
    near = nearest_of(parcels, dataset)
    used, back = np.unique(near.site, return_inverse=True)
    series = {name: _series(dataset, name)[:, used] for name in (*_READ, "et0_mm", "rain_mm")}
    days = dataset["time"].values.astype("datetime64[D]")
    reference = _reference(series, days, dataset, used)
    et0, et0_filled = filled(reference.et0_mm)
    rain, rain_filled = filled(series["rain_mm"])
    flags = et0_filled | rain_filled
    notes = [line for line in str(dataset.attrs.get("notes", "")).splitlines() if line]
    for column in np.flatnonzero(flags.any(axis=0)):
        gaps = days[flags[:, column]]
        named = ", ".join(str(day) for day in gaps[:_NAMED_DATES])
        more = f" and {gaps.size - _NAMED_DATES} more" if gaps.size > _NAMED_DATES else ""
        notes.append(
            f"{dataset.attrs.get('source', 'weather')}: {gaps.size} missing days ({named}{more}) take the mean of the"
            " days around them; the interval is wider"
        )
    return Forcing(
        days=days,
        et0_mm=_where_near(near, et0[:, back]),
        rain_mm=_where_near(near, rain[:, back]),
        **_others(series, back),
        et0_method=reference.method.astype(object)[:, back],
        filled=flags[:, back],
        et0_sigma=_stated_sigma(dataset, used, et0, back),
        notes=tuple(notes),
    )


def forecast_for(parcels: Sequence[Parcel], dataset: xr.Dataset) -> Forcing:
    """Forecast at the nearest site of every parcel, arrays (D, P, M); gaps stay NaN."""
    near = nearest_of(parcels, dataset)
    used, back = np.unique(near.site, return_inverse=True)
    if "member" not in dataset.dims:
        dataset = dataset.expand_dims("member")
    series = {name: _series(dataset, name, "member")[:, used] for name in (*_READ, "et0_mm", "rain_mm")}
    days = dataset["time"].values.astype("datetime64[D]")
    reference = _reference(series, days, dataset, used)
    return Forcing(
        days=days,
        et0_mm=_where_near(near, reference.et0_mm[:, back]),
        rain_mm=_where_near(near, series["rain_mm"][:, back]),
        **_others(series, back),
        notes=tuple(line for line in str(dataset.attrs.get("notes", "")).splitlines() if line),
    )


def site_reference(dataset: xr.Dataset) -> ReferenceEt:
    """Reference ET of every day and site (D, S) of a past dataset, gaps left as they are."""
    series = {name: _series(dataset, name) for name in (*_READ, "et0_mm")}
    return _reference(series, dataset["time"].values.astype("datetime64[D]"), dataset, np.arange(dataset.sizes["site"]))


def nearest_sites(parcels: Sequence[Parcel], dataset: xr.Dataset) -> NDArray[np.intp]:
    """Index of the nearest site of every parcel (P,); the only site when a dataset has one."""
    return nearest_of(parcels, dataset).site


def _where_near(near: Nearest, values: Floats) -> Floats:
    """Values (D, P, ...) without those of parcels so far from every site that its weather is not theirs."""
    far = near.too_far
    return np.where(far.reshape(1, -1, *(1,) * (values.ndim - 2)), np.nan, values) if far.any() else values


_READ: Final = (
    "tmin_c",
    "tmax_c",
    "rh_mean_percent",
    "rh_min_percent",
    "rh_max_percent",
    "dewpoint_c",
    "wind_2m_m_s",
    "radiation_mj_m2",
    "sunshine_h",
)


def _series(dataset: xr.Dataset, name: str, *more: str) -> Floats:
    # (D, S) or (D, S, M); NaN where the file does not have the variable.
    dimensions = ("time", "site", *more)
    if name not in dataset:
        return np.full([dataset.sizes[dimension] for dimension in dimensions], np.nan)
    return np.asarray(dataset[name].transpose(*dimensions).values, dtype=np.float64)


def _reference(series: dict[str, Floats], days: Days, dataset: xr.Dataset, used: NDArray[np.intp]) -> ReferenceEt:
    latitude = dataset["latitude"].values[used]
    if np.isnan(latitude).any() and np.isnan(series["et0_mm"]).any():
        source = dataset.attrs.get("source", "weather")
        raise InputError(
            f"{source}: expected the latitude of the site for reference ET, got none; give --latitude or a line"
            " '# latitude: 32.34'"
        )
    elevation = np.nan_to_num(dataset["elevation_m"].values[used], nan=0.0)
    extra = (1,) * (series["tmin_c"].ndim - 2)
    shape = (1, used.size, *extra)
    day_of_year = (days - days.astype("datetime64[Y]")).astype(np.float64) + 1.0
    return reference_et(
        DailyWeather(
            day_of_year=day_of_year.reshape(-1, 1, *extra),
            latitude_deg=latitude.reshape(shape),
            elevation_m=elevation.reshape(shape),
            et0_mm=series["et0_mm"],
            **{name: series[name] for name in _READ},
        ),
        in_order=True,
    )


def _stated_sigma(dataset: xr.Dataset, used: NDArray[np.intp], et0: Floats, back: NDArray[np.intp]) -> Floats | None:
    # (D, P) relative to reference ET, which near zero says nothing of how far off a value may be.
    if f"et0_mm{SIGMA}" not in dataset.coords:
        return None
    stated = np.asarray(dataset[f"et0_mm{SIGMA}"].transpose("time", "site").values, dtype=np.float64)[:, used]
    return (stated / np.maximum(et0, _LEAST_ET0_MM))[:, back]


def _others(series: dict[str, Floats], back: NDArray[np.intp]) -> dict[str, Any]:
    names = ("wind_2m_m_s", "tmin_c", "tmax_c", "radiation_mj_m2")
    return {**{name: series[name][:, back] for name in names}, "rh_min_percent": _lowest_humidity(series)[:, back]}


def _lowest_humidity(series: dict[str, Floats]) -> Floats:
    # FAO-56 eq. 10 at the hour of the highest temperature, with the dew point, else the lowest temperature, as vapour.
    vapour = saturation_vapour_pressure_kpa(
        np.where(np.isnan(series["dewpoint_c"]), series["tmin_c"], series["dewpoint_c"])
    )
    estimated = np.minimum(100.0 * vapour / saturation_vapour_pressure_kpa(series["tmax_c"]), 100.0)
    return np.where(np.isnan(series["rh_min_percent"]), estimated, series["rh_min_percent"])
