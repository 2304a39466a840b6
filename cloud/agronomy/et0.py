"""Reference evapotranspiration of a day, by the best method that the known variables allow, and which one it was.

Reference: R.G. Allen, L.S. Pereira, D. Raes, M. Smith (1998), FAO Irrigation and Drainage Paper 56, chapters 2 to 4.
Valid for daily steps; arrays broadcast against each other; NaN in an input means unknown.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy import radiation
from cloud.variables import Floats

DEFAULT_WIND_2M_M_S: Final = 2.0
"""World-wide mean wind speed used where none was measured (FAO-56, chapter 3, missing wind data)."""

INLAND_COEFFICIENT: Final = 0.16
"""k_Rs of eq. 50 inland."""

METHOD_GIVEN: Final = "given"
METHOD_FULL: Final = "full Penman-Monteith"
METHOD_HARGREAVES: Final = "Hargreaves"
METHOD_CALIBRATED: Final = "Hargreaves calibrated on earlier days"
METHOD_MISSING: Final = "missing"

CALIBRATION_DAYS: Final = 30
"""Days with both methods before Hargreaves is scaled to Penman-Monteith."""

_FACTOR_BOUNDS: Final = (0.6, 1.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyWeather:
    """Daily weather as arrays of one shape; NaN where a value is unknown."""

    day_of_year: Floats
    latitude_deg: Floats
    elevation_m: Floats
    tmin_c: Floats
    tmax_c: Floats
    rh_mean_percent: Floats
    rh_min_percent: Floats
    rh_max_percent: Floats
    dewpoint_c: Floats
    wind_2m_m_s: Floats
    radiation_mj_m2: Floats
    sunshine_h: Floats
    et0_mm: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceEt:
    """Reference evapotranspiration and how each value came to be."""

    et0_mm: Floats
    method: NDArray[np.str_]


def saturation_vapour_pressure_kpa(temperature_c: Floats) -> Floats:
    """Saturation vapour pressure [kPa] (eq. 11)."""
    return 0.6108 * np.exp(17.27 * temperature_c / (temperature_c + 237.3))


def slope_kpa_c(temperature_c: Floats) -> Floats:
    """Slope of the saturation vapour pressure curve [kPa degC-1] (eq. 13)."""
    return 4098.0 * saturation_vapour_pressure_kpa(temperature_c) / (temperature_c + 237.3) ** 2


def pressure_kpa(elevation_m: Floats) -> Floats:
    """Atmospheric pressure [kPa] (eq. 7)."""
    return 101.3 * ((293.0 - 0.0065 * elevation_m) / 293.0) ** 5.26


def psychrometric_constant_kpa_c(elevation_m: Floats) -> Floats:
    """Psychrometric constant [kPa degC-1] (eq. 8)."""
    return 0.665e-3 * pressure_kpa(elevation_m)


def wind_at_2m_m_s(wind_m_s: Floats, height_m: float) -> Floats:
    """Wind speed at 2 m from a measurement at another height over short grass [m s-1] (eq. 47)."""
    return wind_m_s * (4.87 / math.log(67.8 * height_m - 5.42))


def psychrometer_vapour_pressure_kpa(
    dry_c: Floats, wet_c: Floats, elevation_m: Floats, coefficient: float = 0.000662
) -> Floats:
    """Actual vapour pressure from dry and wet bulb [kPa] (eq. 15 and 16); 0.000662 for aspirated instruments."""
    return saturation_vapour_pressure_kpa(wet_c) - coefficient * pressure_kpa(elevation_m) * (dry_c - wet_c)


def vapour_pressure_kpa(weather: DailyWeather) -> tuple[Floats, NDArray[np.bool_]]:
    """Actual vapour pressure [kPa] and where it was only estimated from the lowest temperature.

    In this order: dew point (eq. 14), highest and lowest humidity (eq. 17), highest humidity (eq. 18), mean humidity
    (eq. 19), lowest temperature as dew point (eq. 48).
    """
    low, high = saturation_vapour_pressure_kpa(weather.tmin_c), saturation_vapour_pressure_kpa(weather.tmax_c)
    from_extremes = (low * weather.rh_max_percent + high * weather.rh_min_percent) / 200.0
    candidates = (
        saturation_vapour_pressure_kpa(weather.dewpoint_c),
        from_extremes,
        low * weather.rh_max_percent / 100.0,
        (low + high) / 2.0 * weather.rh_mean_percent / 100.0,
    )
    measured = _first_known(*candidates)
    estimated = np.isnan(measured)
    return np.where(estimated, low, measured), estimated


def penman_monteith_mm(weather: DailyWeather, vapour_kpa: Floats, soil_heat_mj_m2: float = 0.0) -> Floats:
    """FAO Penman-Monteith reference evapotranspiration [mm d-1] (eq. 6).

    Parameters
    ----------
    weather : DailyWeather
        Temperatures, wind at 2 m and solar radiation must be known; the result is NaN elsewhere.
    vapour_kpa : array
        Actual vapour pressure [kPa].
    soil_heat_mj_m2 : float
        Soil heat flux density [MJ m-2 d-1]: 0 for a day (eq. 42).
    """
    mean_c = (weather.tmin_c + weather.tmax_c) / 2.0
    saturation = (saturation_vapour_pressure_kpa(weather.tmin_c) + saturation_vapour_pressure_kpa(weather.tmax_c)) / 2.0
    outside = radiation.extraterrestrial_mj_m2(weather.latitude_deg, weather.day_of_year)
    clear_sky = radiation.clear_sky_mj_m2(outside, weather.elevation_m)
    long_wave = radiation.net_long_wave_mj_m2(
        weather.tmin_c, weather.tmax_c, vapour_kpa, weather.radiation_mj_m2, clear_sky
    )
    net = (1.0 - radiation.ALBEDO) * weather.radiation_mj_m2 - long_wave
    slope, gamma = slope_kpa_c(mean_c), psychrometric_constant_kpa_c(weather.elevation_m)
    aerodynamic = gamma * 900.0 / (mean_c + 273.0) * weather.wind_2m_m_s * (saturation - vapour_kpa)
    energy = 0.408 * slope * (net - soil_heat_mj_m2)
    return np.maximum((energy + aerodynamic) / (slope + gamma * (1.0 + 0.34 * weather.wind_2m_m_s)), 0.0)


def hargreaves_mm(tmin_c: Floats, tmax_c: Floats, extraterrestrial_mj_m2: Floats) -> Floats:
    """Hargreaves reference evapotranspiration [mm d-1] (eq. 52); its radiation is in mm (0.408 mm per MJ m-2)."""
    middle = (tmin_c + tmax_c) / 2.0
    spread = np.sqrt(np.maximum(tmax_c - tmin_c, 0.0))
    return np.maximum(0.0023 * (middle + 17.8) * spread * 0.408 * extraterrestrial_mj_m2, 0.0)


def hargreaves_factor(hargreaves: Floats, penman: Floats) -> Floats:
    """What Hargreaves is multiplied by on each day so that it sums up to Penman-Monteith (FAO-56, eq. 52, note).

    Parameters
    ----------
    hargreaves, penman : array (D, ...)
        Both estimates of days in the order of time [mm d-1]; ``penman`` is NaN where it was not measured throughout.

    Returns
    -------
    array (D, ...)
        Ratio of the sums over this and earlier days with both; 1 before there are 30 of them.
    """
    both = ~np.isnan(hargreaves) & ~np.isnan(penman)
    count = np.cumsum(both, axis=0)
    theirs = np.cumsum(np.where(both, penman, 0.0), axis=0)
    ours = np.cumsum(np.where(both, hargreaves, 0.0), axis=0)
    return np.where(count >= CALIBRATION_DAYS, np.clip(theirs / np.maximum(ours, 1e-9), *_FACTOR_BOUNDS), 1.0)


def reference_et(
    weather: DailyWeather, *, coefficient: float = INLAND_COEFFICIENT, in_order: bool = False
) -> ReferenceEt:
    """Best reference evapotranspiration of each day [mm d-1], with the tier that gave it.

    A given value is used as it is. Else Penman-Monteith, with humidity from the lowest temperature, radiation from
    sunshine or from temperature and wind of 2 m/s where these are unknown; Hargreaves when only temperatures are
    known, scaled by what it missed on earlier days with everything measured where the days are ``in_order`` along the
    first axis; NaN when temperatures are missing.
    """
    outside = radiation.extraterrestrial_mj_m2(weather.latitude_deg, weather.day_of_year)
    daylight = radiation.daylight_h(weather.latitude_deg, weather.day_of_year)
    sunshine = radiation.from_sunshine_mj_m2(weather.sunshine_h, daylight, outside)
    temperature = radiation.from_temperature_mj_m2(weather.tmin_c, weather.tmax_c, outside, coefficient)
    vapour, humidity_estimated = vapour_pressure_kpa(weather)
    no_wind, no_radiation = np.isnan(weather.wind_2m_m_s), np.isnan(weather.radiation_mj_m2)
    no_sunshine = np.isnan(sunshine)
    filled = _with(
        weather,
        wind_2m_m_s=np.where(no_wind, DEFAULT_WIND_2M_M_S, weather.wind_2m_m_s),
        radiation_mj_m2=_first_known(weather.radiation_mj_m2, sunshine, temperature),
    )
    only_temperature = humidity_estimated & no_wind & no_radiation & no_sunshine
    penman = penman_monteith_mm(filled, vapour)
    by_range = hargreaves_mm(weather.tmin_c, weather.tmax_c, outside)
    estimated = humidity_estimated | no_wind | no_radiation
    factor = hargreaves_factor(by_range, np.where(estimated, np.nan, penman)) if in_order else np.ones(1)
    computed = np.where(only_temperature, by_range * factor, penman)
    method = _tier(humidity_estimated, no_wind, no_radiation & ~no_sunshine, no_radiation & no_sunshine)
    method = np.where(only_temperature, np.where(factor == 1.0, METHOD_HARGREAVES, METHOD_CALIBRATED), method)
    method = np.where(np.isnan(computed), METHOD_MISSING, method)
    given = ~np.isnan(weather.et0_mm)
    return ReferenceEt(
        et0_mm=np.where(given, weather.et0_mm, computed),
        method=np.where(given, METHOD_GIVEN, method).astype(np.str_),
    )


def _with(weather: DailyWeather, *, wind_2m_m_s: Floats, radiation_mj_m2: Floats) -> DailyWeather:
    fields = {name: getattr(weather, name) for name in DailyWeather.__slots__}
    return DailyWeather(**{**fields, "wind_2m_m_s": wind_2m_m_s, "radiation_mj_m2": radiation_mj_m2})


def _first_known(*candidates: Floats) -> Floats:
    result = np.array(np.broadcast_arrays(*candidates)[0], dtype=np.float64)
    for candidate in candidates[1:]:
        result = np.where(np.isnan(result), candidate, result)
    return result


def _tier(
    humidity: NDArray[np.bool_], wind: NDArray[np.bool_], sunshine: NDArray[np.bool_], temperature: NDArray[np.bool_]
) -> NDArray[np.str_]:
    names = ("humidity from lowest temperature", "wind assumed", "radiation from sunshine", "radiation estimated")
    flags = np.broadcast_arrays(humidity, wind, sunshine, temperature)
    codes = sum(flag.astype(np.int64) << place for place, flag in enumerate(flags))
    table = [METHOD_FULL]
    for code in range(1, 1 << len(names)):
        parts = [name for place, name in enumerate(names) if code >> place & 1]
        table.append(f"Penman-Monteith ({'; '.join(parts)})")
    tiers: NDArray[np.str_] = np.array(table)[codes]
    return tiers
