"""The battery as it is watched: what was last read of it, and how much the gateway may do by that."""

from typing import Final

from edge.clock import Clock
from edge.heartbeat import PowerState
from edge.outbox import Outbox
from edge.power import DUTIES, MODES, Charge, Duty, PowerLimits, PowerMode, charge_of_voltage, next_mode
from edge.reading import Reading
from edge.schedule import Watch
from edge.settings.power import PowerConfig
from edge.sun import Place
from edge.voice import Voice

_MODE: Final = "power_mode"
_WORDS: Final[dict[PowerMode, str]] = {
    "normal": "everything goes on as usual",
    "lean": "fewer looks and messages",
    "survive": "one look a day",
    "sleep": "no looks; sensors and messages go on, rarely",
}


class PowerWatch:
    """The gateway's mode of power; without a battery that is measured it is always normal."""

    def __init__(self, power: PowerConfig, outbox: Outbox, clock: Clock, voice: Voice) -> None:
        self._power, self._database, self._clock, self._voice = power, outbox.database, clock, voice
        self._limits = PowerLimits(
            lean_below=power.lean_below,
            survive_below=power.survive_below,
            sleep_below=power.sleep_below,
            hysteresis=power.hysteresis,
            stale_after_s=power.stale_after_h * 3600.0,
        )
        self._heard: tuple[float, float] | None = None
        self._began_s = clock.monotonic_s()
        self._mode: PowerMode = "normal" if power.battery_sensor is None else self._remembered()

    @property
    def place(self) -> Place | None:
        """Where the gateway stands, if that was said."""
        if self._power.latitude is None or self._power.longitude is None:
            return None
        return Place(latitude=self._power.latitude, longitude=self._power.longitude)

    @property
    def mode(self) -> PowerMode:
        """How much may be done now."""
        if self._power.battery_sensor is None:
            return "normal"
        now_s = self._clock.monotonic_s()
        charge = None if self._heard is None else Charge(fraction=self._heard[0], age_s=now_s - self._heard[1])
        if charge is None and now_s - self._began_s < self._limits.stale_after_s:
            # Just begun: as it was before, until the battery is read.
            return self._mode
        after = next_mode(self._mode, charge, self._limits)
        if after != self._mode:
            self._mode = after
            self._remember(after)
        return after

    @property
    def duty(self) -> Duty:
        """What the mode allows."""
        return DUTIES[self.mode]

    def watch(self, window_every_s: float | None = None) -> Watch:
        """What a camera's schedule depends on now."""
        return Watch(place=self.place, mode=self.mode, window_every_s=window_every_s)

    def hear(self, reading: Reading) -> None:
        """Take note of a reading, if it is a good one of the battery."""
        if reading.sensor_id != self._power.battery_sensor or reading.quality != "good":
            return
        fraction = self._charge(reading)
        if fraction is not None:
            self._heard = (fraction, self._clock.monotonic_s())

    def state(self) -> PowerState | None:
        """How the battery is, for a heartbeat; None where none is measured."""
        if self._power.battery_sensor is None:
            return None
        if self._heard is None:
            return PowerState(mode=self.mode)
        fraction, heard_s = self._heard
        return PowerState(mode=self.mode, charge=fraction, age_s=int(self._clock.monotonic_s() - heard_s))

    def _charge(self, reading: Reading) -> float | None:
        if reading.quantity == "battery_fraction":
            return reading.value
        if reading.quantity == "battery_v" and self._power.empty_v is not None and self._power.full_v is not None:
            return charge_of_voltage(reading.value, self._power.empty_v, self._power.full_v)
        return None

    def _remembered(self) -> PowerMode:
        rows = self._database.rows("SELECT value FROM remembered WHERE name = ?", _MODE)
        return next((mode for mode in MODES if rows and rows[0][0] == mode), "lean")

    def _remember(self, mode: PowerMode) -> None:
        with self._database.transaction(durable=False) as connection:
            connection.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (_MODE, mode))
        if mode == "normal":
            self._voice.over("power", "battery: charged; everything goes on as usual")
            return
        self._voice.over("power", f"battery: {mode} now")
        self._voice.trouble("power", f"battery: low or silent: {mode}, {_WORDS[mode]}")
