"""The walk through the set-up by SMS, as a telephone of any kind allows: a digit a step. Pure."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from edge.commissioning.steps import STEPS, Step

Word = Literal["begin", "next", "again", "stop", "tick"]
PATIENCE: Final = timedelta(minutes=30)
"""So long after the last word a digit still belongs to the walk; later it is somebody's answer to the office."""

_BEGIN: Final = frozenset({"s", "س"})
_TICK: Final = ("c", "ص")
_DIGITS: Final[dict[str, Word]] = {"1": "next", "2": "again", "0": "stop"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a text of the installer means here."""

    word: Word
    digits: str = ""
    """Of ``tick``: what was done."""


def meant(text: str, *, walking: bool) -> Meant | None:
    """Meaning of a text; None when it is not for the gateway: it is then passed on as anybody's.

    Letters of either case and digits of either script; ``walking``: whether a walk is under way.
    """
    plain = "".join(_plain(letter) for letter in text.casefold() if not letter.isspace())
    if plain in _BEGIN:
        return Meant(word="begin")
    if plain[:1] in _TICK and plain[1:].isdecimal():
        return Meant(word="tick", digits=plain[1:])
    word = _DIGITS.get(plain) if walking else None
    return None if word is None else Meant(word=word)


def is_walking(at: datetime | None, now: datetime) -> bool:
    """Whether a walk whose last word came at a time is still under way."""
    return at is not None and timedelta(0) <= now - at <= PATIENCE


def after(step: Step, word: Word) -> Step | None:
    """Where a word leads from a step; None: out."""
    match word:
        case "begin":
            return STEPS[0]
        case "next":
            place = STEPS.index(step) + 1
            return STEPS[place] if place < len(STEPS) else None
        case "again":
            return step
        case _:
            return None


def _plain(letter: str) -> str:
    digit = unicodedata.decimal(letter, None)
    return letter if digit is None else str(digit)
