"""The doses that are worth most together, by mixed-integer linear programming.

For parcel i: ``least y <= x <= most y`` with y 0 or 1; the curve's pieces fill x in order since their worth falls.
Places: run times and the rests between them fit the open steps, hours with a price are taken from the cheapest on;
where steps lie after midnight, one run only, the last, may reach into them. Stores: volumes of today and of the rest of
the season fit what is left. Small groups are exact in whole millimetres, cubic metres and steps; of larger ones the
depths are rounded down afterwards and what that frees is given out again (``settle``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.advice.dose import M3_PER_MM_HA, STEPS_PER_HOUR
from cloud.advice.joint.model import Model
from cloud.advice.joint.problem import Later, Place, Problem, Wish
from cloud.variables import Floats

EXACT_PARCELS: Final = 5
"""Groups up to this size are solved in the whole units that will be told."""
_EDGE: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Numbers of the variables of one parcel."""

    given: int
    depth: int
    volume: int
    steps: int


def optimum_of(problem: Problem) -> dict[str, int] | None:
    """Depth of each parcel by its id [mm], whole numbers, 0 for nothing; None when the solver found no plan."""
    exact = len(problem.wishes) <= EXACT_PARCELS
    model, columns, _ = model_of(problem, exact=exact)
    values = model.solved(exact=exact)
    if values is None:
        return None
    return {wish.name: _whole_mm(wish, values, columns[wish.name]) for wish in problem.wishes}


def _whole_mm(wish: Wish, values: Floats, columns: _Columns) -> int:
    if values[columns.given] < 1.0 - 1e-3:
        return 0
    return min(max(int(values[columns.depth] + _EDGE), wish.least), wish.most)


def model_of(problem: Problem, *, exact: bool) -> tuple[Model, dict[str, _Columns], dict[str, int]]:
    """The programme, the variables of each parcel and the row of each store."""
    model = Model()
    ordered = sorted(problem.wishes, key=lambda wish: wish.name)
    columns = {wish.name: _parcel(model, wish, exact=exact) for wish in ordered}
    members = problem.members()
    for name, place in problem.places.items():
        _place(model, place, [(wish, columns[wish.name]) for wish in members[name]])
    later: dict[Later, int] = {}
    wishes = {wish.name: wish for wish in ordered}
    rows: dict[str, int] = {}
    for name, store in problem.stores.items():
        terms = {columns[wish.name].volume: 1.0 for wish in ordered if name in wish.draws}
        for one in store.later:
            if one not in later:
                later[one] = _later(model, one, columns.get(one.parcel_id), wishes.get(one.parcel_id))
            terms[later[one]] = 1.0
        rows[name] = model.at_most(terms, store.left_m3)
    return model, columns, rows


def _later(model: Model, later: Later, columns: _Columns | None, wish: Wish | None) -> int:
    """A later use; what a parcel is not given today it wants in the days after."""
    if columns is None or wish is None or not later.is_next:
        return model.variable(most=later.volume_m3, worth=later.money_per_m3)
    wanted = later.volume_m3 + wish.volume_m3(wish.most)
    used = model.variable(most=wanted, worth=later.money_per_m3)
    model.at_most({used: 1.0, columns.volume: 1.0}, wanted)
    return used


def _parcel(model: Model, wish: Wish, *, exact: bool) -> _Columns:
    area_ha, flow = wish.intent.parcel.area_ha, wish.intent.access.flow_m3_h
    m3_per_mm = M3_PER_MM_HA * area_ha
    given = model.variable(most=1.0, worth=-wish.fixed, whole=True)
    depth = model.variable(most=float(wish.most), whole=exact)
    volume = model.variable(most=wish.volume_m3(wish.most) + m3_per_mm, whole=exact)
    steps = model.variable(most=float(wish.steps(wish.most) + 1), whole=exact)
    model.at_most({depth: 1.0, given: -float(wish.most)}, 0.0)
    model.at_most({given: float(wish.least), depth: -1.0}, 0.0)
    pieces = {model.variable(most=length, worth=value): -1.0 for length, value in wish.pieces(wish.most)}
    # The pieces make up the depth, neither more (they would be worth too much) nor less (a loss could be left out).
    model.at_most({depth: 1.0, **pieces}, 0.0)
    model.at_most({depth: -1.0, **dict.fromkeys(pieces, 1.0)}, 0.0)
    # Halves are rounded up: a cubic metre or a step counts from its half on.
    half = 0.5 - _EDGE if exact else 0.0
    model.at_most({depth: m3_per_mm, volume: -1.0}, half)
    if flow is not None:
        model.at_most({volume: STEPS_PER_HOUR / flow, steps: -1.0}, half)
    return _Columns(given=given, depth=depth, volume=volume, steps=steps)


def _place(model: Model, place: Place, served: list[tuple[Wish, _Columns]]) -> None:
    """Room for the runs and the rests between them, and the price of the hours."""
    runs = {columns.steps: 1.0 for _, columns in served}
    rests = {columns.given: float(place.rest) for _, columns in served} if place.rest else {}
    line = place.timeline
    model.at_most({**runs, **rests}, float(line.is_open.sum() + place.rest))
    model.at_most(runs, float(place.longest))
    if line.ends_late and len(served) > 1:
        before = float(line.is_open[: line.starts].sum())
        _last_of_day(model, served, before + place.rest, {**runs, **rests})
    prices = np.unique(line.money[line.is_open])
    if prices.size <= 1:
        return
    hours = {
        model.variable(most=float((line.money[line.is_open] == price).sum()), worth=-float(price)): -1.0
        for price in prices
    }
    model.at_most({**runs, **hours}, 0.0)


def _last_of_day(model: Model, served: list[tuple[Wish, _Columns]], before: float, taken: Mapping[int, float]) -> None:
    """All runs but one begin and end before midnight: the last may end after it."""
    over: dict[int, float] = {}
    lasts: dict[int, float] = {}
    for wish, columns in served:
        longest = float(wish.steps(wish.most) + 1)
        last = model.variable(most=1.0, whole=True)
        beyond = model.variable(most=longest)
        model.at_most({beyond: 1.0, columns.steps: -1.0}, 0.0)
        model.at_most({beyond: 1.0, last: -longest}, 0.0)
        over[beyond], lasts[last] = -1.0, 1.0
    model.at_most(lasts, 1.0)
    # The last run begins in the last step before midnight at the latest.
    model.at_most({**taken, **over}, before - 1.0)
