"""Members keep their order: new values are dealt so that each member's days and sites still belong together.

Ensemble copula coupling: R. Schefzik et al. (2013), doi:10.1214/13-STS443.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats


def levels_of(members: int) -> Floats:
    """Probabilities at which as many members represent a distribution best: the middles of equal shares."""
    return (np.arange(members) + 0.5) / members


def order_of(template: Floats) -> NDArray[np.intp]:
    """Rank of every member 0..M-1 along axis 1 of (L, M, S); members that tie (dry days) are ranked by their total.

    A member that is wet on other days is the likelier one to be wet on this day too.
    """
    total = np.broadcast_to(template.sum(axis=(0, 2), keepdims=True), template.shape)
    place = np.broadcast_to(np.arange(template.shape[1])[None, :, None], template.shape)
    by_value = np.lexsort((place, total, template), axis=1)
    rank: NDArray[np.intp] = np.argsort(by_value, axis=1)
    return rank


def dealt(ascending: Floats, template: Floats) -> Floats:
    """Ascending values (L, M, S) given to the members in the order of the template of the same shape."""
    result: Floats = np.take_along_axis(ascending, order_of(template), axis=1)
    return result
