"""The states of a message: it only moves forward, and only a refused attempt leads back to the queue."""

from typing import Final

FINAL: Final = frozenset({"delivered", "failed", "expired"})
"""States that nothing changes any more."""

_RANK: Final = {
    "queued": 0,
    "sending": 1,
    "halted": 2,
    "unknown": 2,
    "wired": 3,
    "sent": 4,
    "delivered": 5,
    "failed": 5,
    "expired": 5,
}


def moves(current: str, reported: str) -> bool:
    """Whether a message in one state takes a reported one.

    Queued again follows only from an attempt under way that its carrier surely refused: after silence
    ("unknown") the text may be on a telephone already, so it is never sent again.
    """
    if reported == "queued":
        return current == "sending"
    return _RANK[reported] > _RANK[current]
