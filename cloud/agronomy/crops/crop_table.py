"""Crop parameters for Morocco, one crop per line, with the source of every group of values.

Kcb, stage lengths, height, root depth and depletion fraction: FAO Irrigation and Drainage Paper 56 (1998), tables 17,
11, 12 and 22, unless ``source`` says otherwise. Root depth is the smaller value of table 22, the one that FAO-56 gives
for irrigation scheduling. Stage lengths are those of the Mediterranean or of arid climates
with the nearest sowing date.

The revision of 2025 stands in ``crop_revision``, for the parcels that ask for it.
"""

from dataclasses import dataclass
from typing import Final

FAO56: Final = "FAO-56 (1998) tables 17, 11, 12, 22"


_VALUE_SOURCES: Final = {
    "kcb": "FAO-56 (1998) table 17",
    "stage_lengths_days": "FAO-56 (1998) table 11",
    "height_m": "FAO-56 (1998) table 12",
    "root_depth_m": "FAO-56 (1998) table 22, the smaller value",
    "depletion_fraction": "FAO-56 (1998) table 22",
    "canopy_fraction": "FAO-56 (1998) table 17, notes; trees it leaves out: about 60 %",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """One crop; Kcb for RHmin 45 % and wind 2 m/s at 2 m (FAO-56 table 17)."""

    name: str
    kcb: tuple[float, float, float]
    """Basal crop coefficient at the start, at mid-season and at the end [-]."""
    stage_lengths_days: tuple[int, int, int, int]
    """Initial, development, mid-season and late stage [d]."""
    height_m: float
    root_depth_m: tuple[float, float]
    """At emergence and largest [m]; perennials always use the largest."""
    depletion_fraction: float
    """p for ETc = 5 mm/d (FAO-56 table 22)."""
    season_start: tuple[int, int] | None = None
    """Month and day at which the yearly cycle of a perennial starts; None for an annual."""
    canopy_fraction: float | None = None
    """Ground cover of the stand that the table's Kcb of an orchard stands for."""
    source: str = FAO56

    @property
    def value_sources(self) -> dict[str, str]:
        """Source of each value; a crop with a source of its own takes all values but its season's start from it."""
        own = {} if self.source.startswith(FAO56) else dict.fromkeys(_VALUE_SOURCES, self.source)
        note = self.source.removeprefix(FAO56).lstrip("; ,") if self.source.startswith(FAO56) else ""
        sources = {**_VALUE_SOURCES, **own, "season_start": "Moroccan practice, unverified"}
        return {name: f"{text}; {note}" if note and name in _VALUE_SOURCES else text for name, text in sources.items()}

    @property
    def is_perennial(self) -> bool:
        """Whether the crop's stages repeat every year from its season's start."""
        return self.season_start is not None


def _annual(
    name: str,
    kcb: tuple[float, float, float],
    stages: tuple[int, int, int, int],
    body: tuple[float, float, float],
    source: str = FAO56,
) -> Crop:
    # body: height [m], root depth [m], depletion fraction p.
    return Crop(
        name=name,
        kcb=kcb,
        stage_lengths_days=stages,
        height_m=body[0],
        root_depth_m=(0.15, body[1]),
        depletion_fraction=body[2],
        source=source,
    )


def _perennial(
    name: str,
    kcb: tuple[float, float, float],
    stages: tuple[int, int, int, int],
    body: tuple[float, float, float],
    season: tuple[int, int, float | None],
    source: str = FAO56,
) -> Crop:
    # body as above; season: month and day of its start, ground cover that the Kcb stands for.
    return Crop(
        name=name,
        kcb=kcb,
        stage_lengths_days=stages,
        height_m=body[0],
        root_depth_m=(body[1], body[1]),
        depletion_fraction=body[2],
        season_start=season[:2],
        canopy_fraction=season[2],
        source=source,
    )


_DECIDUOUS_STAGES: Final = (20, 70, 120, 60)
_ALFALFA_SOURCE: Final = (
    "Kcb: FAO-56 table 12, mean over cuttings, less 0.05; stages and p: tables 11 and 22; with cuttings given, table 17"
)

CROPS: Final = {
    crop.name: crop
    for crop in (
        _annual(
            "wheat", (0.15, 1.10, 0.15), (30, 60, 70, 30), (1.0, 1.0, 0.55), f"{FAO56}; stages between nov and dec"
        ),
        _annual("durum_wheat", (0.15, 1.10, 0.15), (30, 60, 70, 30), (1.0, 1.0, 0.55), f"{FAO56}, wheat"),
        _annual("barley", (0.15, 1.10, 0.15), (20, 50, 60, 30), (1.0, 1.0, 0.55)),
        _annual("oats", (0.15, 1.10, 0.15), (20, 50, 60, 30), (1.0, 1.0, 0.55), f"{FAO56}, barley, oats, wheat"),
        _annual("maize", (0.15, 1.15, 0.50), (30, 40, 50, 30), (2.0, 1.0, 0.55), f"{FAO56}, harvested wet"),
        _annual("silage_maize", (0.15, 1.15, 1.00), (20, 35, 40, 15), (2.0, 1.0, 0.55), f"{FAO56}; cut at mid-season"),
        _annual("sweet_maize", (0.15, 1.10, 1.00), (20, 30, 30, 10), (1.5, 0.8, 0.50)),
        _annual("sorghum", (0.15, 1.00, 0.35), (20, 35, 45, 30), (1.5, 1.0, 0.55)),
        _annual("tomato", (0.15, 1.10, 0.70), (30, 40, 45, 30), (0.6, 0.7, 0.40)),
        _annual("potato", (0.15, 1.10, 0.65), (25, 30, 40, 30), (0.6, 0.4, 0.35)),
        _annual("onion", (0.15, 0.95, 0.65), (15, 25, 70, 40), (0.4, 0.3, 0.30)),
        _annual("carrot", (0.15, 0.95, 0.85), (30, 40, 60, 20), (0.3, 0.5, 0.35)),
        _annual("garlic", (0.15, 0.95, 0.65), (15, 25, 70, 40), (0.3, 0.3, 0.30), f"{FAO56}; stages of dry onion"),
        _annual("cabbage", (0.15, 0.95, 0.85), (40, 60, 50, 15), (0.4, 0.5, 0.45)),
        _annual("lettuce", (0.15, 0.90, 0.90), (20, 30, 15, 10), (0.3, 0.3, 0.30)),
        _annual("melon", (0.15, 1.00, 0.70), (25, 35, 40, 20), (0.4, 0.8, 0.40)),
        _annual("watermelon", (0.15, 0.95, 0.70), (20, 30, 30, 30), (0.4, 0.8, 0.40)),
        _annual("cucumber", (0.15, 0.95, 0.70), (20, 30, 40, 15), (0.3, 0.7, 0.50)),
        _annual("zucchini", (0.15, 0.90, 0.70), (25, 35, 25, 15), (0.3, 0.6, 0.50)),
        _annual("pepper", (0.15, 1.00, 0.80), (30, 35, 40, 20), (0.7, 0.5, 0.30)),
        _annual("eggplant", (0.15, 1.00, 0.80), (30, 45, 40, 25), (0.8, 0.7, 0.45)),
        _annual("green_bean", (0.15, 1.00, 0.80), (20, 30, 30, 10), (0.4, 0.5, 0.45)),
        _annual("faba_bean", (0.15, 1.10, 0.20), (90, 45, 40, 60), (0.8, 0.5, 0.45), f"{FAO56}, dry seed"),
        _annual("chickpea", (0.15, 0.95, 0.25), (25, 35, 70, 40), (0.4, 0.6, 0.50), f"{FAO56}; stages of lentil"),
        _annual("lentil", (0.15, 1.05, 0.20), (25, 35, 70, 40), (0.5, 0.6, 0.50)),
        _annual("pea", (0.15, 1.10, 1.05), (20, 30, 35, 15), (0.5, 0.6, 0.35), f"{FAO56}, fresh"),
        _annual("soybean", (0.15, 1.10, 0.30), (20, 35, 60, 25), (0.75, 0.6, 0.50)),
        _annual("groundnut", (0.15, 1.10, 0.50), (35, 45, 35, 25), (0.4, 0.5, 0.50)),
        _annual("sugar_beet", (0.15, 1.15, 0.50), (45, 75, 80, 30), (0.5, 0.7, 0.55)),
        _annual("cotton", (0.15, 1.12, 0.45), (30, 50, 60, 55), (1.35, 1.0, 0.65)),
        _annual("sunflower", (0.15, 1.10, 0.25), (25, 35, 45, 25), (2.0, 0.8, 0.45)),
        _annual("sesame", (0.15, 1.05, 0.20), (20, 30, 40, 20), (1.0, 1.0, 0.60)),
        _annual("rapeseed", (0.15, 1.10, 0.25), (25, 50, 60, 30), (0.6, 1.0, 0.60), f"{FAO56}; stages of flax, autumn"),
        _annual("berseem", (0.30, 1.10, 1.05), (10, 20, 150, 30), (0.6, 0.6, 0.50), f"{FAO56}; uncut stages estimated"),
        _perennial("alfalfa", (0.30, 0.90, 0.85), (10, 30, 265, 60), (0.7, 1.0, 0.55), (1, 15, None), _ALFALFA_SOURCE),
        _perennial("artichoke", (0.15, 0.95, 0.90), (20, 25, 250, 30), (0.7, 0.6, 0.45), (8, 15, None)),
        _perennial("strawberry", (0.30, 0.80, 0.70), (30, 60, 120, 60), (0.2, 0.2, 0.20), (10, 1, None)),
        _perennial("olive", (0.55, 0.65, 0.65), (30, 90, 60, 90), (4.0, 1.2, 0.65), (3, 1, 0.50)),
        _perennial("citrus", (0.65, 0.60, 0.65), (60, 90, 120, 95), (4.0, 1.2, 0.50), (1, 1, 0.70)),
        _perennial("almond", (0.20, 0.85, 0.60), _DECIDUOUS_STAGES, (5.0, 1.0, 0.40), (2, 15, 0.60)),
        _perennial("apple", (0.35, 0.90, 0.65), _DECIDUOUS_STAGES, (4.0, 1.0, 0.50), (3, 15, 0.60)),
        _perennial("apricot", (0.45, 0.85, 0.60), _DECIDUOUS_STAGES, (3.0, 1.0, 0.50), (3, 1, 0.60)),
        _perennial("peach", (0.45, 0.85, 0.60), _DECIDUOUS_STAGES, (3.0, 1.0, 0.50), (3, 1, 0.60)),
        _perennial("pistachio", (0.20, 1.05, 0.40), (20, 60, 90, 40), (4.0, 1.0, 0.40), (3, 15, 0.60)),
        _perennial("walnut", (0.40, 1.05, 0.60), (20, 30, 130, 30), (4.5, 1.7, 0.50), (4, 1, 0.70)),
        _perennial(
            "pomegranate",
            (0.20, 0.70, 0.50),
            _DECIDUOUS_STAGES,
            (3.0, 1.0, 0.50),
            (3, 15, 0.60),
            "provisional: stone fruit of FAO-56 scaled to the measured Kc of about 0.8 of mature drip orchards",
        ),
        _perennial("date_palm", (0.80, 0.85, 0.85), (140, 30, 150, 45), (8.0, 1.5, 0.50), (1, 1, 0.60)),
        _perennial(
            "argan",
            (0.30, 0.45, 0.40),
            (30, 90, 150, 60),
            (5.0, 2.0, 0.65),
            (11, 1, 0.30),
            "provisional: no FAO-56 entry; olive's basal coefficient at 30 % ground cover, deep roots",
        ),
        _perennial("vineyard", (0.15, 0.65, 0.40), (30, 60, 40, 80), (1.75, 1.0, 0.45), (3, 15, 0.45)),
        _perennial("table_grape", (0.15, 0.80, 0.40), (20, 50, 75, 60), (2.0, 1.0, 0.35), (3, 1, 0.55)),
        _perennial("avocado", (0.50, 0.80, 0.70), (60, 90, 120, 95), (3.0, 0.5, 0.70), (1, 1, 0.70)),
        _perennial("sugarcane", (0.15, 1.20, 0.70), (25, 70, 135, 50), (3.0, 1.2, 0.65), (3, 1, None)),
        _perennial("banana", (0.60, 1.10, 1.05), (120, 60, 180, 5), (4.0, 0.5, 0.35), (2, 1, None)),
        _perennial("mint", (0.40, 1.10, 1.05), (10, 30, 265, 60), (0.7, 0.4, 0.40), (2, 1, None)),
    )
}

OTHER_NAMES: Final = {
    "alfalfa_hay": "alfalfa",
    "bean": "green_bean",
    "berseem_clover": "berseem",
    "bread_wheat": "wheat",
    "broad_bean": "faba_bean",
    "corn": "maize",
    "date": "date_palm",
    "date_palms": "date_palm",
    "grape": "vineyard",
    "grapevine": "vineyard",
    "lucerne": "alfalfa",
    "olives": "olive",
    "olive_tree": "olive",
    "orange": "citrus",
    "oranges": "citrus",
    "peppers": "pepper",
    "soft_wheat": "wheat",
    "soy": "soybean",
    "soybeans": "soybean",
    "sugarbeet": "sugar_beet",
    "sweet_pepper": "pepper",
    "tomatoes": "tomato",
    "clementine": "citrus",
    "vine": "vineyard",
    "winter_wheat": "wheat",
}
"""Names by which people also call the crops above."""
