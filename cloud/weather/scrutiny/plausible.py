"""Weather that was read, looked at as a whole: what cannot be is made unknown, flagged and told, a line for each kind.

A whole column in another unit is refused; single values are set aside. Nothing is replaced by a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.variables import VARIABLES, Floats, check_bounds, guessed_unit
from cloud.weather.scrutiny.drizzle import rain_in_inches
from cloud.weather.scrutiny.finding import Finding, Series
from cloud.weather.scrutiny.quality import Flags, Quality, quality_of, with_quality
from cloud.weather.scrutiny.seasons import check_seasons
from cloud.weather.scrutiny.stuck import impossible_sun, jumps, still_sensors

if TYPE_CHECKING:
    import xarray as xr

_MOST_OUTSIDE: Final = 0.1
"""Where more of a variable's values than this are outside their bounds, it is not what it says."""
_DEWPOINT_ABOVE_MEAN_C: Final = 3.0
"""The mean of the day's extremes is not the day's mean: air may seem this much moister than it can be."""
_HUMIDITY_TOLERANCE: Final = 3.0


def bounded(name: str, values: Floats, subject: str) -> tuple[Floats, Flags]:
    """Values with those outside the bounds unknown or, by a rounding's width, moved to the bound, and a flag for each.

    A variable in another unit, or with more than a tenth of its values outside, is refused.
    """
    variable = VARIABLES[name]
    moved = variable.nearly(values)
    flags = np.where(np.isnan(values), Quality.MISSING, Quality.MEASURED).astype(np.int8)
    flags[moved] = Quality.CORRECTED
    values = np.where(moved, np.clip(values, variable.low, variable.high), values)
    outside = (values < variable.low) | (values > variable.high)
    if guessed_unit(name, values) is not None or outside.sum() > _MOST_OUTSIDE * max((~np.isnan(values)).sum(), 1):
        check_bounds(name, values, subject)
    flags[outside] = Quality.SET_ASIDE
    return np.where(outside, np.nan, values), flags


def bounded_lines(name: str, before: Floats, flags: Flags, source: str) -> tuple[list[str], list[str]]:
    """Problems and notes, one line each, of what ``bounded`` set aside and moved."""
    variable = VARIABLES[name]
    told: list[list[str]] = []
    for quality, what in ((Quality.SET_ASIDE, "taken as missing"), (Quality.CORRECTED, "moved to the bound")):
        where = flags == quality
        line = (
            f"{source}: {name}: expected {variable.low:g} to {variable.high:g} {variable.unit}, got"
            f" {before[where][0]:g} in {int(where.sum())} of {where.size} values; {what}"
            if where.any()
            else ""
        )
        told.append([line] if line else [])
    return told[0], told[1]


def examined(dataset: xr.Dataset, *, sensors: bool = True) -> xr.Dataset:
    """Weather without what cannot be; what was found stands in ``problems`` and the flags, a doubt in ``notes``.

    Dims (time, site), of a forecast (time, member, site). Without ``sensors``, as of a model, values may repeat
    themselves.
    """
    source = str(dataset.attrs.get("source", "weather"))
    series = series_of(dataset)
    longitude = np.asarray(dataset["longitude"].values, dtype=np.float64)
    if "member" not in dataset.dims:
        check_seasons(series, longitude, source)
    flags = {name: quality_of(dataset, name) for name in series.values}
    problems = [line for line in str(dataset.attrs.get("problems", "")).splitlines() if line]
    for check in (inconsistent, impossible_sun, jumps, *((still_sensors,) if sensors else ())):
        for finding in check(series):
            problems.append(finding.line(source, series))
            for name in finding.variables:
                series.values[name][finding.where] = np.nan
                flags[name][finding.where] = finding.quality
    result = dataset.assign({name: (dataset[name].dims, values) for name, values in series.values.items()})
    for name in series.values:
        result[name].attrs = dict(dataset[name].attrs)
    result.attrs = {**dataset.attrs, "problems": "\n".join(problems)}
    inches = "" if "member" in dataset.dims else rain_in_inches(series, source)
    if inches:
        told = str(dataset.attrs.get("notes", ""))
        result.attrs["notes"] = f"{told}\n{inches}" if told else inches
    return with_quality(result, flags)


def series_of(dataset: xr.Dataset) -> Series:
    """The known variables of a dataset as arrays that may be changed."""
    return Series(
        days=dataset["time"].values.astype("datetime64[D]"),
        values={
            str(name): np.array(dataset[name].values, dtype=np.float64)
            for name in dataset.data_vars
            if str(name) in VARIABLES
        },
        latitude_deg=np.asarray(dataset["latitude"].values, dtype=np.float64),
        elevation_m=np.asarray(dataset["elevation_m"].values, dtype=np.float64),
    )


def inconsistent(series: Series) -> Iterator[Finding]:
    """Variables of a day that contradict each other: a night warmer than its day, a dew point above the air."""
    values = series.values
    if {"tmin_c", "tmax_c"} <= values.keys():
        crossed = values["tmin_c"] > values["tmax_c"]
        if crossed.any():
            yield Finding(variables=("tmin_c", "tmax_c"), where=crossed, expected="tmin_c below tmax_c")
        if "dewpoint_c" in values:
            limit = (values["tmin_c"] + values["tmax_c"]) / 2.0 + _DEWPOINT_ABOVE_MEAN_C
            above = values["dewpoint_c"] > limit
            if above.any():
                yield Finding(variables=("dewpoint_c",), where=above, expected="a dew point below the day's mean")
    if {"rh_min_percent", "rh_max_percent"} <= values.keys():
        crossed = values["rh_min_percent"] > values["rh_max_percent"]
        if crossed.any():
            pair = ("rh_min_percent", "rh_max_percent")
            yield Finding(variables=pair, where=crossed, expected="rh_min_percent below rh_max_percent")
    yield from _mean_outside(values)


def _mean_outside(values: dict[str, Floats]) -> Iterator[Finding]:
    if {"rh_min_percent", "rh_max_percent", "rh_mean_percent"} <= values.keys():
        mean = values["rh_mean_percent"]
        outside = mean < values["rh_min_percent"] - _HUMIDITY_TOLERANCE
        outside |= mean > values["rh_max_percent"] + _HUMIDITY_TOLERANCE
        if outside.any():
            yield Finding(variables=("rh_mean_percent",), where=outside, expected="a mean between the extremes")
