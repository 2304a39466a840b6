"""What a variable usually is on each day of the year, and how far a whole year has ever strayed from it.

A product that changes its version drifts: its corrected mean over a year then lies farther from the reference's normal
year than any year of the reference did. What goes beyond is taken off, and a year that is merely hot or dry is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.variables import Days, Floats
from cloud.weather.outlook.climatology import day_of_year

HARMONICS: Final = 3
FEWEST_YEARS: Final = 3
"""Years of a reference from which a normal year can be told."""
FEWEST_YEARS_FOR_SPREAD: Final = 8
"""Years of a reference from which the spread of years can be told."""
KNOWN_DAYS: Final = 300
"""Known days that a year's mean needs."""
YEAR_DAYS: Final = 365
NATURAL_SIGMAS: Final = 2.0
"""How many standard deviations of the reference's own years count as natural."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalYear:
    """Harmonic course of a variable over the year, and the standard deviation of yearly means around it."""

    coefficients: Floats
    """(1 + 2 x harmonics,) constant, then cosine and sine of each harmonic."""
    yearly_sigma: float
    """NaN where too few years are known to tell."""

    def at(self, days: Days) -> Floats:
        """Normal value of every day (D,)."""
        return _design(days) @ self.coefficients

    def drift(self, days: Days, values: Floats) -> Floats:
        """How far a series (D,) of consecutive days left its natural range, by the mean of the year up to each day.

        Zero while fewer than 300 days of that year are known, and where the spread of years is unknown.
        """
        anomaly = values - self.at(days)
        known = ~np.isnan(anomaly)
        total, count = (_last_year(series) for series in (np.where(known, anomaly, 0.0), known.astype(np.float64)))
        mean = total / np.maximum(count, 1.0)
        limit = NATURAL_SIGMAS * self.yearly_sigma
        beyond = mean - np.clip(mean, -limit, limit)
        return np.where((count >= KNOWN_DAYS) & np.isfinite(beyond), beyond, 0.0)


def normal_year(days: Days, values: Floats) -> NormalYear | None:
    """Normal year of a reference (D,); None where fewer than three years of it are known."""
    known = ~np.isnan(values)
    if known.sum() < FEWEST_YEARS * KNOWN_DAYS:
        return None
    coefficients = np.linalg.lstsq(_design(days[known]), values[known], rcond=None)[0].astype(np.float64)
    anomaly = values[known] - _design(days[known]) @ coefficients
    year = days[known].astype("datetime64[Y]")
    means = [anomaly[year == one].mean() for one in np.unique(year) if (year == one).sum() >= KNOWN_DAYS]
    sigma = float(np.std(means, ddof=1)) if len(means) >= FEWEST_YEARS_FOR_SPREAD else float("nan")
    return NormalYear(coefficients=coefficients, yearly_sigma=sigma)


def _design(days: Days) -> Floats:
    angle = 2.0 * np.pi * day_of_year(days) / 365.25
    columns = [np.ones(days.size)]
    for order in range(1, HARMONICS + 1):
        columns += [np.cos(order * angle), np.sin(order * angle)]
    return np.stack(columns, axis=1)


def _last_year(series: Floats) -> Floats:
    """Sum over the last 365 rows up to each row."""
    total = np.concatenate(([0.0], np.cumsum(series)))
    rows = np.arange(1, series.size + 1)
    return total[rows] - total[np.maximum(rows - YEAR_DAYS, 0)]
