"""Soil water of one parcel on one day, as it is stored, served and written by ``seguia balance``."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from cloud.bounds import Fraction, NonNegative, Positive
from cloud.records import Identifier, ObservationKind, Record

SpreadCause = Literal["soil", "roots", "below", "crop", "demand", "rain", "irrigation", "start", "rest"]
"""What an estimate of soil water may be wrong about; ``demand`` is that of the air, ``rest`` what nothing explains."""


class ObservedChange(Record):
    """What one observation said, what was expected of it and what it changed; ``seen`` in the unit of its kind."""

    observed_at: AwareDatetime
    kind: ObservationKind
    source: str
    seen: float
    sigma: Positive
    expected: float
    expected_sigma: NonNegative
    correction_mm: float
    """Change of the mean depletion of the root zone."""
    suspect: bool = False
    note: str = ""


class Spread(Record):
    """How unsure the depletion of one parcel is on one day, and the share of that which each cause explains."""

    parcel_id: Identifier
    day: date
    sigma_mm: NonNegative
    shares: Mapping[SpreadCause, Fraction]
    """Shares of the variance; they add up to 1."""
    doubts: tuple[str, ...] = ()
    """Irrigation that nobody told of, or that was told and not seen, and sources not believed; one line each."""


class WaterDay(Record):
    """Soil water of one parcel on one day: the columns of ``seguia balance``."""

    parcel_id: Identifier
    day: date
    et0_mm: NonNegative
    kcb: NonNegative
    ke: NonNegative
    ks: Fraction
    etc_adj_mm: NonNegative
    rain_mm: NonNegative
    irrigation_mm: NonNegative
    runoff_mm: NonNegative
    deep_percolation_mm: NonNegative
    capillary_rise_mm: NonNegative
    root_growth_mm: float
    correction_mm: float
    root_depth_m: Positive
    field_capacity_fraction: Fraction
    wilting_point_fraction: Fraction
    total_available_mm: NonNegative
    readily_available_mm: NonNegative
    depletion_mm: float
    depletion_p10_mm: float
    depletion_p90_mm: float
    root_zone_water_mm: float
    root_zone_water_p10_mm: float
    root_zone_water_p90_mm: float
    profile_water_mm: float | None = None
    profile_water_p10_mm: float | None = None
    profile_water_p90_mm: float | None = None
    observations: tuple[ObservedChange, ...] = ()
    """What each observation of the day changed; their sum is ``correction_mm``."""
