"""From the operator's command to the picture on the map: real broker, real ingest, a gateway at work."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.commands.cloud_gateway import app
from cloud.config import BrokerConfig
from edge.config import GatewayConfig
from edge.contract import Detection
from edge.evidence import Sighting
from edge.gateway import Gateway
from edge.metadata import FrameMetadata
from edge.order import Order, encode_order
from edge.sources.folder import Drop
from edge.voice import Voice

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto

pytestmark = pytest.mark.system("mosquitto")


def look(drop: Drop, metadata: FrameMetadata | None) -> Sighting:
    assert metadata is None
    detection = Detection(
        sha256=f"{int(drop.path.stem):08x}".ljust(64, "0"),
        model=None,
        opinion=True,
        canopy_cover_fraction=0.5,
        taken_at=datetime.now(UTC),
        clock_quality="exif",
    )
    return Sighting(detection=detection, picture=np.full((60, 80, 3), 90, dtype=np.uint8))


class Office:
    """A cloud of the test's own beside a gateway that holds its command key."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.key = secrets.token_bytes(32)
        (folder / "command.key").write_text(self.key.hex())
        (folder / "command.key").chmod(0o600)
        (folder / "photos").mkdir()
        (folder / "keys").mkdir()
        PersonalKeys.create(folder / "keys" / "personal.json")
        keys = PersonalKeys.read(folder / "keys" / "personal.json")
        self.file = folder / "seguia-cloud.toml"
        self.file.write_text(
            f'organisation = "demo"\ncommand_key_file = "command.key"\n[broker]\nhost = "127.0.0.1"\nport = {port}\n'
        )
        self.store = Store.open(f"sqlite:///{folder / 'seguia.db'}", keys, create=True)
        self.told: list[str] = []

    def drop(self, number: int) -> None:
        part = self.folder / "photos" / f"{number}.part"
        part.write_bytes(str(number).encode())
        part.rename(part.with_suffix(".jpg"))

    @contextmanager
    def at_work(self) -> Iterator[Gateway]:
        config = GatewayConfig.model_validate(
            {
                "organisation": "demo",
                "gateway_id": "gw-01",
                "data_dir": self.folder / "data",
                "poll_interval_s": 0.05,
                "settle_s": 0.0,
                "command_key_file": self.folder / "command.key",
                "watch": [{"folder": self.folder / "photos", "parcel_id": "P1"}],
                "broker": {"port": self.port},
            }
        )
        stop = threading.Event()
        ingest = Ingest(
            self.store,
            IngestSettings(broker=BrokerConfig(host="127.0.0.1", port=self.port)),
            lambda: datetime.now(UTC),
            tell=self.told.append,
        )
        ingest.start()
        with Gateway(config, look, voice=Voice(self.told.append)) as gateway:
            thread = threading.Thread(target=gateway.run, args=(stop,))
            thread.start()
            try:
                yield gateway
            finally:
                stop.set()
                thread.join(20)
                ingest.stop()

    def command(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*arguments, "--config", str(self.file)])
        error = result.exception
        return getattr(error, "exit_code", result.exit_code), f"{result.output}{error or ''}"


@pytest.fixture
def office(tmp_path: Path, mosquitto: "Mosquitto") -> Iterator[Office]:
    made = Office(tmp_path, mosquitto.port)
    yield made
    made.store.close()


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def test_an_operator_asks_for_a_picture_and_it_comes(office: Office) -> None:
    office.drop(1)
    with office.at_work():
        until(lambda: office.store.parcel_detection("P1") is not None)
        found = office.store.parcel_detection("P1")
        assert found is not None
        assert office.store.evidence_of(found.message) is None
        code, said = office.command("evidence", "P1", "--wait", "20")
        assert (code, "its picture has come" in said) == (0, True), said
        kept = office.store.evidence_of(found.message)
        assert kept is not None
        assert kept.image_jpeg[:2] == b"\xff\xd8"
        code, said = office.command("evidence", "P1")
        assert (code, "is here already" in said) == (0, True)
        code, said = office.command("evidence", "P1", "--message", f"{found.message.boot}/999", "--wait", "0.5")
        assert (code, "not here after" in said) == (1, True), said
        until(lambda: any("not kept here any more" in line for line in office.told))
        code, said = office.command("update", "gw-01")
        assert code == 0, said
        until(lambda: any("nobody here carries that out" in line for line in office.told))
        code, said = office.command("list")
        assert '"quality"' in said
    assert not any("stumbled" in line for line in office.told), office.told


def test_what_is_asked_of_nobody_is_told_with_the_way_out(office: Office) -> None:
    for arguments, code, words in (
        (("evidence", "P9"), 1, "expected one with a detection"),
        (("update", "gw-09"), 1, "expected one that was heard of"),
    ):
        assert office.command(*arguments)[0] == code
        assert words in office.command(*arguments)[1]
    office.drop(1)
    with office.at_work():
        until(lambda: office.store.parcel_detection("P1") is not None)
        assert "expected BOOT/SEQUENCE" in office.command("evidence", "P1", "--message", "x")[1]
        office.file.write_text(office.file.read_text().replace('command_key_file = "command.key"\n', ""))
        code, said = office.command("evidence", "P1")
        assert (code, "orders are always sealed" in said) == (2, True)


def test_a_gateway_that_is_away_longer_than_its_session_is_told_as_not_connected(office: Office) -> None:
    office.drop(1)
    with office.at_work() as gateway:
        until(lambda: office.store.gateways() != () and office.store.parcel_detection("P1") is not None)
        broker = gateway.config.broker
        assert broker.session_expiry_s > 0
    clean = gateway.config.model_copy(update={"broker": broker.model_copy(update={"session_expiry_s": 0})})
    stop = threading.Event()
    with Gateway(clean, look, voice=Voice(office.told.append)) as again:
        thread = threading.Thread(target=again.run, args=(stop,))
        thread.start()
        until(lambda: again.uplink.ready)
        stop.set()
        thread.join(20)
    code, said = office.command("evidence", "P1", "--wait", "1")
    assert (code, "it is not connected" in said) == (3, True), said


def test_hostile_commands_change_nothing_and_the_gateway_goes_on(office: Office, mosquitto: "Mosquitto") -> None:
    from paho.mqtt import client as mqtt  # noqa: PLC0415 -- the attacker's own
    from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415 -- as above

    topic = "seguia/v1/demo/gw-01/command"
    forged = Order(kind="update_now", id="x", valid_until=datetime.now(UTC) + timedelta(hours=1))
    with office.at_work() as gateway:
        until(lambda: gateway.uplink.ready)
        attacker = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="attacker", protocol=mqtt.MQTTv5)
        attacker.connect("127.0.0.1", mosquitto.port)
        attacker.loop_start()
        for payload in (
            b"",
            b"\x00" * 60_000,
            b"[" * 50_000,
            b"x" * 400_000,
            encode_order(forged, topic, bytes(32)),
            b'{"v":1,"kind":"send_sms","id":"m","phone_number":"+212600000000","text":"pay"}',
        ):
            attacker.publish(topic, payload, qos=1).wait_for_publish(10)
        attacker.publish("seguia/v1/demo/gw-01/ack", b'{"v":1,"stored":[["b",1e999]],"time":{"at":"x"}}', qos=1)
        office.drop(1)
        until(lambda: office.store.parcel_detection("P1") is not None)
        until(lambda: gateway.outbox.counts().messages == 0)
        assert gateway.outbox.database.rows("SELECT * FROM order_done") == []
        attacker.disconnect()
        attacker.loop_stop()
