"""Two references of evapotranspiration that the advisor does not use, and the bracket they span.

Hargreaves and Samani (1985, doi:10.13031/2013.26773) knows only temperature; Priestley and Taylor (1972,
doi:10.1175/1520-0493(1972)100<0081:OTAOSH>2.3.CO;2) only radiation and temperature. Where both agree the air is
ordinary; their spread and a margin bound what any sound method may say.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SOLAR_CONSTANT_MJ_M2_MIN: Final = 0.0820
PRIESTLEY_TAYLOR_ALPHA: Final = 1.26
PSYCHROMETRIC_KPA_C_AT_SEA: Final = 0.0665
STEFAN_BOLTZMANN_MJ: Final = 4.903e-9
ALBEDO: Final = 0.23
MM_PER_MJ: Final = 0.408
LOW_MARGIN: Final = 0.85
HIGH_MARGIN: Final = 1.10
"""Dry wind raises evapotranspiration above both radiation formulas: the upper margin is the wider one."""
LEAST_HEARD: Final = 0.5
MOST_HEARD: Final = 1.7
"""A given value further from the references than this is not heard, and is told by a check of its own."""


def extraterrestrial_mj_m2(day_of_year: FloatArray, latitude: FloatArray) -> FloatArray:
    """Radiation above the atmosphere [MJ m-2 d-1], broadcast over days and sites; latitude [degrees]."""
    phi = np.radians(latitude)
    year_angle = 2.0 * np.pi * day_of_year / 365.0
    distance = 1.0 + 0.033 * np.cos(year_angle)
    declination = 0.409 * np.sin(year_angle - 1.39)
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1.0, 1.0))
    shape = sunset * np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.sin(sunset)
    result: FloatArray = 24.0 * 60.0 / np.pi * SOLAR_CONSTANT_MJ_M2_MIN * distance * shape
    return np.maximum(result, 0.0)


def hargreaves_samani_mm(tmin_c: FloatArray, tmax_c: FloatArray, extraterrestrial: FloatArray) -> FloatArray:
    """Reference evapotranspiration from temperature alone [mm d-1]."""
    spread = np.sqrt(np.maximum(tmax_c - tmin_c, 0.0))
    result: FloatArray = 0.0023 * MM_PER_MJ * extraterrestrial * ((tmin_c + tmax_c) / 2.0 + 17.8) * spread
    return np.maximum(result, 0.0)


def priestley_taylor_mm(
    tmin_c: FloatArray, tmax_c: FloatArray, radiation_mj_m2: FloatArray, extraterrestrial: FloatArray
) -> FloatArray:
    """Evapotranspiration of a wet surface from its energy [mm d-1]; vapour pressure is taken at the minimum."""
    mean_c = (tmin_c + tmax_c) / 2.0
    slope = 4098.0 * _saturation_kpa(mean_c) / (mean_c + 237.3) ** 2
    clearness = np.clip(radiation_mj_m2 / np.maximum(0.75 * extraterrestrial, 0.1), 0.3, 1.0)
    warmth = ((tmax_c + 273.16) ** 4 + (tmin_c + 273.16) ** 4) / 2.0
    outgoing = (
        STEFAN_BOLTZMANN_MJ * warmth * (0.34 - 0.14 * np.sqrt(_saturation_kpa(tmin_c))) * (1.35 * clearness - 0.35)
    )
    net = (1.0 - ALBEDO) * radiation_mj_m2 - outgoing
    result: FloatArray = PRIESTLEY_TAYLOR_ALPHA * slope / (slope + PSYCHROMETRIC_KPA_C_AT_SEA) * MM_PER_MJ * net
    return np.maximum(result, 0.0)


def bracket_mm(first: FloatArray, second: FloatArray, given: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lowest, middle and highest plausible reference evapotranspiration [mm d-1]; NaN stays NaN.

    A value that the file gives is heard as a third voice while it is within reach of the two: near the sea, where days
    and nights differ little, both formulas say too little.
    """
    heard = (given >= LEAST_HEARD * np.minimum(first, second)) & (given <= MOST_HEARD * np.maximum(first, second))
    third = np.where(heard, given, (first + second) / 2.0)
    low: FloatArray = LOW_MARGIN * np.minimum(np.minimum(first, second), third)
    high: FloatArray = HIGH_MARGIN * np.maximum(np.maximum(first, second), third)
    middle: FloatArray = (first + second + third) / 3.0
    return low, middle, high


def _saturation_kpa(temperature_c: FloatArray) -> FloatArray:
    result: FloatArray = 0.6108 * np.exp(17.27 * temperature_c / (temperature_c + 237.3))
    return result
