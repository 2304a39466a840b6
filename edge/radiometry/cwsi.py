"""Crop water stress index from canopy temperature and the weather beside the crop: pure functions of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.weather import FieldWeather

MIN_RADIATION_W_M2: Final = 400.0
MAX_WIND_M_S: Final = 6.0
MIN_VPD_KPA: Final = 0.8
PLAUSIBLE_CWSI: Final = (-0.25, 1.25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Non-water-stressed baseline: canopy minus air [K] = intercept_k + slope_k_per_kpa x VPD [kPa]."""

    intercept_k: float
    slope_k_per_kpa: float


IDSO_BASELINES: Final[Mapping[str, Baseline]] = {
    "alfalfa": Baseline(intercept_k=0.51, slope_k_per_kpa=-1.92),
    "cotton": Baseline(intercept_k=1.49, slope_k_per_kpa=-2.09),
    "potato": Baseline(intercept_k=1.17, slope_k_per_kpa=-1.83),
    "soybean": Baseline(intercept_k=1.44, slope_k_per_kpa=-1.34),
    "sugar_beet": Baseline(intercept_k=2.50, slope_k_per_kpa=-1.92),
    "sunflower": Baseline(intercept_k=0.66, slope_k_per_kpa=-1.95),
    "tomato": Baseline(intercept_k=2.86, slope_k_per_kpa=-1.96),
}
"""Sunlit canopies under a clear sky; Idso (1982), Agric. Meteorol. 27, 59-70, doi:10.1016/0002-1571(82)90020-6.

Crops whose baseline changes with heading or tasselling are left out: the stage is not known here.
"""


def saturation_vapour_pressure_kpa(temperature_c: float) -> float:
    """Saturation vapour pressure [kPa] at a temperature [deg C]; FAO-56 eq. 11."""
    return float(0.6108 * np.exp(17.27 * temperature_c / (temperature_c + 237.3)))


def vapour_pressure_deficit_kpa(weather: FieldWeather) -> float:
    """Vapour pressure deficit of the air [kPa]; FAO-56 eq. 11 and 54."""
    return saturation_vapour_pressure_kpa(weather.air_temperature_c) * (1 - weather.relative_humidity_percent / 100)


def in_cwsi_window(weather: FieldWeather) -> bool:
    """Whether sun, wind and dryness of the air allow an empirical CWSI; what was not measured is not checked."""
    sunny = weather.radiation_w_m2 is None or weather.radiation_w_m2 >= MIN_RADIATION_W_M2
    calm = weather.wind_speed_m_s is None or weather.wind_speed_m_s <= MAX_WIND_M_S
    return sunny and calm and vapour_pressure_deficit_kpa(weather) >= MIN_VPD_KPA


def empirical_cwsi(canopy_c: float, weather: FieldWeather, baseline: Baseline) -> float | None:
    """Empirical crop water stress index [-]: 0 = transpiring freely, 1 = not at all; None outside -0.25..1.25.

    Idso et al. (1981), Agric. Meteorol. 24, 45-55, doi:10.1016/0002-1571(81)90032-7: the canopy minus air
    temperature [K] between the baseline at the air's VPD and an upper limit, the baseline at the vapour
    pressure difference over ``intercept_k`` kelvin.
    """
    air_c = weather.air_temperature_c
    lower_k = baseline.intercept_k + baseline.slope_k_per_kpa * vapour_pressure_deficit_kpa(weather)
    gradient_kpa = saturation_vapour_pressure_kpa(air_c) - saturation_vapour_pressure_kpa(air_c + baseline.intercept_k)
    upper_k = baseline.intercept_k + baseline.slope_k_per_kpa * gradient_kpa
    cwsi = (canopy_c - air_c - lower_k) / (upper_k - lower_k)
    low, high = PLAUSIBLE_CWSI
    return cwsi if low <= cwsi <= high else None
