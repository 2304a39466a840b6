"""A text in the modem's book: its columns, its tables, and the letter that waits for the modem."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from edge.contract import Command
from edge.gsm.submit import split
from edge.pseudonym import Pseudonyms

Origin = Literal["cloud", "gateway"]
COLUMNS: Final = (
    "id", "about", "origin", "attempt", "state", "recipient", "number", "text", "parts", "valid_until", "next_at",
    "tries", "reference", "reason",
)  # fmt: skip
# Made beside the queue's own tables, which a gateway in the field may have had before it had a modem.
SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS letter (
    id TEXT PRIMARY KEY, about TEXT NOT NULL, origin TEXT NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL,
    recipient TEXT NOT NULL, number TEXT NOT NULL, text TEXT NOT NULL, parts INTEGER NOT NULL,
    valid_until INTEGER NOT NULL, next_at INTEGER NOT NULL, tries INTEGER NOT NULL, reference INTEGER NOT NULL,
    reason TEXT) STRICT""",
    "CREATE INDEX IF NOT EXISTS letter_due ON letter (state, next_at)",
    "CREATE INDEX IF NOT EXISTS letter_about ON letter (about)",
    """CREATE TABLE IF NOT EXISTS letter_part (
    id TEXT NOT NULL, place INTEGER NOT NULL, state TEXT NOT NULL, reference INTEGER, sent_at INTEGER NOT NULL,
    PRIMARY KEY (id, place)) STRICT""",
    "CREATE INDEX IF NOT EXISTS letter_part_sent ON letter_part (sent_at)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A text that waits for the modem, with the place of its next part (1, 2, ...)."""

    id: str
    number: str
    text: str
    parts: int
    valid_until: datetime
    reference: int
    tries: int
    place: int


def new_row(
    command: Command, now: datetime, origin: Origin, reason: str | None, pseudonyms: Pseudonyms
) -> dict[str, Any]:
    """Row of a command that is taken over, or refused for a reason; of a refused one nothing personal is kept."""
    return {
        "id": command.id,
        "about": command.about,
        "origin": origin,
        "attempt": command.attempt,
        "state": "taken" if reason is None else "refused",
        "recipient": pseudonyms.of_number(command.phone_number),
        "number": "" if reason else command.phone_number,
        "text": "" if reason else command.text,
        "parts": len(split(command.text)),
        "valid_until": seconds(command.valid_until),
        "next_at": seconds(now),
        "tries": 0,
        # Another for each text, so that a telephone never joins parts of two.
        "reference": pseudonyms.small_number(command.id),
        "reason": reason,
    }


def seconds(moment: datetime) -> int:
    """Unix time [s]."""
    return int(moment.timestamp())
