"""Ten cards a language, an export for the reviewer, and the folder that an agronomist takes to the field."""

import csv
import io
from datetime import date
from importlib.resources import files

import pytest

from cloud.records import Language
from cloud.speech.catalogue import PACKAGED, Wording, compiled, packaged_source
from cloud.speech.readback import read_back
from cloud.speech.segments import fits_budget
from cloud.wording.cards import Card, cards_of, questions_of_cards
from cloud.wording.kit import TEXTS, kit_files, sheet_text
from cloud.wording.reviewing import for_review
from cloud.wording.sheet import COLUMNS
from cloud.wording.signature import LANGUAGES

DAY = date(2026, 9, 22)


def cards(language: Language = "fr") -> tuple[Card, ...]:
    return cards_of(language, PACKAGED, day=DAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_ten_different_cards_that_fit_a_message(language: Language) -> None:
    found = cards(language)
    assert [card.number for card in found] == list(range(1, 11))
    assert len({card.text for card in found}) == 10
    assert all(fits_budget(card.text) for card in found)
    assert {card.number: card.questions for card in found} == questions_of_cards()
    assert all("act" in card.questions and "when" in card.questions for card in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_says_what_its_key_says(language: Language) -> None:
    for card in cards(language)[:7]:
        own, key = (read_back(text, one, told_on=DAY) for text, one in ((card.text, language), (card.english, "en")))
        assert (own.day, own.begin, own.end) == (key.day, key.begin, key.end)
        assert (own.duration_minutes, own.volume_m3, own.replaced) == (
            key.duration_minutes,
            key.volume_m3,
            key.replaced,
        )


def test_irrigating_and_waiting_take_turns() -> None:
    begins = [read_back(card.text, "fr", told_on=DAY).begin is not None for card in cards()[:6]]
    assert begins == [True, False, True, False, True, False]


def test_cards_are_in_the_operators_own_words() -> None:
    own = packaged_source("fr").replace("irriguez", "arrosez")
    found = cards_of("fr", Wording(sources={"fr": own}), day=DAY)
    assert "arrosez" in found[0].text
    assert "irriguez" in found[0].french


def test_the_sheet_has_a_row_for_each_person_and_card_and_opens_in_a_spreadsheet() -> None:
    text = sheet_text(cards(), "fr-abc")
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert len(rows) == 200
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0]["words"] == "fr-abc"
    assert (rows[0]["how_much"], rows[1]["how_much"]) == ("", "-")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_kit_has_no_place_left_to_fill(language: Language) -> None:
    texts = {name: (files("cloud.wording") / "kit" / name).read_text(encoding="utf-8") for name in TEXTS}
    made = kit_files(texts, language, cards(language), words=f"{language}-abc", least=0.8)
    assert not [name for name, text in made.items() if "$" in text]
    assert made["README.md"].count(f"{language}-abc") == 2
    assert "at least 80 % surely understood" in " ".join(made["README.md"].split())
    assert cards(language)[3].english in made["script.en.md"]
    direction = 'dir="rtl"' if language in {"ar", "ary"} else 'dir="ltr"'
    assert direction in made["voice.html"]


def test_what_stands_on_a_card_cannot_become_part_of_the_page() -> None:
    card = Card(number=1, text="<script>", questions=("act",), english="", french="")
    made = kit_files({}, "fr", [card], words="fr-abc", least=0.8)
    assert "<script>" not in made["cards.html"] + made["voice.html"]
    assert "&lt;script&gt;" in made["cards.html"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_export_keeps_the_words_and_shows_long_examples(language: Language) -> None:
    source = packaged_source(language)
    text = for_review(language, source, day=DAY)
    assert compiled(language, text).digest == compiled(language, source).digest
    assert text.count("#. English: ") >= text.count("\nmsgid ") - 1
    assert "#. Example: " in text
    first = text.index('msgid "message.')
    assert first < text.index('msgid "notice.') < text.index('msgid "weekday.')


def test_what_a_reviewer_said_before_stays() -> None:
    source = packaged_source("fr").replace("#, fuzzy\nmsg", "# back-translation: no water on that day\nmsg", 1)
    again = for_review("fr", for_review("fr", source, day=DAY), day=DAY)
    assert again.count("# back-translation: no water on that day\n") == 1
    assert again.count("\n#, fuzzy\n") == packaged_source("fr").count("\n#, fuzzy\n") - 1


def test_an_incomplete_catalogue_is_exported_without_examples_of_fields() -> None:
    half = packaged_source("fr").replace('msgstr "{weekday} {date}"', 'msgstr ""')
    assert "{parcel}: n'irriguez PAS {day}." in for_review("fr", half, day=DAY)
