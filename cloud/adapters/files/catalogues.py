"""An operator's own words, one gettext catalogue a language, and filled scoring sheets."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polib

from cloud.adapters.files.read import read_text
from cloud.errors import ConfigurationError, InputError
from cloud.records import Language
from cloud.speech.catalogue import PACKAGED, Wording
from cloud.weather.tables.table import read_table
from cloud.wording.sheet import COLUMNS, Question, Sheet, sheet_of
from cloud.wording.signature import LANGUAGES

ENDING: Final = ".po"
_LARGEST: Final = 2_000_000


def read_wording(folder: Path | None) -> Wording:
    """The packaged catalogues, and those of a folder in their place; ConfigurationError names what cannot be used."""
    if folder is None:
        return PACKAGED
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ENDING)
    except OSError as error:
        raise ConfigurationError(
            f"sms.catalogues_dir {folder}: expected a folder, got {error.strerror}; make it, or remove the setting"
        ) from error
    sources: dict[Language, str] = {}
    for path in found:
        language = next((one for one in LANGUAGES if one == path.stem), None)
        if language is None:
            raise ConfigurationError(
                f"{path}: expected a name among {', '.join(f'{one}{ENDING}' for one in LANGUAGES)}, got {path.name};"
                " rename or remove it"
            )
        try:
            sources[language] = read_catalogue(path)
        except InputError as error:
            raise ConfigurationError(f"sms.catalogues_dir: {error}") from error
    return Wording(sources=sources)


def read_catalogue(path: Path) -> str:
    """Text of one catalogue; InputError where it is none."""
    source, _ = read_text(path)
    if len(source) > _LARGEST:
        raise InputError(f"{path}: expected a catalogue of at most {_LARGEST:,} characters, got {len(source):,}")
    try:
        entries = polib.pofile(source, check_for_duplicates=True) if "msgid" in source else []
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected a gettext catalogue, got {_told(error)}; correct it") from error
    if not entries:
        raise InputError(f"{path}: expected a gettext catalogue, got a text without entries; export one to begin with")
    return source


def read_sheet(path: Path, asked: Mapping[int, Sequence[Question]], words: str) -> tuple[Sheet, str]:
    """A filled scoring sheet and the SHA-256 of its bytes; comma, semicolon or tab, with or without a mark of UTF-8."""
    table = read_table(path)
    missing = [name for name in COLUMNS if name not in table.header and name != "note"]
    if missing:
        raise InputError(
            f"{path.name}: expected the columns {', '.join(COLUMNS)}, got none called {', '.join(missing)}; take the"
            " sheet of the kit: seguia cloud catalogue kit"
        )
    rows = [(line, dict(zip(table.header, cells, strict=False))) for line, cells in table.rows]
    sheet = sheet_of(path.name, rows, asked, words)
    problems = (*table.problems, *sheet.problems)
    return Sheet(answers=sheet.answers, problems=problems, notes=sheet.notes), table.sha256


def _told(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
