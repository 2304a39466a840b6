"""A real MQTT broker on a free loopback port, and an ingest small enough to read."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.contract import Ack, parse_topic, topic_of
from edge.wire import encode, peek_message_id


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], seconds: float = 15.0) -> bool:
    """Whether a condition came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


class Mosquitto:
    """A mosquitto that can be killed and started again on its port."""

    def __init__(self, folder: Path, lines: tuple[str, ...] = ("allow_anonymous true",)) -> None:
        self.port = free_port()
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text(
            "\n".join((f"listener {self.port} 127.0.0.1", "persistence false", "user root", *lines)) + "\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._process = subprocess.Popen(
            [program, "-c", str(self._configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert wait_until(self._listens), "mosquitto did not start"

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.2):
                return True
        except OSError:
            return False


class SmallIngest:
    """Stores every message once by its stable name, then acknowledges; counts what came twice."""

    def __init__(self, port: int, *, organisation: str = "demo") -> None:
        self.stored: dict[tuple[str, str, int], tuple[str, bytes]] = {}
        self.heartbeats: list[dict[str, Any]] = []
        self.duplicates = 0
        self.deaf = 0
        """So many messages are stored without a word, as if the acknowledgement were lost."""
        self.ready = threading.Event()
        self._organisation = organisation
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ingest", protocol=mqtt.MQTTv5)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port, clean_start=True)
        self._client.loop_start()

    def _subscribe(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(f"seguia/v1/+/+/{kind}", 1) for kind in ("detection", "evidence", "heartbeat")])

    def _take(self, client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        organisation, gateway, kind = parse_topic(message.topic)
        payload = bytes(message.payload)
        if kind == "heartbeat":
            self.heartbeats.append(json.loads(payload))
            return
        name = peek_message_id(gateway, payload)
        assert name is not None
        key = (gateway, name.boot, name.sequence)
        self.duplicates += key in self.stored
        self.stored[key] = (kind, payload)
        if self.deaf:
            self.deaf -= 1
            return
        ack = Ack(stored=((name.boot, name.sequence),))
        client.publish(topic_of(organisation, gateway, "ack"), encode(ack), qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Starter of brokers with configuration lines of the test's own."""
    started: list[Mosquitto] = []

    def start(*lines: str) -> Mosquitto:
        broker = Mosquitto(tmp_path, lines)
        started.append(broker)
        broker.start()
        return broker

    yield start
    for broker in started:
        broker.kill()


@pytest.fixture
def start_ingest() -> Iterator[Callable[[int], SmallIngest]]:
    """Starter of small ingests, ready to hear when they are handed over."""
    started: list[SmallIngest] = []

    def start(port: int) -> SmallIngest:
        ingest = SmallIngest(port)
        started.append(ingest)
        assert ingest.ready.wait(10.0)
        return ingest

    yield start
    for ingest in started:
        ingest.close()


@pytest.fixture
def unused_port() -> int:
    """A loopback port nobody listens on."""
    return free_port()
