"""What an installer writes about instruments: units, places, and every slip told with its way out."""

from typing import Any

import pytest
from pydantic import ValidationError

from edge.config import GatewayConfig
from edge.errors import ConfigurationError
from edge.reading import CODES
from edge.sensors.places import Path, Register, Value, check_places, path_of, register_of, value_of
from edge.sensors.units import UNITS, converted
from edge.settings.sensor import BusConfig
from tests.sensor_site import meter, sensor

GATEWAY: dict[str, Any] = {"organisation": "demo", "gateway_id": "gw-01"}
BUS = {"name": "line", "kind": "modbus_tcp"}


def config(**changed: Any) -> GatewayConfig:  # noqa: ANN401 -- any table
    return GatewayConfig.model_validate({**GATEWAY, **changed})


@pytest.mark.parametrize(
    ("value", "quantity", "unit", "expected"),
    [
        (21.3, "soil_water_fraction", "percent", 0.213),
        (21.3, "soil_water_fraction", None, 21.3),
        (1500.0, "water_m3", "l", 1.5),
        (2.5, "pressure_kpa", "bar", 250.0),
        (30.0, "pressure_kpa", "psi", 206.84271),
        (10.0, "pressure_kpa", "m_water", 98.0665),
        (10.0, "flow_m3_h", "l_s", 36.0),
        (5.0, "flow_m3_h", "l_min", 0.3),
        (77.0, "air_temperature_c", "fahrenheit", 25.0),
        (298.15, "soil_temperature_c", "kelvin", 25.0),
        (0.5, "rain_mm", "inch", 12.7),
        (36.0, "wind_speed_m_s", "km_h", 10.0),
        (12650.0, "battery_v", "mv", 12.65),
        (85.0, "battery_fraction", "percent", 0.85),
        (1400.0, "soil_salinity_ds_m", "us_cm", 1.4),
    ],
)
def test_units_become_the_quantitys_own(value: float, quantity: Any, unit: str | None, expected: float) -> None:  # noqa: ANN401 -- a literal of the table
    assert converted(value, quantity, unit) == pytest.approx(expected)


def test_every_quantity_has_a_unit_that_changes_nothing() -> None:
    assert set(UNITS) == set(CODES)
    assert all(any(one(3.5) == 3.5 for one in units.values()) for units in UNITS.values())


def test_places_on_each_line() -> None:
    assert register_of(sensor(address="17", place="holding:40")) == Register(unit=17, table="holding", address=40)
    assert value_of(sensor(address="c", place="MC2:3")) == Value(address="c", command="MC2", number=3)
    eui = sensor(address="A84041000181C061", place="soil.vwc_20")
    assert path_of(eui) == Path(eui="a84041000181c061", keys=("soil", "vwc_20"))


@pytest.mark.parametrize(
    ("kind", "changed", "words"),
    [
        ("modbus_tcp", {"place": "coil:3"}, "place: expected holding:ADDRESS"),
        ("modbus_tcp", {"place": "input:70000"}, "0 to 65535"),
        ("modbus_rtu", {"address": "0"}, "Modbus unit, 1 to 247"),
        ("modbus_rtu", {"address": "ab"}, "Modbus unit"),
        ("sdi12", {"place": "M:0"}, "COMMAND:N"),
        ("sdi12", {"place": "X1:1"}, "COMMAND:N"),
        ("sdi12", {"address": "10", "place": "M:1"}, "one letter or digit"),
        ("chirpstack", {"address": "zz", "place": "a"}, "16 hex digits"),
        ("chirpstack", {"address": "a" * 16, "place": "a..b"}, "a path such as"),
    ],
)
def test_a_place_of_another_kind_is_refused(kind: str, changed: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        check_places(BusConfig.model_validate({"name": "line", "kind": kind}), (sensor(**changed),))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"unit": "furlong"}, "expected one of fraction, percent"),
        ({"depth_to_m": None}, "needs depth_from_m and depth_to_m"),
        ({"depth_from_m": 0.5}, "expected depth_to_m below"),
        ({"least": 0.4, "most": 0.3}, "expected least below most"),
        ({"scale": 0.0}, "another number than 0"),
        ({"parcel_id": "p" * 80, "instrument": "i" * 32}, "at most 110 bytes"),
        ({"id": "with space"}, "pattern"),
        ({"every": 5}, "Extra inputs"),
    ],
)
def test_a_sensor_that_makes_no_sense_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        sensor(**changed)


def test_an_error_is_stated_or_typical_of_its_kind_and_else_unknown() -> None:
    assert sensor().stated_sigma == 0.03
    assert sensor(sigma=0.012).stated_sigma == 0.012
    assert meter().stated_sigma == 0.05
    assert sensor(quantity="pressure_kpa").stated_sigma is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"bus": [BUS, BUS]}, "is named twice"),
        ({"bus": [BUS], "sensor": [sensor().model_dump()] * 2}, "stands twice"),
        ({"bus": [], "sensor": [sensor().model_dump()]}, "expected the name of a"),
        ({"power": {"battery_sensor": "none"}}, "expected the id of a battery's"),
        ({"power": {"empty_v": 11.0}}, "belong together"),
        ({"power": {"empty_v": 12.0, "full_v": 11.0}}, "expected full_v above"),
        ({"power": {"latitude": 30.0}}, "belong together"),
        ({"power": {"lean_below": 0.2}}, "sleep_below < survive_below < lean_below"),
        ({"bus": [{**BUS, "password_file": "p"}]}, "password_file needs username"),
        ({"bus": [{**BUS, "username": "u", "host": "example.org"}]}, "TLS"),
    ],
)
def test_instruments_that_do_not_fit_together_are_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        config(**changed)


def test_a_battery_by_its_voltage_needs_its_ends() -> None:
    battery = sensor(
        id="battery", quantity="battery_v", parcel_id=None, depth_from_m=None, depth_to_m=None
    ).model_dump()
    tables = {"bus": [BUS], "sensor": [battery]}
    with pytest.raises(ValidationError, match=r"needs power.empty_v"):
        config(**tables, power={"battery_sensor": "battery"})
    ends = {"battery_sensor": "battery", "empty_v": 11.5, "full_v": 12.7}
    assert config(**tables, power=ends).power.full_v == 12.7


def test_ports_by_kind() -> None:
    kinds = {"modbus_tcp": 502, "chirpstack": 1883}
    for kind, port in kinds.items():
        assert BusConfig.model_validate({"name": "a", "kind": kind}).port_in_use == port
    assert BusConfig.model_validate({"name": "a", "kind": "chirpstack", "port": 1999}).port_in_use == 1999
    assert BusConfig.model_validate({"name": "a", "kind": "sdi12"}).is_serial
