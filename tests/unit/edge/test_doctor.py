from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.doctor import Finding, ask_broker, ask_modem, examine
from edge.errors import ModelRefusedError
from edge.gsm.line import SerialLine
from edge.link import Accepted, Event, LinkOrder, Lost, Refused, Subscribed
from edge.settings.modem import ModemConfig
from simulations.modem.device import Behaviour, StandInModem

WELCOME: tuple[Event, ...] = (Accepted(), Subscribed(granted=True, reason=""))
CLOCK = Clock(now=lambda: datetime(2026, 7, 1, tzinfo=UTC))


class StubLink:
    """A link whose broker answers as told, by protocol."""

    answers: dict[str, Sequence[Event]]

    def __init__(self, order: LinkOrder) -> None:
        self.events = list(self.answers.get(order.protocol, ()))
        assert order.client_id.endswith("-check")
        assert order.will is None

    def open(self) -> None:
        """Nothing to do."""

    def turn(self, _wait_s: float) -> tuple[Event, ...]:
        happened = tuple(self.events)
        self.events.clear()
        return happened

    def publish(self, _topic: str, _payload: bytes) -> bool:
        raise AssertionError("an examination sends nothing")

    def close(self) -> None:
        """Nothing to do."""


def link_that_answers(v5: Sequence[Event], v311: Sequence[Event] = ()) -> type[StubLink]:
    return type("Answering", (StubLink,), {"answers": {"v5": v5, "v3.1.1": v311}})


@pytest.fixture
def config(tmp_path: Path) -> GatewayConfig:
    for name in ("data", "photos"):
        (tmp_path / name).mkdir()
    return GatewayConfig.model_validate(
        {
            "organisation": "demo",
            "gateway_id": "gw-01",
            "data_dir": tmp_path / "data",
            "watch": [{"folder": tmp_path / "photos", "parcel_id": "P1"}],
            "broker": {"port": 1},
        }
    )


def findings(config: GatewayConfig, clock: Clock = CLOCK) -> dict[str, Finding]:
    return {finding.part: finding for finding in examine(config, lambda: ("canopy 1",), clock)}


def test_everything_well_but_the_broker(config: GatewayConfig) -> None:
    found = findings(config)
    assert {part for part, finding in found.items() if not finding.well} == {"broker"}
    assert "Connection refused" in found["broker"].text
    assert found["models"].text == "canopy 1"


def test_missing_folders_models_and_time_come_with_a_remedy(config: GatewayConfig) -> None:
    (config.watch[0].folder).rmdir()

    def refuse() -> tuple[str, ...]:
        raise ModelRefusedError("models/wilting: another hash; install it again")

    early = Clock(now=lambda: datetime(1970, 1, 1, tzinfo=UTC))
    found = {finding.part: finding for finding in examine(config, refuse, early)}
    assert not found["watch"].well
    assert "create it" in found["watch"].text
    assert "install it again" in found["models"].text
    assert "time server" in found["clock"].text


def test_a_gateway_that_watches_nothing_is_told(config: GatewayConfig) -> None:
    assert "[[watch]]" in findings(config.model_copy(update={"watch": ()}))["watch"].text


@pytest.mark.parametrize(
    ("camera", "weather", "wrong"),
    [
        ('temperature_unit = "deg_c"', '{"air_temperature_c": 30, "relative_humidity_percent": 30}', set()),
        ('temperature_unit = "celsius"', '{"air_temperature_c": 30}', {"camera", "weather"}),
        (None, None, {"camera", "weather"}),
    ],
)
def test_the_files_of_camera_and_weather_are_read(
    config: GatewayConfig, tmp_path: Path, camera: str | None, weather: str | None, wrong: set[str]
) -> None:
    camera_file, weather_file = tmp_path / "camera.toml", tmp_path / "weather.json"
    for file, content in ((camera_file, camera), (weather_file, weather)):
        if content is not None:
            file.write_text(content, encoding="utf-8")
    watch = tuple(each.model_copy(update={"camera_file": camera_file}) for each in config.watch)
    found = findings(config.model_copy(update={"watch": watch, "weather_file": weather_file}))
    assert {part for part, finding in found.items() if not finding.well} == wrong | {"broker"}
    assert str(camera_file) in found["camera"].text
    assert str(weather_file) in found["weather"].text


def test_a_folder_that_cannot_be_written_or_is_nearly_full_is_told(
    config: GatewayConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.doctor.os.access", lambda *_: False)
    assert "correct its permissions" in findings(config)["data"].text
    monkeypatch.undo()
    full = SimpleNamespace(f_bavail=10, f_frsize=4096, f_flag=0)
    monkeypatch.setattr("edge.doctor.os.statvfs", lambda _: full)
    assert "free space" in findings(config)["data"].text


@pytest.mark.parametrize(
    ("v5", "v311", "well", "part"),
    [
        (WELCOME, (), True, "MQTT v5"),
        ((Lost("hung up", opened=True),), WELCOME, True, "MQTT v3.1.1"),
        ((Refused("Unsupported protocol version", version_refused=True),), WELCOME, True, "MQTT v3.1.1"),
        ((Refused("Not authorized", version_refused=False),), WELCOME, False, "Not authorized"),
        ((Accepted(), Subscribed(granted=False, reason="No permission")), (), False, "No permission"),
    ],
)
def test_the_broker_is_asked_in_both_protocols(
    config: GatewayConfig, v5: Sequence[Event], v311: Sequence[Event], *, well: bool, part: str
) -> None:
    finding = ask_broker(config, link_that_answers(v5, v311))
    assert finding.well is well
    assert part in finding.text


def test_a_broker_that_never_answers_is_not_waited_for_for_ever(
    config: GatewayConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.doctor._BROKER_PATIENCE_S", 0.05)
    finding = ask_broker(config, link_that_answers(()))
    assert not finding.well
    assert "no answer" in finding.text


def with_modem(config: GatewayConfig, **modem: object) -> tuple[GatewayConfig, ModemConfig]:
    settings = ModemConfig.model_validate(modem)
    return config.model_copy(update={"modem": settings}), settings


def ask(config: GatewayConfig, **modem: object) -> Finding:
    clock = Clock(now=CLOCK.now)
    return ask_modem(*with_modem(config, **modem), clock)


def test_a_modem_is_asked_for_sim_network_and_balance(config: GatewayConfig) -> None:
    with StandInModem() as device:
        finding = ask(config, device=device.device, balance_code="*555#")
        assert finding.well
        assert (
            "is in a network, signal -79 dBm, at most 160 parts a day; the operator says: Solde 12.50 DH"
            in finding.text
        )
        found = findings(with_modem(config, device=device.device)[0])
        assert found["modem"].well
        assert device.sent == [], "an examination sends nothing"
    assert "modem" not in findings(config)


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [(Behaviour(sim=False), "CME ERROR 10"), (Behaviour(registered=False), "no network"), (Behaviour(pin="1"), "PIN")],
)
def test_a_modem_that_cannot_send_is_told_with_its_reason(
    config: GatewayConfig, behaviour: Behaviour, told: str
) -> None:
    with StandInModem(behaviour) as device:
        finding = ask(config, device=device.device)
    assert not finding.well
    assert told in finding.text


def test_an_absent_modem_and_a_missing_key_come_with_a_remedy(config: GatewayConfig, tmp_path: Path) -> None:
    assert "plug it in" in ask(config, device=tmp_path / "ttyUSB9").text
    finding = ask(config, device=tmp_path / "ttyUSB9", command_key_file=tmp_path / "key")
    assert not finding.well
    assert "command key cannot be read" in finding.text


def test_a_modem_that_the_gateway_holds_is_not_examined(config: GatewayConfig) -> None:
    with StandInModem() as device:
        line = SerialLine(device.device, 115200)
        finding = ask(config, device=device.device)
        line.close()
    assert finding.well
    assert "not examined, another program holds it" in finding.text
