"""Signatures of catalogues on both databases: kept in the ledger, their names sealed."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from cloud.adapters.ledger import verify
from cloud.adapters.store.store import Store
from cloud.adapters.store.wording_tables import CATALOGUE_WORDS
from cloud.errors import InputError
from cloud.wording.signature import CatalogueWord, Signer, WordAct

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
DIGEST = "b" * 64


def word(act: WordAct = "sign", digest: str = DIGEST) -> CatalogueWord:
    return CatalogueWord(language="ary", act=act, catalogue_sha256=digest, role="agronomist", decided_at=AT)


def test_a_signature_is_kept_once_a_word_and_read_back(store: Store, reopened: Callable[[], Store]) -> None:
    store.keep_catalogue_word(word(), Signer(name="Amal Invented", why="the pump hours were understood"))
    store.keep_catalogue_word(word(digest="a" * 64), Signer(name="AMAL  invented"))
    with reopened() as again:
        first, second = again.catalogue_words()
        assert first.signer == Signer(name="Amal Invented", why="the pump hours were understood")
        assert first.person == second.person
        assert first.word == word()
        assert again.signed_catalogues() == {"ary": "a" * 64}
        assert again.signed_catalogues(signatures=2) == {}
        assert verify(again).intact


def test_a_name_is_not_readable_in_the_database(store: Store) -> None:
    store.keep_catalogue_word(word(), Signer(name="Amal Invented", why="because"))
    with store.reading() as connection:
        (row,) = connection.execute(select(CATALOGUE_WORDS))
        assert b"Amal" not in row.sealed
        assert "Amal" not in row.body


def test_a_revocation_needs_something_to_revoke(store: Store) -> None:
    with pytest.raises(InputError, match="expected a signature to revoke, got none that stands"):
        store.keep_catalogue_word(word("revoke"), Signer(name="Amal Invented"))
    store.keep_catalogue_word(word(), Signer(name="Amal Invented"))
    store.keep_catalogue_word(word("revoke"), Signer(name="Amal Invented", why="a farmer irrigated in the rain"))
    assert store.signed_catalogues() == {}
    with pytest.raises(InputError, match="expected a signature to revoke"):
        store.keep_catalogue_word(word("revoke"), Signer(name="Amal Invented"))


def test_a_signature_changed_in_the_database_is_found(store: Store) -> None:
    store.keep_catalogue_word(word(), Signer(name="Amal Invented"))
    with store.writing() as writer:
        writer.connection.execute(update(CATALOGUE_WORDS).values(catalogue_sha256="c" * 64))
    assert not verify(store).intact
