"""How far ground cover may speak of the crop coefficient."""

from dataclasses import replace
from typing import Final

import numpy as np

from cloud.agronomy.step import Water
from cloud.records import ObservationKind

COVER_BOUNDS: Final = (0.8, 1.0)
"""Mean scales of Kcb beyond which cover teaches nothing. The tables' mid-season Kcb is that of a canopy that is closed:
a gap in it lowers Kcb, and no cover can raise it. Members differ about the mean as they did: a canopy may be closed
and yet use more, or less, than the table's. Were each member bounded for itself, a canopy that closes early would
lift those below the table's to it and leave those above, until the parcel is believed to use more than any table says;
a mean of 1.03 stood so in simulated maize."""


def within_cover(before: Water, after: Water, kind: ObservationKind) -> Water:
    """Water in which cover moved Kcb alone, and only as far as cover can speak of it; other kinds move it all.

    A canopy that closes earlier than the table's calendar is no larger crop: what it says of a day of growth must not
    raise Kcb once the ground is covered, when no more cover can be seen that would lower it again. In a simulated
    season of maize Kcb rose to 1.9 and water use to twice the true one. Nor does a leaf tell of roots or of water: what
    a few dozen members happen to share with cover moved depletion and root depth by chance. What something else taught
    stays as it is. Greeley 2022, seen and foreseen covers, against pyfao56 told the measured canopy: the season's use
    is 26.3 mm short of it, 28.2 before both rules; depletion is 7.6 mm apart, 6.5 before; neither is measured.

    Parameters
    ----------
    before, after : Water
        Of the parcels (n, M) before and after the reading.
    kind : str
        What was read.
    """
    if kind != "canopy_cover_fraction":
        return after
    first, last = (water.kcb_scale.mean(axis=1, keepdims=True) for water in (before, after))
    bounded = np.clip(last, np.minimum(first, COVER_BOUNDS[0]), np.maximum(first, COVER_BOUNDS[1]))
    return replace(before, kcb_scale=after.kcb_scale * (bounded / last))
