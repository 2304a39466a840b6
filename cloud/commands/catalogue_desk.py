"""What the commands of catalogues do: words in use, their faults, cards, scores and signatures of an installation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from cloud.adapters.files.catalogues import read_sheet, read_wording
from cloud.adapters.store.store import Store
from cloud.config import CloudConfig
from cloud.errors import InputError
from cloud.records import Language
from cloud.review.eyes import ReviewRules, name_of, reason_of
from cloud.review.order import holds_number
from cloud.shares import share_object
from cloud.speech.catalogue import Wording, packaged_source
from cloud.wording.cards import cards_of, questions_of_cards
from cloud.wording.gates import Fault, faults_of
from cloud.wording.kit import TEXTS, kit_files
from cloud.wording.score import Score, score_of
from cloud.wording.sheet import Sheet, words_mark
from cloud.wording.signature import LANGUAGES, Standing, standings

_ZONE: Final = ZoneInfo("Africa/Casablanca")
_SEED: Final = 20_260_301


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language in an installation."""

    language: Language
    source: str
    digest: str
    wording: Wording
    own: bool
    """From the operator's folder, not from the package."""

    @property
    def mark(self) -> str:
        """How a scoring sheet names them."""
        return words_mark(self.language, self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A sheet with its score."""

    sheet: Sheet
    sha256: str
    score: Score


def language_named(text: str) -> Language:
    """A language by its code; InputError where Seguia does not speak it."""
    found = next((one for one in LANGUAGES if one.casefold() == text.casefold()), None)
    if found is None:
        raise InputError(f"language: expected one of {', '.join(LANGUAGES)}, got {text!r}; correct it")
    return found


def words_of(config: CloudConfig, language: Language) -> Words:
    """The words of a language that are in use."""
    wording = read_wording(config.sms.catalogues_dir)
    own = wording.sources.get(language)
    return Words(
        language=language,
        source=packaged_source(language) if own is None else own,
        digest=wording.catalogue(language).digest,
        wording=wording,
        own=own is not None,
    )


def local_day(now: datetime) -> date:
    """The day in Morocco."""
    return now.astimezone(_ZONE).date()


def faults(language: Language, source: str, day: date) -> tuple[Fault, ...]:
    """What keeps words from going live; the same words have the same faults on one day."""
    return faults_of(language, source, day=day, random=np.random.default_rng(_SEED))


def kit_of(words: Words, *, day: date, least: float) -> dict[str, str]:
    """The comprehension kit for words: every file by its name."""
    texts = {name: (files("cloud.wording") / "kit" / name).read_text(encoding="utf-8") for name in TEXTS}
    cards = cards_of(words.language, words.wording, day=day)
    return kit_files(texts, words.language, cards, words=words.mark, least=least)


def scored(words: Words, path: Path, *, least: float) -> Scored:
    """A filled sheet with its score; InputError where nobody answered."""
    asked = questions_of_cards()
    sheet, sha256 = read_sheet(path, asked, words.mark)
    score = score_of(sheet, sorted(asked), least=least)
    if score is None:
        more = f"; the first: {sheet.problems[0]}" if sheet.problems else ""
        raise InputError(f"{path.name}: expected at least one answer that can be used, got none{more}")
    return Scored(sheet=sheet, sha256=sha256, score=score)


def score_object(words: Words, found: Scored) -> dict[str, Any]:
    """A score as other programs read it; null where there are no data."""
    score = found.score
    return {
        "language": words.language,
        "catalogue_sha256": words.digest,
        "sheet_sha256": found.sha256,
        "enough": score.enough,
        "total": share_object(score.total),
        "act": share_object(score.act),
        "opposite": score.opposite,
        "cards": {str(card): share_object(share) for card, share in score.cards.items()},
        "literacy": {group: share_object(share) for group, share in score.literacy.items()},
        "interviewers": {name: share_object(share) for name, share in score.interviewers.items()},
        "agreement": None
        if score.agreement is None
        else {"marks": score.agreement.marks, "same": round(score.agreement.same, 4)},
        "reasons": list(score.reasons),
    }


def person_named(text: str) -> str:
    """Who signs; InputError where the name is none, or a telephone number."""
    if holds_number(text):
        raise InputError("--name: expected a name, got a telephone number; leave it out")
    try:
        return name_of(text, ReviewRules())
    except InputError as error:
        raise InputError(str(error).replace("--by", "--name").replace("who decides", "who signs")) from error


def reason_said(text: str, option: str) -> str:
    """A reason as it is kept; InputError where there is none, or where it holds a telephone number."""
    if holds_number(text):
        raise InputError(f"{option}: expected words without a telephone number, got one; leave it out")
    try:
        return reason_of(text)
    except InputError as error:
        raise InputError(str(error).replace("--why", option)) from error


def standing_of(store: Store, config: CloudConfig) -> Mapping[Language, tuple[Words, Standing, bool]]:
    """For each language its words in use, where they stand, and whether they may reach a telephone."""
    signed = standings(store.catalogue_words(), signatures=config.sms.catalogue_signatures)
    found = {language: words_of(config, language) for language in LANGUAGES}
    return {
        language: (words, signed[language], signed[language].catalogue_sha256 == words.digest)
        for language, words in found.items()
    }


def standing_line(words: Words, standing: Standing, *, live: bool) -> str:
    """Where a language stands, for people; without the signer's name."""
    if live:
        return f"may go live: {_newest(standing)}"
    if standing.state == "never_signed":
        return "nobody has signed it"
    if standing.state == "revoked":
        return f"revoked on {_day(standing)}"
    if standing.newest is not None and standing.newest.word.catalogue_sha256 != words.digest:
        return f"its words changed since they were signed on {_day(standing)}: sign them anew"
    return f"one person signed it on {_day(standing)}; a second must"


def _newest(standing: Standing) -> str:
    assert standing.newest is not None, "live words were signed"
    word = standing.newest.word
    told = f"signed on {_day(standing)} by {word.role}"
    if word.understood is None:
        return f"{told}, without a score"
    score = f"{100 * word.understood.share:.0f} % understood (at least {100 * word.understood.low:.0f})"
    return f"{told}, {score}" + (", below what is asked" if word.despite else "")


def _day(standing: Standing) -> str:
    assert standing.newest is not None, "a word was said"
    return f"{local_day(standing.newest.word.decided_at)}"
