"""What was forgotten: a person's data, or texts that nobody needs any more."""

from datetime import date, datetime, timedelta
from typing import Literal

from cloud.records import Record


class Erasure(Record):
    """Keys that were destroyed, by their random names, and how much they had kept."""

    cause: Literal["person", "retention"]
    keys: tuple[str, ...]
    versions: int = 0
    """Versions of a name, a number and preferences."""
    texts: int = 0
    """Texts that came from telephones."""
    shared_numbers: int = 0
    """Numbers that somebody else has too: their texts stay theirs."""
    older: int = 0
    """Records sealed before there were data keys: they go when the older master keys are forgotten."""


def first_kept_month(now: datetime, keep_days: int) -> str:
    """The first month (YYYY-MM) whose texts stay: a month goes when its last day is older than what is kept."""
    oldest: date = now.date() - timedelta(days=keep_days)
    return oldest.strftime("%Y-%m")
