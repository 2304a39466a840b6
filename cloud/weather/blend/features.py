"""What a second product tells of a day, with the physics that ties it to radiation, humidity and reference ET."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy import radiation
from cloud.agronomy.et0 import DailyWeather, hargreaves_mm, reference_et, saturation_vapour_pressure_kpa
from cloud.variables import Days, Floats
from cloud.weather.outlook.climatology import day_of_year

if TYPE_CHECKING:
    import xarray as xr

PREDICTORS: Final = (
    "tmin_c",
    "tmax_c",
    "rh_mean_percent",
    "rh_min_percent",
    "rh_max_percent",
    "dewpoint_c",
    "dewpoint_max_c",
    "wind_2m_m_s",
    "radiation_mj_m2",
    "sunshine_h",
    "rain_mm",
)
"""Variables of a second product that may serve; the temperatures must be there."""
NEEDED: Final = ("tmin_c", "tmax_c")
KNOWN_FRACTION: Final = 0.8
"""Share of days on which a predictor must be known to serve at all."""
SITES_FRACTION: Final = 0.5
"""Share of the sites that must know a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """A second product around one place: the mean of its sites, each series (D,), NaN = unknown."""

    days: Days
    latitude: float
    elevation_m: float
    series: Mapping[str, Floats]


def surroundings(second: xr.Dataset, sites: NDArray[np.intp], latitude: float, elevation_m: float) -> Surroundings:
    """Mean over some sites of every predictor; a day that fewer than half of them know stays unknown."""
    found = {}
    for name in PREDICTORS:
        if name not in second:
            continue
        values = np.asarray(second[name].transpose("time", "site").values[:, sites], dtype=np.float64)
        known = ~np.isnan(values)
        count = known.sum(axis=1)
        enough = count >= max(1.0, SITES_FRACTION * sites.size)
        total = np.where(known, values, 0.0).sum(axis=1)
        found[name] = np.where(enough, total / np.maximum(count, 1), np.nan)
    days = second["time"].values.astype("datetime64[D]")
    return Surroundings(days=days, latitude=latitude, elevation_m=elevation_m, series=found)


def usable_predictors(product: Surroundings) -> tuple[str, ...]:
    """Predictors that are known on most days on which the temperatures are."""
    base = ~np.isnan(product.series["tmin_c"]) & ~np.isnan(product.series["tmax_c"])
    return tuple(
        name
        for name, values in product.series.items()
        if base.any() and float((~np.isnan(values[base])).mean()) >= KNOWN_FRACTION
    )


def feature_matrix(product: Surroundings, predictors: Sequence[str]) -> tuple[tuple[str, ...], Floats]:
    """Names (F,) and values (D, F) of what the predictors say; a row with an unknown one holds NaN."""
    day = day_of_year(product.days).astype(np.float64)
    outside = radiation.extraterrestrial_mj_m2(np.array(product.latitude), day)
    given = {name: product.series[name] for name in predictors}
    angle = 2.0 * np.pi * day / 365.25
    columns = {"extraterrestrial": outside, "season_sin": np.sin(angle), "season_cos": np.cos(angle)}
    columns |= {name: np.log1p(values) if name == "rain_mm" else values for name, values in given.items()}
    mean_c = (given["tmin_c"] + given["tmax_c"]) / 2.0
    columns["energy_and_warmth"] = outside * mean_c / 100.0
    columns["hargreaves"] = hargreaves_mm(given["tmin_c"], given["tmax_c"], outside)
    columns |= _deficits(given)
    if "sunshine_h" in given:
        share = given["sunshine_h"] / radiation.daylight_h(np.array(product.latitude), day)
        columns |= {"sunshine_h": share, "sunshine_energy": share * outside}
    columns["plain_et0"] = plain_et0_mm(product, predictors)
    return tuple(columns), np.stack(list(columns.values()), axis=1)


def plain_et0_mm(product: Surroundings, predictors: Sequence[str]) -> Floats:
    """Reference ET of the product taken as it is (D,) [mm d-1]."""
    unknown = np.full(product.days.size, np.nan)
    fields = {
        name: product.series[name] if name in predictors else unknown
        for name in DailyWeather.__slots__
        if name not in {"day_of_year", "latitude_deg", "elevation_m"}
    }
    weather = DailyWeather(
        day_of_year=day_of_year(product.days).astype(np.float64),
        latitude_deg=np.full(product.days.size, product.latitude),
        elevation_m=np.full(product.days.size, np.nan_to_num(product.elevation_m)),
        **fields,
    )
    return reference_et(weather).et0_mm


def _deficits(given: Mapping[str, Floats]) -> dict[str, Floats]:
    """Vapour pressure deficit [kPa] by each humidity that is known, and its product with the wind."""
    saturation = (
        saturation_vapour_pressure_kpa(given["tmin_c"]) + saturation_vapour_pressure_kpa(given["tmax_c"])
    ) / 2.0
    found = {}
    if "rh_mean_percent" in given:
        found["deficit_by_humidity"] = saturation * (1.0 - given["rh_mean_percent"] / 100.0)
    for name in ("dewpoint_c", "dewpoint_max_c"):
        if name in given:
            found[f"deficit_by_{name}"] = saturation - saturation_vapour_pressure_kpa(given[name])
    if found and "wind_2m_m_s" in given:
        found["wind_and_deficit"] = next(iter(found.values())) * given["wind_2m_m_s"]
    return found
