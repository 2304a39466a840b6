"""Words for the installer, in each of the languages: one file a language, the same keys and slots in all."""

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

from edge.commissioning.steps import Finding, Slot
from edge.gsm.alphabet import is_gsm7
from edge.settings.installer import Language

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_FOLDER: Final = Path(__file__).parent / "words"
_LEFT_TO_RIGHT: Final = ("\u2066", "\u2069")
"""Isolates: a name or number in Latin letters keeps its order inside an Arabic line."""


@cache
def catalogue(language: Language) -> Mapping[str, Any]:
    """All words of a language, as its file nests them."""
    words: Mapping[str, Any] = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return words


def said(finding: Finding, language: Language) -> str:
    """What was found, in a sentence."""
    return _filled(catalogue(language)["findings"][f"{finding.step}.{finding.code}"][0], finding.slots)


def remedy(finding: Finding, language: Language) -> str:
    """What puts it right; empty where nothing is to be done."""
    words: str = catalogue(language)["findings"][f"{finding.step}.{finding.code}"][1]
    return _filled(words, finding.slots)


def step_name(step: str, language: Language) -> str:
    """Name of a step."""
    name: str = catalogue(language)["steps"][step]
    return name


def chore_name(chore: str, language: Language) -> str:
    """What is to be looked after."""
    name: str = catalogue(language)["care"][chore]
    return name


def sms(key: str, language: Language, slots: Mapping[str, Slot]) -> str:
    """A text for the installer's telephone."""
    return for_telephone(catalogue(language)["sms"][key].format_map(slots))


def for_telephone(text: str) -> str:
    """The text in letters that cost one place each where that only takes accents off; Arabic stays as it is."""
    plain = text.replace(" …", "...").replace("·", "-").translate({0x2066: None, 0x2069: None})
    folded = "".join(letter if is_gsm7(letter) else _without_accent(letter) for letter in plain)
    return folded if is_gsm7(folded) else plain


def isolated(text: str) -> str:
    """A text between marks that keep its own direction."""
    return f"{_LEFT_TO_RIGHT[0]}{text}{_LEFT_TO_RIGHT[1]}"


def _without_accent(letter: str) -> str:
    if letter == "°":
        return ""
    first = unicodedata.normalize("NFKD", letter)[0]
    return first if is_gsm7(first) else letter


def _filled(words: str, slots: Mapping[str, Slot]) -> str:
    return words.format_map({name: isolated(str(value)) for name, value in slots.items()})
