"""An outbox that remembers only for the length of a test."""
# ruff: noqa: ARG002 -- a double takes what the store takes

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from cloud.adapters.store.outgoing import Queued
from cloud.adapters.store.queueing import message_identity
from cloud.messages import Message
from cloud.noticing import Sighting
from cloud.people.ties import Recipient, recipients_of
from cloud.records import Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message and where it stands."""

    message_id: str
    message: Message
    state: str
    queued_at: datetime
    maybe_left: bool = False


class Outbox:
    """The telling side of a store."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.queued: list[tuple[Message, str]] = []
        self.seen: dict[str, datetime] = {}
        self.sightings: list[Sighting] = []
        self.people: Mapping[str, tuple[Recipient, ...]] | None = None
        self.leaving: set[str] = set()
        """Messages that leave just before somebody withdraws them."""

    def recipients(self, day: date) -> Mapping[str, tuple[Recipient, ...]]:
        if self.people is not None:
            return self.people
        return recipients_of(self.parcels(), (), {}, day=day)

    def parcels(self) -> tuple[Parcel, ...]:
        return ()

    def said_since(self, moment: datetime, parcel_id: str | None = None) -> Sequence[Said]:
        return [one for one in self.said if one.queued_at >= moment and parcel_id in {None, one.message.parcel_id}]

    def withdraw(self, message_ids: Sequence[str], *, now: datetime, reason: str) -> frozenset[str]:
        gone = {
            one.message_id
            for one in self.said
            if one.message_id in message_ids and one.state == "queued" and one.message_id not in self.leaving
        }
        self.move(gone, "halted")
        self.move(self.leaving, "wired")
        self.leaving = set()
        return frozenset(gone)

    def move(self, message_ids: set[str] | frozenset[str], state: str) -> None:
        """Let messages get somewhere."""
        self.said = [replace(one, state=state) if one.message_id in message_ids else one for one in self.said]

    def deliver(self) -> None:
        """Let everything that waits reach its telephone."""
        self.move({one.message_id for one in self.said if one.state == "queued"}, "delivered")

    def last_said(self) -> Mapping[str, datetime]:
        return {one.message.farmer_id: one.queued_at for one in self.said if one.message.farmer_id is not None}

    def last_seen(self) -> Mapping[str, datetime]:
        return self.seen

    def sightings_since(self, moment: datetime) -> Sequence[Sighting]:
        return [one for one in self.sightings if one.taken_at >= moment]

    def queue_messages(self, messages: Sequence[tuple[Message, str]], *, now: datetime) -> Queued:
        names = []
        for message, digest in messages:
            name = message_identity(message)
            names.append(name)
            if name not in {one.message_id for one in self.said}:
                self.said.append(Said(message_id=name, message=message, state="queued", queued_at=now))
                self.queued.append((message, digest))
        return Queued(message_ids=tuple(names), problems=())
