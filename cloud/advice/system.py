"""What an irrigation system can give in one event, where the parcel's file does not say.

The default depths are rounded field-practice values per method (FAO Irrigation Water Management Training Manuals 4
and 5); the efficiency is the one the water balance itself uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.plots import METHOD_EFFICIENCY
from cloud.agronomy.salinity import TOLERANCES, leaching_requirement
from cloud.records import Method, Parcel

LARGEST_LEACHING: Final = 0.30
"""FAO-29: beyond this, another crop or another water is the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLimits:
    """Gross depth of one event [mm] and application efficiency [-]."""

    min_mm: float
    max_mm: float
    efficiency: float
    """Share of the gross depth that enters the root zone."""
    leaching: float = 0.0
    """Share of what enters that must pass the roots to carry salt away."""

    @property
    def stored_fraction(self) -> float:
        """Share of the gross depth that is meant to stay in the root zone."""
        return self.efficiency * (1.0 - self.leaching)


USUAL_MM: Final[Mapping[Method, tuple[float, float]]] = {
    "drip": (3.0, 25.0),
    "sprinkler": (8.0, 50.0),
    "furrow": (15.0, 100.0),
    "basin": (20.0, 120.0),
}
"""Smallest and largest usual gross depth of one event."""
USUAL_BY_TURN_MM: Final[Mapping[Method, float]] = {"drip": 50.0, "sprinkler": 100.0, "furrow": 150.0, "basin": 180.0}
"""Largest usual gross depth where water comes from a canal, by turn: two sets of pipes after each other within the
turn, and half as much again where water runs over the ground. What the turn brings binds as well."""


def limits_of(parcel: Parcel) -> SystemLimits:
    """Limits of a parcel's system: its own values, else the method's; the maximum is never below the minimum."""
    system = parcel.irrigation
    usual_min_mm, usual_max_mm = USUAL_MM[system.method]
    if parcel.water.canal is not None:
        usual_max_mm = USUAL_BY_TURN_MM[system.method]
    max_mm = usual_max_mm if system.max_mm is None else system.max_mm
    min_mm = min(usual_min_mm, max_mm) if system.min_mm is None else system.min_mm
    return SystemLimits(
        min_mm=min_mm,
        max_mm=max(min_mm, max_mm),
        efficiency=METHOD_EFFICIENCY[system.method] if system.efficiency is None else system.efficiency,
        leaching=leaching_of(parcel),
    )


def leaching_of(parcel: Parcel) -> float:
    """Leaching requirement of a parcel's water and crop (FAO-29 eq. 9), 0 where its salt or the tolerance is unknown.

    Where no leaching would keep the yield, and beyond LARGEST_LEACHING, more of it only wastes water.
    """
    water = parcel.water.salinity_ds_m
    tolerance = TOLERANCES.get(find_crop(parcel.crop).name)
    if water is None or tolerance is None:
        return 0.0
    share = leaching_requirement(water, tolerance.threshold_ds_m)
    return LARGEST_LEACHING if share is None else min(share, LARGEST_LEACHING)
