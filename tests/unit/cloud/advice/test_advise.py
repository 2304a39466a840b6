from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cloud.advice.access import Constraints
from cloud.advice.advise import AdviceContext, advise, refusal_of, season_wait
from cloud.advice.future import LONGEST_OUTLOOK_DAYS, days_ahead
from cloud.agronomy.water import WaterSettings, WaterState, simulate
from cloud.records import InputReference, IrrigationEvent, Parcel, Quota
from cloud.weather.forcing import Forcing, forcing_for, forecast_for
from tests.synthetic_season import ahead, parcel, past

DAY = date(2026, 6, 10)
CONTEXT = AdviceContext(day=DAY, code_version="test")
FIELDS = (parcel("a"), parcel("b", name="Field B", area_ha=1.0))


@pytest.fixture(scope="module")
def water() -> tuple[WaterState, Forcing]:
    weather = forcing_for(FIELDS, past(date(2026, 6, 9)))
    state = simulate(FIELDS, weather, [], [], settings=WaterSettings(members=16)).state
    return state, forecast_for(FIELDS, ahead(DAY, days=15))


def test_every_parcel_gets_its_answer_in_order(water: tuple[WaterState, Forcing]) -> None:
    answers = advise(FIELDS, *water, Constraints(), CONTEXT)
    assert [(one.parcel_id, one.parcel_name) for one in answers] == [("a", "a"), ("b", "Field B")]
    assert all(one.action == "irrigate" for one in answers)


def test_a_state_that_is_not_known_holds_its_parcel_alone(water: tuple[WaterState, Forcing]) -> None:
    state, forecast = water
    depletion = state.depletion_mm.copy()
    depletion[0, 3] = np.nan
    first, second = advise(FIELDS, replace(state, depletion_mm=depletion), forecast, Constraints(), CONTEXT)
    assert (first.action, first.reason_code, first.depth_mm) == ("hold", "no_data", None)
    assert second.action == "irrigate"


def test_events_of_strangers_and_of_today_are_told_apart(water: tuple[WaterState, Forcing]) -> None:
    now = datetime(2026, 6, 10, 7, tzinfo=UTC)
    events = tuple(
        IrrigationEvent(parcel_id=name, started_at=now, depth_mm=30.0, source="meter") for name in ("a", "stranger")
    )
    first, second = advise(FIELDS, *water, Constraints(events=events), CONTEXT)
    assert first.reason_code == "irrigated_today"
    assert second.action == "irrigate"
    without, _ = advise(FIELDS, *water, Constraints(), CONTEXT)
    assert first.depletion_mm is not None
    assert without.depletion_mm is not None
    assert first.depletion_mm.p50 < without.depletion_mm.p50


def test_a_spent_quota_holds_for_a_person(water: tuple[WaterState, Forcing]) -> None:
    quota = Quota(parcel_id="a", valid_from=DAY, valid_to=DAY, volume_m3=10.0)
    first, second = advise(FIELDS, *water, Constraints(quotas=(quota,)), CONTEXT)
    assert (first.action, first.reason_code) == ("hold", "quota_spent")
    assert first.stress_probability_if_ignored == 1.0
    assert second.action == "irrigate"


def test_the_outlook_begins_after_the_state_and_ends_in_time(water: tuple[WaterState, Forcing]) -> None:
    state, forecast = water
    cut = days_ahead(forecast, state.day, date(2026, 6, 8))
    assert cut.days[0] == np.datetime64("2026-06-10")
    assert cut.days[-1] == np.datetime64("2026-06-08") + LONGEST_OUTLOOK_DAYS


def test_a_parcel_rests_on_the_days_files_and_its_own_records() -> None:
    shared, own = InputReference(name="w.csv", sha256="a" * 64), InputReference(name="photo", sha256="b" * 64)
    context = replace(CONTEXT, inputs=(shared,), records={"a": (own,)})
    assert refusal_of(FIELDS[0], "no_data", context).inputs == (shared, own)
    assert refusal_of(FIELDS[1], "no_data", context).inputs == (shared,)


def test_a_refusal_is_looked_at_tomorrow_and_a_season_when_it_begins() -> None:
    field: Parcel = FIELDS[0]
    assert refusal_of(field, "no_data", CONTEXT).next_check_day == date(2026, 6, 11)
    later = season_wait(field, "not_planted", CONTEXT, next_check_day=date(2026, 7, 1))
    assert (later.action, later.next_check_day) == ("wait", date(2026, 7, 1))
