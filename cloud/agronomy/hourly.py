"""Reference evapotranspiration of an hour, by FAO-56 and by the ASCE standardized equation.

References: R.G. Allen, L.S. Pereira, D. Raes, M. Smith (1998), FAO Irrigation and Drainage Paper 56, eq. 28 to 33, 45,
46 and 53; ASCE-EWRI (2005), The ASCE standardized reference evapotranspiration equation, table 1 and eq. 45, 46 and
65 to 72, doi:10.1061/9780784408056. The two differ on purpose: FAO-56 keeps the surface resistance of a whole day
(Cd 0.34), ASCE takes a smaller one by day (0.24) and a larger one by night (0.96). Arrays broadcast against each
other; NaN in gives NaN out, never zero.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.agronomy.et0 import psychrometric_constant_kpa_c, saturation_vapour_pressure_kpa, slope_kpa_c
from cloud.agronomy.radiation import (
    ALBEDO,
    KELVIN_OFFSET,
    SOLAR_CONSTANT_MJ_M2_MIN,
    STEFAN_BOLTZMANN_MJ_M2_K4,
    clear_sky_mj_m2,
    inverse_distance_and_declination,
    sunset_hour_angle_rad,
)
from cloud.variables import Floats

LOWEST_SUN_RAD: Final = 0.3
"""Sun angle below which Rs/Rso says nothing of clouds and the last clear value holds (ASCE-EWRI, eq. 46)."""

UNKNOWN_SKY: Final = 0.7
"""Rs/Rso before the first hour with sun (FAO-56 chapter 4: 0.4 to 0.6 humid, 0.7 to 0.8 arid)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlySurface:
    """Coefficients of one reference surface for hourly steps."""

    numerator: float
    """Cn [K mm s3 Mg-1 h-1]."""
    denominator_day: float
    """Cd where net radiation is positive [s m-1]."""
    denominator_night: float
    soil_heat_day: float
    """Soil heat flux over net radiation."""
    soil_heat_night: float


def _surface(cn: float, cd: tuple[float, float], heat: tuple[float, float]) -> HourlySurface:
    return HourlySurface(
        numerator=cn,
        denominator_day=cd[0],
        denominator_night=cd[1],
        soil_heat_day=heat[0],
        soil_heat_night=heat[1],
    )


FAO56_GRASS: Final = _surface(37.0, (0.34, 0.34), (0.1, 0.5))
"""FAO-56 eq. 53 with eq. 45 and 46."""

ASCE_SHORT: Final = _surface(37.0, (0.24, 0.96), (0.1, 0.5))
"""ASCE-EWRI table 1, short reference (clipped grass, 0.12 m)."""

ASCE_TALL: Final = _surface(66.0, (0.25, 1.7), (0.04, 0.2))
"""ASCE-EWRI table 1, tall reference (alfalfa, 0.50 m)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyWeather:
    """Weather of hours as arrays of one shape; NaN where a value is unknown."""

    day_of_year: Floats
    clock_h: Floats
    """Standard clock time at the middle of the hour, in the time of ``zone_longitude_deg`` [h]."""
    latitude_deg: Floats
    longitude_deg: Floats
    """Degrees east."""
    zone_longitude_deg: Floats
    """Degrees east of the meridian of the clock: 0 for UTC, 15 for UTC+1."""
    elevation_m: Floats
    temperature_c: Floats
    vapour_pressure_kpa: Floats
    wind_2m_m_s: Floats
    radiation_mj_m2: Floats
    """Of the hour [MJ m-2 h-1]."""


def solar_time_angle_rad(weather: HourlyWeather) -> Floats:
    """Solar time angle at the middle of the hour [rad] (FAO-56 eq. 31 to 33); 0 at solar noon."""
    season = 2.0 * np.pi * (weather.day_of_year - 81.0) / 364.0
    correction_h = 0.1645 * np.sin(2.0 * season) - 0.1255 * np.cos(season) - 0.025 * np.sin(season)
    # FAO-56 counts longitudes to the west; ours are to the east.
    from_zone_h = (weather.longitude_deg - weather.zone_longitude_deg) / 15.0
    angle: Floats = np.pi / 12.0 * (weather.clock_h + from_zone_h + correction_h - 12.0)
    wrapped: Floats = np.mod(angle + np.pi, 2.0 * np.pi) - np.pi
    return wrapped


def extraterrestrial_mj_m2_h(weather: HourlyWeather) -> Floats:
    """Extraterrestrial radiation of an hour [MJ m-2 h-1] (FAO-56 eq. 28; limits at sunrise, ASCE-EWRI eq. 56)."""
    distance, declination = inverse_distance_and_declination(weather.day_of_year)
    latitude = np.radians(weather.latitude_deg)
    sunset = sunset_hour_angle_rad(weather.latitude_deg, weather.day_of_year)
    middle = solar_time_angle_rad(weather)
    first = np.clip(middle - np.pi / 24.0, -sunset, sunset)
    last = np.clip(middle + np.pi / 24.0, -sunset, sunset)
    geometry = (last - first) * np.sin(latitude) * np.sin(declination)
    geometry = geometry + np.cos(latitude) * np.cos(declination) * (np.sin(last) - np.sin(first))
    hourly: Floats = 12.0 * 60.0 / np.pi * SOLAR_CONSTANT_MJ_M2_MIN * distance * np.maximum(geometry, 0.0)
    return hourly


def sun_angle_rad(weather: HourlyWeather) -> Floats:
    """Height of the sun above the horizon at the middle of the hour [rad] (ASCE-EWRI eq. 62)."""
    _, declination = inverse_distance_and_declination(weather.day_of_year)
    latitude = np.radians(weather.latitude_deg)
    sine = np.sin(latitude) * np.sin(declination)
    sine = sine + np.cos(latitude) * np.cos(declination) * np.cos(solar_time_angle_rad(weather))
    height: Floats = np.arcsin(np.clip(sine, -1.0, 1.0))
    return height


def relative_radiation(weather: HourlyWeather) -> Floats:
    """Rs/Rso of hours in the order of time along the first axis [-], 0.3 to 1.

    While the sun is low the last clear value holds (ASCE-EWRI, eq. 46), which is the value before sunset all night;
    before the first one 0.7.
    """
    clear = clear_sky_mj_m2(extraterrestrial_mj_m2_h(weather), weather.elevation_m)
    high = (sun_angle_rad(weather) > LOWEST_SUN_RAD) & (clear > 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(high, weather.radiation_mj_m2 / clear, np.nan)
    known = ~np.isnan(ratio)
    hours = np.arange(ratio.shape[0]).reshape(-1, *(1,) * (ratio.ndim - 1))
    last = np.maximum.accumulate(np.where(known, hours, -1), axis=0)
    held = np.take_along_axis(ratio, np.maximum(last, 0), axis=0)
    return np.clip(np.where(last < 0, UNKNOWN_SKY, held), 0.3, 1.0)


def net_radiation_mj_m2_h(weather: HourlyWeather, sky: Floats) -> Floats:
    """Net radiation of an hour [MJ m-2 h-1] (FAO-56 eq. 38 to 40); ``sky`` is Rs/Rso."""
    cloudiness = 1.35 * np.clip(sky, 0.3, 1.0) - 0.35
    emissivity = 0.34 - 0.14 * np.sqrt(np.maximum(weather.vapour_pressure_kpa, 0.0))
    kelvin = weather.temperature_c + KELVIN_OFFSET
    long_wave = STEFAN_BOLTZMANN_MJ_M2_K4 / 24.0 * kelvin**4 * emissivity * cloudiness
    net: Floats = (1.0 - ALBEDO) * weather.radiation_mj_m2 - long_wave
    return net


def hourly_et_mm(weather: HourlyWeather, *, surface: HourlySurface = FAO56_GRASS, sky: Floats | None = None) -> Floats:
    """Reference evapotranspiration of an hour [mm h-1]; small negative values are dew.

    Parameters
    ----------
    weather : HourlyWeather
        Hours in the order of time along the first axis, unless ``sky`` is given.
    surface : HourlySurface
        FAO-56 grass (eq. 53), ASCE short or ASCE tall reference.
    sky : array, optional
        Rs/Rso of each hour; else from the radiation of this and earlier hours.
    """
    net = net_radiation_mj_m2_h(weather, relative_radiation(weather) if sky is None else sky)
    night = net < 0.0
    heat = np.where(night, surface.soil_heat_night, surface.soil_heat_day) * net
    resistance = np.where(night, surface.denominator_night, surface.denominator_day)
    slope, gamma = slope_kpa_c(weather.temperature_c), psychrometric_constant_kpa_c(weather.elevation_m)
    deficit = saturation_vapour_pressure_kpa(weather.temperature_c) - weather.vapour_pressure_kpa
    drying = gamma * surface.numerator / (weather.temperature_c + 273.0) * weather.wind_2m_m_s * deficit
    energy = 0.408 * slope * (net - heat)
    hourly: Floats = (energy + drying) / (slope + gamma * (1.0 + resistance * weather.wind_2m_m_s))
    return hourly


def day_sums_mm(hourly_mm: Floats) -> Floats:
    """Daily totals (D, ...) of hours (24 D, ...) [mm d-1]; NaN for a day with an unknown hour."""
    days = hourly_mm.reshape(-1, 24, *hourly_mm.shape[1:])
    total: Floats = days.sum(axis=1)
    return total
