"""Hourly cubes such as ERA5 and ERA5-Land gathered into local days.

ERA5-Land sums rain and radiation since midnight UTC, and the value of 00 UTC is the whole day before; ERA5 gives the
hour's own. Which of the two a file holds shows in it: a sum since midnight never falls before the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.errors import InputError
from cloud.variables import Floats
from cloud.weather.services.hours import HOUR_S, local_days
from cloud.weather.tables.columns import conversion, to_2m, understands

if TYPE_CHECKING:
    import xarray as xr

_STATES: Final = {
    **dict.fromkeys(("t2m", "2t"), ("temperature_c", "dewpoint_c")),
    **dict.fromkeys(("d2m", "2d"), ("dewpoint_c", "dewpoint_c")),
    "rh2m": ("relative_humidity_percent", "rh_mean_percent"),
}
"""Short name: hourly series, and a variable with the same units."""
_SUMS: Final = {"tp": "rain_mm", "ssrd": "radiation_w_m2", "gl": "radiation_w_m2"}
_WINDS: Final = (("u10", "v10"), ("10u", "10v"), ("uu", "vv"))
_HOURS: Final = 24
_ROUNDING: Final = 1e-3
"""A sum falls by this share of its largest value at most, where it is a sum since midnight: packing rounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyCube:
    """Local days of the cells of an hourly cube; values (D, S)."""

    days: np.ndarray
    values: Mapping[str, Floats]
    notes: tuple[str, ...]


def is_hourly(times: np.ndarray) -> bool:
    """Whether stamps are an hour apart, gaps aside."""
    steps = np.diff(np.unique(times.astype("datetime64[s]").astype(np.int64)))
    return bool(steps.size) and int(np.median(steps)) == HOUR_S


def days_of_hours(dataset: xr.Dataset, subject: str, timezone: str) -> HourlyCube:
    """Daily variables of a cube with dims (time, site) and hourly stamps in UTC; an unknown hour, an unknown day."""
    stamps = dataset["time"].values.astype("datetime64[s]").astype(np.int64)
    full = np.arange(stamps.min(), stamps.max() + HOUR_S, HOUR_S)
    notes: list[str] = []
    hours: dict[str, Floats] = {}
    named = {str(raw).lower(): str(raw) for raw in dataset.data_vars}
    span = stamps, full
    for short, name in named.items():
        if short in _STATES:
            hours[_STATES[short][0]] = _series(dataset, name, _STATES[short][1], span, subject)
        elif short in _SUMS:
            series, apart = _hourly_sums(dataset, name, _SUMS[short], span, subject)
            hours[_SUMS[short]] = series
            notes += [f"{subject}: {name} is summed since 00 UTC; it was taken apart into hours"] if apart else []
    for east, north in _WINDS:
        if east in named and north in named:
            parts = [_series(dataset, named[one], "wind_2m_m_s", span, subject) for one in (east, north)]
            hours["wind_2m_m_s"] = to_2m(np.hypot(*parts), 10.0)
    if not hours:
        names = ", ".join(map(str, dataset.data_vars))
        raise InputError(f"{subject}: expected hourly t2m, d2m, u10, v10, tp or ssrd, got {names}; give whole days")
    days, values = local_days(full, hours, timezone)
    return HourlyCube(days=days, values=values, notes=tuple(notes))


def _series(dataset: xr.Dataset, name: str, like: str, stamps: tuple[np.ndarray, np.ndarray], subject: str) -> Floats:
    """(H, S) values on every hour of the span, NaN where the file has none."""
    convert = conversion(like, str(dataset[name].attrs.get("units", "")), f"{subject}: {name}")
    values = convert(np.asarray(dataset[name].transpose("time", "site").values, dtype=np.float64))
    series = np.full((stamps[1].size, values.shape[1]), np.nan)
    series[(stamps[0] - stamps[1][0]) // HOUR_S] = values
    return series


def _hourly_sums(
    dataset: xr.Dataset, name: str, series_name: str, stamps: tuple[np.ndarray, np.ndarray], subject: str
) -> tuple[Floats, bool]:
    """Sums of each hour, radiation as its mean power [W m-2], and whether sums since midnight were taken apart."""
    units = str(dataset[name].attrs.get("units", ""))
    if series_name == "radiation_w_m2" and understands("mean_w_m2", units):
        return _series(dataset, name, "mean_w_m2", stamps, subject), False
    energy = series_name == "radiation_w_m2"
    series = _series(dataset, name, "radiation_mj_m2" if energy else "rain_mm", stamps, subject)
    apart = _is_since_midnight(series, stamps[1])
    series = _taken_apart(series, stamps[1]) if apart else series
    return series * (1e6 / HOUR_S) if energy else series, apart


def _is_since_midnight(series: Floats, stamps: np.ndarray) -> bool:
    rises = np.diff(series, axis=0)
    # The step into hour 1 UTC begins a new sum.
    inside = (stamps[1:] // HOUR_S) % _HOURS != 1
    floor = -_ROUNDING * np.nanmax(series, initial=0.0)
    falls = rises[inside] < floor
    return bool((rises[~inside] < floor).any() and not falls.any())


def _taken_apart(series: Floats, stamps: np.ndarray) -> Floats:
    hours = np.full(series.shape, np.nan)
    hours[1:] = np.maximum(np.diff(series, axis=0), 0.0)
    first = (stamps // HOUR_S) % _HOURS == 1
    hours[first] = series[first]
    return hours
