"""Instruments on Modbus, by TCP or by an RS-485 line: registers read in runs, one question for neighbours."""

import struct
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, Protocol

from edge.errors import ConfigurationError
from edge.sensors.bus import BusUnavailableError, Sample
from edge.sensors.places import Register, register_of
from edge.settings.sensor import BusConfig, SensorConfig

_LONGEST_RUN: Final = 100
"""Registers in one question; the protocol allows 125."""
_LARGEST_HOLE: Final = 8
"""Registers between two of a run that nobody asked for."""
_FORMATS: Final = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "uint64": ">Q",
    "float32": ">f",
    "float64": ">d",
}
_PARITIES: Final = {"none": "N", "even": "E", "odd": "O"}


class Client(Protocol):
    """What is needed of a Modbus client."""

    @property
    def connected(self) -> bool:
        """Whether the line is open."""

    def connect(self) -> bool:
        """Open it; whether that could be done."""

    def close(self) -> Any:  # noqa: ANN401 -- the library does not say
        """Let go of it."""

    def read_holding_registers(self, address: int, *, count: int = 1, device_id: int = 1) -> Any:  # noqa: ANN401 -- the library's own answers
        """Ask for registers that can be written too."""

    def read_input_registers(self, address: int, *, count: int = 1, device_id: int = 1) -> Any:  # noqa: ANN401 -- as above
        """Ask for registers that can only be read."""


class ModbusBus:
    """A Modbus server over TCP, or the units of an RS-485 line."""

    listens = False

    def __init__(self, bus: BusConfig) -> None:
        self._bus = bus
        self._client: Client | None = None

    def read(self, sensors: Sequence[SensorConfig]) -> list[Sample]:
        """Ask these sensors; a unit that does not answer costs its own sensors, a dead line costs all."""
        client = self._connected()
        samples: list[Sample] = []
        for run in _runs(sensors):
            samples += self._read_run(client, run)
        return samples

    def keep(self) -> None:
        """Nothing is held back: what is lost is read again."""

    def close(self) -> None:
        """Let go of the line."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connected(self) -> Client:
        if self._client is None:
            self._client = _client_of(self._bus)
        if not self._client.connected and not self._client.connect():
            where = str(self._bus.device) if self._bus.is_serial else f"{self._bus.host}:{self._bus.port_in_use}"
            raise BusUnavailableError(
                f"bus {self._bus.name}: expected a Modbus line at {where}, got none; check its power and address"
            )
        return self._client

    def _read_run(self, client: Client, run: "_Run") -> list[Sample]:
        from pymodbus.exceptions import ModbusException  # noqa: PLC0415 -- an optional part, loaded where it is used

        ask = client.read_holding_registers if run.first.table == "holding" else client.read_input_registers
        try:
            answer = ask(run.first.address, count=run.length, device_id=run.first.unit)
        except (ModbusException, OSError) as error:
            return _silent(run, f"no answer ({str(error) or type(error).__name__})")
        if answer.isError():
            return _silent(run, f"unit {run.first.unit} refused registers {run.first.address}+{run.length} ({answer})")
        if len(answer.registers) < run.length:
            return _silent(run, f"unit {run.first.unit} answered {len(answer.registers)} of {run.length} registers")
        return [_sample(sensor, place, run, answer.registers) for sensor, place in run.wanted]


class _Run:
    """Neighbouring registers of one unit, asked for at once."""

    def __init__(self, sensor: SensorConfig, place: Register) -> None:
        self.first = place
        self.wanted = [(sensor, place)]
        self.length = _words(sensor)

    def take(self, sensor: SensorConfig, place: Register) -> bool:
        """Whether the run reaches to this place now."""
        begins = place.address - self.first.address
        length = max(self.length, begins + _words(sensor))
        if begins - self.length > _LARGEST_HOLE or length > _LONGEST_RUN:
            return False
        self.wanted.append((sensor, place))
        self.length = length
        return True


def _runs(sensors: Sequence[SensorConfig]) -> list[_Run]:
    tables: dict[tuple[int, str], list[tuple[Register, SensorConfig]]] = defaultdict(list)
    for sensor in sensors:
        place = register_of(sensor)
        tables[place.unit, place.table].append((place, sensor))
    runs: list[_Run] = []
    for wanted in tables.values():
        first = len(runs)
        for place, sensor in sorted(wanted, key=lambda pair: (pair[0].address, pair[1].id)):
            if len(runs) == first or not runs[-1].take(sensor, place):
                runs.append(_Run(sensor, place))
    return runs


def _words(sensor: SensorConfig) -> int:
    return struct.calcsize(_FORMATS[sensor.data_type]) // 2


def _sample(sensor: SensorConfig, place: Register, run: _Run, registers: Sequence[int]) -> Sample:
    begins = place.address - run.first.address
    words = list(registers[begins : begins + _words(sensor)])
    if sensor.swapped_words:
        words.reverse()
    (value,) = struct.unpack(_FORMATS[sensor.data_type], struct.pack(f">{len(words)}H", *words))
    return Sample(sensor_id=sensor.id, raw=float(value))


def _silent(run: _Run, trouble: str) -> list[Sample]:
    return [Sample(sensor_id=sensor.id, raw=None, trouble=trouble) for sensor, _ in run.wanted]


def _client_of(bus: BusConfig) -> Client:
    try:
        from pymodbus.client import ModbusSerialClient, ModbusTcpClient  # noqa: PLC0415 -- an optional part
    except ImportError as error:
        raise ConfigurationError(
            f"bus {bus.name}: Modbus needs the extra edge-sensors; try: pip install '.[edge-sensors]' in a checkout"
        ) from error
    if bus.kind == "modbus_tcp":
        return ModbusTcpClient(bus.host, port=bus.port_in_use, timeout=bus.timeout_s, retries=1)
    try:
        return ModbusSerialClient(
            str(bus.device),
            baudrate=bus.baud_rate,
            parity=_PARITIES[bus.parity],
            timeout=bus.timeout_s,
            retries=1,
        )
    except RuntimeError as error:
        raise ConfigurationError(
            f"bus {bus.name}: a serial line needs the extra edge-sensors; install it with:"
            " pip install '.[edge-sensors]' in a checkout"
        ) from error
