"""What water left today will be worth in the rest of the season, and what one more cubic metre would add."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloud.advice.joint.model import Model
from cloud.advice.joint.optimum import model_of
from cloud.advice.joint.problem import Later, Problem


def worth_of_rest(problem: Problem, left_m3: Mapping[str, float], depths_mm: Mapping[str, int]) -> float:
    """Most that the stores' remainders can bring to their parcels later [money], when these depths are given today."""
    stores = {name: store for name, store in problem.stores.items() if store.later}
    if not stores:
        return 0.0
    missed = {
        wish.name: wish.volume_m3(wish.most) - (wish.volume_m3(depths_mm[wish.name]) if depths_mm[wish.name] else 0.0)
        for wish in problem.wishes
    }

    def wanted_m3(one: Later) -> float:
        return one.volume_m3 + (max(0.0, missed.get(one.parcel_id, 0.0)) if one.is_next else 0.0)

    if len(stores) == 1:
        ((name, store),) = stores.items()
        return _by_merit([(one.money_per_m3, wanted_m3(one)) for one in store.later], max(0.0, left_m3[name]))
    model = Model()
    column: dict[Later, int] = {}
    for name, store in stores.items():
        for one in store.later:
            if one not in column:
                column[one] = model.variable(most=wanted_m3(one), worth=one.money_per_m3)
        model.at_most({column[one]: 1.0 for one in store.later}, max(0.0, left_m3[name]))
    found = model.relaxed()
    return 0.0 if found is None else found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scarcity:
    """What is left of a store for its parcels, what they will want, and what one more cubic metre is worth."""

    left_m3: float
    need_m3: float
    money_per_m3: float
    stage: str
    """The stage of the use that one more cubic metre would serve; empty where there is enough."""


def scarcity_of(problem: Problem) -> dict[str, Scarcity]:
    """The scarcity of every store that has to serve later, today's water counted among its uses."""
    stores = {name: store for name, store in problem.stores.items() if store.later}
    if not stores:
        return {}
    model, _, rows = model_of(problem, exact=False)
    found = model.relaxed()
    prices = {name: 0.0 if found is None else max(0.0, float(found[1][rows[name]])) for name in stores}
    return {
        name: Scarcity(
            left_m3=store.left_m3,
            need_m3=sum(one.volume_m3 for one in store.later)
            + sum(wish.volume_m3(wish.most) for wish in problem.wishes if name in wish.draws),
            money_per_m3=prices[name],
            stage=_stage_at(store.later, prices[name]),
        )
        for name, store in stores.items()
    }


def _stage_at(later: Sequence[Later], price: float) -> str:
    """Stage of the use whose worth is nearest to a price."""
    if price <= 0.0:
        return ""
    return min(later, key=lambda one: (abs(one.money_per_m3 - price), one.parcel_id, one.stage)).stage


def _by_merit(uses: Sequence[tuple[float, float]], left_m3: float) -> float:
    """Worth of a volume given to pairs (money a cubic metre, cubic metres), what is worth most first."""
    worth = 0.0
    for money, wanted_m3 in sorted(uses, reverse=True):
        used = min(wanted_m3, left_m3)
        worth += used * money
        left_m3 -= used
    return worth
