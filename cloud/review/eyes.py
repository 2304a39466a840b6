"""Who may decide, and when two people must: the operator's rules of the review."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cloud.errors import InputError
from cloud.records import Recommendation
from cloud.review.word import Word

FourEyes = Literal["never", "large", "always"]
LONGEST_NAME: Final = 80
LONGEST_WHY: Final = 400
_LOOKS_LIKE: Final = dict(zip("аеорсухіјѕԁһӏвкмнтգοανικρτυχεηɑıɡ", "aeopcyxijsdhlbkmhtgoavikptuxehaig", strict=True))
"""Cyrillic, Armenian, Greek and phonetic letters by the Latin ones that they are taken for, small and great."""
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u180b\u180c\u180d\u180f\u3164\uffa0").union(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""Letters and marks that nobody sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """The operator's rules."""

    four_eyes: FourEyes = "never"
    four_eyes_above_mm: float = 40.0
    """Gross depth above which ``large`` asks for a second person [mm]."""
    reviewers: tuple[str, ...] = ()
    """Who may decide; empty for whoever can open the installation."""


def name_of(text: str, rules: ReviewRules) -> str:
    """A person's name as it is kept; InputError where it is none, or not among those who may decide."""
    name = _one_line(text)
    if not same_name(name) or len(name) > LONGEST_NAME:
        raise InputError(f"--by: expected a name of up to {LONGEST_NAME} characters, got {len(name)}; say who decides")
    if rules.reviewers and same_name(name) not in {same_name(one) for one in rules.reviewers}:
        raise InputError("--by: expected one of the names in review.reviewers, got another; add it there first")
    return name


def same_name(text: str) -> str:
    """What two spellings of one name have in common: case, spaces, accents and look-alikes make no other person."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(_LOOKS_LIKE.get(one, one) for one in folded if one not in _UNSEEN and _is_letter(one))


def reason_of(text: str) -> str:
    """A reason as it is kept; InputError where there is none."""
    reason = _one_line(text)
    if not reason or len(reason) > LONGEST_WHY:
        raise InputError(
            f"--why: expected a reason of up to {LONGEST_WHY} characters, got {len(reason)}; say what was seen"
        )
    return reason


def needs_two(candidate: Recommendation, rules: ReviewRules) -> bool:
    """Whether a second person must agree before it is told."""
    if rules.four_eyes != "large":
        return rules.four_eyes == "always"
    depth = candidate.depth_mm
    return depth is not None and depth.p50 > rules.four_eyes_above_mm


def second_of(word: Word, earlier: Sequence[Word]) -> bool:
    """Whether another person said the same of the same verdict; the same person again is an InputError."""
    # The last word of each person counts: who said "hold" after "approve" agrees no more.
    last = {one.reviewer: one for one in earlier if one.held == word.held}
    same = [one for one in last.values() if one.subject == word.subject]
    if any(one.reviewer != word.reviewer for one in same):
        return True
    if same:
        raise InputError(
            f"parcel {word.parcel_id}: expected a second person to agree, got the same one again;"
            " let somebody else decide"
        )
    return False


def _is_letter(one: str) -> bool:
    kind = unicodedata.category(one)
    # Vowel signs of Indic scripts are marks too, and make another name; accents and Arabic points do not.
    return kind[0] in "LN" or (kind[0] == "M" and not unicodedata.combining(one))


def _one_line(text: str) -> str:
    printable = "".join(" " if unicodedata.category(one).startswith("C") else one for one in text)
    return " ".join(unicodedata.normalize("NFC", printable).split())
