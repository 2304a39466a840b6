"""A gateway as a Home Assistant of the same site sees it, through a real broker."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.heartbeat import Heartbeat
from edge.home_assistant import HomeAssistant, HomeTools
from edge.observers import observers
from edge.outbox import Outbox
from edge.settings.observers import HomeAssistantConfig
from edge.voice import Voice
from edge.worker import Station
from tests.integration.conftest import free_port, wait_until

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto

DEVICE = "homeassistant/device/seguia_gw_2d_01/config"
STATE = "seguia-home/gw-01/state"
AVAILABLE = "seguia-home/gw-01/available"


class Home:
    """What Home Assistant hears."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.on_message = lambda _client, _data, said: self.heard.append((said.topic, bytes(said.payload)))
        self.client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def last(self, topic: str) -> bytes | None:
        return next((payload for where, payload in reversed(self.heard) if where == topic), None)

    def count(self, topic: str) -> int:
        return sum(where == topic for where, _ in self.heard)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Visible:
    """A gateway that keeps Home Assistant told, in a thread of its own."""

    def __init__(self, port: int, **settings: Any) -> None:  # noqa: ANN401 -- any setting, checked when it is made
        config = GatewayConfig.model_validate({"organisation": "demo", "gateway_id": "gw-01", "data_dir": "/nowhere"})
        self.told: list[str] = []
        self.stressed = {"P1": True}
        tools = HomeTools(
            heartbeat=lambda: Heartbeat(online=True, queued=7),
            stressed=lambda: self.stressed,
            clock=Clock(),
            voice=Voice(self.told.append),
        )
        shown = HomeAssistantConfig.model_validate({"port": port, "interval_s": 1.0, **settings})
        self.worker = HomeAssistant(config, shown, tools)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._work)
        self.thread.start()

    def _work(self) -> None:
        while not self.stop.is_set():
            if not self.worker.step():
                self.stop.wait(0.1)

    def close(self) -> None:
        self.stop.set()
        self.thread.join(10)
        self.worker.close()


@pytest.fixture
def home(mosquitto: "Mosquitto") -> Iterator[Home]:
    opened = Home(mosquitto.port)
    yield opened
    opened.close()


@pytest.fixture
def visible(mosquitto: "Mosquitto") -> Iterator[Visible]:
    opened = Visible(mosquitto.port)
    yield opened
    opened.close()


@pytest.mark.system("mosquitto")
def test_the_gateway_appears_by_itself_and_says_when_it_goes(home: Home, visible: Visible) -> None:
    assert wait_until(lambda: home.last(STATE))
    described = json.loads(home.last(DEVICE) or b"")
    assert {"queued", "troubles", "stress_P1"} <= set(described["cmps"])
    assert described["cmps"]["queued"]["expire_after"] == 3
    assert json.loads(home.last(STATE) or b"")["queued"] == 7
    assert home.last(AVAILABLE) == b"online"
    visible.close()
    assert wait_until(lambda: home.last(AVAILABLE) == b"offline")


@pytest.mark.system("mosquitto")
def test_it_appears_again_after_home_assistant_was_started_anew(home: Home, visible: Visible) -> None:
    assert wait_until(lambda: home.last(STATE))
    before = (home.count(DEVICE), home.count(AVAILABLE))
    home.client.publish("homeassistant/status", b"online", qos=1)
    assert wait_until(lambda: home.count(DEVICE) > before[0] and home.count(AVAILABLE) > before[1])


@pytest.mark.system("mosquitto")
def test_a_parcel_that_is_seen_for_the_first_time_is_described(home: Home, visible: Visible) -> None:
    assert wait_until(lambda: home.last(STATE))
    visible.stressed["P2"] = False
    assert wait_until(lambda: b"stress_P2" in (home.last(DEVICE) or b""))
    assert wait_until(lambda: b'"stress_P2":"OFF"' in (home.last(STATE) or b""))


@pytest.mark.system("mosquitto")
def test_a_broker_that_went_is_told_once_and_found_again(
    mosquitto: "Mosquitto", home: Home, visible: Visible, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.home_assistant._PAUSE_S", 0.2)
    assert wait_until(lambda: home.last(STATE))
    mosquitto.kill()
    assert wait_until(lambda: any("expected a connection" in line for line in visible.told))
    mosquitto.start()
    assert wait_until(lambda: visible.told[-1:] == ["home assistant: its broker is reached"])
    assert len(visible.told) == 2


def test_an_absent_broker_is_named_and_waited_for(tmp_path: Path) -> None:
    absent = Visible(free_port())
    assert wait_until(lambda: absent.told)
    absent.close()
    (line,) = absent.told
    assert "expected a connection, got: Connection refused; tried again" in line
    secret = Visible(free_port(), username="x", password_file=tmp_path / "none")
    assert wait_until(lambda: secret.told)
    secret.close()
    assert "No such file" in secret.told[0]


def test_only_who_is_named_gets_a_worker(tmp_path: Path) -> None:
    settings = {"organisation": "demo", "gateway_id": "gw-01", "data_dir": tmp_path}
    outbox = Outbox(tmp_path / "outbox.sqlite")

    def names(**more: Any) -> list[str]:  # noqa: ANN401 -- any table
        config = GatewayConfig.model_validate(settings | more)
        station = Station(config=config, outbox=outbox, clock=Clock(), voice=Voice(lambda _: None))
        return [post.name for post in observers(station, lambda: Heartbeat(online=True))]

    assert names() == []
    assert names(metrics={}) == ["metrics"]
    assert names(metrics={}, home_assistant={}) == ["metrics", "home assistant"]
    outbox.close()
