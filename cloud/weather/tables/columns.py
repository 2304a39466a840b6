"""Headers and units of weather files, and how each becomes the one unit used inside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.agronomy.et0 import wind_at_2m_m_s
from cloud.errors import UnitError
from cloud.variables import Floats
from cloud.weather.tables.headers import Meaning, meaning_of

MEAN_OF_HIGHEST_WIND: Final = 1.0 / 1.82
"""Share of a day's highest wind that is its mean: measured on the highest winds [km/h] that historique-meteo.net gives
for Moroccan towns against the means of NASA POWER."""

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
    rank: int = 0
    """Of several columns of one variable the lowest rank serves: our own names, then others, then estimates."""
    told: str | None = None
    """What is assumed where this column is used."""


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
    "radiation_kwh_m2": Column(variable="radiation_mj_m2", convert=_times(3.6)),
    "wind_m_s": Column(variable="wind_2m_m_s"),
    "wind_2m_m_s": Column(variable="wind_2m_m_s", wind_height_m=2.0),
    "wind_10m_m_s": Column(variable="wind_2m_m_s", wind_height_m=10.0),
    "wind_km_h": Column(variable="wind_2m_m_s", convert=_times(1.0 / 3.6)),
    "wind_mph": Column(variable="wind_2m_m_s", convert=_times(0.44704)),
}
"""Headers of a weather CSV that are understood; the unit is the last part of a header."""

_SPELLINGS: Final = {
    "degc": "degc °c ºc c celsius degree_celsius degrees_celsius degree_c degrees_c",
    "k": "k kelvin",
    "degf": "degf °f ºf f fahrenheit degree_fahrenheit",
    "%": "% percent",
    "1": "1",
    "m s-1": "m_s-1 m/s",
    "km h-1": "km/h km_h-1 kmh",
    "mph": "mph mi/h",
    "kt": "kt kn knots",
    "mj m-2": "mj_m-2 mj/m2",
    "j m-2": "j_m-2 j/m2",
    "w m-2": "w_m-2 w/m2",
    "kwh m-2": "kwh_m-2 kwh/m2 kw-hr/m2",
    "h": "h hours heures horas",
    "s": "s",
    "mm": "mm kg_m-2 l/m2",
    "cm": "cm",
    "m": "m m_of_water_equivalent",
    "in": "in inch inches",
    "kg m-2 s-1": "kg_m-2_s-1",
}
_UNIT_OF: Final = {word.replace("_", " "): unit for unit, words in _SPELLINGS.items() for word in words.split()}
_PER_DAY: Final = (" d-1", " day-1", "/day", "/d", "/jour")

_CONVERSIONS: Final[dict[str, dict[str, Conversion]]] = {
    "c": {"degc": _same, "k": _from_kelvin, "degf": _from_fahrenheit},
    "percent": {"%": _same, "1": _times(100.0)},
    "m_s": {
        "m s-1": _same,
        "km h-1": _times(1.0 / 3.6),
        "mph": _times(0.44704),
        "kt": _times(0.514444),
    },
    "mj_m2": {"mj m-2": _same, "j m-2": _times(1e-6), "w m-2": _times(0.0864), "kwh m-2": _times(3.6)},
    "w_m2": {"w m-2": _same},
    "h": {"h": _same, "s": _times(1.0 / 3600.0)},
    "mm": {
        "mm": _same,
        "cm": _times(10.0),
        "m": _times(1000.0),
        "in": _times(25.4),
        "kg m-2 s-1": _times(86400.0),
    },
}

_DAILY: Final[Mapping[tuple[str, str | None], str]] = {
    ("temperature", "min"): "tmin_c",
    ("temperature", "max"): "tmax_c",
    ("humidity", None): "rh_mean_percent",
    ("humidity", "mean"): "rh_mean_percent",
    ("humidity", "min"): "rh_min_percent",
    ("humidity", "max"): "rh_max_percent",
    ("dewpoint", None): "dewpoint_c",
    ("dewpoint", "mean"): "dewpoint_c",
    ("wind", None): "wind_2m_m_s",
    ("wind", "mean"): "wind_2m_m_s",
    ("wind", "max"): "wind_2m_m_s",
    ("radiation", None): "radiation_mj_m2",
    ("radiation", "mean"): "radiation_mj_m2",
    ("sunshine", None): "sunshine_h",
    ("rain", None): "rain_mm",
    ("et0", None): "et0_mm",
}
"""Quantity and statistic of a header: the daily variable. A mean temperature or a gust is none."""

_POWER: Final[Mapping[str, tuple[str, str]]] = {
    "t2m_min": ("tmin_c", "C"),
    "t2m_max": ("tmax_c", "C"),
    "t2mdew": ("dewpoint_c", "C"),
    "rh2m": ("rh_mean_percent", "%"),
    "ws2m": ("wind_2m_m_s", "m/s"),
    "ws10m": ("wind_2m_m_s", "m/s"),
    "allsky_sfc_sw_dwn": ("radiation_mj_m2", "MJ/m^2/day"),
    "prectot": ("rain_mm", "mm/day"),
    "prectotcorr": ("rain_mm", "mm/day"),
}
"""Columns of NASA POWER's files and the units of its agricultural community, where no header block says others."""


def column_of(header: str, stated_units: Mapping[str, str]) -> Column | None:
    """What a header of a daily file stands for; None for one that is not understood or says no unit.

    ``stated_units`` are those that the file's header block gives, by column.
    """
    if header in COLUMNS:
        return COLUMNS[header]
    if header in _POWER:
        variable, usual = _POWER[header]
        height = {"ws2m": 2.0, "ws10m": 10.0}.get(header)
        convert = conversion(variable, stated_units.get(header, usual), header)
        return Column(variable=variable, convert=convert, wind_height_m=height, rank=2 if height == 10.0 else 1)  # noqa: PLR2004 -- metres, as in the name
    meaning = meaning_of(header)
    variable_of = None if meaning is None else _DAILY.get((meaning.quantity, meaning.statistic))
    if meaning is None or variable_of is None or not understands(variable_of, meaning.unit):
        return None
    return _worded(meaning, variable_of, header)


def _worded(meaning: Meaning, variable: str, header: str) -> Column:
    convert = conversion(variable, meaning.unit, header)
    if (meaning.quantity, meaning.statistic) != ("wind", "max"):
        return Column(variable=variable, convert=convert, wind_height_m=meaning.height_m, rank=1)
    return Column(
        variable=variable,
        convert=lambda values: convert(values) * MEAN_OF_HIGHEST_WIND,
        wind_height_m=meaning.height_m,
        rank=3,
        told=f"{header} is the day's highest wind; its mean is taken as 1/{1.0 / MEAN_OF_HIGHEST_WIND:.2f} of it",
    )


def understands(variable: str, unit: str) -> bool:
    """Whether a declared unit is one of those a variable can be converted from."""
    return _spelled(unit) in _of_unit(variable)


def _of_unit(variable: str) -> Mapping[str, Conversion]:
    return next(known for suffix, known in _CONVERSIONS.items() if variable.endswith(f"_{suffix}"))


def _spelled(unit: str) -> str | None:
    plain = unit.strip().lower().replace("²", "2").replace("^", "").replace("**", "").replace("⁻¹", "-1")
    for ending in _PER_DAY:
        plain = plain.removesuffix(ending)
    return _UNIT_OF.get(" ".join(plain.replace("_", " ").split()))


def conversion(variable: str, unit: str, subject: str) -> Conversion:
    """Conversion of a declared unit to that of a variable; UnitError for a unit that is not understood."""
    known = _of_unit(variable)
    spelled = _spelled(unit)
    if spelled is None or spelled not in known:
        got = f"units {unit!r}" if unit else "no units attribute"
        raise UnitError(f"{subject}: {variable}: expected units {' or '.join(known)}, got {got}; declare the units")
    return known[spelled]


def to_2m(values: Floats, height_m: float) -> Floats:
    """Wind speed brought to 2 m; a measurement at 2 m stays as it is."""
    if np.isclose(height_m, 2.0):
        return values
    return wind_at_2m_m_s(values, height_m)
