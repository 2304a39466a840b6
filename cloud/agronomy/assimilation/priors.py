"""What soils of fields turned out to hold, against what surveys and textures say of them.

Evidence, and how thin it is: one field has both a survey and readings (Maricopa 2018, 32 plots, neutron probe). The
wettest tenth of its readings stood at 0.97 of the surveyed available water in the top 0.4 m (plots spread by 0.11) and
at 1.48 of it between 0.4 and 1.0 m (0.24): 0.049 m3/m3 above the surveyed upper limit. No reading tells whether roots
can take that water; the cautious answer is that they cannot, so all of it is taken for water at wilting point. Another
field is taken to lie within 0.2 of that, and within 0.3 to 0.35 in available water: the spreads are judgement, wider
than those between plots. Learned on every second plot alone the mean is 1.4, on the others 1.6; blind, each half is
then met with the prior of the other half with 26.7 mm of error (31.8 and 20.4). Without that field the prior is 1 and
the error 47 mm, and the 80 % interval covers 0.56 of the readings. Texture classes get no such shift: at Nebraska
(TDR, silt loam) none is seen. Their wilting points spread as the ranges of FAO-56 table 19 do; below the topsoil the
texture itself may be another.

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
"""Available water of the topsoil over that of surveyed limits: mean and standard deviation."""

SURVEYED_DEEP: Final = (1.0, 0.35)
"""The same below the topsoil."""

SURVEYED_WILTING: Final = (1.0, 0.18)
"""Water of the topsoil at wilting point over that of surveyed limits; what an instrument always reads too much or too
little is part of it."""

SURVEYED_DEEP_WILTING: Final = (1.5, 0.20)
"""The same below the topsoil."""

SURVEYED_BELOW: Final = (0.0, 0.1)
"""Depletion below the roots at the start over that soil's available water."""

TEXTURE_CAPACITY: Final = (1.0, 0.40)
"""Available water over that of a texture's typical limits: its class spreads by 0.25, its soils by 0.30."""

TEXTURE_WILTING: Final = (1.0, 0.20)
"""Water of the topsoil at wilting point over the typical one of a texture."""

TEXTURE_DEEP_WILTING: Final = (1.0, 0.30)
"""The same below the topsoil."""

TEXTURE_BELOW: Final = (0.0, 0.1)
"""Depletion below the roots at the start over that soil's available water."""

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
