"""From a canopy's temperature and the weather beside it to its water stress, or the reasons why not."""

from typing import Any, Final

from edge.frame import Frame
from edge.radiometry.cwsi import Method, chosen_method, index, index_sigma, plausible, window_reasons
from edge.radiometry.stress import stress_of_index
from edge.radiometry.vapour import slope_kpa_per_k, vapour_pressure_deficit_kpa
from edge.weather import FieldWeather

_PSYCHROMETRIC_KPA_PER_K: Final = 0.066
_BELOW_WET_BULB_K: Final = 3.0
"""Leaves in sunlight are warmer than the wet bulb; what is this much colder is an instrument's fault."""

Heat = tuple[dict[str, Any], list[str]]


def read_heat(frame: Frame, canopy_c: float | None, crop: str | None, weather: FieldWeather | None) -> Heat:
    """Index and stress of a canopy [deg C] as fields of a detection, and the reasons for what is null."""
    reasons = _lacking(frame, canopy_c, crop, weather)
    if reasons or crop is None or weather is None or canopy_c is None:
        return {}, [*reasons, "no_stress_calibration"]
    method = chosen_method(crop, weather)
    if method is None:
        return {}, ["no_cwsi_baseline", "no_stress_calibration"]
    reasons = window_reasons(weather)
    if reasons:
        return {}, [*reasons, "no_stress_calibration"]
    return _answer(canopy_c, crop, weather, method)


def _answer(canopy_c: float, crop: str, weather: FieldWeather, method: Method) -> Heat:
    raw = index(canopy_c, crop, weather, method)
    if raw is None:
        reason = "no_reference" if method == "references" else "outside_cwsi_window"
        return {}, [reason, "no_stress_calibration"]
    cwsi, sigma = plausible(raw), index_sigma(canopy_c, crop, weather, method)
    if cwsi is None:
        return {}, ["implausible_temperature", "no_stress_calibration"]
    fields: dict[str, Any] = {"cwsi": cwsi, "cwsi_method": method}
    if weather.radiation_w_m2 is None:  # leaves are as warm as the air at night too: that is no sign of water
        return fields, ["no_weather", "no_stress_calibration"]
    stress = None if sigma is None else stress_of_index(crop, cwsi, sigma)
    if stress is None:
        return fields, ["no_stress_calibration"]
    return fields | {"stress_index": stress[0], "stress_sigma": stress[1]}, []


def _lacking(frame: Frame, canopy_c: float | None, crop: str | None, weather: FieldWeather | None) -> list[str]:
    checks = (
        ("no_weather", weather is None),
        ("no_radiometric_calibration", not frame.radiometric_calibration),
        ("thermal_drift", frame.thermal_drift),
        ("crop_unknown", crop is None),
        ("implausible_temperature", weather is not None and canopy_c is not None and _too_cold(canopy_c, weather)),
    )
    return [reason for reason, missing in checks if missing]


def _too_cold(canopy_c: float, weather: FieldWeather) -> bool:
    """Whether a sunlit canopy is clearly below the wet bulb; slope at the mean of both, found in passes."""
    air_c, found_k = weather.air_temperature_c, 0.0
    for _ in range(4):
        slope = slope_kpa_per_k(air_c - found_k / 2)
        found_k = vapour_pressure_deficit_kpa(weather) / (slope + _PSYCHROMETRIC_KPA_PER_K)
    return canopy_c < air_c - found_k - _BELOW_WET_BULB_K
