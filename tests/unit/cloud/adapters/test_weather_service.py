"""The HTTP client against a real server on this machine: faults, patience, bounds, quotas, kept answers."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud.adapters.weather_cache import AnswerShelf
from cloud.adapters.weather_service import ServiceSettings, Surroundings, WeatherService
from cloud.errors import ConfigurationError, InputError, ServiceUnavailableError
from cloud.weather.services.request import Request, json_object
from tests.weather_server import Fault, WeatherStandIn, bomb, weather_server

START = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
GOOD = Fault(body=b'{"value": 1}')
LATER = Fault(body=b'{"value": 2}')


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = START
        self.waits: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[WeatherStandIn]:
    with weather_server(START) as stand_in:
        yield stand_in


def client(server: WeatherStandIn, clock: Clock, folder: Path, **settings: Any) -> WeatherService:  # noqa: ANN401 -- any setting, checked when it is made
    given = ServiceSettings(**{"base_url": server.url, "timeout_s": 2.0, **settings})
    return WeatherService(given, AnswerShelf(folder), Surroundings(now=clock, sleep=clock.sleep))


def request(name: str = "one", **more: Any) -> Request:  # noqa: ANN401 -- any field
    given = {
        "source": "s",
        "host": "api.open-meteo.com",
        "path": "/v1/forecast",
        "query": (("name", name),),
        "key": name,
    }
    return Request(**{**given, **more})


def value(body: bytes) -> int:
    content = json_object(body, "s")
    if "value" not in content:
        raise InputError("s: expected value")
    return int(content["value"])


def test_an_answer_is_read_kept_and_not_asked_again_while_fresh(
    server: WeatherStandIn, clock: Clock, tmp_path: Path
) -> None:
    server.faults = [GOOD, LATER]
    service = client(server, clock, tmp_path)
    assert service.ask(request(), value).value == 1
    clock.now += timedelta(hours=2)
    told = client(server, clock, tmp_path).ask(request(), value)
    assert (told.value, told.fetched_at, told.problem) == (1, START, None)
    clock.now += timedelta(hours=2)
    told = service.ask(request(), value)
    assert (told.value, told.fetched_at) == (2, START + timedelta(hours=4))
    assert len(server.asked) == 2


def test_a_settled_answer_is_never_asked_again(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [GOOD, LATER]
    service = client(server, clock, tmp_path)
    service.ask(request(settled_at=START + timedelta(days=1)), value)
    clock.now += timedelta(days=9)
    assert service.ask(request(settled_at=START + timedelta(days=1)), value).value == 2  # was fetched too early
    clock.now += timedelta(days=900)
    assert service.ask(request(settled_at=START + timedelta(days=1)), value).value == 2
    assert len(server.asked) == 2


def test_an_answer_from_the_future_is_not_fresh(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [GOOD, LATER]
    service = client(server, clock, tmp_path)
    service.ask(request(), value)
    clock.now -= timedelta(days=30)
    assert service.ask(request(), value).value == 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_service_that_may_answer_later_is_asked_again_with_growing_waits(
    status: int, server: WeatherStandIn, clock: Clock, tmp_path: Path
) -> None:
    server.faults = [Fault(status=status)] * 3 + [GOOD]
    told = client(server, clock, tmp_path).ask(request(), value)
    assert told.value == 1
    assert clock.waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("wait", ["7", "Tue, 09 Jun 2026 12:00:07 GMT"])
def test_the_wait_that_a_service_asks_for_is_kept(
    wait: str, server: WeatherStandIn, clock: Clock, tmp_path: Path
) -> None:
    server.faults = [Fault(status=429, headers={"Retry-After": wait}), GOOD]
    client(server, clock, tmp_path).ask(request(), value)
    assert clock.waits == [7.0]


def test_a_wait_that_is_no_time_is_replaced_by_ours(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [Fault(status=503, headers={"Retry-After": "soon"}), GOOD]
    client(server, clock, tmp_path).ask(request(), value)
    assert clock.waits == [1.0]


def test_a_wait_beyond_patience_ends_the_run_for_that_host_only(
    server: WeatherStandIn, clock: Clock, tmp_path: Path
) -> None:
    server.faults = [Fault(status=429, headers={"Retry-After": "86400"}), GOOD]
    service = client(server, clock, tmp_path)
    for name in ("one", "two"):
        with pytest.raises(ServiceUnavailableError, match="answers with status 429 and asks to wait 86400 s"):
            service.ask(request(name), value)
    assert len(server.asked) == 1
    assert service.ask(request(host="power.larc.nasa.gov"), value).value == 1
    assert clock.waits == []


def test_after_some_tries_it_gives_up(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [Fault(status=500)] * 9
    with pytest.raises(ServiceUnavailableError, match=r"answers with status 500 \(4 tries\); try again later"):
        client(server, clock, tmp_path).ask(request(), value)
    assert len(server.asked) == 4


def test_a_refused_request_is_told_and_not_repeated(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    reason = json.dumps({"error": True, "reason": "Parameter 'hourly' is invalid"}).encode()
    server.faults = [Fault(status=400, body=reason), GOOD]
    service = client(server, clock, tmp_path)
    with pytest.raises(InputError, match=r"got 400: .*Parameter 'hourly' is invalid"):
        service.ask(request("bad"), value)
    assert service.ask(request("good"), value).value == 1  # one bad place does not stop the others


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(wait_s=0.6), "no answer (ReadTimeout)"),
        (Fault(body=b'{"value": 1}', promised=500), "no answer (ChunkedEncodingError)"),
        (Fault(body=b"no gzip", headers={"Content-Encoding": "gzip"}), "no answer (ContentDecodingError)"),
    ],
)
def test_silence_and_half_answers_are_tried_again_and_never_kept(
    fault: Fault, told: str, server: WeatherStandIn, clock: Clock, tmp_path: Path
) -> None:
    server.faults = [fault, fault]
    with pytest.raises(ServiceUnavailableError) as refused:
        client(server, clock, tmp_path, timeout_s=0.2, tries=2).ask(request(), value)
    assert told in str(refused.value)
    assert not list(tmp_path.glob("*.answer"))


def test_nobody_there_is_told_without_the_address(clock: Clock, tmp_path: Path) -> None:
    nobody = WeatherStandIn(START, url="http://127.0.0.1:9")
    with pytest.raises(ServiceUnavailableError) as refused:
        client(nobody, clock, tmp_path, tries=1, api_key="geheim").ask(request(), value)
    assert str(refused.value).startswith("customer-api.open-meteo.com: no answer (ConnectionError)")
    assert "geheim" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int, server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [Fault(status=status, headers={"Location": f"{server.url}/elsewhere"}), GOOD]
    with pytest.raises(InputError, match="got a redirect elsewhere; it is not followed"):
        client(server, clock, tmp_path).ask(request(), value)
    assert len(server.asked) == 1


def test_an_answer_that_unpacks_without_end_is_stopped(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [bomb(20_000_000)]
    assert len(server.faults[0].body) < 100_000
    with pytest.raises(InputError, match="expected at most 1000000 bytes, got more; not used"):
        client(server, clock, tmp_path, largest_answer=1_000_000).ask(request(), value)


def test_an_answer_that_never_ends_is_stopped(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [Fault(body=b" " * 500_000)]
    times = iter(range(0, 1000, 100))
    service = WeatherService(
        ServiceSettings(base_url=server.url, tries=1, whole_answer_s=120.0),
        AnswerShelf(tmp_path),
        Surroundings(now=clock, sleep=clock.sleep, steady_s=lambda: float(next(times))),
    )
    with pytest.raises(ServiceUnavailableError, match="takes longer than 120 s"):
        service.ask(request(), value)


@pytest.mark.parametrize("body", [b"<html>please sign in</html>", b'{"value": ', b"{}"])
def test_what_cannot_be_read_is_not_kept_and_the_older_answer_serves(
    body: bytes, server: WeatherStandIn, clock: Clock, tmp_path: Path
) -> None:
    server.faults = [GOOD, Fault(body=body), Fault(body=body)]
    service = client(server, clock, tmp_path)
    service.ask(request(), value)
    clock.now += timedelta(hours=7)
    told = service.ask(request(), value)
    assert (told.value, told.fetched_at) == (1, START)
    assert told.problem is not None
    assert told.problem.endswith("the answer of 7 h ago is used")
    with pytest.raises(InputError):
        service.ask(request("other"), value)


def test_offline_answers_of_any_age_serve_and_nothing_is_asked(
    server: WeatherStandIn, clock: Clock, tmp_path: Path
) -> None:
    server.faults = [GOOD]
    client(server, clock, tmp_path).ask(request(), value)
    clock.now += timedelta(days=50)
    service = client(server, clock, tmp_path, offline=True)
    assert service.ask(request(), value).fetched_at == START
    with pytest.raises(ServiceUnavailableError, match="two: no kept answer; fetch once with a network"):
        service.ask(request("two"), value)
    assert len(server.asked) == 1


def test_a_kept_answer_that_cannot_be_read_any_more_is_asked_again(
    server: WeatherStandIn, clock: Clock, tmp_path: Path
) -> None:
    server.faults = [Fault(body=b'{"other": 1}'), GOOD]
    service = client(server, clock, tmp_path)
    service.ask(request(), len)
    assert service.ask(request(), value).value == 1


def test_the_days_calls_are_not_exceeded_and_tries_count(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [Fault(status=500), GOOD, GOOD]
    service = client(server, clock, tmp_path, calls_per_day=5)
    service.ask(request(calls=2), value)
    assert AnswerShelf(tmp_path).spent(START.date()) == {"api.open-meteo.com": 4}
    with pytest.raises(ServiceUnavailableError, match=r"the 5 calls of this day .* are used up"):
        service.ask(request("two", calls=2), value)
    clock.now += timedelta(days=1)
    assert client(server, clock, tmp_path, calls_per_day=5).ask(request("two", calls=2), value).value == 1


def test_a_key_goes_only_to_the_service_it_belongs_to(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [GOOD, GOOD, Fault(status=401, body=b"key geheim is wrong")]
    service = client(server, clock, tmp_path, api_key="geheim")
    service.ask(request(), value)
    service.ask(request("two", host="power.larc.nasa.gov"), value)
    assert ["apikey=geheim" in line for line in server.asked] == [True, False]
    with pytest.raises(InputError, match=r"key \*\*\* is wrong"):
        service.ask(request("three"), value)
    assert not any(b"geheim" in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    "address", ["http://example.org", "https://127.0.0.1.example.org", "http://127.0.0.1.example.org:80", "ftp://x"]
)
def test_a_stand_in_elsewhere_is_refused(address: str, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected a stand-in on this machine"):
        client(WeatherStandIn(START, url=address), clock, tmp_path)


def test_packed_answers_are_unpacked(server: WeatherStandIn, clock: Clock, tmp_path: Path) -> None:
    server.faults = [Fault(body=gzip.compress(GOOD.body), headers={"Content-Encoding": "gzip"})]
    assert client(server, clock, tmp_path).ask(request(), value).value == 1
