"""Soil water of one parcel on one day, as it is stored, served and written by ``seguia balance``."""

from datetime import date

from cloud.records import Fraction, Identifier, NonNegative, Positive, Record


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
