"""From an instrument's wire to what the night reads: a simulated Modbus line, daemon, broker, ingest and store."""

import struct
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.adapters.store.views import GatewayStatus
from cloud.config import BrokerConfig
from cloud.ingest import read_arrival
from cloud.sensing.taking import take_readings
from edge.config import GatewayConfig
from edge.gateway import Gateway
from edge.sensors.modbus import ModbusBus
from edge.settings.power import PowerConfig
from edge.settings.sensor import BusConfig
from edge.voice import Voice
from tests.instruments import parcel
from tests.integration.conftest import Mosquitto, wait_until
from tests.sensor_simulators import ModbusServer
from tests.sensor_site import NOW, Site, meter, sensor

PROBE = sensor(place="input:0", scale=0.0001, sigma=0.02, instrument="soil-a")
METER = meter(place="input:10", data_type="uint32", scale=0.001, every_s=600.0)
TOPIC = "seguia/v1/demo/gw-01/reading"


@pytest.fixture
def server() -> Iterator[ModbusServer]:
    with ModbusServer() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'seguia.db'}", PersonalKeys.generate(), create=True) as opened:
        yield opened


def no_photo(*_: object) -> Any:  # noqa: ANN401 -- never called
    raise AssertionError("there is no camera here")


@pytest.mark.system("mosquitto")
def test_the_daemon_reads_sends_and_is_acknowledged(
    server: ModbusServer, store: Store, tmp_path: Path, start_mosquitto: Callable[..., Mosquitto]
) -> None:
    broker = start_mosquitto("allow_anonymous true")
    server.units[1].put(0, [2134])
    server.units[1].put(10, [0, 50_000])
    config = GatewayConfig.model_validate(
        {
            "organisation": "demo",
            "gateway_id": "gw-01",
            "data_dir": tmp_path / "data",
            "broker": {"port": broker.port},
            "delivery": {"readings_interval_s": 1.0, "heartbeat_interval_s": 1.0},
            "bus": [{"name": "line", "kind": "modbus_tcp", "port": server.port}],
            "sensor": [{**PROBE.model_dump(), "every_s": 1.0}, {**METER.model_dump(), "every_s": 1.0}],
        }
    )
    settings = IngestSettings(broker=BrokerConfig(port=broker.port))
    ingest = Ingest(store, settings, lambda: datetime.now(UTC), tell=lambda _: None)
    ingest.start()
    stop, said = threading.Event(), list[str]()
    gateway = Gateway(config, no_photo, voice=Voice(said.append))
    daemon = threading.Thread(target=gateway.run, args=(stop,), daemon=True)
    daemon.start()
    try:
        assert wait_until(lambda: len(store.sensor_words("p1")) == 2, 30.0), said
        assert wait_until(lambda: len(seen(store, "water_m3")) >= 3, 30.0)
        assert wait_until(lambda: [told(one) for one in store.gateways()] == [(2, 0)])
    finally:
        stop.set()
        daemon.join(30.0)
        gateway.close()
        ingest.stop()
    values = {word.name.sensor_id: word.reading.value for word in store.sensor_words("p1")}
    assert values == {PROBE.id: 0.2134, METER.id: 50.0}
    times = [one.at for one in seen(store, "water_m3")]
    assert len(times) == len(set(times)), "each reading once"


def told(status: GatewayStatus) -> tuple[int, int] | None:
    sensors = status.heartbeat.sensors
    return None if sensors is None else (sensors.count, sensors.wrong)


def seen(store: Store, quantity: Any) -> tuple[Any, ...]:  # noqa: ANN401 -- a quantity
    now = datetime.now(UTC)
    return store.sensed((quantity,), now - timedelta(hours=1), now + timedelta(hours=1))


class Field:
    """A parcel with a probe and a meter on one Modbus line, followed for days within a moment."""

    def __init__(self, folder: Path, server: ModbusServer, store: Store) -> None:
        self.site = Site(folder=folder, sensors=(PROBE, METER), power=PowerConfig())
        self.site.bus = ModbusBus(BusConfig(name="line", kind="modbus_tcp", port=server.port))
        self.server, self.store = server, store
        self.sensing = self.site.start()
        self.litres = 1_000_000
        self.sent = 0

    def live(self, hours: float, flow_m3_h: float = 0.0, soil: float = 0.2) -> None:
        for _ in range(round(hours * 6)):
            self.litres += round(flow_m3_h * 1000 / 6)
            self.server.units[1].put(10, list(struct.unpack(">2H", struct.pack(">I", self.litres))))
            self.server.units[1].put(0, [round(soil * 10_000)])
            self.site.time.pass_s(600.0)
            self.sensing.step()

    def deliver(self, times: int = 1) -> None:
        """Everything that waits in the queue, so many times over."""
        self.sensing.queue_all()
        for message in self.site.outbox.pending(10_000) * times:
            outcome = self.store.receive([read_arrival(TOPIC, message.payload, self.site.time.at)])
            assert outcome in {("stored",), ("known",)}

    def night(self) -> tuple[str, ...]:
        return take_readings(self.store, self.store.parcels(), self.site.time.at)

    def close(self) -> None:
        self.sensing.close()
        self.site.close()


@pytest.fixture
def field(tmp_path: Path, server: ModbusServer, store: Store) -> Iterator[Field]:
    store.save_parcels([parcel()])
    made = Field(tmp_path / "gateway", server, store)
    yield made
    made.close()


def test_two_days_of_a_field_come_to_one_irrigation_and_its_evenings(field: Field) -> None:
    # From noon: dry till the next morning, four hours of 50 m3/h on two hectares (10 mm), and on to the next night.
    field.live(20)
    field.live(4, flow_m3_h=50.0)
    field.live(13, soil=0.26)
    field.deliver(times=3)
    assert field.night() == ()
    field.deliver()
    assert field.night() == ()
    (event,) = field.store.events()
    assert event.depth_mm == pytest.approx(10.0, abs=0.01)
    assert abs(event.started_at - (NOW + timedelta(hours=20))) <= timedelta(minutes=10)
    observations = field.store.observations(NOW - timedelta(days=1), NOW + timedelta(days=3))
    assert [(one.value, one.sigma) for one in observations] == [(0.2, 0.02), (0.26, 0.02)]
    assert {one.source for one in observations} == {"probe gw-01/soil-a"}


def test_a_meter_that_is_reset_in_mid_run_loses_what_nobody_saw_and_nothing_else(field: Field) -> None:
    field.live(2)
    field.live(1, flow_m3_h=60.0)
    field.litres = 0
    field.live(1, flow_m3_h=60.0)
    field.live(3)
    field.deliver()
    notes = field.night()
    # 60 m3 before; of the hour after, the two readings till the reset was believed are not known: 40 of 60 m3.
    assert sum(one.depth_mm for one in field.store.events()) == pytest.approx((60 + 40) / 20, abs=0.02)
    assert "began to count anew" in notes[0]
    assert all(one.depth_mm > 0 for one in field.store.events())


def test_a_probe_in_the_air_or_under_water_leaves_the_balance_alone(field: Field) -> None:
    field.live(11, soil=0.0)
    field.live(24, soil=0.95)
    field.deliver()
    field.night()
    assert field.store.observations(NOW - timedelta(days=1), NOW + timedelta(days=3)) == ()
    (word,) = [one for one in field.store.sensor_words("p1") if one.name.sensor_id == PROBE.id]
    assert (word.reading.value, word.reading.quality) == (0.95, "implausible")


def test_a_gateway_that_lost_its_power_keeps_what_it_read(field: Field) -> None:
    field.live(3, flow_m3_h=50.0)
    field.sensing = field.site.start()
    field.live(3)
    field.deliver()
    field.night()
    assert sum(one.depth_mm for one in field.store.events()) == pytest.approx(7.5, abs=0.5)
