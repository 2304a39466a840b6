"""What is withheld is put on cards by cause."""

from datetime import UTC, date, datetime

import pytest

from cloud.judge.cards import SCOPE_OF, cards_of, cause_of
from cloud.judge.sentence import WORDS
from cloud.records import Check, Decision, IrrigationSystem, Parcel, Recommendation, Verdict, WaterSource

DAY = date(2026, 6, 10)


def verdict_of(parcel_id: str, *failed: str, decision: Decision = "hold", day: date = DAY) -> Verdict:
    proposed = Recommendation(
        parcel_id=parcel_id,
        parcel_name=parcel_id,
        timezone="Africa/Casablanca",
        day=day,
        action="hold",
        reason_code="no_forecast",
        code_version="test",
    )
    passed = Check(name="parcel_is_known", passed=True, measured=1.0, limit=1.0)
    return Verdict(
        proposed=proposed,
        recommendation=proposed,
        decision=decision,
        checks=(passed, *(Check(name=name, passed=False, measured=1.0, limit=0.0) for name in failed)),
        explanation="",
        valid_until=datetime(2026, 6, 11, tzinfo=UTC),
    )


def parcel_of(parcel_id: str, **more: object) -> Parcel:
    given = {"id": parcel_id, "crop": "maize", "latitude": 32.3, "longitude": -6.4, "planted_on": DAY, **more}
    return Parcel.model_validate(given)


def test_one_broken_weather_file_is_one_card_whatever_follows_from_it() -> None:
    parcels = (parcel_of("a"), parcel_of("b", latitude=32.31), parcel_of("far", latitude=34.0))
    held = (
        verdict_of("a", "needed", "weather_as_before"),
        verdict_of("b", "weather_as_before", "room_in_soil"),
        verdict_of("far", "weather_as_before"),
    )

    cards = cards_of(held, parcels)

    assert [(card.parcels, card.cause.check) for card in cards] == [
        (("a", "b"), "weather_as_before"),
        (("far",), "weather_as_before"),
    ]
    assert cards[0].verdicts == held[:2]
    assert "station" in cards[0].look_at


def test_soil_water_is_one_card_per_crop_and_method() -> None:
    drip = IrrigationSystem(method="drip")
    parcels = (parcel_of("a"), parcel_of("b"), parcel_of("c", irrigation=drip), parcel_of("d", crop="olive"))

    cards = cards_of([verdict_of(one.id, "needed") for one in parcels], parcels)

    assert {card.parcels for card in cards} == {("a", "b"), ("c",), ("d",)}


@pytest.mark.parametrize(
    ("check", "cards"), [("parcel_as_before", 2), ("irrigations_as_before", 2), ("photos_as_before", 1)]
)
def test_a_parcel_is_described_and_metered_alone_but_a_model_sees_for_all(check: str, cards: int) -> None:
    parcels = (parcel_of("a"), parcel_of("b"))

    assert len(cards_of([verdict_of("a", check), verdict_of("b", check)], parcels)) == cards


def test_shared_water_is_a_card_of_its_canal_else_of_its_pump_else_of_the_parcel() -> None:
    parcels = (
        parcel_of("a", water=WaterSource(canal="N", pump="P")),
        parcel_of("b", water=WaterSource(canal="N")),
        parcel_of("c", water=WaterSource(pump="P")),
        parcel_of("d"),
    )

    cards = cards_of([verdict_of(one.id, "shared_water_suffices") for one in parcels], parcels)

    assert {card.cause.where: card.parcels for card in cards} == {
        "canal N": ("a", "b"),
        "pump P": ("c",),
        "parcel d": ("d",),
    }


def test_without_parcels_a_cause_reaches_over_the_day_and_days_stay_apart() -> None:
    held = (verdict_of("a", "needed"), verdict_of("b", "needed"), verdict_of("a", "needed", day=date(2026, 6, 11)))

    assert [card.parcels for card in cards_of(held)] == [("a", "b"), ("a",)]


def test_where_the_advisor_itself_is_silent_its_reason_is_the_cause() -> None:
    cause = cause_of(verdict_of("a"))

    assert (cause.check, cause.scope) == ("no_forecast", "advisor")


def test_what_is_released_or_already_reviewed_needs_no_card() -> None:
    released = verdict_of("a", decision="release")
    reviewed = verdict_of("b", "needed").model_copy(update={"reviewer": "agronomist"})

    assert cards_of([released, reviewed]) == ()


def test_a_card_keeps_its_name_and_says_whether_a_rule_was_broken() -> None:
    first = cards_of([verdict_of("a", "depth_positive", decision="block")])
    again = cards_of([verdict_of("b"), verdict_of("a", "depth_positive")])

    assert first[0].blocked
    assert not again[0].blocked
    assert first[0].id in {card.id for card in again}


def test_every_check_with_a_reach_has_words() -> None:
    assert set(SCOPE_OF) <= set(WORDS)
