"""The joint plan keeps every limit, is never worse than serving in turn, and on tiny cases it is the best there is."""

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.advice.access import Constraints
from cloud.advice.joint.desk import Desk
from cloud.advice.joint.future import scarcity_of
from cloud.advice.joint.problem import Problem, components
from cloud.advice.joint.serve import best_of, serve
from cloud.advice.joint.settle import in_turn, valued
from cloud.advice.joint.wishes import wishes_of
from cloud.advice.plan import Intent
from cloud.advice.quota import QuotaBook
from cloud.records import Pump, Quota
from tests.district import DAY, book, field, turn, wanting


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Parcels and what they share."""

    constraints: Constraints
    intents: tuple[Intent, ...]

    @property
    def book(self) -> QuotaBook:
        return book(self.intents, self.constraints.quotas)

    def problems(self) -> list[Problem]:
        asked = wishes_of(self.intents, self.book)
        possible = [wish for wish in asked.wishes if wish.most >= wish.least]
        return components(possible, asked.places, asked.stores)


values = st.lists(st.floats(1.0, 12.0), min_size=1, max_size=4).map(lambda some: sorted(some, reverse=True))


@st.composite
def curves(draw: st.DrawFn) -> tuple[tuple[float, float], ...]:
    falling = draw(values)
    return tuple((12.0 * (place + 1), value) for place, value in enumerate(falling))


@st.composite
def cases(draw: st.DrawFn, most: int = 8, *, shared: str | None = None) -> Case:
    """Some parcels on one canal, one pump or one quota."""
    kind = shared or draw(st.sampled_from(("turn", "pump", "tariff", "quota")))
    water: dict[str, object] = {"canal": "G1"} if kind in {"turn", "quota"} else {"pump": "well"}
    own: dict[str, object] = {
        "flow_m3_h": 50.0 if kind == "quota" else None,
        "min_mm": draw(st.sampled_from((1.0, 8.0, 20.0))),
    }
    constraints = draw(_shared(kind))
    intents = [
        wanting(
            field(f"p{place}", area_ha=draw(st.sampled_from((0.03, 0.4, 1.0, 2.7))), system=own, **water),
            constraints,
            wanted_mm=draw(st.floats(3.0, 55.0)),
            curve=draw(curves()),
            depletion_mm=draw(st.floats(20.0, 90.0)),
        )
        for place in range(draw(st.integers(1, most)))
    ]
    return Case(constraints=constraints, intents=tuple(intents))


@st.composite
def _shared(draw: st.DrawFn, kind: str) -> Constraints:
    rests = {"recharge_h": draw(st.sampled_from((0.0, 0.5)))}
    if kind == "turn":
        return Constraints(turns=(turn(draw(st.floats(0.5, 30.0)), begins_h=draw(st.floats(0.0, 20.0))),))
    if kind == "quota":
        span = {"valid_from": DAY, "valid_to": DAY + timedelta(days=9)}
        return Constraints(quotas=(Quota(canal="G1", volume_m3=draw(st.floats(0.0, 1500.0)), **span),))
    if kind == "pump":
        longest = {"max_hours_per_day": draw(st.floats(1.0, 24.0)), "capacity_m3_day": draw(st.floats(50.0, 900.0))}
        return Constraints(pumps=(Pump(pump="well", flow_m3_h=30.0, **longest, **rests),))
    hours = ((6.0, 11.0), (11.0, 18.0), (18.0, 6.0))
    rows = [
        Pump(pump="well", flow_m3_h=30.0, power_kw=10.0, price_per_kwh=draw(st.floats(0.0, 3.0)), **rests).model_copy(
            update={"from_hour": first, "to_hour": last}
        )
        for first, last in hours
    ]
    return Constraints(pumps=tuple(rows))


@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_no_limit_is_ever_passed(case: Case) -> None:
    served = serve(case.intents, case.book)
    by_place: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    volumes: dict[str, float] = defaultdict(float)
    assert set(served) == {intent.parcel.id for intent in case.intents}
    for intent in case.intents:
        answer = served[intent.parcel.id]
        assert (answer.dose is None) == (answer.refusal is not None)
        if answer.dose is None:
            continue
        assert intent.wanted_mm is not None
        depth, window = answer.dose.depth_mm.p50, answer.start_window
        assert window is not None
        assert intent.limits.min_mm <= depth <= max(intent.wanted_mm.p50 + 0.5, math.ceil(intent.limits.min_mm), 1.0)
        assert depth <= intent.limits.max_mm
        hours = timedelta(hours=answer.dose.duration_h or 0.0)
        begins, ends = (moment.astimezone(UTC) for moment in (window[0], window[1] + hours))
        assert {moment.date() for moment in window} == {DAY}
        assert intent.access.opens_at is not None
        assert intent.access.closes_at is not None
        assert intent.access.opens_at.astimezone(UTC) <= begins
        assert ends <= intent.access.closes_at.astimezone(UTC) + timedelta(seconds=1)
        by_place[intent.access.place].append((begins, ends))
        volumes[intent.access.place] += answer.dose.volume_m3
    _hold(case, by_place, volumes)


def _hold(case: Case, by_place: dict[str, list[tuple[datetime, datetime]]], volumes: dict[str, float]) -> None:
    rest = timedelta(hours=max((intent.access.rest_h for intent in case.intents), default=0.0))
    for place, runs in by_place.items():
        if not place.startswith("parcel "):
            ordered = sorted(runs)
            assert all(one[1] + rest <= two[0] for one, two in itertools.pairwise(ordered))
    for intent in case.intents:
        if intent.access.volume_m3 is not None:
            assert volumes[intent.access.place] <= intent.access.volume_m3 + 1e-6
    for quota in case.constraints.quotas:
        assert sum(volumes.values()) <= quota.volume_m3 + 1e-6


@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_it_is_never_worth_less_than_serving_in_turn(case: Case) -> None:
    for problem in case.problems():
        best = best_of(problem, scarcity_of(problem))
        assert best.worth >= in_turn(problem, problem.wishes).worth
        assert best.worth >= 0.0


@settings(max_examples=40, deadline=None)
@given(case=cases(most=3, shared="quota"), more=st.floats(0.0, 800.0))
def test_more_water_never_lowers_what_the_plan_is_worth(case: Case, more: float) -> None:
    (quota,) = case.constraints.quotas
    richer = Constraints(quotas=(quota.model_copy(update={"volume_m3": quota.volume_m3 + more}),))
    before, after = _worth(case), _worth(Case(constraints=richer, intents=case.intents))
    assert after >= before - 1e-6 * max(1.0, before)


def _worth(case: Case) -> float:
    return sum(best_of(problem, {}).worth for problem in case.problems())


@settings(max_examples=30, deadline=None)
@given(case=st.one_of(cases(most=2, shared="quota"), cases(most=2, shared="turn"), cases(most=2, shared="pump")))
def test_on_tiny_cases_it_is_the_best_of_all_plans(case: Case) -> None:
    for problem in case.problems():
        best = _best_by_trying(problem)
        found = best_of(problem, {}).worth
        # What lies after midnight is the one thing that only the order of the runs decides.
        if all(place.timeline.is_plain for place in problem.places.values()):
            assert abs(found - best) <= 1e-6 * max(1.0, best)
        else:
            assert found <= best + 1e-6 * max(1.0, best)


def _best_by_trying(problem: Problem) -> float:
    choices = [[0, *range(wish.least, wish.most + 1)] for wish in problem.wishes]
    best = 0.0
    for depths in itertools.product(*choices):
        desk = Desk.of(problem, dict(zip((wish.name for wish in problem.wishes), depths, strict=True)))
        if all(left >= -1e-9 for left in desk.left_m3.values()) and all(map(desk.has_hours, problem.places)):
            best = max(best, valued(desk).worth)
    return best


@settings(max_examples=30, deadline=None)
@given(case=cases(), order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(case: Case, order: Random) -> None:
    mixed: list[Intent] = list(case.intents)
    order.shuffle(mixed)
    tables = case.constraints
    turned = Constraints(turns=tables.turns[::-1], pumps=tables.pumps[::-1], quotas=tables.quotas[::-1])
    again = [_again(intent, turned) for intent in mixed]
    assert serve(again, book(again, turned.quotas)) == serve(case.intents, case.book)


def _again(intent: Intent, constraints: Constraints) -> Intent:
    return wanting(
        intent.parcel,
        constraints,
        wanted_mm=0.0 if intent.wanted_mm is None else intent.wanted_mm.p50,
        curve=intent.marginal,
        depletion_mm=float(intent.outlook.depletion_mm[0, 0]),
    )


def test_a_problem_of_nobody_is_none() -> None:
    empty: Sequence[Intent] = ()
    assert Case(constraints=Constraints(), intents=tuple(empty)).problems() == []
