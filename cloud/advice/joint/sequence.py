"""Runs through one turn or pump, one after the other: never at once, with its rests, in its cheapest hours."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from cloud.advice.joint.timeline import BELOW_MONEY, Timeline
from cloud.variables import Floats, Indices

GRACE_STEPS: Final = (6, 3)
"""How much later than told each run may begin: half an hour where there is room, less where there is not."""


def fits(lengths: Sequence[int], rest: int, timeline: Timeline) -> bool:
    """Whether runs of these lengths [steps] have room, in this order: each as early as it can."""
    reached, pieces = 0, iter(timeline.pieces)
    first, end = next(pieces, (0, 0))
    for length in lengths:
        while max(reached, first) + length > end:
            piece = next(pieces, None)
            if piece is None:
                return False
            first, end = piece
        begins = max(reached, first)
        if begins >= timeline.starts:
            return False
        reached = begins + length + rest
    return True


def starts_of(lengths: Sequence[int], rest: int, timeline: Timeline, grace: int = 0) -> list[int] | None:
    """First steps of runs in the given order that cost least in all; None where they have no room.

    Each run is followed by ``grace`` steps for a late start, then by ``rest``. Exact for the order: a table of the
    least cost by the number of runs begun and the step reached.
    """
    if not lengths:
        return []
    steps = timeline.is_open.size
    closed, cost = timeline.closed_before, timeline.cost_before
    reached: Floats = np.zeros(steps + 1)
    chosen: list[Indices] = []
    for place, length in enumerate(lengths):
        begins = np.full(steps + 1, np.inf)
        last = min(timeline.starts, steps + 1 - length - grace)
        if last <= 0:
            return None
        first = np.arange(last)
        free = closed[first + length + grace] == closed[first]
        before = reached if place == 0 else _later(reached, rest)
        begins[:last] = np.where(free, before[:last] + cost[first + length] - cost[first], np.inf)
        best, at = _least_so_far(begins)
        chosen.append(at)
        reached = _later(best, length + grace)
    if not np.isfinite(reached[-1]):
        return None
    return _traced(chosen, lengths, rest, grace)


def cheapest(lengths: Sequence[int], rest: int, timeline: Timeline) -> list[int] | None:
    """First steps of the runs, with as much grace for late starts as costs no energy; None where there is no room."""
    if len(lengths) == 1:
        return _alone(lengths[0], timeline)
    bare = starts_of(lengths, rest, timeline)
    if bare is None:
        return None
    least = energy_of(bare, lengths, timeline)
    for grace in GRACE_STEPS:
        found = starts_of(lengths, rest, timeline, grace)
        if found is not None and energy_of(found, lengths, timeline) <= least + BELOW_MONEY * max(1.0, least):
            return found
    return bare


def _alone(length: int, timeline: Timeline) -> list[int] | None:
    """The first step of a single run as ``starts_of`` finds it, with the grace that costs no energy, as for many."""
    bare = _cheapest_step(length, 0, timeline)
    if bare is None:
        return None
    closed, least = timeline.closed_before, timeline.energy(bare, length)
    for grace in GRACE_STEPS:
        after = bare + length + grace
        if bare + grace < timeline.starts and after < closed.size and closed[after] == closed[bare]:
            return [bare]
        found = _cheapest_step(length, grace, timeline)
        if found is not None and timeline.energy(found, length) <= least + BELOW_MONEY * max(1.0, least):
            return [found]
    return [bare]


def _cheapest_step(length: int, grace: int, timeline: Timeline) -> int | None:
    """First step of a run that costs least of those that may begin as much later."""
    closed, cost = timeline.closed_before, timeline.cost_before
    last = min(timeline.starts, closed.size - length) - grace
    if last <= 0:
        return None
    free = closed[length + grace : length + grace + last] == closed[:last]
    costs = np.where(free, cost[length : length + last] - cost[:last], np.inf)
    start = int(costs.argmin())
    return start if np.isfinite(costs[start]) else None


def energy_of(starts: Sequence[int], lengths: Sequence[int], timeline: Timeline) -> float:
    """Energy of all runs [money]."""
    return sum(timeline.energy(start, length) for start, length in zip(starts, lengths, strict=True))


def _later(values: Floats, steps: int) -> Floats:
    """The same, reached some steps later."""
    if steps == 0:
        return values
    moved = np.full_like(values, np.inf)
    moved[steps:] = values[:-steps]
    return moved


def _least_so_far(values: Floats) -> tuple[Floats, Indices]:
    """Least value up to each step, and the first step that has it."""
    least = np.minimum.accumulate(values)
    improved = np.concatenate([[True], values[1:] < least[:-1]])
    at = np.maximum.accumulate(np.where(improved, np.arange(values.size), 0))
    return least, at.astype(np.intp)


def _traced(chosen: Sequence[Indices], lengths: Sequence[int], rest: int, grace: int) -> list[int]:
    """Starts, found from the last run back."""
    starts: list[int] = []
    reached = chosen[-1].size - 1
    for place in range(len(lengths) - 1, -1, -1):
        start = int(chosen[place][max(0, reached - lengths[place] - grace)])
        starts.append(start)
        reached = start - rest
    return starts[::-1]
