"""What people said of the words of a language: each once, in the ledger, their names sealed."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, select

from cloud.adapters.store.database import Database
from cloud.adapters.store.vault import STAFF, seal_in, unseal_many
from cloud.adapters.store.wording_tables import CATALOGUE_WORDS
from cloud.errors import InputError
from cloud.records import Language
from cloud.review.eyes import same_name
from cloud.wording.signature import CatalogueWord, SignedCatalogue, Signer, signed_digests

_SEALED_AS: Final = "catalogue"


class Wordings(Database):
    """The side of the store that knows which words may go live."""

    def keep_catalogue_word(self, word: CatalogueWord, signer: Signer) -> None:
        """Keep a signature or a revocation; InputError where there is nothing left to revoke."""
        with self.writing() as writer:
            own = CATALOGUE_WORDS.c.language == word.language
            newest = select(CATALOGUE_WORDS).where(own).order_by(CATALOGUE_WORDS.c.number.desc()).limit(1)
            last = writer.connection.execute(newest).one_or_none()
            if word.act == "revoke" and (last is None or _word(last).act == "revoke"):
                raise InputError(
                    f"catalogue {word.language}: expected a signature to revoke, got none that stands;"
                    " see: seguia cloud catalogue list"
                )
            number = 1 if last is None else last.number + 1
            plain = json.dumps({"name": signer.name, "why": signer.why}, ensure_ascii=False)
            record_id = _record_id(word.language, number)
            row = {
                "language": word.language,
                "number": number,
                "catalogue_sha256": word.catalogue_sha256,
                "body": word.model_dump_json(),
                # Under a key without a month: who stands behind words in use is not forgotten with old texts.
                "sealed": seal_in(writer, self._keys, holder=STAFF, at=None, plain=plain, record_id=record_id),
            }
            writer.add("catalogue", [row])

    def catalogue_words(self) -> tuple[SignedCatalogue, ...]:
        """Every signature and revocation, oldest first."""
        with self.reading() as connection:
            rows = list(connection.execute(select(CATALOGUE_WORDS).order_by(CATALOGUE_WORDS.c.position)))
            pairs = [(row.sealed, _record_id(row.language, row.number)) for row in rows]
            signers = unseal_many(connection, self._keys, pairs)
            return tuple(_signed(row, signer) for row, signer in zip(rows, signers, strict=True))

    def signed_catalogues(self, *, signatures: int = 1) -> Mapping[Language, str]:
        """Digest of the words that may go live, by language; ``signatures`` different people must have signed them."""
        return signed_digests(self.catalogue_words(), signatures=signatures)


def _record_id(language: str, number: int) -> str:
    return f"{_SEALED_AS}/{language}/{number}"


def _word(row: Row[Any]) -> CatalogueWord:
    return CatalogueWord.model_validate_json(row.body)


def _signed(row: Row[Any], signer: str | None) -> SignedCatalogue:
    # One person at most: whoever was erased cannot be told from another.
    content = {"name": "(erased)", "why": ""} if signer is None else json.loads(signer)
    own = Signer(name=content["name"], why=content["why"])
    return SignedCatalogue(word=_word(row), signer=own, person=same_name(own.name))
