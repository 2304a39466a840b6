"""The worker that reads instruments: each when it is due, kept durably, then queued in batches."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from edge.belief import Believed
from edge.clock import Clock
from edge.errors import ConfigurationError, StoreUnavailableError
from edge.heartbeat import SensorState
from edge.outbox import Outbox
from edge.reading import Quality, Reading
from edge.sensors.book import Kept, SensorBook
from edge.sensors.bus import Bus, BusUnavailableError, Sample
from edge.sensors.chirpstack import ChirpstackBus
from edge.sensors.modbus import ModbusBus
from edge.sensors.places import check_places
from edge.sensors.plausibility import judged, unrolled
from edge.sensors.power_watch import PowerWatch
from edge.sensors.sdi12 import Sdi12Bus
from edge.sensors.units import converted
from edge.settings.sensor import BusConfig, SensorConfig
from edge.timekeeper import Timekeeper
from edge.voice import Voice

_BUS_PAUSES_S: Final = (10.0, 30.0, 60.0, 300.0)
_LISTEN_EVERY_S: Final = 2.0
_FORGET_EVERY_S: Final = 3600.0
_SILENT_INTERVALS: Final = 3.0
"""A sensor that gave no number for so many of its intervals is silent."""
_DOUBTS: Final[dict[Quality, str]] = {
    "implausible": "lies outside what can be",
    "stuck": "has not moved at all for too long",
    "jump": "jumped faster than it can",
    "reset": "begins to count anew; what passed meanwhile is not known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SensingTools:
    """What the reading of sensors takes from the world; tests put their own in."""

    outbox: Outbox
    clock: Clock
    voice: Voice
    power: PowerWatch
    open_bus: Callable[[BusConfig], Bus]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What is to be read, and how soon what was read is sent."""

    buses: tuple[BusConfig, ...]
    sensors: tuple[SensorConfig, ...]
    report_every_s: float = 900.0


class _Shelf:
    """One line with its sensors, and when each is due."""

    def __init__(self, bus: Bus, name: str, sensors: Sequence[SensorConfig], now_s: float) -> None:
        self.bus, self.name, self.sensors = bus, name, tuple(sensors)
        self.due_s = {sensor.id: now_s for sensor in sensors}
        self.failures = 0
        self.again_s = now_s

    def due(self, now_s: float) -> list[SensorConfig]:
        if now_s < self.again_s:
            return []
        if self.bus.listens:
            return list(self.sensors)
        return [sensor for sensor in self.sensors if self.due_s[sensor.id] <= now_s]

    def done(self, sensors: Sequence[SensorConfig], now_s: float, factor: float) -> None:
        self.failures = 0
        if self.bus.listens:
            self.again_s = now_s + _LISTEN_EVERY_S
        for sensor in sensors:
            self.due_s[sensor.id] = now_s + sensor.every_s * factor

    def failed(self, now_s: float) -> None:
        self.again_s = now_s + _BUS_PAUSES_S[min(self.failures, len(_BUS_PAUSES_S) - 1)]
        self.failures += 1


class Sensing:
    """Reads all sensors of a gateway; one thread alone calls ``step`` again and again."""

    def __init__(self, instruments: Instruments, tools: SensingTools) -> None:
        self._instruments = instruments
        self._clock, self._voice, self._power = tools.clock, tools.voice, tools.power
        self.book = SensorBook(tools.outbox)
        self._timekeeper = Timekeeper(tools.outbox.database, tools.clock)
        self._by_id = {sensor.id: sensor for sensor in instruments.sensors}
        by_bus: dict[str, list[SensorConfig]] = defaultdict(list)
        for sensor in instruments.sensors:
            by_bus[sensor.bus].append(sensor)
        now_s = self._clock.monotonic_s()
        self._shelves = []
        for bus in instruments.buses:
            check_places(bus, tuple(by_bus[bus.name]))
            self._shelves.append(_Shelf(tools.open_bus(bus), bus.name, by_bus[bus.name], now_s))
        self._began_s = now_s
        self._numbers_s: dict[str, float] = {}
        self._wrong: dict[str, str] = {}
        self._send_due_s = now_s + instruments.report_every_s
        self._forget_due_s = now_s
        self.turned_at_s = now_s
        """When ``step`` was last called [monotonic s]."""

    def step(self) -> bool:
        """One turn: ask who is due, hear who speaks, queue what waits; always False, since nothing is in a hurry."""
        self.turned_at_s = now_s = self._clock.monotonic_s()
        for shelf in self._shelves:
            self._read(shelf, shelf.due(now_s), now_s)
        self._note_silence()
        self._send(now_s)
        if now_s >= self._forget_due_s:
            self._forget_due_s = now_s + _FORGET_EVERY_S
            self.book.forget_old(self._clock.now())
        return False

    def close(self) -> None:
        """Let go of all lines; another step opens them anew."""
        for shelf in self._shelves:
            shelf.bus.close()

    def state(self) -> SensorState:
        """How the instruments are, for a heartbeat."""
        wrong = tuple(self._wrong.items())
        first = f"{wrong[0][0]}: {wrong[0][1]}"[:120] if wrong else None
        return SensorState(count=len(self._by_id), wrong=len(wrong), trouble=first)

    def _read(self, shelf: _Shelf, due: Sequence[SensorConfig], now_s: float) -> None:
        if not due:
            return
        subject = f"sensors {shelf.name}"
        try:
            samples = shelf.bus.read(due)
        except (BusUnavailableError, ConfigurationError) as error:
            shelf.failed(now_s)
            self._voice.trouble(subject, str(error))
            return
        self._voice.over(subject, f"bus {shelf.name}: speaks again")
        try:
            kept = self._judge(samples, self._timekeeper.believed_now())
            if kept:
                self.book.keep(kept, self._clock.now())
        except StoreUnavailableError:
            shelf.bus.close()  # a broker then says again what was not kept
            raise
        for one in kept:
            self._power.hear(one.reading)
        shelf.bus.keep()
        shelf.done(due, now_s, self._power.duty.sensing_factor)

    def _judge(self, samples: Sequence[Sample], believed: Believed) -> list[Kept]:
        kept: list[Kept] = []
        for sample in samples:
            if sample.name is not None and (
                self.book.heard(sample.name) or any(one.name == sample.name for one in kept)
            ):
                continue
            sensor = self._by_id[sample.sensor_id]
            if sample.raw is None or sample.raw in sensor.no_value:
                self._doubt(sensor, sample.trouble or f"says that it has no value ({sample.raw})")
                continue
            one = self._kept(sensor, sample, believed, kept)
            self._tell(sensor, one.reading)
            kept.append(one)
        return kept

    def _kept(self, sensor: SensorConfig, sample: Sample, believed: Believed, before: Sequence[Kept]) -> Kept:
        assert sample.raw is not None, "only a number comes here"
        now_s = self._clock.monotonic_s()
        value = converted(sample.raw * sensor.scale + sensor.offset, sensor.quantity, sensor.unit)
        # Of several numbers that come at once, each is compared with the one before it.
        past = next((one.past for one in reversed(before) if one.reading.sensor_id == sensor.id), None)
        value, past = unrolled(value, sensor, self.book.past(sensor.id) if past is None else past)
        last_s = self._numbers_s.get(sensor.id)
        quality, past = judged(_bounded(value), None if last_s is None else now_s - last_s, sensor, past)
        self._numbers_s[sensor.id] = now_s
        at = _moment(sample, believed)
        uptime_s = int(self._clock.uptime_s()) if at is None else None
        reading = sensor.reading(value=_bounded(value), at=at, uptime_s=uptime_s, quality=quality)
        return Kept(reading=reading, past=past, name=sample.name)

    def _tell(self, sensor: SensorConfig, reading: Reading) -> None:
        if reading.quality == "good":
            self._wrong.pop(sensor.id, None)
            self._voice.over(f"sensor {sensor.id}", f"sensor {sensor.id}: can be believed again")
            return
        self._doubt(sensor, f"{reading.value:g} {_DOUBTS[reading.quality]}; kept, not believed")

    def _doubt(self, sensor: SensorConfig, why: str) -> None:
        self._wrong[sensor.id] = why
        self._voice.trouble(f"sensor {sensor.id}", f"sensor {sensor.id}: {why}")

    def _note_silence(self) -> None:
        now_s, factor = self._clock.monotonic_s(), self._power.duty.sensing_factor
        for sensor in self._instruments.sensors:
            silent_s = now_s - self._numbers_s.get(sensor.id, self._began_s)
            if silent_s > _SILENT_INTERVALS * sensor.every_s * factor and sensor.id not in self._wrong:
                self._doubt(sensor, f"gave no number for {silent_s / 3600.0:.1f} h; check its power and wires")

    def _send(self, now_s: float) -> None:
        if now_s < self._send_due_s:
            return
        self._send_due_s = now_s + self._instruments.report_every_s * self._power.duty.sensing_factor
        self.queue_all()

    def queue_all(self) -> None:
        """Queue every reading that may go now; undated ones wait a day for a clock that can be believed."""
        boot, uptime_s = self._clock.boot(), self._clock.uptime_s()
        zero = self._timekeeper.moment_of(boot, 0.0)
        if zero is not None:
            self.book.date_undated(zero)
        while self.book.send_off(uptime_s):
            pass


def open_bus(client_id: str) -> Callable[[BusConfig], Bus]:
    """How the lines of a gateway are opened; its name tells brokers whose session it is."""

    def of(bus: BusConfig) -> Bus:
        match bus.kind:
            case "modbus_tcp" | "modbus_rtu":
                return ModbusBus(bus)
            case "sdi12":
                return Sdi12Bus(bus)
            case "chirpstack":
                return ChirpstackBus(bus, f"{client_id}-{bus.name}")

    return of


def _moment(sample: Sample, believed: Believed) -> datetime | None:
    """When a number was taken: by the line's own word where that can be, else by this gateway's clock if it can."""
    if believed.quality == "floor":
        return None
    if sample.taken_at is None:
        return believed.at
    # A network's clock that runs ahead, or whose word is from before this software, tells nothing.
    sane = believed.at - timedelta(days=30) <= sample.taken_at <= believed.at + timedelta(minutes=5)
    return min(sample.taken_at, believed.at) if sane else believed.at


def _bounded(value: float) -> float:
    """A number that the contract can carry; what is beyond it is nonsense and told as such."""
    return round(max(-1e9, min(1e9, value)), 4)
