"""Something wrong with some values of the weather: where, what was expected, and how it is told in one line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Days, Floats
from cloud.weather.scrutiny.quality import Quality
from cloud.weather.tables.dates import spans

Flagged = NDArray[np.bool_]
"""Array of yes and no, shaped like the values that it speaks of: (D, S), or (D, M, S) of a forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Daily weather of S places side by side; values (D, S), of a forecast (D, M, S), NaN = unknown."""

    days: Days
    values: dict[str, Floats]
    latitude_deg: Floats
    """(S,)"""
    elevation_m: Floats
    """(S,)"""

    @property
    def dimensions(self) -> int:
        """Number of dimensions of the values: 2, or 3 with members."""
        return next((values.ndim for values in self.values.values()), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Values of one or more variables that cannot be what they say."""

    variables: tuple[str, ...]
    where: Flagged
    expected: str
    quality: Quality = Quality.SET_ASIDE

    def line(self, source: str, series: Series) -> str:
        """The finding in one line: subject, expected, got with its days, and what was done."""
        days = series.days[self.where.reshape(self.where.shape[0], -1).any(axis=1)]
        got = " and ".join(f"{series.values[name][self.where][0]:g}" for name in self.variables)
        sites = self.where.shape[-1]
        touched = int(self.where.reshape(-1, sites).any(axis=0).sum())
        places = f" at {touched} of {sites} sites" if sites > 1 else ""
        names = ", ".join(self.variables)
        told = "both taken as missing" if len(self.variables) > 1 else "taken as missing"
        named = spans([day.item() for day in days])
        return f"{source}: {names}: expected {self.expected}, got {got} on {named}{places}; {told}"
