"""Canopy pixels, canopy temperature and crop water stress index: pure functions of arrays in deg C.

Validity: frames whose canopy and ground are both visible, or that are declared all canopy. Thresholds were
checked on two vineyard scenes, one orchard scene and four wheat frames; no labelled stress set was used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.weather import FieldWeather

Mask = NDArray[np.bool_]
FloatImage = NDArray[np.float32]

MIN_CLASS_DIFFERENCE_C: Final = 3.0
MIN_CLASS_DIFFERENCE_NDVI: Final = 0.15
MIN_PURE_PIXELS: Final = 50
MIN_PURE_FRACTION: Final = 0.05
MIN_RADIATION_W_M2: Final = 400.0
MAX_WIND_M_S: Final = 6.0
MIN_VPD_KPA: Final = 0.8
PLAUSIBLE_CWSI: Final = (-0.25, 1.25)

_BINS: Final = 256
_TRIMMED_PERCENT: Final = (10.0, 90.0)
_NEIGHBOURS: Final = np.ones((3, 3), np.uint8)


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


def otsu_threshold(values: NDArray[Any]) -> float:
    """Value that best parts finite values (N,) into two classes, in their own unit.

    Largest variance between classes over a 256-bin histogram of the 0.5 to 99.5 percentiles; Otsu (1979),
    IEEE Trans. Syst. Man Cybern. 9, 62-66, doi:10.1109/TSMC.1979.4310076.
    """
    low, high = (float(edge) for edge in np.percentile(values, (0.5, 99.5)))
    if not high > low:
        return high
    counts, edges = np.histogram(np.clip(values, low, high), bins=_BINS, range=(low, high))
    centres = (edges[:-1] + edges[1:]) / 2
    share = np.cumsum(counts) / counts.sum()
    moment = np.cumsum(counts * centres) / counts.sum()
    between = (moment[-1] * share - moment) ** 2 / np.maximum(share * (1 - share), 1e-12)
    best = np.flatnonzero(between[:-1] >= between[:-1].max() * (1 - 1e-9))  # a gap gives a plateau: take its middle
    return float((edges[best[0] + 1] + edges[best[-1] + 1]) / 2)


def thermal_canopy(temperature_c: FloatImage, *, closed_canopy: bool = False) -> Mask | None:
    """Canopy pixels (H, W) of a thermal frame [deg C]: its cooler class; None when there are no two classes.

    Sunlit soil is warmer than leaves by several kelvin; classes nearer than 3 K (one surface, night, rain)
    are not told apart. ``closed_canopy`` declares that every valid pixel is canopy.
    """
    valid = np.isfinite(temperature_c)
    if closed_canopy:
        return valid
    values = temperature_c[valid]
    if values.size == 0:
        return None
    cool: Mask = valid & (temperature_c < otsu_threshold(values))
    warm: Mask = valid & ~cool
    if not cool.any() or not warm.any():
        return None
    difference_c = float(temperature_c[warm].mean() - temperature_c[cool].mean())
    return cool if difference_c >= MIN_CLASS_DIFFERENCE_C else None


def multispectral_canopy(red: FloatImage, nir: FloatImage, temperature_c: FloatImage | None = None) -> Mask | None:
    """Canopy pixels (H, W) of a frame with red and near infrared, in any common scale; None when not told apart.

    The higher NDVI class; Rouse et al. (1974), NASA SP-351. With temperature [deg C] a pixel must also be in
    the cooler class, which takes out warm dry weeds and mixed edges.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ndvi = np.where(nir + red > 0, (nir - red) / (nir + red), np.nan)
    valid = np.isfinite(ndvi)
    if not valid.any():
        return None
    green: Mask = valid & (ndvi > otsu_threshold(ndvi[valid]))
    if not green.any() or not (valid & ~green).any():
        return None
    if float(ndvi[green].mean() - ndvi[valid & ~green].mean()) < MIN_CLASS_DIFFERENCE_NDVI:
        return None
    cool = None if temperature_c is None else thermal_canopy(temperature_c)
    return green if cool is None else green & cool


def canopy_temperature_c(temperature_c: FloatImage, canopy: Mask) -> float | None:
    """Temperature [deg C] of pure canopy: mean of the middle 80 % of pixels whose eight neighbours are canopy.

    Where rows are too thin for that (fewer than 50 such pixels or 5 % of the canopy), the cooler half of the
    canopy pixels, since pixels mixed with sunlit soil are its warm side. None when no canopy pixel is valid.
    """
    canopy = canopy & np.isfinite(temperature_c)
    pure = cv2.erode(canopy.astype(np.uint8), _NEIGHBOURS).astype(bool)
    if np.count_nonzero(pure) >= max(MIN_PURE_PIXELS, MIN_PURE_FRACTION * np.count_nonzero(canopy)):
        values = temperature_c[pure]
        low, high = np.percentile(values, _TRIMMED_PERCENT)
    else:
        values = temperature_c[canopy]
        if values.size == 0:
            return None
        low, high = values.min(), np.median(values)
    return float(values[(values >= low) & (values <= high)].mean())


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
