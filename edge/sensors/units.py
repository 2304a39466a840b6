"""Units that instruments speak in, each brought to the one of its quantity's name. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from edge.reading import Quantity

Conversion = Callable[[float], float]


def _times(factor: float) -> Conversion:
    return lambda value: value * factor


_SAME: Final = _times(1.0)
_TEMPERATURES: Final[Mapping[str, Conversion]] = {
    "celsius": _SAME,
    "kelvin": lambda value: value - 273.15,
    "fahrenheit": lambda value: (value - 32.0) / 1.8,
}
_PRESSURES: Final[Mapping[str, Conversion]] = {
    "kpa": _SAME,
    "bar": _times(100.0),
    "mbar": _times(0.1),
    "hpa": _times(0.1),
    "pa": _times(0.001),
    "psi": _times(6.894757),
    "m_water": _times(9.80665),
}
UNITS: Final[Mapping[Quantity, Mapping[str, Conversion]]] = {
    "soil_water_fraction": {"fraction": _SAME, "percent": _times(0.01)},
    "soil_temperature_c": _TEMPERATURES,
    "soil_tension_kpa": _PRESSURES,
    "soil_salinity_ds_m": {"ds_m": _SAME, "us_cm": _times(0.001), "ms_cm": _SAME},
    "water_m3": {"m3": _SAME, "l": _times(0.001), "hl": _times(0.1), "gallon_us": _times(0.003785412)},
    "flow_m3_h": {
        "m3_h": _SAME,
        "l_h": _times(0.001),
        "l_min": _times(0.06),
        "l_s": _times(3.6),
        "m3_s": _times(3600.0),
        "gallon_us_min": _times(0.2271247),
    },
    "pressure_kpa": _PRESSURES,
    "rain_mm": {"mm": _SAME, "inch": _times(25.4)},
    "air_temperature_c": _TEMPERATURES,
    "relative_humidity_percent": {"percent": _SAME, "fraction": _times(100.0)},
    "wind_speed_m_s": {"m_s": _SAME, "km_h": _times(1.0 / 3.6), "knot": _times(0.514444), "mph": _times(0.44704)},
    "radiation_w_m2": {"w_m2": _SAME},
    "battery_v": {"v": _SAME, "mv": _times(0.001)},
    "battery_fraction": {"fraction": _SAME, "percent": _times(0.01)},
}
"""By quantity, each unit and how its numbers become the quantity's."""


def converted(value: float, quantity: Quantity, unit: str | None) -> float:
    """A number in the quantity's own unit; without a unit it is one already."""
    return value if unit is None else UNITS[quantity][unit](value)


def known_units(quantity: Quantity) -> str:
    """Names of the units of a quantity."""
    return ", ".join(UNITS[quantity])
