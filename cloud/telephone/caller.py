"""Who is on the line and what may be told: parcels, their latest advice, and the words of a language."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from cloud.messages import Spoken
from cloud.records import Language, Verdict
from cloud.speech.catalogue import Catalogue

Path = Literal["ussd", "voice", "missed_call", "agronomist"]
"""How an answer came in; it is the carrier of its ``Inbound``."""
QUOTA_LEFT: Final = "quota_left_m3"
STOP_DIGIT: Final = "0"
CALL_ME_DIGIT: Final = "3"
ANSWERS: Final = {
    "1": "ussd.done",
    "2": "ussd.not_done",
    "4": "ussd.half",
    "5": "ussd.no_water",
    "6": "ussd.rain",
    CALL_ME_DIGIT: "ussd.call_me",
}
"""Digits and what they mean, the same in a text, on the menu and in a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One parcel of a caller, with its latest advice as long as it is valid."""

    parcel_id: str
    name: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person whose number is enrolled; where several share it, all their parcels."""

    farmer_ids: tuple[str, ...]
    language: Language
    plots: tuple[Plot, ...] = ()
    spoken: Spoken | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """How an installation speaks: the words it may use, the text of an advice, and the languages on offer."""

    words: Callable[[Language], Catalogue]
    """Catalogue to speak a language with; the reviewed fallback's when its own may not be used."""
    advice: Callable[[Verdict, Language], str]
    """Text of an advice, read back before it is given out."""
    languages: tuple[Language, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The caller said something by a digit, about a parcel where one was chosen."""

    digit: str
    parcel_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen:
    """The caller wants another language from now on."""

    language: Language


Effect = Answered | LanguageChosen
