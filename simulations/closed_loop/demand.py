"""What a crop is held to need in a normal year: the tables that farmers, agencies and calendars go by.

Single crop coefficients of FAO-56 (1998) table 12 on stage lengths of table 11, drawn to the length that the season has
here; mean reference ET and mean rain of the years other than the one that is lived. Nobody's soil enters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from cloud.variables import Floats
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.fields import CROPS, FieldSeason

_KC: Final[Mapping[str, tuple[float, float, float]]] = {
    "wheat": (0.40, 1.15, 0.30),
    "maize": (0.40, 1.20, 0.50),
    "tomato": (0.60, 1.15, 0.80),
    "potato": (0.50, 1.15, 0.75),
    "sunflower": (0.35, 1.10, 0.35),
    "sorghum": (0.35, 1.10, 0.55),
    "cotton": (0.40, 1.18, 0.60),
}
"""Start, middle and end [-]: FAO-56 (1998) table 12; starts rounded up for the watering that brings the crop up."""
_STAGES: Final[Mapping[str, tuple[int, int, int, int]]] = {
    "wheat": (30, 60, 70, 30),
    "maize": (30, 40, 50, 30),
    "tomato": (30, 40, 45, 30),
    "potato": (25, 30, 40, 30),
    "sunflower": (25, 35, 45, 25),
    "sorghum": (20, 35, 45, 30),
    "cotton": (30, 50, 60, 55),
}
"""Lengths [d]: FAO-56 (1998) table 11, Mediterranean or arid rows."""
_WINDOW_DAYS: Final = 7
_MONTH_DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Needs of the days of a season from sowing on, shapes (D,) [mm net]."""

    etc_mm: Floats
    """Crop evapotranspiration of a normal year."""
    net_mm: Floats
    """The same less the effective rain of a normal year, never below 0."""


def crop_coefficients(crop: str, days: int) -> Floats:
    """Single crop coefficient (D,) from sowing on: level, rise, level, fall (FAO-56 chapter 6)."""
    start, middle, end = _KC[crop]
    lengths = np.array(_STAGES[crop], dtype=np.float64)
    ends = np.cumsum(lengths) * CROPS[crop].rough_days / lengths.sum()
    result: Floats = np.interp(np.arange(days) + 0.5, [0.0, *ends], [start, start, middle, middle, end])
    return result


def normal_demand(field: FieldSeason, climate: Climate, days: int) -> Demand:
    """Needs of a field's crop in the mean of all other years of the record, from its day of sowing on."""
    et0_mm, rain_mm = (_normal(climate.column(name), field, climate, days) for name in ("et0_mm", "rain_mm"))
    return _demand(field.crop, et0_mm, rain_mm)


def lived_demand(field: FieldSeason, climate: Climate, days: int) -> Demand:
    """Needs of a field's crop in the season that is lived; its rain is spread over months, as the rule for it asks."""
    rows = climate.rows(field.sown_on, days)
    rain_mm = climate.rain_mm[rows]
    month = np.arange(days) // _MONTH_DAYS
    sums, counts = np.bincount(month, rain_mm), np.bincount(month)
    return _demand(field.crop, climate.et0_mm[rows], (sums / counts)[month])


def _demand(crop: str, et0_mm: Floats, rain_mm: Floats) -> Demand:
    etc_mm = crop_coefficients(crop, et0_mm.size) * et0_mm
    # Effective rain after the USDA Soil Conservation Service as FAO CROPWAT uses it: P (125 - 0.2 P) / 125 by month,
    # and 125 + P / 10 beyond 250 mm.
    month_mm = _MONTH_DAYS * rain_mm
    some, much = month_mm * (125.0 - 0.2 * month_mm) / 125.0, 125.0 + 0.1 * month_mm
    effective_mm = np.where(month_mm <= 250.0, some, much) / _MONTH_DAYS  # noqa: PLR2004 -- the rule's own limit
    return Demand(etc_mm=etc_mm, net_mm=np.maximum(etc_mm - effective_mm, 0.0))


def _normal(values: Floats, field: FieldSeason, climate: Climate, days: int) -> Floats:
    """Mean of the same days in all other years, smoothed over a fortnight."""
    first = int((np.datetime64(field.sown_on, "D") - climate.days[0]).astype(int))
    offsets = np.arange(-_WINDOW_DAYS, days + _WINDOW_DAYS)
    years = np.round(np.arange(-60, 61) * 365.25).astype(int)
    years = years[np.abs(years) > 180]  # noqa: PLR2004 -- the year that is lived is left out
    places = first + years[:, None] + offsets[None, :]
    inside = (places >= 0) & (places < values.size)
    known = np.where(inside, values[np.clip(places, 0, values.size - 1)], np.nan)
    counted = np.isfinite(known)
    mean = np.where(counted, known, 0.0).sum(axis=0) / np.maximum(counted.sum(axis=0), 1)
    width = 2 * _WINDOW_DAYS + 1
    smooth: Floats = np.convolve(mean, np.full(width, 1.0 / width), mode="valid")
    return smooth


def season_days(field: FieldSeason) -> int:
    """Days that calendars reckon with: the rough length of the season and a fortnight."""
    return CROPS[field.crop].rough_days + timedelta(days=14).days
