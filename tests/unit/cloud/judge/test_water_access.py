from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.judge.case import Case, Use
from cloud.judge.judge import JudgeInputs
from cloud.judge.water_access import (
    flows_m3_h,
    of_quota,
    of_uses,
    of_window,
    own_turns,
    takes_turns,
    turn_on_day,
    uses_of,
)
from cloud.records import CanalTurn, Evidence, IrrigationEvent, Pump, Quota, Recommendation
from tests.synthetic_season import parcel

DAY = date(2026, 6, 10)
ZONE = ZoneInfo("Africa/Casablanca")
SIX = datetime(2026, 6, 10, 18, tzinfo=ZONE)
CaseOf = Callable[..., Case]
InputsOf = Callable[..., JudgeInputs]
ProposalOf = Callable[..., Recommendation]


def turn(hours: float = 14.0, **changes: object) -> CanalTurn:
    given = {"canal": "G1", "starts_at": SIX, "ends_at": SIX + timedelta(hours=hours), "flow_m3_h": 60.0, **changes}
    return CanalTurn.model_validate(given)


def passed(case: Case) -> dict[str, bool]:
    return {finding.name: finding.passed for finding in of_window(case)}


def test_turns_belong_to_parcels_groups_or_canals() -> None:
    field = parcel(water={"canal": "G1", "group": "south"})
    mine = [turn(parcel_id="plot", canal="X"), turn(group="south"), turn()]
    others = [turn(parcel_id="else"), turn(group="north"), turn(canal="G2"), turn(hours=-1.0)]
    assert own_turns(field, [*others, *mine]) == mine
    assert takes_turns(field, others)
    assert not takes_turns(parcel(), others[1:])


def test_a_turn_on_the_day_is_seen(case_of: CaseOf, inputs_of: InputsOf) -> None:
    fields = (parcel(water={"canal": "G1"}),)
    assert turn_on_day(case_of(inputs_of(parcels=fields, turns=(turn(),))))
    tomorrow = turn(starts_at=SIX + timedelta(days=1), ends_at=SIX + timedelta(days=2))
    assert not turn_on_day(case_of(inputs_of(parcels=fields, turns=(tomorrow,))))


@pytest.mark.parametrize(
    ("system", "water", "expected"),
    [
        ({"method": "drip", "flow_m3_h": 40.0}, {}, [40.0]),
        ({"method": "drip"}, {}, []),
        ({"method": "drip"}, {"pump": "well"}, [25.0]),
        ({"method": "drip", "flow_m3_h": 40.0}, {"pump": "well"}, [25.0]),
        ({"method": "drip", "flow_m3_h": 40.0}, {"canal": "G1"}, [40.0]),
        ({"method": "drip"}, {"canal": "G1"}, [60.0]),
        # 4,000 emitters of 2 l/h on each of two hectares bring 16 m3/h.
        ({"method": "drip", "emitters_per_ha": 4000.0, "emitter_flow_l_h": 2.0}, {}, [16.0]),
        ({"method": "drip", "emitters_per_ha": 4000.0, "emitter_flow_l_h": 2.0}, {"pump": "well"}, [16.0]),
        ({"method": "drip", "emitters_per_ha": 9000.0, "emitter_flow_l_h": 4.0}, {"pump": "well"}, [25.0]),
        ({"method": "drip", "emitters_per_ha": 4000.0, "emitter_flow_l_h": 2.0}, {"canal": "G1"}, [16.0]),
    ],
)
def test_the_narrowest_flow_on_the_way_counts(
    case_of: CaseOf, inputs_of: InputsOf, system: dict[str, object], water: dict[str, object], expected: list[float]
) -> None:
    field = parcel(irrigation=system, water=water)
    inputs = inputs_of(parcels=(field,), turns=(turn(),), pumps=(Pump(pump="well", flow_m3_h=25.0),))
    assert flows_m3_h(case_of(inputs)) == expected


def test_a_start_outside_its_day_or_its_time_zone_fails(case_of: CaseOf, proposal_of: ProposalOf) -> None:
    good = passed(case_of())
    assert good == {"window_is_on_the_day": True, "window_in_local_time": True}
    late = proposal_of(start_window=(SIX + timedelta(days=1), SIX + timedelta(days=1)))
    assert not passed(case_of(proposed=late))["window_is_on_the_day"]
    long = proposal_of(start_window=(SIX, SIX + timedelta(hours=30)))
    assert not passed(case_of(proposed=long))["window_is_on_the_day"]
    utc = SIX.astimezone(ZoneInfo("UTC"))
    assert not passed(case_of(proposed=proposal_of(start_window=(utc, utc))))["window_in_local_time"]


def test_without_a_known_time_a_turn_cannot_be_kept(
    case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf
) -> None:
    inputs = inputs_of(parcels=(parcel(water={"canal": "G1"}),), turns=(turn(),))
    assert not passed(case_of(inputs, proposal_of(duration_h=None)))["inside_turn"]
    assert passed(case_of(inputs, proposal_of(duration_h=8.0)))["inside_turn"]


def test_pump_hours_that_pass_midnight(case_of: CaseOf, inputs_of: InputsOf) -> None:
    field = parcel(water={"pump": "well"})
    night = Pump(pump="well", flow_m3_h=40.0, from_hour=17.0, to_hour=9.0, max_hours_per_day=12.0)
    assert passed(case_of(inputs_of(parcels=(field,), pumps=(night,)))) == {
        "window_is_on_the_day": True,
        "window_in_local_time": True,
        "pump_hours_per_day": True,
        "inside_pump_hours": True,
    }


def test_a_quota_counts_what_was_given(case_of: CaseOf, inputs_of: InputsOf) -> None:
    given = IrrigationEvent(parcel_id="plot", started_at=SIX - timedelta(days=2), depth_mm=10.0, source="meter")
    quota = Quota(parcel_id="plot", valid_from=date(2026, 6, 1), valid_to=DAY, volume_m3=600.0)
    old = quota.model_copy(update={"valid_to": date(2026, 6, 9)})
    (finding,) = of_quota(case_of(inputs_of(events=(given,), quotas=(quota, old))))
    assert (finding.passed, finding.limit, finding.at_most_mm) == (False, 400.0, 20.0)


def test_the_seasons_quota_binds_from_planting(case_of: CaseOf, inputs_of: InputsOf) -> None:
    field = parcel(water={"quota_m3": 9000.0})
    (finding,) = of_quota(case_of(inputs_of(parcels=(field,))))
    assert finding.passed
    # 70 mm on two hectares were given.
    assert finding.limit == 7600.0
    later = parcel(water={"quota_m3": 9000.0}, planted_on=date(2026, 7, 1))
    assert not list(of_quota(case_of(inputs_of(parcels=(later,)))))


def test_what_neighbours_ask_is_added_up(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    fields = tuple(parcel(name, water={"canal": "G1"}, irrigation={"method": "furrow"}) for name in "ab")
    quota = Quota(canal="G1", valid_from=DAY, valid_to=DAY, volume_m3=500.0)
    spent = IrrigationEvent(parcel_id="a", started_at=SIX - timedelta(hours=12), depth_mm=5.0, source="meter")
    inputs = inputs_of(parcels=fields, turns=(turn(),), quotas=(quota,), events=(spent,))
    proposals = [(proposal_of(parcel_id=field.id, duration_h=8.0), field) for field in fields]
    uses = uses_of(proposals, inputs)
    assert set(uses) == {"a", "b"}
    assert [(use.asked, use.there_is) for use in uses["b"]] == [(16.0, 14.0), (960.0, 400.0)]


def test_a_shared_pump_has_its_hours(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    field = parcel(water={"pump": "well"})
    pumps = (Pump(pump="well", flow_m3_h=40.0, max_hours_per_day=10.0),)
    (use,) = uses_of([(proposal_of(), field)], inputs_of(parcels=(field,), pumps=pumps))["plot"]
    assert (use.name, use.asked, use.there_is) == ("hours of pump well", 12.0, 10.0)
    assert uses_of([(proposal_of(), parcel())], inputs_of()) == {}


def test_too_much_asked_together_fails_for_each(case_of: CaseOf) -> None:
    case = case_of(uses=(Use(name="hours", asked=9.0, there_is=8.0), Use(name="m3", asked=9.0, there_is=9.0)))
    assert [finding.passed for finding in of_uses(case)] == [False, True]


def test_a_turn_over_a_change_of_clocks_is_as_long_as_it_really_is(case_of: CaseOf, proposal_of: ProposalOf) -> None:
    # On 22 March 2026 Morocco's clocks go from 2:00 to 3:00: 20:00 to 6:00 is 9 hours.
    begin, end = datetime(2026, 3, 21, 20, tzinfo=ZONE), datetime(2026, 3, 22, 6, tzinfo=ZONE)
    night = CanalTurn(canal="G1", starts_at=begin, ends_at=end, flow_m3_h=40.0)
    fields = (parcel(water={"canal": "G1"}),)
    proposed = proposal_of(
        day=date(2026, 3, 21), start_window=(begin, begin), depth_mm={"p10": 20, "p50": 20, "p90": 20}, duration_h=10.0
    )
    base = case_of()
    inputs = replace(base.inputs, parcels=fields, turns=(night,))
    case = replace(base, proposed=proposed, parcel=fields[0], inputs=inputs)
    assert passed(case)["inside_turn"] is False
    shorter = replace(case, proposed=proposed.model_copy(update={"duration_h": 9.0}))
    assert passed(shorter)["inside_turn"] is True


@pytest.mark.parametrize(("day", "longest_h"), [(date(2026, 3, 21), 7.0), (date(2026, 2, 14), 9.0)])
@pytest.mark.parametrize("offset_only", [False, True])
def test_pump_hours_are_those_of_the_clock(
    case_of: CaseOf, proposal_of: ProposalOf, day: date, longest_h: float, *, offset_only: bool
) -> None:
    begin = datetime.combine(day, time(22), tzinfo=ZONE)
    if offset_only:
        # As it comes back from a file.
        begin = datetime.fromisoformat(begin.isoformat())
    pump = Pump(pump="well", flow_m3_h=40.0, from_hour=22.0, to_hour=6.0)
    fields = (parcel(water={"pump": "well"}),)
    base = case_of()
    inputs = replace(base.inputs, parcels=fields, pumps=(pump,))
    proposed = proposal_of(day=day, start_window=(begin, begin), duration_h=longest_h)
    case = replace(base, proposed=proposed, parcel=fields[0], inputs=inputs)
    assert passed(case)["inside_pump_hours"] is True
    longer = replace(case, proposed=proposed.model_copy(update={"duration_h": longest_h + 0.25}))
    assert passed(longer)["inside_pump_hours"] is False


@pytest.mark.parametrize(
    ("day", "hours", "there_is"),
    [
        (DAY, {"from_hour": 22.0, "to_hour": 6.0}, 8.0),
        (DAY, {"from_hour": 9.0, "to_hour": 17.0}, 8.0),
        (DAY, {"from_hour": 9.0, "to_hour": 17.0, "max_hours_per_day": 5.0}, 5.0),
        (DAY, {"max_hours_per_day": 10.0}, 10.0),
        (DAY, {}, 24.0),
        (date(2026, 3, 21), {"from_hour": 22.0, "to_hour": 6.0}, 7.0),
    ],
)
def test_a_pump_gives_no_more_than_its_hours(
    inputs_of: InputsOf, proposal_of: ProposalOf, day: date, hours: dict[str, float], there_is: float
) -> None:
    field = parcel(water={"pump": "well"})
    pump = Pump.model_validate({"pump": "well", "flow_m3_h": 40.0, **hours})
    (use,) = uses_of([(proposal_of(day=day), field)], inputs_of(parcels=(field,), pumps=(pump,)))["plot"]
    assert use.there_is == there_is


def test_of_a_turn_that_runs_since_yesterday_the_rest_is_left(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    field = parcel(water={"canal": "G1"})
    running = turn(starts_at=datetime(2026, 6, 9, 18, tzinfo=ZONE), ends_at=datetime(2026, 6, 10, 5, tzinfo=ZONE))
    midnight = datetime(2026, 6, 10, tzinfo=ZONE)
    proposed = proposal_of(start_window=(midnight, midnight), duration_h=5.0)
    (use,) = uses_of([(proposed, field)], inputs_of(parcels=(field,), turns=(running,)))["plot"]
    assert (use.asked, use.there_is) == (5.0, 5.0)


def tariff(from_hour: float, to_hour: float, **changes: object) -> Pump:
    given = {"pump": "well", "flow_m3_h": 40.0, "from_hour": from_hour, "to_hour": to_hour}
    return Pump.model_validate({**given, **changes})


@pytest.mark.parametrize(
    ("rows", "run", "right"),
    [
        ((tariff(7.0, 12.0), tariff(18.0, 22.0)), (18.0, 4.0), True),
        ((tariff(7.0, 12.0), tariff(18.0, 22.0)), (18.0, 5.0), False),
        ((tariff(7.0, 12.0), tariff(18.0, 22.0)), (13.0, 2.0), False),
        # Rows that touch are one span, over midnight too.
        ((tariff(7.0, 18.0), tariff(18.0, 22.0), tariff(22.0, 7.0)), (21.0, 12.0), True),
        # A tank of 80 m3 runs on for two hours of 40 m3/h.
        ((tariff(9.0, 16.0, tank_m3=80.0),), (14.0, 4.0), True),
        ((tariff(9.0, 16.0, tank_m3=80.0),), (14.0, 4.5), False),
        # Panels run a pump from 9 to 16 o'clock.
        ((Pump(pump="well", flow_m3_h=40.0, energy="pv"),), (15.0, 2.0), False),
        ((Pump(pump="well", flow_m3_h=0.0),), (15.0, 2.0), False),
    ],
)
def test_an_irrigation_lies_in_the_hours_of_any_row(
    case_of: CaseOf,
    inputs_of: InputsOf,
    proposal_of: ProposalOf,
    rows: tuple[Pump, ...],
    run: tuple[float, float],
    *,
    right: bool,
) -> None:
    fields = (parcel(water={"pump": "well"}),)
    start = datetime.combine(DAY, time(0), tzinfo=ZONE) + timedelta(hours=run[0])
    proposed = proposal_of(start_window=(start, start), duration_h=run[1])
    assert passed(case_of(inputs_of(parcels=fields, pumps=rows), proposed))["inside_pump_hours"] is right


def test_a_wells_yield_bounds_its_parcels_together(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    fields = tuple(parcel(name, water={"pump": "well"}) for name in ("one", "two"))
    inputs = inputs_of(parcels=fields, pumps=(Pump(pump="well", flow_m3_h=40.0, capacity_m3_day=500.0),))
    proposals = [(proposal_of(parcel_id=field.id, volume_m3=300.0), field) for field in fields]
    uses = {use.name: use for use in uses_of(proposals, inputs)["one"]}
    assert (uses["m3 a day of pump well"].asked, uses["m3 a day of pump well"].there_is) == (600.0, 500.0)


@pytest.mark.parametrize(("carry_over", "left"), [(0.0, 100.0), (0.5, 250.0), (1.0, 400.0)])
def test_a_quota_holds_what_its_holder_left_of_the_period_before(
    case_of: CaseOf, inputs_of: InputsOf, carry_over: float, left: float
) -> None:
    field = parcel()
    ended = Quota(
        parcel_id="plot",
        valid_from=date(2026, 5, 1),
        valid_to=date(2026, 5, 31),
        volume_m3=500.0,
        carry_over=carry_over,
    )
    now = Quota(parcel_id="plot", valid_from=date(2026, 6, 1), valid_to=date(2026, 6, 30), volume_m3=100.0)
    # 10 mm on two hectares in May are 200 of its 500 m3.
    given = IrrigationEvent(
        parcel_id="plot", started_at=datetime(2026, 5, 20, 18, tzinfo=ZONE), depth_mm=10.0, source="meter"
    )
    case = case_of(inputs_of(parcels=(field,), quotas=(ended, now), events=(given,)))
    (finding,) = of_quota(case)
    assert finding.limit == left


@pytest.mark.parametrize(
    ("lent", "reason", "right"),
    [
        ({}, "turn_borrowed", True),
        ({}, "stress_expected", False),
        ({"may_swap": False}, "turn_borrowed", False),
        ({"group": "south"}, "turn_borrowed", False),
        ({"parcel_id": "third"}, "turn_borrowed", False),
    ],
)
def test_a_neighbours_turn_serves_only_who_may_borrow_it(
    case_of: CaseOf, inputs_of: InputsOf, proposal_of: ProposalOf, lent: dict[str, object], reason: str, *, right: bool
) -> None:
    field = parcel(water={"canal": "G1", "group": "north"})
    theirs = CanalTurn.model_validate({**turn(group="north", parcel_id="wet", may_swap=True).model_dump(), **lent})
    fact = Evidence(kind="turn_with", source="wet")
    proposed = proposal_of(reason_code=reason, evidence=(fact,), start_window=(SIX, SIX), duration_h=5.0)
    assert passed(case_of(inputs_of(parcels=(field,), turns=(theirs,)), proposed))["inside_turn"] is right
