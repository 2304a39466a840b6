"""A store in memory and a carrier by script, for whoever tests how messages are handed over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cloud.dispatch.carrier import ChannelHalt, Settlement
from cloud.messages import Delivery, Message, QueuedMessage
from cloud.sending import Leaves, Outcome

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=20)
WORDS = "a" * 64
ACCEPTED = Outcome(kind="accepted", carrier_id="c")


@dataclass
class MemoryStore:
    """Claims each message once, as the real store does; remembers every delivery."""

    waiting: list[QueuedMessage] = field(default_factory=list)
    sending: dict[str, QueuedMessage] = field(default_factory=dict)
    deliveries: list[tuple[Delivery, datetime | None]] = field(default_factory=list)
    claims: list[int] = field(default_factory=list)

    halted: list[ChannelHalt] = field(default_factory=list)
    opened: list[tuple[str, datetime, str]] = field(default_factory=list)
    not_over: dict[str, str] = field(default_factory=dict)
    hours_asked: bool = False

    def claim_due(
        self, now: datetime, limit: int, *, carrier: str = "", leaves: Leaves | None = None, handing_on: bool = False
    ) -> tuple[QueuedMessage, ...]:
        assert now.tzinfo is not None
        self.hours_asked = leaves is not None
        free = [one for one in self.waiting if not handing_on or self.not_over.get(one.message_id) != carrier]
        taken = free[:limit]
        self.waiting = [one for one in self.waiting if one not in taken]
        self.claims.append(len(taken))
        self.sending |= {queued.message_id: queued for queued in taken}
        return tuple(taken)

    def settle(self, settlements: Sequence[Settlement]) -> None:
        for one in settlements:
            assert one.delivery.message_id in self.sending, "an outcome for a message that was not claimed"
            queued = self.sending.pop(one.delivery.message_id)
            self.deliveries.append((one.delivery, one.retry_at))
            if one.handed_on:
                self.not_over[queued.message_id] = one.delivery.carrier
                self.waiting.append(queued)

    def channel_halt(self, carrier: str) -> ChannelHalt | None:
        mine = [halt for halt in self.halted if halt.carrier == carrier]
        return mine[-1] if mine and carrier not in {name for name, _, _ in self.opened} else None

    def halt_channel(self, halt: ChannelHalt) -> None:
        self.halted.append(halt)

    def open_channel(self, carrier: str, *, at: datetime, reason: str) -> None:
        self.opened.append((carrier, at, reason))

    def told(self) -> list[tuple[str, str, str | None]]:
        return [(delivery.message_id, delivery.state, delivery.reason) for delivery, _ in self.deliveries]


@dataclass
class ScriptedCarrier:
    outcomes: Callable[[QueuedMessage], Outcome] = lambda _: ACCEPTED
    name: str = "scripted"
    live: bool = False
    batches: list[list[str]] = field(default_factory=list)

    def send(self, batch: Sequence[QueuedMessage]) -> tuple[Outcome, ...]:
        self.batches.append([queued.message_id for queued in batch])
        return tuple(self.outcomes(queued) for queued in batch)


def queued(
    number: int, *, reviewed: bool = True, until: datetime = UNTIL, attempts: int = 0, farmer: str | None = "f1"
) -> QueuedMessage:
    message = Message(
        parcel_id="p1",
        kind="irrigate",
        language="en" if reviewed else "ary",
        text="Nord: irrigate",
        encoding="gsm7",
        segments=1,
        valid_until=until,
        reviewed=reviewed,
        farmer_id=farmer,
        catalogue_sha256=WORDS,
    )
    return QueuedMessage(message_id=f"m{number}", message=message, phone_number="+212612345678", attempts=attempts)


def clock() -> datetime:
    return NOW
