"""Kinds of column that migrations share; they are frozen, as the migrations are."""

from typing import Any, Final

import sqlalchemy as sa

POSITION: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def position() -> sa.Column[Any]:
    """The key of a record: its place in the ledger."""
    return sa.Column("position", POSITION, autoincrement=False, nullable=False)


def place() -> tuple[sa.Column[Any], ...]:
    """Who a gateway belongs to, and its name."""
    return (text("organisation"), text("gateway"))


def message_key() -> tuple[sa.Column[Any], ...]:
    """The stable name of a message."""
    return (*place(), text("boot"), sa.Column("sequence", sa.BigInteger(), nullable=False))


def text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A text."""
    return sa.Column(name, sa.Text(), nullable=nullable)


def sha256(name: str) -> sa.Column[Any]:
    """A SHA-256 in hexadecimal."""
    return sa.Column(name, sa.String(length=64), nullable=False)


def count(name: str) -> sa.Column[Any]:
    """A whole number."""
    return sa.Column(name, sa.Integer(), nullable=False)


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A time with its zone."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
