from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.advice.access import Constraints
from cloud.advice.plan import Intent
from cloud.advice.quota import QuotaBook
from cloud.advice.share import serve
from cloud.records import CanalTurn, Pump, Quota

DAY = date(2026, 5, 14)
IntentOf = Callable[..., Intent]
TURN = CanalTurn(
    canal="G1",
    starts_at=datetime(2026, 5, 14, 8, tzinfo=UTC),
    ends_at=datetime(2026, 5, 14, 18, tzinfo=UTC),
    flow_m3_h=100.0,
)


def book(*intents: Intent, quotas: tuple[Quota, ...] = ()) -> QuotaBook:
    return QuotaBook.of(DAY, quotas, [intent.parcel for intent in intents], [])


def test_alone_on_demand_the_evening_is_free(intent_of: IntentOf) -> None:
    intent = intent_of()
    served = serve([intent], book(intent))["plot"]
    assert served.dose is not None
    # 48 mm net through 75 % is 64 mm, the sprinkler gives 50 at most; 40 m3/h bring 960 m3 in a day, that is 48 mm.
    assert served.dose.depth_mm.p50 == 48.0
    assert (served.dose.volume_m3, served.dose.duration_h) == (960.0, 24.0)
    assert served.start_window is not None
    assert served.start_window[0].isoformat() == "2026-05-14T18:00:00+01:00"


def test_a_dose_longer_than_a_day_is_cut_to_the_day(intent_of: IntentOf) -> None:
    intent = intent_of(system={"flow_m3_h": 20.0})
    dose = serve([intent], book(intent))["plot"].dose
    assert dose is not None
    assert dose.duration_h is not None
    assert dose.duration_h <= 24.0
    assert dose.volume_m3 == 480.0


def test_a_short_dose_may_start_until_ten_in_the_evening(intent_of: IntentOf) -> None:
    intent = intent_of(area_ha=0.5)
    window = serve([intent], book(intent))["plot"].start_window
    assert window is not None
    assert [moment.strftime("%H:%M") for moment in window] == ["18:00", "22:00"]


def test_a_long_dose_must_start_at_once_to_end_by_the_morning(intent_of: IntentOf) -> None:
    intent = intent_of(area_ha=1.0)
    served = serve([intent], book(intent))["plot"]
    assert served.start_window is not None
    assert served.dose is not None
    assert served.dose.duration_h == 12.5
    # 08:00 less 12.5 h is 19:30, on five minutes and never later.
    assert served.start_window[1].strftime("%H:%M") in {"19:25", "19:30"}


def test_a_turn_serves_one_parcel_after_the_other(intent_of: IntentOf) -> None:
    constraints = Constraints(turns=(TURN,))
    changes = {"constraints": constraints, "water": {"canal": "G1"}, "system": {"flow_m3_h": None}, "area_ha": 1.0}
    intents = [intent_of(name, depletion=[depth] * 4, **changes) for name, depth in (("a", 46.0), ("b", 60.0))]
    served = serve(intents, book(*intents))
    first, second = served["b"], served["a"]
    assert first.dose is not None
    assert second.dose is not None
    assert first.start_window is not None
    assert second.start_window is not None
    assert first.start_window[0] == TURN.starts_at
    assert first.dose.duration_h is not None
    assert second.start_window[0] >= TURN.starts_at + timedelta(hours=first.dose.duration_h)
    for one in (first, second):
        assert one.dose is not None
        assert one.dose.duration_h is not None
        assert one.start_window is not None
        assert one.start_window[1] + timedelta(hours=one.dose.duration_h) <= TURN.ends_at


def test_when_the_turn_is_used_up_the_less_dry_parcel_gets_none(intent_of: IntentOf) -> None:
    constraints = Constraints(turns=(TURN,))
    changes = {"constraints": constraints, "water": {"canal": "G1"}, "system": {"flow_m3_h": None}, "area_ha": 2.0}
    intents = [intent_of(name, depletion=[depth] * 4, **changes) for name, depth in (("a", 46.0), ("b", 60.0))]
    served = serve(intents, book(*intents))
    assert served["b"].dose is not None
    assert served["a"].dose is None
    assert served["a"].refusal == "turn_taken"


def test_a_start_after_midnight_is_left_to_tomorrows_advice(intent_of: IntentOf) -> None:
    # A turn of 39 hours from 09:00; each hectare needs about 6 hours, so the fourth would begin after midnight.
    turn = TURN.model_copy(update={"ends_at": datetime(2026, 5, 16, 0, tzinfo=UTC)})
    changes = {
        "constraints": Constraints(turns=(turn,)),
        "water": {"canal": "G1"},
        "system": {"flow_m3_h": None},
        "area_ha": 1.0,
    }
    intents = [intent_of(f"p{number}", depletion=[60.0 - number] * 4, **changes) for number in range(6)]
    served = serve(intents, book(*intents))
    given = [one for one in served.values() if one.start_window is not None]
    assert 1 <= len(given) < len(intents)
    for one in given:
        assert one.start_window is not None
        assert {moment.date() for moment in one.start_window} == {DAY}
    assert {one.refusal for one in served.values() if one.dose is None} == {"turn_taken"}


def test_a_turn_too_short_for_the_smallest_event_is_told(intent_of: IntentOf) -> None:
    short = TURN.model_copy(update={"ends_at": TURN.starts_at + timedelta(minutes=20)})
    intent = intent_of(constraints=Constraints(turns=(short,)), water={"canal": "G1"})
    assert serve([intent], book(intent))["plot"].refusal == "turn_too_short"


@pytest.mark.parametrize(("recharge_h", "wait_h"), [(0.0, 0.0), (3.0, 3.0)])
def test_a_pump_rests_between_two_parcels(intent_of: IntentOf, recharge_h: float, wait_h: float) -> None:
    pump = Pump(pump="well", flow_m3_h=60.0, from_hour=6.0, to_hour=20.0, recharge_h=recharge_h)
    changes = {"constraints": Constraints(pumps=(pump,)), "water": {"pump": "well"}, "area_ha": 0.5}
    changes["system"] = {"flow_m3_h": None}
    intents = [intent_of(name, depletion=[depth] * 4, **changes) for name, depth in (("a", 46.0), ("b", 60.0))]
    served = serve(intents, book(*intents))
    first, second = served["b"], served["a"]
    assert first.start_window is not None
    assert second.start_window is not None
    assert first.dose is not None
    assert first.dose.duration_h is not None
    gap = second.start_window[0] - first.start_window[0] - timedelta(hours=first.dose.duration_h)
    assert gap == timedelta(hours=wait_h)


def test_a_pumps_daily_hours_are_shared(intent_of: IntentOf) -> None:
    pump = Pump(pump="well", flow_m3_h=40.0, max_hours_per_day=6.0)
    changes = {"constraints": Constraints(pumps=(pump,)), "water": {"pump": "well"}, "area_ha": 1.0}
    intents = [intent_of(name, depletion=[depth] * 4, **changes) for name, depth in (("a", 46.0), ("b", 60.0))]
    served = serve(intents, book(*intents))
    assert served["b"].dose is not None
    assert served["b"].dose.volume_m3 == 240.0
    assert served["a"].refusal == "pump_busy"


def test_a_small_pump_is_told(intent_of: IntentOf) -> None:
    pump = Pump(pump="well", flow_m3_h=1.0, max_hours_per_day=2.0)
    intent = intent_of(constraints=Constraints(pumps=(pump,)), water={"pump": "well"})
    assert serve([intent], book(intent))["plot"].refusal == "pump_too_small"


def test_a_quota_is_shared_and_then_spent(intent_of: IntentOf) -> None:
    quota = Quota(canal="G1", valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 31), volume_m3=1100.0)
    intents = [
        intent_of(name, depletion=[depth] * 4, water={"canal": "G1"}, area_ha=2.0)
        for name, depth in (("a", 46.0), ("b", 60.0))
    ]
    served = serve(intents, book(*intents, quotas=(quota,)))
    assert served["b"].dose is not None
    assert served["b"].dose.volume_m3 == 960.0
    assert served["a"].refusal == "quota_spent"


def test_an_amount_that_rounds_to_nothing_is_told(intent_of: IntentOf) -> None:
    intent = intent_of(area_ha=0.0004)
    assert serve([intent], book(intent))["plot"].refusal == "dose_too_small"


def test_a_turn_off_the_five_minutes_is_not_overrun(intent_of: IntentOf) -> None:
    begin = datetime(2026, 5, 14, 8, 2, tzinfo=UTC)
    odd = CanalTurn(canal="G1", starts_at=begin, ends_at=begin + timedelta(hours=5), flow_m3_h=100.0)
    intent = intent_of(water={"canal": "G1"}, constraints=Constraints(turns=(odd,)), system={"flow_m3_h": None})
    served = serve([intent], book(intent))["plot"]
    assert served.dose is not None
    assert served.dose.duration_h is not None
    assert served.start_window is not None
    assert served.start_window[0].strftime("%H:%M") == "09:05"
    assert served.dose.duration_h > 4.5
    assert served.start_window[1] + timedelta(hours=served.dose.duration_h) <= odd.ends_at
