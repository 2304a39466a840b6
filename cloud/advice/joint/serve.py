"""The joint plan of the day: what every parcel that wants water gets and when it starts, or why it gets none."""

from collections.abc import Mapping, Sequence
from datetime import date

from cloud.advice.access import Constraints
from cloud.advice.dose import TOLERANCE
from cloud.advice.joint.answers import Served, answers_of, impossible
from cloud.advice.joint.desk import Desk
from cloud.advice.joint.future import Scarcity, scarcity_of
from cloud.advice.joint.optimum import optimum_of
from cloud.advice.joint.problem import Problem, Wish, components
from cloud.advice.joint.settle import Settled, in_turn, settled, valued
from cloud.advice.joint.swap import swaps_of
from cloud.advice.joint.wishes import LaterOf, wishes_of
from cloud.advice.plan import Intent
from cloud.advice.quota import QuotaBook
from cloud.advice.season import Season


def serve(intents: Sequence[Intent], quotas: QuotaBook, later_of: LaterOf | None = None) -> dict[str, Served]:
    """Dose and start of every parcel that wants water, by parcel id; independent of the order of the intents.

    With ``later_of`` (``season.Season``) a quota is weighed over its whole horizon; without, today alone counts.
    """
    running = [intent for intent in intents if intent.access.flow_m3_h != 0.0]
    asked = wishes_of(running, quotas, later_of)
    stopped = Served(dose=None, refusal="pump_too_small")
    served = {intent.parcel.id: stopped for intent in intents if intent.access.flow_m3_h == 0.0}
    possible = []
    for wish in asked.wishes:
        if wish.most >= wish.least:
            possible.append(wish)
        else:
            served[wish.name] = impossible(wish, asked.stores)
    for problem in components(possible, asked.places, asked.stores):
        scarcity = scarcity_of(problem)
        served |= answers_of(best_of(problem, scarcity).desk, scarcity)
    return served


def serve_with_swaps(
    day: date,
    intents: tuple[Mapping[str, Intent], Mapping[str, Intent]],
    constraints: Constraints,
    quotas: QuotaBook,
    season: Season | None,
) -> dict[str, Served]:
    """The plan of all parcels, turns exchanged between neighbours included.

    ``intents`` are what parcels would do alone, and what those without a turn today would do with a neighbour's.
    """
    alone, if_lent = intents
    wanting = [intent for intent in alone.values() if intent.action == "irrigate"]
    swaps = swaps_of(day, alone, if_lent, constraints)
    later_of = None if season is None else season.later_of
    served = serve([*wanting, *(swap.borrower for swap in swaps)], quotas, later_of)
    for swap in swaps:
        told = swap.told(served)
        served.pop(swap.borrower.parcel.id, None)
        served |= told
    return served


def best_of(problem: Problem, scarcity: Mapping[str, Scarcity]) -> Settled:
    """The plan that is worth most: everybody's wish where there is room for all, else the best of what was found."""
    whole = Desk.of(problem, {wish.name: wish.most for wish in problem.wishes})
    if not scarcity and _suffices(whole):
        return valued(whole)
    orders = (problem.wishes, sorted(problem.wishes, key=_by_worth), ())
    plans = [in_turn(problem, order) for order in orders]
    found = optimum_of(problem)
    if found is not None:
        prices = {name: one.money_per_m3 for name, one in scarcity.items()}
        plans.insert(0, settled(problem, found, prices))
    return max(plans, key=lambda plan: plan.worth)


def _suffices(desk: Desk) -> bool:
    """Whether all wishes can be met in the cheapest hours."""
    if any(left < -TOLERANCE for left in desk.left_m3.values()):
        return False
    return all(desk.has_hours(place) and desk.energy(place) <= 0.0 for place in desk.problem.places)


def _by_worth(wish: Wish) -> tuple[float, str]:
    """Most worth a cubic metre first."""
    return -wish.worth(wish.most) / wish.volume_m3(wish.most), wish.name
