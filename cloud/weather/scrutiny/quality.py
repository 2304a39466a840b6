"""What became of every value of the weather: measured, missing, filled, corrected, set aside, stuck or estimated.

The flags of a variable stand beside it in the dataset, as the coordinate ``<variable>_quality`` of the same shape with
the attributes ``flag_values`` and ``flag_meanings`` of the CF conventions. A variable whose values are all as measured
or missing has no such coordinate; ``quality_of`` answers for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

Flags = NDArray[np.int8]
"""Array of ``Quality``."""


class Quality(IntEnum):
    """One flag of a value."""

    MISSING = 0
    """Nothing was given."""
    MEASURED = 1
    """As the source gives it, in our unit."""
    FILLED = 2
    """Taken from other days or other variables."""
    CORRECTED = 3
    """Given, and moved: a humidity of 102 % to 100 %, a temperature to the parcel's height."""
    SET_ASIDE = 4
    """Given and not plausible: the value is unknown."""
    STUCK = 5
    """Given by a sensor that stood still: the value is unknown."""
    ESTIMATED = 6
    """Found from another statistic, such as a mean wind from the highest of the day."""


def quality_of(dataset: xr.Dataset, variable: str) -> Flags:
    """Flags of a variable, shaped like it; measured or missing where nothing was recorded."""
    values = dataset[variable]
    plain = np.where(np.isnan(values.values), Quality.MISSING, Quality.MEASURED).astype(np.int8)
    name = f"{variable}_quality"
    if name not in dataset.coords:
        return plain
    flags = np.nan_to_num(np.asarray(dataset[name].transpose(*values.dims).values)).astype(np.int8)
    # Days that were added after the flags were made have none.
    return np.where(flags == Quality.MISSING, plain, flags).astype(np.int8)


def with_quality(dataset: xr.Dataset, flags: Mapping[str, Flags]) -> xr.Dataset:
    """The dataset with the flags of some variables; those that are all as measured or missing are left out."""
    attributes = {
        "standard_name": "quality_flag",
        "flag_values": np.array([one.value for one in Quality], dtype=np.int8),
        "flag_meanings": " ".join(one.name.lower() for one in Quality),
    }
    told = {
        f"{name}_quality": (dataset[name].dims, flag, attributes)
        for name, flag in flags.items()
        if (flag > Quality.MEASURED).any()
    }
    return dataset.assign_coords(told)
