"""Crop parameters of the revision of 2025, for parcels that ask for it; the table of 1998 stays the default.

L.S. Pereira, R.G. Allen, P. Paredes, R. Lopez-Urrea, D. Raes, M. Smith, A. Kilic, M. Salman (2025), Crop
evapotranspiration, second edition, FAO Irrigation and Drainage Paper 56 Rev. 1, doi:10.4060/cd6621en (CC BY 4.0): basal
coefficients tables 7.1 to 7.3, depletion fraction tables 8.1 and 8.2, root depth (the smaller value, as in ``CROPS``)
tables 6.1 and 6.2. The book was not at hand: the values are taken from open transcriptions of it. Depletion fractions
and root depths stand in transcriptions that were checked against the book row by row; basal coefficients stand in one
only, whose single coefficients agree with two others wherever these have the crop. Crops and values that are absent
here keep those of 1998, and are told. The revision gives stages by warmth only; lengths in days are those of 1998.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cloud.agronomy.crops.crop_table import Crop
from cloud.records import Parcel

SOURCE: Final = "FAO-56 Rev. 1 (2025), tables 6.1 to 8.2, by open transcriptions"
EDITION: Final = "2025"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Values of one crop in the revision; None where they are not known here."""

    kcb: tuple[float, float, float] | None = None
    depletion_fraction: float | None = None
    root_depth_m: float | None = None
    canopy_fraction: float | None = None
    """Ground cover of the class of orchard that the coefficients stand for."""


def _revision(
    kcb: tuple[float, float, float] | None,
    depletion_fraction: float | None = None,
    root_depth_m: float | None = None,
    canopy_fraction: float | None = None,
) -> Revision:
    return Revision(
        kcb=kcb, depletion_fraction=depletion_fraction, root_depth_m=root_depth_m, canopy_fraction=canopy_fraction
    )


REVISED: Final[Mapping[str, Revision]] = MappingProxyType(
    {
        "alfalfa": _revision((0.30, 0.90, 0.85)),
        "banana": _revision((0.15, 1.00, 0.90)),
        "barley": _revision((0.15, 1.05, 0.20)),
        "cabbage": _revision((0.15, 1.00, 0.90), 0.35, 0.30),
        "carrot": _revision(None, 0.30, 0.30),
        "chickpea": _revision((0.15, 1.00, 0.25), 0.45, 0.70),
        "citrus": _revision((0.60, 0.55, 0.60), canopy_fraction=0.60),
        "cotton": _revision((0.15, 1.05, 0.40), 0.60, 1.00),
        "cucumber": _revision(None, 0.45, 0.60),
        "durum_wheat": _revision((0.15, 1.10, 0.25)),
        "eggplant": _revision(None, 0.40, 0.40),
        "garlic": _revision(None, 0.30, 0.30),
        "green_bean": _revision(None, 0.45, 0.50),
        "groundnut": _revision((0.15, 1.00, 0.50), 0.50, 0.50),
        "lentil": _revision(None, 0.50, 0.60),
        "lettuce": _revision(None, 0.30, 0.30),
        "maize": _revision((0.15, 1.15, 0.25), 0.50, 0.60),
        "melon": _revision(None, 0.40, 0.60),
        "olive": _revision((0.55, 0.55, 0.55), canopy_fraction=0.425),
        "onion": _revision((0.15, 1.00, 0.60), 0.30, 0.30),
        "pepper": _revision((0.15, 1.00, 0.70), 0.40, 0.50),
        "potato": _revision((0.15, 1.05, 0.30), 0.40, 0.40),
        "sorghum": _revision((0.15, 1.00, 0.35)),
        "soybean": _revision((0.15, 1.05, 0.35)),
        "sugar_beet": _revision((0.15, 1.05, 0.65)),
        "sugarcane": _revision((0.15, 1.15, 0.70), 0.60, 1.00),
        "sunflower": _revision((0.15, 1.10, 0.20)),
        "sweet_maize": _revision(None, 0.50, 0.60),
        "table_grape": _revision((0.20, 0.80, 0.45), canopy_fraction=0.60),
        "tomato": _revision((0.15, 1.05, 0.75), 0.40, 0.60),
        "vineyard": _revision((0.15, 0.65, 0.40), canopy_fraction=0.45),
        "watermelon": _revision(None, 0.45, 0.80),
        "wheat": _revision((0.15, 1.10, 0.25)),
        "zucchini": _revision(None, 0.45, 0.60),
    }
)
"""Grain maize is harvested dry, cotton and potato to maturity; olive, citrus, vines are its middle classes."""


def revised(crop: Crop) -> Crop:
    """The crop with what the revision says of it; the same crop where it says nothing that is known here."""
    revision = REVISED.get(crop.name)
    if revision is None:
        return crop
    shallow, deep = crop.root_depth_m
    deepest = deep if revision.root_depth_m is None else revision.root_depth_m
    return replace(
        crop,
        kcb=revision.kcb or crop.kcb,
        depletion_fraction=revision.depletion_fraction or crop.depletion_fraction,
        root_depth_m=(deepest if crop.is_perennial else min(shallow, deepest), deepest),
        canopy_fraction=revision.canopy_fraction or crop.canopy_fraction,
        source=f"{SOURCE}; what it leaves out: {crop.source}",
    )


def edition_notes(parcels: Sequence[Parcel], crops: Sequence[str]) -> tuple[str, ...]:
    """One line for each parcel that asks for the revision where less of it is known; ``crops`` are table names."""
    lines = []
    for parcel, crop in zip(parcels, crops, strict=True):
        if parcel.crop_edition != EDITION:
            continue
        revision = REVISED.get(crop)
        kept = "all values" if revision is None else "the basal coefficients" if revision.kcb is None else None
        if kept is not None:
            lines.append(f"parcel {parcel.id}: crop_edition {EDITION}: {crop} keeps {kept} of 1998: none known here")
    return tuple(lines)
