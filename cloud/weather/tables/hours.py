"""Rows of hours or minutes as the weather of whole hours; an hour that is not told in full is unknown, never zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final

import numpy as np

from cloud.agronomy.et0 import saturation_vapour_pressure_kpa
from cloud.agronomy.hourly import HourlyWeather, extraterrestrial_mj_m2_h
from cloud.errors import InputError
from cloud.variables import Floats
from cloud.weather.tables.columns import to_2m
from cloud.weather.tables.headers import Meaning
from cloud.weather.tables.moments import says_offsets, zone_of
from cloud.weather.tables.site import Site, site_of
from cloud.weather.tables.subdaily import (
    bounded,
    is_subdaily,
    meanings_of,
    names_its_start,
    ordered_rows,
    step_values,
)
from cloud.weather.tables.table import Table, read_table

HOUR_S: Final = 3600.0

_VARIABLES: Final = {
    "temperature": "tmax_c",
    "humidity": "rh_mean_percent",
    "dewpoint": "dewpoint_c",
    "wind": "wind_2m_m_s",
    "radiation": "radiation_mj_m2",
}
_MOST_ABOVE: Final = 1.1
_LEAST_ABOVE_MJ_M2: Final = 0.15
"""Radiation above that outside the atmosphere by more than this factor and this much cannot be of that hour."""
_MOST_IMPOSSIBLE: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Weather of H consecutive hours of one place, and what was said and could not be used on the way."""

    began_s: Floats
    """Start of each hour (H,), seconds since 1970 UTC."""
    zone: tzinfo
    """The clock of the file, UTC where each time says its own offset."""
    weather: HourlyWeather
    notes: tuple[str, ...]
    problems: tuple[str, ...]


def read_hours(path: Path, site: Site | None = None) -> Hours:
    """Weather of whole hours from a CSV of hours or minutes; sums need every row of their hour, and so do means.

    Options of ``site`` win over comment lines such as ``# longitude: -6.35``. InputError where a row's moment or the
    place of the sun cannot be known.
    """
    table = read_table(path)
    if not is_subdaily(table):
        raise InputError(f"{table.name}: expected several rows of hours or minutes, got days; leave out --hourly")
    place = _placed(table, site_of(table, site))
    zone = zone_of(table, None)
    if zone is None and not says_offsets(table):
        raise InputError(
            f"{table.name}: expected times with an offset, or a line '# timezone: Africa/Casablanca', got neither;"
            " add the line: the hour decides where the sun stands"
        )
    order, stamps, step_s = ordered_rows(table, zone)
    if not order.size:
        raise InputError(f"{table.name}: expected at least one row with a time like 2024-05-01T06:00, got none")
    if step_s > HOUR_S or HOUR_S % step_s:
        raise InputError(
            f"{table.name}: expected rows every hour, or several in each hour, got every {step_s / 60.0:g} min;"
            " leave out --hourly"
        )
    begins = stamps if names_its_start(table) else stamps - step_s
    phase = begins[0] % HOUR_S if step_s == HOUR_S else 0.0
    slots = ((begins - phase) // HOUR_S).astype(np.int64)
    began_s = (np.arange(slots.min(), slots.max() + 1) * HOUR_S + phase).astype(np.float64)
    rows = _columns(table, place.wind_height_m or 2.0, step_s)
    per_hour = round(HOUR_S / step_s)
    hours = {name: _by_hour(one[order], slots - slots.min(), began_s.size, per_hour) for name, one in rows.items()}
    hours["radiation"] = hours["radiation"] * per_hour
    weather = _weather(hours, began_s, place)
    _check_clock(table, weather)
    return Hours(
        began_s=began_s,
        zone=zone or UTC,
        weather=weather,
        notes=tuple(table.notes),
        problems=tuple(table.problems),
    )


def _placed(table: Table, place: Site) -> Site:
    needed = (("latitude", place.latitude), ("longitude", place.longitude), ("elevation", place.elevation_m))
    for name, value in needed:
        if value is None:
            raise InputError(
                f"{table.name}: expected the {name} of the site for hourly reference ET, got none; give --{name} or a"
                f" line '# {name}: NUMBER'"
            )
    return place


def _columns(table: Table, wind_height_m: float, step_s: float) -> dict[str, Floats]:
    """Columns of the table (R,), with vapour pressure in the place of humidity and dew point."""
    found: dict[tuple[str, str | None], Floats] = {}
    for header, meaning in meanings_of(table):
        variable = _VARIABLES.get(meaning.quantity)
        if variable is None or (meaning.quantity, meaning.statistic) in found:
            continue
        values = bounded(table, header, variable, step_values(table, header, meaning, variable, step_s))
        found[meaning.quantity, meaning.statistic] = _at_2m(values, meaning, wind_height_m)
    unknown = np.full(len(table.rows), np.nan)
    temperature = found.get(("temperature", None))
    if temperature is None:
        extremes = [found.get(("temperature", name), unknown) for name in ("min", "max")]
        temperature = (extremes[0] + extremes[1]) / 2.0
    told = {
        "air temperature": temperature,
        **{name: found.get((name, None), unknown) for name in ("wind", "radiation")},
    }
    humidity = found.get(("humidity", None), unknown) / 100.0 * saturation_vapour_pressure_kpa(temperature)
    dewpoint = found.get(("dewpoint", None))
    vapour = humidity if dewpoint is None else saturation_vapour_pressure_kpa(dewpoint)
    told["humidity or dew point"] = np.where(np.isnan(vapour), humidity, vapour)
    for name, values in told.items():
        if np.isnan(values).all():
            raise InputError(
                f"{table.name}: expected {name} for hourly reference ET, got none in {', '.join(table.header)};"
                " name the column with its unit, such as temp_c, rh_percent, wind_m_s, radiation_w_m2"
            )
    return told


def _at_2m(values: Floats, meaning: Meaning, wind_height_m: float) -> Floats:
    return to_2m(values, meaning.height_m or wind_height_m) if meaning.quantity == "wind" else values


def _by_hour(rows: Floats, places: np.ndarray[tuple[int, ...], np.dtype[np.int64]], hours: int, needed: int) -> Floats:
    """Mean of each hour (H,); NaN unless just its number of rows is known."""
    known = ~np.isnan(rows)
    count = np.bincount(places[known], minlength=hours)
    total = np.bincount(places[known], weights=rows[known], minlength=hours)
    return np.where(count == needed, total / needed, np.nan)


def _weather(hours: Mapping[str, Floats], began_s: Floats, place: Site) -> HourlyWeather:
    """Hours by the clock of UTC, on the days of the place's own sun."""
    longitude = float(place.longitude or 0.0)
    middle_s = began_s + HOUR_S / 2.0
    days = ((middle_s + longitude * 240.0) // 86_400.0).astype(np.int64).astype("datetime64[D]")
    whole = np.ones(began_s.size)
    return HourlyWeather(
        day_of_year=(days - days.astype("datetime64[Y]")).astype(np.float64) + 1.0,
        clock_h=middle_s % 86_400.0 / HOUR_S,
        latitude_deg=whole * float(place.latitude or 0.0),
        longitude_deg=whole * longitude,
        zone_longitude_deg=0.0 * whole,
        elevation_m=whole * float(place.elevation_m or 0.0),
        temperature_c=hours["air temperature"],
        vapour_pressure_kpa=hours["humidity or dew point"],
        wind_2m_m_s=hours["wind"],
        radiation_mj_m2=hours["radiation"],
    )


def _check_clock(table: Table, weather: HourlyWeather) -> None:
    """Refuse hours that are brighter than the sun outside the atmosphere: their clock or their place is another."""
    limit = _MOST_ABOVE * extraterrestrial_mj_m2_h(weather) + _LEAST_ABOVE_MJ_M2
    bright = weather.radiation_mj_m2 > _LEAST_ABOVE_MJ_M2
    beyond = weather.radiation_mj_m2 > limit
    if beyond.sum() > _MOST_IMPOSSIBLE * max(bright.sum(), 1):
        raise InputError(
            f"{table.name}: expected radiation below that outside the atmosphere, got more in {int(beyond.sum())} of"
            f" {int(bright.sum())} bright hours; correct the longitude, '# timezone' or '# stamp: start'"
        )
