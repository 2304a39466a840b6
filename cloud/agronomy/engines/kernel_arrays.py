"""What the compiled balance reads and writes: plain arrays of P parcels, K days and M members."""

from typing import Final, NamedTuple

from cloud.variables import Floats, Indices

(
    BASAL_FROM,
    COVER_GIVEN,
    EVAPORABLE,
    READILY_EVAPORABLE,
    WETS,
    DRIP,
    CURVE,
    FRACTION,
    SALT,
    SOIL_DEPTH,
    ROOT_MAX,
    FOLLOWED,
    TOPSOIL,
    DRAINS,
    TABLE,
    RISE_SLOPE,
    RISE_INTERCEPT,
) = range(17)
"""Columns of ``Land.plots``."""
PLOT_COLUMNS: Final = 17

LANES: Final = 64
"""Members taken side by side; the next follow in another round."""

(
    DEPLETION, BELOW, SURFACE, WETTED, DEPTH, ET0_SCALE, CAPACITY, DEEP, ROOTS, KCB_SCALE,
    ET0, RAIN, WIND, HUMIDITY, IRRIGATION, FRESH, SHIFT, WHOLE, ROOM, WANDERS, POTENTIAL, SPARE,
    KCB, KE, KS, ET0_OWN, ETC, RUNOFF, PERCOLATION, RISE, GROWTH, TOTAL, READILY, COVER,
    LARGEST, INFILTRATION,
) = range(0, 36 * LANES, LANES)  # fmt: skip
"""Beginnings of the rows of ``lanes``, one flat array with a row of ``LANES`` values for each quantity."""
SIZE: Final = 36 * LANES

STAGE_KCB, STAGE_HEIGHT_TERM, STAGE_EXPONENT, STAGE_ROOTS = range(4)
"""Columns of the crop (K, P, 4): Kcb, (height / 3) ** 0.3 of eq. 72, 1 + height / 2 of eq. 76, depth of the roots."""


class Stores(NamedTuple):
    """State of every member; arrays (1, P, M). The first six are written anew, the scales below stay."""

    depletion: Floats
    below: Floats
    surface: Floats
    wetted: Floats
    depth: Floats
    et0: Floats
    capacity: Floats
    deep: Floats
    roots: Floats
    kcb: Floats


class Land(NamedTuple):
    """What does not change: the columns above (P, C), and the soil's layers (P, L)."""

    plots: Floats
    share: Floats
    """Water between field capacity and wilting point [m3/m3]."""
    top: Floats
    thickness: Floats


class Days(NamedTuple):
    """What each day brings; of weather any number W of members: member j of the state meets member j modulo W."""

    et0: Floats
    """(K, P, W), as the next four."""
    rain: Floats
    wind: Floats
    humidity: Floats
    irrigation: Floats
    crop: Floats
    """(K, P, 4), the columns above."""
    drifts: Floats
    """(2, K, M) how far evapotranspiration and the store below the roots drift; (2, 0, 1) on days to come."""


class Physics(NamedTuple):
    """Constants of ``members``, ``drainage``, ``step`` and ``capillary``: handed over, for they stand there alone."""

    et_kept: float
    et_least: float
    below_sigma: float
    below_room: float
    surplus: float
    slowness: float
    exposed_least: float
    wetting_rain: float
    rise_largest: float
    rise_deepest: float


class Outcome(NamedTuple):
    """What is asked for: rows of ``kernel`` (O,), and where they are written (O, K, P, M)."""

    rows: Indices
    values: Floats
