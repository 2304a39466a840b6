"""What telling needs of a store: who is told, what was said, texts taken back and queued."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from cloud.messages import Message
from cloud.people.ties import Recipient


class SaidMessage(Protocol):
    """A message as the store remembers it."""

    @property
    def message_id(self) -> str:
        """Its name in the store."""
        ...

    @property
    def message(self) -> Message:
        """The text and whom it was for."""
        ...

    @property
    def state(self) -> str:
        """How far it came."""
        ...

    @property
    def queued_at(self) -> datetime:
        """When it was decided."""
        ...

    @property
    def maybe_left(self) -> bool:
        """Whether it waits or was taken back after its carrier may have got it."""
        ...


class Queued(Protocol):
    """What became of texts that were to be queued."""

    @property
    def message_ids(self) -> Sequence[str | None]:
        """Name of each, None where it could not be queued."""
        ...

    @property
    def problems(self) -> Sequence[str]:
        """Why not, one line each."""
        ...


class TellingStore(Protocol):
    """What telling needs of a store."""

    def recipients(self, day: date) -> Mapping[str, tuple[Recipient, ...]]:
        """Who is told about each parcel."""
        ...

    def said_since(self, moment: datetime, parcel_id: str | None = None) -> Sequence[SaidMessage]:
        """Messages queued from a moment on, oldest first; all or those about one parcel."""
        ...

    def withdraw(self, message_ids: Sequence[str], *, now: datetime, reason: str) -> frozenset[str]:
        """Halt messages that still wait; which of them did."""
        ...

    def queue_messages(self, messages: Sequence[tuple[Message, str]], *, now: datetime) -> Queued:
        """Queue texts, each with the digest of its verdict."""
        ...
