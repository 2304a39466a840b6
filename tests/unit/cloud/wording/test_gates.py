"""Each thing that can be wrong with a catalogue is found and named with its entry."""

from datetime import date

import numpy as np
import polib
import pytest

from cloud.records import Language
from cloud.speech.catalogue import packaged_source
from cloud.wording.gates import Fault, faults_of
from cloud.wording.signature import LANGUAGES

DAY = date(2026, 9, 22)


def signed_off(language: Language) -> str:
    source = packaged_source(language).replace("#, fuzzy\n", "")
    return source.replace("\nmsgid ", "\n# back-translation: as the English\nmsgid ")


def changed(language: Language, key: str, text: str) -> str:
    entries = polib.pofile(signed_off(language))
    next(entry for entry in entries if entry.msgid == key).msgstr = text
    return str(entries)


def faults(language: Language, source: str) -> tuple[Fault, ...]:
    return faults_of(language, source, day=DAY, random=np.random.default_rng(1))


def lines(language: Language, source: str) -> str:
    return "\n".join(fault.line for fault in faults(language, source))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_packaged_words_pass_every_gate_but_the_persons(language: Language) -> None:
    assert faults(language, signed_off(language)) == ()
    gates = {fault.gate for fault in faults(language, packaged_source(language))}
    assert gates == (set() if language == "en" else {"draft", "back_translation"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Jelly", r"fields: message.wait: expected the fields {day}, {parcel}, got none"),
        ("{parcel}: non {jour}.", "got {jour}, {parcel}; keep each as it is"),
        ("{parcel}: non {day", "close each brace"),
        ("{parcel}: non {day!r}.", "close each brace"),
        ("{parcel.__class__}: non {day}.", "got {day}, {parcel.__class__}"),
        ("{parcel}: n'arrosez pas le {day}, être.", "letters: message.wait: expected letters of the cheap alphabet"),
        ("{parcel}: pas\u200b le {day}.", "expected letters that are seen, got U+200B"),
        ("{parcel}: pas le \u0663 {day}.", "expected digits 0-9, got \u0663"),
        ("{parcel}: pas avant 8 h le {day}.", "numbers: message.wait: expected the digits none, got 8"),
        ("", "entries: message.wait: expected words, got none; translate it"),
    ],
)
def test_an_entry_that_is_wrong_is_named(text: str, told: str) -> None:
    assert told in lines("fr", changed("fr", "message.wait", text))


def test_the_digits_of_an_answer_keep_their_meaning() -> None:
    source = changed("fr", "sentence.reply_done", "Répondez 2 = fait, 1 = non.")
    assert "numbers: sentence.reply_done: expected the digits 1 2, got 2 1" in lines("fr", source)
    source = changed("fr", "sentence.reply_done", "Répondez 1 = non, 2 = fait.")
    assert "expected 1 to mean done, got 'non', by which Seguia hears not done" in lines("fr", source)
    source = changed("fr", "sentence.reply_done", "Répondez 3 = fait, 2 = non.")
    assert "numbers: sentence.reply_done: expected the digits 1 2, got 3 2" in lines("fr", source)


def test_fields_swapped_between_units_are_found_by_reading_back() -> None:
    source = changed("fr", "message.irrigate_volume", "{parcel}: irriguez {when}: {depth} m3 ({volume} mm).")
    assert "read_back: irrigate" in lines("fr", source)


def test_a_text_without_room_is_found_with_long_values() -> None:
    source = changed("fr", "message.wait", "{parcel}: " + "il ne faut surtout pas irriguer " * 6 + "{day}.")
    assert "within its budget" in lines("fr", source)


def test_a_spelling_of_a_day_that_nobody_can_read_back_is_found() -> None:
    assert "read_back" in lines("fr", changed("fr", "weekday.2", "mercrdi"))
    assert "read_back" in lines("fr", changed("fr", "weekday.2", "jeudi"))


def test_a_counted_noun_without_its_number_is_found() -> None:
    entries = polib.pofile(signed_off("fr"))
    hours = next(entry for entry in entries if entry.msgid == "hours.one")
    hours.msgstr_plural = {0: "{n} heure", 1: "des heures"}
    assert "plurals: hours: expected 2 or '2 heures' in what is said of 2, got 'des heures'" in lines(
        "fr", str(entries)
    )


def test_arabic_sentences_begin_with_an_arabic_word() -> None:
    source = changed("ary", "message.wait", "{parcel}: ما تسقيوش نهار {day}.")
    assert "expected an Arabic word first, so that it reads from the right" in lines("ary", source)


def test_a_header_that_was_changed_is_found() -> None:
    source = signed_off("ary").replace("nplurals=6", "nplurals=2")
    assert "file: header: Plural-Forms: expected 'nplurals=6" in lines("ary", source)
    assert "file: header: Language" in lines("ary", signed_off("ary").replace("Language: ary", "Language: ar"))


def test_entries_missing_foreign_or_twice_are_found() -> None:
    entries = polib.pofile(signed_off("fr"))
    one = next(entry for entry in entries if entry.msgid == "message.wait")
    entries.remove(one)
    assert "entries: message.wait: expected this entry, got none" in lines("fr", str(entries))
    entries.append(polib.POEntry(msgid="message.never", msgstr="jamais"))
    assert "entries: message.never: expected an entry that Seguia speaks" in lines("fr", str(entries))
    twice = signed_off("fr") + '\nmsgid "message.wait"\nmsgstr "{parcel}: non {day}."\n'
    assert "file: expected a gettext catalogue, got a text that is none" in lines("fr", twice)


@pytest.mark.parametrize("source", ["", "not a catalogue", 'msgid "a" "b', "\x00msgid"])
def test_a_text_that_is_no_catalogue_is_one_fault(source: str) -> None:
    assert {fault.gate for fault in faults("fr", source)} <= {"file", "entries"}
    assert faults("fr", source)[0].gate == "file"


def test_only_the_last_word_on_what_an_entry_means_counts_and_none_is_a_fault() -> None:
    source = signed_off("fr").replace("# back-translation: as the English", "# back-translation:", 2)
    assert "1 entries say not what they mean" in lines("fr", source)
