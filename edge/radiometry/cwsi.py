"""Crop water stress index from canopy temperature and the weather beside the crop: pure functions of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import ValidationError

from edge.radiometry.energy_balance import CANOPY_HEIGHT_M, Limits, theoretical_limits
from edge.radiometry.references import references_cwsi
from edge.radiometry.vapour import saturation_vapour_pressure_kpa, vapour_pressure_deficit_kpa
from edge.weather import FieldWeather

Method = Literal["empirical", "theoretical", "references"]

MIN_RADIATION_W_M2: Final = 400.0
MAX_WIND_M_S: Final = 6.0
MIN_VPD_KPA: Final = 0.8
PLAUSIBLE_CWSI: Final = (-0.25, 1.25)
CANOPY_SIGMA_K: Final = 0.7
WEATHER_SIGMA: Final[Mapping[str, float]] = {
    "air_temperature_c": 0.4,
    "relative_humidity_percent": 3.0,
    "wind_speed_m_s": 0.5,
    "radiation_w_m2": 40.0,
    "wet_reference_c": 0.5,
    "dry_reference_c": 0.5,
}
"""Standard errors of a field station and a checked camera, in the unit of each: assumed, not measured here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Non-water-stressed baseline: canopy minus air [K] = intercept_k + slope_k_per_kpa x VPD [kPa].

    ``sigma_k`` is the error of the baseline itself on a plot it was not fitted on [K].
    """

    intercept_k: float
    slope_k_per_kpa: float
    sigma_k: float = 1.5


IDSO_BASELINES: Final[Mapping[str, Baseline]] = {
    "alfalfa": Baseline(intercept_k=0.51, slope_k_per_kpa=-1.92),
    "cotton": Baseline(intercept_k=1.49, slope_k_per_kpa=-2.09),
    "maize": Baseline(intercept_k=2.34, slope_k_per_kpa=-1.77, sigma_k=1.3),
    "potato": Baseline(intercept_k=1.17, slope_k_per_kpa=-1.83),
    "soybean": Baseline(intercept_k=2.84, slope_k_per_kpa=-2.14, sigma_k=1.4),
    "sugar_beet": Baseline(intercept_k=2.50, slope_k_per_kpa=-1.92),
    "sunflower": Baseline(intercept_k=0.66, slope_k_per_kpa=-1.95),
    "tomato": Baseline(intercept_k=2.86, slope_k_per_kpa=-1.96),
}
"""Sunlit canopies under a clear sky.

Maize and soybean: fitted on irrigated plots in Nebraska 2024 (``models/thermal``), sigma from plots held out.
The others: Idso (1982), Agric. Meteorol. 27, 59-70, doi:10.1016/0002-1571(82)90020-6, as carried by later
literature, not checked against the paper itself, sigma assumed. Crops whose baseline changes with heading are left out.
"""


def crop_name(crop: str) -> str:
    """The name a crop has here: corn is maize."""
    return {"corn": "maize", "soy": "soybean", "soybeans": "soybean"}.get(crop, crop)


def window_reasons(weather: FieldWeather) -> list[str]:
    """Why sun, wind or air allow no absolute index; what was not measured is not checked."""
    checks = (
        ("low_sun", weather.radiation_w_m2 is not None and weather.radiation_w_m2 < MIN_RADIATION_W_M2),
        ("too_windy", weather.wind_speed_m_s is not None and weather.wind_speed_m_s > MAX_WIND_M_S),
        ("air_too_humid", vapour_pressure_deficit_kpa(weather) < MIN_VPD_KPA),
    )
    return [reason for reason, outside in checks if outside]


def chosen_method(crop: str, weather: FieldWeather) -> Method | None:
    """Which index is computed: references seen at the same time, else a baseline of the crop, else theory.

    References need no weather model; a baseline was fitted on leaves of the crop; theory needs wind, radiation and
    the canopy's height (given or the crop's). None: none of them is possible.
    """
    if weather.wet_reference_c is not None and weather.dry_reference_c is not None:
        return "references"
    if crop_name(crop) in IDSO_BASELINES:
        return "empirical"
    measured = weather.wind_speed_m_s is not None and weather.radiation_w_m2 is not None
    return "theoretical" if measured and _height_m(crop, weather) is not None else None


def _height_m(crop: str, weather: FieldWeather) -> float | None:
    return weather.canopy_height_m or CANOPY_HEIGHT_M.get(crop_name(crop))


def empirical_limits(weather: FieldWeather, baseline: Baseline) -> Limits:
    """Limits of canopy minus air temperature [K] from a baseline.

    Idso et al. (1981), Agric. Meteorol. 24, 45-55, doi:10.1016/0002-1571(81)90032-7: the baseline at the air's VPD,
    and at the (negative) vapour pressure difference over ``intercept_k`` kelvin.
    """
    air_c = weather.air_temperature_c
    lower_k = baseline.intercept_k + baseline.slope_k_per_kpa * vapour_pressure_deficit_kpa(weather)
    gradient_kpa = saturation_vapour_pressure_kpa(air_c) - saturation_vapour_pressure_kpa(air_c + baseline.intercept_k)
    return Limits(lower_k=lower_k, upper_k=baseline.intercept_k + baseline.slope_k_per_kpa * gradient_kpa)


def index(canopy_c: float, crop: str, weather: FieldWeather, method: Method, shift_k: float = 0.0) -> float | None:
    """Crop water stress index [-] by a method, its lower limit shifted by ``shift_k`` [K]; None: limits too near."""
    if method == "references":
        if weather.wet_reference_c is None or weather.dry_reference_c is None:
            return None
        return references_cwsi(canopy_c, weather.wet_reference_c, weather.dry_reference_c)
    height_m = _height_m(crop, weather)
    limits: Limits | None = None
    if method == "empirical":
        limits = empirical_limits(weather, IDSO_BASELINES[crop_name(crop)])
    elif height_m is not None:
        limits = theoretical_limits(weather, height_m)
    if limits is None:
        return None
    lower_k = limits.lower_k + shift_k
    wet_c, dry_c = weather.air_temperature_c + lower_k, weather.air_temperature_c + limits.upper_k
    return references_cwsi(canopy_c, wet_c, dry_c)


def index_sigma(canopy_c: float, crop: str, weather: FieldWeather, method: Method) -> float | None:
    """Standard error of the index [-]: each input moved by its own error both ways, half differences added in square.

    Moved: canopy temperature, air temperature, humidity, wind, radiation, references and the lower limit itself.
    """
    baseline = IDSO_BASELINES.get(crop_name(crop))
    shift_k = 0.0 if method == "references" else 1.0 if baseline is None else baseline.sigma_k
    pairs = [
        tuple(index(canopy_c + sign * CANOPY_SIGMA_K, crop, weather, method) for sign in (1, -1)),
        tuple(index(canopy_c, crop, weather, method, sign * shift_k) for sign in (1, -1)),
    ]
    for name, sigma in WEATHER_SIGMA.items():
        value = getattr(weather, name)
        if value is not None:
            moved = [_moved(weather, name, value + sign * sigma) for sign in (1, -1)]
            pairs.append(tuple(index(canopy_c, crop, one, method) for one in moved))
    variance = 0.0
    for high, low in pairs:
        if high is None or low is None:
            return None
        variance += ((high - low) / 2) ** 2
    return float(variance**0.5)


def _moved(weather: FieldWeather, name: str, value: float) -> FieldWeather:
    try:
        return FieldWeather.model_validate({**weather.model_dump(), name: value})
    except ValidationError:  # at the end of a range: that way the input cannot err
        return weather


def plausible(cwsi: float | None) -> float | None:
    """The index when it lies in -0.25..1.25, else None: such a canopy is not the crop under this weather."""
    low, high = PLAUSIBLE_CWSI
    return cwsi if cwsi is not None and low <= cwsi <= high else None
