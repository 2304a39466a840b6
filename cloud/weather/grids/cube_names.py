"""What the variables of a cube are: by the contract's names, by short names in common use, by CF standard names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cloud.errors import UnitError
from cloud.variables import VARIABLES
from cloud.weather.tables.columns import COLUMNS

_SHORT_NAMES: Final = {
    short: name
    for name, shorts in {
        "tmin_c": "tn tmin tasmin mn2t tmmn",
        "tmax_c": "tx tmax tasmax mx2t tmmx",
        "rain_mm": "rr pr precip precipitation_amount tp",
        "rh_mean_percent": "hu hurs",
        "rh_min_percent": "rmin",
        "rh_max_percent": "rmax",
        "radiation_mj_m2": "rsds qq ssrd srad",
        "dewpoint_c": "d2m tdps",
        "wind_2m_m_s": "sfcwind fg wind_speed vs",
    }.items()
    for short in shorts.split()
}
_WIND_HEIGHTS: Final = {"sfcwind": 10.0, "fg": 10.0, "vs": 10.0, "wind_2m_m_s": 2.0, "wind_10m_m_s": 10.0}
"""Heights that go with a name: CMIP, E-OBS and gridMET give wind at 10 m."""

_STANDARD_NAMES: Final = {
    "precipitation_amount": "rain_mm",
    "precipitation_flux": "rain_mm",
    "lwe_thickness_of_precipitation_amount": "rain_mm",
    "relative_humidity": "rh_mean_percent",
    "dew_point_temperature": "dewpoint_c",
    "wind_speed": "wind_2m_m_s",
    "surface_downwelling_shortwave_flux_in_air": "radiation_mj_m2",
    "duration_of_sunshine": "sunshine_h",
    "water_evapotranspiration_amount": "et0_mm",
}
_EXTREMES: Final = {
    ("air_temperature", "minimum"): "tmin_c",
    ("air_temperature", "maximum"): "tmax_c",
    ("relative_humidity", "minimum"): "rh_min_percent",
    ("relative_humidity", "maximum"): "rh_max_percent",
}
"""Quantities whose extremes differ: a bare air temperature is neither, and the file must say which it is."""


def variable_of(name: str, attributes: Mapping[str, object]) -> str | None:
    """The variable that a cube's array holds, or None."""
    key = name.lower()
    if key in VARIABLES:
        return key
    if key in COLUMNS:
        return COLUMNS[key].variable
    if key in _SHORT_NAMES and key != "precipitation_amount":
        return _SHORT_NAMES[key]
    standard = str(attributes.get("standard_name", key)).lower()
    if standard in _SHORT_NAMES:
        return _SHORT_NAMES[standard]
    method = " ".join(str(attributes.get(one, "")) for one in ("cell_methods", "long_name", "description")).lower()
    for extreme in ("minimum", "maximum"):
        if extreme in method and (standard, extreme) in _EXTREMES:
            return _EXTREMES[standard, extreme]
    return None if standard == "air_temperature" else _STANDARD_NAMES.get(standard)


def wind_height_m(name: str, attributes: Mapping[str, object], subject: str) -> float:
    """Height of a cube's wind [m]; refused where neither the array nor its name says it."""
    standard = str(attributes.get("standard_name", "")).lower()
    known = _WIND_HEIGHTS.get(name.lower(), _WIND_HEIGHTS.get(standard))
    for source in (attributes.get("height_m"), attributes.get("height"), known):
        if source is not None:
            return float(str(source).split()[0].rstrip("m"))
    raise UnitError(f"{subject}: {name}: expected an attribute height_m (2 or 10), got none; state the wind's height")
