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
    if not name or len(name) > LONGEST_NAME:
        raise InputError(f"--by: expected a name of up to {LONGEST_NAME} characters, got {len(name)}; say who decides")
    if rules.reviewers and same_name(name) not in {same_name(one) for one in rules.reviewers}:
        raise InputError("--by: expected one of the names in review.reviewers, got another; add it there first")
    return name


def same_name(text: str) -> str:
    """What two spellings of one name have in common: neither case nor spaces make another person."""
    return unicodedata.normalize("NFKC", _one_line(text)).casefold()


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
    same = [one for one in earlier if one.subject == word.subject and one.held == word.held]
    if any(one.reviewer != word.reviewer for one in same):
        return True
    if same:
        raise InputError(
            f"parcel {word.parcel_id}: expected a second person to agree, got the same one again;"
            " let somebody else decide"
        )
    return False


def _one_line(text: str) -> str:
    printable = "".join(" " if unicodedata.category(one).startswith("C") else one for one in text)
    return " ".join(unicodedata.normalize("NFC", printable).split())
