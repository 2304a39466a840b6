"""Texts of farmers asked for instead of waited for: a server that nobody can reach from outside hears them too.

The carrier numbers its texts. What was kept last is where the next question begins, so nothing has to be remembered
beside the texts themselves; a text that also came in as a callback is kept once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cloud.messages import Inbound

MOST_PAGES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Texts after a number, in the carrier's order, and what of the answer could not be read."""

    texts: Sequence[tuple[int, Inbound]]
    last_id: int
    """The number after which the next page begins."""
    problems: tuple[str, ...] = ()


class Source(Protocol):
    """A carrier that can be asked for texts."""

    @property
    def name(self) -> str:
        """Carrier of its texts."""
        ...

    def after(self, last_id: int) -> Page:
        """Texts after a number; ServiceUnavailableError when the carrier cannot be asked."""
        ...


class FetchStore(Protocol):
    """Where texts are kept."""

    def last_fetched(self, carrier: str) -> int:
        """Number of the last text that was fetched from a carrier; 0 for none."""
        ...

    def knows(self, inbound: Inbound) -> bool:
        """Whether the same person's same words of the same moment came in by another door of the carrier."""
        ...

    def add_inbound(self, inbound: Inbound) -> bool:
        """Keep a text; False when it was there already."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one question brought."""

    taken: int
    known: int
    problems: tuple[str, ...]


def fetch_inbound(store: FetchStore, source: Source) -> Fetched:
    """Ask until nothing is new; every text is kept once, however often it is asked for."""
    last_id, taken, known = store.last_fetched(source.name), 0, 0
    problems: list[str] = []
    for _ in range(MOST_PAGES):
        page = source.after(last_id)
        problems.extend(page.problems)
        for _, inbound in page.texts:
            new = not store.knows(inbound) and store.add_inbound(inbound)
            taken, known = taken + new, known + (not new)
        if page.last_id <= last_id:
            break
        last_id = page.last_id
    return Fetched(taken=taken, known=known, problems=tuple(dict.fromkeys(problems)))
