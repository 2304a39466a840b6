"""The judge's own rough numbers of crops, soils and systems: few, rounded, and not the advisor's tables.

Single crop coefficients and rooting by crop group after Doorenbos and Pruitt (FAO Irrigation and Drainage Paper 24,
1977), available water by texture after Israelsen and Hansen (Irrigation Principles and Practices, 1962).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cloud.records import Method, Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class CropGroup:
    """Rough behaviour of a group of crops."""

    kc_start: float
    kc_full: float
    days_to_full: float
    roots_m: float
    """Depth of the full-grown roots from which water is drawn."""
    usable_fraction: float
    """Share of available water that is taken without stress."""
    season_days: tuple[int, int] | None
    """Shortest and longest season; None for perennials."""


def _group(
    kc: tuple[float, float], days: float, roots_m: float, usable: float, season: tuple[int, int] | None
) -> CropGroup:
    return CropGroup(
        kc_start=kc[0],
        kc_full=kc[1],
        days_to_full=days,
        roots_m=roots_m,
        usable_fraction=usable,
        season_days=season,
    )


GROUPS: Final[Mapping[str, CropGroup]] = {
    "cereal": _group((0.45, 1.10), 70, 1.0, 0.55, (100, 280)),
    "row": _group((0.40, 1.15), 65, 1.0, 0.55, (75, 230)),
    "vegetable": _group((0.50, 1.10), 60, 0.6, 0.38, (55, 210)),
    "pulse": _group((0.45, 1.10), 60, 0.6, 0.48, (65, 220)),
    "beet": _group((0.40, 1.15), 80, 0.8, 0.53, (130, 290)),
    "forage": _group((0.80, 1.05), 30, 1.0, 0.53, None),
    "evergreen": _group((0.70, 0.70), 1, 1.2, 0.58, None),
    "palm": _group((0.92, 0.92), 1, 1.6, 0.50, None),
    "orchard": _group((0.70, 0.90), 60, 1.1, 0.48, None),
    "other": _group((0.45, 1.10), 65, 0.8, 0.50, (60, 300)),
}
_MEMBERS: Final[Mapping[str, str]] = {
    "cereal": "wheat barley oat rice triticale rye",
    "row": "maize corn cotton sunflower sorghum sesame rapeseed quinoa",
    "vegetable": "tomato potato onion melon watermelon pepper carrot cabbage lettuce garlic squash cucumber eggplant"
    " zucchini strawberry artichoke turnip",
    "pulse": "chickpea bean lentil pea soybean peanut groundnut",
    "beet": "beet sugarcane",
    "forage": "alfalfa berseem clover forage pasture mint lucerne",
    "evergreen": "olive citrus orange argan clementine lemon avocado carob",
    "palm": "palm banana",
    "orchard": "apple almond apricot peach pomegranate vine vineyard grape grapevine fig walnut plum cherry pear"
    " pistachio quince",
}
_GROUP_OF: Final = {member: name for name, members in _MEMBERS.items() for member in members.split()}

WATER_MM_PER_M: Final[Mapping[str, float]] = {"sand": 75.0, "silt": 150.0, "loam": 140.0, "clay": 150.0}
"""Available water by the last word of the texture's name [mm per m of soil]."""
UNKNOWN_WATER_MM_PER_M: Final = 135.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemBounds:
    """Rough bounds of one event and of its efficiency, by method."""

    smallest_mm: float
    largest_mm: float
    efficiency: float


SYSTEMS: Final[Mapping[Method, SystemBounds]] = {
    "drip": SystemBounds(smallest_mm=2.0, largest_mm=25.0, efficiency=0.90),
    "sprinkler": SystemBounds(smallest_mm=5.0, largest_mm=50.0, efficiency=0.75),
    "furrow": SystemBounds(smallest_mm=10.0, largest_mm=100.0, efficiency=0.60),
    "basin": SystemBounds(smallest_mm=10.0, largest_mm=120.0, efficiency=0.60),
}

LARGEST_BY_TURN_MM: Final[Mapping[Method, float]] = {"drip": 50.0, "sprinkler": 100.0, "furrow": 150.0, "basin": 180.0}
"""Largest event where water comes from a canal: two sets, or half as much again over the ground, in one turn."""


def group_of(crop: str) -> CropGroup:
    """Rough group of a crop's name; unknown names fall into the middle."""
    for word in crop.lower().replace("-", "_").replace(" ", "_").split("_"):
        name = _GROUP_OF.get(word) or _GROUP_OF.get(word.removesuffix("s"))
        if name is not None:
            return GROUPS[name]
    return GROUPS["other"]


def system_of(parcel: Parcel) -> SystemBounds:
    """Bounds of the parcel's system: its own where its file gives them."""
    own, usual = parcel.irrigation, SYSTEMS[parcel.irrigation.method]
    usual_mm = usual.largest_mm if parcel.water.canal is None else LARGEST_BY_TURN_MM[own.method]
    largest = usual_mm if own.max_mm is None else own.max_mm
    smallest = min(usual.smallest_mm, largest) if own.min_mm is None else own.min_mm
    return SystemBounds(
        smallest_mm=smallest,
        largest_mm=max(smallest, largest),
        efficiency=usual.efficiency if own.efficiency is None else own.efficiency,
    )


def water_mm_per_m(parcel: Parcel) -> float:
    """Available water per metre of soil [mm/m]: from the parcel's limits, else its texture, else a middling soil."""
    soil = parcel.soil
    if soil.layers:
        bottoms = [layer.depth_m for layer in soil.layers]
        tops = [0.0, *bottoms[:-1]]
        water = sum(
            (layer.field_capacity - layer.wilting_point) * (bottom - top)
            for layer, bottom, top in zip(soil.layers, bottoms, tops, strict=True)
        )
        return 1000.0 * water / bottoms[-1]
    if soil.field_capacity is not None:
        wilting = 0.5 * soil.field_capacity if soil.wilting_point is None else soil.wilting_point
        return 1000.0 * (soil.field_capacity - wilting)
    words = (soil.texture or "").lower().replace("-", "_").replace(" ", "_").split("_")
    return WATER_MM_PER_M.get(words[-1], UNKNOWN_WATER_MM_PER_M)


def roots_m(parcel: Parcel) -> float:
    """Depth of the full-grown roots [m], the parcel's own value first, never below the soil."""
    deepest = parcel.crop_parameters.root_depth_max_m or group_of(parcel.crop).roots_m
    return deepest if parcel.soil.depth_m is None else min(deepest, parcel.soil.depth_m)


def usable_fraction(parcel: Parcel) -> float:
    """Share of available water taken without stress, the parcel's own value first."""
    return parcel.crop_parameters.depletion_fraction or group_of(parcel.crop).usable_fraction


def season_bounds(parcel: Parcel) -> tuple[date, date, date] | None:
    """First day, earliest and latest last day of an annual's season; None for perennials."""
    lengths = group_of(parcel.crop).season_days
    if lengths is None or parcel.planted_on is None:
        return None
    stages = parcel.crop_parameters.stage_lengths_days
    shortest, longest = lengths if stages is None else (sum(stages), sum(stages))
    start = parcel.planted_on
    return start, start + timedelta(days=shortest), start + timedelta(days=longest)


def season_began(parcel: Parcel, day: date) -> date | None:
    """First day of the season that runs on a day, a perennial's coming round every year; None where none is known."""
    start = parcel.season_starts_on or parcel.planted_on
    if start is not None and (parcel.planted_on is None or group_of(parcel.crop).season_days is None):
        # Counting days from the first of the month keeps 29 February a date in every year.
        starts = (date(year, start.month, 1) + timedelta(days=start.day - 1) for year in (day.year, day.year - 1))
        return next(one for one in starts if one <= day)
    return start if start is not None and start <= day else None
