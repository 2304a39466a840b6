from datetime import timedelta
from typing import Any

import pytest

from cloud.errors import InputError, IntegrityError
from cloud.records import Language
from cloud.speech import facts as told
from cloud.speech import phrases
from cloud.speech.catalogue import catalogue
from cloud.speech.facts import choices_of
from cloud.speech.notice_words import WAYS
from cloud.speech.notices import announce, speak
from cloud.speech.readback import listen
from cloud.speech.segments import fits_budget, segments
from cloud.speech.voice import Voice
from tests.notices import BEGINS, DAY, PHONE, VALID_UNTIL, About, worst_facts
from tests.spoken import DRAFT, SPOKEN

NORD = About(parcel_id="p1", parcel_name="Nord", day=DAY)


def said(facts: told.Facts, language: Language = "en") -> str:
    return speak(facts, language=language, valid_until=VALID_UNTIL, voice=DRAFT).text


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (
            told.StressSeen(**NORD, seen_on=DAY, share_percent=30),
            (
                "Nord: the camera saw thirsty plants on 30% of the field on Wednesday 23/09. Check drippers and soil."
                " Advice follows."
            ),
        ),
        (
            told.Offline(**NORD, since=DAY - timedelta(days=3), phone=PHONE),
            (
                "Nord: no data from the field since Sunday 20/09. Advice uses the weather only. Check power and cable."
                " Help: +212612345678"
            ),
        ),
        (
            told.Confirm(**NORD, irrigated_on=DAY),
            "Nord: did you irrigate on Wednesday 23/09? Reply 1 = yes, 2 = no, 4 = half.",
        ),
        (
            told.Thanks(**NORD, meaning="half", about_day=DAY, depth_mm=10.5),
            "Nord: thank you, noted: half of the water given on Wednesday 23/09. Counted: 10.5 mm.",
        ),
        (
            told.Thanks(**NORD, meaning="no_water", about_day=DAY),
            "Nord: thank you, noted: no water came on Wednesday 23/09.",
        ),
        (
            told.Stop(**NORD, phone=PHONE),
            "Seguia: you will get no more messages. To come back, send START. Help: +212612345678",
        ),
        (told.Start(**NORD), "Seguia: you get irrigation advice again. To end it, send STOP."),
        (
            told.Help(**NORD),
            (
                "Seguia: free irrigation advice. Reply 1 = done, 2 = not done, 3 = call me, 4 = half, 5 = no water"
                " came, 6 = rain here, STOP = end."
            ),
        ),
        (
            told.Heat(**NORD, first=DAY, last=DAY + timedelta(days=2), temperature_c=45),
            (
                "Nord: HEAT from Wednesday 23/09 to Friday 25/09, up to 45 C. If you can choose, irrigate at night or"
                " before 8:00. No field work 12:00-17:00."
            ),
        ),
        (
            told.BlockedEmitters(**NORD, rows=(3, 7), seen_on=DAY),
            "Nord: rows 3, 7 looked drier than their neighbours on Wednesday 23/09. Check emitters and filters there.",
        ),
        (
            told.QuotaWarning(**NORD, left_m3=250.2, until=DAY + timedelta(days=1)),
            "Nord: 250 m3 of your water quota are left, for 2 days until Thursday 24/09.",
        ),
        (
            told.Alive(**NORD),
            "Nord: Seguia is watching. No new advice on Wednesday 23/09. Reply 3 = call me, STOP = end.",
        ),
        (
            told.Welcome(**NORD),
            "Nord: Seguia will send you free irrigation advice. Reply 3 = call me, STOP = end.",
        ),
        (
            told.WhichParcel(**NORD, choices=choices_of(("Nord", "Sud", "Est"))),
            "Seguia: which field do you mean? Reply 7 = Nord, 8 = Sud, 9 = Est.",
        ),
        (
            told.TurnSwap(
                **NORD, state="asked", other_name="P12", starts_at=BEGINS, ends_at=BEGINS + timedelta(hours=10)
            ),
            (
                "Nord / P12: your neighbour asks to swap water turns. Yours would be Wednesday 23/09 19:35-5:35."
                " Reply 7 = yes, 8 = no."
            ),
        ),
        (
            told.TurnSwap(
                **NORD, state="agreed", other_name="P12", starts_at=BEGINS, ends_at=BEGINS + timedelta(hours=30)
            ),
            "Nord / P12: water turns swapped. Your turn: Wednesday 23/09 19:35 to Friday 25/09 1:35.",
        ),
        (told.CallSoon(**NORD, phone=PHONE), "Nord: noted, an agronomist will call you. Help: +212612345678"),
    ],
)
def test_what_is_said_in_english(facts: told.Facts, text: str) -> None:
    assert said(facts) == text


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("facts", list(worst_facts()), ids=lambda facts: facts.kind)
def test_the_worst_values_of_every_kind_keep_to_the_budget(language: Language, facts: told.Facts) -> None:
    rendering = announce(facts, language=language, farmer_id="f1", valid_until=VALID_UNTIL, voice=DRAFT)
    message = rendering.message
    assert fits_budget(message.text)
    assert message.segments == segments(message.text).segments
    assert (message.kind, message.language, message.farmer_id, message.day) == (facts.kind, language, "f1", DAY)
    assert message.catalogue_sha256 == catalogue(language).digest
    assert message.reviewed == (language == "en")


def test_every_kind_of_facts_has_its_words() -> None:
    assert {kind.kind for kind in WAYS} == {facts.kind for facts in worst_facts()} == set(told.KINDS)


def test_the_first_message_leaves_room_for_what_a_carrier_appends() -> None:
    for language in SPOKEN:
        for facts in worst_facts():
            if facts.kind == "welcome":
                assert fits_budget(said(facts, language) + " " * 30)


def test_many_rows_are_counted_instead_of_named() -> None:
    facts = told.BlockedEmitters(**NORD, rows=tuple(range(1, 10)), seen_on=DAY)
    heard = listen(said(facts, "ary"), "ary", kind=facts.kind, told_on=DAY)
    assert (heard.rows, heard.more_rows) == ((1, 2, 3, 4, 5, 6), 3)


def test_an_arabic_number_to_dial_has_no_sign_that_could_move_to_its_end() -> None:
    assert said(told.CallSoon(**NORD, phone=PHONE), "ar").endswith(" 00212612345678")
    assert said(told.CallSoon(**NORD, phone=PHONE), "fr").endswith(" +212612345678")


def test_the_last_sentence_on_heat_goes_where_there_is_no_room_and_that_is_told() -> None:
    about = About(parcel_id="p1", parcel_name="Olivette du nord", day=DAY)
    facts = told.Heat(**about, first=DAY, last=DAY + timedelta(days=7), temperature_c=48)
    rendering = announce(facts, language="ar", valid_until=VALID_UNTIL, voice=DRAFT)
    assert any("left out" in note for note in rendering.notes)
    assert listen(rendering.message.text, "ar", kind="heat", told_on=DAY).clocks == (timedelta(hours=8),)


def test_names_of_parcels_are_cut_alike_and_stay_apart() -> None:
    names = tuple(f"Grande olivette de la ferme numero {number} du nord" for number in range(5))
    with pytest.raises(IntegrityError, match="that can be told apart"):
        said(told.WhichParcel(**NORD, choices=choices_of(names)))
    text = said(
        told.WhichParcel(**NORD, choices=choices_of(tuple(f"{place} ferme de mon cousin" for place in "abcde")))
    )
    assert text.startswith("Seguia: which field do you mean? Reply 11 = a ferme")
    assert len(text) <= 160


def test_an_unreviewed_language_falls_back_to_english_and_says_so() -> None:
    rendering = announce(told.Start(**NORD), language="ary", valid_until=VALID_UNTIL)
    assert rendering.message.language == "en"
    assert "got a draft that none has reviewed" in rendering.notes[0]


def test_a_price_makes_a_cost() -> None:
    priced = Voice(price_per_segment=0.5)
    assert speak(told.Start(**NORD), language="en", valid_until=VALID_UNTIL, voice=priced).cost == 0.5


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (lambda: told.StressSeen(**NORD, seen_on=DAY, share_percent=0), "a share from 1 to 100 %, got 0"),
        (lambda: told.Heat(**NORD, first=DAY, last=DAY - timedelta(days=1), temperature_c=44), "days in order"),
        (lambda: told.BlockedEmitters(**NORD, rows=(), seen_on=DAY), r"row numbers in order, got \(\)"),
        (lambda: told.BlockedEmitters(**NORD, rows=(4, 4), seen_on=DAY), "row numbers in order"),
        (lambda: told.BlockedEmitters(**NORD, rows=(0, 4), seen_on=DAY), "row numbers in order"),
        (lambda: told.QuotaWarning(**NORD, left_m3=-1.0, until=DAY), "a volume left of 0 m3 or more, got -1"),
        (lambda: told.QuotaWarning(**NORD, left_m3=1.0, until=DAY - timedelta(days=1)), "a quota that still runs"),
        (lambda: told.WhichParcel(**NORD, choices=(told.Choice(digits="7", name="a"),)), "two choices or more, got 1"),
        (
            lambda: told.WhichParcel(
                **NORD, choices=(told.Choice(digits="1", name="a"), told.Choice(digits="2", name="b"))
            ),
            "distinct numbers above 6",
        ),
        (
            lambda: told.TurnSwap(**NORD, state="kept", other_name="P2", starts_at=BEGINS, ends_at=BEGINS),
            "a turn that ends after it begins",
        ),
    ],
)
def test_facts_that_cannot_be_are_refused(wrong: Any, expected: str) -> None:  # noqa: ANN401 -- makes any facts
    with pytest.raises(InputError, match=f"parcel p1: notice .* expected {expected}"):
        wrong()


def test_more_parcels_than_one_question_can_hold_are_refused() -> None:
    with pytest.raises(InputError, match="expected 2 to 9 parcels, got 10"):
        choices_of(tuple("abcdefghij"))


def test_a_catalogue_that_tells_another_number_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "number", lambda value: f"{value + 1:g}")
    with pytest.raises(IntegrityError, match=r"expected its quota_warning in en to say .*; it was not released"):
        announce(told.QuotaWarning(**NORD, left_m3=5, until=DAY), language="en", valid_until=VALID_UNTIL)
