"""Sensors that stand still, jump for a day, or see more sun than there is.

Thresholds lie beyond what real series show: daily temperatures with decimals repeat at most 4 days (6,575 days of AZMET
Maricopa, 10,957 of NASA POWER Beni Mellal), winds 5; a temperature lies at most 15 degC from the mean of its two
neighbours (38 Moroccan towns); radiation reaches 1.12 of the clear sky of FAO-56 eq. 37 (AZMET) and falls to 0.04 of
what arrives above the air. In whole degrees the Saharan coast repeats a temperature for weeks: there only a day's
lowest and highest together betray a sensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.agronomy.radiation import clear_sky_mj_m2, daylight_h, extraterrestrial_mj_m2
from cloud.variables import Floats
from cloud.weather.scrutiny.finding import Finding, Flagged, Series
from cloud.weather.scrutiny.quality import Quality

LARGEST_JUMP_C: Final = 20.0
"""A temperature of one day this far from the days around it is a fault [degC]."""
CLEAREST_FRACTION: Final = 1.15
"""Radiation above this share of a clear sky's is a fault [-]."""
DARKEST_FRACTION: Final = 0.03
"""Radiation below this share of what arrives above the air is a fault [-]."""

_USUAL_ELEVATION_M: Final = 500.0
_MANNER: Final = 0.6
"""Where so many of all values stand in long repeats, the file holds means of months or a constant, not a sensor."""
_MOSTLY: Final = 0.8
"""Where more than this share of the values around a run are whole numbers, the series is read in whole numbers."""
_AROUND_DAYS: Final = 30
_TOLERANCE_H: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stillness:
    """How long a variable may repeat itself [d], with decimals and in whole numbers."""

    fine: int
    whole: int
    above: float = -np.inf
    """Only values above this count: days without rain repeat for months."""
    except_for: float = np.nan
    """A value that may stand for weeks, such as a night's humidity of 100 %."""


_STILL: Final = {
    "tmin_c": _Stillness(fine=5, whole=45),
    "tmax_c": _Stillness(fine=5, whole=45),
    "dewpoint_c": _Stillness(fine=5, whole=45),
    "rh_mean_percent": _Stillness(fine=5, whole=14, except_for=100.0),
    "rh_min_percent": _Stillness(fine=5, whole=14, except_for=100.0),
    "rh_max_percent": _Stillness(fine=5, whole=14, except_for=100.0),
    "wind_2m_m_s": _Stillness(fine=10, whole=14, above=0.0),
    "radiation_mj_m2": _Stillness(fine=5, whole=10),
    "rain_mm": _Stillness(fine=4, whole=4, above=1.0),
}
_PINNED: Final = (
    ("rh_mean_percent", 0.0, 1),
    ("rh_min_percent", 0.0, 3),
    ("rh_max_percent", 0.0, 1),
    ("rh_mean_percent", 100.0, 5),
    ("rh_min_percent", 100.0, 4),
    ("wind_2m_m_s", 0.0, 3),
)
"""Variable, value, and for how many days on end it is a fault [d]."""
_BOTH_STILL_DAYS: Final = 16
_NO_RANGE_DAYS: Final = 4


def still_sensors(series: Series) -> Iterator[Finding]:
    """Values that repeat themselves for longer than weather does, or stand at the end of a scale."""
    for name, rule in _STILL.items():
        if name in series.values:
            yield from _still(series, name, rule)
    for name, value, days in _PINNED:
        if name in series.values:
            where = _long_runs(series.values[name] == value, days)
            if where.any():
                yield Finding(
                    variables=(name,),
                    where=where,
                    expected=f"it to leave {value:g} within {days} days",
                    quality=Quality.STUCK,
                )
    yield from _both_still(series)


def jumps(series: Series) -> Iterator[Finding]:
    """Temperatures of one day far from both the day before and the day after, which agree with each other."""
    for name in ("tmin_c", "tmax_c", "dewpoint_c"):
        values = series.values.get(name)
        if values is None or values.shape[0] < 3:  # noqa: PLR2004 -- a day between two others
            continue
        before, day, after = values[:-2], values[1:-1], values[2:]
        alone = (np.abs(day - before) > LARGEST_JUMP_C) & (np.abs(day - after) > LARGEST_JUMP_C)
        alone &= (np.sign(day - before) == np.sign(day - after)) & (np.abs(after - before) < LARGEST_JUMP_C / 2.0)
        where = np.zeros(values.shape, dtype=bool)
        where[1:-1] = alone
        if where.any():
            yield Finding(variables=(name,), where=where, expected=f"days within {LARGEST_JUMP_C:g} degC of each other")


def impossible_sun(series: Series) -> Iterator[Finding]:
    """Radiation above a clear sky or below the darkest day, and sunshine longer than the day."""
    day_of_year = (series.days - series.days.astype("datetime64[Y]")).astype(np.float64) + 1.0
    day_of_year = day_of_year.reshape(-1, *(1,) * (series.dimensions - 1))
    latitude = series.latitude_deg
    radiation = series.values.get("radiation_mj_m2")
    if radiation is not None:
        above = extraterrestrial_mj_m2(latitude, day_of_year)
        elevation = np.where(np.isnan(series.elevation_m), _USUAL_ELEVATION_M, series.elevation_m)
        clear = clear_sky_mj_m2(above, elevation)
        for where, expected in (
            (radiation > CLEAREST_FRACTION * clear + 0.5, f"at most {CLEAREST_FRACTION:g} of a clear sky's"),
            ((radiation < DARKEST_FRACTION * above) & (above > 1.0), f"at least {DARKEST_FRACTION:g} of the sun's"),
        ):
            if where.any():
                yield Finding(variables=("radiation_mj_m2",), where=where, expected=expected)
    sunshine = series.values.get("sunshine_h")
    if sunshine is not None:
        where = sunshine > daylight_h(latitude, day_of_year) + _TOLERANCE_H
        if where.any():
            yield Finding(variables=("sunshine_h",), where=where, expected="no more than the day is long")


def _still(series: Series, name: str, rule: _Stillness) -> Iterator[Finding]:
    values = series.values[name]
    counted = (values > rule.above) & (values != rule.except_for)
    same = np.zeros(values.shape, dtype=bool)
    same[1:] = (values[1:] == values[:-1]) & counted[1:]
    where = np.zeros(values.shape, dtype=bool)
    longest = rule.fine
    for column, first, end in _runs(same, rule.fine - 1):
        begin = first - 1  # the day before the first repetition is the first of the run
        limit = rule.whole if _in_whole_numbers(values[:, column], begin, end) else rule.fine
        where[begin:end, column] = end - begin >= limit
        longest = max(longest, limit if end - begin >= limit else 0)
    known = (~np.isnan(values)).sum(axis=0)
    where[:, where.sum(axis=0) > _MANNER * np.maximum(known, 1)] = False
    if where.any():
        expected = f"it to change within {longest} days"
        yield Finding(variables=(name,), where=where, expected=expected, quality=Quality.STUCK)


def _in_whole_numbers(values: Floats, begin: int, end: int) -> bool:
    """Whether a series is read in whole numbers around a run."""
    around = np.concatenate((values[max(begin - _AROUND_DAYS, 0) : begin], values[end : end + _AROUND_DAYS]))
    around = around[~np.isnan(around)]
    return bool(around.size) and float((around == np.round(around)).mean()) > _MOSTLY


def _both_still(series: Series) -> Iterator[Finding]:
    if not {"tmin_c", "tmax_c"} <= series.values.keys():
        return
    low, high = series.values["tmin_c"], series.values["tmax_c"]
    same = np.zeros(low.shape, dtype=bool)
    same[1:] = (low[1:] == low[:-1]) & (high[1:] == high[:-1])
    where = _repeats(same, _BOTH_STILL_DAYS)
    flat = _long_runs(low == high, _NO_RANGE_DAYS)
    for found, expected in (
        (where, f"them to change within {_BOTH_STILL_DAYS} days"),
        (flat, "a day warmer than its night"),
    ):
        many = found.sum(axis=0) > _MANNER * np.maximum((~np.isnan(low + high)).sum(axis=0), 1)
        kept = found & ~many
        if kept.any():
            yield Finding(variables=("tmin_c", "tmax_c"), where=kept, expected=expected, quality=Quality.STUCK)


def _repeats(same: Flagged, days: int) -> Flagged:
    """Where runs of days equal to the day before, the first included, are at least so long."""
    long = _long_runs(same, days - 1)
    result = long.copy()
    result[:-1] |= long[1:]
    return result


def _long_runs(flags: Flagged, days: int) -> Flagged:
    """Those flags that stand in runs of at least ``days`` along the first axis."""
    result = np.zeros(flags.shape, dtype=bool)
    for column, first, end in _runs(flags, days):
        result[first:end, column] = True
    return result


def _runs(flags: Flagged, days: int) -> Iterator[tuple[int, int, int]]:
    """Column, first row and the row after the last of every run of at least ``days`` along the first axis."""
    for column in np.flatnonzero(flags.any(axis=0)).tolist():
        edges = np.flatnonzero(np.diff(np.concatenate(([False], flags[:, column], [False])).astype(np.int8)))
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if end - first >= days:
                yield column, first, end
