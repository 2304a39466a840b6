"""Who goes first: answers before advice, advice before what can wait."""

from enum import IntEnum
from typing import Final


class Priority(IntEnum):
    """The lower, the sooner; the order is kept in the store."""

    REPLY = 0
    ADVICE = 1
    BULK = 2


REPLIES: Final = frozenset({"thanks", "which_parcel", "stop", "start", "help", "turn_swap", "call_soon"})
"""They answer somebody who has just written."""
BULK: Final = frozenset({"alive", "welcome"})
SAFETY: Final = frozenset({"correction", "heat", "stop", "start", "offline", "blocked_emitters"})
"""What harms if it stays unsaid: it stops last when the money of a day runs out."""
EVENING: Final = frozenset(
    {"irrigate", "wait", "no_irrigation_rain", "skip_turn", "wait_agronomist", "confirm", "alive", "quota_warning"}
)
"""What is best read in the evening, when the next day is planned."""


def priority_of(kind: str) -> Priority:
    """How soon a kind of message goes; an unknown kind is advice."""
    if kind in REPLIES:
        return Priority.REPLY
    return Priority.BULK if kind in BULK else Priority.ADVICE
