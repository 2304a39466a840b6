from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from cloud.errors import InputError, IntegrityError
from cloud.records import Check, Evidence, Language, Quantiles, Recommendation, Verdict
from cloud.speech import phrases
from cloud.speech import render as module
from cloud.speech.render import compose, render
from cloud.speech.segments import segments

ZONE = timezone(timedelta(hours=1))
TUESDAY = date(2026, 7, 21)
EVENING = datetime(2026, 7, 22, 19, 0, tzinfo=ZONE)
SPOKEN: tuple[Language, ...] = ("en", "fr", "ar", "ary", "ary-Latn")
NO_DOSE: dict[str, Any] = {"start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}


def depth(value: float) -> Quantiles:
    return Quantiles(p10=value * 0.8, p50=value, p90=value * 1.2)


def verdict(decision: str = "release", **changed: Any) -> Verdict:  # noqa: ANN401
    content: dict[str, Any] = {
        "parcel_id": "p1",
        "parcel_name": "Oliviers nord",
        "timezone": "Africa/Casablanca",
        "day": TUESDAY,
        "action": "irrigate",
        "start_window": (EVENING, EVENING + timedelta(hours=3)),
        "depth_mm": depth(21),
        "volume_m3": 105,
        "duration_h": 3.5,
        "reason_code": "stress_expected",
        "code_version": "1",
    }
    advice = Recommendation.model_validate(content | changed)
    return Verdict.model_validate(
        {
            "proposed": advice,
            "recommendation": advice,
            "decision": decision,
            "checks": (Check(name="dose", passed=True, measured=21.0, limit=60.0),),
            "explanation": "within every limit",
            "valid_until": datetime(2026, 7, 24, tzinfo=UTC),
        }
    )


def test_an_irrigation_in_english() -> None:
    message = render(verdict(), language="en", farmer_id="f1")
    assert message.text == (
        "Oliviers nord: irrigate tomorrow Wednesday (start 19:00 to 22:00) for 3 hours 30 minutes (105 m3, 21 mm)."
        " Then reply 1 = done, 2 = not done."
    )
    assert (message.parcel_id, message.kind, message.language, message.channel) == ("p1", "irrigate", "en", "sms")
    assert (message.encoding, message.segments, message.reviewed, message.farmer_id) == ("gsm7", 1, True, "f1")


def test_an_irrigation_in_french() -> None:
    message = render(verdict(), language="fr", draft=True)
    assert message.text == (
        "Oliviers nord: irriguez demain mercredi (début de 19h à 22h) pendant 3 heures 30 minutes (105 m3, 21 mm)."
        " Puis répondez 1 = fait, 2 = pas fait."
    )
    assert (message.encoding, message.segments, message.reviewed) == ("gsm7", 1, False)


def test_an_irrigation_in_arabic_and_darija() -> None:
    arabic = render(verdict(parcel_name="الشمال"), language="ar", draft=True)
    assert arabic.text == (
        "قطعة الشمال: اسقوا غدا الأربعاء (البدء من 19 إلى 22) لمدة 3 ساعات و30 دقيقة (105 م3، 21 مم)."
        " الرد: 1 = تم، 2 = لم يتم."
    )
    darija = render(verdict(parcel_name="الشمال"), language="ary", draft=True)
    assert darija.text == (
        "الفدان الشمال: سقيو غدا لاربع (بداو من 19 حتى 22) مدة 3 سوايع و30 دقيقة (105 م3، 21 مم)."
        " جاوبو: 1 = سقيت، 2 = ما سقيتش."
    )
    assert {arabic.encoding, darija.encoding} == {"ucs2"}
    assert arabic.segments == darija.segments == 2


@pytest.mark.parametrize("language", SPOKEN)
def test_pump_time_comes_before_volume_and_volume_before_depth(language: Language) -> None:
    text = render(verdict(duration_h=7.0, volume_m3=333, depth_mm=depth(66)), language=language, draft=True).text
    assert text.index("7 ") < text.index("333") < text.index("66")


def test_without_a_known_flow_the_volume_is_told_and_no_time_is_invented() -> None:
    text = render(verdict(duration_h=None), language="en").text
    assert text == (
        "Oliviers nord: irrigate tomorrow Wednesday (start 19:00 to 22:00): 105 m3 (21 mm)."
        " Then reply 1 = done, 2 = not done."
    )


def test_today_one_hour_and_another_week() -> None:
    today = datetime(2026, 7, 21, 20, 30, tzinfo=ZONE)
    assert "irrigate today Tuesday at 20:30 for" in render(verdict(start_window=(today, today)), language="en").text
    later = (EVENING + timedelta(days=4), EVENING + timedelta(days=4, hours=1))
    assert "Sunday 26/07 (start 19:00 to 20:00)" in render(verdict(start_window=later), language="en").text


def test_a_window_over_midnight_and_one_of_several_days() -> None:
    night = (EVENING + timedelta(hours=3), EVENING + timedelta(hours=10))
    assert "tomorrow Wednesday (start 22:00 to 5:00)" in render(verdict(start_window=night), language="en").text
    long = (EVENING, EVENING + timedelta(days=2))
    text = render(verdict(start_window=long), language="en").text
    assert "between Wednesday 22/07 19:00 and Friday 24/07 19:00" in text


def test_hours_are_told_on_the_parcels_own_clock() -> None:
    utc = (datetime(2026, 7, 22, 18, 0, tzinfo=UTC), datetime(2026, 7, 22, 21, 0, tzinfo=UTC))
    assert "(start 19:00 to 22:00)" in render(verdict(start_window=utc), language="en").text
    # During Ramadan Morocco's clocks go back to UTC.
    ramadan = (datetime(2026, 3, 1, 18, 0, tzinfo=UTC), datetime(2026, 3, 1, 19, 0, tzinfo=UTC))
    text = render(verdict(start_window=ramadan, day=date(2026, 2, 28)), language="en").text
    assert "(start 18:00 to 19:00)" in text


@pytest.mark.parametrize(
    ("reason", "kind", "text"),
    [
        ("soil_has_water", "wait", "do NOT irrigate now. The soil still has water. Next advice Friday 24/07."),
        ("rain_expected", "no_irrigation_rain", "do NOT irrigate now. Rain expected: 12 mm. Next advice Friday 24/07."),
        ("irrigated_today", "wait", "do NOT irrigate now. It was irrigated today. Next advice Friday 24/07."),
        ("turn_not_now", "wait", "do NOT irrigate now. It is not your water turn. Next advice Friday 24/07."),
        ("pump_busy", "wait", "do NOT irrigate now. Another parcel has the water. Next advice Friday 24/07."),
        ("not_planted", "wait", "no irrigation advice now. The season has not begun. Next advice Friday 24/07."),
        ("season_over", "wait", "no irrigation advice now. The season is over. Next advice Friday 24/07."),
        ("something_new", "wait", "do NOT irrigate now. Next advice Friday 24/07."),
    ],
)
def test_waiting_says_why_and_when_the_next_word_comes(reason: str, kind: str, text: str) -> None:
    rain = (Evidence(kind="depletion_mm", value=40.0), Evidence(kind="forecast_rain_mm", value=12.2))
    waiting = verdict(**NO_DOSE, action="wait", reason_code=reason, next_check_day=date(2026, 7, 24), evidence=rain)
    message = render(waiting, language="en")
    assert message.kind == kind
    assert message.text == f"Oliviers nord: {text}"


@pytest.mark.parametrize("evidence", [(), (Evidence(kind="forecast_rain_mm", value=0.3),), (Evidence(kind="other"),)])
def test_an_unknown_amount_of_rain_is_not_told_as_a_number(evidence: tuple[Evidence, ...]) -> None:
    waiting = verdict(**NO_DOSE, action="wait", reason_code="rain_expected", evidence=evidence)
    assert render(waiting, language="en").text == "Oliviers nord: do NOT irrigate now. Rain is expected."


def test_a_turn_to_let_pass() -> None:
    skip = verdict(**NO_DOSE, action="skip_turn", reason_code="soil_has_water", next_check_day=TUESDAY)
    message = render(skip, language="en")
    assert message.kind == "skip_turn"
    assert message.text == "Oliviers nord: let this water turn pass. The soil still has water."


@pytest.mark.parametrize(("decision", "action"), [("hold", "hold"), ("block", "hold"), ("block", "irrigate")])
def test_what_the_judge_holds_or_blocks_speaks_no_dose(decision: str, action: str) -> None:
    changed = {} if action == "irrigate" else NO_DOSE
    message = render(verdict(decision, action=action, **changed), language="en")
    assert message.kind == "wait_agronomist"
    assert message.text == (
        "Oliviers nord: no automatic advice today. An agronomist must check. Do as usual until then. Reply 3 = call me."
    )


def test_an_irrigation_is_valid_no_longer_than_its_window() -> None:
    assert render(verdict(), language="en").valid_until == EVENING + timedelta(hours=3)
    waiting = verdict(**NO_DOSE, action="wait", reason_code="soil_has_water")
    assert render(waiting, language="en").valid_until == datetime(2026, 7, 24, tzinfo=UTC)


def test_an_unreviewed_language_falls_back_to_english_and_says_so() -> None:
    spoken = compose(verdict(), language="ary")
    assert (spoken.message.language, spoken.message.reviewed) == ("en", True)
    assert spoken.notes == (
        (
            "language ary: expected a catalogue signed by a native agronomist, got a draft that none has reviewed"
            " (--draft shows it); en was used instead"
        ),
    )
    incomplete = compose(verdict(), language="zgh", draft=True)
    assert incomplete.message.language == "en"
    assert "got an incomplete draft; en was used instead" in incomplete.notes[0]


def test_cost_is_known_only_with_a_price() -> None:
    assert compose(verdict(), language="ar", draft=True).message.cost is None
    assert compose(verdict(), language="ar", draft=True, price_per_segment=0.4).message.cost == pytest.approx(0.8)


WORST: dict[str, Any] = {
    "parcel_name": "Parcelle de la grande olivette au nord de la ferme des cousins",
    "day": date(2026, 9, 22),
    "start_window": (datetime(2026, 9, 23, 19, 35, tzinfo=ZONE), datetime(2026, 9, 23, 22, 35, tzinfo=ZONE)),
    "duration_h": 12 + 55 / 60,
    "volume_m3": 12345,
    "depth_mm": depth(123),
    "next_check_day": date(2026, 9, 30),
    "evidence": (Evidence(kind="forecast_rain_mm", value=123.0),),
}
REASONS = (
    "soil_has_water",
    "irrigated_today",
    "not_planted",
    "season_over",
    "turn_not_now",
    "pump_busy",
    "rain_expected",
)


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("action", ["irrigate", "wait", "skip_turn", "hold"])
@pytest.mark.parametrize("reason", REASONS)
def test_the_worst_values_keep_to_the_budget_with_every_sentence(language: Language, action: str, reason: str) -> None:
    dose = {} if action == "irrigate" else NO_DOSE
    spoken = compose(verdict(**(WORST | dose), action=action, reason_code=reason), language=language, draft=True)
    message = spoken.message
    assert (message.encoding, message.segments) in {("gsm7", 1), ("ucs2", 1), ("ucs2", 2)}
    assert segments(message.text).segments == message.segments
    assert not [note for note in spoken.notes if "left out" in note]


def test_a_long_name_is_shortened_and_told() -> None:
    spoken = compose(verdict(parcel_name="Olivette " * 9), language="en")
    assert spoken.notes == (
        "parcel p1: name shortened to 'Olivette Olivette Olivette Olivet' to fit the message; choose a shorter one",
    )
    assert segments(spoken.message.text).units <= 160


def test_when_even_a_short_name_leaves_no_room_a_sentence_gives_way_and_that_is_told() -> None:
    window = (WORST["start_window"][0], WORST["start_window"][0] + timedelta(days=3))
    spoken = compose(verdict(**(WORST | {"start_window": window})), language="ary", draft=True)
    assert any("left out" in note for note in spoken.notes)
    assert spoken.message.segments == 2


def test_an_arabic_name_in_a_latin_language_still_keeps_to_the_budget() -> None:
    message = render(verdict(parcel_name="الفدان الكبير"), language="en")
    assert (message.encoding, message.segments) == ("ucs2", 2)


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("Forêt d'Août", "Foret d'Aout"),
        ("Nord: 10 mm 3 m3", "Nord 10 mm 3 m3"),
        ("a\nb\tc\u202e\u0007d", "a b cd"),
        ("   ", "p1"),
        ("قطعة 5", "قطعة 5"),
    ],
)
def test_a_name_cannot_break_the_message(name: str, spoken: str) -> None:
    text = render(verdict(parcel_name=name), language="en").text
    assert text.startswith(f"{spoken}: irrigate tomorrow")


@pytest.mark.parametrize(
    "changed",
    [
        {"timezone": "Africa/Nowhere"},
        {"timezone": "../../etc/passwd"},
        {"start_window": (EVENING, EVENING - timedelta(hours=1))},
    ],
)
def test_what_cannot_be_told_is_refused_in_one_line(changed: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^parcel p1: expected .*, got .*; .*$"):
        render(verdict(**changed), language="en")


def test_a_window_that_is_not_there_cannot_be_told() -> None:
    waiting = verdict(**NO_DOSE, action="wait", reason_code="soil_has_water").recommendation
    with pytest.raises(InputError, match="parcel p1: expected a start_window to speak of, got none"):
        phrases.local_window(waiting)


def test_a_clock_that_goes_back_inside_the_window_leaves_one_hour() -> None:
    # In Casablanca 15 February 2026 at 03:00 becomes 02:00.
    window = (datetime(2026, 2, 15, 1, 55, tzinfo=UTC), datetime(2026, 2, 15, 2, 5, tzinfo=UTC))
    text = render(verdict(start_window=window, day=date(2026, 2, 15)), language="en").text
    assert "today Sunday at 2:55" in text


def test_a_catalogue_that_swaps_two_numbers_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = phrases.number
    swapped = {105: "21", 21: "105"}
    monkeypatch.setattr(phrases, "number", lambda value: swapped.get(value, real(value)))
    with pytest.raises(IntegrityError, match=r"^parcel p1: expected its message in en to say .*; it was not released$"):
        render(verdict(), language="en")


def test_a_catalogue_without_room_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "fits_budget", lambda _: False)
    with pytest.raises(IntegrityError, match=r"shorten entry message\.irrigate of catalogue en"):
        render(verdict(), language="en")


def test_fractions_of_a_cubic_metre_are_told_as_they_are() -> None:
    text = render(verdict(volume_m3=1234567.25, depth_mm=depth(12.5), duration_h=0.25), language="en").text
    assert "for 15 minutes (1234567.25 m3, 12.5 mm)" in text
