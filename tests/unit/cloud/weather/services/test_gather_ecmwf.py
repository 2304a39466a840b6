"""The ensemble fetched from a real server on this machine: whole, broken, throttled, absent and kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.adapters.weather_cache import AnswerShelf
from cloud.adapters.weather_service import ServiceSettings, Surroundings, WeatherService
from cloud.errors import InputError, ServiceUnavailableError
from cloud.weather.services.ecmwf import IndexedField, fields_request
from cloud.weather.services.gather import Plan
from cloud.weather.services.gather_ecmwf import forecast_of_ecmwf
from cloud.weather.services.request import Place
from tests.ecmwf_server import Mirror, ecmwf_mirror, file_of

RUN = datetime(2026, 6, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 6, 9, 21, tzinfo=UTC)
PLACES = (
    Place(latitude=32.3, longitude=-6.4, timezone="Africa/Casablanca"),
    Place(latitude=32.1, longitude=-6.1, timezone="Africa/Casablanca"),
)
PLAN = Plan(past=(), past_days=1, forecast="ecmwf-open-data", forecast_days=2, ensemble_model="", ecmwf_members=2)


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.waits: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with ecmwf_mirror(RUN) as stand_in:
        yield stand_in


def client(mirror: Mirror, folder: Path, clock: Clock, **settings: Any) -> WeatherService:  # noqa: ANN401 -- any setting, checked when it is made
    given = ServiceSettings(**{"base_url": mirror.url, "timeout_s": 5.0, **settings})
    return WeatherService(given, AnswerShelf(folder), Surroundings(now=clock, sleep=clock.sleep))


def test_a_run_becomes_days_of_members_at_the_places(mirror: Mirror, tmp_path: Path) -> None:
    ahead = forecast_of_ecmwf(client(mirror, tmp_path, Clock(NOW)), PLACES, PLAN, NOW)
    assert ahead.problems == ()
    assert ahead.issued_at == RUN  # the run of 12 UTC was asked for first, and is not out
    assert mirror.asked[0][0].endswith("20260609120000-0h-enfo-ef.index")
    assert [str(day) for day in ahead.days] == ["2026-06-09", "2026-06-10", "2026-06-11"]
    assert ahead.values["tmax_c"].shape == (3, 2, 2)
    # 285 K and ten more at noon, and a degree for each member.
    assert ahead.values["tmax_c"][0, :, 0].tolist() == pytest.approx([22.85, 23.85], abs=0.01)
    assert ahead.values["tmin_c"][0, :, 1].tolist() == pytest.approx([12.85, 13.85], abs=0.01)
    assert ahead.values["rain_mm"][:, 0, 0].tolist() == pytest.approx([2.4] * 3, abs=0.01)
    assert ahead.values["radiation_mj_m2"][:, 0, 0].tolist() == pytest.approx([21.6] * 3, abs=0.05)
    assert ahead.values["wind_2m_m_s"][0, 0, 0] == pytest.approx(5.0 * 0.748, abs=0.01)
    assert np.unique(ahead.fetched_at).size == 1
    whole = sum(len(file_of(20260609, 0, step)[0]) for step in range(0, 73, 3))
    assert mirror.sent < 0.6 * whole


def test_what_is_kept_serves_without_a_network(mirror: Mirror, tmp_path: Path) -> None:
    first = forecast_of_ecmwf(client(mirror, tmp_path, Clock(NOW)), PLACES, PLAN, NOW)
    count = len(mirror.asked)
    again = forecast_of_ecmwf(client(mirror, tmp_path, Clock(NOW)), PLACES, PLAN, NOW)
    assert len(mirror.asked) == count + 1  # only whether the newer run is out by now
    later = NOW + timedelta(days=4)
    offline = forecast_of_ecmwf(client(mirror, tmp_path, Clock(later), offline=True), PLACES, PLAN, later)
    for other in (again, offline):
        assert other.issued_at == first.issued_at
        assert np.array_equal(other.values["tmax_c"], first.values["tmax_c"])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 0.3 * mirror.sent


def test_a_part_that_breaks_off_is_taken_up_where_it_broke(mirror: Mirror, tmp_path: Path) -> None:
    mirror.cut_off_after = 200_000
    clock = Clock(NOW)
    usual = fields_request(RUN, 0, [IndexedField(name="2t", member=1, first=10, last=400_009)], "here", bytes)
    told = client(mirror, tmp_path, clock).ask(usual, bytes)
    assert told.value == file_of(20260609, 0, 0)[0][10:400_010]
    # What had come in whole blocks of 64 KiB is not asked for again.
    assert [span for _, span in mirror.asked] == ["bytes=10-400009", f"bytes={10 + 3 * 65_536}-400009"]
    assert len(clock.waits) == 1


def test_a_field_that_breaks_off_is_asked_again(mirror: Mirror, tmp_path: Path) -> None:
    mirror.cut_off_after = 700
    clock = Clock(NOW)
    ahead = forecast_of_ecmwf(client(mirror, tmp_path, clock), PLACES, PLAN, NOW)
    assert (ahead.problems, len(clock.waits)) == ((), 1)


def test_busy_servers_are_asked_again(mirror: Mirror, tmp_path: Path) -> None:
    mirror.statuses = [503, 429]
    clock = Clock(NOW)
    ahead = forecast_of_ecmwf(client(mirror, tmp_path, clock), PLACES, PLAN, NOW)
    assert ahead.problems == ()
    assert clock.waits == [1.0, 1.0]


def test_a_step_that_cannot_be_had_is_named_and_its_day_is_unknown(mirror: Mirror, tmp_path: Path) -> None:
    mirror.statuses = [0] * 30 + [403]
    ahead = forecast_of_ecmwf(client(mirror, tmp_path, Clock(NOW)), PLACES, PLAN, NOW)
    (problem,) = ahead.problems
    assert "expected status 200, got 403: no such file" in problem
    unknown = np.isnan(ahead.values["wind_2m_m_s"]).any(axis=(1, 2)) | np.isnan(ahead.values["tmax_c"]).any(axis=(1, 2))
    assert unknown.sum() <= 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"whole_files": True}, "expected a part of a file, got all of it; use a mirror that serves parts"),
        ({"index_edit": ('"_offset": ', '"_offset": 9')}, "got none there; its index is wrong"),
        ({"index_edit": ('"_length": ', '"_length": 0')}, "not used"),
        ({"shift": 5}, "got 'bytes 5-"),
        ({"index_edit": ('"param": "2t"', '"param": "3t"')}, "got none of 2t"),
    ],
)
def test_a_service_that_says_what_is_not_so_is_refused(
    mirror: Mirror, tmp_path: Path, fault: dict[str, Any], words: str
) -> None:
    for name, one in fault.items():
        setattr(mirror, name, one)
    with pytest.raises((InputError, ServiceUnavailableError), match=words):
        forecast_of_ecmwf(client(mirror, tmp_path, Clock(NOW)), PLACES, PLAN, NOW)


def test_without_a_run_or_a_network_it_says_so(mirror: Mirror, tmp_path: Path) -> None:
    mirror.runs = set()
    with pytest.raises(InputError, match="got 404"):
        forecast_of_ecmwf(client(mirror, tmp_path, Clock(NOW)), PLACES, PLAN, NOW)
    assert len(mirror.asked) == 3
    with pytest.raises(ServiceUnavailableError, match="no kept answer"):
        forecast_of_ecmwf(client(mirror, tmp_path, Clock(NOW), offline=True), PLACES, PLAN, NOW)


def test_a_spent_quota_leaves_the_days_that_are_here(mirror: Mirror, tmp_path: Path) -> None:
    ahead = forecast_of_ecmwf(client(mirror, tmp_path, Clock(NOW), calls_per_day=120), PLACES, PLAN, NOW)
    assert any("are used up" in problem for problem in ahead.problems)
    assert 1 <= ahead.days.size < 3
