"""A gateway begun anew in the same process when its store was found damaged: models stay loaded, capture goes on."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from edge.errors import StoreDamagedError

RENEWALS: Final = 5
"""A card that breaks the store again and again is not mended by another beginning."""

Result = TypeVar("Result")


class Turns:
    """Runs work that may have to begin anew, until it ends by itself or is told to end."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._asked = threading.Event()
        self._turn = threading.Event()

    def end(self) -> None:
        """Let the work end for good; safe in a signal handler."""
        self._asked.set()
        self._turn.set()

    def run(self, work: Callable[[threading.Event], Result]) -> Result:
        """Do the work, which ends when its event is set; StoreDamagedError once it was begun anew too often."""
        for renewals_left in range(RENEWALS, -1, -1):
            self._turn = threading.Event()
            if self._asked.is_set():
                self._turn.set()
            try:
                return work(self._turn)
            except StoreDamagedError as error:
                if not renewals_left:
                    raise
                self._tell(f"{error}; the gateway begins anew")
        raise AssertionError("the last turn returns or raises")
