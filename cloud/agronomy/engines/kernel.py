"""The days of the balance for one parcel after another, compiled: what ``step``, ``members`` and ``drainage`` do.

Those modules are the readable truth; this one repeats their arithmetic in their order, so that the state of a parcel
stays in the processor's cache through all the days asked for. What follows from a power (cover, evaporation, rise from
a water table) agrees with them to 1e-12, relatively; all else to the bit.
"""

import zlib
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

from cloud.agronomy.engines import kernel_arrays, kernel_math, kernel_stores
from cloud.agronomy.engines.kernel_arrays import (
    BASAL_FROM,
    BELOW,
    COVER,
    COVER_GIVEN,
    CURVE,
    DEPLETION,
    DEPTH,
    DRAINS,
    DRIP,
    ET0,
    ET0_OWN,
    ET0_SCALE,
    ETC,
    EVAPORABLE,
    FRACTION,
    FRESH,
    GROWTH,
    HUMIDITY,
    INFILTRATION,
    IRRIGATION,
    KCB,
    KCB_SCALE,
    KE,
    KS,
    LANES,
    LARGEST,
    PERCOLATION,
    POTENTIAL,
    RAIN,
    READILY,
    READILY_EVAPORABLE,
    RISE,
    ROOM,
    ROOTS,
    RUNOFF,
    SALT,
    SHIFT,
    SIZE,
    SOIL_DEPTH,
    SPARE,
    STAGE_EXPONENT,
    STAGE_HEIGHT_TERM,
    STAGE_KCB,
    STAGE_ROOTS,
    SURFACE,
    TABLE,
    TOTAL,
    WETS,
    WETTED,
    WHOLE,
    WIND,
    Days,
    Land,
    Outcome,
    Physics,
    Stores,
)  # fmt: skip
from cloud.agronomy.engines.kernel_math import fill, inlined, power, spill
from cloud.agronomy.engines.kernel_stores import forget, limits, load, save, wander
from cloud.variables import Floats, Indices


@inlined
def grow(lanes: Floats, land: Land, physics: Physics, root_depth: float, p: int) -> None:
    """Roots that grow into soil below take over its depletion (``step``)."""
    grown, soil = False, land.plots[p, SOIL_DEPTH]
    for m in range(LANES):
        depth = max(min(root_depth * lanes[ROOTS + m], soil), lanes[DEPTH + m])
        grown |= depth > lanes[DEPTH + m]
        lanes[DEPTH + m] = depth
        # Nothing, and unknown where the water below is.
        lanes[GROWTH + m] = 0.0 * lanes[BELOW + m]
        lanes[SPARE + m] = lanes[TOTAL + m]
    if not grown:
        return
    limits(lanes, land, physics, p)
    for m in range(LANES):
        before = lanes[SPARE + m]
        room = lanes[WHOLE + m] - before
        share = min(max((lanes[TOTAL + m] - before) / max(room, 1e-9), 0.0), 1.0)
        growth = lanes[BELOW + m] * (share if room > 1e-9 else 0.0)  # noqa: PLR2004 -- no soil below
        lanes[GROWTH + m] = growth
        lanes[DEPLETION + m] += growth
        lanes[BELOW + m] -= growth


@inlined
def run_off(lanes: Floats, land: Land, p: int) -> None:
    """Runoff by curve number and wetness of the surface (``step.runoff_mm``)."""
    rains, curve = False, land.plots[p, CURVE]
    for m in range(LANES):
        rains |= lanes[RAIN + m] > 0.0
        lanes[RUNOFF + m] = 0.0
    if not rains or np.isnan(curve):
        return
    readily, evaporable = land.plots[p, READILY_EVAPORABLE], land.plots[p, EVAPORABLE]
    dry, wet = curve / (2.281 - 0.01281 * curve), curve / (0.427 + 0.00573 * curve)
    moist, parched = 0.5 * readily, 0.7 * readily + 0.3 * evaporable
    for m in range(LANES):
        rain = lanes[RAIN + m]
        share = min(max((lanes[SURFACE + m] - moist) / (parched - moist), 0.0), 1.0)
        storage = 250.0 * (100.0 / (share * dry + (1.0 - share) * wet) - 1.0)
        excess = max(rain - 0.2 * storage, 0.0)
        flow = min(excess * excess / (rain + 0.8 * storage), rain)
        lanes[RUNOFF + m] = 0.0 if np.isnan(flow) else flow


@inlined
def cover_ground(lanes: Floats, land: Land, days: Days, p: int, day: int) -> None:
    """Basal coefficient, largest coefficient and ground cover (eq. 70, 72 and 76)."""
    kcb_stage, height_term = days.crop[day, p, STAGE_KCB], days.crop[day, p, STAGE_HEIGHT_TERM]
    exponent, basal_from, given = (
        days.crop[day, p, STAGE_EXPONENT],
        land.plots[p, BASAL_FROM],
        land.plots[p, COVER_GIVEN],
    )
    for m in range(LANES):
        kcb = kcb_stage * lanes[KCB_SCALE + m]
        wind = min(max(lanes[WIND + m], 1.0), 6.0) - 2.0
        dryness = min(max(lanes[HUMIDITY + m], 20.0), 80.0) - 45.0
        lanes[LARGEST + m] = max(1.2 + (0.04 * wind - 0.004 * dryness) * height_term, kcb + 0.05)
        lanes[KCB + m] = kcb
    if not np.isnan(given):
        for m in range(LANES):
            lanes[COVER + m] = given
        return
    for m in range(LANES):
        ratio = (lanes[KCB + m] - basal_from) / max(lanes[LARGEST + m] - basal_from, 0.01)
        lanes[COVER + m] = min(power(max(ratio, 0.0), exponent), 0.99)


@inlined
def wet(lanes: Floats, land: Land, physics: Physics, p: int) -> None:
    """Rain and irrigation on the surface: the share that they wet, and what they bring to it."""
    irrigated, wets = False, land.plots[p, WETS]
    for m in range(LANES):
        irrigated |= lanes[IRRIGATION + m] > 0.0
        lanes[WETTED + m] = 1.0 if lanes[RAIN + m] >= physics.wetting_rain else lanes[WETTED + m]
        lanes[SPARE + m] = 0.0
    if irrigated:
        for m in range(LANES):
            lanes[WETTED + m] = wets if lanes[IRRIGATION + m] > 0.0 else lanes[WETTED + m]
            lanes[SPARE + m] = lanes[IRRIGATION + m] / lanes[WETTED + m]


@inlined
def evaporate(lanes: Floats, land: Land, physics: Physics, p: int) -> None:
    """Evaporation before any lack of water, and the surface wetted (eq. 71 to 75)."""
    evaporable, readily, drip = land.plots[p, EVAPORABLE], land.plots[p, READILY_EVAPORABLE], land.plots[p, DRIP]
    for m in range(LANES):
        cover, wetted, largest = lanes[COVER + m], lanes[WETTED + m], lanes[LARGEST + m]
        shaded = (1.0 - 2.0 / 3.0 * cover) * wetted
        shaded = shaded if drip > 0.0 and wetted < 1.0 else wetted
        exposed = max(min(1.0 - cover, shaded), physics.exposed_least)
        reduction = min(max((evaporable - lanes[SURFACE + m]) / (evaporable - readily), 0.0), 1.0)
        moist = lanes[SURFACE + m] - (lanes[RAIN + m] - lanes[RUNOFF + m]) - lanes[SPARE + m]
        lanes[KE + m] = min(reduction * (largest - lanes[KCB + m]), exposed * largest)
        lanes[SURFACE + m], lanes[SPARE + m] = max(moist, 0.0), exposed


@inlined
def transpire(lanes: Floats, land: Land, p: int) -> None:
    """Evapotranspiration and percolation as water allows (eq. 77 to 86)."""
    fraction, salt, evaporable = land.plots[p, FRACTION], land.plots[p, SALT], land.plots[p, EVAPORABLE]
    short = False
    for m in range(LANES):
        kcb, ke, total, depletion = lanes[KCB + m], lanes[KE + m], lanes[TOTAL + m], lanes[DEPLETION + m]
        et0 = lanes[ET0 + m] * lanes[ET0_SCALE + m]
        readily = min(max(fraction + 0.04 * (5.0 - (kcb + ke) * et0), 0.1), 0.8) * total
        ks = min(max((total - depletion) / max(total - readily, 1e-9), 0.0), 1.0) * salt
        infiltration = lanes[RAIN + m] - lanes[RUNOFF + m] + lanes[IRRIGATION + m]
        short |= (ks * kcb + ke) * et0 > max(total - depletion + infiltration, 0.0)
        lanes[ET0_OWN + m], lanes[READILY + m], lanes[KS + m], lanes[INFILTRATION + m] = et0, readily, ks, infiltration
    if short:
        for m in range(LANES):
            wanted = (lanes[KS + m] * lanes[KCB + m] + lanes[KE + m]) * lanes[ET0_OWN + m]
            held = max(lanes[TOTAL + m] - lanes[DEPLETION + m] + lanes[INFILTRATION + m], 0.0)
            share = held / max(wanted, 1e-12)
            share = share if wanted > held else 1.0
            lanes[KE + m] *= share
            lanes[KS + m] *= share
    for m in range(LANES):
        ke, et0, depletion, infiltration = (
            lanes[KE + m],
            lanes[ET0_OWN + m],
            lanes[DEPLETION + m],
            lanes[INFILTRATION + m],
        )
        etc = (lanes[KS + m] * lanes[KCB + m] + ke) * et0
        percolation = max(infiltration - etc - depletion, 0.0)
        lanes[ETC + m], lanes[PERCOLATION + m] = etc, percolation
        lanes[DEPLETION + m] = depletion - infiltration + etc + percolation
        lanes[SURFACE + m] = min(max(lanes[SURFACE + m] + ke * et0 / lanes[SPARE + m], 0.0), evaporable)


@inlined
def rise_and_drain(lanes: Floats, land: Land, physics: Physics, p: int) -> None:
    """Water from a water table (``capillary``), and surplus that takes its time to leave (``drainage.drained``)."""
    share, has_table = land.plots[p, DRAINS], np.isfinite(land.plots[p, TABLE])
    slow = 1.0 - physics.slowness * share
    for m in range(LANES):
        lanes[RISE + m] = 0.0
    if has_table:
        for m in range(LANES):
            depletion = lanes[DEPLETION + m]
            wet = min(max(1.0 - depletion / max(lanes[TOTAL + m], 1e-9), 0.0), 1.0)
            wet *= wet
            wet *= wet
            wet *= wet
            wet *= wet
            lanes[RISE + m] = min(lanes[POTENTIAL + m] * (1.0 - wet), max(depletion, 0.0))
    for m in range(LANES):
        kept = min(lanes[PERCOLATION + m] * (1.0 - share), physics.surplus * lanes[TOTAL + m])
        percolation = lanes[PERCOLATION + m] - kept
        below = lanes[BELOW + m] - percolation
        surplus = min(max(-below, 0.0) * slow, physics.surplus * lanes[ROOM + m])
        lanes[PERCOLATION + m] = percolation
        lanes[DEPLETION + m] = lanes[DEPLETION + m] - lanes[RISE + m] - kept
        lanes[BELOW + m] = max(below, 0.0) - surplus


@inlined
def _days(stores: Stores, land: Land, days: Days, physics: Physics, asked: Outcome, parcels: Indices) -> None:
    lanes = np.empty(SIZE)
    for p in range(parcels[0], parcels[1]):
        for first in range(0, stores.depletion.shape[2], LANES):
            load(lanes, stores, land, physics, (p, first))
            for day in range(days.crop.shape[0]):
                fill(lanes, ET0, days.et0, (day, p), first)
                fill(lanes, RAIN, days.rain, (day, p), first)
                fill(lanes, WIND, days.wind, (day, p), first)
                fill(lanes, HUMIDITY, days.humidity, (day, p), first)
                fill(lanes, IRRIGATION, days.irrigation, (day, p), first)
                if days.drifts.shape[1] > 0:
                    fill(lanes, FRESH, days.drifts, (0, day), first)
                    fill(lanes, SHIFT, days.drifts, (1, day), first)
                    wander(lanes, physics)
                else:
                    forget(lanes, physics)
                grow(lanes, land, physics, days.crop[day, p, STAGE_ROOTS], p)
                run_off(lanes, land, p)
                cover_ground(lanes, land, days, p, day)
                wet(lanes, land, physics, p)
                evaporate(lanes, land, physics, p)
                transpire(lanes, land, p)
                rise_and_drain(lanes, land, physics, p)
                for place in range(asked.rows.size):
                    spill(lanes, asked.rows[place], asked.values[place], (day, p), first)
            save(lanes, stores, p, first)


def _compiled(version: int) -> Callable[[Stores, Land, Days, Physics, Outcome, Indices], None]:
    def advance(stores: Stores, land: Land, days: Days, physics: Physics, asked: Outcome, parcels: Indices) -> None:
        # A compiled form on disk is known by the date of this file and by what is caught here: the other files' text.
        _ = version
        _days(stores, land, days, physics, asked, parcels)

    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(advance)
    except RuntimeError:
        # Nowhere to write: compiled anew in every process.
        return numba.njit(nogil=True, error_model="numpy")(advance)


advance_days = _compiled(
    zlib.crc32(b"".join(Path(str(one.__file__)).read_bytes() for one in (kernel_arrays, kernel_math, kernel_stores)))
)
"""Advance parcels first..last through all days, writing their state back and what is asked for beside."""
