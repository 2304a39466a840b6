"""The table of what people said of the words of a language."""

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from cloud.adapters.ledger import METADATA, position_column

CATALOGUE_WORDS: Final = Table(
    "catalogue_words",
    METADATA,
    position_column(),
    Column("language", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("catalogue_sha256", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("language", "number", name="catalogue_word_number"),
)
