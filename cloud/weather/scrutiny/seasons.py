"""Whether the seasons of a series are those of the latitude that it states: a lost sign or exchanged coordinates show.

The temperature of a year is close to one wave. Poleward of 15 degrees it is warmest in the months after the sun's
highest stand; between the tropics its half-range stays below 6 degC.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from cloud.errors import InputError
from cloud.weather.scrutiny.finding import Series

_FEWEST_DAYS: Final = 300
_YEAR_DAYS: Final = 365.25
_HOTTEST_DAY_NORTH: Final = 205.0
"""Day of the year at which the middle latitudes of the north are warmest, about a month after the solstice."""
_FARTHEST_DAYS: Final = 75.0
_TROPICS_DEG: Final = 12.0
_MIDDLE_DEG: Final = 15.0
_LARGEST_TROPICAL_C: Final = 6.0
_SEEN_C: Final = 4.0
_POLES_DEG: Final = 90.0


def check_seasons(series: Series, longitude_deg: np.ndarray, source: str) -> None:
    """Refuse a site whose year is warm when the sky of its latitude is not; series shorter than a year say nothing."""
    if not {"tmin_c", "tmax_c"} <= series.values.keys():
        return
    mean = (series.values["tmin_c"] + series.values["tmax_c"]) / 2.0
    for site in range(mean.shape[1]):
        latitude = float(series.latitude_deg[site])
        known = ~np.isnan(mean[:, site])
        if np.isnan(latitude) or known.sum() < _FEWEST_DAYS:
            continue
        half_range, hottest = _wave(series.days[known], mean[known, site])
        fault = _fault(latitude, half_range, hottest)
        if fault:
            longitude = float(longitude_deg[site])
            exchanged = abs(latitude) < _TROPICS_DEG < abs(longitude) < _POLES_DEG
            way_out = (
                f"latitude {longitude:g} and longitude {latitude:g} seem exchanged"
                if exchanged
                else "correct the latitude, its sign too"
            )
            raise InputError(f"{source}: latitude {latitude:g}: expected {fault}; {way_out}")


def _wave(days: np.ndarray, mean_c: np.ndarray) -> tuple[float, float]:
    """Half-range [degC] and warmest day of the year of the wave through a series."""
    day_of_year = (days - days.astype("datetime64[Y]")).astype(np.float64) + 1.0
    angle = 2.0 * np.pi * day_of_year / _YEAR_DAYS
    design = np.column_stack((np.ones(angle.size), np.cos(angle), np.sin(angle)))
    _, east, north = np.linalg.lstsq(design, mean_c, rcond=None)[0].tolist()
    return float(np.hypot(east, north)), float(np.arctan2(north, east) / (2.0 * np.pi) * _YEAR_DAYS) % _YEAR_DAYS


def _fault(latitude: float, half_range: float, hottest: float) -> str:
    seen = f"got a year that is warmest about day {hottest:.0f} with a half-range of {half_range:.0f} degC"
    if abs(latitude) < _TROPICS_DEG and half_range > _LARGEST_TROPICAL_C:
        return f"the even year of the tropics, {seen}"
    if abs(latitude) > _MIDDLE_DEG and half_range > _SEEN_C:
        expected = _HOTTEST_DAY_NORTH if latitude > 0.0 else (_HOTTEST_DAY_NORTH + _YEAR_DAYS / 2.0) % _YEAR_DAYS
        away = abs((hottest - expected + _YEAR_DAYS / 2.0) % _YEAR_DAYS - _YEAR_DAYS / 2.0)
        if away > _FARTHEST_DAYS:
            return f"a year that is warmest about day {expected:.0f}, {seen}"
    return ""
