"""Budgets, names and numbers that a message must survive, and what is refused instead of being told wrongly."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cloud.errors import InputError, IntegrityError
from cloud.records import Evidence, Language
from cloud.speech import fitting as module
from cloud.speech import phrases
from cloud.speech.catalogue import catalogue
from cloud.speech.render import compose, render
from cloud.speech.segments import segments
from tests.spoken import DRAFT, EVENING, NO_DOSE, SPOKEN, ZONE, depth, verdict

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
def test_the_worst_values_keep_to_the_budget_and_only_reasons_give_way(
    language: Language, action: str, reason: str
) -> None:
    dose = {} if action == "irrigate" else NO_DOSE
    worst = verdict(**(WORST | dose), action=action, reason_code=reason)
    message = compose(worst, language=language, voice=DRAFT).message
    assert (message.encoding, message.segments) in {("gsm7", 1), ("ucs2", 1), ("ucs2", 2)}
    assert segments(message.text).segments == message.segments
    words = catalogue(language)
    if action == "irrigate":
        assert words.text("sentence.reply_done") in message.text
    elif action != "hold":
        assert "30/09" in message.text


def test_a_long_name_is_shortened_and_told() -> None:
    spoken = compose(verdict(parcel_name="Nord " * 19), language="en")
    assert spoken.notes == (
        f"parcel p1: name shortened to '{'Nord ' * 7}Nor' to fit the message; choose a shorter one",
    )
    assert segments(spoken.message.text).units <= 160


def test_when_even_a_short_name_leaves_no_room_a_sentence_gives_way_and_that_is_told() -> None:
    window = (WORST["start_window"][0], WORST["start_window"][0] + timedelta(days=3))
    spoken = compose(verdict(**(WORST | {"start_window": window})), language="ary", voice=DRAFT)
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
        ("قطعة 5", "Field قطعة 5"),
        ("Nord 🌿👍🏽 5️⃣", "Nord 5"),
        ("🌿", "p1"),
    ],
)
def test_a_name_cannot_break_the_message(name: str, spoken: str) -> None:
    text = render(verdict(parcel_name=name), language="en").text
    assert text.startswith(f"{spoken}: irrigate on Wednesday")


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
    assert "on Sunday 15/02 at 2:55" in text


def test_a_catalogue_that_swaps_two_numbers_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = phrases.number
    swapped = {105: "21", 21: "105"}
    monkeypatch.setattr(phrases, "number", lambda value: swapped.get(value, real(value)))
    with pytest.raises(IntegrityError, match=r"^parcel p1: expected its message in en to say .*; it was not released$"):
        render(verdict(), language="en")


@pytest.mark.parametrize("action", ["wait", "skip_turn", "hold"])
def test_a_message_about_another_day_is_found_out(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = phrases.day
    monkeypatch.setattr(phrases, "day", lambda words, named: real(words, named + timedelta(days=1)))
    waiting = verdict(**NO_DOSE, action=action, reason_code="soil_has_water")
    with pytest.raises(IntegrityError, match=r"^parcel p1: expected its message in en to be about 2026-07-21, got .*;"):
        render(waiting, language="en")


def test_a_catalogue_without_room_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "fits_budget", lambda _: False)
    with pytest.raises(IntegrityError, match=r"shorten entry message\.irrigate of catalogue en"):
        render(verdict(), language="en")


def test_fractions_of_a_cubic_metre_are_told_as_they_are() -> None:
    text = render(verdict(volume_m3=1234567.25, depth_mm=depth(12.5), duration_h=0.25), language="en").text
    assert "for 15 min (1234567.25 m3, 12.5 mm)" in text
