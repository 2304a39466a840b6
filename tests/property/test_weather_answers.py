"""Whatever a weather service sends, the answer is read or refused in one line; no other error comes out."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.errors import CloudError
from cloud.variables import VARIABLES
from cloud.weather.services.gather import plausible
from cloud.weather.services.nasa_power import power_request, read_power
from cloud.weather.services.open_meteo import forecast_request, read_hourly
from cloud.weather.services.request import Daily, Place
from tests.weather_server import hourly_answer, power_answer

PLACE = Place(latitude=32.3, longitude=-6.4, timezone="Africa/Casablanca")
FORECAST = forecast_request(PLACE, days=2)
POWER = power_request(PLACE, date(2026, 1, 1), date(2026, 1, 4))

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def paths(content: object, trail: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place of an answer, outermost first."""
    parts: list[tuple[object, object]] = []
    if isinstance(content, dict):
        parts = list(content.items())
    elif isinstance(content, list):
        parts = list(enumerate(content[:3]))
    found = [trail] if trail else []
    for key, part in parts:
        found += paths(part, (*trail, key))
    return found


def spoilt(content: dict[str, Any], path: tuple[object, ...], value: object) -> bytes:
    part: Any = content
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return json.dumps(content).encode()


def forecast() -> dict[str, Any]:
    return hourly_answer(dict(FORECAST.query), datetime(2026, 6, 8, tzinfo=UTC), 72, 2)


def past() -> dict[str, Any]:
    return power_answer(dict(POWER.query), known_until=date(2026, 1, 3))


def believable(daily: Daily) -> None:
    for name, series in daily.values.items():
        known = series[~np.isnan(series)]
        assert series.shape[0] == daily.days.size
        assert ((known >= VARIABLES[name].low) & (known <= VARIABLES[name].high)).all()


def refusal(read: Callable[[], Daily]) -> str | None:
    """One line that says why an answer is refused; None when it is read, within bounds."""
    try:
        daily = plausible(read(), PLACE)
    except CloudError as error:
        return str(error)
    believable(daily)
    return None


@settings(max_examples=150)
@given(path=st.sampled_from(paths(forecast())), value=VALUES)
def test_a_spoilt_forecast_is_read_within_bounds_or_refused(path: tuple[object, ...], value: object) -> None:
    told = refusal(lambda: read_hourly(spoilt(forecast(), path, value), FORECAST, PLACE))
    assert told is None or "\n" not in told


@settings(max_examples=150)
@given(path=st.sampled_from(paths(past())), value=VALUES)
def test_a_spoilt_past_is_read_within_bounds_or_refused(path: tuple[object, ...], value: object) -> None:
    told = refusal(lambda: read_power(spoilt(past(), path, value), PLACE))
    assert told is None or "\n" not in told


@given(body=st.binary(max_size=200), cut=st.integers(0, 4000))
def test_other_bytes_and_cut_answers_are_refused(body: bytes, cut: int) -> None:
    half = json.dumps(forecast()).encode()[:cut]
    told = (
        refusal(lambda: read_hourly(body, FORECAST, PLACE)),
        refusal(lambda: read_hourly(half, FORECAST, PLACE)),
        refusal(lambda: read_power(body, PLACE)),
    )
    assert all(line is not None and "\n" not in line for line in told)
