"""Doses that can really be run: a plan is cut where the day has no room for it, and filled where it has more."""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloud.advice.dose import TOLERANCE
from cloud.advice.joint.desk import Desk
from cloud.advice.joint.future import worth_of_rest
from cloud.advice.joint.problem import Problem, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A plan that keeps every rule, and what it is worth in all [money], later water of the stores counted."""

    desk: Desk
    worth: float


def settled(problem: Problem, depths_mm: Mapping[str, int], prices: Mapping[str, float] | None = None) -> Settled:
    """The nearest plan that can be run: cut by what is worth least, then filled by what is worth most.

    ``prices`` of a cubic metre of each store are those of its later use: what is not worth them stays in the store.
    """
    desk = Desk.of(problem, depths_mm)
    _cut(desk)
    _fill(desk, prices or {})
    return valued(desk)


def in_turn(problem: Problem, wishes: Iterable[Wish]) -> Settled:
    """The plan of whoever comes first takes all he may."""
    desk = Desk.of(problem)
    for wish in wishes:
        desk.give(wish, _largest(desk, wish))
    return valued(desk)


def valued(desk: Desk) -> Settled:
    """A plan with its worth."""
    problem = desk.problem
    given = sum(wish.worth(desk.depths_mm[wish.name]) for wish in problem.wishes)
    energy = sum(desk.energy(place) for place in problem.places)
    return Settled(desk=desk, worth=given - energy + worth_of_rest(problem, desk.left_m3, desk.depths_mm))


def _largest(desk: Desk, wish: Wish) -> int:
    """Largest depth for which there is room, 0 for none: more is never easier."""
    if wish.most < wish.least or not desk.room(wish, wish.least):
        return 0
    fits, fails = wish.least, wish.most + 1
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if desk.room(wish, middle):
            fits = middle
        else:
            fails = middle
    return fits


def _cut(desk: Desk) -> None:
    """Take away millimetres, the least worth first, until hours and stores suffice."""
    for place in desk.problem.places:
        while not desk.has_hours(place):
            _take_one(desk, desk.members[place])
    for name in desk.problem.stores:
        drawing = [wish for wish in desk.problem.wishes if name in wish.draws]
        while desk.left_m3[name] < -TOLERANCE:
            _take_one(desk, drawing)


def _take_one(desk: Desk, among: Iterable[Wish]) -> None:
    """One millimetre less, or all where less than the least would be left, for whom it is worth least a cubic metre."""
    taken = [(_loss(desk, wish), wish.name, wish) for wish in among if desk.depths_mm[wish.name] > 0]
    _, _, wish = min(taken, key=lambda one: one[:2])
    desk.give(wish, _below(wish, desk.depths_mm[wish.name]))


def _loss(desk: Desk, wish: Wish) -> float:
    depth = desk.depths_mm[wish.name]
    less = _below(wish, depth)
    freed = wish.intent.parcel.area_ha * (depth - less)
    return (wish.worth(depth) - wish.worth(less)) / freed


def _below(wish: Wish, depth_mm: int) -> int:
    return depth_mm - 1 if depth_mm - 1 >= wish.least else 0


def _fill(desk: Desk, prices: Mapping[str, float]) -> None:
    """Give a millimetre more wherever there is room and it is worth its price, the best first."""
    waiting = [(-_gain(desk, wish, prices), wish.name, wish) for wish in desk.problem.wishes]
    waiting = [one for one in waiting if one[0] < 0.0]
    heapq.heapify(waiting)
    energies: dict[str, float] = {}
    while waiting:
        _, _, wish = heapq.heappop(waiting)
        before, more = desk.depths_mm[wish.name], _above(wish, desk.depths_mm[wish.name])
        if not desk.room(wish, more):
            continue
        if wish.place not in energies:
            energies[wish.place] = desk.energy(wish.place)
        gain = _gain(desk, wish, prices) * wish.intent.parcel.area_ha * (more - before)
        desk.give(wish, more)
        energy = desk.energy(wish.place)
        if gain < energy - energies[wish.place]:
            desk.give(wish, before)
            continue
        energies[wish.place] = energy
        again = _gain(desk, wish, prices)
        if again > 0.0:
            heapq.heappush(waiting, (-again, wish.name, wish))


def _gain(desk: Desk, wish: Wish, prices: Mapping[str, float]) -> float:
    """What the next depth brings an area and millimetre, the price of its water taken off; 0 where there is none."""
    depth = desk.depths_mm[wish.name]
    more = _above(wish, depth)
    if more > wish.most:
        return 0.0
    volume = wish.volume_m3(more) - (wish.volume_m3(depth) if depth else 0.0)
    price = sum(prices.get(name, 0.0) for name in wish.draws)
    return (wish.worth(more) - wish.worth(depth) - price * volume) / (wish.intent.parcel.area_ha * (more - depth))


def _above(wish: Wish, depth_mm: int) -> int:
    return depth_mm + 1 if depth_mm else wish.least
