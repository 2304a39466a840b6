import re
import string
from importlib.resources import files
from typing import get_args

import polib
import pytest

from cloud.errors import IntegrityError
from cloud.records import Language
from cloud.speech import catalogue as module
from cloud.speech.catalogue import catalogue, speakable
from cloud.speech.segments import GSM7_BASIC

LANGUAGES: tuple[Language, ...] = get_args(Language)
COMPLETE: tuple[Language, ...] = ("en", "fr", "ar", "ary", "ary-Latn")
ARABIC_PLURAL = "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;"


def entries(language: str) -> dict[str, polib.POEntry]:
    source = files("cloud.speech") / "catalogues" / f"{language}.po"
    return {entry.msgid: entry for entry in polib.pofile(source.read_text(encoding="utf-8"))}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def texts(entry: polib.POEntry) -> list[str]:
    return [entry.msgstr] if not entry.msgid_plural else list(entry.msgstr_plural.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_entries_and_placeholders(language: Language) -> None:
    english, other = entries("en"), entries(language)
    assert english.keys() == other.keys()
    for key, entry in other.items():
        for text in texts(entry):
            if not text:
                assert not catalogue(language).complete
            elif entry.msgid_plural:
                assert placeholders(text) <= {"n"}, key
            else:
                assert placeholders(text) == placeholders(english[key].msgstr), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_stands_in_a_catalogue_but_the_digits_of_a_reply(language: Language) -> None:
    for key, entry in entries(language).items():
        for text in texts(entry):
            bare = text.replace("m3", "").replace("م3", "")
            if language == "ary-Latn":
                bare = re.sub(r"(?<=[a-z])\d|\d(?=[a-z])|[A-Z]\d|\d[A-Z]", "", bare)
            allowed = r"[123] = " if key.startswith("sentence.reply") else r"\b00\b"
            assert not re.search(r"\d", re.sub(allowed, "", bare)), (key, text)


@pytest.mark.parametrize("language", ["en", "fr", "ary-Latn"])
def test_latin_languages_stay_in_the_cheap_alphabet(language: str) -> None:
    for entry in entries(language).values():
        for text in texts(entry):
            assert set(re.sub(r"\{\w+\}", "", text)) <= GSM7_BASIC, text


@pytest.mark.parametrize("language", ["ar", "ary"])
def test_arabic_sentences_start_with_an_arabic_letter_so_that_they_read_from_the_right(language: str) -> None:
    for key, entry in entries(language).items():
        if key.startswith(("message.", "reason.", "sentence.", "weekday.")):
            assert "\u0600" <= entry.msgstr[0] <= "\u06ff", key
        assert not any("\u0660" <= character <= "\u0669" for text in texts(entry) for character in text)


RELATIVE: dict[Language, tuple[str, ...]] = {
    "en": ("today", "tomorrow", "yesterday", "tonight", "now", "this"),
    "fr": ("aujourd'hui", "demain", "hier", "ce soir", "maintenant", "cette"),
    "ar": ("اليوم", "غدا", "أمس", "الليلة", "الآن", "هذا"),
    "ary": ("اليوم", "غدا", "البارح", "الليلة", "دابا", "هاد"),
    "ary-Latn": ("lyoum", "ghedda", "lbare7", "llila", "daba", "had"),
    "zgh": ("ⴰⵙⵙ-ⴰ", "ⴰⵣⴽⴽⴰ"),
    "zgh-Latn": ("ass-a", "azkka"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_entry_speaks_of_time_as_seen_from_the_reader(language: Language) -> None:
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(RELATIVE[language])})(?![\w'])", re.IGNORECASE)
    found = [text for entry in entries(language).values() for text in texts(entry) if pattern.search(text)]
    assert found == []


@pytest.mark.parametrize("language", COMPLETE)
def test_every_first_sentence_says_when(language: Language) -> None:
    for key, entry in entries(language).items():
        if key.startswith("message."):
            assert placeholders(entry.msgstr) & {"day", "when"}, key


@pytest.mark.parametrize("language", ["ar", "ary", "ary-Latn"])
def test_arabic_plural_rule_survives_compiling(language: Language) -> None:
    source = (files("cloud.speech") / "catalogues" / f"{language}.po").read_text(encoding="utf-8")
    assert ARABIC_PLURAL in source


@pytest.mark.parametrize(
    ("language", "key", "snapshot"),
    [
        ("en", "hours", {0: "0 hours", 1: "1 hour", 2: "2 hours", 11: "11 hours"}),
        ("fr", "hours", {0: "0 heure", 1: "1 heure", 2: "2 heures", 24: "24 heures"}),
        (
            "ar",
            "hours",
            {
                0: "0 ساعة",
                1: "ساعة واحدة",
                2: "ساعتين",
                3: "3 ساعات",
                10: "10 ساعات",
                11: "11 ساعة",
                24: "24 ساعة",
                100: "100 ساعة",
                102: "102 ساعة",
                103: "103 ساعات",
            },
        ),
        ("ar", "minutes", {1: "دقيقة واحدة", 2: "دقيقتين", 5: "5 دقائق", 10: "10 دقائق", 55: "55 دقيقة"}),
        (
            "ary",
            "hours",
            {1: "ساعة وحدة", 2: "ساعتين", 3: "3 سوايع", 10: "10 سوايع", 11: "11 ساعة", 24: "24 ساعة"},
        ),
        ("ary", "minutes", {2: "جوج دقايق", 5: "5 دقايق", 30: "30 دقيقة"}),
        ("ary-Latn", "hours", {1: "sa3a we7da", 2: "sa3tayn", 3: "3 swaye3", 11: "11 sa3a"}),
    ],
)
def test_plural_forms(language: Language, key: str, snapshot: dict[int, str]) -> None:
    words = catalogue(language)
    assert {number: words.count(key, number) for number in snapshot} == snapshot


def test_only_english_is_reviewed_and_the_amazigh_drafts_are_incomplete() -> None:
    assert [language for language in LANGUAGES if catalogue(language).reviewed] == ["en"]
    assert tuple(sorted(language for language in LANGUAGES if catalogue(language).complete)) == tuple(sorted(COMPLETE))


def test_a_draft_is_spoken_only_when_asked_for_and_an_incomplete_one_never() -> None:
    assert speakable("fr", draft=False).language == "en"
    assert speakable("fr", draft=True).language == "fr"
    assert speakable("zgh", draft=True).language == "en"
    assert speakable("en", draft=False).language == "en"


def test_signing_every_entry_makes_a_catalogue_reviewed() -> None:
    source = (files("cloud.speech") / "catalogues" / "fr.po").read_text(encoding="utf-8")
    assert module._compiled("fr", source.replace("#, fuzzy\n", "")).reviewed
    one_left = source.replace("#, fuzzy\n", "", source.count("#, fuzzy\n") - 1)
    assert not module._compiled("fr", one_left).reviewed


def test_a_missing_entry_is_named() -> None:
    with pytest.raises(IntegrityError, match=r"catalogue zgh: expected an entry when\.window"):
        catalogue("zgh").text("when.window", day="", start="", end="")
