"""Where on its line an instrument's number stands, as an installer writes it. Pure."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from edge.errors import ConfigurationError
from edge.settings.sensor import BusConfig, SensorConfig

_REGISTER: Final = re.compile(r"(holding|input):([0-9]{1,5})")
_VALUE: Final = re.compile(r"(MC?[1-9]?|CC?[1-9]?|RC?[0-9]):([0-9]{1,2})")
_SDI12_ADDRESS: Final = re.compile(r"[0-9a-zA-Z]")
_EUI: Final = re.compile(r"[0-9a-fA-F]{16}")
_PATH: Final = re.compile(r"[^.\s]+(\.[^.\s]+)*")
_LAST_REGISTER: Final = 65535
_LAST_UNIT: Final = 247


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A Modbus register of a unit."""

    unit: int
    table: Literal["holding", "input"]
    address: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The n-th value that an SDI-12 instrument gives on a command."""

    address: str
    command: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A key, or a key within keys, of what a LoRaWAN device's codec made of its message."""

    eui: str
    keys: tuple[str, ...]


def register_of(sensor: SensorConfig) -> Register:
    """Register that a sensor names; ConfigurationError when it names none."""
    found = _REGISTER.fullmatch(sensor.place)
    if found is None or int(found[2]) > _LAST_REGISTER:
        raise _wrong(sensor, "place", "holding:ADDRESS or input:ADDRESS, 0 to 65535", sensor.place)
    if not sensor.address.isdecimal() or not 1 <= int(sensor.address) <= _LAST_UNIT:
        raise _wrong(sensor, "address", f"a Modbus unit, 1 to {_LAST_UNIT}", sensor.address)
    return Register(
        unit=int(sensor.address), table="holding" if found[1] == "holding" else "input", address=int(found[2])
    )


def value_of(sensor: SensorConfig) -> Value:
    """SDI-12 value that a sensor names; ConfigurationError when it names none."""
    found = _VALUE.fullmatch(sensor.place)
    if found is None or int(found[2]) < 1:
        raise _wrong(sensor, "place", "COMMAND:N such as M:1, C2:1 or R0:1", sensor.place)
    if _SDI12_ADDRESS.fullmatch(sensor.address) is None:
        raise _wrong(sensor, "address", "one letter or digit", sensor.address)
    return Value(address=sensor.address, command=found[1], number=int(found[2]))


def path_of(sensor: SensorConfig) -> Path:
    """LoRaWAN device and key that a sensor names; ConfigurationError when it names none."""
    if _EUI.fullmatch(sensor.address) is None:
        raise _wrong(sensor, "address", "a devEUI of 16 hex digits", sensor.address)
    if _PATH.fullmatch(sensor.place) is None:
        raise _wrong(sensor, "place", "a path such as soil.vwc_20", sensor.place)
    return Path(eui=sensor.address.lower(), keys=tuple(sensor.place.split(".")))


def check_places(bus: BusConfig, sensors: tuple[SensorConfig, ...]) -> None:
    """Refuse sensors of a bus whose place is none of its kind, before anything is read."""
    for sensor in sensors:
        if bus.kind == "sdi12":
            value_of(sensor)
        elif bus.kind == "chirpstack":
            path_of(sensor)
        else:
            register_of(sensor)


def _wrong(sensor: SensorConfig, key: str, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(f"sensor {sensor.id}: {key}: expected {expected}, got {got!r}; correct it")
