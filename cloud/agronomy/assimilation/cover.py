"""How far ground cover may speak of the crop coefficient."""

from dataclasses import replace
from typing import Final

import numpy as np

from cloud.agronomy.step import Water
from cloud.records import ObservationKind

COVER_BOUNDS: Final = (0.8, 1.0)
"""Scales of Kcb beyond which cover teaches nothing. The tables' mid-season Kcb is that of a canopy that is closed:
a gap in it lowers Kcb, and no cover can raise it."""


def within_cover(before: Water, after: Water, kind: ObservationKind) -> Water:
    """Water in which cover moved Kcb alone, and only as far as cover can speak of it; other kinds move it all.

    A canopy that closes earlier than the table's calendar is no larger crop: what it says of a day of growth must not
    raise Kcb once the ground is covered, when no more cover can be seen that would lower it again. In a simulated
    season of maize Kcb rose to 1.9 and water use to twice the true one. Nor does a leaf tell of roots or of water: what
    a few dozen members happen to share with cover moved depletion and root depth by chance. What something else taught
    stays as it is. Greeley 2022, seen and foreseen covers, against pyfao56 told the measured canopy: the season's use
    is 26.6 mm short of it, 28.2 before both rules; depletion is 7.5 mm apart, 6.5 before; neither is measured.

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
    return replace(before, kcb_scale=np.clip(after.kcb_scale, low, high))
