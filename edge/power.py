"""How much a gateway may do with the energy it has: four modes by the battery, and what each of them allows.

Pure: the battery's charge and its age in, a mode out. What is not known is never taken as full nor as empty.
"""

from dataclasses import dataclass
from typing import Final, Literal

PowerMode = Literal["normal", "lean", "survive", "sleep"]
MODES: Final[tuple[PowerMode, ...]] = ("normal", "lean", "survive", "sleep")
"""From most to least that is done."""
_FORGOTTEN_S: Final = 86_400.0
"""A battery that said nothing for a day is an instrument that failed, no longer a battery that is low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLimits:
    """Charge below which less is done, as shares of a full battery, and how much more it takes to come back."""

    lean_below: float = 0.5
    survive_below: float = 0.3
    sleep_below: float = 0.15
    hysteresis: float = 0.05
    stale_after_s: float = 21_600.0

    def needed_for(self, mode: PowerMode) -> float:
        """Least charge at which a mode is kept; 0 for the last."""
        return (self.lean_below, self.survive_below, self.sleep_below, 0.0)[MODES.index(mode)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What the battery last said, and how long ago."""

    fraction: float
    """0 empty, 1 full."""
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a mode allows."""

    window_every_s: float | None
    """Between looks within the hours of the CWSI; None: one look only, at their middle."""
    daylight_every_s: float | None
    """Between looks in other daylight; None: none."""
    looks_at_dawn: bool
    looks_at_all: bool
    sensing_factor: float
    """Sensors are read so many times more seldom."""
    uplink_every_s: float
    """Least time between two openings of a radio; 0: it may stay open."""


DUTIES: Final[dict[PowerMode, Duty]] = {
    "normal": Duty(
        window_every_s=900.0,
        daylight_every_s=3600.0,
        looks_at_dawn=True,
        looks_at_all=True,
        sensing_factor=1.0,
        uplink_every_s=0.0,
    ),
    "lean": Duty(
        window_every_s=3600.0,
        daylight_every_s=None,
        looks_at_dawn=True,
        looks_at_all=True,
        sensing_factor=2.0,
        uplink_every_s=1800.0,
    ),
    "survive": Duty(
        window_every_s=None,
        daylight_every_s=None,
        looks_at_dawn=False,
        looks_at_all=True,
        sensing_factor=4.0,
        uplink_every_s=7200.0,
    ),
    "sleep": Duty(
        window_every_s=None,
        daylight_every_s=None,
        looks_at_dawn=False,
        looks_at_all=False,
        sensing_factor=12.0,
        uplink_every_s=21_600.0,
    ),
}
"""By judgement: the radio and the camera's idling cost far more than looking at a picture does."""


def next_mode(before: PowerMode, charge: Charge | None, limits: PowerLimits) -> PowerMode:
    """Mode that follows from the battery's charge; ``charge`` None: a battery is watched, but never said anything.

    Falling through a limit counts at once; rising back needs ``hysteresis`` more. Without fresh word the gateway stays
    as it was and at least lean; after a day without one it is lean, since an instrument failed and not the battery.
    """
    if charge is None or charge.age_s > _FORGOTTEN_S:
        return "lean"
    if charge.age_s > limits.stale_after_s:
        return MODES[max(MODES.index(before), MODES.index("lean"))]
    fallen = next(mode for mode in MODES if charge.fraction >= limits.needed_for(mode))
    if MODES.index(fallen) >= MODES.index(before):
        return fallen
    risen = (mode for mode in MODES if charge.fraction >= limits.needed_for(mode) + limits.hysteresis)
    best = next(risen, "sleep")
    return MODES[min(MODES.index(before), MODES.index(best))]


def charge_of_voltage(voltage_v: float, empty_v: float, full_v: float) -> float:
    """Charge of a battery at rest by its voltage [V], straight between empty and full; within 0..1."""
    return max(0.0, min(1.0, (voltage_v - empty_v) / (full_v - empty_v)))
