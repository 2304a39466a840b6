"""Lines for the person who runs a gateway: on stderr, where the service manager keeps them."""

import sys
from collections.abc import Callable


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
        self._told: set[str] = set()

    def tell(self, line: str) -> None:
        """Say a line."""
        self._tell(line)

    def trouble(self, subject: str, line: str) -> None:
        """Say a line about a subject, unless its trouble was said already."""
        if subject not in self._told:
            self._told.add(subject)
            self._tell(line)

    def over(self, subject: str, line: str) -> None:
        """Say that a subject's trouble is over, if it was ever said."""
        if subject in self._told:
            self._told.discard(subject)
            self._tell(line)
