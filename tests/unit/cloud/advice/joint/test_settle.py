"""Plans by hand: cut where the day has no room, filled where it has, and laid into the hours of a turn or a pump."""

import pytest

from cloud.advice.access import Constraints
from cloud.advice.joint.problem import Problem, components
from cloud.advice.joint.sequence import cheapest, energy_of, fits, starts_of
from cloud.advice.joint.settle import settled
from cloud.advice.joint.timeline import Timeline
from cloud.advice.joint.wishes import wishes_of
from cloud.records import Pump, Quota
from tests.district import DAY, book, field, turn, wanting

HOUR = 12
"""Steps of five minutes."""


def problem_of(constraints: Constraints, values: dict[str, float], **water: object) -> Problem:
    """Parcels of one hectare that want 40 mm, each with a worth of its own."""
    intents = [
        wanting(field(name, **water), constraints, curve=((40.0, value),))  # type: ignore[arg-type]  # water's own
        for name, value in values.items()
    ]
    asked = wishes_of(intents, book(intents, constraints.quotas))
    (problem,) = components(asked.wishes, asked.places, asked.stores)
    return problem


def test_what_does_not_fit_is_taken_where_it_is_worth_least() -> None:
    # Six hours bring 600 m3, sixty millimetres of a hectare.
    problem = problem_of(Constraints(turns=(turn(6.0),)), {"poor": 2.0, "rich": 9.0}, canal="G1")
    plan = settled(problem, {"poor": 40, "rich": 40})
    assert plan.desk.depths_mm == {"poor": 20, "rich": 40}


def test_below_the_smallest_event_nothing_is_left() -> None:
    quota = Quota(canal="G1", valid_from=DAY, valid_to=DAY, volume_m3=450.0)
    problem = problem_of(Constraints(quotas=(quota,)), {"poor": 2.0, "rich": 9.0}, canal="G1")
    plan = settled(problem, {"poor": 40, "rich": 40})
    # 50 m3 are 5 mm: less than the smallest event of 8 mm.
    assert plan.desk.depths_mm == {"poor": 0, "rich": 40}
    assert plan.desk.left_m3 == {"quota of canal G1 #0": 50.0}


def test_room_that_is_left_is_filled_by_who_gains_most() -> None:
    problem = problem_of(Constraints(turns=(turn(6.0),)), {"poor": 2.0, "rich": 9.0}, canal="G1")
    plan = settled(problem, {"poor": 10, "rich": 12})
    assert plan.desk.depths_mm == {"poor": 20, "rich": 40}


def test_what_is_not_worth_its_later_price_stays() -> None:
    quota = Quota(canal="G1", valid_from=DAY, valid_to=DAY, volume_m3=700.0)
    problem = problem_of(Constraints(quotas=(quota,)), {"poor": 2.0, "rich": 9.0}, canal="G1")
    # A cubic metre is worth 0.1 on the poor parcel, 0.8 on the rich one, beyond its cost.
    plan = settled(problem, {"poor": 0, "rich": 10}, {"quota of canal G1 #0": 0.3})
    assert plan.desk.depths_mm == {"poor": 0, "rich": 40}


def tariffs(*rows: tuple[float, float, float]) -> Timeline:
    pumps = tuple(
        Pump(pump="well", flow_m3_h=40.0, power_kw=12.0, price_per_kwh=price, from_hour=first, to_hour=last)
        for first, last, price in rows
    )
    intent = wanting(field("plot", pump="well"), Constraints(pumps=pumps))
    return Timeline.of(intent.access, intent.parcel)


def test_runs_take_the_cheap_hours_on_both_sides_of_the_dear_ones() -> None:
    line = tariffs((6.0, 9.0, 1.0), (9.0, 17.0, 5.0), (17.0, 20.0, 1.0))
    starts = starts_of([2 * HOUR, 2 * HOUR, HOUR], 0, line)
    assert starts == [6 * HOUR, 17 * HOUR, 19 * HOUR]
    assert energy_of(starts, [2 * HOUR, 2 * HOUR, HOUR], line) == 0.0
    assert line.cheapest == 1.0


def test_a_late_start_is_left_room_only_where_it_costs_no_energy() -> None:
    line = tariffs((6.0, 10.0, 1.0), (10.0, 14.0, 3.0))
    assert cheapest([HOUR, HOUR], 0, line) == [6 * HOUR, 7 * HOUR + 6]
    assert cheapest([2 * HOUR, 2 * HOUR], 0, line) == [6 * HOUR, 8 * HOUR]


def test_hot_hours_are_avoided_where_the_price_is_equal() -> None:
    assert starts_of([2 * HOUR], 0, tariffs((9.0, 20.0, 1.0))) == [17 * HOUR]


@pytest.mark.parametrize(
    ("lengths", "rest", "room"),
    [
        ([3 * HOUR, 3 * HOUR], 0, True),
        ([3 * HOUR, 3 * HOUR], HOUR, True),
        ([4 * HOUR], 0, False),
        ([2 * HOUR, 2 * HOUR, 2 * HOUR], 0, False),
        ([HOUR] * 6, 0, True),
        ([HOUR] * 5, HOUR, False),
        ([], 0, True),
    ],
)
def test_room_in_two_stretches_of_three_hours(lengths: list[int], rest: int, *, room: bool) -> None:
    line = tariffs((6.0, 9.0, 1.0), (17.0, 20.0, 1.0))
    assert fits(lengths, rest, line) is room
    assert (starts_of(lengths, rest, line) is not None) is room


def test_what_begins_before_midnight_may_end_after_it() -> None:
    line = tariffs((22.0, 6.0, 1.0))
    assert line.ends_late
    assert fits([HOUR, 7 * HOUR], 0, line)
    assert not fits([2 * HOUR, 6 * HOUR], 0, line)
    assert not fits([7 * HOUR, HOUR], 0, line)
    assert starts_of([7 * HOUR, HOUR], 0, line) is None
