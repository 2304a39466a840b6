"""Short gaps in daily weather, filled from the days around them and flagged; long ones stay gaps.

Missing is never zero: a filled day carries the mean of its neighbours, and the ensemble widens on it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats

LONGEST_FILLED_DAYS: Final = 5
"""Longest gap that is filled [d]."""

NEIGHBOUR_DAYS: Final = 15
"""Days on either side whose mean fills a gap [d]."""

FEWEST_NEIGHBOURS: Final = 5
"""Fewest known days among the neighbours."""


def filled(values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Series (D, ...) with its short gaps filled, and where; leading and trailing gaps are gaps like any other."""
    flat = values.reshape(values.shape[0], -1).copy()
    flags = np.zeros(flat.shape, dtype=bool)
    for column in np.flatnonzero(np.isnan(flat).any(axis=0)):
        series = values.reshape(values.shape[0], -1)[:, column]
        for first, last in _runs(np.isnan(series)):
            around = series[max(first - NEIGHBOUR_DAYS, 0) : last + 1 + NEIGHBOUR_DAYS]
            known = around[~np.isnan(around)]
            if last - first < LONGEST_FILLED_DAYS and known.size >= FEWEST_NEIGHBOURS:
                flat[first : last + 1, column] = known.mean()
                flags[first : last + 1, column] = True
    return flat.reshape(values.shape), flags.reshape(values.shape)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(first), int(end) - 1) for first, end in zip(edges[::2], edges[1::2], strict=True)]
