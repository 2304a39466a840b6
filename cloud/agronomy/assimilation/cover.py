"""How far ground cover may speak of the crop coefficient."""

from dataclasses import replace
from typing import Final

import numpy as np

from cloud.agronomy.step import Water
from cloud.records import ObservationKind

COVER_BOUNDS: Final = (0.8, 1.15)
"""Scales of Kcb beyond which cover teaches nothing. A full canopy of annual crops has a Kcb of at most 1.20 to 1.25
(Allen et al. 1998, FAO-56, eq. 99 and table 17); mid-season values of the tables are 1.05 to 1.15."""


def within_cover(before: Water, after: Water, kind: ObservationKind) -> Water:
    """Water whose Kcb was moved by cover only as far as cover can speak of it; other kinds move it freely.

    A canopy that closes earlier than the table's calendar is no larger crop. What it says of a day of growth must not
    raise Kcb once the ground is covered, when no more cover can be seen that would lower it again: in a simulated
    season of maize Kcb rose to 1.9 and water use to twice the true one. What something else taught stays as it is.

    Parameters
    ----------
    before, after : Water
        Of the parcels (n, M) before and after the reading.
    kind : str
        What was read.
    """
    if kind != "canopy_cover_fraction":
        return after
    low, high = np.minimum(before.kcb_scale, COVER_BOUNDS[0]), np.maximum(before.kcb_scale, COVER_BOUNDS[1])
    return replace(after, kcb_scale=np.clip(after.kcb_scale, low, high))
