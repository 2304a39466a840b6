"""Canopy temperature limits from the energy balance of a closed canopy: the theoretical crop water stress index.

R.D. Jackson, S.B. Idso, R.J. Reginato, P.J. Pinter (1981), Canopy temperature as a crop water stress indicator,
Water Resour. Res. 17, 1133-1138, doi:10.1029/WR017i004p01133; heat into the soil under the leaves is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.radiometry.vapour import saturation_vapour_pressure_kpa, slope_kpa_per_k, vapour_pressure_deficit_kpa
from edge.weather import FieldWeather

CANOPY_HEIGHT_M: Final[Mapping[str, float]] = {"maize": 2.0, "soybean": 0.75}
"""Heights at mid-season; FAO-56 table 12 (soybean 0.5 to 1.0 m)."""
ALBEDO: Final = 0.20
EMISSIVITY: Final = 0.98
POTENTIAL_RESISTANCE_S_M: Final = 30.0
"""Canopy resistance of a crop that lacks no water; Jackson et al. (1981) use 0 to 50 s/m. Not fitted."""
WIND_HEIGHT_M: Final = 2.0

_STEFAN_BOLTZMANN: Final = 5.670374e-8
_HEAT_CAPACITY_J_M3_K: Final = 1.2e3  # of air at 20 deg C and 1000 hPa
_PSYCHROMETRIC_KPA_PER_K: Final = 0.066
_ZERO_CELSIUS_K: Final = 273.15
_PASSES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Canopy minus air temperature [K] of a canopy that transpires freely and of one that does not at all."""

    lower_k: float
    upper_k: float


def aerodynamic_resistance_s_m(wind_speed_m_s: float, canopy_height_m: float) -> float:
    """Resistance to heat between canopy and air [s/m], wind measured 2 m above the ground or 1 m above the crop.

    Thom and Oliver (1977), Q. J. R. Meteorol. Soc. 103, 345-357, doi:10.1002/qj.49710343610: 4.72 ln((z-d)/z0)^2 /
    (1 + 0.54 u), whose 1 holds the share of free convection, so that calm air keeps a finite resistance. d and z0
    are 0.63 and 0.13 of the canopy's height.
    """
    height_m = max(WIND_HEIGHT_M, canopy_height_m + 1.0)
    roughness = (height_m - 0.63 * canopy_height_m) / (0.13 * canopy_height_m)
    return float(4.72 * np.log(roughness) ** 2 / (1 + 0.54 * wind_speed_m_s))


def net_radiation_w_m2(weather: FieldWeather, radiation_w_m2: float, canopy_c: float) -> float:
    """Net radiation of a canopy [W/m2] under a clear sky.

    Sky emissivity after Brutsaert (1975), Water Resour. Res. 11, 742-744, doi:10.1029/WR011i005p00742.
    """
    air_k, canopy_k = weather.air_temperature_c + _ZERO_CELSIUS_K, canopy_c + _ZERO_CELSIUS_K
    vapour_hpa = (
        10 * saturation_vapour_pressure_kpa(weather.air_temperature_c) * weather.relative_humidity_percent / 100
    )
    sky_emissivity = 1.24 * (vapour_hpa / air_k) ** (1 / 7)
    exchanged = EMISSIVITY * _STEFAN_BOLTZMANN * (sky_emissivity * air_k**4 - canopy_k**4)
    return float((1 - ALBEDO) * radiation_w_m2 + exchanged)


def difference_k(
    weather: FieldWeather, radiation_w_m2: float, air_resistance_s_m: float, canopy_resistance_s_m: float | None
) -> float:
    """Canopy minus air temperature [K] for a canopy resistance [s/m]; None: it does not transpire at all.

    Jackson et al. (1981) eq. 8 and 10, net radiation found together with the canopy's own temperature.
    """
    air_c, found_k = weather.air_temperature_c, 0.0
    for _ in range(_PASSES):
        heat_k = (
            net_radiation_w_m2(weather, radiation_w_m2, air_c + found_k) * air_resistance_s_m / _HEAT_CAPACITY_J_M3_K
        )
        if canopy_resistance_s_m is None:
            answer_k = heat_k
        else:
            slope = slope_kpa_per_k(air_c + found_k / 2)
            gamma = _PSYCHROMETRIC_KPA_PER_K * (1 + canopy_resistance_s_m / air_resistance_s_m)
            answer_k = (heat_k * gamma - vapour_pressure_deficit_kpa(weather)) / (slope + gamma)
        found_k = (found_k + answer_k) / 2
    return found_k


def theoretical_limits(weather: FieldWeather, canopy_height_m: float) -> Limits | None:
    """Limits of canopy minus air temperature [K]; None without wind or radiation."""
    if weather.wind_speed_m_s is None or weather.radiation_w_m2 is None:
        return None
    resistance = aerodynamic_resistance_s_m(weather.wind_speed_m_s, canopy_height_m)
    return Limits(
        lower_k=difference_k(weather, weather.radiation_w_m2, resistance, POTENTIAL_RESISTANCE_S_M),
        upper_k=difference_k(weather, weather.radiation_w_m2, resistance, None),
    )
