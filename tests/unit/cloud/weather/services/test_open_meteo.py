"""Open-Meteo: what is asked, and what of its answers is believed."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from cloud.errors import InputError, UnitError
from cloud.weather.services.open_meteo import (
    archive_request,
    ensemble_request,
    forecast_request,
    read_hourly,
    recent_request,
)
from cloud.weather.services.request import Place
from tests.weather_server import hourly_answer

PLACE = Place(latitude=32.3, longitude=-6.4, timezone="Africa/Casablanca")
REQUEST = forecast_request(PLACE, days=3)
FIRST = datetime(2026, 6, 8, tzinfo=UTC)


def answer(*, members: int = 1) -> dict[str, Any]:
    return hourly_answer(dict(REQUEST.query), FIRST, 24 * 4, members)


def body(content: object) -> bytes:
    return json.dumps(content).encode()


def test_a_request_asks_in_si_units_and_utc_without_a_fields_own_position() -> None:
    query = dict(REQUEST.query)
    assert (REQUEST.host, REQUEST.path) == ("api.open-meteo.com", "/v1/forecast")
    assert query["latitude"] == "32.3000"
    assert (query["timezone"], query["wind_speed_unit"], query["timeformat"]) == ("GMT", "ms", "unixtime")
    assert (query["past_days"], query["forecast_days"]) == ("1", "4")


def test_long_and_many_member_requests_count_as_several_calls() -> None:
    assert REQUEST.calls == 1
    assert ensemble_request(PLACE, days=10, model="m").calls == 31  # 6 x 51 variables in tens
    assert recent_request(PLACE, days=14).calls == 2
    assert archive_request(PLACE, date(2025, 1, 1), date(2025, 12, 31)).calls == 27


def test_an_archive_request_begins_the_day_before_and_keeps_its_name_as_the_year_grows() -> None:
    one, two = (archive_request(PLACE, date(2026, 1, 1), date(2026, 6, day)) for day in (1, 2))
    assert dict(one.query)["start_date"] == "2025-12-31"
    assert one.key == two.key
    assert ensemble_request(PLACE, days=5, model="a").key != ensemble_request(PLACE, days=5, model="b").key


def test_an_answer_becomes_local_days() -> None:
    daily = read_hourly(body(answer()), REQUEST, PLACE)
    assert daily.days.astype(str).tolist()[0] == "2026-06-08"
    assert daily.elevation_m == 478.0
    assert daily.problems == ()
    row = daily.days.astype(str).tolist().index("2026-06-10")
    assert daily.values["tmin_c"][row].tolist() == [12.0]
    assert daily.values["tmax_c"][row].tolist() == [26.0]
    np.testing.assert_allclose(daily.values["rain_mm"][row], 2.4)
    # 2.5 m/s at 10 m is 1.87 m/s at 2 m (FAO-56 eq. 47).
    np.testing.assert_allclose(daily.values["wind_2m_m_s"][row], 1.87, atol=0.005)


def test_members_stand_side_by_side_whatever_the_model_is_called() -> None:
    content = answer(members=3)
    for part in ("hourly", "hourly_units"):
        content[part] = {
            key if key == "time" else f"{key}_icon_seamless_eps": one for key, one in content[part].items()
        }
    daily = read_hourly(body(content), REQUEST, PLACE)
    assert daily.values["tmax_c"].shape[1] == 3
    row = daily.days.astype(str).tolist().index("2026-06-10")
    assert daily.values["tmax_c"][row].tolist() == [26.0, 27.0, 28.0]


def test_a_missing_variable_is_told_and_a_null_is_unknown() -> None:
    content = answer()
    del content["hourly"]["shortwave_radiation"]
    content["hourly"]["precipitation"][30] = None
    daily = read_hourly(body(content), REQUEST, PLACE)
    assert daily.problems == ("open-meteo at 32.30, -6.40: shortwave_radiation is missing from the answer",)
    assert "radiation_mj_m2" not in daily.values
    rain = dict(zip(daily.days.astype(str).tolist(), daily.values["rain_mm"][:, 0].tolist(), strict=True))
    assert np.isnan(rain["2026-06-09"])
    assert rain["2026-06-10"] == pytest.approx(2.4)


def spoil(*path: object, value: object) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        part: Any = content
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (spoil("hourly_units", "wind_speed_10m", value="km/h"), "wind_speed_10m: expected m/s, got 'km/h'"),
        (spoil("hourly_units", "temperature_2m", value="°F"), "temperature_2m: expected °C, got '°F'"),
        (spoil("latitude", value=-6.4), "expected weather near 32.30, -6.40, got -6.40"),
        (spoil("longitude", value=None), "expected weather near 32.30, -6.40, got 32.33, nan"),
        (spoil("latitude", value=10**400), "position: expected a number or null"),
        (spoil("hourly_units", "precipitation", value=[]), "precipitation: expected mm, got '[]'"),
        (spoil("utc_offset_seconds", value=3600), "expected hours in UTC, got offset 3600"),
        (spoil("hourly", value=None), "expected hourly and hourly_units"),
        (spoil("hourly", "time", value=[]), "expected hourly times in seconds, got none"),
        (spoil("hourly", "time", 5, value="2026-06-08T05:00"), "expected hourly times in seconds, got none"),
        (spoil("hourly", "time", 5, value=0), "expected a value each hour in order"),
        (spoil("hourly", "time", 0, value=10**18), "got other numbers"),
        (spoil("hourly", "time", 0, value=-(10**12)), "got other numbers"),
        (spoil("hourly", "precipitation", value=[0.0]), "precipitation: expected 96 values"),
        (spoil("hourly", "temperature_2m", 3, value="warm"), "expected a number or null, got 'warm'"),
        (spoil("hourly", "temperature_2m", 3, value=True), "expected a number or null, got 'True'"),
        (spoil("error", value=True), "the service refused: no reason given"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(change: Callable[[dict[str, Any]], None], told: str) -> None:
    content = answer()
    change(content)
    with pytest.raises(InputError) as refused:
        read_hourly(body(content), REQUEST, PLACE)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_another_unit_is_an_error_of_units() -> None:
    content = answer()
    content["hourly_units"]["precipitation"] = "inch"
    with pytest.raises(UnitError):
        read_hourly(body(content), REQUEST, PLACE)


def test_an_answer_without_temperature_is_refused() -> None:
    content = answer()
    del content["hourly"]["temperature_2m"]
    with pytest.raises(InputError, match="expected temperature_2m"):
        read_hourly(body(content), REQUEST, PLACE)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<!DOCTYPE html><html>sign in</html>", "got a web page"),
        (body(answer())[:900], "a text that is cut off or no JSON"),
        (b"", "got nothing"),
        (b"[1, 2]", "got list"),
        (b'{"latitude": NaN}', "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
    ],
)
def test_what_is_no_json_object_is_refused_by_what_it_looks_like(content: bytes, told: str) -> None:
    with pytest.raises(InputError) as refused:
        read_hourly(content, REQUEST, PLACE)
    assert told in str(refused.value)
