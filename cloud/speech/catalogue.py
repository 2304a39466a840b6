"""The words of a language: one gettext catalogue each, compiled in memory from its text form.

An entry marked ``fuzzy`` has not been signed by a native agronomist; a catalogue with one such entry is a draft.
"""

from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO
from typing import Final

import polib

from cloud.errors import IntegrityError
from cloud.records import Language

REVIEWED_FALLBACK: Final[Language] = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """One language's words; ``complete`` when nothing is left to translate, ``reviewed`` when nothing is a draft."""

    language: Language
    reviewed: bool
    complete: bool
    translations: GNUTranslations

    def text(self, key: str, **fields: str) -> str:
        """One sentence with its fields filled."""
        pattern = self.translations.gettext(key)
        if pattern == key:
            raise IntegrityError(f"catalogue {self.language}: expected an entry {key}, got none; complete it")
        return pattern.format(**fields)

    def count(self, key: str, number: int) -> str:
        """A counted noun (``hours`` or ``minutes``) in the plural form that the number asks for."""
        return self.translations.ngettext(f"{key}.one", f"{key}.many", number).format(n=number)


@cache
def catalogue(language: Language) -> Catalogue:
    """The catalogue of a language, drafts included, as it stands in the package."""
    source = files("cloud.speech") / "catalogues" / f"{language}.po"
    return _compiled(language, source.read_text(encoding="utf-8"))


def speakable(language: Language, *, draft: bool) -> Catalogue:
    """The catalogue to speak with: the one asked for when it may be used, else the reviewed fallback."""
    asked = catalogue(language)
    usable = asked.complete and (asked.reviewed or draft)
    return asked if usable else catalogue(REVIEWED_FALLBACK)


def _compiled(language: Language, source: str) -> Catalogue:
    entries = polib.pofile(source)
    translated = [
        bool(entry.msgstr or (entry.msgstr_plural and all(entry.msgstr_plural.values()))) for entry in entries
    ]
    reviewed = not entries.fuzzy_entries()
    for entry in entries:  # a compiled catalogue leaves drafts out; whether they may be spoken is decided above
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
    return Catalogue(
        language=language,
        reviewed=reviewed and all(translated),
        complete=all(translated),
        translations=GNUTranslations(BytesIO(entries.to_binary())),
    )
