"""Whether a gateway really gets on with its work, part by part; only then is the service manager's watchdog fed.

A thread that turns proves little. A part is well when it finished something, or when it rests for a good reason:
nothing is due, or what it waits for was told. Times are monotonic seconds, so that no step of the wall clock counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FAILURES_EXCUSED: Final = 3
"""After so many failures without a success between them, resting is no excuse any more: a new start is wanted."""


@dataclass(slots=True, kw_only=True)
class _Part:
    patience_s: float
    well_at_s: float
    expendable: bool = False
    failures: int = 0


class Progress:
    """Memory of when each part of a gateway was last well; safe to use from several threads."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._parts: dict[str, _Part] = {}

    def expect(self, part: str, patience_s: float, *, expendable: bool = False) -> None:
        """From now on a part is expected to be well at least so often; an expendable one is worth no new start."""
        self._parts[part] = _Part(patience_s=patience_s, well_at_s=self._monotonic_s(), expendable=expendable)

    def made(self, part: str) -> None:
        """A part finished something."""
        known = self._parts[part]
        known.well_at_s, known.failures = self._monotonic_s(), 0

    def rests(self, part: str) -> None:
        """A part has nothing to do, or waits for something that was told; no excuse once it failed again and again."""
        known = self._parts[part]
        if known.failures < FAILURES_EXCUSED:
            known.well_at_s = self._monotonic_s()

    def failed(self, part: str) -> None:
        """A part stumbled for a reason of its own, not of what it was given."""
        self._parts[part].failures += 1

    def late(self, *, expendable: bool = False) -> tuple[str, ...]:
        """Parts that were not well for longer than their patience: those that a gateway needs, or the others."""
        now_s = self._monotonic_s()
        parts = [(name, part) for name, part in self._parts.items() if part.expendable == expendable]
        return tuple(name for name, part in parts if now_s - part.well_at_s > part.patience_s)
