"""Places, plausibility, the past from several sources, and forecasts of several ages side by side."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
import pytest

from cloud.errors import CloudError, InputError, ServiceUnavailableError, UnitError
from cloud.records import Parcel
from cloud.weather.services.cubes import forecast_cube, past_cube
from cloud.weather.services.gather import Plan, plausible
from cloud.weather.services.gather_ahead import forecast_of
from cloud.weather.services.gather_past import past_of
from cloud.weather.services.request import Daily, Place, Request, Told, places_of
from tests.weather_server import WeatherStandIn

T = TypeVar("T")

NOW = datetime(2026, 6, 9, 19, 30, tzinfo=UTC)
HERE = Place(latitude=32.3, longitude=-6.4, timezone="Africa/Casablanca")
THERE = Place(latitude=31.6, longitude=-8.0, timezone="Africa/Casablanca")
ALL = ("nasa-power", "open-meteo-archive", "open-meteo-recent")


def plan(*past: str, forecast: str = "open-meteo-ensemble", past_days: int = 30) -> Plan:
    return Plan(past=past, past_days=past_days, forecast=forecast, forecast_days=4, ensemble_model="m")


class Answers:
    """A service in memory: the stand-in's answers, some older, some refused."""

    def __init__(self, power_known_until: date = date.max, archive_known_until: date = date.max) -> None:
        self.stand_in = WeatherStandIn(
            NOW, power_known_until=power_known_until, archive_known_until=archive_known_until
        )
        self.fetched_at: dict[str, datetime] = {}
        self.refused: dict[str, CloudError] = {}
        self.change: Callable[[Request, dict[str, Any]], None] = lambda _request, _content: None
        self.asked: list[str] = []

    def ask(self, request: Request, read: Callable[[bytes], T]) -> Told[T]:
        self.asked.append(request.key)
        for part, error in self.refused.items():
            if part in request.key:
                raise error
        content = self.stand_in.answer(request.path, dict(request.query))
        self.change(request, content)
        fetched_at = next((at for part, at in self.fetched_at.items() if part in request.key), NOW)
        return Told(value=read(json.dumps(content).encode()), fetched_at=fetched_at)


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def test_parcels_near_each_other_share_a_place() -> None:
    parcels = [
        Parcel(id=name, crop="maize", latitude=north, longitude=east)
        for name, north, east in (("a", 32.31, -6.41), ("b", 32.28, -6.38), ("c", 31.0, -6.4))
    ]
    assert [place.label for place in places_of(parcels, 0.1)] == ["31.00, -6.40", "32.30, -6.40"]
    assert len(places_of(parcels, 0.01)) == 3
    assert places_of([], 0.1) == ()


def daily(**values: list[float]) -> Daily:
    columns = {name: np.array(series)[:, None] for name, series in values.items()}
    days = np.arange(day("2026-06-01"), day("2026-06-01") + len(next(iter(columns.values()))))
    return Daily(source="s", days=days, values=columns, elevation_m=1.0)


def test_impossible_values_are_emptied_and_told() -> None:
    kept = plausible(
        daily(tmin_c=[10.0, 30.0, 10.0], tmax_c=[25.0, 20.0, 99.0], rain_mm=[0.0, -5.0, 1.0]),
        HERE,
    )
    np.testing.assert_array_equal(kept.values["rain_mm"][:, 0], [0.0, np.nan, 1.0])
    np.testing.assert_array_equal(kept.values["tmin_c"][:, 0], [10.0, np.nan, 10.0])
    np.testing.assert_array_equal(kept.values["tmax_c"][:, 0], [25.0, np.nan, np.nan])
    assert len(kept.problems) == 3
    assert "rain_mm: expected 0 to 800 mm, got -5 in 1 of 3 values; taken as missing" in kept.problems[1]


def test_kelvin_that_calls_itself_celsius_is_refused() -> None:
    with pytest.raises(UnitError, match="looks like kelvin"):
        plausible(daily(tmin_c=[283.0], tmax_c=[298.0]), HERE)


def test_a_day_comes_whole_from_the_first_source_that_knows_it() -> None:
    service = Answers(power_known_until=date(2026, 6, 1), archive_known_until=date(2026, 6, 5))
    past = past_of(service, [HERE], plan(*ALL), NOW)
    assert past.days[[0, -1]].astype(str).tolist() == ["2026-05-10", "2026-06-08"]
    assert past.source[:, 0].tolist() == [0] * 23 + [1] * 4 + [2] * 3
    # NASA POWER says 25.5 degC, the others 26.0; their rain differs as well.
    np.testing.assert_allclose(past.values["tmax_c"][21:25, 0], [25.5, 25.5, 26.0, 26.0])
    np.testing.assert_allclose(past.values["rain_mm"][21:25, 0], [0.2, 0.2, 2.4, 2.4])
    assert past.elevation_m.tolist() == [512.3]
    assert (past.fetched_at == np.datetime64("2026-06-09T19:30:00")).all()
    assert past.problems == ()


def test_a_complete_first_source_leaves_the_others_alone() -> None:
    service = Answers()
    past_of(service, [HERE], plan(*ALL), NOW)
    assert service.asked == ["nasa-power 32.3000 -6.4000 2026-01-01"]


def test_days_without_radiation_serve_only_when_nobody_has_it() -> None:
    def dark(request: Request, content: dict[str, Any]) -> None:
        if request.source == "nasa-power":
            series = content["properties"]["parameter"]["ALLSKY_SFC_SW_DWN"]
            series.update({name: -999.0 for name in series if name > "20260605"})

    service = Answers(archive_known_until=date(2026, 6, 6))
    service.change = dark
    past = past_of(service, [HERE], plan("nasa-power", "open-meteo-archive"), NOW)
    assert past.source[-4:, 0].tolist() == [0, 1, 0, 0]
    assert np.isnan(past.values["radiation_mj_m2"][-2:, 0]).all()


def test_years_are_asked_one_by_one_and_settled_ones_say_so() -> None:
    asked: list[Request] = []

    class Listening(Answers):
        def ask(self, request: Request, read: Callable[[bytes], T]) -> Told[T]:
            asked.append(request)
            return super().ask(request, read)

    past_of(Listening(), [HERE], plan("nasa-power", past_days=400), NOW)
    assert [request.key[-10:] for request in asked] == ["2025-01-01", "2026-01-01"]
    assert [request.settled_at for request in asked] == [datetime(2026, 4, 30, tzinfo=UTC), None]
    assert dict(asked[1].query)["end"] == "20260608"


def test_what_was_a_forecast_when_it_was_said_is_no_past() -> None:
    service = Answers()
    service.fetched_at = {"recent": datetime(2026, 6, 7, 12, 0, tzinfo=UTC)}
    past = past_of(service, [HERE], plan("open-meteo-recent"), NOW)
    assert str(past.days[-1]) == "2026-06-06"


def test_a_place_without_an_answer_is_named_and_keeps_nobody_waiting() -> None:
    service = Answers()
    service.refused = {"32.3000": InputError("32.3 is refused")}
    past = past_of(service, [HERE, THERE], plan("nasa-power"), NOW)
    assert past.problems == ("32.3 is refused",)
    assert np.isnan(past.values["tmin_c"][:, 0]).all()
    assert not np.isnan(past.values["tmin_c"][:, 1]).any()
    cube = past_cube(past, [HERE, THERE], ["nasa-power"])
    assert cube["source"].values[:, 0].tolist() == [-1] * cube.sizes["time"]
    assert cube.attrs["attribution"] == "NASA Langley Research Center POWER Project"


def test_no_answer_at_all_ends_with_the_first_reason() -> None:
    service = Answers()
    service.refused = {"power": ServiceUnavailableError("down"), "archive": InputError("odd")}
    with pytest.raises(ServiceUnavailableError, match=r"^down \(and 1 more problems\)$"):
        past_of(service, [HERE], plan("nasa-power", "open-meteo-archive"), NOW)
    service.refused = {"power": InputError("odd")}
    with pytest.raises(InputError, match=r"^odd$"):
        past_of(service, [HERE], plan("nasa-power"), NOW)
    with pytest.raises(InputError, match="past weather: expected days from a source, got none"):
        past_of(Answers(power_known_until=date(2000, 1, 1)), [HERE], plan("nasa-power"), NOW)


def test_a_forecast_begins_on_the_local_day_of_its_issue() -> None:
    service = Answers()
    late = datetime(2026, 6, 9, 23, 30, tzinfo=UTC)  # half past midnight of the tenth in Morocco
    service.fetched_at = {"": late}
    ahead = forecast_of(service, [HERE], plan(), late)
    assert str(ahead.days[0]) == "2026-06-10"
    assert ahead.values["tmax_c"].shape == (ahead.days.size, 3, 1)
    np.testing.assert_allclose(ahead.values["tmax_c"][0, :, 0], [26.0, 27.0, 28.0])
    cube = forecast_cube(ahead, [HERE], "open-meteo-ensemble")
    assert cube["lead"].values[0] == 1  # one day after the issue's day in UTC
    assert cube.attrs["attribution"] == "Weather data by Open-Meteo.com (CC BY 4.0)"


def test_the_issue_is_that_of_the_oldest_place_and_much_older_ones_are_left_out() -> None:
    service = Answers()
    service.fetched_at = {"31.6000": NOW - timedelta(hours=5)}
    ahead = forecast_of(service, [HERE, THERE], plan(forecast="open-meteo"), NOW)
    assert ahead.issued_at == NOW - timedelta(hours=5)
    assert ahead.problems == ()
    service.fetched_at = {"31.6000": NOW - timedelta(hours=13)}
    ahead = forecast_of(service, [HERE, THERE], plan(forecast="open-meteo"), NOW)
    assert ahead.issued_at == NOW
    assert "got one of 2026-06-09 06:30 UTC; not used" in ahead.problems[0]
    assert np.isnan(ahead.values["tmin_c"][:, :, 1]).all()
    assert np.isnat(ahead.fetched_at[1])


def test_a_forecast_that_is_old_when_it_arrives_is_not_used() -> None:
    service = Answers()
    service.fetched_at = {"": NOW + timedelta(days=9)}
    with pytest.raises(InputError, match="got one that begins on 2026-06-08; not used"):
        forecast_of(service, [HERE], plan(), NOW + timedelta(days=9))


def test_a_forecast_nobody_gives_is_an_error() -> None:
    service = Answers()
    service.refused = {"ensemble": ServiceUnavailableError("down")}
    with pytest.raises(ServiceUnavailableError, match="down"):
        forecast_of(service, [HERE], plan(), NOW)


def test_a_forecast_without_a_whole_day_is_refused() -> None:
    def empty(_request: Request, content: dict[str, Any]) -> None:
        content["hourly"]["temperature_2m"] = [None] * len(content["hourly"]["time"])

    service = Answers()
    service.change = empty
    with pytest.raises(InputError, match="expected whole days from the service, got none"):
        forecast_of(service, [HERE], plan(forecast="open-meteo"), NOW)
