"""Water vapour of the air."""

import numpy as np

from edge.weather import FieldWeather


def saturation_vapour_pressure_kpa(temperature_c: float) -> float:
    """Saturation vapour pressure [kPa] at a temperature [deg C]; FAO-56 eq. 11."""
    return float(0.6108 * np.exp(17.27 * temperature_c / (temperature_c + 237.3)))


def slope_kpa_per_k(temperature_c: float) -> float:
    """Slope of the saturation vapour pressure [kPa/K] at a temperature [deg C]; FAO-56 eq. 13."""
    return 4098 * saturation_vapour_pressure_kpa(temperature_c) / (temperature_c + 237.3) ** 2


def vapour_pressure_deficit_kpa(weather: FieldWeather) -> float:
    """Vapour pressure deficit of the air [kPa]; FAO-56 eq. 11 and 54."""
    return saturation_vapour_pressure_kpa(weather.air_temperature_c) * (1 - weather.relative_humidity_percent / 100)
