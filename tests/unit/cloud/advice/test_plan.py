from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.advice.access import Constraints
from cloud.advice.outlook import Outlook
from cloud.advice.plan import Intent, intend, urgency
from cloud.advice.system import limits_of
from cloud.records import CanalTurn

DAY = date(2026, 5, 14)
IntentOf = Callable[..., Intent]
OutlookOf = Callable[..., Outlook]


def turns(*days: int) -> Constraints:
    return Constraints(
        turns=tuple(
            CanalTurn(
                canal="G1",
                starts_at=datetime(2026, 5, 1, 8, tzinfo=UTC) + timedelta(days=day - 1),
                ends_at=datetime(2026, 5, 1, 14, tzinfo=UTC) + timedelta(days=day - 1),
                flow_m3_h=60.0,
            )
            for day in days
        )
    )


def test_probable_stress_calls_for_water(intent_of: IntentOf) -> None:
    intent = intent_of()
    assert (intent.action, intent.reason_code) == ("irrigate", "stress_expected")
    assert intent.wanted_mm is not None
    # All members agree: 53 mm in the evening, through a sprinkler of 75 %, whose largest event is 50 mm.
    assert intent.wanted_mm.p50 == pytest.approx(50.0, abs=0.1)
    assert intent.stress_if_ignored == 1.0
    assert intent.through == date(2026, 5, 15)


def test_the_dose_is_what_the_wetter_members_can_hold(intent_of: IntentOf) -> None:
    spread = intent_of(depletion=[30.0 + 4.0 * place for place in range(10)], system={"max_mm": 100.0})
    assert spread.action == "irrigate"
    assert spread.wanted_mm is not None
    # Rooms of the evening: 35 to 71 mm; a fixed cost of 3 mm over half of 50 mm allows about a tenth to be overfilled.
    assert 35.0 / 0.75 <= spread.wanted_mm.p50 <= 44.0 / 0.75
    assert spread.wanted_mm.p90 > spread.wanted_mm.p50 >= spread.wanted_mm.p10


def test_a_wet_soil_waits(intent_of: IntentOf) -> None:
    intent = intent_of(depletion=[10.0] * 10)
    assert (intent.action, intent.reason_code, intent.wanted_mm) == ("wait", "soil_has_water", None)
    assert intent.next_check_day == date(2026, 5, 18)


def test_members_slightly_beyond_easy_water_do_not_call(intent_of: IntentOf) -> None:
    assert intent_of(depletion=[46.0] * 2 + [5.0] * 8).action == "wait"
    assert intent_of(depletion=[60.0] * 6 + [25.0] * 4).action == "irrigate"


def test_rain_that_prevents_stress_is_waited_for(parcel_and_rain: Intent) -> None:
    assert (parcel_and_rain.action, parcel_and_rain.reason_code) == ("wait", "rain_expected")


@pytest.fixture
def parcel_and_rain(intent_of: IntentOf, outlook_of: Callable[..., Outlook]) -> Intent:
    dry = intent_of(depletion=[52.0])
    rainy = outlook_of([52.0], rain=[30.0])
    return intend(DAY, dry.parcel, rainy, dry.access, limits_of(dry.parcel), dry.worth)


def test_a_turn_today_is_taken_when_the_next_is_too_late(intent_of: IntentOf) -> None:
    intent = intent_of(depletion=[10.0], constraints=turns(14, 28), water={"canal": "G1"})
    assert intent.action == "irrigate"
    assert intent.through == date(2026, 5, 28)
    assert intent.wanted_mm is not None
    # Room for 15 mm in the evening; the soil beneath, 0.45 as dry as it may be, takes 22.5 of its 50.
    assert intent.wanted_mm.p50 == pytest.approx(37.5 / 0.75, abs=0.1)
    assert intent.wanted_mm.p90 == intent.wanted_mm.p50


def test_a_turn_today_is_let_pass_when_the_next_is_soon_enough(intent_of: IntentOf) -> None:
    intent = intent_of(depletion=[10.0], constraints=turns(14, 17), water={"canal": "G1"})
    assert (intent.action, intent.reason_code) == ("skip_turn", "soil_has_water")
    assert intent.next_check_day == date(2026, 5, 17)


def test_without_another_turn_the_next_is_taken_to_be_far(intent_of: IntentOf) -> None:
    intent = intent_of(depletion=[10.0], constraints=turns(14), water={"canal": "G1"})
    assert intent.action == "irrigate"


def test_between_turns_one_can_only_wait(intent_of: IntentOf) -> None:
    waiting = intent_of(constraints=turns(17), water={"canal": "G1"})
    assert (waiting.action, waiting.reason_code) == ("wait", "turn_not_now")
    assert waiting.next_check_day == date(2026, 5, 17)
    assert waiting.stress_if_ignored == 1.0
    content = intent_of(depletion=[1.0], constraints=turns(17), water={"canal": "G1"})
    assert (content.action, content.reason_code) == ("wait", "soil_has_water")


def test_no_turn_in_the_table_is_told(intent_of: IntentOf) -> None:
    lost = intent_of(constraints=turns(2), water={"canal": "G1"})
    assert (lost.action, lost.reason_code) == ("wait", "no_turn_known")
    assert lost.next_check_day == date(2026, 5, 18)


def test_the_driest_is_served_first(intent_of: IntentOf) -> None:
    dry, drier = intent_of("dry", depletion=[46.0] * 10), intent_of("drier", depletion=[60.0] * 10)
    same = intent_of("a-same", depletion=[46.0] * 10)
    assert sorted([dry, drier, same], key=urgency) == [drier, same, dry]


def test_a_mild_lack_of_water_is_told_as_tolerated(intent_of: IntentOf) -> None:
    # The whole ensemble is a little beyond its easy water; what a day of that costs is less than the irrigation.
    late = {"crop_parameters": {"stage_lengths_days": (10, 20, 60, 30)}}
    intent = intent_of(depletion=[45.2] * 10, **late)
    assert (intent.action, intent.reason_code) == ("wait", "deficit_tolerated")
    assert intent.stress_if_ignored == 1.0


def test_a_turn_beyond_the_known_stages_is_no_sign_of_harvest(intent_of: IntentOf, outlook_of: OutlookOf) -> None:
    far = intent_of(depletion=[0.0], constraints=turns(14, 28), water={"canal": "G1"})
    known = replace(far.worth, days_left=10, event=1e6)
    calm = outlook_of([0.0], use=4.0)
    intent = intend(DAY, far.parcel, calm, far.access, limits_of(far.parcel), known)
    assert (intent.action, intent.reason_code) == ("skip_turn", "deficit_tolerated")
    ending = replace(known, days_left=9)
    last = intend(DAY, far.parcel, calm, far.access, limits_of(far.parcel), ending)
    assert last.reason_code == "harvest_near"


def test_water_that_the_harvest_comes_too_early_to_use_is_not_given(intent_of: IntentOf) -> None:
    ripe = {"crop_parameters": {"stage_lengths_days": (10, 10, 18, 6)}}
    intent = intent_of(depletion=[58.0] * 10, **ripe)
    assert (intent.action, intent.reason_code) == ("wait", "harvest_near")
