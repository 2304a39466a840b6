import re
import string
from importlib.resources import files
from typing import get_args

import polib
import pytest

from cloud.errors import IntegrityError
from cloud.records import Language
from cloud.speech.catalogue import Wording, catalogue, compiled, packaged_source, speakable
from cloud.speech.segments import GSM7_BASIC

LANGUAGES: tuple[Language, ...] = get_args(Language)
REPLY_DONE = "sentence.reply_done"
FIELDS = {"parcel": "Nord", "when": "", "volume": "", "depth": ""}
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
            asks = key.startswith(("sentence.reply", "notice."))
            allowed = r"(?<!\S)[1-8] = " if asks else r"\b00\b"
            assert not re.search(r"\d", re.sub(allowed, "", bare)), (key, text)


@pytest.mark.parametrize("language", ["en", "fr", "ary-Latn"])
def test_latin_languages_stay_in_the_cheap_alphabet(language: str) -> None:
    for entry in entries(language).values():
        for text in texts(entry):
            assert set(re.sub(r"\{\w+\}", "", text)) <= GSM7_BASIC, text


@pytest.mark.parametrize("language", ["ar", "ary"])
def test_arabic_sentences_start_with_an_arabic_letter_so_that_they_read_from_the_right(language: str) -> None:
    for key, entry in entries(language).items():
        if key.startswith(("message.", "notice.", "reason.", "sentence.", "weekday.")) and key != REPLY_DONE:
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_first_sentence_says_when(language: Language) -> None:
    for key, entry in entries(language).items():
        if key.startswith("message."):
            assert placeholders(entry.msgstr) & {"day", "when"}, key


@pytest.mark.parametrize("language", ["ar", "ary", "ary-Latn"])
def test_arabic_plural_rule_survives_compiling(language: Language) -> None:
    source = (files("cloud.speech") / "catalogues" / f"{language}.po").read_text(encoding="utf-8")
    assert ARABIC_PLURAL in source


COUNTED = (0, 1, 2, 3, 10, 11, 24)
PLURALS: dict[Language, dict[str, tuple[str, ...]]] = {
    "en": {
        "hours": ("0 hours", "1 hour", "2 hours", "3 hours", "10 hours", "11 hours", "24 hours"),
        "minutes": tuple(f"{number} min" for number in COUNTED),
        "days": ("0 days", "1 day", "2 days", "3 days", "10 days", "11 days", "24 days"),
    },
    "fr": {
        "hours": ("0 heure", "1 heure", "2 heures", "3 heures", "10 heures", "11 heures", "24 heures"),
        "minutes": tuple(f"{number} min" for number in COUNTED),
        "days": ("0 jour", "1 jour", "2 jours", "3 jours", "10 jours", "11 jours", "24 jours"),
    },
    "ar": {
        "hours": ("0 ساعة", "ساعة واحدة", "ساعتين", "3 ساعات", "10 ساعات", "11 ساعة", "24 ساعة"),
        "minutes": ("0 دقيقة", "دقيقة واحدة", "دقيقتين", "3 دقائق", "10 دقائق", "11 دقيقة", "24 دقيقة"),
        "days": ("0 يوم", "يوم واحد", "يومين", "3 أيام", "10 أيام", "11 يوما", "24 يوما"),
    },
    "ary": {
        "hours": ("0 ساعة", "ساعة وحدة", "ساعتين", "3 سوايع", "10 سوايع", "11 ساعة", "24 ساعة"),
        "minutes": ("0 دقيقة", "دقيقة وحدة", "جوج دقايق", "3 دقايق", "10 دقايق", "11 دقيقة", "24 دقيقة"),
        "days": ("0 يوم", "نهار واحد", "يومين", "3 أيام", "10 أيام", "11 يوم", "24 يوم"),
    },
    "ary-Latn": {
        "hours": ("0 sa3a", "sa3a we7da", "sa3tayn", "3 swaye3", "10 swaye3", "11 sa3a", "24 sa3a"),
        "minutes": ("0 d9i9a", "d9i9a we7da", "jouj d9aye9", "3 d9aye9", "10 d9aye9", "11 d9i9a", "24 d9i9a"),
        "days": ("0 youm", "nhar wa7ed", "youmayn", "3 iyam", "10 iyam", "11 youm", "24 youm"),
    },
    "zgh-Latn": {
        "hours": tuple(f"{number} n tsragin" for number in COUNTED),
        "minutes": tuple(f"{number} n tusdidin" for number in COUNTED),
        "days": tuple(f"{number} n wussan" for number in COUNTED),
    },
    "zgh": {
        "hours": tuple(f"{number} ⵏ ⵜⵙⵔⴰⴳⵉⵏ" for number in COUNTED),
        "minutes": tuple(f"{number} ⵏ ⵜⵓⵙⴷⵉⴷⵉⵏ" for number in COUNTED),
        "days": tuple(f"{number} ⵏ ⵡⵓⵙⵙⴰⵏ" for number in COUNTED),
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["hours", "minutes", "days"])
def test_plural_forms(language: Language, key: str) -> None:
    words = catalogue(language)
    assert tuple(words.count(key, number) for number in COUNTED) == PLURALS[language][key]


def test_arabic_plurals_go_by_the_last_two_digits() -> None:
    words = catalogue("ar")
    assert [words.count("hours", number) for number in (100, 102, 103, 111)] == [
        "100 ساعة",
        "102 ساعة",
        "103 ساعات",
        "111 ساعة",
    ]


def test_only_english_is_reviewed_and_all_are_complete() -> None:
    assert [language for language in LANGUAGES if catalogue(language).reviewed] == ["en"]
    assert [language for language in LANGUAGES if not catalogue(language).complete] == []


def test_the_digest_changes_with_the_words_and_not_with_the_marks() -> None:
    source = packaged_source("fr")
    signed = compiled("fr", source.replace("#, fuzzy\n", "# looked at\n"))
    assert signed.reviewed
    assert signed.digest == catalogue("fr").digest
    assert compiled("fr", source.replace("irriguez", "arrosez", 1)).digest != signed.digest
    assert compiled("fr", source.replace("n > 1", "n >= 1")).digest != signed.digest
    assert len({catalogue(language).digest for language in LANGUAGES}) == len(LANGUAGES)


def test_an_operators_own_words_take_the_place_of_the_packages() -> None:
    own = packaged_source("fr").replace("irriguez", "arrosez").replace("#, fuzzy\n", "")
    wording = Wording(sources={"fr": own})
    assert (
        speakable("fr", draft=False, wording=wording).text("message.irrigate_volume", **FIELDS).startswith("Nord: arro")
    )
    assert speakable("fr", draft=False).language == "en"
    half = Wording(sources={"fr": own.split('msgid "message.wait"')[0] + 'msgid "message.wait"\nmsgstr ""\n'})
    assert speakable("fr", draft=True, wording=half).language == "en"


def test_a_draft_is_spoken_only_when_asked_for() -> None:
    assert speakable("fr", draft=False).language == "en"
    assert speakable("fr", draft=True).language == "fr"
    assert speakable("zgh", draft=True).language == "zgh"
    assert speakable("en", draft=False).language == "en"


def test_signing_every_entry_makes_a_catalogue_reviewed() -> None:
    source = packaged_source("fr")
    assert compiled("fr", source.replace("#, fuzzy\n", "")).reviewed
    one_left = source.replace("#, fuzzy\n", "", source.count("#, fuzzy\n") - 1)
    assert not compiled("fr", one_left).reviewed


def test_a_missing_entry_is_named() -> None:
    with pytest.raises(IntegrityError, match=r"catalogue zgh: expected an entry when\.never"):
        catalogue("zgh").text("when.never")


def test_the_fallback_is_the_operators_own_where_it_may_be_spoken() -> None:
    source = packaged_source("en")
    own = Wording(sources={"en": source.replace("irrigate", "water")})
    assert speakable("fr", draft=False, wording=own).digest == own.catalogue("en").digest
    assert speakable("fr", draft=False, wording=own).digest != catalogue("en").digest
    draft = Wording(sources={"en": source.replace('msgid "message.wait"', '#, fuzzy\nmsgid "message.wait"')})
    assert speakable("fr", draft=False, wording=draft).digest == catalogue("en").digest


@pytest.mark.parametrize("wrong", ["{volum}", "{}", "{", "{volume.litres}"])
def test_a_field_that_is_none_is_told_with_its_entry(wrong: str) -> None:
    words = compiled("en", packaged_source("en").replace("{volume}", wrong))
    with pytest.raises(IntegrityError, match=r"catalogue en: message\.irrigate_volume: expected") as told:
        words.text("message.irrigate_volume", **FIELDS)
    assert "seguia cloud catalogue check en" in str(told.value)


def test_a_counted_noun_with_a_field_that_is_none_is_told_too() -> None:
    words = compiled("en", packaged_source("en").replace("{n}", "{m}"))
    with pytest.raises(IntegrityError, match=r"hours\.many: expected the fields n, got"):
        words.count("hours", 3)
