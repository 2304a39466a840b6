"""Lines for the person who runs a gateway: on stderr, where the service manager keeps them."""

import sys
from collections.abc import Callable

from edge.errors import StoreUnavailableError
from edge.troubles import Troubles


def harmless(line: str) -> str:
    """The line with every character that a terminal would obey written out: a file's name may hold any."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)


def tell_operator(line: str) -> None:
    """Write one line on stderr, complete at once."""
    sys.stderr.write(f"seguia gateway: {harmless(line)}\n")
    sys.stderr.flush()


class Voice:
    """Says a lasting trouble once, and once more when it is over: not every second."""

    def __init__(self, tell: Callable[[str], None] = tell_operator) -> None:
        self._tell = tell
        self._told: dict[str, str] = {}
        self._book: Troubles | None = None
        self._unwritten: set[str] = set()

    def keep(self, book: Troubles) -> None:
        """From now on write what is wrong down too, for heartbeat and receipt."""
        self._book = book
        self._unwritten = set(self._told)
        self._write()

    def tell(self, line: str) -> None:
        """Say a line."""
        self._tell(line)

    def trouble(self, subject: str, line: str) -> None:
        """Say a line about a subject, unless its trouble was said already."""
        if subject not in self._told:
            self._told[subject] = line
            self._tell(line)
            self._unwritten.add(subject)
        self._write()

    def over(self, subject: str, line: str) -> None:
        """Say that a subject's trouble is over, if it was ever said."""
        if self._told.pop(subject, None) is not None:
            self._tell(line)
            self._unwritten.add(subject)
        self._write()

    def _write(self) -> None:
        # A store that cannot be written is itself a trouble: what was not written is written with the next word.
        if self._book is None:
            return
        try:
            for subject in tuple(self._unwritten):
                self._write_down(self._book, subject)
        except StoreUnavailableError:
            return

    def _write_down(self, book: Troubles, subject: str) -> None:
        # No lock of ours is held while the store's is asked for; what another thread changed meanwhile is written anew.
        while True:
            line = self._told.get(subject)
            if line is None:
                book.over(subject)
            else:
                book.open(subject, line)
            if self._told.get(subject) == line:
                self._unwritten.discard(subject)
                return
