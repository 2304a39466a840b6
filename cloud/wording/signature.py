"""Who signed the words of a language for farmers, and which words may go live: pure, over what the ledger holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, get_args

from pydantic import AwareDatetime, Field

from cloud.bounds import Fraction
from cloud.records import Language, Record

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LEAST_UNDERSTOOD: Final = 0.80
"""Share of answers that must surely be right: the readability guideline for package leaflets in the European Union
asks that 16 of 20 people answer each question rightly."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
WordAct = Literal["sign", "revoke"]


class Understood(Record):
    """How well people understood a language's cards; the sheet itself stays with the operator."""

    sheet_sha256: Digest
    respondents: Annotated[int, Field(ge=1)]
    answers: Annotated[int, Field(ge=1)]
    share: Fraction
    low: Fraction
    """Lower bound of the 95 % interval."""
    high: Fraction
    opposite: Annotated[int, Field(ge=0)]
    """Answers that would have led to the opposite of what was told."""


class CatalogueWord(Record):
    """One person's word on the words of a language; the name and the reasons are sealed beside it."""

    language: Language
    act: WordAct
    catalogue_sha256: Digest
    role: Annotated[str, Field(min_length=1, max_length=80)]
    decided_at: AwareDatetime
    understood: Understood | None = None
    least: Fraction = LEAST_UNDERSTOOD
    """Lower bound that was asked for when it was signed."""
    despite: bool = False
    """Signed although the score was missing or too low; the reason is sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who said it and why; encrypted at rest."""

    name: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCatalogue:
    """A word on a catalogue with its signer."""

    word: CatalogueWord
    signer: Signer
    person: str
    """The signer's name as it is compared: equal for all spellings of one name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the words of one language stand: what was signed last, and by how many people."""

    language: Language
    catalogue_sha256: str | None
    """Digest that may go live; None where none may."""
    state: Literal["signed", "awaits_second", "revoked", "never_signed"]
    newest: SignedCatalogue | None = None


def standings(words: Sequence[SignedCatalogue], *, signatures: int = 1) -> Mapping[Language, Standing]:
    """Each language's standing; ``words`` oldest first, ``signatures`` different people must sign the same words.

    The newest word counts: a newer signature for other words takes the place of an older one, and a revocation takes
    every signature before it away.
    """
    return {language: _standing(language, words, signatures) for language in LANGUAGES}


def signed_digests(words: Sequence[SignedCatalogue], *, signatures: int = 1) -> Mapping[Language, str]:
    """Digest of the words that may go live, by language; a language that is absent may not."""
    found = standings(words, signatures=signatures)
    return {language: one.catalogue_sha256 for language, one in found.items() if one.catalogue_sha256 is not None}


def _standing(language: Language, words: Sequence[SignedCatalogue], signatures: int) -> Standing:
    own = [one for one in words if one.word.language == language]
    if not own:
        return Standing(language=language, catalogue_sha256=None, state="never_signed")
    newest = own[-1]
    if newest.word.act == "revoke":
        return Standing(language=language, catalogue_sha256=None, state="revoked", newest=newest)
    people = set()
    for one in reversed(own):
        if one.word.act == "revoke":
            break
        if one.word.catalogue_sha256 == newest.word.catalogue_sha256:
            people.add(one.person)
    if len(people) < signatures:
        return Standing(language=language, catalogue_sha256=None, state="awaits_second", newest=newest)
    return Standing(language=language, catalogue_sha256=newest.word.catalogue_sha256, state="signed", newest=newest)
