"""INVENTED people and texts for the outbox under fire; each text stands for one message, whoever sends it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cloud.messages import Farmer, Message

BATCH: Final = 20
END: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Far away: what is lost here is lost by a crash, not by time."""


def farmers(count: int) -> list[Farmer]:
    """People with a number each; it never ends in what the stand-in takes for a code."""
    return [
        Farmer(id=f"f{number}", name=f"Invented {number}", phone_number=f"+2126{10_000_000 + number * 100:08d}")
        for number in range(count)
    ]


def texts(numbers: range, people: int = 0) -> Sequence[Message]:
    """Advice, one of each number; ``people`` share them in turn, else everybody has one."""
    return [
        Message(
            parcel_id=f"p{number}",
            kind="irrigate",
            language="fr",
            text=f"Parcelle {number}: irriguez demain de 6 a 8 h. Repondez 1 = fait, 2 = non.",
            encoding="gsm7",
            segments=1,
            valid_until=END,
            reviewed=True,
            farmer_id=f"f{number % people if people else number}",
        )
        for number in numbers
    ]
