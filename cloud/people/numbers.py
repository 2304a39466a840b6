"""Whose words come from a telephone number: numbers change hands, and answers come late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LATE_ANSWERS: Final = timedelta(days=14)
"""So long after a change an old number still speaks for its person: an answer is good for three days, a message may
wait in a network for a few more, and nobody else gets the number within weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A person and a number, from one moment to another."""

    farmer_id: str
    since: datetime
    until: datetime | None = None


def gave_up(holdings: Sequence[Holding], at: datetime) -> frozenset[str]:
    """Who had a number before a moment and neither at it nor since, by id."""
    before = {one.farmer_id for one in holdings if one.until is not None and one.until <= at}
    return frozenset(before - {one.farmer_id for one in holdings if one.until is None or at < one.until})


def owners(holdings: Sequence[Holding], at: datetime) -> tuple[str, ...]:
    """Whose word a text of a number is at a moment, by id.

    Who had the number then; else who gave it up shortly before; else who has it now, since people write before they
    are enrolled. Two may share a number: then both are named, and it is for the caller to tell them apart.
    """
    then = [one for one in holdings if one.since <= at and (one.until is None or at < one.until)]
    late = [one for one in holdings if one.until is not None and one.until <= at < one.until + LATE_ANSWERS]
    now = [one for one in holdings if one.until is None]
    return tuple(sorted({one.farmer_id for one in then or late or now}))
