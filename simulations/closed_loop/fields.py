"""Fields of the closed loop: what the world knows of them, and what the advisor is told.

Everything here is SYNTHETIC but the crops, which are those that AquaCrop describes, and the weather they stand in.
Seasons of any year are laid onto one nominal pair of years, so that one day of the loop is one day for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.records import Method

NOMINAL_AUTUMN: Final = 2024
"""Crops sown from July on are laid onto this year, the others onto the next: no 29 February lies between."""
_JULY: Final = 7
SOIL_ERROR: Final = 0.25
"""Largest share by which the available water of the ground differs from what is declared."""
INITIAL_PERCENT: Final = (70.0, 100.0)
"""Available water in the ground at sowing: irrigated land is watered before it is sown."""
EFFICIENCY: Final[Mapping[str, float]] = {"drip": 0.90, "sprinkler": 0.75, "furrow": 0.60, "basin": 0.60}
"""Application efficiency: FAO Irrigation Water Management Training Manual 4 (1989), table 8."""
WETTED_PERCENT: Final[Mapping[str, float]] = {"drip": 40.0, "sprinkler": 100.0, "furrow": 80.0, "basin": 100.0}
"""Share of the surface that an irrigation wets [%]: FAO-56 table 20. AquaCrop heeds it on the day itself only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldCrop:
    """A crop of the advisor under the name that AquaCrop gives it, with its day of sowing (month, day) by climate."""

    name: str
    aquacrop: str
    sown: tuple[int, int]
    rough_days: int
    """Days from sowing to maturity without stress [d]; the world itself says when."""


CROPS: Final[Mapping[str, WorldCrop]] = {
    crop.name: crop
    for crop in (
        WorldCrop(name="wheat", aquacrop="Wheat", sown=(12, 1), rough_days=197),
        WorldCrop(name="maize", aquacrop="Maize", sown=(5, 1), rough_days=132),
        WorldCrop(name="tomato", aquacrop="Tomato", sown=(4, 15), rough_days=110),
        WorldCrop(name="potato", aquacrop="Potato", sown=(2, 1), rough_days=121),
        WorldCrop(name="sunflower", aquacrop="Sunflower", sown=(4, 1), rough_days=127),
        WorldCrop(name="sorghum", aquacrop="Sorghum", sown=(5, 1), rough_days=102),
        WorldCrop(name="cotton", aquacrop="Cotton", sown=(4, 15), rough_days=174),
    )
}
"""Autumn-sown sugar beet is left out: AquaCrop's beet is calibrated for spring and fails in winter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Soil limits: volumetric contents [m3/m3], conductivity [mm/d], and depth that roots can reach [m]."""

    field_capacity: float
    wilting_point: float
    saturation: float
    conductivity_mm_d: float
    depth_m: float = 2.5

    @property
    def available_mm_m(self) -> float:
        """Water between field capacity and wilting point [mm per m of soil]."""
        return 1000.0 * (self.field_capacity - self.wilting_point)


TEXTURES: Final[Mapping[str, Ground]] = {
    "sandy_loam": Ground(field_capacity=0.22, wilting_point=0.10, saturation=0.41, conductivity_mm_d=1200.0),
    "loam": Ground(field_capacity=0.31, wilting_point=0.15, saturation=0.46, conductivity_mm_d=500.0),
    "silt_loam": Ground(field_capacity=0.33, wilting_point=0.13, saturation=0.46, conductivity_mm_d=575.0),
    "clay_loam": Ground(field_capacity=0.39, wilting_point=0.23, saturation=0.50, conductivity_mm_d=125.0),
}
"""Limits of four textures: AquaCrop reference manual, annex II (indicative values)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSeason:
    """One field in one season; ``ground`` is hidden from the advisor, ``declared`` is what its file says."""

    id: str
    crop: str
    climate: str
    season: int
    """Year in which the crop is harvested."""
    sown_on: date
    """Real date in the weather record."""
    texture: str
    ground: Ground
    declared: Ground
    initial_percent: float
    """Available water in the ground at sowing, share of the whole [%]."""
    area_ha: float = 1.0
    method: Method = "drip"
    efficiency: float = 0.9
    """Share of the gross depth that reaches the root zone; the losses never reach the soil."""
    flow_m3_h: float = 30.0
    canal: str | None = None
    group: str | None = None
    pump: str | None = None
    place_on_canal: float | None = None
    """0 at the head, 1 at the tail."""
    seed: int = 0
    weight: float = field(default=1.0)
    """How many fields of the district it stands for."""

    @property
    def nominal_sown_on(self) -> date:
        """Day of sowing in the nominal years, on which all seasons run together."""
        year = NOMINAL_AUTUMN if self.sown_on.month >= _JULY else NOMINAL_AUTUMN + 1
        day = min(self.sown_on.day, 28) if self.sown_on.month == 2 else self.sown_on.day  # noqa: PLR2004 -- February
        return date(year, self.sown_on.month, day)

    @property
    def shift(self) -> timedelta:
        """What is added to a real date for the nominal one."""
        return self.nominal_sown_on - self.sown_on

    @property
    def cluster(self) -> tuple[str, str, int]:
        """Crop, climate and year: seasons that share their weather and are drawn together."""
        return self.crop, self.climate, self.season


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Which field-seasons are run: every crop, climate, season and texture, ``per_cell`` times."""

    crops: Sequence[str]
    climates: Sequence[str]
    seasons: Sequence[int]
    textures: Sequence[str] = ("sandy_loam", "loam", "clay_loam")
    per_cell: int = 1
    seed: int = 1


def fields_of(design: Design) -> tuple[FieldSeason, ...]:
    """Field-seasons of a design; a field is the same whatever else the design holds."""
    return tuple(
        _field((crop, climate, season, texture, copy), design.seed)
        for crop in design.crops
        for climate in design.climates
        for season in design.seasons
        for texture in design.textures
        for copy in range(design.per_cell)
    )


_METHODS: Final[Mapping[str, tuple[tuple[Method, float], ...]]] = {
    "wheat": (("sprinkler", 0.5), ("basin", 1.0)),
    "maize": (("drip", 0.5), ("sprinkler", 0.75), ("furrow", 1.0)),
    "tomato": (("drip", 0.9), ("furrow", 1.0)),
    "potato": (("drip", 0.6), ("sprinkler", 1.0)),
}
"""Methods by crop with their cumulative share; the shares are assumed."""
_OTHER_METHODS: Final[tuple[tuple[Method, float], ...]] = (("drip", 0.4), ("sprinkler", 0.7), ("furrow", 1.0))


def _field(cell: tuple[str, str, int, str, int], seed: int) -> FieldSeason:
    crop, climate, season, texture, copy = cell
    name = f"{crop}-{climate}-{season}-{texture}-{copy}"
    generator = np.random.default_rng([seed, *name.encode()])
    declared = TEXTURES[texture]
    method = _chosen(_METHODS.get(crop, _OTHER_METHODS), float(generator.random()))
    month, day = CROPS[crop].sown
    year = season - 1 if month >= _JULY else season
    return FieldSeason(
        id=name,
        crop=crop,
        climate=climate,
        season=season,
        sown_on=sowing_day(date(year, month, day), int(generator.integers(-10, 11))),
        texture=texture,
        ground=hidden(declared, generator),
        declared=declared,
        initial_percent=float(generator.uniform(*INITIAL_PERCENT)),
        area_ha=float(np.round(np.exp(generator.normal(0.4, 0.8)).clip(0.2, 20.0), 2)),
        method=method,
        efficiency=float(np.clip(EFFICIENCY[method] * generator.normal(1.0, 0.05), 0.4, 0.95)),
        flow_m3_h=float(np.round(generator.uniform(15.0, 60.0), 1)),
        seed=int(generator.integers(2**31)),
    )


def sowing_day(usual: date, shift_days: int) -> date:
    """The day so many days from the usual one; never 29 February, on which AquaCrop cannot sow (it repeats years)."""
    day = usual + timedelta(days=shift_days)
    return day - timedelta(days=1) if (day.month, day.day) == (2, 29) else day


def hidden(declared: Ground, generator: np.random.Generator) -> Ground:
    """Ground whose available water differs from the declared by up to SOIL_ERROR, its wilting point by a tenth."""
    available = (declared.field_capacity - declared.wilting_point) * (
        1.0 + float(generator.uniform(-SOIL_ERROR, SOIL_ERROR))
    )
    wilting = declared.wilting_point * (1.0 + float(generator.uniform(-0.1, 0.1)))
    capacity = min(wilting + available, declared.saturation - 0.04)
    return Ground(
        field_capacity=round(capacity, 4),
        wilting_point=round(wilting, 4),
        saturation=declared.saturation,
        conductivity_mm_d=declared.conductivity_mm_d * float(np.exp(generator.normal(0.0, 0.3))),
        depth_m=declared.depth_m,
    )


def _chosen(shares: tuple[tuple[Method, float], ...], chance: float) -> Method:
    return next(method for method, upto in shares if chance <= upto)
