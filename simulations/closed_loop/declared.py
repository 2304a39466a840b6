"""What the advisor's files say of a simulated field: never its hidden ground, and not the exact day of sowing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import numpy as np

from cloud.agronomy.crops.crop import find_crop
from cloud.records import CropParameters, FarmerReference, IrrigationSystem, Language, Parcel, Soil, WaterSource
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.fields import CROPS, EFFICIENCY, FieldSeason

SOWING_ERROR_DAYS: Final = 3
"""Largest error of the sowing day that a farmer tells: assumed."""
CYCLE_ERROR: Final = 0.05
"""Standard error of the length of the season that the seed's vendor tells: assumed."""
FARTHEST_WEST_DEG: Final = -179.0
SPACING_DEG: Final = 0.36
"""Fields lie this far apart, so that each has the weather of its own year and nobody is a neighbour."""

LANGUAGES: Final[tuple[tuple[Language, float], ...]] = (
    ("ary", 0.45),
    ("ary-Latn", 0.55),
    ("ar", 0.7),
    ("fr", 0.8),
    ("zgh", 0.9),
    ("zgh-Latn", 1.0),
)
PHONES: Final[tuple[tuple[str, float], ...]] = (("smartphone", 0.55), ("feature_phone", 0.9), ("voice_only", 1.0))
ANSWERS_BY_PHONE: Final[Mapping[str, float]] = {"smartphone": 1.1, "feature_phone": 0.95, "voice_only": 0.6}
ANSWERS_BY_LANGUAGE: Final[Mapping[str, float]] = {"zgh": 0.85, "zgh-Latn": 0.85}
"""How much more or less people answer: assumed, so that it can be seen what fewer answers do to the advice."""
LEAST_FLOW_M3_H_HA: Final = 20.0
SMALL_HA, LARGE_HA = 1.0, 3.0
MIDDLE: Final = 0.5
"""Of a canal: the nearer half to its head is the head."""


def groups_of(field: FieldSeason) -> dict[str, str]:
    """What tells the people of a field apart; drawn by the field's name, the same under every strategy."""
    generator = np.random.default_rng([field.seed, 41])
    language, phone = generator.random(2)
    size = "small" if field.area_ha < SMALL_HA else "large" if field.area_ha >= LARGE_HA else "middle"
    place = field.place_on_canal
    return {
        "size": size,
        "canal": "none" if place is None else "head" if place < MIDDLE else "tail",
        "language": next(name for name, upto in LANGUAGES if language <= upto),
        "phone": next(name for name, upto in PHONES if phone <= upto),
    }


def answers_factor(field: FieldSeason) -> float:
    """How much more often than the mean the people of a field answer."""
    groups = groups_of(field)
    return ANSWERS_BY_PHONE[groups["phone"]] * ANSWERS_BY_LANGUAGE.get(groups["language"], 1.0)


def parcel_of(field: FieldSeason, climate: Climate, place: int) -> Parcel:
    """The parcel's file: declared soil, told sowing day and length of the season, the method's usual efficiency."""
    generator = np.random.default_rng([field.seed, 42])
    off = int(generator.integers(-SOWING_ERROR_DAYS, SOWING_ERROR_DAYS + 1))
    days = CROPS[field.crop].rough_days * (1.0 + CYCLE_ERROR * float(generator.standard_normal()))
    ground = field.declared
    language = next(name for name in (one for one, _ in LANGUAGES) if name == groups_of(field)["language"])
    return Parcel(
        id=field.id,
        crop=field.crop,
        planted_on=field.nominal_sown_on + timedelta(days=off),
        latitude=climate.latitude,
        longitude=FARTHEST_WEST_DEG + SPACING_DEG * place,
        elevation_m=climate.elevation_m,
        area_ha=field.area_ha,
        timezone="UTC",
        soil=Soil(field_capacity=ground.field_capacity, wilting_point=ground.wilting_point),
        irrigation=IrrigationSystem(method=field.method, efficiency=EFFICIENCY[field.method], flow_m3_h=flow_of(field)),
        water=WaterSource(canal=field.canal, group=field.group, pump=field.pump),
        farmer=FarmerReference(id=f"farmer-{place}", language=language),
        crop_parameters=CropParameters(stage_lengths_days=stages_of(field.crop, days)),
    )


def flow_of(field: FieldSeason) -> float:
    """Flow at the inlet [m3/h]: the field's own, or what waters a large field within two days."""
    return max(field.flow_m3_h, LEAST_FLOW_M3_H_HA * field.area_ha)


def stages_of(crop: str, season_days: float) -> tuple[int, int, int, int]:
    """Stage lengths of the advisor's own table, stretched to the told length of the season [d]."""
    table = find_crop(crop).stage_lengths_days
    first, second, third, _ = (max(1, round(length * season_days / sum(table))) for length in table)
    return first, second, third, max(1, round(season_days) - first - second - third)
