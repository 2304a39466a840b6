"""The gateway at a broker's door: certificates, passwords, access lists, the older protocol."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.doctor import ask_broker
from edge.errors import ConfigurationError
from edge.heartbeat import Heartbeat
from edge.link import PahoLink
from edge.outbox import Outbox
from edge.uplink import Uplink, UplinkTools
from edge.voice import Voice
from tests.authority import Authority

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto, SmallIngest

mosquitto_needed = pytest.mark.system("mosquitto")


def config(folder: Path, port: int, **broker: Any) -> GatewayConfig:  # noqa: ANN401 -- any setting, checked when it is made
    return GatewayConfig.model_validate(
        {
            "organisation": "demo",
            "gateway_id": "gw-01",
            "data_dir": folder / "data",
            "broker": {"port": port, **broker},
            "delivery": {"ack_timeout_s": 0.5},
        }
    )


class Sender:
    """An uplink with two messages to deliver."""

    def __init__(self, settings: GatewayConfig) -> None:
        self.told: list[str] = []
        self.outbox = Outbox(settings.data_dir / "outbox.sqlite")
        for _ in range(2):
            self.outbox.put("detection", lambda boot, sequence: f'{{"v":1,"b":"{boot}","s":{sequence}}}'.encode())
        self.uplink = Uplink(
            settings,
            self.outbox,
            UplinkTools(
                clock=Clock(),
                voice=Voice(self.told.append),
                chance=lambda: 0.0,
                heartbeat=lambda: Heartbeat(online=True),
            ),
        )

    def work_until(self, condition: Callable[[], object], seconds: float = 20.0) -> bool:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            if not self.uplink.step(0.05):
                threading.Event().wait(0.02)
        return bool(condition())

    def delivered(self) -> bool:
        return self.outbox.counts().messages == 0

    def close(self) -> None:
        self.uplink.close()
        self.outbox.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls_lines(authority: Authority) -> tuple[str, ...]:
    certificate, key = authority.issue("broker", server=True)
    return (
        f"cafile {authority.file}",
        f"certfile {certificate}",
        f"keyfile {key}",
        "require_certificate true",
        "use_identity_as_username true",
    )


@mosquitto_needed
def test_a_gateway_is_known_by_its_certificate_and_may_speak_for_itself_only(
    tmp_path: Path, authority: Authority, tls_lines: tuple[str, ...], start_mosquitto: "Callable[..., Mosquitto]"
) -> None:
    acl = tmp_path / "acl"
    acl.write_text(
        "pattern write seguia/v1/demo/%u/detection\npattern write seguia/v1/demo/%u/heartbeat\n"
        "pattern read seguia/v1/demo/%u/ack\n"
    )
    broker = start_mosquitto(*tls_lines, f"acl_file {acl}")
    certificate, key = authority.issue("gw-01")
    files = {"ca_file": authority.file, "certificate_file": certificate, "key_file": key}
    own = config(tmp_path, broker.port, **files)
    assert ask_broker(own).well
    sender = Sender(own)
    assert sender.work_until(lambda: sender.uplink.ready)
    sender.close()
    # The same certificate under another gateway's name: the broker lets it connect but not speak.
    other = own.model_copy(update={"gateway_id": "gw-02", "data_dir": tmp_path / "other"})
    intruder = Sender(other)
    intruder.work_until(lambda: any("access list" in line for line in intruder.told), 5.0)
    assert any("access list" in line for line in intruder.told), intruder.told
    assert intruder.outbox.counts().messages == 2
    intruder.close()


@mosquitto_needed
def test_without_a_certificate_nobody_comes_in_and_it_is_one_line(
    tmp_path: Path, authority: Authority, tls_lines: tuple[str, ...], start_mosquitto: "Callable[..., Mosquitto]"
) -> None:
    broker = start_mosquitto(*tls_lines)
    sender = Sender(config(tmp_path, broker.port, ca_file=authority.file))
    assert sender.work_until(lambda: sender.told)
    assert "expected a connection" in sender.told[0]
    assert "\n" not in sender.told[0]
    sender.close()


@mosquitto_needed
def test_a_broker_of_a_foreign_authority_is_not_believed(
    tmp_path: Path, tls_lines: tuple[str, ...], start_mosquitto: "Callable[..., Mosquitto]"
) -> None:
    broker = start_mosquitto(*tls_lines)
    (tmp_path / "foreign").mkdir()
    foreign = Authority(tmp_path / "foreign")
    finding = ask_broker(config(tmp_path, broker.port, ca_file=foreign.file))
    assert not finding.well
    assert "certificate is not accepted" in finding.text


@mosquitto_needed
def test_a_wrong_password_is_told_with_the_way_out(tmp_path: Path, start_mosquitto: "Callable[..., Mosquitto]") -> None:
    (tmp_path / "users").write_text("")
    broker = start_mosquitto("allow_anonymous false", f"password_file {tmp_path / 'users'}")
    (tmp_path / "password").write_text("wrong\n")
    settings = config(tmp_path, broker.port, username="gw-01", password_file=tmp_path / "password")
    sender = Sender(settings)
    assert sender.work_until(lambda: sender.told)
    assert "Not authorized" in sender.told[0]
    assert "check user name" in sender.told[0]
    assert not ask_broker(settings).well
    sender.close()


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_password_file_that_cannot_be_used_is_a_configuration_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="password"):
        ask_broker(config(tmp_path, 1, username="gw", password_file=path))


def test_certificates_that_do_not_fit_are_a_configuration_error(tmp_path: Path, authority: Authority) -> None:
    certificate, _ = authority.issue("one")
    _, key = authority.issue("two")
    with pytest.raises(ConfigurationError, match="fit together"):
        ask_broker(config(tmp_path, 1, ca_file=authority.file, certificate_file=certificate, key_file=key))


def test_an_absent_broker_is_found_absent(tmp_path: Path, unused_port: int) -> None:
    finding = ask_broker(config(tmp_path, unused_port))
    assert not finding.well
    assert "Connection refused" in finding.text


@mosquitto_needed
def test_the_older_protocol_works_when_it_is_asked_for(
    tmp_path: Path, mosquitto: "Mosquitto", start_ingest: "Callable[[int], SmallIngest]"
) -> None:
    ingest = start_ingest(mosquitto.port)
    sender = Sender(config(tmp_path, mosquitto.port, protocol="v3.1.1"))
    assert sender.work_until(sender.delivered)
    assert len(ingest.stored) == 2
    link = sender.uplink._link
    assert isinstance(link, PahoLink)
    opened = link._client.socket()
    assert isinstance(opened, socket.socket)
    assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    assert link._client.max_queued_messages == 64
    sender.close()


def test_a_broker_that_hangs_up_on_v5_is_served_in_v311(tmp_path: Path, unused_port: int) -> None:
    embedded = pytest.importorskip("iotcore", reason="needs the embedded broker of the extra [simulate]")
    with embedded.Broker(port=unused_port, listen="127.0.0.1"):
        settings = config(tmp_path, unused_port)
        sender = Sender(settings)
        assert sender.work_until(lambda: sender.uplink.ready)
        assert sender.uplink.protocol == "v3.1.1"
        assert sender.told == []
        sender.close()
        finding = ask_broker(settings)
        assert finding.well
        assert "v3.1.1" in finding.text
