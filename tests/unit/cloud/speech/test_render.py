from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cloud.records import Evidence, Language
from cloud.speech.catalogue import Wording, packaged_source
from cloud.speech.render import compose, render
from cloud.speech.voice import Voice
from tests.spoken import DRAFT, EVENING, NO_DOSE, SPOKEN, TUESDAY, depth, verdict


def test_an_irrigation_in_english() -> None:
    message = render(verdict(), language="en", farmer_id="f1")
    assert message.text == (
        "Oliviers nord: irrigate on Wednesday 22/07 (start 19:00-22:00) for 3 hours 30 min (105 m3, 21 mm)."
        " Crop needs water. 1 = done, 2 = not."
    )
    assert (message.parcel_id, message.kind, message.language, message.channel) == ("p1", "irrigate", "en", "sms")
    assert (message.encoding, message.segments, message.reviewed, message.farmer_id) == ("gsm7", 1, True, "f1")


def test_an_irrigation_in_french() -> None:
    message = render(verdict(), language="fr", draft=True)
    assert message.text == (
        "Oliviers nord: irriguez mercredi 22/07 (début 19h-22h) pendant 3 heures 30 min (105 m3, 21 mm)."
        " Besoin d'eau. 1 = fait, 2 = non."
    )
    assert (message.encoding, message.segments, message.reviewed) == ("gsm7", 1, False)


def test_an_irrigation_in_arabic_and_darija() -> None:
    arabic = render(verdict(parcel_name="الشمال"), language="ar", draft=True)
    assert arabic.text == (
        "قطعة الشمال: اسقوا 3 ساعات و30 دقيقة الأربعاء 22/07 (البدء بين 19 و 22): 105 م3، 21 مم."
        " النبات عطشان. 1 = تم، 2 = لا."
    )
    darija = render(verdict(parcel_name="الشمال"), language="ary", draft=True)
    assert darija.text == (
        "الفدان الشمال: سقيو 3 سوايع و30 دقيقة لاربع 22/07 (بداو بين 19 و 22): 105 م3، 21 مم."
        " الغرس عطشان. 1 = سقيت، 2 = لا."
    )
    assert {arabic.encoding, darija.encoding} == {"ucs2"}
    assert arabic.segments == darija.segments == 2


TOLD_IN_FULL: dict[Language, str] = {
    "en": (
        "Nord: irrigate on Wednesday 22/07 (start 19:00-22:00) for 3 hours 30 min (105 m3, 21 mm). Stop by 1:30."
        " Crop needs water. Sure. 1 = done, 2 = not."
    ),
    "fr": (
        "Nord: irriguez mercredi 22/07 (début 19h-22h) pendant 3 heures 30 min (105 m3, 21 mm). Fermez avant 1h30."
        " Besoin d'eau. Certain. 1 = fait, 2 = non."
    ),
    "ar": (
        "قطعة Nord: اسقوا 3 ساعات و30 دقيقة الأربعاء 22/07 (البدء بين 19 و 22): 105 م3، 21 مم. أوقفوا قبل 1:30."
        " النبات عطشان. 1 = تم، 2 = لا."
    ),
    "ary": (
        "الفدان Nord: سقيو 3 سوايع و30 دقيقة لاربع 22/07 (بداو بين 19 و 22): 105 م3، 21 مم. حبسو قبل 1:30."
        " الغرس عطشان. مأكد. 1 = سقيت، 2 = لا."
    ),
    "ary-Latn": (
        "Feddan Nord: s9iw larb3a 22/07 (bdaw 19h-22h) moddat 3 swaye3 o 30 d9i9a (105 m3, 21 mm). 7ebso 9bel 1h30."
        " Lghers 3etchan. Mo2akkad. 1 = s9it, 2 = la."
    ),
    "zgh-Latn": (
        "Igr Nord: sswat akṛas 22/07 (bdut 19:00-22:00), 3 n tsragin d 30 n tusdidin (105 m3, 21 mm). Bddat dat 1:30."
        " 1 = sswiɣ, 2 = uhu."
    ),
}


@pytest.mark.parametrize("language", TOLD_IN_FULL)
def test_when_to_close_the_reason_and_how_sure_stand_beside_the_act(language: Language) -> None:
    known: dict[str, Any] = {
        "parcel_name": "Nord",
        "stop_at": EVENING + timedelta(hours=6.5),
        "stress_probability_if_ignored": 0.9,
    }
    assert render(verdict(**known), language=language, draft=True).text == TOLD_IN_FULL[language]


def test_in_doubt_the_farmer_is_told_to_look_at_the_soil_before_anything_gives_way() -> None:
    doubtful: dict[str, Any] = {"stop_at": EVENING + timedelta(hours=6.5), "stress_probability_if_ignored": 0.3}
    text = render(verdict(**doubtful), language="en").text
    assert "Stop by 1:30. Check the soil first. 1 = done, 2 = not." in text
    waiting = verdict(**NO_DOSE, action="wait", reason_code="soil_has_water", stress_probability_if_ignored=0.7)
    assert render(waiting, language="en").text.endswith("The soil has enough water. Look at the soil too.")


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (6.5, "Stop by 1:30."),
        (14, "Stop by 9:00."),
        (16, "Stop by Thursday 23/07 11:00."),
        (26, "Thursday 23/07 21:00."),
    ],
)
def test_closing_is_told_with_its_day_when_it_is_half_a_day_into_the_next(hours: float, told: str) -> None:
    message = render(verdict(stop_at=EVENING + timedelta(hours=hours)), language="en")
    assert told in message.text


def test_a_closing_hour_that_the_clock_makes_ambiguous_is_not_told() -> None:
    # In Casablanca 15 February 2026 at 03:00 becomes 02:00.
    window = (datetime(2026, 2, 15, 1, 30, tzinfo=UTC), datetime(2026, 2, 15, 1, 50, tzinfo=UTC))
    stop: dict[str, Any] = {
        "start_window": window,
        "stop_at": datetime(2026, 2, 15, 2, 10, tzinfo=UTC),
        "duration_h": 0.25,
    }
    assert "Stop by" not in render(verdict(**stop, day=date(2026, 2, 15)), language="en").text


@pytest.mark.parametrize("language", SPOKEN)
def test_pump_time_comes_before_volume_and_volume_before_depth(language: Language) -> None:
    text = render(verdict(duration_h=7.0, volume_m3=333, depth_mm=depth(66)), language=language, draft=True).text
    assert text.index("7 ") < text.index("333") < text.index("66")


def test_without_a_known_flow_the_volume_is_told_and_no_time_is_invented() -> None:
    text = render(verdict(duration_h=None), language="en").text
    assert text == (
        "Oliviers nord: irrigate on Wednesday 22/07 (start 19:00-22:00): 105 m3 (21 mm)."
        " Crop needs water. 1 = done, 2 = not."
    )


@pytest.mark.parametrize("days", [-1, 0, 1, 5])
def test_a_day_is_its_name_and_date_whenever_it_is_told(days: int) -> None:
    named = EVENING + timedelta(days=days)
    text = render(verdict(start_window=(named, named)), language="en").text
    assert f"irrigate on {named:%A %d/%m} at 19:00 for" in text


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("action", ["wait", "skip_turn", "hold"])
@pytest.mark.parametrize("reason", ["soil_has_water", "not_planted"])
def test_what_is_not_an_irrigation_names_its_day_too(language: Language, action: str, reason: str) -> None:
    waiting = verdict(**NO_DOSE, action=action, reason_code=reason, next_check_day=date(2027, 4, 1))
    message = render(waiting, language=language, draft=True)
    assert "21/07" in message.text
    assert ("01/04" in message.text) == (action != "hold")


def test_a_window_over_midnight_and_one_of_several_days() -> None:
    night = (EVENING + timedelta(hours=3), EVENING + timedelta(hours=10))
    text = render(verdict(start_window=night), language="en").text
    assert "irrigate on Wednesday 22/07 (start 22:00-5:00) for" in text
    long = (EVENING, EVENING + timedelta(days=2))
    text = render(verdict(start_window=long), language="en").text
    assert "irrigate (start Wednesday 22/07 19:00 to Friday 24/07 19:00) for" in text


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, "mercredi 22/07 à 19h"), (29, "mercredi 22/07 à 19h"), (30, "mercredi 22/07 (début 19h-19h30)")],
)
def test_a_window_too_short_to_choose_in_is_one_hour(minutes: int, told: str) -> None:
    message = render(verdict(start_window=(EVENING, EVENING + timedelta(minutes=minutes))), language="fr", draft=True)
    assert f"irriguez {told} pendant" in message.text
    assert message.valid_until == EVENING + timedelta(minutes=minutes)


def test_hours_are_told_on_the_parcels_own_clock() -> None:
    utc = (datetime(2026, 7, 22, 18, 0, tzinfo=UTC), datetime(2026, 7, 22, 21, 0, tzinfo=UTC))
    assert "(start 19:00-22:00)" in render(verdict(start_window=utc), language="en").text
    # During Ramadan Morocco's clocks go back to UTC.
    ramadan = (datetime(2026, 3, 1, 18, 0, tzinfo=UTC), datetime(2026, 3, 1, 19, 0, tzinfo=UTC))
    text = render(verdict(start_window=ramadan, day=date(2026, 2, 28)), language="en").text
    assert "(start 18:00-19:00)" in text


@pytest.mark.parametrize(
    ("reason", "kind", "text"),
    [
        (
            "soil_has_water",
            "wait",
            "do NOT irrigate on Tuesday 21/07. The soil has enough water. Next advice Friday 24/07.",
        ),
        (
            "rain_expected",
            "no_irrigation_rain",
            "do NOT irrigate on Tuesday 21/07. Rain expected: 12 mm. Next advice Friday 24/07.",
        ),
        ("irrigated_today", "wait", "do NOT irrigate on Tuesday 21/07. Already irrigated. Next advice Friday 24/07."),
        (
            "turn_not_now",
            "wait",
            "do NOT irrigate on Tuesday 21/07. It is not your water turn. Next advice Friday 24/07.",
        ),
        (
            "pump_busy",
            "wait",
            "do NOT irrigate on Tuesday 21/07. Another parcel has the water. Next advice Friday 24/07.",
        ),
        (
            "not_planted",
            "wait",
            "no irrigation advice for Tuesday 21/07. The season has not begun. Next advice Friday 24/07.",
        ),
        (
            "season_over",
            "wait",
            "no irrigation advice for Tuesday 21/07. The season is over. Next advice Friday 24/07.",
        ),
        ("something_new", "wait", "do NOT irrigate on Tuesday 21/07. Next advice Friday 24/07."),
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
    assert render(waiting, language="en").text == "Oliviers nord: do NOT irrigate on Tuesday 21/07. Rain is expected."


def test_a_turn_to_let_pass() -> None:
    skip = verdict(**NO_DOSE, action="skip_turn", reason_code="soil_has_water", next_check_day=TUESDAY)
    message = render(skip, language="en")
    assert message.kind == "skip_turn"
    assert message.text == "Oliviers nord: do NOT take the water turn of Tuesday 21/07. The soil has enough water."


@pytest.mark.parametrize(("decision", "action"), [("hold", "hold"), ("block", "hold"), ("block", "irrigate")])
def test_what_the_judge_holds_or_blocks_speaks_no_dose(decision: str, action: str) -> None:
    changed = {} if action == "irrigate" else NO_DOSE
    message = render(verdict(decision, action=action, **changed), language="en")
    assert message.kind == "wait_agronomist"
    assert message.text == (
        "Oliviers nord: no automatic advice for Tuesday 21/07. Do as usual until an agronomist has checked."
        " Reply 3 = call me."
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
    half = packaged_source("zgh").replace('msgstr "ⵉⴳⵔ', 'msgstr "" "', 1).replace('"" "', '""\n#', 1)
    incomplete = compose(verdict(), language="zgh", voice=Voice(draft=True, wording=Wording(sources={"zgh": half})))
    assert incomplete.message.language == "en"
    assert "got an incomplete draft; en was used instead" in incomplete.notes[0]


def test_cost_is_known_only_with_a_price() -> None:
    assert compose(verdict(), language="ar", voice=DRAFT).message.cost is None
    priced = Voice(draft=True, price_per_segment=0.4)
    assert compose(verdict(), language="ar", voice=priced).message.cost == pytest.approx(0.8)
