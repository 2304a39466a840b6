from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from cloud.advice.access import Constraints
from cloud.advice.joint.answers import Served
from cloud.advice.joint.serve import serve
from cloud.advice.plan import Intent
from cloud.records import CanalTurn, Pump, Quota
from tests.district import DAY, book, field, turn, wanting

TURN = turn()
ON_CANAL = Constraints(turns=(TURN,))


def served_by(constraints: Constraints, intents: Sequence[Intent]) -> dict[str, Served]:
    return serve(intents, book(intents, constraints.quotas))


def on_canal(
    name: str,
    constraints: Constraints = ON_CANAL,
    *,
    area_ha: float = 1.0,
    wanted_mm: float = 40.0,
    depletion_mm: float = 50.0,
    curve: Sequence[tuple[float, float]] | None = None,
) -> Intent:
    parcel = field(name, area_ha=area_ha, canal="G1")
    return wanting(parcel, constraints, wanted_mm=wanted_mm, depletion_mm=depletion_mm, curve=curve)


def depth_of(served: Served) -> float:
    return 0.0 if served.dose is None else served.dose.depth_mm.p50


def test_alone_on_demand_the_evening_is_free() -> None:
    parcel = field("plot", area_ha=2.0, system={"flow_m3_h": 40.0})
    served = served_by(Constraints(), [wanting(parcel, Constraints())])["plot"]
    assert served.dose is not None
    # 40 mm on two hectares are 800 m3, 20 hours of 40 m3/h.
    assert (served.dose.depth_mm.p50, served.dose.volume_m3, served.dose.duration_h) == (40.0, 800.0, 20.0)
    assert (served.dose.depth_mm.p10, served.dose.depth_mm.p90) == (32.0, 48.0)
    assert served.start_window is not None
    assert served.start_window[0].isoformat() == "2026-05-14T18:00:00+01:00"


def test_a_dose_longer_than_a_day_is_cut_to_the_day() -> None:
    parcel = field("plot", area_ha=2.0, system={"flow_m3_h": 20.0})
    dose = served_by(Constraints(), [wanting(parcel, Constraints())])["plot"].dose
    assert dose is not None
    assert dose.volume_m3 == 480.0
    assert dose.depth_mm.p90 == dose.depth_mm.p50 == 24.0


def test_a_dose_cut_by_half_a_millimetre_is_told_as_it_was_cut() -> None:
    # 20.5 mm would be told as 21: the quota holds 20.
    parcel = field("plot", area_ha=1.0, system={"flow_m3_h": 40.0})
    quota = Quota(parcel_id="plot", valid_from=DAY, valid_to=DAY, volume_m3=200.0)
    constraints = Constraints(quotas=(quota,))
    dose = served_by(constraints, [wanting(parcel, constraints, wanted_mm=20.5)])["plot"].dose
    assert dose is not None
    assert (dose.depth_mm.p10, dose.depth_mm.p50, dose.volume_m3) == (16.0, 20.0, 200.0)


@pytest.mark.parametrize(
    ("area_ha", "flow", "window"),
    [(0.5, 40.0, ["18:00", "22:00"]), (1.0, 32.0, ["18:00", "19:30"]), (1.0, None, ["18:00", "22:00"])],
)
def test_on_demand_one_starts_by_ten_and_ends_by_the_morning(
    area_ha: float, flow: float | None, window: list[str]
) -> None:
    parcel = field("plot", area_ha=area_ha, system={"flow_m3_h": flow})
    served = served_by(Constraints(), [wanting(parcel, Constraints())])["plot"]
    assert served.start_window is not None
    assert [moment.strftime("%H:%M") for moment in served.start_window] == window


def ends(served: Served) -> tuple[datetime, datetime]:
    assert served.dose is not None
    assert served.dose.duration_h is not None
    assert served.start_window is not None
    return served.start_window[0], served.start_window[1] + timedelta(hours=served.dose.duration_h)


def test_a_turn_serves_one_parcel_after_the_other() -> None:
    # 40 mm on each hectare take 4 of the ten hours.
    served = served_by(ON_CANAL, [on_canal("a"), on_canal("b", depletion_mm=70.0)])
    assert [depth_of(served[name]) for name in "ab"] == [40.0, 40.0]
    begun, _ = ends(served["b"])
    assert begun == TURN.starts_at
    assert ends(served["b"])[1] <= ends(served["a"])[0]
    assert ends(served["a"])[1] <= TURN.ends_at


def test_a_scarce_turn_goes_where_water_is_worth_most_not_to_whoever_is_driest() -> None:
    # Ten hours bring 1,000 m3; the two want 1,600 m3.
    dry = on_canal("dry", area_ha=2.0, depletion_mm=80.0, curve=((40.0, 2.0),))
    dear = on_canal("dear", area_ha=2.0, curve=((30.0, 9.0), (40.0, 1.5)))
    served = served_by(ON_CANAL, [dry, dear])
    assert (depth_of(served["dear"]), depth_of(served["dry"])) == (30.0, 20.0)
    assert served["dry"].dose is not None
    assert served["dry"].dose.depth_mm.p90 == 20.0


def test_who_would_get_less_than_the_smallest_event_gets_none_and_is_told_why() -> None:
    few = on_canal("few", area_ha=2.0, curve=((40.0, 2.0),))
    many = on_canal("many", area_ha=2.4, curve=((40.0, 9.0),))
    served = served_by(ON_CANAL, [few, many])
    assert depth_of(served["many"]) == 40.0
    assert served["few"].refusal == "turn_taken"


def test_a_start_after_midnight_is_left_to_tomorrows_advice() -> None:
    # A turn of 39 hours from 09:00; each hectare needs 6 hours, so that the fourth would begin after midnight.
    long = turn(39.0)
    constraints = Constraints(turns=(long,))
    intents = [on_canal(f"p{number}", constraints, wanted_mm=60.0) for number in range(6)]
    served = served_by(constraints, intents)
    given = [one for one in served.values() if one.dose is not None]
    assert len(given) >= 3
    for one in given:
        assert one.start_window is not None
        assert {moment.date() for moment in one.start_window} == {DAY}
    assert {one.refusal for one in served.values() if one.dose is None} <= {"turn_taken"}
    assert sum(depth_of(one) for one in given) >= 180.0


def test_a_turn_too_short_for_the_smallest_event_offers_what_there_is() -> None:
    short = Constraints(turns=(turn(20.0 / 60.0),))
    served = served_by(short, [on_canal("plot", short, area_ha=2.0)])["plot"]
    assert served.refusal == "turn_too_short"
    # Twenty minutes of 100 m3/h are 1 mm on two hectares.
    assert [(fact.kind, fact.value) for fact in served.evidence] == [("least_bad_mm", 1.0)]
    assert "below the smallest event of 8 mm" in served.evidence[0].source


@pytest.mark.parametrize("recharge_h", [0.0, 3.0])
def test_a_pump_rests_between_two_parcels(recharge_h: float) -> None:
    pump = Pump(pump="well", flow_m3_h=60.0, from_hour=6.0, to_hour=20.0, recharge_h=recharge_h)
    constraints = Constraints(pumps=(pump,))
    intents = [wanting(field(name, area_ha=0.5, pump="well"), constraints) for name in "ab"]
    served = served_by(constraints, intents)
    (first_begin, first_end), (second_begin, _) = sorted(ends(served[name]) for name in "ab")
    assert first_begin < first_end
    assert second_begin - first_end >= timedelta(hours=recharge_h)


def test_a_pumps_daily_hours_are_shared() -> None:
    pump = Pump(pump="well", flow_m3_h=40.0, max_hours_per_day=10.0)
    constraints = Constraints(pumps=(pump,))
    intents = [
        wanting(field(name, pump="well"), constraints, curve=((40.0, value),))
        for name, value in (("a", 2.0), ("b", 5.0))
    ]
    served = served_by(constraints, intents)
    assert (depth_of(served["b"]), served["a"].refusal) == (40.0, "pump_busy")


def test_a_small_pump_is_told_with_the_dose_that_is_least_bad() -> None:
    pump = Pump(pump="well", flow_m3_h=1.0, max_hours_per_day=2.0)
    constraints = Constraints(pumps=(pump,))
    served = served_by(constraints, [wanting(field("plot", pump="well"), constraints)])["plot"]
    assert served.refusal == "pump_too_small"
    assert (served.evidence[0].kind, served.evidence[0].value) == ("least_bad_mm", 8.0)
    assert served.evidence[0].source == "the smallest event, 80.0 h, where there are 2.0"


def test_a_well_gives_no_more_than_it_yields_in_a_day() -> None:
    pump = Pump(pump="well", flow_m3_h=40.0, capacity_m3_day=500.0)
    constraints = Constraints(pumps=(pump,))
    intents = [wanting(field(name, pump="well"), constraints) for name in "ab"]
    served = served_by(constraints, intents)
    assert sum(one.dose.volume_m3 for one in served.values() if one.dose) == 500.0


def test_a_quota_goes_where_it_is_worth_most_and_is_then_spent() -> None:
    quota = Quota(canal="G1", valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 31), volume_m3=850.0)
    constraints = Constraints(quotas=(quota,))
    intents = [
        wanting(field(name, area_ha=2.0, canal="G1"), constraints, curve=((40.0, value),))
        for name, value in (("a", 2.0), ("b", 5.0))
    ]
    served = served_by(constraints, intents)
    assert depth_of(served["b"]) == 40.0
    assert served["a"].refusal == "quota_spent"
    facts = {fact.kind: fact for fact in served["a"].evidence}
    assert (facts["quota_left_m3"].value, facts["quota_left_m3"].source) == (850.0, "quota of canal G1")
    # 50 m3 are left: 2 mm of two hectares.
    assert facts["least_bad_mm"].value == 2.0


def test_a_quota_already_spent_names_what_goes_beyond_it() -> None:
    quota = Quota(parcel_id="plot", valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 31), volume_m3=0.0)
    constraints = Constraints(quotas=(quota,))
    served = served_by(constraints, [wanting(field("plot"), constraints)])["plot"]
    assert served.refusal == "quota_spent"
    assert served.evidence[0].source == "the smallest event, 80 m3 beyond the quota"


def test_an_amount_that_rounds_to_nothing_is_told() -> None:
    parcel = field("plot", area_ha=0.0004)
    assert served_by(Constraints(), [wanting(parcel, Constraints())])["plot"].refusal == "dose_too_small"


def test_a_turn_off_the_five_minutes_is_not_overrun() -> None:
    odd = turn(5.0, begins_h=8.0 + 2.0 / 60.0)
    constraints = Constraints(turns=(odd,))
    served = served_by(constraints, [on_canal("plot", constraints, area_ha=2.0)])["plot"]
    assert served.start_window is not None
    assert served.start_window[0].strftime("%H:%M") == "09:05"
    assert served.dose is not None
    assert served.dose.duration_h is not None
    assert served.dose.duration_h > 4.5
    assert ends(served)[1] <= odd.ends_at


def tariff(from_hour: float, to_hour: float, price: float) -> Pump:
    return Pump(pump="well", flow_m3_h=40.0, power_kw=10.0, price_per_kwh=price, from_hour=from_hour, to_hour=to_hour)


def test_the_cheapest_hours_come_first_and_cost_what_they_cost() -> None:
    constraints = Constraints(pumps=(tariff(7.0, 18.0, 1.0), tariff(18.0, 22.0, 2.0), tariff(22.0, 7.0, 0.5)))
    served = served_by(constraints, [wanting(field("plot", pump="well"), constraints)])["plot"]
    assert served.start_window is not None
    assert served.start_window[0].strftime("%H:%M") == "22:00"
    # 400 m3 at 40 m3/h are 10 hours of 10 kW: 9 hours at night, and one after seven at the price of the day.
    assert [(fact.kind, fact.value) for fact in served.evidence] == [("energy_cost", 55.0)]


def test_hours_dearer_than_the_water_is_worth_stay_unused() -> None:
    constraints = Constraints(pumps=(tariff(8.0, 12.0, 0.0), tariff(12.0, 20.0, 500.0)))
    intents = [
        wanting(field(name, pump="well"), constraints, wanted_mm=16.0, curve=((16.0, value),))
        for name, value in (("a", 3.0), ("b", 2.0))
    ]
    served = served_by(constraints, intents)
    assert depth_of(served["a"]) == 16.0
    assert served["b"].refusal == "energy_too_dear"


def test_a_tank_lets_water_run_on_after_the_pumps_hours() -> None:
    # Panels drive the pump from 9 to 16 o'clock; the tank holds two hours more.
    pump = Pump(pump="well", flow_m3_h=40.0, energy="pv", tank_m3=80.0)
    constraints = Constraints(pumps=(pump,))
    served = served_by(constraints, [wanting(field("plot", pump="well", area_ha=1.0), constraints, wanted_mm=30.0)])
    begun, ended = ends(served["plot"])
    assert depth_of(served["plot"]) == 28.0
    assert begun.hour >= 9
    assert ended.hour <= 18


def test_a_pump_that_stands_still_gives_nothing_and_the_others_go_on() -> None:
    constraints = Constraints(pumps=(Pump(pump="dead", flow_m3_h=0.0, tank_m3=9.0), Pump(pump="well", flow_m3_h=40.0)))
    intents = [wanting(field(name, pump=name), constraints) for name in ("dead", "well")]
    served = served_by(constraints, intents)
    assert (served["dead"].refusal, depth_of(served["well"])) == ("pump_too_small", 40.0)


def test_nothing_wanted_is_nothing_served() -> None:
    assert served_by(Constraints(), []) == {}


def test_overlapping_turns_of_two_groups_do_not_bind_each_other() -> None:
    both: tuple[CanalTurn, ...] = (turn(5.0, group="n"), turn(5.0, group="s"))
    constraints = Constraints(turns=both)
    intents = [wanting(field(name, canal="G1", group=name), constraints) for name in "ns"]
    assert [depth_of(one) for one in served_by(constraints, intents).values()] == [40.0, 40.0]
