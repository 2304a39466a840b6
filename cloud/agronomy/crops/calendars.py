"""When crops are sown and taken in the irrigated regions of Morocco, and when the year of trees begins there.

Windows are those of common practice: cereals as in the crop calendar of FAO GIEWS for Morocco (sown October to
December, harvested May to July); sugar beet as in the campaigns of the sugar perimeters (sown September to December,
lifted May to August); the others from general agronomic knowledge. No window was checked against a survey of its
region, so that they only raise a question, never refuse a date.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, hypot, radians
from types import MappingProxyType
from typing import Final

from cloud.records import Parcel

KM_PER_DEGREE: Final = 111.2
FARTHEST_KM: Final = 160.0
"""Distance from a region's middle beyond which a parcel belongs to none."""

GIEWS: Final = "FAO GIEWS crop calendar for Morocco, from memory"
SUGAR: Final = "campaigns of the sugar perimeters, from memory"
PRACTICE: Final = "general practice, unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """An irrigated region: its middle, and how many days its trees wake after those of the Tadla."""

    name: str
    latitude: float
    longitude: float
    later_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Usual sowing or planting of a crop in a region, both days included, as (month, day); may pass the new year."""

    first: tuple[int, int]
    last: tuple[int, int]
    harvest: str
    source: str

    def holds(self, day: date) -> bool:
        """Whether a day lies within the window."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


def _region(name: str, latitude: float, longitude: float, later_days: int) -> Region:
    return Region(name=name, latitude=latitude, longitude=longitude, later_days=later_days)


REGIONS: Final = (
    _region("Loukkos", 35.0, -6.1, 5),
    _region("Gharb", 34.4, -6.3, 0),
    _region("Saiss", 33.9, -5.4, 15),
    _region("Moulouya", 34.9, -2.6, 5),
    _region("Doukkala", 32.8, -8.4, 0),
    _region("Tadla", 32.4, -6.5, 0),
    _region("Haouz", 31.6, -8.0, -5),
    _region("Souss", 30.3, -9.2, -20),
    _region("Draa", 30.5, -6.2, -5),
    _region("Tafilalet", 31.5, -4.3, 0),
)
"""Trees wake earlier in the mild Souss and later on the high Saiss: estimates of a week's precision, unverified."""


def _window(first: tuple[int, int], last: tuple[int, int], harvest: str, source: str = PRACTICE) -> Window:
    return Window(first=first, last=last, harvest=harvest, source=source)


_CEREAL: Final = _window((10, 15), (1, 10), "May to July", GIEWS)
_EVERYWHERE: Final[Mapping[str, Window]] = MappingProxyType(
    {
        "barley": _CEREAL,
        "berseem": _window((9, 1), (11, 15), "cut November to May"),
        "chickpea": _window((12, 1), (3, 31), "June to July"),
        "durum_wheat": _CEREAL,
        "faba_bean": _window((10, 1), (12, 31), "March (green) to June"),
        "lentil": _window((11, 15), (2, 15), "May to June"),
        "maize": _window((2, 15), (7, 31), "July to November"),
        "melon": _window((1, 15), (5, 31), "May to August"),
        "oats": _CEREAL,
        "onion": _window((10, 1), (4, 30), "April to September"),
        "pepper": _window((1, 15), (9, 30), "all but deep winter"),
        "potato": _window((8, 1), (4, 15), "December (autumn crop) to July"),
        "silage_maize": _window((3, 1), (8, 15), "June to November"),
        "sugar_beet": _window((9, 1), (12, 31), "May to August", SUGAR),
        "sunflower": _window((12, 1), (4, 15), "June to August"),
        "tomato": _window((1, 15), (9, 30), "June to October; under cover all winter"),
        "watermelon": _window((1, 15), (5, 31), "May to August"),
        "wheat": _CEREAL,
    }
)

_OWN: Final[Mapping[tuple[str, str], Window]] = MappingProxyType(
    {
        # The Saiss plants onions and potatoes late, after its frosts; the Souss grows vegetables through the winter.
        ("Saiss", "onion"): _window((1, 15), (5, 15), "July to October"),
        ("Saiss", "potato"): _window((2, 1), (7, 31), "June to November"),
        ("Souss", "melon"): _window((11, 15), (4, 30), "March to July"),
        ("Souss", "potato"): _window((8, 15), (3, 15), "November to June"),
        ("Souss", "tomato"): _window((7, 1), (4, 15), "October to June, mostly under cover"),
        ("Souss", "maize"): _window((2, 1), (8, 31), "June to December"),
        ("Gharb", "sugar_beet"): _window((9, 15), (1, 15), "May to August", SUGAR),
        ("Moulouya", "sugar_beet"): _window((9, 1), (12, 15), "May to August", SUGAR),
        ("Draa", "watermelon"): _window((12, 15), (3, 31), "April to June"),
    }
)


def region_of(latitude: float, longitude: float) -> Region | None:
    """Nearest irrigated region of a place; None farther than 160 km from the middle of any."""

    def distance_km(region: Region) -> float:
        east = (longitude - region.longitude) * cos(radians(latitude))
        return KM_PER_DEGREE * hypot(latitude - region.latitude, east)

    nearest = min(REGIONS, key=distance_km)
    return nearest if distance_km(nearest) <= FARTHEST_KM else None


def sowing_window(crop: str, region: Region) -> Window | None:
    """Usual sowing of an annual crop in a region; None for a crop without an entry."""
    return _OWN.get((region.name, crop), _EVERYWHERE.get(crop))


def calendar_notes(parcels: Sequence[Parcel], crops: Sequence[str]) -> tuple[str, ...]:
    """One line for each parcel that was sown outside the usual window of its region; ``crops`` are table names."""
    lines = []
    for parcel, crop in zip(parcels, crops, strict=True):
        region = region_of(parcel.latitude, parcel.longitude)
        window = None if region is None else sowing_window(crop, region)
        if region is None or window is None or parcel.planted_on is None or window.holds(parcel.planted_on):
            continue
        usual = f"{window.first[1]:02d}/{window.first[0]:02d} to {window.last[1]:02d}/{window.last[0]:02d}"
        lines.append(
            f"parcel {parcel.id}: planted_on {parcel.planted_on}: {crop} is usually sown from {usual} (day/month)"
            f" in the {region.name}; check the date"
        )
    return tuple(lines)
