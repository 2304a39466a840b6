"""Which words may go live, by what people signed, revoked and signed again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from cloud.wording.signature import CatalogueWord, SignedCatalogue, Signer, Understood, signed_digests, standings

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
OLD, NEW = "a" * 64, "b" * 64


def said(digest: str = NEW, person: str = "amal", **changed: Any) -> SignedCatalogue:  # noqa: ANN401 -- any field
    content = {"language": "ary", "act": "sign", "catalogue_sha256": digest, "role": "agronomist", "decided_at": AT}
    word = CatalogueWord.model_validate(content | changed)
    return SignedCatalogue(word=word, signer=Signer(name=person), person=person)


def test_nobody_signed_and_nothing_is_live() -> None:
    assert signed_digests([]) == {}
    assert {one.state for one in standings([]).values()} == {"never_signed"}
    assert len(standings([])) == 7


def test_the_newest_signature_counts_and_only_for_its_language() -> None:
    assert signed_digests([said(OLD), said(NEW)]) == {"ary": NEW}
    assert signed_digests([said(NEW), said(OLD)]) == {"ary": OLD}
    assert signed_digests([said(NEW), said(OLD, language="fr")]) == {"ary": NEW, "fr": OLD}


def test_a_revocation_takes_every_signature_before_it_away() -> None:
    words = [said(NEW), said(NEW, act="revoke")]
    assert signed_digests(words) == {}
    assert standings(words)["ary"].state == "revoked"
    assert signed_digests([*words, said(NEW)]) == {"ary": NEW}


def test_two_signatures_are_of_two_people_on_the_same_words() -> None:
    alone = [said(NEW), said(NEW)]
    assert signed_digests(alone, signatures=2) == {}
    assert standings(alone, signatures=2)["ary"].state == "awaits_second"
    assert signed_digests([said(NEW), said(NEW, person="karim")], signatures=2) == {"ary": NEW}
    assert signed_digests([said(OLD, person="karim"), said(NEW)], signatures=2) == {}


def test_a_signature_from_before_a_revocation_is_not_the_first_of_two() -> None:
    words = [said(NEW, person="karim"), said(NEW, act="revoke"), said(NEW)]
    assert signed_digests(words, signatures=2) == {}


def test_newer_words_half_signed_do_not_leave_the_older_ones_live() -> None:
    words = [said(OLD), said(OLD, person="karim"), said(NEW)]
    assert signed_digests(words, signatures=2) == {}


def test_a_word_says_whom_it_is_from_and_about_what() -> None:
    with pytest.raises(ValidationError, match="role"):
        said(role="")
    with pytest.raises(ValidationError, match="catalogue_sha256"):
        said("short")
    with pytest.raises(ValidationError, match="share"):
        Understood(sheet_sha256=OLD, respondents=1, answers=1, share=1.2, low=0.1, high=1.0, opposite=0)
    assert said(decided_at=AT + timedelta(days=1)).word.least == 0.80
