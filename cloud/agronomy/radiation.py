"""Sun and long-wave radiation of a day (FAO-56 chapter 3).

Reference: R.G. Allen, L.S. Pereira, D. Raes, M. Smith (1998), Crop evapotranspiration, FAO Irrigation and Drainage
Paper 56, ISBN 92-5-104219-5. Arrays broadcast against each other; NaN in gives NaN out.
"""

from typing import Final

import numpy as np

from cloud.variables import Floats

SOLAR_CONSTANT_MJ_M2_MIN: Final = 0.0820
STEFAN_BOLTZMANN_MJ_M2_K4: Final = 4.903e-9
KELVIN_OFFSET: Final = 273.16
ALBEDO: Final = 0.23


def inverse_distance_and_declination(day_of_year: Floats) -> tuple[Floats, Floats]:
    """Inverse relative distance Earth-Sun [-] (eq. 23) and solar declination [rad] (eq. 24)."""
    angle = 2.0 * np.pi * np.asarray(day_of_year, dtype=np.float64) / 365.0
    return 1.0 + 0.033 * np.cos(angle), 0.409 * np.sin(angle - 1.39)


def sunset_hour_angle_rad(latitude_deg: Floats, day_of_year: Floats) -> Floats:
    """Sunset hour angle [rad] (eq. 25); 0 in the polar night, pi in the polar day."""
    _, declination = inverse_distance_and_declination(day_of_year)
    cosine = -np.tan(np.radians(latitude_deg)) * np.tan(declination)
    angle: Floats = np.arccos(np.clip(cosine, -1.0, 1.0))
    return angle


def extraterrestrial_mj_m2(latitude_deg: Floats, day_of_year: Floats) -> Floats:
    """Extraterrestrial radiation of a day [MJ m-2 d-1] (eq. 21)."""
    distance, declination = inverse_distance_and_declination(day_of_year)
    latitude = np.radians(latitude_deg)
    sunset = sunset_hour_angle_rad(latitude_deg, day_of_year)
    geometry = sunset * np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.sin(sunset)
    minutes_of_day = 24.0 * 60.0
    daily: Floats = minutes_of_day / np.pi * SOLAR_CONSTANT_MJ_M2_MIN * distance * geometry
    return daily


def daylight_h(latitude_deg: Floats, day_of_year: Floats) -> Floats:
    """Daylight hours N [h] (eq. 34)."""
    return 24.0 / np.pi * sunset_hour_angle_rad(latitude_deg, day_of_year)


def from_sunshine_mj_m2(sunshine_h: Floats, daylight: Floats, extraterrestrial: Floats) -> Floats:
    """Solar radiation from hours of sunshine, Angstrom with a = 0.25 and b = 0.50 [MJ m-2 d-1] (eq. 35)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(daylight > 0.0, np.minimum(sunshine_h / daylight, 1.0), 0.0)
    return np.where(np.isnan(sunshine_h), np.nan, (0.25 + 0.50 * share) * extraterrestrial)


def from_temperature_mj_m2(tmin_c: Floats, tmax_c: Floats, extraterrestrial: Floats, coefficient: float) -> Floats:
    """Solar radiation from the daily range of temperature, Hargreaves [MJ m-2 d-1] (eq. 50).

    Parameters
    ----------
    tmin_c, tmax_c : array
        Lowest and highest temperature [degC].
    extraterrestrial : array
        Extraterrestrial radiation [MJ m-2 d-1].
    coefficient : float
        k_Rs: about 0.16 inland, 0.19 at the coast.
    """
    return coefficient * np.sqrt(np.maximum(tmax_c - tmin_c, 0.0)) * extraterrestrial


def clear_sky_mj_m2(extraterrestrial: Floats, elevation_m: Floats) -> Floats:
    """Clear-sky solar radiation [MJ m-2 d-1] (eq. 37)."""
    return (0.75 + 2e-5 * elevation_m) * extraterrestrial


def net_long_wave_mj_m2(
    tmin_c: Floats, tmax_c: Floats, vapour_pressure_kpa: Floats, radiation_mj_m2: Floats, clear_sky: Floats
) -> Floats:
    """Net outgoing long-wave radiation [MJ m-2 d-1] (eq. 39).

    The cloudiness ratio Rs/Rso stays within 0.3 to 1.0 (ASCE-EWRI 2005, eq. 18, doi:10.1061/9780784408056).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(clear_sky > 0.0, radiation_mj_m2 / clear_sky, 0.3)
    cloudiness = 1.35 * np.clip(ratio, 0.3, 1.0) - 0.35
    fourth_power = ((tmax_c + KELVIN_OFFSET) ** 4 + (tmin_c + KELVIN_OFFSET) ** 4) / 2.0
    emissivity = 0.34 - 0.14 * np.sqrt(np.maximum(vapour_pressure_kpa, 0.0))
    return STEFAN_BOLTZMANN_MJ_M2_K4 * fourth_power * emissivity * cloudiness
