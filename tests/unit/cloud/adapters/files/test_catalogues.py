"""An operator's folder of words, and what in it cannot be used."""

from pathlib import Path

import pytest

from cloud.adapters.files import catalogues
from cloud.adapters.files.catalogues import read_catalogue, read_sheet, read_wording
from cloud.errors import ConfigurationError, InputError
from cloud.speech.catalogue import PACKAGED, packaged_source


def test_without_a_folder_the_packaged_words_speak() -> None:
    assert read_wording(None) is PACKAGED


def test_a_folder_takes_the_place_of_the_languages_it_holds(tmp_path: Path) -> None:
    (tmp_path / "fr.po").write_text(packaged_source("fr").replace("irriguez", "arrosez"), encoding="utf-8-sig")
    (tmp_path / "notes.txt").write_text("not a catalogue", encoding="utf-8")
    wording = read_wording(tmp_path)
    assert set(wording.sources) == {"fr"}
    assert wording.catalogue("fr").digest != PACKAGED.catalogue("fr").digest
    assert wording.catalogue("en").digest == PACKAGED.catalogue("en").digest


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("de.po", b"msgid", r"expected a name among fr\.po, en\.po"),
        ("fr.po", b"words", "got a text without entries; export one to begin with"),
        ("fr.po", b'msgid "a\nmsgstr', "expected a gettext catalogue, got"),
        ("fr.po", b"\xff\xfe", "expected text in UTF-8, got other bytes"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_file(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=told):
        read_wording(tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected a folder, got No such file"):
        read_wording(tmp_path / "none")


def test_a_catalogue_as_large_as_a_book_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "_LARGEST", 10)
    (tmp_path / "fr.po").write_text(packaged_source("fr"), encoding="utf-8")
    with pytest.raises(InputError, match="expected a catalogue of at most 10 characters"):
        read_catalogue(tmp_path / "fr.po")


def test_a_sheet_keeps_the_numbers_of_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    rows = [
        "words;interviewer;respondent;literacy;card;act;when;how_much",
        "fr-a;A;R01;bien;1;1;0;-",
        "fr-a;A;R01;?;1;1;0;-",
    ]
    path.write_text("\ufeff" + "\r\n".join(rows), encoding="utf-8")
    sheet, digest = read_sheet(path, {1: ("act", "when")}, "fr-a")
    (answer,) = sheet.answers
    assert (answer.line, answer.literacy, dict(answer.marks)) == (2, "well", {"act": 1, "when": 0})
    assert sheet.problems == ("s.csv line 3: literacy: expected none, little or well, got '?'; correct the row",)
    assert len(digest) == 64


def test_a_sheet_without_its_columns_names_them(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("words,card\nfr-a,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="got none called interviewer, respondent, literacy, act, when, how_much"):
        read_sheet(path, {1: ("act",)}, "fr-a")
