"""The shipped access list on a real broker: a command with a number in it reaches its own gateway and nobody else."""

import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto

pytestmark = pytest.mark.system("mosquitto")

USERS = ("seguia-ingest", "gw-01", "gw-02")
ITERATIONS = 101


class Person:
    """A client of the broker that remembers what it heard."""

    def __init__(self, name: str, port: int, *topics: str) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._ready = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{name}", protocol=mqtt.MQTTv5)
        self._client.username_pw_set(name, "word")
        self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in topics])
        self._client.on_subscribe = self._subscribed
        self._client.on_message = lambda _client, _data, message: self.heard.append(
            (message.topic, bytes(message.payload))
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        deadline = time.monotonic() + 10
        while not self._ready:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def _subscribed(self, *_: object) -> None:
        self._ready = True

    def say(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(5)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def password_line(name: str) -> str:
    salt = hashlib.sha256(name.encode()).digest()[:12]
    digest = hashlib.pbkdf2_hmac("sha512", b"word", salt, ITERATIONS)
    return f"{name}:$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


@pytest.fixture
def people(
    tmp_path: Path, repository: Path, start_mosquitto: "Callable[..., Mosquitto]"
) -> Iterator[dict[str, Person]]:
    acl, users = tmp_path / "acl", tmp_path / "users"
    acl.write_bytes((repository / "firmware_configs" / "office" / "acl").read_bytes())
    users.write_text("".join(password_line(name) for name in USERS), encoding="ascii")
    broker = start_mosquitto("allow_anonymous false", f"password_file {users}", f"acl_file {acl}")
    known = {name: Person(name, broker.port, "seguia/v1/#") for name in USERS}
    yield known
    for person in known.values():
        person.close()


def test_a_command_reaches_its_gateway_and_no_other(people: dict[str, Person]) -> None:
    topic = "seguia/v1/demo/gw-01/command"
    people["seguia-ingest"].say(topic, b"an order")
    people["gw-02"].say(topic, b"a forged order")
    people["seguia-ingest"].say("seguia/v1/demo/gw-02/command", b"the end")
    wait(lambda: people["gw-02"].heard)
    time.sleep(0.3)
    assert people["gw-01"].heard == [(topic, b"an order")]
    assert people["gw-02"].heard == [("seguia/v1/demo/gw-02/command", b"the end")]


@pytest.mark.parametrize("kind", ["report", "inbound"])
def test_only_the_ingest_hears_a_modem_and_nobody_speaks_for_another(people: dict[str, Person], kind: str) -> None:
    people["gw-02"].say(f"seguia/v1/demo/gw-01/{kind}", b"forged")
    people["gw-01"].say(f"seguia/v1/demo/gw-01/{kind}", b"a word")
    wait(lambda: people["seguia-ingest"].heard)
    time.sleep(0.3)
    assert people["seguia-ingest"].heard == [(f"seguia/v1/demo/gw-01/{kind}", b"a word")]
    assert people["gw-01"].heard == people["gw-02"].heard == []


def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
