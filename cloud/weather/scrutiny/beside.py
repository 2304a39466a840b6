"""What may stand beside a variable in a weather file: its standard error, two percentiles, and its quality flags.

Weather that was filled or corrected carries them; measured weather has none of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr

SIGMA: Final = "_sigma"
"""Ending of the variable that holds another's standard error, in its unit."""
QUALITY: Final = "_quality"
_ENDINGS: Final = (SIGMA, "_p10", "_p90")

Beside = dict[str, tuple[tuple[str, ...], np.ndarray]]


def taken_apart(dataset: xr.Dataset, order: tuple[str, ...]) -> tuple[xr.Dataset, Beside]:
    """A file's weather alone, and what stood beside it, shaped like it; an error in another unit is left with it."""
    found: Beside = {}
    for name in list(dataset.variables):
        text = str(name)
        ending = next((one for one in (*_ENDINGS, QUALITY) if text.endswith(one)), None)
        stem = text.removesuffix(ending) if ending else ""
        if stem not in VARIABLES or set(dataset[name].dims) != set(order):
            continue
        values = dataset[name].transpose(*order)
        if ending != QUALITY and str(values.attrs.get("units", "")) == VARIABLES[stem].unit:
            found[text] = (order, np.asarray(values.values, dtype=np.float64))
        elif ending == QUALITY:
            found[text] = (order, np.nan_to_num(np.asarray(values.values)).astype(np.int8))
    return dataset.drop_vars(list(found)), found
