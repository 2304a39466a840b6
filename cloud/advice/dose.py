"""A dose as it will be spoken: rounded once, here, so that message, map and ledger carry the same numbers.

``volume_m3 = 10 * depth_mm * area_ha`` and ``duration_h = volume_m3 / flow_m3_h``, each within its own rounding:
depth to 1 mm, volume to 1 m3, duration to 5 minutes.
"""

import math
from dataclasses import dataclass
from typing import Final

from cloud.records import Quantiles

M3_PER_MM_HA: Final = 10.0
STEPS_PER_HOUR: Final = 12
"""Five minutes."""
TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """Gross depth, volume at the inlet and time with the given flow."""

    depth_mm: Quantiles
    volume_m3: float
    duration_h: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseLimits:
    """What one event may be at most, and at least, for one parcel on one day."""

    min_mm: float
    max_mm: float
    volume_m3: float = math.inf
    hours: float = math.inf


def round_half_up(value: float, steps_per_unit: int = 1) -> float:
    """Nearest multiple of 1/steps_per_unit, halves upwards."""
    return math.floor(value * steps_per_unit + 0.5 + TOLERANCE) / steps_per_unit


def volume_of(depth_mm: float, area_ha: float) -> float:
    """Volume [m3], to 1 m3."""
    return round_half_up(M3_PER_MM_HA * depth_mm * area_ha)


def duration_of(volume_m3: float, flow_m3_h: float | None) -> float | None:
    """Time [h], to 5 minutes; None when no flow is known."""
    return None if flow_m3_h is None else round_half_up(volume_m3 / flow_m3_h, STEPS_PER_HOUR)


def dose_of(wanted_mm: Quantiles, area_ha: float, flow_m3_h: float | None, limits: DoseLimits) -> Dose | None:
    """Dose for the wanted gross depth within the limits; None when the limits leave less than the smallest event."""
    smallest_mm = math.ceil(limits.min_mm - TOLERANCE)
    largest_mm = _largest_mm(area_ha, flow_m3_h, limits)
    if largest_mm < max(smallest_mm, 1) or volume_of(largest_mm, area_ha) <= 0.0:
        return None
    p10, p50, p90 = (
        min(max(round_half_up(value), smallest_mm, 1.0), largest_mm)
        for value in (wanted_mm.p10, wanted_mm.p50, wanted_mm.p90)
    )
    volume_m3 = volume_of(p50, area_ha)
    duration_h = duration_of(volume_m3, flow_m3_h)
    if volume_m3 <= 0.0 or duration_h == 0.0:
        return None
    return Dose(depth_mm=Quantiles(p10=p10, p50=p50, p90=p90), volume_m3=volume_m3, duration_h=duration_h)


def _largest_mm(area_ha: float, flow_m3_h: float | None, limits: DoseLimits) -> float:
    """Largest whole depth [mm] whose rounded volume and time stay within the limits."""
    volume_m3 = limits.volume_m3
    if flow_m3_h is not None:
        volume_m3 = min(volume_m3, limits.hours * flow_m3_h)
    by_volume = volume_m3 / (M3_PER_MM_HA * area_ha)
    largest_mm = float(math.floor(min(limits.max_mm, by_volume) + TOLERANCE))
    while largest_mm > 0.0 and not _fits(largest_mm, area_ha, flow_m3_h, limits):
        largest_mm -= 1.0
    return largest_mm


def _fits(depth_mm: float, area_ha: float, flow_m3_h: float | None, limits: DoseLimits) -> bool:
    volume_m3 = volume_of(depth_mm, area_ha)
    duration_h = duration_of(volume_m3, flow_m3_h)
    return volume_m3 <= limits.volume_m3 + TOLERANCE and (duration_h is None or duration_h <= limits.hours + TOLERANCE)
