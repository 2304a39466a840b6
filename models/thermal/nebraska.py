"""Hourly canopy temperature, weather and soil water of the Nebraska 2024 plots, screened for broken sensors."""

import csv
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

CROPS: Final = {"CORN": "maize", "SOYBEAN": "soybean"}
HOURS: Final = (12, 16)
MIN_RADIATION_W_M2: Final = 600.0
MIN_VPD_KPA: Final = 0.8
MAX_WIND_M_S: Final = 6.0
NIGHT_DIFFERENCE_K: Final = (-5.0, 2.5)
"""Mean canopy minus air temperature of a night of a sensor that works and looks at leaves."""
MAX_DIFFERENCE_K: Final = 12.0
SITE_WILTING_POINT_PERCENT: Final = 12.79
SITE_AVAILABLE_PERCENT: Final = 16.66
"""Soil limits implied by the authors' own soil index (it is linear in the mean of three depths)."""
STRESS_FREE_FRACTION: Final = 0.5
"""Depletion of available water up to which transpiration is free; the authors' figure, FAO-56 gives 0.50 to 0.55."""
MIN_HOURS: Final = 20
MAX_TOO_COLD_FRACTION: Final = 0.1
WET_BULB_SLOPE: Final = 0.75
"""Mean slope between air and wet bulb over the slope at air temperature, for the dry noons of these plots."""
PSYCHROMETRIC_KPA_PER_K: Final = 0.061
_NAME: Final = re.compile(r"LINEAR_(\w+?)_trt(\d)_plot_(\d+)")
_NIGHT_HOURS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Clear hours of one plot; arrays (N,): day as a proleptic ordinal, canopy minus air [K], weather, two truths.

    ``refill_stress`` takes field capacity from the wettest soil each probe saw, ``site_stress`` from the authors'
    limits for every probe; both are 1 - Ks of FAO-56 eq. 84, NaN where no soil water was measured.
    """

    crop: str
    number: int
    day: NDArray[np.int64]
    difference_k: Numbers
    air_c: Numbers
    humidity_percent: Numbers
    vpd_kpa: Numbers
    wind_m_s: Numbers
    radiation_w_m2: Numbers
    refill_stress: Numbers
    site_stress: Numbers


def read_plots(folder: Path) -> list[Plot]:
    """Every plot whose infrared sensor gave at least 20 usable clear hours, few of them colder than leaves can be."""
    plots = [plot for path in sorted(folder.glob("LINEAR_*.csv")) if (plot := _plot(path)) is not None]
    return [plot for plot in plots if plot.day.size >= MIN_HOURS and too_cold(plot).mean() <= MAX_TOO_COLD_FRACTION]


def too_cold(plot: Plot) -> NDArray[np.bool_]:
    """Hours (N,) in which the canopy is below the wet bulb: no sunlit leaf is, so the sensor or clock is off."""
    saturated = 0.6108 * np.exp(17.27 * plot.air_c / (plot.air_c + 237.3))
    slope = 4098 * saturated / (plot.air_c + 237.3) ** 2
    depression_k = plot.vpd_kpa / (slope * WET_BULB_SLOPE + PSYCHROMETRIC_KPA_PER_K)
    cold: NDArray[np.bool_] = plot.difference_k < -depression_k
    return cold


def _plot(path: Path) -> Plot | None:
    match = _NAME.search(path.name)
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    if match is None or not any(name.startswith("IRT") for name in rows[0]):
        return None
    moments = [datetime.fromisoformat(row["TIMESTAMP"]) for row in rows]
    day = np.array([moment.toordinal() for moment in moments])
    hour = np.array([moment.hour for moment in moments])
    air, humidity, wind, sun = (
        _column(rows, name) for name in ("Ta_2m_Avg", "RH_2m_Avg", "WndAveSpd_3m", "Solar_2m_Avg")
    )
    difference = _column(rows, next(name for name in rows[0] if name.startswith("IRT"))) - air
    vpd = 0.6108 * np.exp(17.27 * air / (air + 237.3)) * (1 - humidity / 100)
    usable = (np.abs(difference) < MAX_DIFFERENCE_K) & ~np.isin(day, _broken_days(day, difference, sun))
    clear = (sun > MIN_RADIATION_W_M2) & (vpd > MIN_VPD_KPA) & (wind < MAX_WIND_M_S)
    chosen = usable & clear & (hour >= HOURS[0]) & (hour <= HOURS[1])
    refill, site = _stress(rows)
    return Plot(
        crop=CROPS[match[1]],
        number=int(match[3]),
        day=day[chosen],
        difference_k=difference[chosen],
        air_c=air[chosen],
        humidity_percent=humidity[chosen],
        vpd_kpa=vpd[chosen],
        wind_m_s=wind[chosen],
        radiation_w_m2=sun[chosen],
        refill_stress=refill[chosen],
        site_stress=site[chosen],
    )


def _column(rows: list[dict[str, str]], name: str) -> Numbers:
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def _broken_days(day: NDArray[np.int64], difference_k: Numbers, radiation_w_m2: Numbers) -> list[int]:
    """Days whose night was unseen or not that of leaves."""
    broken = []
    for one in np.unique(day).tolist():
        night = difference_k[(day == one) & (radiation_w_m2 < 5) & np.isfinite(difference_k)]  # noqa: PLR2004 -- dark
        low, high = NIGHT_DIFFERENCE_K
        if night.size < _NIGHT_HOURS or not low < float(night.mean()) < high:
            broken.append(one)
    return broken


def _stress(rows: list[dict[str, str]]) -> tuple[Numbers, Numbers]:
    depths = [name for name in rows[0] if name.startswith("TDR") and name[-4:-2] in {"06", "18", "30"}]
    if len(depths) < 3:  # noqa: PLR2004 -- the three depths of the root zone
        nothing = np.full(len(rows), np.nan)
        return nothing, nothing
    water = np.stack([_column(rows, name) for name in depths], axis=1)
    wettest = np.nanpercentile(water, 98, axis=0)
    refill = (wettest - water).mean(axis=1) / SITE_AVAILABLE_PERCENT
    site = 1 - (water.mean(axis=1) - SITE_WILTING_POINT_PERCENT) / SITE_AVAILABLE_PERCENT
    return stress_of(refill), stress_of(site)


def stress_of(depletion_fraction: Numbers) -> Numbers:
    """1 - Ks (N,) of depletions [fraction of available water] (N,); FAO-56 eq. 84."""
    return 1 - np.clip((1 - depletion_fraction) / (1 - STRESS_FREE_FRACTION), 0.0, 1.0)
