"""SYNTHETIC forecasts and weather stations of the closed loop, made around weather that really came.

No archive of real forecasts is at hand. How far a forecast can know what a field lives through is bounded here by two
products that are independent of each other and tell of one place: NASA POWER and the series of historique-meteo.net for
Beni Mellal, 2009-2010, 730 days. Their anomalies correlate with 0.80 (maximum temperature 0.80, minimum 0.81,
reference ET 0.80; rain amounts 0.75); the one tells of 59 % of the other's wet days, and 13 % of its own are dry there.
So lead 1 starts at 0.80 instead of at one, and falls from there as medium-range ensembles do. Bias, members too much
alike, drizzle and storms too small are left in as the same module puts them in for the forecasts' own figures.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np

from cloud.errors import MissingDataError
from cloud.variables import Floats
from simulations.closed_loop.climates import VARIABLES, Climate
from simulations.closed_loop.fields import FieldSeason
from simulations.evaluation.water.synthetic_forecasts import SKILL, make

PRODUCTS_AGREE: Final = 0.80
"""Correlation of the daily anomalies of the two products."""
LEADS: Final = len(SKILL)
ET0_CV: Final = 0.06
"""Daily error of reference ET from a station beside the field: a tenth for full stations, less than for products."""
RAIN_CV: Final = 0.10
"""Daily error of a rain gauge near the field."""
TEMPERATURE_C: Final = 0.5


class Forecasts:
    """Ensembles of one climate, issued every evening, and what a station beside the fields tells of the past."""

    def __init__(self, climate: Climate, seed: int) -> None:
        self.climate = climate
        generator = np.random.default_rng([seed, *climate.name.encode()])
        truth = {name: climate.column(name) for name in VARIABLES}
        known = np.isfinite(np.stack(list(truth.values()))).all(axis=0)
        if not known.all():
            missing = climate.days[~known][0]
            raise MissingDataError(
                f"climate {climate.name}: expected a record without gaps, {missing} lacks a value; cut or fill it"
            )
        skill = [PRODUCTS_AGREE * one / SKILL[0] for one in SKILL]
        made = make(climate.days, truth, generator, skill=skill)
        self._members: Mapping[str, Floats] = {
            name: values.astype(np.float32).astype(np.float64) for name, values in _sound(made.members).items()
        }
        self.told = _told(climate, generator)

    def ahead(self, day: date) -> Mapping[str, Floats]:
        """Members (LEADS, M) by variable for ``day`` and the days after it, issued on the evening before."""
        issue = int((np.datetime64(day, "D") - self.climate.days[0]).astype(int)) - 1
        if not 0 <= issue < self._members["et0_mm"].shape[0]:
            raise MissingDataError(
                f"forecast of {self.climate.name} for {day}: expected a day within the record, from"
                f" {self.climate.days[1]} on, got none; choose other seasons"
            )
        return {name: values[issue] for name, values in self._members.items()}


def _sound(members: Mapping[str, Floats]) -> Mapping[str, Floats]:
    """Members that a forecast file could hold: nothing negative, and no night warmer than its day."""
    return {
        "tmin_c": np.minimum(members["tmin_c"], members["tmax_c"] - 0.5),
        "tmax_c": members["tmax_c"],
        "rain_mm": np.maximum(members["rain_mm"], 0.0),
        "et0_mm": np.maximum(members["et0_mm"], 0.2),
    }


def _told(climate: Climate, generator: np.random.Generator) -> Climate:
    def noise(cv: float) -> Floats:
        return np.exp(cv * generator.standard_normal(climate.days.size))

    warm = TEMPERATURE_C * generator.standard_normal((2, climate.days.size))
    tmax_c = climate.tmax_c + warm[0]
    return Climate(
        name=climate.name,
        latitude=climate.latitude,
        longitude=climate.longitude,
        elevation_m=climate.elevation_m,
        origin=f"SYNTHETIC station: {climate.origin}, with errors of a gauge",
        days=climate.days,
        tmin_c=np.minimum(climate.tmin_c + warm[1], tmax_c - 0.1),
        tmax_c=tmax_c,
        rain_mm=np.round(climate.rain_mm * noise(RAIN_CV), 1),
        et0_mm=np.round(climate.et0_mm * noise(ET0_CV), 2),
    )


def ahead_of_fields(
    fields: Sequence[FieldSeason], day: date, forecasts: Mapping[str, Forecasts]
) -> Mapping[str, Floats]:
    """Members (LEADS, M, F) by variable for the nominal ``day`` and those after it, each field in its own real year."""
    each = [forecasts[one.climate].ahead(day - one.shift) for one in fields]
    return {name: np.stack([one[name] for one in each], axis=-1) for name in VARIABLES}


def past_of_fields(
    fields: Sequence[FieldSeason], first: date, count: int, forecasts: Mapping[str, Forecasts]
) -> Mapping[str, Floats]:
    """What the stations told (D, F) by variable on ``count`` nominal days from ``first`` on."""
    rows = [forecasts[one.climate].told.rows(first - one.shift, count) for one in fields]
    return {
        name: np.stack(
            [forecasts[one.climate].told.column(name)[row] for one, row in zip(fields, rows, strict=True)], axis=-1
        )
        for name in VARIABLES
    }
