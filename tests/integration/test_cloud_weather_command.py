"""``seguia cloud weather``: parcels of a store, a real HTTP stand-in of the services, files that the night reads."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import cloud.commands.cloud_weather as command
from cloud.errors import ConfigurationError, InputError, ServiceUnavailableError
from cloud.weather.forecast import read_forecast
from cloud.weather.read import read_weather
from tests.ecmwf_server import ecmwf_mirror
from tests.office import change, cloud, feature, new_office, write_farm
from tests.weather_server import Fault, WeatherStandIn, weather_server

MEMBERS = 'forecast = "ecmwf-open-data"\necmwf_members = 2\n'
NOW = datetime(2026, 6, 9, 19, 30, tzinfo=UTC)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[WeatherStandIn]:
    monkeypatch.setattr(command, "system_clock", lambda: NOW)
    with weather_server(NOW) as stand_in:
        yield stand_in


def office(folder: Path, service: WeatherStandIn, *, kind: str = "nc", more: str = "") -> Path:
    data = new_office(folder)
    farm = write_farm(data / "farm.geojson", feature("one", -6.4), feature("two", -6.39), feature("far", -6.3))
    assert cloud("import", "--data", data, "--parcels", farm).exit_code == 0
    change(
        data,
        "[weather]\n",
        f'[weather]\npast_path = "w/past.{kind}"\nforecast_path = "w/ahead.{kind}"\n'
        f'[weather.fetch]\npast_days = 100\nforecast_days = 5\nbase_url = "{service.url}"\n{more}',
    )
    return data


def test_weather_comes_for_every_place_and_the_night_decides_with_it(tmp_path: Path, service: WeatherStandIn) -> None:
    service.power_known_until = NOW.date() - timedelta(days=4)
    data = office(tmp_path, service)
    done = cloud("weather", "fetch", "--data", data)
    assert done.exit_code == 0, done.output
    past = read_weather(data / "w" / "past.nc")
    assert past.sizes == {"time": 100, "site": 2}
    assert str(past["time"].values[-1])[:10] == "2026-06-08"
    assert past["longitude"].values.tolist() == [-6.4, -6.3]
    ahead = read_forecast(data / "w" / "ahead.nc", NOW.date())
    assert ahead.sizes == {"time": 6, "member": 3, "site": 2}
    assert ahead.attrs["issued_at"].startswith("2026-06-09T19:30:00")
    night = cloud("nightly", "--data", data, "--day", "2026-06-10")
    assert "hold" not in night.stdout, night.output
    assert "wait (release): 3" in night.stdout or "irrigate (release)" in night.stdout, night.output


def test_show_tells_sources_and_age(tmp_path: Path, service: WeatherStandIn) -> None:
    service.power_known_until = NOW.date() - timedelta(days=4)
    data = office(tmp_path, service)
    assert cloud("weather", "fetch", "--data", data).exit_code == 0
    past, ahead, calls = (json.loads(line) for line in cloud("weather", "show", "--data", data).stdout.splitlines())
    assert past["places"] == 2
    assert past["missing_days"] == 0
    assert past["sources"] == {"nasa-power": 194, "open-meteo-archive": 6}
    assert past["newest_answer_age_h"] == 0.0
    assert ahead["members"] == 3
    assert ahead["age_h"] == 0.0
    assert set(calls["calls_today"]) == {
        "power.larc.nasa.gov",
        "archive-api.open-meteo.com",
        "ensemble-api.open-meteo.com",
    }


def test_without_a_network_kept_answers_serve_and_never_look_fresh(
    tmp_path: Path, service: WeatherStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = office(tmp_path, service)
    assert cloud("weather", "fetch", "--data", data).exit_code == 0
    asked = len(service.asked)
    monkeypatch.setattr(command, "system_clock", lambda: NOW + timedelta(days=5))
    (data / "w" / "ahead.nc").unlink()
    done = cloud("weather", "fetch", "--data", data, "--offline")
    assert done.exit_code == 1  # the last five days are nowhere
    assert "open-meteo-recent 32.3000 -6.4000: no kept answer; fetch once with a network" in done.stderr
    assert len(service.asked) == asked
    ahead = read_forecast(data / "w" / "ahead.nc", NOW.date() + timedelta(days=5))
    assert ahead.attrs["issued_at"].startswith("2026-06-09T19:30:00")
    assert (data / "w" / "ahead.nc").stat().st_mtime == NOW.timestamp()
    past = read_weather(data / "w" / "past.nc")
    assert str(past["time"].values[-1])[:10] == "2026-06-08"  # what was a forecast then is no past now
    lines = cloud("weather", "show", "--data", data).stdout.splitlines()
    assert json.loads(lines[1])["age_h"] == 120.0
    night = cloud("nightly", "--data", data, "--day", "2026-06-15")
    assert "hold (hold): 3" in night.stdout or "hold (release): 3" in night.stdout, night.output


def test_a_service_that_fails_later_leaves_the_older_answer_told(
    tmp_path: Path, service: WeatherStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = office(tmp_path, service)
    assert cloud("weather", "fetch", "--data", data).exit_code == 0
    monkeypatch.setattr(command, "system_clock", lambda: NOW + timedelta(hours=10))
    service.faults = [Fault(status=404, body=b"gone")] * 50
    done = cloud("weather", "fetch", "--data", data)
    assert done.exit_code == 1
    assert "got 404: gone; correct the request; the answer of 10 h ago is used" in done.stderr


def test_one_place_can_be_a_csv_and_several_not(tmp_path: Path, service: WeatherStandIn) -> None:
    data = office(tmp_path, service, kind="csv", more="place_step_degrees = 1.0\n")
    refused = cloud("weather", "fetch", "--data", data)
    assert refused.exit_code == 0, refused.output
    past = read_weather(data / "w" / "past.csv")
    assert past.attrs["notes"] == ""
    assert past.attrs["problems"] == ""
    assert float(past["latitude"][0]) == 32.0
    ahead = read_forecast(data / "w" / "ahead.csv", NOW.date())
    assert ahead.sizes["member"] == 3
    lines = cloud("weather", "show", "--data", data).stdout.splitlines()
    assert json.loads(lines[0])["sources"] == {"nasa-power": 100}
    change(data, "place_step_degrees = 1.0", "place_step_degrees = 0.1")
    several = cloud("weather", "fetch", "--data", data)
    assert isinstance(several.exception, ConfigurationError)
    assert "expected a file for 2 places; a CSV file holds one place, name a .nc file" in str(several.exception)


def test_nothing_is_contacted_unless_configured(tmp_path: Path, service: WeatherStandIn) -> None:
    data = new_office(tmp_path)
    done = cloud("weather", "fetch", "--data", data)
    assert isinstance(done.exception, ConfigurationError)
    assert "no service is contacted unless this section stands there" in str(done.exception)
    shown = cloud("weather", "show", "--data", data)
    assert isinstance(shown.exception, ConfigurationError)
    change(data, "[weather]\n", f'[weather]\n[weather.fetch]\nbase_url = "{service.url}"\n')
    done = cloud("weather", "fetch", "--data", data)
    assert "expected past_path or forecast_path, got neither" in str(done.exception)
    change(data, "[weather]\n", '[weather]\npast_path = "past.nc"\n')
    done = cloud("weather", "fetch", "--data", data)
    assert isinstance(done.exception, InputError)
    assert "expected parcels, got an empty store" in str(done.exception)
    assert service.asked == []


def test_parts_that_are_not_wanted_are_not_asked(tmp_path: Path, service: WeatherStandIn) -> None:
    data = office(tmp_path, service, more='past = ["open-meteo-archive"]\n')
    change(data, 'forecast_path = "w/ahead.nc"\n', "")
    assert cloud("weather", "fetch", "--data", data).exit_code == 0
    assert {path.partition("?")[0] for path in service.asked} == {"/v1/archive"}
    change(data, 'past_path = "w/past.nc"\n', 'forecast_path = "w/ahead.nc"\n')
    change(data, "forecast_days = 5\n", 'forecast_days = 5\nforecast = "open-meteo"\n')
    service.asked.clear()
    assert cloud("weather", "fetch", "--data", data).exit_code == 0
    assert {path.partition("?")[0] for path in service.asked} == {"/v1/forecast"}
    assert len(cloud("weather", "show", "--data", data).stdout.splitlines()) == 2


def test_a_dead_service_ends_with_code_three_and_writes_nothing(tmp_path: Path, service: WeatherStandIn) -> None:
    data = office(tmp_path, service)
    service.faults = [Fault(status=503, headers={"Retry-After": "3600"})] * 4
    done = cloud("weather", "fetch", "--data", data)
    assert isinstance(done.exception, ServiceUnavailableError)
    assert done.exception.exit_code == 3
    assert "asks to wait 3600 s" in done.stderr + str(done.exception)
    assert not (data / "w").exists()


def test_a_key_goes_to_its_own_service_and_is_never_told(
    tmp_path: Path, service: WeatherStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUIA_WEATHER_API_KEY", "geheim123")
    data = office(tmp_path, service)
    service.faults = [Fault()] * 2 + [Fault(status=403, body=b"bad key geheim123")] * 30
    done = cloud("weather", "fetch", "--data", data)
    keyed = [line for line in service.asked if "apikey=geheim123" in line]
    assert keyed
    assert not any("/point" in line for line in keyed)
    assert "geheim123" not in done.stdout + done.stderr + str(done.exception)


def test_the_ecmwf_ensemble_comes_from_its_open_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("eccodes", reason="needs the GRIB library: pip install 'seguia[grib]'")
    monkeypatch.setattr(command, "system_clock", lambda: NOW)
    with ecmwf_mirror(datetime(2026, 6, 9, 0, tzinfo=UTC)) as mirror:
        stand_in = WeatherStandIn(NOW, url=mirror.url)
        data = office(tmp_path, stand_in, more=f"{MEMBERS}past = []\n[weather.calibration]\nenabled = false\n")
        done = cloud("weather", "fetch", "--data", data)
        assert done.exit_code == 0, done.output
        asked = len(mirror.asked)
        kept = cloud("weather", "fetch", "--data", data, "--offline")
        assert (kept.exit_code, len(mirror.asked)) == (0, asked), kept.output
    ahead = read_forecast(data / "w" / "ahead.nc", NOW.date())
    assert ahead.sizes == {"time": 6, "member": 2, "site": 2}
    assert ahead.attrs["issued_at"].startswith("2026-06-09T00:00:00")
    assert float(ahead["tmax_c"].values[0, 0, 0]) == pytest.approx(22.85, abs=0.01)
    (path,) = [one for one in mirror.asked if one[0].endswith("-24h-enfo-ef.grib2")][:1]
    assert path[1].startswith("bytes=")
