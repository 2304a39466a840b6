"""Modbus for real: pymodbus's own server on loopback and on a serial cable of two pseudo-terminals."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from edge.config import GatewayConfig
from edge.equipment import equipment
from edge.sensors.bus import BusUnavailableError, Sample
from edge.sensors.modbus import ModbusBus
from edge.settings.sensor import BusConfig
from tests.integration.conftest import free_port
from tests.sensor_simulators import Cable, ModbusServer
from tests.sensor_site import NOW, sensor


@pytest.fixture
def server() -> Iterator[ModbusServer]:
    with ModbusServer(units=(1, 7)) as running:
        yield running


@pytest.fixture
def bus(server: ModbusServer) -> Iterator[ModbusBus]:
    made = ModbusBus(BusConfig(name="line", kind="modbus_tcp", port=server.port, timeout_s=1.0))
    yield made
    made.close()


def words_of(form: str, value: float) -> list[int]:
    octets = struct.pack(f">{form}", value)
    return list(struct.unpack(f">{len(octets) // 2}H", octets))


@pytest.mark.parametrize(
    ("data_type", "form", "value"),
    [
        ("int16", "h", -5),
        ("uint16", "H", 65_535),
        ("int32", "i", -70_000),
        ("uint32", "I", 4_000_000_000),
        ("uint64", "Q", 2**40),
        ("float32", "f", 0.25),
        ("float64", "d", 1234.5678),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_every_kind_of_number_is_read(
    server: ModbusServer,
    bus: ModbusBus,
    data_type: str,
    form: str,
    value: float,
    swapped: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    words = words_of(form, value)
    server.units[1].put(10, words[::-1] if swapped else words)
    one = sensor(place="holding:10", data_type=data_type, swapped_words=swapped)
    assert bus.read([one]) == [Sample(sensor_id=one.id, raw=float(value))]


def test_neighbours_are_asked_together_and_strangers_apart(server: ModbusServer, bus: ModbusBus) -> None:
    server.units[1].put(0, list(range(100)))
    server.units[7].put(3, [777])
    asked = [
        sensor(id="a", place="input:0"),
        sensor(id="b", place="input:4"),
        sensor(id="c", place="input:60"),
        sensor(id="d", place="holding:1"),
        sensor(id="e", place="input:3", address="7"),
    ]
    found = {one.sensor_id: one.raw for one in bus.read(asked)}
    assert found == {"a": 0.0, "b": 4.0, "c": 60.0, "d": 1.0, "e": 777.0}
    assert sorted(server.units[1].asked) == [(3, 1, 1), (4, 0, 5), (4, 60, 1)]


def test_a_unit_that_refuses_or_is_absent_costs_its_own_sensors_only(server: ModbusServer, bus: ModbusBus) -> None:
    server.units[1].put(0, [213])
    asked = [sensor(id="fine"), sensor(id="beyond", place="input:5000"), sensor(id="absent", address="9")]
    found = {one.sensor_id: one for one in bus.read(asked)}
    assert found["fine"].raw == 213.0
    for name in ("beyond", "absent"):
        assert found[name].raw is None
        assert found[name].trouble


def test_a_server_that_goes_and_comes_back(server: ModbusServer, bus: ModbusBus) -> None:
    server.units[1].put(0, [1])
    assert bus.read([sensor()])[0].raw == 1.0
    bus.close()
    assert bus.read([sensor()])[0].raw == 1.0


def test_nobody_there_is_told_with_its_address() -> None:
    port = free_port()
    bus = ModbusBus(BusConfig(name="line", kind="modbus_tcp", port=port, timeout_s=0.3))
    with pytest.raises(BusUnavailableError, match=f"expected a Modbus line at 127.0.0.1:{port}"):
        bus.read([sensor()])
    bus.close()


def test_a_serial_line_speaks_rtu() -> None:
    with Cable() as cable, ModbusServer(device=cable.there) as server:
        server.units[1].put(0, [231])
        bus = ModbusBus(BusConfig(name="line", kind="modbus_rtu", device=cable.here, timeout_s=3.0))
        assert bus.read([sensor()])[0].raw == 231.0
        bus.close()


def test_an_adaptor_that_is_not_plugged_in_is_told(tmp_path: Any) -> None:  # noqa: ANN401 -- a folder
    bus = ModbusBus(BusConfig(name="line", kind="modbus_rtu", device=tmp_path / "none", timeout_s=0.3))
    with pytest.raises(BusUnavailableError, match="expected a Modbus line at"):
        bus.read([sensor()])


def test_check_asks_each_sensor_of_a_line_that_answers(server: ModbusServer) -> None:
    server.units[1].put(0, [213])
    config = GatewayConfig.model_validate(
        {
            "organisation": "demo",
            "gateway_id": "gw-01",
            "bus": [
                {"name": "line", "kind": "modbus_tcp", "port": server.port, "timeout_s": 0.5},
                {"name": "dead", "kind": "modbus_tcp", "port": free_port()},
            ],
            "sensor": [
                sensor(scale=0.001).model_dump(),
                sensor(id="mad", place="input:1").model_dump(),
                sensor(id="gone", bus="dead").model_dump(),
            ],
        }
    )
    found = [one for one in equipment(config, NOW) if one.part in {"bus", "sensor"}]
    assert [(one.part, one.well) for one in found] == [
        ("bus", True),
        ("bus", False),
        ("sensor", True),
        ("sensor", False),
    ]
    assert found[2].text == "sensor soil-a/20: soil_water_fraction 0.213"
    assert "expected 0.02 to 0.7" in found[3].text
