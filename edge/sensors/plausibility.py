"""How far an instrument's number can be believed: within what can be, moving at all, no faster than it could. Pure.

A number is never corrected and never dropped: it is told with its quality. One that jumps is not believed until the
next one stands by it; a counter that begins anew says so once, since what passed meanwhile is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from edge.reading import COUNTERS, Quality, Quantity
from edge.settings.sensor import SensorConfig

_HOUR_S: Final = 3600.0
_STILL_READINGS: Final = 5
"""So many equal numbers at least before an instrument is said to stand still."""
_NEAR_THE_TOP: Final = 0.9
_LEAST_GAP_H: Final = 0.25
"""Two readings close together may differ by what a quarter of an hour allows: numbers come in steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What can be believed of a quantity, in its unit."""

    least: float
    most: float
    stuck_after_h: float = 0.0
    """0: it may honestly stand still for ever."""
    most_per_h: float | None = None
    """Fastest change that can be; of a counter, the most that it counts."""


EXPECTATIONS: Final[Mapping[Quantity, Expectation]] = {
    "soil_water_fraction": Expectation(least=0.02, most=0.7, stuck_after_h=168.0),
    "soil_temperature_c": Expectation(least=-20.0, most=65.0, stuck_after_h=168.0, most_per_h=15.0),
    "soil_tension_kpa": Expectation(least=0.0, most=3000.0, stuck_after_h=168.0),
    "soil_salinity_ds_m": Expectation(least=0.0, most=50.0),
    "water_m3": Expectation(least=0.0, most=1e9, most_per_h=1000.0),
    "flow_m3_h": Expectation(least=0.0, most=5000.0),
    "pressure_kpa": Expectation(least=-100.0, most=2500.0),
    "rain_mm": Expectation(least=0.0, most=1e6, most_per_h=300.0),
    "air_temperature_c": Expectation(least=-40.0, most=60.0, stuck_after_h=12.0, most_per_h=25.0),
    "relative_humidity_percent": Expectation(least=1.0, most=105.0, stuck_after_h=48.0),
    "wind_speed_m_s": Expectation(least=0.0, most=75.0, stuck_after_h=72.0),
    "radiation_w_m2": Expectation(least=-20.0, most=1600.0, stuck_after_h=24.0),
    "battery_v": Expectation(least=0.5, most=1000.0),
    "battery_fraction": Expectation(least=0.0, most=1.0),
}
"""By judgement, wide: what lies outside is no measurement. Soil: below 0.02 a probe stands in air, above 0.7 in water;
the greatest rain ever measured in an hour is 305 mm (Holt, Missouri, 1947)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is remembered of an instrument between two readings."""

    good: float | None = None
    """Last number that was believed."""
    suspect: float | None = None
    """A number that jumped, until the next one stands by it or not."""
    last: float | None = None
    still_s: float = 0.0
    """For how long ``last`` has not moved, by a clock that nobody sets."""
    still_count: int = 0
    turns: int = 0
    """How often the counter has passed its largest number and begun at 0 again."""


NO_PAST: Final = Past()


def expectation_of(sensor: SensorConfig) -> Expectation:
    """What can be believed of a sensor: by its settings, else by its quantity."""
    usual = EXPECTATIONS[sensor.quantity]
    return Expectation(
        least=usual.least if sensor.least is None else sensor.least,
        most=usual.most if sensor.most is None else sensor.most,
        stuck_after_h=usual.stuck_after_h if sensor.stuck_after_h is None else sensor.stuck_after_h,
        most_per_h=usual.most_per_h if sensor.most_per_h is None else sensor.most_per_h,
    )


def unrolled(value: float, sensor: SensorConfig, past: Past) -> tuple[float, Past]:
    """A counter's number with the turns that it has made, where the sensor says at which number it turns over."""
    top = sensor.rolls_over_at
    if top is None:
        return value, past
    total = value + past.turns * top
    before = None if past.good is None else past.good - past.turns * top
    if before is not None and before >= _NEAR_THE_TOP * top and value <= (1.0 - _NEAR_THE_TOP) * top:
        return total + top, replace(past, turns=past.turns + 1)
    return total, past


def judged(value: float, gap_s: float | None, sensor: SensorConfig, past: Past) -> tuple[Quality, Past]:
    """Quality of a number, and what to remember of it.

    ``gap_s`` is the time since the reading before [s] by a clock that nobody sets, None where it is not known.
    """
    expected = expectation_of(sensor)
    if not expected.least <= value <= expected.most:
        # It neither moved nor stood still: it measured nothing.
        return "implausible", replace(past, last=None, still_s=0.0, still_count=0)
    past = _stood(value, gap_s, past)
    stands = past.still_count >= _STILL_READINGS and past.still_s >= expected.stuck_after_h * _HOUR_S
    if expected.stuck_after_h and stands:
        return "stuck", past
    return _moved(value, gap_s, (expected, sensor.quantity in COUNTERS), past)


def _stood(value: float, gap_s: float | None, past: Past) -> Past:
    if past.last is None or value != past.last:
        return replace(past, last=value, still_s=0.0, still_count=1)
    return replace(past, still_s=past.still_s + (gap_s or 0.0), still_count=past.still_count + 1)


def _moved(value: float, gap_s: float | None, kind: tuple[Expectation, bool], past: Past) -> tuple[Quality, Past]:
    expected, counts = kind
    accepted = replace(past, good=value, suspect=None)
    if past.good is None or _may_follow(past.good, value, gap_s, expected.most_per_h, counts=counts):
        return "good", accepted
    if past.suspect is not None and _may_follow(past.suspect, value, gap_s, expected.most_per_h, counts=counts):
        return "reset" if counts else "good", accepted
    return "jump", replace(past, suspect=value)


def _may_follow(before: float, value: float, gap_s: float | None, most_per_h: float | None, *, counts: bool) -> bool:
    change = value - before
    if counts and change < 0.0:
        return False
    if most_per_h is None or gap_s is None:
        return True
    return abs(change) <= most_per_h * max(gap_s / _HOUR_S, _LEAST_GAP_H)
