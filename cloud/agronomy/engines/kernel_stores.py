"""The state of a round of members: read, its limits found, drifted, written back; compiled into ``kernel``."""

import numpy as np

from cloud.agronomy.engines.kernel_arrays import (
    BELOW,
    CAPACITY,
    DEEP,
    DEPLETION,
    DEPTH,
    ET0_SCALE,
    FOLLOWED,
    FRESH,
    KCB_SCALE,
    LANES,
    POTENTIAL,
    RISE_INTERCEPT,
    RISE_SLOPE,
    ROOM,
    ROOT_MAX,
    ROOTS,
    SHIFT,
    SOIL_DEPTH,
    SPARE,
    SURFACE,
    TABLE,
    TOPSOIL,
    TOTAL,
    WANDERS,
    WETTED,
    WHOLE,
    Land,
    Physics,
    Stores,
)  # fmt: skip
from cloud.agronomy.engines.kernel_math import exponential, fill, inlined, logarithm, spill
from cloud.variables import Floats


@inlined
def holds(lanes: Floats, row: int, depth_row: int, land: Land, p: int) -> None:
    """Water that each member holds at field capacity down to a depth (``Water.holds_mm``)."""
    first, bottom = 1000.0 * land.share[p, 0], land.thickness[p, 0]
    for m in range(LANES):
        lanes[row + m] = first * min(lanes[depth_row + m], bottom)
    for layer in range(1, land.share.shape[1]):
        share, top, thickness = 1000.0 * land.share[p, layer], land.top[p, layer], land.thickness[p, layer]
        for m in range(LANES):
            lanes[row + m] += share * min(max(lanes[depth_row + m] - top, 0.0), thickness)
    topsoil = land.plots[p, TOPSOIL]
    for m in range(LANES):
        whole, capacity = lanes[row + m], lanes[CAPACITY + m]
        lanes[row + m] = whole * capacity + max(whole - topsoil, 0.0) * (lanes[DEEP + m] - capacity)


@inlined
def limits(lanes: Floats, land: Land, physics: Physics, p: int) -> None:
    """What follows from the depth of the roots: total, room below, drift of what stands there, rise of groundwater."""
    holds(lanes, TOTAL, DEPTH, land, p)
    for m in range(LANES):
        room = max(lanes[WHOLE + m] - lanes[TOTAL + m], 0.0)
        lanes[ROOM + m] = room
        lanes[WANDERS + m] = physics.below_sigma * min(np.sqrt(room / physics.below_room), 1.0)
    table, slope, intercept = land.plots[p, TABLE], land.plots[p, RISE_SLOPE], land.plots[p, RISE_INTERCEPT]
    if np.isfinite(table):
        for m in range(LANES):
            distance = table - lanes[DEPTH + m]
            rise = exponential((logarithm(max(distance, 1e-6)) - intercept) / slope)
            rise = min(rise, physics.rise_largest)
            lanes[POTENTIAL + m] = rise if distance < physics.rise_deepest else 0.0


@inlined
def load(lanes: Floats, stores: Stores, land: Land, physics: Physics, place: tuple[int, int]) -> None:
    """Read the state of a round of members, and find their limits."""
    p, first = place
    fill(lanes, DEPLETION, stores.depletion, (0, p), first)
    fill(lanes, BELOW, stores.below, (0, p), first)
    fill(lanes, SURFACE, stores.surface, (0, p), first)
    fill(lanes, WETTED, stores.wetted, (0, p), first)
    fill(lanes, DEPTH, stores.depth, (0, p), first)
    fill(lanes, ET0_SCALE, stores.et0, (0, p), first)
    fill(lanes, CAPACITY, stores.capacity, (0, p), first)
    fill(lanes, DEEP, stores.deep, (0, p), first)
    fill(lanes, ROOTS, stores.roots, (0, p), first)
    fill(lanes, KCB_SCALE, stores.kcb, (0, p), first)
    deepest, soil, followed = land.plots[p, ROOT_MAX], land.plots[p, SOIL_DEPTH], land.plots[p, FOLLOWED]
    for m in range(LANES):
        lanes[SPARE + m] = max(min(deepest * lanes[ROOTS + m], soil), followed)
    holds(lanes, WHOLE, SPARE, land, p)
    limits(lanes, land, physics, p)


@inlined
def save(lanes: Floats, stores: Stores, p: int, first: int) -> None:
    """Write the state of a round of members back."""
    spill(lanes, DEPLETION, stores.depletion, (0, p), first)
    spill(lanes, BELOW, stores.below, (0, p), first)
    spill(lanes, SURFACE, stores.surface, (0, p), first)
    spill(lanes, WETTED, stores.wetted, (0, p), first)
    spill(lanes, DEPTH, stores.depth, (0, p), first)
    spill(lanes, ET0_SCALE, stores.et0, (0, p), first)


@inlined
def wander(lanes: Floats, physics: Physics) -> None:
    """A day of drift (``members.wandered``)."""
    for m in range(LANES):
        room, below = lanes[ROOM + m], lanes[BELOW + m]
        moved = max(below + lanes[WANDERS + m] * lanes[SHIFT + m], min(-physics.surplus * room, below))
        lanes[BELOW + m] = min(moved, max(below, room))
        scale = 1.0 + physics.et_kept * (lanes[ET0_SCALE + m] - 1.0) + lanes[FRESH + m]
        lanes[ET0_SCALE + m] = max(scale, physics.et_least)


@inlined
def forget(lanes: Floats, physics: Physics) -> None:
    """A day without drift (``members.forgotten``)."""
    for m in range(LANES):
        lanes[ET0_SCALE + m] = 1.0 + physics.et_kept * (lanes[ET0_SCALE + m] - 1.0)
