import http.client
import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from edge import metrics as metrics_module
from edge.errors import StoreUnavailableError
from edge.heartbeat import Heartbeat, ModemState, PowerState, TroubleState
from edge.metrics import MetricsServer, exposition
from edge.settings.observers import MetricsConfig
from edge.voice import Voice

BEAT = Heartbeat(
    online=True,
    at=datetime(2026, 7, 1, tzinfo=UTC),
    software='seguia "1"\n',
    queued=3,
    disk_free_mb=None,
    rss_mb=123.4,
    models=("canopy 1", "wilting 2"),
    modem=ModemState(ready=False, signal_dbm=-81),
    power=PowerState(mode="lean"),
    troubles=(TroubleState(part="broker", text="no answer"),),
)
LINE = re.compile(r'^[a-z_][a-z0-9_]*(\{value="(?:[^"\\\n]|\\.)*"\})? -?[0-9.e+-]+$')


def metrics(text: str) -> dict[str, str]:
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_what_the_heartbeat_says_prometheus_can_read() -> None:
    text = exposition(BEAT, {"frames_queued": 12.0, "bytes_sent": 1e6})
    assert [line for line in text.splitlines() if not line.startswith("# TYPE ") and not LINE.match(line)] == []
    found = metrics(text)
    assert found["seguia_gateway_queued"] == "3"
    assert found["seguia_gateway_online"] == "1"
    assert found["seguia_gateway_modem_ready"] == "0"
    assert found["seguia_gateway_modem_signal_dbm"] == "-81"
    assert found['seguia_gateway_power_mode_info{value="lean"}'] == "1"
    assert found["seguia_gateway_models_count"] == "2"
    assert found["seguia_gateway_troubles_count"] == "1"
    assert found["seguia_gateway_frames_queued_total"] == "12"
    assert found[r'seguia_gateway_software_info{value="seguia \"1\"\n"}'] == "1"
    assert text.count("# TYPE seguia_gateway_frames_queued_total counter\n") == 1


def test_what_is_unknown_is_absent_and_never_zero() -> None:
    found = metrics(exposition(BEAT, {}))
    assert not any("disk_free" in name or "power_charge" in name or "sensors" in name for name in found)


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.2", "gateway.local"])
def test_nobody_outside_this_machine_hears(address: str) -> None:
    with pytest.raises(ValidationError, match="this machine's own"):
        MetricsConfig(address=address)


Serve = Callable[[Callable[[], str]], int]


@pytest.fixture
def serve(unused_port: int) -> Iterator[Serve]:
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def begin(read: Callable[[], str]) -> int:
        server = MetricsServer(MetricsConfig(port=unused_port), read, Voice(lambda _: None))

        def work() -> None:
            while not stop.is_set():
                server.step()
            server.close()

        threads.append(threading.Thread(target=work))
        threads[0].start()
        return unused_port

    yield begin
    stop.set()
    for thread in threads:
        thread.join(10)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    for _ in range(200):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except ConnectionRefusedError:
            threading.Event().wait(0.02)
        finally:
            connection.close()
    raise AssertionError("nobody answered")


def test_a_reader_is_answered_and_other_doors_are_closed(serve: Serve) -> None:
    port = serve(lambda: exposition(BEAT, {}))
    status, text = ask(port, "/metrics?x=1")
    assert status == 200
    assert "seguia_gateway_queued 3\n" in text
    assert ask(port, "/")[0] == 404
    assert ask(port, "/metrics", "POST")[0] == 501


def test_a_reader_who_says_nothing_holds_nobody_up(serve: Serve) -> None:
    port = serve(lambda: "x 1\n")
    assert ask(port, "/metrics")[0] == 200
    with socket.create_connection(("127.0.0.1", port)):
        assert ask(port, "/metrics") == (200, "x 1\n")


def test_a_reader_who_says_a_letter_now_and_then_is_hung_up_on(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_module, "_LONGEST_READER_S", 0.5)
    port = serve(lambda: "x 1\n")
    assert ask(port, "/metrics")[0] == 200
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.settimeout(0.1)
        for _ in range(100):
            try:
                slow.sendall(b"G")
                if slow.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("it was never hung up on")
        assert ask(port, "/metrics") == (200, "x 1\n")


def test_a_whole_request_has_five_seconds() -> None:
    assert metrics_module._LONGEST_READER_S <= 5.0


def test_a_store_that_cannot_be_read_is_said_so(serve: Serve) -> None:
    def broken() -> str:
        raise StoreUnavailableError("the disk is full")

    status, text = ask(serve(broken), "/metrics")
    assert status == 503
    assert "the disk is full" in text


def test_a_port_that_is_taken_is_told_and_opened_later(unused_port: int) -> None:
    told: list[str] = []
    server = MetricsServer(MetricsConfig(port=unused_port), lambda: "", Voice(told.append))
    with socket.socket() as other:
        other.bind(("127.0.0.1", unused_port))
        other.listen()
        assert not server.step()
        assert not server.step()
    assert told == [
        f"metrics: port {unused_port} cannot be opened (Address already in use); choose another [metrics] port"
    ]
    assert server.step()
    assert told[1:] == [f"metrics: port {unused_port} is open"]
    server.close()
    server.close()
