"""NASA POWER: daily weather of a point since 1981, some days behind; satellite radiation, MERRA-2 and GEOS weather.

Free with acknowledgement of the NASA Langley Research Center POWER Project. Parameters, units and the form of the
answer as documented on https://power.larc.nasa.gov/docs/services/api/temporal/daily/. Its day is that of local solar
time: it begins up to an hour or so from the civil day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from cloud.errors import InputError, UnitError
from cloud.variables import Floats
from cloud.weather.services.request import Daily, Place, Request, check_position, json_object, number_or_nan, shown
from cloud.weather.tables.columns import conversion

ATTRIBUTION: Final = "NASA Langley Research Center POWER Project"

PARAMETERS: Final[Mapping[str, str]] = {
    "T2M_MIN": "tmin_c",
    "T2M_MAX": "tmax_c",
    "T2MDEW": "dewpoint_c",
    "RH2M": "rh_mean_percent",
    "WS2M": "wind_2m_m_s",
    "ALLSKY_SFC_SW_DWN": "radiation_mj_m2",
    "PRECTOTCORR": "rain_mm",
}
"""Parameters that are asked for; winds are at 2 m."""

_FILLS: Final = (-999.0, -99.0)
_UNITS: Final = {"MJ/m^2/day": "MJ m-2", "C": "degC", "mm/day": "mm", "m/s": "m/s", "%": "%", "W/m^2": "W m-2"}
_POSITION: Final = 2


def power_request(place: Place, first: date, last: date, *, settled_at: datetime | None = None) -> Request:
    """The days ``first..last`` of a place."""
    return Request(
        source="nasa-power",
        host="power.larc.nasa.gov",
        path="/api/temporal/daily/point",
        query=(
            ("parameters", ",".join(PARAMETERS)),
            ("community", "AG"),
            ("longitude", f"{place.longitude:.4f}"),
            ("latitude", f"{place.latitude:.4f}"),
            ("start", f"{first:%Y%m%d}"),
            ("end", f"{last:%Y%m%d}"),
            ("format", "JSON"),
            ("time-standard", "LST"),
        ),
        key=f"nasa-power {place.latitude:.4f} {place.longitude:.4f} {first.isoformat()}",
        settled_at=settled_at,
    )


def read_power(body: bytes, place: Place) -> Daily:
    """Days of an answer; its fill value, -999 and -99 are missing, and units that it does not say are refused."""
    subject = f"nasa-power at {place.label}"
    answer = json_object(body, subject)
    series = _section(_section(answer, "properties", subject), "parameter", subject)
    units = _section(answer, "parameters", subject)
    position = _section(answer, "geometry", subject).get("coordinates")
    if not isinstance(position, list) or len(position) < _POSITION:
        raise InputError(f"{subject}: expected geometry.coordinates, got none; not used")
    check_position(place, position[1], position[0], subject)
    fills = (*_FILLS, number_or_nan(_section(answer, "header", subject).get("fill_value"), f"{subject}: fill_value"))
    known = {name: _section(series, name, subject) for name in PARAMETERS if name in series}
    for name in ("T2M_MIN", "T2M_MAX"):
        if name not in known:
            raise InputError(f"{subject}: expected {name}, got {shown(series)}; not used")
    days = sorted({_day(text, subject) for one in known.values() for text in one})
    if not days:
        raise InputError(f"{subject}: expected days, got none; not used")
    full = np.arange(np.datetime64(days[0], "D"), np.datetime64(days[-1], "D") + 1)
    return Daily(
        source="nasa-power",
        days=full,
        values={
            PARAMETERS[name]: _column(name, cells, units, fills, (days[0], full.size), subject)[:, None]
            for name, cells in known.items()
        },
        elevation_m=number_or_nan(position[2] if len(position) > _POSITION else None, f"{subject}: elevation"),
        problems=tuple(f"{subject}: {name} is missing from the answer" for name in PARAMETERS if name not in series),
    )


def _section(parent: Mapping[str, Any], name: str, subject: str) -> dict[str, Any]:
    section = parent.get(name)
    if not isinstance(section, dict):
        messages = parent.get("messages")
        said = f": {shown(messages)}" if messages else ""
        raise InputError(f"{subject}: expected {name} in the answer, got none{said}; not used")
    return section


def _day(text: str, subject: str) -> date:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 -- a local day has no offset
    except ValueError:
        raise InputError(f"{subject}: expected days like 20260501, got {text[:20]!r}; not used") from None


def _column(
    name: str,
    cells: Mapping[str, Any],
    units: Mapping[str, Any],
    fills: tuple[float, ...],
    span: tuple[date, int],
    subject: str,
) -> Floats:
    declared = units.get(name)
    unit = str(declared.get("units")) if isinstance(declared, dict) else "none"
    if unit not in _UNITS:
        raise UnitError(f"{subject}: {name}: expected units such as {', '.join(_UNITS)}, got {unit[:40]!r}; not used")
    column = np.full(span[1], np.nan)
    for text, cell in cells.items():
        value = number_or_nan(cell, f"{subject}: {name}")
        column[(_day(text, subject) - span[0]).days] = np.nan if value in fills else value
    return conversion(PARAMETERS[name], _UNITS[unit], f"{subject}: {name}")(column)
