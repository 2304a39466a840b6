"""What a catalogue must pass before people are asked to understand it.

Entries, fields, letters, counted nouns, room in a message, and that every number, day and hour is read back from every
text as it was meant.
"""

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
import polib

from cloud.errors import CloudError
from cloud.records import Language
from cloud.speech.catalogue import Catalogue, Wording, compiled, packaged_source
from cloud.speech.notices import announce
from cloud.speech.render import compose
from cloud.speech.reply import parse_reply
from cloud.speech.segments import GSM7_BASIC
from cloud.speech.voice import Voice
from cloud.wording.invented import (
    TIMEZONE,
    every_notice,
    names_of,
    random_verdicts,
    worst_verdicts,
)

Gate = Literal["file", "entries", "fields", "letters", "numbers", "plurals", "read_back", "draft", "back_translation"]

CHEAP: Final[frozenset[Language]] = frozenset({"en", "fr", "ary-Latn"})
"""Languages that stay in the alphabet of 160 letters a message."""
FROM_THE_RIGHT: Final[frozenset[Language]] = frozenset({"ar", "ary"})
COUNTED: Final = (0, 1, 2, 3, 10, 11, 24, 100, 102, 103, 111)
"""Numbers of which each plural rule in use has one of every form."""
BACK_TRANSLATION: Final = "back-translation:"
RANDOM_TEXTS: Final = 300
_STANDING_NUMBER: Final = re.compile(r"(?<!\w)\d+(?!\w)")
_ANSWER: Final = re.compile(r"(?<!\w)([0-6]) = ([^,،.;؛=]+)")
"""A digit of an answer and the words that say what it means; from 7 on digits mean what the question says."""
_PLURAL_KEYS: Final = ("hours", "minutes", "days")
_ORIGIN: Final[Language] = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that keeps a catalogue from going live."""

    gate: Gate
    entry: str
    """Entry of the catalogue, or what was told."""
    text: str

    @property
    def line(self) -> str:
        """The fault for people."""
        return f"{self.gate}: {self.entry}: {self.text}" if self.entry else f"{self.gate}: {self.text}"


def faults_of(language: Language, source: str, *, day: date, random: np.random.Generator) -> tuple[Fault, ...]:
    """Everything that is not right with a catalogue's text form; texts are tried with days from ``day`` on."""
    try:
        entries = _by_id(source)
    except (OSError, ValueError) as error:
        told = f"expected a gettext catalogue, got a text that is none ({' '.join(str(error).split())[:120]})"
        return (Fault(gate="file", entry="", text=told),)
    found = [*_header(language, source), *_entries(entries), *_words(language, entries)]
    if any(fault.gate in {"file", "entries", "fields"} for fault in found):
        return tuple(found)  # texts made of such words would only repeat it
    words = compiled(language, source)
    found += [*_plurals(words), *_texts(language, source, day, random), *_signed_off(language, entries)]
    return tuple(dict.fromkeys(found))


def _by_id(source: str) -> dict[str, polib.POEntry]:
    if not source.strip() or "msgid" not in source:
        raise ValueError("no entry")
    return {entry.msgid: entry for entry in polib.pofile(source, check_for_duplicates=True)}


def texts_of(entry: polib.POEntry) -> list[str]:
    """The words of an entry: one text, or one for each plural form."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def packaged_entries(language: Language) -> dict[str, polib.POEntry]:
    """Entries of the packaged catalogue."""
    return _by_id(packaged_source(language))


def back_translation_of(entry: polib.POEntry) -> str:
    """What a reviewer says that an entry means, in French or English; empty where nobody said."""
    lines = [line.strip() for line in entry.tcomment.splitlines()]
    said = [line[len(BACK_TRANSLATION) :].strip() for line in lines if line.casefold().startswith(BACK_TRANSLATION)]
    return said[-1] if said else ""


def _header(language: Language, source: str) -> Iterator[Fault]:
    expected, got = (polib.pofile(text).metadata for text in (packaged_source(language), source))
    for name in ("Language", "Plural-Forms"):
        if _tight(got.get(name, "")) != _tight(expected[name]):
            told = f"{name}: expected {expected[name]!r}, got {got.get(name, '')!r}; leave the header as it was"
            yield Fault(gate="file", entry="header", text=told)


def _tight(text: str) -> str:
    return "".join(text.split())


def _entries(entries: dict[str, polib.POEntry]) -> Iterator[Fault]:
    known = packaged_entries(_ORIGIN)
    for key in known:
        if key not in entries:
            yield Fault(gate="entries", entry=key, text="expected this entry, got none; export the catalogue anew")
        elif not all(text.strip() for text in texts_of(entries[key])) or not texts_of(entries[key]):
            yield Fault(gate="entries", entry=key, text="expected words, got none; translate it")
    for key in entries:
        if key not in known:
            yield Fault(gate="entries", entry=key, text="expected an entry that Seguia speaks, got another; remove it")


def _words(language: Language, entries: dict[str, polib.POEntry]) -> Iterator[Fault]:
    english, own = packaged_entries(_ORIGIN), packaged_entries(language)
    for key, entry in entries.items():
        if key not in english:
            continue
        for text in texts_of(entry):
            yield from _fields(key, text, texts_of(english[key]), plural=bool(entry.msgid_plural))
            yield from _letters(language, key, text)
        yield from _numbers(key, entry, own[key])


def _fields(key: str, text: str, english: Iterable[str], *, plural: bool) -> Iterator[Fault]:
    expected = sorted({name for one in english for name in _names(one)})
    try:
        got = sorted(set(_names(text)))
    except ValueError:
        yield Fault(gate="fields", entry=key, text=f"expected fields as {{parcel}}, got {text!r}; close each brace")
        return
    # A counted noun may be a word of its own, such as the Arabic for two hours.
    if got != expected and not (plural and not got):
        shown = ", ".join(f"{{{name}}}" for name in expected) or "none"
        told = ", ".join(f"{{{name}}}" for name in got) or "none"
        yield Fault(gate="fields", entry=key, text=f"expected the fields {shown}, got {told}; keep each as it is")


def _names(text: str) -> list[str]:
    parts = list(string.Formatter().parse(text))
    if any(form or conversion for _, _, form, conversion in parts):
        raise ValueError("a field with a form")
    return [name for _, name, _, _ in parts if name is not None]


def _letters(language: Language, key: str, text: str) -> Iterator[Fault]:
    bare = re.sub(r"\{\w+\}", "", text)
    dear = sorted({one for one in bare if language in CHEAP and one not in GSM7_BASIC})
    unseen = sorted(
        {f"U+{ord(one):04X}" for one in bare if unicodedata.category(one) in {"Cc", "Cf", "Co", "Cs", "Cn"}}
    )
    foreign = sorted({one for one in bare if one.isdecimal() and not one.isascii()})
    told = (
        (dear, "expected letters of the cheap alphabet (without ê, ç, œ and the like), got"),
        (unseen, "expected letters that are seen, got"),
        (foreign, "expected digits 0-9, got"),
    )
    for found, text_told in told:
        if found:
            yield Fault(gate="letters", entry=key, text=f"{text_told} {' '.join(found)}; write it without")
    first = bare.lstrip()[:1] if not text.startswith("{") else ""
    if language in FROM_THE_RIGHT and key.startswith("message.") and not "\u0600" <= first <= "\u06ff":
        yield Fault(gate="letters", entry=key, text="expected an Arabic word first, so that it reads from the right")


def _numbers(key: str, entry: polib.POEntry, packaged: polib.POEntry) -> Iterator[Fault]:
    """Every number is put in by code: only the digits of an answer stand in words, and they keep their meaning."""
    expected = {tuple(_STANDING_NUMBER.findall(text)) for text in texts_of(packaged)}
    for text in texts_of(entry):
        got = tuple(_STANDING_NUMBER.findall(text))
        if got not in expected:
            shown = " or ".join(sorted(" ".join(one) or "none" for one in expected))
            told = f"expected the digits {shown}, got {' '.join(got) or 'none'}; numbers are put in by Seguia"
            yield Fault(gate="numbers", entry=key, text=told)
        for digit, word in _ANSWER.findall(text):
            meant, said = parse_reply(digit), parse_reply(word)
            if said not in {meant, "unknown"}:
                told = f"expected {digit} to mean {meant.replace('_', ' ')}, got {word!r}, by which Seguia hears"
                yield Fault(gate="numbers", entry=key, text=f"{told} {said.replace('_', ' ')}; keep the order")


def _plurals(words: Catalogue) -> Iterator[Fault]:
    packaged = compiled(words.language, packaged_source(words.language))
    for key in _PLURAL_KEYS:
        for number in COUNTED:
            text = words.count(key, number)
            if str(number) not in text and text != packaged.count(key, number):
                told = f"expected {number} or {packaged.count(key, number)!r} in what is said of {number}, got {text!r}"
                yield Fault(gate="plurals", entry=key, text=f"{told}; it could not be read back")


def _texts(language: Language, source: str, day: date, random: np.random.Generator) -> Iterator[Fault]:
    """Texts of every kind with long values and with chance's, each read back; the first fault of a kind is told."""
    voice = Voice(draft=True, wording=Wording(sources={language: source}))
    until = datetime.combine(day + timedelta(days=1), time(23), ZoneInfo(TIMEZONE))
    told: set[tuple[str, str]] = set()
    name = names_of(language)[0]
    advice = [*worst_verdicts(name, day), *random_verdicts(name, day, RANDOM_TEXTS, random)]
    notices = [facts for shift in range(7) for facts in every_notice(language, day + timedelta(days=shift))]
    for verdict in advice:
        spoken = verdict.recommendation
        kind = f"{spoken.action} ({spoken.reason_code})"
        try:
            compose(verdict, language=language, voice=voice)
        except (CloudError, ValueError) as error:
            told.add((kind, _first(error)))
    for facts in notices:
        try:
            announce(facts, language=language, valid_until=until, voice=voice)
        except (CloudError, ValueError) as error:
            told.add((facts.kind, _first(error)))
    for kind in sorted({kind for kind, _ in told}):
        lines = sorted(line for one, line in told if one == kind)
        more = f" (and {len(lines) - 1} more such texts)" if len(lines) > 1 else ""
        yield Fault(gate="read_back", entry=kind, text=lines[0] + more)


def _first(error: Exception) -> str:
    return " ".join(str(error).split())


def _signed_off(language: Language, entries: dict[str, polib.POEntry]) -> Iterator[Fault]:
    fuzzy = [key for key, entry in entries.items() if "fuzzy" in entry.flags]
    if fuzzy:
        told = f"{len(fuzzy)} entries are marked fuzzy, the first {fuzzy[0]}; take the mark off what you have read"
        yield Fault(gate="draft", entry="", text=told)
    if language == _ORIGIN:
        return
    silent = [key for key, entry in entries.items() if not back_translation_of(entry)]
    if silent:
        told = (
            f"{len(silent)} entries say not what they mean, the first {silent[0]}; write it behind # {BACK_TRANSLATION}"
        )
        yield Fault(gate="back_translation", entry="", text=told)
