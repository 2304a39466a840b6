"""Signing the words of a language, and taking signatures back."""

from pathlib import Path
from typing import Final

from cloud.commands.catalogue_desk import Scored, Words, faults, local_day, person_named, reason_said, scored
from cloud.commands.cloud_site import clock_of, open_store
from cloud.config import CloudConfig, Secrets
from cloud.errors import InputError
from cloud.wording.score import understood_of
from cloud.wording.signature import CatalogueWord, Signer

_LONGEST_ROLE: Final = 80


def signed(config: CloudConfig, words: Words, by: tuple[str, str], *, sheet: Path | None, despite: str | None) -> str:
    """Keep a signature (name and role) of words that pass every gate; what to tell of it."""
    name, role = _person(config, by)
    now = clock_of(config)()
    wrong = faults(words.language, words.source, local_day(now))
    if wrong:
        raise InputError(
            f"catalogue {words.language}: expected words without a fault, got {len(wrong)}, the first {wrong[0].line};"
            f" run: seguia cloud catalogue check {words.language}"
        )
    least = config.sms.comprehension_least
    found = None if sheet is None else scored(words, sheet, least=least)
    lacking = _lacking(found)
    if lacking and despite is None:
        raise InputError(
            f'catalogue {words.language}: {lacking}; ask more people or mend the words, or say --despite "REASON"'
        )
    word = CatalogueWord(
        language=words.language,
        act="sign",
        catalogue_sha256=words.digest,
        role=role,
        decided_at=now,
        understood=None if found is None else understood_of(found.score, found.sha256),
        least=least,
        despite=bool(lacking),
    )
    why = "" if despite is None else reason_said(despite, "--despite")
    with open_store(config) as store:
        store.keep_catalogue_word(word, Signer(name=name, why=why))
        live = store.signed_catalogues(signatures=config.sms.catalogue_signatures).get(words.language) == words.digest
    if live:
        return f"{words.mark}: signed; messages in these words may go live"
    return f"{words.mark}: signed by one person; a second must sign before messages in these words go live"


def revoked(config: CloudConfig, words: Words, by: tuple[str, str], *, why: str) -> str:
    """Take every signature of a language back; what to tell of it."""
    name, role = _person(config, by)
    word = CatalogueWord(
        language=words.language,
        act="revoke",
        catalogue_sha256=words.digest,
        role=role,
        decided_at=clock_of(config)(),
    )
    signer = Signer(name=name, why=reason_said(why, "--why"))
    with open_store(config) as store:
        store.keep_catalogue_word(word, signer)
    return f"{words.language}: revoked; nothing more leaves in this language until somebody signs again"


def _person(config: CloudConfig, by: tuple[str, str]) -> tuple[str, str]:
    name, role = person_named(Secrets(config).reviewer(by[0])), " ".join(by[1].split())
    if not role or len(role) > _LONGEST_ROLE:
        raise InputError(f"--role: expected up to {_LONGEST_ROLE} characters, got {len(role)}; say as what you sign")
    return name, role


def _lacking(found: Scored | None) -> str:
    if found is None:
        return "expected a filled scoring sheet, got none"
    if found.score.enough:
        return ""
    return f"expected a score that is enough, got one that is not: {'; '.join(found.score.reasons)}"
