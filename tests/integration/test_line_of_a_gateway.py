"""The line of a gateway to a real broker over TLS: certificates good, ended and revoked, clocks wrong, names taken."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.config import BrokerConfig
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.contract import Detection
from edge.health import heartbeat_of
from edge.link import LinkOrder, PahoLink
from edge.logbook import Logbook
from edge.outbox import Outbox
from edge.uplink import Uplink, UplinkTools
from edge.voice import Voice
from edge.wire import encode_detection
from tests.authority import Authority
from tests.integration.conftest import free_port, wait_until

pytestmark = pytest.mark.system("mosquitto")

DETECTION = Detection(parcel_id="P1", sha256="ab" * 12, model=None, opinion=True)
YEAR = timedelta(days=365)


class Broker:
    """A mosquitto that asks every client for a certificate and calls it by its name."""

    def __init__(self, folder: Path, authority: Authority, *lines: str, days: float = 1.0) -> None:
        self.port = free_port()
        certificate, key = authority.issue("broker", server=True, days=days)
        file = folder / "mosquitto.conf"
        content = (
            f"listener {self.port} 127.0.0.1",
            "user root",
            "allow_anonymous false",
            f"cafile {authority.file}",
            f"certfile {certificate}",
            f"keyfile {key}",
            "require_certificate true",
            "use_identity_as_username true",
            *lines,
        )
        file.write_text("\n".join(content) + "\n")
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.process = subprocess.Popen(
            [program, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


class World:
    """A gateway's uplink, its queue and its clocks, which the test turns."""

    def __init__(self, folder: Path, broker: Broker, authority: Authority, **more: Any) -> None:  # noqa: ANN401 -- any setting
        certificate, key = more.pop("files", None) or authority.issue("gw-01")
        self.off = timedelta(0)
        self.told: list[str] = []
        self.boot = "k1"
        self.uptime_from_s = time.monotonic() - 100.0
        self.clock = Clock(
            now=lambda: datetime.now(UTC) + self.off,
            monotonic_s=lambda: time.monotonic() - self.uptime_from_s,
            boot=lambda: self.boot,
        )
        (folder / "data").mkdir(exist_ok=True)
        settings = GatewayConfig.model_validate(
            {
                "organisation": "demo",
                "gateway_id": "gw-01",
                "data_dir": folder / "data",
                "delivery": {"ack_timeout_s": 1.0},
                "broker": {
                    "host": "127.0.0.1",
                    "port": broker.port,
                    "ca_file": authority.file,
                    "certificate_file": certificate,
                    "key_file": key,
                    **more.pop("broker", {}),
                },
                **more,
            }
        )
        self.orders: list[LinkOrder] = []
        self.outbox = Outbox(folder / "data" / "outbox.sqlite", clock=self.clock, tell=self.told.append)
        self.uplink = Uplink(
            settings,
            self.outbox,
            UplinkTools(
                clock=self.clock,
                voice=Voice(self.told.append),
                chance=lambda: 0.0,
                heartbeat=lambda: heartbeat_of(self.outbox, self.clock, ()),
                make_link=self._link,
            ),
        )

    def _link(self, order: LinkOrder) -> PahoLink:
        self.orders.append(order)
        return PahoLink(order)

    def turn_until(self, condition: Callable[[], object], seconds: float = 15.0) -> bool:
        """Turn the uplink until a condition comes true; whether it did."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            if not self.uplink.step(0.05):
                time.sleep(0.02)
        return True

    def put(self) -> None:
        self.outbox.put("detection", lambda boot, sequence: encode_detection(DETECTION, boot, sequence))

    def close(self) -> None:
        self.uplink.close()
        self.outbox.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'cloud.db'}", PersonalKeys.generate(), create=True)
    yield opened
    opened.close()


@contextmanager
def broker_of(folder: Path, authority: Authority, *lines: str, days: float = 1.0) -> Iterator[Broker]:
    broker = Broker(folder, authority, *lines, days=days)
    try:
        assert wait_until(lambda: _listens(broker.port))
        yield broker
    finally:
        broker.process.kill()
        broker.process.wait()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return True
    except OSError:
        return False


@contextmanager
def ingest_of(broker: Broker, authority: Authority, store: Store, told: list[str] | None = None) -> Iterator[Ingest]:
    certificate, key = authority.issue("ingest")
    settings = BrokerConfig(
        host="127.0.0.1",
        port=broker.port,
        ca_file=authority.file,
        certificate_file=certificate,
        key_file=key,
    )
    ingest = Ingest(
        store,
        IngestSettings(broker=settings),
        lambda: datetime.now(UTC),
        tell=(told if told is not None else []).append,
    )
    ingest.start()
    try:
        yield ingest
    finally:
        ingest.stop()


@contextmanager
def world_of(folder: Path, broker: Broker, authority: Authority, **more: Any) -> Iterator[World]:  # noqa: ANN401 -- any setting
    world = World(folder, broker, authority, **more)
    try:
        yield world
    finally:
        world.close()


def test_over_tls_detections_reach_the_real_ingest_and_the_cloud_tells_the_time(
    tmp_path: Path, authority: Authority, store: Store
) -> None:
    with (
        broker_of(tmp_path, authority) as broker,
        ingest_of(broker, authority, store),
        world_of(tmp_path, broker, authority) as world,
    ):
        world.put()
        assert world.turn_until(lambda: world.outbox.counts().messages == 0)
        assert world.turn_until(lambda: world.outbox.timekeeper.believed_now().quality == "cloud")
        counters = Logbook(world.outbox.database).counters()
        assert counters["acks"] == 1.0
        assert 0.0 < counters["ack_wait_s"] < 15.0
        assert wait_until(lambda: store.gateways() != ())
        (status,) = store.gateways()
        assert status.heartbeat.clock is not None
        assert status.heartbeat.clock.ask
        assert status.heartbeat.uplink is not None
        assert status.heartbeat.uplink.certificate_days == 0


@pytest.mark.parametrize("off", [-20 * YEAR, 3 * YEAR])
def test_a_gateway_whose_clock_is_years_wrong_reaches_its_broker_and_is_told_the_time(
    tmp_path: Path, authority: Authority, store: Store, off: timedelta
) -> None:
    with (
        broker_of(tmp_path, authority) as broker,
        ingest_of(broker, authority, store),
        world_of(tmp_path, broker, authority) as world,
    ):
        world.outbox.timekeeper.note()
        world.off = off
        world.put()
        assert world.turn_until(lambda: world.outbox.counts().messages == 0), world.told
        assert world.orders[-1].believed_at is not None
        assert world.turn_until(lambda: world.outbox.timekeeper.believed_now().quality == "cloud")
        believed = world.outbox.timekeeper.believed_now().at
        assert abs(believed - datetime.now(UTC)) < timedelta(seconds=20)
        assert any("the cloud's, which counts here" in line for line in world.told)


def test_a_broker_whose_certificate_ended_is_refused_by_the_floor_whatever_the_wall_clock_says(
    tmp_path: Path, authority: Authority
) -> None:
    with broker_of(tmp_path, authority, days=-2.0) as broker, world_of(tmp_path, broker, authority) as world:
        world.put()
        assert world.turn_until(lambda: world.uplink.trouble is not None)
        assert "certificate has expired" in (world.uplink.trouble or "")
        world.outbox.timekeeper.note()
        world.off = -YEAR
        before = len(world.orders)
        assert world.turn_until(lambda: len(world.orders) > before and "ended on" in (world.uplink.trouble or "")), (
            world.uplink.trouble
        )
        assert world.outbox.counts().messages == 1


def test_a_certificate_of_the_gateway_that_ended_is_told_in_words(tmp_path: Path, authority: Authority) -> None:
    files = authority.issue("gw-01", days=-2.5)
    with broker_of(tmp_path, authority) as broker, world_of(tmp_path, broker, authority, files=files) as world:
        world.put()
        assert world.turn_until(lambda: world.uplink.trouble is not None)
        assert "this gateway's certificate has ended" in (world.uplink.trouble or "")
        assert any("certificate ended 3 days ago" in line for line in world.told)
        assert world.outbox.counts().messages == 1


def test_a_certificate_that_will_end_soon_is_told_while_all_works(
    tmp_path: Path, authority: Authority, store: Store
) -> None:
    files = authority.issue("gw-01", days=10.5)
    with (
        broker_of(tmp_path, authority) as broker,
        ingest_of(broker, authority, store),
        world_of(tmp_path, broker, authority, files=files) as world,
    ):
        world.put()
        assert world.turn_until(lambda: world.outbox.counts().messages == 0)
        assert any("certificate ends in 10 days" in line for line in world.told)


def test_a_revoked_certificate_is_told_in_words_and_nothing_is_lost(tmp_path: Path, authority: Authority) -> None:
    files = authority.issue("gw-01")
    revoked = authority.revoke(files[0])
    with (
        broker_of(tmp_path, authority, f"crlfile {revoked}") as broker,
        world_of(tmp_path, broker, authority, files=files) as world,
    ):
        world.put()
        assert world.turn_until(lambda: world.uplink.trouble is not None)
        assert "revoked" in (world.uplink.trouble or "")
        assert world.outbox.counts().messages == 1


def test_two_gateways_of_one_identity_are_told_and_neither_loses_anything(
    tmp_path: Path, authority: Authority, store: Store
) -> None:
    told: list[str] = []
    files = authority.issue("gw-01")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with (
        broker_of(tmp_path, authority) as broker,
        ingest_of(broker, authority, store, told),
        world_of(tmp_path / "a", broker, authority, files=files) as one,
        world_of(tmp_path / "b", broker, authority, files=files) as two,
    ):
        for number in range(2):
            one.put()
            two.put()
            assert number >= 0

        def both_are_told() -> bool:
            two.uplink.step(0.02)
            return all(any("two of one name" in line for line in world.told) for world in (one, two))

        assert one.turn_until(both_are_told, 60.0), (one.told, two.told)

        def both_are_empty() -> bool:
            two.uplink.step(0.02)
            return one.outbox.counts().messages + two.outbox.counts().messages == 0

        assert one.turn_until(both_are_empty, 60.0)
        assert len(store.parcel_detections("P1", 10)) == 4
        assert any("two gateways speak under this name" in line for line in told), told


def test_a_line_that_breaks_is_left_for_the_next_one_and_tried_again(
    tmp_path: Path, authority: Authority, store: Store, unused_port: int
) -> None:
    with broker_of(tmp_path, authority) as broker, ingest_of(broker, authority, store):
        uplink = [{"name": "ethernet", "port": unused_port}, {"name": "lte", "interface": "lo"}]
        with world_of(tmp_path, broker, authority, uplink=uplink) as world:
            world.put()
            assert world.turn_until(lambda: world.outbox.counts().messages == 0)
            assert [order.broker.port for order in world.orders] == [unused_port, broker.port]
            assert world.orders[1].interface == "lo"
            assert wait_until(
                lambda: [one.heartbeat.uplink and one.heartbeat.uplink.route for one in store.gateways()] == ["lte"]
            )


def test_an_interface_that_does_not_exist_is_no_way(tmp_path: Path, authority: Authority) -> None:
    with (
        broker_of(tmp_path, authority) as broker,
        world_of(tmp_path, broker, authority, uplink=[{"name": "lte", "interface": "nosuch0"}]) as world,
    ):
        assert world.turn_until(lambda: world.uplink.trouble is not None)
        assert "by lte" in (world.uplink.trouble or "")
        assert "No such device" in (world.uplink.trouble or "")


def test_what_the_ingest_said_while_the_line_was_broken_is_heard_after_it(
    tmp_path: Path, authority: Authority, store: Store
) -> None:
    with broker_of(tmp_path, authority) as broker, ingest_of(broker, authority, store):
        with world_of(tmp_path, broker, authority) as world:
            assert world.turn_until(lambda: world.uplink.ready)
            world.put()
            link = world.uplink._link
            assert isinstance(link, PahoLink)
            world.uplink.step(0.05)
            sock = link._client.socket()
            assert sock is not None
            assert wait_until(lambda: len(store.parcel_detections("P1", 10)) == 1)
            sock.close()
            assert world.turn_until(lambda: world.outbox.counts().messages == 0)
        assert len(store.parcel_detections("P1", 10)) == 1
