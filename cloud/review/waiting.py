"""What waits for a person in a store, and the card that somebody means by its name."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from cloud.errors import InputError
from cloud.review.queue import QueuedCard, queue_of
from cloud.review.store import ReviewStore

DAYS_BACK: Final = 3
"""How long a verdict that nobody decided in time is still shown."""
SHORTEST_NAME: Final = 4


def waiting(store: ReviewStore, now: datetime) -> tuple[QueuedCard, ...]:
    """The queue at a moment."""
    since = first_day(now)
    parcels = {parcel.id: parcel for parcel in store.parcels()}
    words = [signed.word for signed in store.words(since)]
    return queue_of(store.withheld(since), parcels, words, now)


def first_day(now: datetime) -> date:
    """First day whose verdicts the queue looks at."""
    return now.date() - timedelta(days=DAYS_BACK)


def card_named(cards: Sequence[QueuedCard], name: str) -> QueuedCard:
    """The card with an id, or with the only id that begins so; InputError where there is none."""
    found = [one for one in cards if len(name) >= SHORTEST_NAME and one.card.id.startswith(name.lower())]
    if len(found) != 1:
        got = "none (decided already, or never there)" if not found else f"{len(found)} of them"
        raise InputError(f"card {name}: expected the id of one that waits, got {got}; see: seguia cloud review list")
    return found[0]
