"""Headers and units of weather files, and how each becomes the one unit used inside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.agronomy.et0 import wind_at_2m_m_s
from cloud.errors import UnitError
from cloud.variables import Floats

Conversion = Callable[[Floats], Floats]


def _same(values: Floats) -> Floats:
    return values


def _times(factor: float) -> Conversion:
    return lambda values: values * factor


def _from_kelvin(values: Floats) -> Floats:
    return values - 273.15


def _from_fahrenheit(values: Floats) -> Floats:
    return (values - 32.0) / 1.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a header stands for."""

    variable: str
    convert: Conversion = _same
    wind_height_m: float | None = None
    """Height that the header states; None: the height of the site's anemometer."""


_OWN: Final = (
    "tmin_c",
    "tmax_c",
    "rh_mean_percent",
    "rh_min_percent",
    "rh_max_percent",
    "dewpoint_c",
    "radiation_mj_m2",
    "sunshine_h",
    "rain_mm",
    "et0_mm",
)

COLUMNS: Final = {
    **{name: Column(variable=name) for name in _OWN},
    **{f"{stem}_k": Column(variable=f"{stem}_c", convert=_from_kelvin) for stem in ("tmin", "tmax", "dewpoint")},
    **{f"{stem}_f": Column(variable=f"{stem}_c", convert=_from_fahrenheit) for stem in ("tmin", "tmax", "dewpoint")},
    **{f"rain_{unit}": Column(variable="rain_mm", convert=_times(25.4)) for unit in ("in", "inch", "inches")},
    **{f"et0_{unit}": Column(variable="et0_mm", convert=_times(25.4)) for unit in ("in", "inch", "inches")},
    "rain_m": Column(variable="rain_mm", convert=_times(1000.0)),
    "radiation_j_m2": Column(variable="radiation_mj_m2", convert=_times(1e-6)),
    "radiation_w_m2": Column(variable="radiation_mj_m2", convert=_times(0.0864)),
    "wind_m_s": Column(variable="wind_2m_m_s"),
    "wind_2m_m_s": Column(variable="wind_2m_m_s", wind_height_m=2.0),
    "wind_10m_m_s": Column(variable="wind_2m_m_s", wind_height_m=10.0),
    "wind_km_h": Column(variable="wind_2m_m_s", convert=_times(1.0 / 3.6)),
    "wind_mph": Column(variable="wind_2m_m_s", convert=_times(0.44704)),
}
"""Headers of a weather CSV that are understood; the unit is the last part of a header."""

_UNIT_SPELLINGS: Final = {
    "degc": "degc",
    "°c": "degc",
    "c": "degc",
    "celsius": "degc",
    "degree_celsius": "degc",
    "degrees_celsius": "degc",
    "degree_c": "degc",
    "degrees_c": "degc",
    "k": "k",
    "kelvin": "k",
    "degf": "degf",
    "f": "degf",
    "fahrenheit": "degf",
    "degree_fahrenheit": "degf",
    "%": "%",
    "percent": "%",
    "1": "1",
    "m s-1": "m s-1",
    "m/s": "m s-1",
    "m s**-1": "m s-1",
    "km/h": "km h-1",
    "km h-1": "km h-1",
    "mj m-2": "mj m-2",
    "mj m-2 d-1": "mj m-2",
    "mj m-2 day-1": "mj m-2",
    "mj/m2": "mj m-2",
    "mj m**-2": "mj m-2",
    "j m-2": "j m-2",
    "j/m2": "j m-2",
    "j m**-2": "j m-2",
    "w m-2": "w m-2",
    "w/m2": "w m-2",
    "w m**-2": "w m-2",
    "h": "h",
    "hours": "h",
    "s": "s",
    "mm": "mm",
    "mm d-1": "mm",
    "mm/day": "mm",
    "mm day-1": "mm",
    "m": "m",
    "in": "in",
    "inch": "in",
    "inches": "in",
    "kg m-2": "mm",
    "kg m-2 s-1": "kg m-2 s-1",
    "kg m**-2 s**-1": "kg m-2 s-1",
}

_CONVERSIONS: Final[dict[str, dict[str, Conversion]]] = {
    "c": {"degc": _same, "k": _from_kelvin, "degf": _from_fahrenheit},
    "percent": {"%": _same, "1": _times(100.0)},
    "m_s": {"m s-1": _same, "km h-1": _times(1.0 / 3.6)},
    "mj_m2": {"mj m-2": _same, "j m-2": _times(1e-6), "w m-2": _times(0.0864)},
    "h": {"h": _same, "s": _times(1.0 / 3600.0)},
    "mm": {"mm": _same, "m": _times(1000.0), "in": _times(25.4), "kg m-2 s-1": _times(86400.0)},
}


def conversion(variable: str, unit: str, subject: str) -> Conversion:
    """Conversion of a declared unit to that of a variable; UnitError for a unit that is not understood."""
    suffix = next(suffix for suffix in _CONVERSIONS if variable.endswith(f"_{suffix}"))
    known = _CONVERSIONS[suffix]
    spelled = _UNIT_SPELLINGS.get(unit.strip().lower())
    if spelled not in known:
        got = f"units {unit!r}" if unit else "no units attribute"
        raise UnitError(f"{subject}: {variable}: expected units {' or '.join(known)}, got {got}; declare the units")
    return known[spelled]


def to_2m(values: Floats, height_m: float) -> Floats:
    """Wind speed brought to 2 m; a measurement at 2 m stays as it is."""
    if np.isclose(height_m, 2.0):
        return values
    return wind_at_2m_m_s(values, height_m)
