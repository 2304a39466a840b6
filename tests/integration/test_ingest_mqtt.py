"""Real brokers on loopback: what is committed is acknowledged, and nothing else is."""

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from cloud.adapters.ledger import verify
from cloud.adapters.mqtt import Ingest, IngestSettings, acks_of
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.config import BrokerConfig
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.ingest import Arrival, Outcome, Parked
from edge.contract import Ack, Detection
from edge.heartbeat import Heartbeat
from edge.wire import decode_ack, encode, encode_detection

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
DETECTION = Detection(parcel_id="p1", taken_at=NOW, sha256="ab" * 12, model=None, opinion=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


class Mosquitto:
    """A broker of the system, on a port of its own."""

    def __init__(self, folder: Path, *lines: str) -> None:
        self.port = free_port()
        self.file = folder / "mosquitto.conf"
        access = [] if any("password_file" in line for line in lines) else ["allow_anonymous true"]
        self.file.write_text("\n".join([f"listener {self.port} 127.0.0.1", "user root", *access, *lines]) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.process = subprocess.Popen(
            [program, "-c", str(self.file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert until(lambda: listening(self.port))

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.system("mosquitto")), "embedded"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    if request.param == "mosquitto":
        broker: Mosquitto = request.getfixturevalue("mosquitto")
        yield broker.port
        return
    iotcore = pytest.importorskip("iotcore", reason="needs the extra simulate")
    with iotcore.Broker(port=free_port(), listen="127.0.0.1") as embedded:
        yield embedded.port


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'seguia.db'}", PersonalKeys.generate(), create=True) as opened:
        yield opened


class Gateway:
    """A gateway that remembers every acknowledgement."""

    def __init__(self, port: int, name: str = "g1") -> None:
        self.name = name
        self.stored: list[tuple[str, int]] = []
        self.parked: list[tuple[str, int, str]] = []
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv311)
        self._client.on_message = lambda _client, _data, message: self._hear(decode_ack(bytes(message.payload)))
        self._client.on_connect = lambda client, *_: client.subscribe(f"seguia/v1/office/{name}/ack", 1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(10)

    def _hear(self, ack: Ack) -> None:
        self.stored += ack.stored
        self.parked += ack.parked

    def send(self, payload: bytes, kind: str = "detection", *, retain: bool = False) -> None:
        self._client.publish(f"seguia/v1/office/{self.name}/{kind}", payload, qos=1, retain=retain)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def an_ingest(store: object, port: int, told: list[str] | None = None, **broker: object) -> Ingest:
    settings = IngestSettings(
        broker=BrokerConfig.model_validate({"port": port, **broker}), password="word", patience_s=5.0
    )
    lines = [] if told is None else told
    return Ingest(store, settings, lambda: NOW, tell=lines.append)  # type: ignore[arg-type]  # stores that break on purpose


@contextlib.contextmanager
def running(ingest: Ingest) -> Iterator[Ingest]:
    ingest.start()
    try:
        yield ingest
    finally:
        ingest.stop()


def test_what_is_stored_is_acknowledged_once_for_each_sending(port: int, store: Store) -> None:
    with running(an_ingest(store, port)) as ingest, Gateway(port) as gateway:
        for sequence in [*range(50), *range(50)]:
            gateway.send(encode_detection(DETECTION, "b", sequence))
        gateway.send(b'{"v":9,"b":"b","s":77}')
        gateway.send(b"no json")
        gateway.send(encode(Heartbeat(online=True, at=NOW)), "heartbeat", retain=True)
        assert until(lambda: len(gateway.stored) == 100 and len(gateway.parked) == 1)
        assert until(lambda: len(store.gateways()) == 1)
        assert sorted(set(gateway.stored)) == [("b", n) for n in range(50)]
        assert gateway.parked == [("b", 77, "message: version 9 is not understood here (only 1)")]
        assert until(lambda: ingest.counts.parked == 2)
        assert (ingest.counts.stored, ingest.counts.known) == (51, 50)
    report = verify(store)
    assert report.intact
    assert report.entries == 50 + 2 + 1


@pytest.mark.system("mosquitto")
def test_mosquitto_is_spoken_to_in_v5_and_the_embedded_one_in_v311(mosquitto: Mosquitto, store: Store) -> None:
    with running(an_ingest(store, mosquitto.port)) as ingest:
        assert ingest.protocol == "v5"
    with running(an_ingest(store, mosquitto.port, protocol="v3.1.1")) as ingest:
        assert ingest.protocol == "v3.1.1"


class Moody:
    """A store that fails when told to."""

    def __init__(self) -> None:
        self.broken = True
        self.poison: int | None = None
        self.arrivals: list[Arrival] = []
        self.tries = 0

    def receive(self, arrivals: Sequence[Arrival]) -> tuple[Outcome, ...]:
        self.tries += 1
        if self.broken:
            raise ServiceUnavailableError("database x: cannot be used")
        fresh = [arrival for arrival in arrivals if not isinstance(arrival.content, Parked)]
        if any(arrival.message and arrival.message.sequence == self.poison for arrival in fresh):
            raise ValueError("poison")
        self.arrivals += arrivals
        return tuple("parked" if isinstance(arrival.content, Parked) else "stored" for arrival in arrivals)


@pytest.mark.system("mosquitto")
def test_nothing_is_acknowledged_before_it_is_committed_and_the_trouble_is_told_once(mosquitto: Mosquitto) -> None:
    store, told = Moody(), list[str]()
    with running(an_ingest(store, mosquitto.port, told)), Gateway(mosquitto.port) as gateway:
        gateway.send(encode_detection(DETECTION, "b", 1))
        assert until(lambda: store.tries >= 2)
        assert gateway.stored == []
        store.broken = False
        assert until(lambda: gateway.stored == [("b", 1)])
    assert told == [
        "ingest: database x: cannot be used; nothing is acknowledged until it can be stored",
        "ingest: the database stores again",
    ]


@pytest.mark.system("mosquitto")
def test_stopping_while_the_database_is_away_acknowledges_nothing(mosquitto: Mosquitto) -> None:
    store = Moody()
    with Gateway(mosquitto.port) as gateway:
        with running(an_ingest(store, mosquitto.port)):
            gateway.send(encode_detection(DETECTION, "b", 1))
            assert until(lambda: store.tries >= 1)
        assert gateway.stored == []


@pytest.mark.system("mosquitto")
def test_a_broker_that_comes_back_is_found_again(mosquitto: Mosquitto, store: Store) -> None:
    told = list[str]()
    with running(an_ingest(store, mosquitto.port, told)):
        mosquitto.stop()
        assert until(lambda: any("connection lost" in line for line in told))
        mosquitto.start()
        assert until(lambda: any("connected again" in line for line in told))
        with Gateway(mosquitto.port) as gateway:
            gateway.send(encode_detection(DETECTION, "b", 1))
            assert until(lambda: gateway.stored == [("b", 1)])


def test_a_poisoned_message_is_parked_and_its_neighbours_are_stored() -> None:
    store, told = Moody(), list[str]()
    store.broken, store.poison = False, 2
    ingest = an_ingest(store, 1, told)
    topic = "seguia/v1/office/g1/detection"
    for sequence in (1, 2, 3):
        (handled,) = ingest.handle(topic, encode_detection(DETECTION, "b", sequence))
        assert handled.outcome == ("parked" if sequence == 2 else "stored")
    (parked,) = [arrival for arrival in store.arrivals if isinstance(arrival.content, Parked)]
    assert parked.message is not None
    assert parked.message.sequence == 2
    assert "cannot be stored (ValueError('poison')): parked" in told[0]


@pytest.mark.system("mosquitto")
def test_a_poisoned_message_in_a_batch_takes_no_other_with_it(mosquitto: Mosquitto) -> None:
    store = Moody()
    store.poison = 5
    with running(an_ingest(store, mosquitto.port)), Gateway(mosquitto.port) as gateway:
        for sequence in range(10):
            gateway.send(encode_detection(DETECTION, "b", sequence))
        assert until(lambda: store.tries >= 1)
        store.broken = False
        assert until(lambda: len(gateway.stored) == 9 and len(gateway.parked) == 1)
    assert gateway.parked == [("b", 5, "cannot be stored: ValueError")]


def test_without_a_broker_one_message_is_handled_and_its_ack_made(store: Store) -> None:
    ingest = an_ingest(store, 1)
    topic = "seguia/v1/office/g1/detection"
    first = ingest.handle(topic, encode_detection(DETECTION, "b", 1))
    again = ingest.handle(topic, encode_detection(DETECTION, "b", 1))
    other = ingest.handle(topic, encode_detection(DETECTION.model_copy(update={"parcel_id": "p2"}), "b", 1))
    nameless = ingest.handle(topic, b"no json")
    assert [handled.outcome for handled in (*first, *again, *other, *nameless)] == [
        "stored",
        "known",
        "parked",
        "parked",
    ]
    assert acks_of([*first, *again, *other, *nameless]) == {
        ("office", "g1"): Ack(stored=(("b", 1), ("b", 1)), parked=(("b", 1, "message id used for another content"),))
    }


def test_an_unreachable_broker_is_told_at_the_start(store: Store) -> None:
    port = free_port()
    with pytest.raises(
        ServiceUnavailableError, match=rf"broker 127.0.0.1:{port}: expected a subscription, got: no conn"
    ):
        an_ingest(store, port).run_forever()


def test_a_name_that_does_not_resolve_is_told(store: Store) -> None:
    with pytest.raises(ServiceUnavailableError, match="no connection"):
        an_ingest(store, 1883, host="127.0.0.1.invalid").start()


@contextlib.contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        open_ones: list[socket.socket] = []
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    line, _ = listener.accept()
                    open_ones.append(line)
                    answer(line)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        done.set()
        thread.join()
        for line in open_ones:
            line.close()


def test_a_port_that_hangs_up_is_told_after_both_versions(store: Store) -> None:
    with server(lambda line: line.close()) as port:
        ingest = an_ingest(store, port)
        with pytest.raises(ServiceUnavailableError, match="hung up before accepting us"):
            ingest.start()
        assert ingest.protocol == "v3.1.1"


def test_a_port_that_never_answers_is_told(store: Store) -> None:
    with server(lambda _: None) as port:
        settings = IngestSettings(broker=BrokerConfig(port=port), patience_s=0.3)
        with pytest.raises(ServiceUnavailableError, match=r"no answer within 0\.3 s"):
            Ingest(store, settings, lambda: NOW).start()


@pytest.mark.system("mosquitto")
def test_a_wrong_password_is_told(tmp_path: Path, store: Store) -> None:
    (tmp_path / "passwords").write_text("")
    broker = Mosquitto(tmp_path, f"password_file {tmp_path / 'passwords'}")
    broker.start()
    try:
        with pytest.raises(ServiceUnavailableError, match=r"a refusal \(Not authorized\); check that it runs"):
            an_ingest(store, broker.port, username="ingest").start()
    finally:
        broker.stop()


def test_tls_files_that_do_not_exist_are_a_configuration_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"TLS files .*none\.pem cannot be used"):
        an_ingest(store, 1883, ca_file=str(tmp_path / "none.pem")).start()


@pytest.mark.system("mosquitto")
def test_when_there_is_no_room_the_broker_is_relieved_and_the_gateway_sends_again(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.adapters.mqtt.LARGEST_WINDOW", 3)
    store = Moody()
    with running(an_ingest(store, mosquitto.port)) as ingest, Gateway(mosquitto.port) as gateway:
        gateway.send(encode_detection(DETECTION, "b", 0))
        assert until(lambda: store.tries >= 1)
        for sequence in range(1, 60):
            gateway.send(encode_detection(DETECTION, "b", sequence))
        assert until(lambda: ingest.counts.turned_away > 20)
        store.broken = False
        assert until(lambda: len(gateway.stored) >= 4)
        missing = set(range(60)) - {sequence for _, sequence in gateway.stored}
        for sequence in sorted(missing):
            gateway.send(encode_detection(DETECTION, "b", sequence))
            assert until(lambda wanted=("b", sequence): wanted in gateway.stored)  # type: ignore[misc]  # bound early: the loop goes on
    assert {sequence for _, sequence in gateway.stored} == set(range(60))


def test_a_dead_worker_ends_the_ingest_with_a_reason(port: int, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest = an_ingest(store, port)
    monkeypatch.setattr(ingest, "_worker", threading.Thread(target=lambda: None))
    with pytest.raises(ServiceUnavailableError, match="its worker ended unexpectedly"):
        ingest.run_forever()
