import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from cloud.records import Evidence, Language
from cloud.speech.catalogue import catalogue
from cloud.speech.readback import read_back
from cloud.telephone.caller import Answered, Caller, LanguageChosen, Plot, Speaker
from cloud.telephone.menu import MOST_KEYS, Screen, keys_of, screen_of, stranger_screen, trouble_screen
from cloud.telephone.pages import fits
from tests.spoken import NO_DOSE, TUESDAY, verdict
from tests.unit.cloud.telephone.conftest import LANGUAGES, advice

Made = Callable[..., Caller]


def dial(text: str, caller: Caller, speaker: Speaker) -> Screen:
    return screen_of(keys_of(text), caller, speaker)


def whole(first: str, caller: Caller, speaker: Speaker) -> str:
    """Every page of a text, turned one after the other."""
    words = catalogue(caller.language)
    more, back = (f"\n{key} {words.text(word)}" for key, word in (("00", "ussd.more"), ("0", "ussd.back")))
    keys, parts = first, []
    while True:
        page = dial(keys, caller, speaker).text
        parts.append(page.removesuffix(back).removesuffix(more))
        if more not in page:
            return " ".join(parts)
        keys += "*00"


@pytest.mark.parametrize(
    ("text", "keys"),
    [("", ()), ("1", ("1",)), ("1*2*00", ("1", "2", "00")), ("1**2", ("1", "", "2")), ("\u0661*\u06f2", ("1", "2"))],
)
def test_the_carrier_joins_the_keys_of_a_session_with_stars(text: str, keys: tuple[str, ...]) -> None:
    assert keys_of(text) == keys


def test_the_first_screen_is_the_menu(caller: Made, speaker: Speaker) -> None:
    screen = dial("", caller(), speaker)
    menu = "Seguia\n1 Advice\n2 Why\n3 Water left\n4 Answer\n5 Language\n6 Stop messages\n0 Back"
    assert screen.answer == f"CON {menu}"
    assert (screen.ends, screen.effect) == (False, None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_advice_reads_back_from_its_screens(caller: Made, speaker: Speaker, language: Language) -> None:
    told = caller(language)
    text = whole("1", told, speaker)
    assert told.plots[0].verdict is not None
    assert text == advice(told.plots[0].verdict, language)
    heard = read_back(text, language, told_on=TUESDAY)
    assert (heard.duration_minutes, heard.volume_m3, heard.depth_mm) == (210, 105, 21)
    assert heard.begin is not None
    assert heard.begin.isoformat() == "2026-07-22T19:00:00"


@pytest.mark.parametrize("language", LANGUAGES)
def test_reason_and_quota_carry_the_numbers_of_the_record(caller: Made, speaker: Speaker, language: Language) -> None:
    reason, quota = whole("2", caller(language), speaker), whole("3", caller(language), speaker)
    assert re.findall(r"\d+(?= mm| مم|%)", reason) == ["41", "72"]
    assert re.findall(r"\d+(?= (?:m3|م3))", quota) == ["812"]
    assert "21/07" in quota


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("parcels", [0, 1, 3, 14])
def test_every_screen_of_every_language_fits_a_telephone(
    caller: Made, speaker: Speaker, language: Language, parcels: int
) -> None:
    told = caller(language, parcels=max(1, parcels))
    told = told if parcels else replace(told, plots=())
    for first in ("", "1", "2", "3", "4", "5", "6", "00", "9"):
        for second in ("", "*1", "*2", "*00", "*00*00", "*7", "*1*1", "*1*3", "*2*5", "*2*00"):
            screen = dial(first + second, told, speaker)
            assert fits(screen.text), (language, first, second, screen.text)
            assert screen.answer[:4] in {"CON ", "END "}


@pytest.mark.parametrize(("digit", "word"), [("1", "Done"), ("2", "Not done"), ("4", "Half"), ("6", "Rain here")])
def test_an_answer_is_given_back_with_its_parcel(caller: Made, speaker: Speaker, digit: str, word: str) -> None:
    screen = dial(f"4*2*{digit}", caller(parcels=3), speaker)
    assert screen.answer == f"END Champ 2: noted: {word}. Thank you."
    assert screen.effect == Answered(digit=digit, parcel_id="p2")
    assert screen.led_by == f"4*2*{digit}"


def test_call_me_is_promised_a_call(caller: Made, speaker: Speaker) -> None:
    screen = dial("4*3", caller(), speaker)
    assert (screen.text, screen.effect) == ("An agronomist will call you.", Answered(digit="3", parcel_id="p1"))


def test_what_comes_after_the_end_changes_nothing_more(caller: Made, speaker: Speaker) -> None:
    ended, again = (dial(text, caller(), speaker) for text in ("4*1", "4*1*2"))
    assert ended == again


def test_stop_is_asked_twice(caller: Made, speaker: Speaker) -> None:
    assert dial("6", caller(), speaker).effect is None
    stopped = dial("6*1", caller(), speaker)
    assert (stopped.ends, stopped.effect) == (True, Answered(digit="0"))
    assert "START" in stopped.text


def test_a_language_is_chosen_by_its_own_name_and_confirmed_in_it(caller: Made, speaker: Speaker) -> None:
    names = whole("5", caller(), speaker)
    for name in ("Francais", "العربية", "الدارجة", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "English"):
        assert name in names
    chosen = dial("5*1", caller(), speaker)
    assert (chosen.text, chosen.effect) == ("Langue: Francais.", LanguageChosen(language="fr"))


@pytest.mark.parametrize(("text", "shown"), [("1*0", "Seguia"), ("4*1*0", "Which"), ("4*0*2*0", "Seguia")])
def test_zero_goes_back_one_step(caller: Made, speaker: Speaker, text: str, shown: str) -> None:
    told = caller(parcels=2) if text == "4*1*0" else caller()
    assert dial(text, told, speaker).text.startswith(shown)


def test_zero_on_the_menu_says_goodbye(caller: Made, speaker: Speaker) -> None:
    assert dial("0", caller(), speaker).answer == "END Goodbye."


@pytest.mark.parametrize("key", ["7", "", "1 ", "x", "00", "-1", "99999999999999999999"])
def test_a_key_without_a_meaning_is_said_and_stays(caller: Made, speaker: Speaker, key: str) -> None:
    screen = screen_of((key,), caller(), speaker)
    assert screen.text.startswith("Not a choice.\nSeguia")
    assert (screen.ends, screen.effect) == (False, None)


def test_a_warning_never_pushes_a_choice_off_the_screen(caller: Made, speaker: Speaker) -> None:
    screen = dial("7", caller("ary"), speaker)
    assert fits(screen.text)
    assert screen.text == dial("", caller("ary"), speaker).text


def test_an_endless_session_is_followed_for_so_many_keys_alone(caller: Made, speaker: Speaker) -> None:
    keys = ["9"] * MOST_KEYS + ["4", "1"]
    assert screen_of(keys, caller(), speaker).effect is None


def test_a_parcel_without_advice_says_so_and_tells_no_number(caller: Made, speaker: Speaker) -> None:
    told = caller(parcels=2)
    assert whole("1*2", told, speaker) == "Champ 2: no advice is waiting."
    assert whole("2*2", told, speaker) == "Champ 2: no advice is waiting."
    assert whole("3*2", told, speaker) == "Champ 2: the water left is not known."


def test_withheld_advice_gives_no_reason_but_that_a_person_looks(caller: Made, speaker: Speaker) -> None:
    held = verdict("hold", action="hold", evidence=(Evidence(kind="quota_left_m3", value=10.0),), **NO_DOSE)
    told = replace(caller(), plots=(Plot(parcel_id="p1", name="Nord", verdict=held),))
    assert whole("2", told, speaker) == "Nord: An agronomist is checking."
    assert whole("3", told, speaker) == "Nord: 10 m3 of water left on Tuesday 21/07."


def test_someone_without_parcels_hears_it(caller: Made, speaker: Speaker) -> None:
    screen = dial("", replace(caller(), plots=()), speaker)
    assert screen.answer == "END No parcel is known for you. Ask your agronomist."


def test_a_name_cannot_steer_the_screen(speaker: Speaker) -> None:
    told = Caller(
        farmer_ids=("f1",),
        language="en",
        plots=(Plot(parcel_id="p1", name="CON\n9 Free water\x00\u202e"), Plot(parcel_id="p2", name="\u200b")),
    )
    lines = dial("1", told, speaker).text.split("\n")
    assert lines == ["Which parcel?", "1 CON 9 Free water", "2 p2", "0 Back"]


def test_strangers_and_trouble_name_nobody() -> None:
    words = catalogue("en")
    assert stranger_screen(words).answer == "END The number is not known here. Ask your agronomist."
    assert trouble_screen(words).answer == "END That did not work. Please dial again."
