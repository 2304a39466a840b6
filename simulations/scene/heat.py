"""Temperatures of leaves and soil from the energy balance that the field's own theoretical stress index uses.

The limits come from ``edge.radiometry.energy_balance``: thermal figures on these scenes therefore test the way from
pixels to an answer (mixed pixels, shade, geometry), never whether the physics holds in a field.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.radiometry.energy_balance import POTENTIAL_RESISTANCE_S_M, aerodynamic_resistance_s_m, difference_k
from edge.weather import FieldWeather
from simulations.scene.ground import Floats
from simulations.scene.settings import Crop

SHADE: Final = 0.15
"""Share of the radiation that reaches what stands in shadow."""
_SOIL_ROUGHNESS_HEIGHT_M: Final = 0.05
_INTO_SOIL: Final = 0.35  # of the radiation that dry soil takes in


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperatures:
    """Leaf and soil temperatures [deg C], each as (in shade, in full sun on level ground)."""

    wet: tuple[float, float]
    dry: tuple[float, float]
    soil: tuple[float, float]

    def of_leaves(self, stress: Floats, sun: Floats) -> Floats:
        """Leaf temperature (N) [deg C] for stress (N, 0..1) and the sun on the leaf (N; 1 as on open level ground)."""
        wet = self.wet[0] + (self.wet[1] - self.wet[0]) * sun
        dry = self.dry[0] + (self.dry[1] - self.dry[0]) * sun
        return (wet + stress * (dry - wet)).astype(np.float32)

    def of_soil(self, sun: Floats, texture: Floats) -> Floats:
        """Soil temperature [deg C]; clods that look dark are warmer in the sun."""
        warmth = self.soil[1] - self.soil[0]
        return (self.soil[0] + warmth * sun * (1 + 0.25 * (1 - texture))).astype(np.float32)


def temperatures(weather: FieldWeather, crop: Crop) -> Temperatures:
    """Limits of a scene's leaves and soil in its weather; wind and radiation are given."""
    assert weather.wind_speed_m_s is not None
    assert weather.radiation_w_m2 is not None
    over_leaves = aerodynamic_resistance_s_m(weather.wind_speed_m_s, crop.height_m)
    over_soil = aerodynamic_resistance_s_m(weather.wind_speed_m_s, _SOIL_ROUGHNESS_HEIGHT_M)
    air, full = weather.air_temperature_c, weather.radiation_w_m2
    shares = (SHADE, 1.0)
    wet = [air + difference_k(weather, share * full, over_leaves, POTENTIAL_RESISTANCE_S_M) for share in shares]
    dry = [air + difference_k(weather, share * full, over_leaves, None) for share in shares]
    soil = [air + difference_k(weather, (1 - _INTO_SOIL) * share * full, over_soil, None) for share in shares]
    return Temperatures(wet=(wet[0], wet[1]), dry=(dry[0], dry[1]), soil=(soil[0], soil[1]))
