"""The words of a language: one gettext catalogue each, compiled in memory from its text form.

An entry marked ``fuzzy`` has not been signed by a native agronomist; a catalogue with one such entry is a draft.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    digest: str
    """SHA-256 of the words and their plural rule [64 hex digits]; marks, comments and order do not count."""
    translations: GNUTranslations

    def text(self, key: str, **fields: str) -> str:
        """One sentence with its fields filled."""
        pattern = self.translations.gettext(key)
        if pattern == key:
            raise IntegrityError(f"catalogue {self.language}: expected an entry {key}, got none; complete it")
        return self._filled(key, pattern, fields)

    def count(self, key: str, number: int) -> str:
        """A counted noun (``hours``, ``minutes`` or ``days``) in the plural form that the number asks for."""
        pattern = self.translations.ngettext(f"{key}.one", f"{key}.many", number)
        return self._filled(f"{key}.many", pattern, {"n": number})

    def _filled(self, key: str, pattern: str, fields: Mapping[str, object]) -> str:
        try:
            return pattern.format(**fields)
        except (AttributeError, IndexError, KeyError, ValueError):
            # An operator's own words, changed since they were checked: one entry keeps no other text waiting.
            raise IntegrityError(
                f"catalogue {self.language}: {key}: expected the fields {', '.join(sorted(fields))}, got others or a"
                f" stray brace; run: seguia cloud catalogue check {self.language}"
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The catalogues to speak with: those of the package, and an operator's own in their place, as text."""

    sources: Mapping[Language, str] = field(default_factory=dict)

    def catalogue(self, language: Language) -> Catalogue:
        """The catalogue of a language, drafts included."""
        own = self.sources.get(language)
        return compiled(language, packaged_source(language) if own is None else own)


PACKAGED: Final = Wording()


def catalogue(language: Language) -> Catalogue:
    """The catalogue of a language, drafts included, as it stands in the package."""
    return PACKAGED.catalogue(language)


def speakable(language: Language, *, draft: bool, wording: Wording = PACKAGED) -> Catalogue:
    """The catalogue to speak with: the one asked for when it may be used, else the reviewed fallback."""
    asked = wording.catalogue(language)
    if asked.complete and (asked.reviewed or draft):
        return asked
    # The operator's own fallback is the one that somebody signs: packaged words beside it would be halted unsigned.
    own = wording.catalogue(REVIEWED_FALLBACK)
    return own if own.complete and own.reviewed else catalogue(REVIEWED_FALLBACK)


@cache
def packaged_source(language: Language) -> str:
    """A catalogue's text form as it stands in the package."""
    return (files("cloud.speech") / "catalogues" / f"{language}.po").read_text(encoding="utf-8")


@cache
def compiled(language: Language, source: str) -> Catalogue:
    """A catalogue from its text form."""
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
        digest=_digest(language, entries),
        translations=GNUTranslations(BytesIO(entries.to_binary())),
    )


def _digest(language: Language, entries: polib.POFile) -> str:
    words = {
        entry.msgid: {str(form): text for form, text in entry.msgstr_plural.items()}
        if entry.msgid_plural
        else entry.msgstr
        for entry in entries
    }
    content = {"language": language, "plural_forms": entries.metadata.get("Plural-Forms", ""), "words": words}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
