"""The office's broker and a gateway's own, as they are rendered, joined by their bridge: who may say what."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.rendering.folder import rendered, write
from tests.authority import Authority
from tests.conftest import system_part
from tests.integration.conftest import free_port, wait_until
from tests.whole_site import whole_site

OWN = "seguia/v1/demo/gw-01"


class Site:
    """The office's broker and a gateway's own, both rendered and both real, joined by the bridge."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder)
        for name, server in (("office", True), ("site", True), ("gw-01", False), ("seguia-ingest", False)):
            self.authority.issue(name, server=server)
        for node in ("00000000000000a1", "00000000000000a2"):
            self.authority.issue(node)
        self.office_port, self.local_port, self.nodes_port = free_port(), free_port(), free_port()
        bridge = {
            "host": "127.0.0.1",
            "port": self.office_port,
            "local_port": self.local_port,
            "nodes_address": "127.0.0.1",
            "nodes_port": self.nodes_port,
        }
        write(rendered(whole_site(folder, bridge=bridge)), folder)
        self.processes = [
            self._start("office/mosquitto.conf", self._office),
            self._start("mosquitto/gateway.conf", str),
        ]
        self.clients: list[mqtt.Client] = []
        ports = (self.office_port, self.local_port, self.nodes_port)
        assert wait_until(lambda: all(_listens(port) for port in ports))

    def _office(self, text: str) -> str:
        text = text.replace("listener 8883", f"listener {self.office_port} 127.0.0.1")
        text = text.replace("/etc/mosquitto/certs/ca.pem", str(self.folder / "ca.pem"))
        return text.replace("/etc/mosquitto/certs/broker", str(self.folder / "office")).replace(
            "/var/lib/mosquitto/", f"{self.folder}/"
        )

    def _start(self, name: str, adapt: Callable[[str], str]) -> subprocess.Popen[bytes]:
        path = self.folder / name
        text = adapt(path.read_text(encoding="utf-8")).replace("/etc/mosquitto/", f"{path.parent}/")
        path.write_text(f"user root\n{text}", encoding="utf-8")
        return subprocess.Popen([system_part("mosquitto") or "mosquitto", "-c", path], stderr=subprocess.DEVNULL)

    def client(self, port: int, name: str | None = None) -> "Client":
        client = Client(port, self.folder, name)
        self.clients.append(client.paho)
        return client

    def close(self) -> None:
        for client in self.clients:
            client.disconnect()
            client.loop_stop()
        for process in self.processes:
            process.kill()
            process.wait()


class Client:
    """An MQTT client that remembers what it heard and what the broker said to its messages."""

    def __init__(self, port: int, folder: Path, name: str | None) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.answers: dict[int, bool] = {}
        self.granted: list[bool] = []
        self.paho = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.paho.on_message = lambda _client, _data, message: self.heard.append(
            (message.topic, bytes(message.payload))
        )
        self.paho.on_publish = self._on_publish
        self.paho.on_subscribe = self._on_subscribe
        if name is not None:
            self.paho.tls_set(str(folder / "ca.pem"), str(folder / f"{name}.pem"), str(folder / f"{name}.key"))
        self.paho.connect("127.0.0.1", port)
        self.paho.loop_start()

    def _on_publish(self, _client: object, _data: object, mid: int, reason: Any, _properties: object) -> None:  # noqa: ANN401 -- paho's own
        self.answers[mid] = not reason.is_failure

    def _on_subscribe(self, _client: object, _data: object, _mid: int, reasons: Any, _properties: object) -> None:  # noqa: ANN401 -- paho's own
        self.granted += [not reason.is_failure for reason in reasons]

    def hear(self, topic: str) -> bool:
        before = len(self.granted)
        self.paho.subscribe(topic, qos=1)
        assert wait_until(lambda: len(self.granted) > before)
        return self.granted[-1]

    def say(self, topic: str, payload: bytes = b"{}") -> bool:
        """Whether the broker let it pass."""
        mid = self.paho.publish(topic, payload, qos=1).mid
        assert wait_until(lambda: mid in self.answers)
        return self.answers[mid]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    opened = Site(tmp_path_factory.mktemp("site"))
    yield opened
    opened.close()


@pytest.mark.system("mosquitto")
def test_a_gateway_speaks_through_its_bridge_and_is_answered(site: Site) -> None:
    ingest, gateway = site.client(site.office_port, "seguia-ingest"), site.client(site.local_port)
    ingest.hear("seguia/v1/+/+/detection")
    gateway.hear(f"{OWN}/ack")

    def arrived() -> bool:
        gateway.say(f"{OWN}/detection", b"seen")
        return bool(ingest.heard)

    assert wait_until(arrived)
    assert ingest.heard[0] == (f"{OWN}/detection", b"seen")
    ingest.say(f"{OWN}/ack", b"stored")
    assert wait_until(lambda: gateway.heard == [(f"{OWN}/ack", b"stored")])


@pytest.mark.system("mosquitto")
def test_anothers_topics_are_denied_at_both_brokers(site: Site) -> None:
    local = site.client(site.local_port)
    assert local.say(f"{OWN}/heartbeat")
    assert not local.say("seguia/v1/demo/gw-02/detection")
    assert not local.say(f"{OWN}/command")
    office = site.client(site.office_port, "gw-01")
    assert office.say(f"{OWN}/heartbeat")
    assert not office.say("seguia/v1/demo/gw-02/detection")
    assert not office.say(f"{OWN}/ack")


@pytest.mark.system("mosquitto")
def test_a_node_says_its_own_readings_alone(site: Site) -> None:
    gateway, node = site.client(site.local_port), site.client(site.nodes_port, "00000000000000a1")
    assert gateway.hear("application/seguia/device/+/event/up")
    assert node.say("application/seguia/device/00000000000000a1/event/up", b"wet")
    assert not node.say("application/seguia/device/00000000000000a2/event/up", b"forged")
    assert not node.say(f"{OWN}/detection", b"forged")
    assert wait_until(lambda: len(gateway.heard) == 1)
    assert gateway.heard[0][1] == b"wet"


@pytest.mark.system("mosquitto")
def test_nobody_without_a_certificate_comes_in_from_outside(site: Site) -> None:
    for port in (site.office_port, site.nodes_port):
        stranger = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        stranger.tls_set(str(site.folder / "ca.pem"))
        stranger.connect("127.0.0.1", port)
        stranger.loop_start()
        assert not wait_until(stranger.is_connected, 1.0)
        stranger.loop_stop()
