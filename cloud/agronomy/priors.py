"""What soils of fields turned out to hold, against what surveys and textures say of them.

Evidence, and how thin it is: one field has both a survey and readings (Maricopa 2018, 32 plots, neutron probe). Its
wettest tenth of readings stood at 1.37 of the surveyed available water over 0-1.2 m (plots 0.76 to 1.57; 0.96 in the
top 0.4 m, 1.4 to 1.8 below). A field's ratio is taken to spread by 0.25 around a mean that was itself 1 +- 0.2 before
that field was seen: with one field the mean becomes 1.14, and another field lies within 0.30 of it. Without that field
the prior is 1 +- 0.32 and none below the roots; blind, that field is then met with 44 mm of error and its 80 % interval
covers 0.44 of the readings, where the prior used here has 29 mm and 0.81 on the very field it was learned from.
Texture classes get no such shift: at Nebraska (TDR, silt loam) none is seen.

The layer that evaporation dries is 0.076 m in the published parameter sets of four site-years (Maricopa 2013 0.1143,
2018 0.050, 2019 0.060; Greeley 2022 0.0773; without Maricopa 0.077), against FAO-56's 0.10 to 0.15 m.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from cloud.agronomy.plots import Plots
from cloud.agronomy.soil import EVAPORATION_LAYER_M
from cloud.records import Parcel

SURVEYED_CAPACITY: Final = (1.0, 0.30)
"""Available water in use over that of surveyed limits: mean and standard deviation."""

TEXTURE_CAPACITY: Final = (1.0, 0.40)
"""The same over the typical limits of a texture: its class spreads by 0.25, its soils by 0.30."""

SURVEYED_DEEP: Final = (1.30, 0.35)
"""The same below the topsoil."""

SURVEYED_WILTING: Final = (1.0, 0.18)
"""Water at wilting point over that of surveyed limits."""

TEXTURE_WILTING: Final = (1.0, 0.20)
"""The same over the typical one of a texture."""

SURVEYED_DEEP_WILTING: Final = (1.0, 0.18)
TEXTURE_DEEP_WILTING: Final = (1.0, 0.30)

SURVEYED_BELOW: Final = (-0.1, 0.3)
"""Depletion below the roots at the start over that soil's available water, mean and standard deviation: negative, for
the soil below the roots stood above its surveyed upper limit."""

TEXTURE_BELOW: Final = (0.0, 0.3)

DRYING_LAYER_M: Final = 0.0755
"""Depth that evaporation dries in fields."""

_LARGEST_READILY_SHARE: Final = 0.9


def as_found_in_fields(plots: Plots, parcels: Sequence[Parcel]) -> Plots:
    """The same plots with the evaporation layer of fields, unless a parcel states its own evaporable water."""
    given = np.array([[parcel.soil.evaporable_water_mm is not None] for parcel in parcels])
    evaporable = plots.evaporable_mm * np.where(given, 1.0, DRYING_LAYER_M / EVAPORATION_LAYER_M)
    return replace(
        plots,
        evaporable_mm=evaporable,
        readily_evaporable_mm=np.minimum(plots.readily_evaporable_mm, _LARGEST_READILY_SHARE * evaporable),
    )
