"""A gateway's instruments in a test: sensors by a few words, a clock that is turned, lines that say what they must."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.outbox import Outbox
from edge.sensors.bus import BusUnavailableError, Sample
from edge.sensors.power_watch import PowerWatch
from edge.sensors.sensing import Instruments, Sensing, SensingTools
from edge.settings.power import PowerConfig
from edge.settings.sensor import BusConfig, SensorConfig
from edge.voice import Voice

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def sensor(**changed: Any) -> SensorConfig:  # noqa: ANN401 -- any field
    usual: dict[str, Any] = {
        "id": "soil-a/20",
        "bus": "line",
        "quantity": "soil_water_fraction",
        "parcel_id": "p1",
        "depth_from_m": 0.1,
        "depth_to_m": 0.3,
        "address": "1",
        "place": "input:0",
    }
    return SensorConfig.model_validate({**usual, **changed})


def meter(**changed: Any) -> SensorConfig:  # noqa: ANN401 -- any field
    usual = {"id": "meter", "quantity": "water_m3", "depth_from_m": None, "depth_to_m": None, "most_per_h": 60.0}
    return sensor(**{**usual, **changed})


@dataclass
class Time:
    """Both clocks of a gateway, turned by hand."""

    at: datetime = NOW
    up_s: float = 1000.0
    boot: str = "machine-1"
    synchronised: bool = True

    def clock(self) -> Clock:
        return Clock(
            now=lambda: self.at,
            monotonic_s=lambda: self.up_s,
            synchronised=lambda: self.synchronised,
            boot=lambda: self.boot,
        )

    def pass_s(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.up_s += seconds


@dataclass
class ScriptedBus:
    """A line that answers from a table; None: the whole line is dead."""

    numbers: dict[str, float | None] = field(default_factory=dict)
    dead: bool = False
    listens: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    given: list[Sample] = field(default_factory=list)
    kept: int = 0
    closed: int = 0

    def read(self, sensors: Sequence[SensorConfig]) -> list[Sample]:
        self.asked.append(tuple(one.id for one in sensors))
        if self.dead:
            raise BusUnavailableError("bus line: expected a line, got none")
        if self.listens:
            given, self.given = self.given, []
            return given
        return [
            Sample(sensor_id=one.id, raw=raw, trouble="no answer" if raw is None else None)
            for one in sensors
            for raw in [self.numbers.get(one.id)]
        ]

    def keep(self) -> None:
        self.kept += 1

    def close(self) -> None:
        self.closed += 1


@dataclass
class Site:
    """A gateway with instruments and nothing else."""

    folder: Path
    sensors: tuple[SensorConfig, ...]
    power: PowerConfig = field(default_factory=PowerConfig)
    time: Time = field(default_factory=Time)
    bus: Any = field(default_factory=ScriptedBus)
    kind: str = "modbus_tcp"
    said: list[str] = field(default_factory=list)
    report_every_s: float = 900.0
    opened: list[Outbox] = field(default_factory=list)

    def start(self) -> Sensing:
        """Begin, as after a power cut when it was begun before."""
        clock = self.time.clock()
        voice = Voice(self.said.append)
        outbox = Outbox(self.folder / "outbox.sqlite", clock=clock, now=clock.now, tell=self.said.append)
        self.opened.append(outbox)
        self.watch = PowerWatch(self.power, outbox, clock, voice)
        line = BusConfig.model_validate({"name": "line", "kind": self.kind})
        instruments = Instruments(buses=(line,), sensors=self.sensors, report_every_s=self.report_every_s)
        open_bus: Callable[[BusConfig], Any] = lambda _: self.bus  # noqa: E731 -- the line of the test, whatever is asked
        tools = SensingTools(outbox=outbox, clock=clock, voice=voice, power=self.watch, open_bus=open_bus)
        return Sensing(instruments, tools)

    @property
    def outbox(self) -> Outbox:
        return self.opened[-1]

    def close(self) -> None:
        for outbox in self.opened:
            outbox.close()
