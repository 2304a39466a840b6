"""Open-Meteo: forecast, ensemble with members, and archive; hourly in UTC, gathered into local days here.

Data under CC BY 4.0 (attribution: Weather data by Open-Meteo.com); without a key for non-commercial use only. Request
parameters and answers as documented on https://open-meteo.com/en/docs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError, UnitError
from cloud.variables import Floats
from cloud.weather.services.hours import HOUR_S, local_days
from cloud.weather.services.request import Daily, Place, Request, check_position, json_object, number_or_nan, shown
from cloud.weather.tables.columns import to_2m

ATTRIBUTION: Final = "Weather data by Open-Meteo.com (CC BY 4.0)"

_DAYS_OF_ONE_CALL: Final = 14
_EARLIEST_S: Final = datetime(1940, 1, 1, tzinfo=UTC).timestamp()
_LATEST_S: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
_VARIABLES_OF_ONE_CALL: Final = 10
_MEMBERS: Final = 51
"""Members that a request is counted for: those of the largest ensemble in common use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hourly:
    """An hourly variable of the service: its name inside and the unit it must come in."""

    name: str
    units: frozenset[str]


HOURLY: Final[Mapping[str, Hourly]] = {
    "temperature_2m": Hourly(name="temperature_c", units=frozenset({"°C"})),
    "relative_humidity_2m": Hourly(name="relative_humidity_percent", units=frozenset({"%"})),
    "dew_point_2m": Hourly(name="dewpoint_c", units=frozenset({"°C"})),
    "precipitation": Hourly(name="rain_mm", units=frozenset({"mm"})),
    "shortwave_radiation": Hourly(name="radiation_w_m2", units=frozenset({"W/m²"})),
    "wind_speed_10m": Hourly(name="wind_2m_m_s", units=frozenset({"m/s"})),
}
"""What is asked for, in the units asked for."""

_KEY: Final = re.compile(rf"^({'|'.join(HOURLY)})(?:_member(\d+))?(?:_(\w+))?$")


def forecast_request(place: Place, *, days: int) -> Request:
    """The best forecast for a place, from the day before so that the local day is whole."""
    return _request(
        place, "open-meteo", ("api.open-meteo.com", "/v1/forecast"), _span(1, days + 1), calls=_calls(days + 2)
    )


def ensemble_request(place: Place, *, days: int, model: str) -> Request:
    """Every member of an ensemble for a place."""
    query = (("models", model), *_span(1, days + 1))
    target = ("ensemble-api.open-meteo.com", "/v1/ensemble")
    return _request(place, "open-meteo-ensemble", target, query, calls=_calls(days + 2, members=_MEMBERS), part=model)


def recent_request(place: Place, *, days: int) -> Request:
    """The last days as the forecast models saw them, for what the archive does not have yet."""
    target = ("api.open-meteo.com", "/v1/forecast")
    return _request(place, "open-meteo-recent", target, _span(days + 1, 1), calls=_calls(days + 2))


def archive_request(place: Place, first: date, last: date, *, settled_at: datetime | None = None) -> Request:
    """Reanalysis of some days, from the day before so that the first local day is whole."""
    query = (("start_date", (first - timedelta(days=1)).isoformat()), ("end_date", last.isoformat()))
    return _request(
        place,
        "open-meteo-archive",
        ("archive-api.open-meteo.com", "/v1/archive"),
        query,
        calls=_calls((last - first).days + 1),
        part=first.isoformat(),
        settled_at=settled_at,
    )


def read_hourly(body: bytes, request: Request, place: Place) -> Daily:
    """Local days of an answer; refuses another place, other units, uneven hours and arrays that do not fit."""
    subject = f"{request.source} at {place.label}"
    answer = json_object(body, subject)
    if answer.get("error"):
        raise InputError(f"{subject}: the service refused: {shown(answer.get('reason', 'no reason given'))}")
    check_position(place, answer.get("latitude"), answer.get("longitude"), subject)
    if answer.get("utc_offset_seconds") != 0:
        raise InputError(f"{subject}: expected hours in UTC, got offset {answer.get('utc_offset_seconds')!r}; not used")
    hourly, units = answer.get("hourly"), answer.get("hourly_units")
    if not isinstance(hourly, dict) or not isinstance(units, dict):
        raise InputError(f"{subject}: expected hourly and hourly_units, got {shown(answer)}; not used")
    stamps = _stamps(hourly.get("time"), subject)
    series, problems = _series(hourly, units, stamps.size, subject)
    days, values = local_days(stamps, series, place.timezone)
    return Daily(
        source=request.source,
        days=days,
        values=values,
        elevation_m=number_or_nan(answer.get("elevation"), f"{subject}: elevation"),
        problems=tuple(problems),
    )


def _request(  # noqa: PLR0913 -- the parts of one request
    place: Place,
    source: str,
    target: tuple[str, str],
    query: tuple[tuple[str, str], ...],
    *,
    calls: int,
    part: str = "",
    settled_at: datetime | None = None,
) -> Request:
    return Request(
        source=source,
        host=target[0],
        path=target[1],
        query=(
            ("latitude", f"{place.latitude:.4f}"),
            ("longitude", f"{place.longitude:.4f}"),
            ("hourly", ",".join(HOURLY)),
            ("wind_speed_unit", "ms"),
            ("timezone", "GMT"),
            ("timeformat", "unixtime"),
            *query,
        ),
        key=" ".join(filter(None, (source, f"{place.latitude:.4f}", f"{place.longitude:.4f}", part))),
        calls=calls,
        settled_at=settled_at,
    )


def _span(past_days: int, days: int) -> tuple[tuple[str, str], ...]:
    return (("past_days", str(past_days)), ("forecast_days", str(days)))


def _calls(days: int, *, members: int = 1) -> int:
    # Two weeks of ten variables count as one call; more count as several.
    variables = len(HOURLY) * members
    return ceil(max(1.0, days / _DAYS_OF_ONE_CALL) * max(1.0, variables / _VARIABLES_OF_ONE_CALL))


def _stamps(times: object, subject: str) -> NDArray[np.int64]:
    if not isinstance(times, list) or not times or not all(type(one) is int for one in times):
        raise InputError(f"{subject}: expected hourly times in seconds, got none or others; not used")
    if min(times) < _EARLIEST_S or max(times) > _LATEST_S:
        raise InputError(f"{subject}: expected hourly times in seconds since 1970, got other numbers; not used")
    stamps = np.array(times, dtype=np.int64)
    if (np.diff(stamps) != HOUR_S).any():
        raise InputError(f"{subject}: expected a value each hour in order, got other steps; not used")
    return stamps


def _series(
    hourly: Mapping[str, Any], units: Mapping[str, Any], count: int, subject: str
) -> tuple[dict[str, Floats], list[str]]:
    """Arrays (H, M) in the units used inside; a member that lacks a variable has NaN in it."""
    found: dict[str, dict[tuple[str, int], Floats]] = {}
    for key, cells in hourly.items():
        match = _KEY.match(key)
        if match is None:
            continue
        kind = HOURLY[match[1]]
        if str(units.get(key)) not in kind.units:
            expected = " or ".join(sorted(kind.units))
            raise UnitError(f"{subject}: {key}: expected {expected}, got {str(units.get(key))[:40]!r}; not used")
        if not isinstance(cells, list) or len(cells) != count:
            raise InputError(f"{subject}: {key}: expected {count} values, one for each hour; got others; not used")
        values = np.array([number_or_nan(cell, f"{subject}: {key}") for cell in cells])
        found.setdefault(match[1], {})[(match[3] or "", int(match[2] or 0))] = values
    members = sorted({member for one in found.values() for member in one})
    if "temperature_2m" not in found:
        raise InputError(f"{subject}: expected temperature_2m, got {shown(hourly)}; not used")
    problems = [f"{subject}: {name} is missing from the answer" for name in HOURLY if name not in found]
    unknown = np.full(count, np.nan)
    series = {
        HOURLY[name].name: np.stack([one.get(member, unknown) for member in members], axis=1)
        for name, one in found.items()
    }
    if "wind_2m_m_s" in series:
        series["wind_2m_m_s"] = to_2m(series["wind_2m_m_s"], 10.0)
    return series, problems
