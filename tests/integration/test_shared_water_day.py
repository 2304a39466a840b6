"""A day of parcels that share water, from weather to verdicts: what is planned passes the judge's own rules."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from cloud.advice.access import Constraints
from cloud.advice.advise import AdviceContext, Together, advise_together
from cloud.agronomy.carrying.carried import state_of
from cloud.agronomy.water import simulate
from cloud.daily import DayDecision, DayInputs, decide
from cloud.records import CanalTurn, IrrigationEvent, IrrigationSystem, Parcel, Pump, Quota, Verdict
from cloud.weather.forcing import forcing_for, forecast_for
from tests.synthetic_season import ahead, parcel, past

DAY = date(2026, 6, 10)
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
RULES = {"inside_turn", "inside_pump_hours", "pump_hours_per_day", "within_quota", "shared_water_suffices"}
SYSTEM = IrrigationSystem(method="sprinkler")


def day_of(parcels: tuple[Parcel, ...], **tables: object) -> DayDecision:
    given = {
        "day": DAY,
        "parcels": parcels,
        "weather": past(DAY - timedelta(days=1)),
        "forecast": ahead(DAY),
        "code_version": "test",
        "members": 16,
        **tables,
    }
    return decide(DayInputs(**given))  # type: ignore[arg-type]  # any field, by name


def sharing(count: int, **water: object) -> tuple[Parcel, ...]:
    return tuple(
        parcel(f"p{place}", water=water, irrigation=SYSTEM, area_ha=0.5 + 0.25 * place, initial_depletion_mm=10.0)
        for place in range(count)
    )


def watered(decision: DayDecision) -> list[Verdict]:
    return [one for one in decision.verdicts if one.proposed.action == "irrigate"]


def broken(decision: DayDecision) -> list[tuple[str, str]]:
    return [
        (one.proposed.parcel_id, check.name)
        for one in decision.verdicts
        for check in one.checks
        if check.name in RULES and not check.passed
    ]


def test_a_pump_with_tariffs_and_a_tank() -> None:
    base = {"pump": "well", "flow_m3_h": 30.0, "power_kw": 12.0, "recharge_h": 0.25}
    rows = (
        Pump(**base, from_hour=6.0, to_hour=17.0, price_per_kwh=1.0),
        Pump(**base, from_hour=17.0, to_hour=22.0, price_per_kwh=1.7, tank_m3=60.0),
    )
    decision = day_of(sharing(6, pump="well"), pumps=rows)
    assert len(watered(decision)) >= 1
    assert broken(decision) == []
    assert all(any(fact.kind == "energy_cost" for fact in one.proposed.evidence) for one in watered(decision))
    refused = {one.proposed.reason_code for one in decision.verdicts if one.proposed.action == "wait"}
    assert refused <= {"pump_busy", "soil_has_water", "rain_expected", "deficit_tolerated"}


def test_a_turn_and_a_quota() -> None:
    turn = CanalTurn(canal="G1", starts_at=NOON, ends_at=NOON + timedelta(hours=20), flow_m3_h=90.0)
    quota = Quota(canal="G1", valid_from=date(2026, 6, 1), valid_to=date(2026, 6, 30), volume_m3=1800.0)
    decision = day_of(sharing(5, canal="G1"), turns=(turn,), quotas=(quota,))
    given = watered(decision)
    assert given
    assert broken(decision) == []
    assert sum(one.proposed.volume_m3 or 0.0 for one in given) <= 1800.0
    shadow = [fact.value for one in given for fact in one.proposed.evidence if fact.kind == "quota_shadow_price"]
    assert shadow
    assert all(price is not None and price > 0.0 for price in shadow)


def test_parcels_whose_forecasts_reach_differently_still_share_one_turn() -> None:
    turn = CanalTurn(canal="G1", starts_at=NOON, ends_at=NOON + timedelta(hours=6), flow_m3_h=60.0)
    fields = sharing(4, canal="G1")
    history = simulate(fields, forcing_for(fields, past(DAY - timedelta(days=1))), [], [])
    forecast = forecast_for(fields, ahead(DAY))
    groups = []
    for days, places in ((4, [0, 1]), (9, [2, 3])):
        rows = np.array(places, dtype=np.intp)
        near = forecast.at(rows).until(np.datetime64(DAY + timedelta(days=days)))
        members = [fields[place] for place in places]
        groups.append(Together(parcels=members, state=state_of(history.state, rows), forecast=near))
    context = AdviceContext(day=DAY, code_version="test")
    answers = advise_together(groups, Constraints(turns=(turn,)), context)
    assert [one.parcel_id for one in answers] == [field.id for field in fields]
    hours = [one.duration_h for one in answers if one.duration_h is not None]
    assert 4.0 < sum(hours) <= 6.0
    assert "turn_taken" in {one.reason_code for one in answers}


def test_a_neighbours_turn_is_lent_and_the_judge_lets_it_pass() -> None:
    water = {"canal": "G1", "group": "n"}
    dry, wet = (parcel(name, water=water, irrigation=SYSTEM, initial_depletion_mm=10.0) for name in ("dry", "wet"))

    def own(name: str, days: int) -> CanalTurn:
        begin = NOON + timedelta(days=days)
        told = {"canal": "G1", "group": "n", "parcel_id": name, "may_swap": True, "flow_m3_h": 90.0}
        return CanalTurn.model_validate({**told, "starts_at": begin, "ends_at": begin + timedelta(hours=10)})

    # Turns to the end of the season, so that nobody lays water in for want of them.
    turns = (*(own("wet", days) for days in range(0, 100, 4)), *(own("dry", days) for days in range(3, 100, 9)))
    given = tuple(
        IrrigationEvent(parcel_id="wet", started_at=NOON - timedelta(days=days), depth_mm=70.0, source="meter")
        for days in (1, 3, 6, 10, 20, 30)
    )
    decision = day_of((dry, wet), turns=turns, events=given)
    reasons = {one.proposed.parcel_id: one.proposed.reason_code for one in decision.verdicts}
    assert reasons == {"dry": "turn_borrowed", "wet": "turn_lent"}
    assert broken(decision) == []


def test_a_pump_that_stands_still_holds_its_parcels_and_no_others() -> None:
    fields = (*sharing(1, pump="dead"), parcel("free", initial_depletion_mm=10.0))
    decision = day_of(fields, pumps=(Pump(pump="dead", flow_m3_h=0.0),))
    by_id = {one.proposed.parcel_id: one.proposed for one in decision.verdicts}
    assert (by_id["p0"].action, by_id["p0"].reason_code) == ("hold", "pump_too_small")
    assert by_id["free"].action == "irrigate"
