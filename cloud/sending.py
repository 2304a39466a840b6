"""Hands due messages to a carrier: never late, never twice, and every outcome recorded.

It knows a store and a carrier only by what they can do. A message is claimed durably before the network is touched, so
a crash leaves it claimed, and recovery calls it unknown; nothing here sends an unknown message again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from cloud.errors import ConfigurationError
from cloud.messages import Delivery, QueuedMessage

OutcomeKind = Literal["accepted", "rejected", "retry", "unknown", "halt"]

CHUNK: Final = 100
MOST_ATTEMPTS: Final = 12
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)
HALT_WAIT: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one message: ``retry`` and ``halt`` mean surely not sent, ``unknown`` means perhaps sent."""

    kind: OutcomeKind
    carrier_id: str | None = None
    reason: str | None = None
    opt_out: bool = False
    retry_after_s: float | None = None


class Carrier(Protocol):
    """A way to telephones."""

    @property
    def name(self) -> str:
        """What deliveries call it."""
        ...

    @property
    def live(self) -> bool:
        """Whether messages reach real people."""
        ...

    def send(self, batch: Sequence[QueuedMessage]) -> tuple[Outcome, ...]:
        """One outcome a message, in order; ``halt`` when the whole channel must pause."""
        ...


class OutgoingStore(Protocol):
    """Where messages wait and where their outcomes are kept."""

    def claim_due(self, now: datetime, limit: int) -> tuple[QueuedMessage, ...]:
        """Messages due, durably marked as being sent before they are given out."""
        ...

    def record_delivery(self, delivery: Delivery, *, retry_at: datetime | None = None) -> None:
        """Keep an outcome; state ``queued`` puts the message back, to be claimed again from ``retry_at`` on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPolicy:
    """What the operator allows; drafts go to a spool or a stand-in at most, whatever is switched on."""

    reviewed_only: bool = True
    weights_licence_known: bool = False
    allow_unlicensed_weights: bool = False
    silenced: frozenset[str] = frozenset()
    """Farmers who wrote STOP and not START since."""


@dataclass(slots=True, kw_only=True)
class SendReport:
    """Counts of one run, why the channel halted if it did, and who asked to be left alone."""

    accepted: int = 0
    rejected: int = 0
    requeued: int = 0
    unknown: int = 0
    expired: int = 0
    refused: int = 0
    silenced: int = 0
    """Queued before their farmer wrote STOP: not an alarm, and never sent."""
    halted_because: str | None = None
    opted_out: list[str] = field(default_factory=list)
    """Farmer ids; messages without a farmer are named by their id."""

    @property
    def alarms(self) -> tuple[str, ...]:
        """What an operator must look at, one line each."""
        lines = []
        if self.halted_because is not None:
            lines.append(f"channel halted: {self.halted_because}; {self.requeued} messages wait, none is lost")
        if self.unknown:
            lines.append(f"{self.unknown} messages may or may not have been sent; their delivery reports will tell")
        if self.refused:
            lines.append(f"{self.refused} messages refused: their language is not reviewed by a native agronomist")
        return tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    store: OutgoingStore
    carrier: Carrier
    clock: Callable[[], datetime]
    report: SendReport

    def record(
        self, queued: QueuedMessage, state: str, reason: str | None = None, retry_at: datetime | None = None
    ) -> None:
        delivery = Delivery.model_validate(
            {
                "message_id": queued.message_id,
                "state": state,
                "carrier": self.carrier.name,
                "reason": reason,
                "at": self.clock(),
            }
        )
        self.store.record_delivery(delivery, retry_at=retry_at)


def send_due(
    store: OutgoingStore,
    carrier: Carrier,
    *,
    clock: Callable[[], datetime],
    limit: int = 1000,
    policy: SendPolicy | None = None,
) -> SendReport:
    """Send what is due, at most ``limit`` messages, until the queue is empty or the channel halts."""
    rules = policy or SendPolicy()
    must_be_licensed(carrier, rules)
    desk = _Desk(store=store, carrier=carrier, clock=clock, report=SendReport())
    left = limit
    while left > 0 and desk.report.halted_because is None:
        # Few at a time: what is claimed when the machine dies can only be called unknown afterwards.
        chunk = store.claim_due(clock(), min(CHUNK, left))
        if not chunk:
            break
        left -= len(chunk)
        _send_chunk(desk, chunk, rules)
    return desk.report


def must_be_licensed(carrier: Carrier, policy: SendPolicy) -> None:
    """Refuse live sending on weights of unknown licence, unless the operator switched it on; asks no network."""
    if carrier.live and not policy.weights_licence_known and not policy.allow_unlicensed_weights:
        raise ConfigurationError(
            f"sms.carrier {carrier.name}: expected model weights of a known licence for live sending, got weights"
            " trained on images without one; nothing was sent: set sms.allow_unlicensed_weights = true to use them"
        )


def _send_chunk(desk: _Desk, chunk: Sequence[QueuedMessage], policy: SendPolicy) -> None:
    fit = [queued for queued in chunk if _may_go(desk, queued, policy)]
    outcomes = desk.carrier.send(fit) if fit else ()
    for queued, outcome in zip(fit, outcomes, strict=True):
        _settle(desk, queued, outcome)


def _may_go(desk: _Desk, queued: QueuedMessage, policy: SendPolicy) -> bool:
    """Asked again just before the network: an advice past its window is dropped, never sent late."""
    message = queued.message
    if message.valid_until <= desk.clock():
        desk.record(queued, "expired", f"its validity ended at {message.valid_until.isoformat()}")
        desk.report.expired += 1
        return False
    if message.farmer_id in policy.silenced:
        desk.record(queued, "halted", "the farmer asked for silence with STOP")
        desk.report.silenced += 1
        return False
    if not message.reviewed and (policy.reviewed_only or desk.carrier.live):
        desk.record(queued, "halted", f"language {message.language} is not reviewed by a native agronomist")
        desk.report.refused += 1
        return False
    return True


def _settle(desk: _Desk, queued: QueuedMessage, outcome: Outcome) -> None:
    if outcome.opt_out:
        desk.report.opted_out.append(queued.message.farmer_id or queued.message_id)
    if outcome.kind == "accepted":
        _wired(desk, queued, outcome)
    elif outcome.kind == "rejected":
        desk.record(queued, "failed", outcome.reason)
        desk.report.rejected += 1
    elif outcome.kind == "unknown":
        desk.record(queued, "unknown", outcome.reason)
        desk.report.unknown += 1
    elif outcome.kind == "halt":
        desk.report.halted_because = desk.report.halted_because or outcome.reason or "the carrier gave no reason"
        _put_back(desk, queued, desk.report.halted_because, HALT_WAIT)
    else:
        _try_later(desk, queued, outcome)


def _wired(desk: _Desk, queued: QueuedMessage, outcome: Outcome) -> None:
    delivery = Delivery(
        message_id=queued.message_id,
        state="wired",
        carrier=desk.carrier.name,
        carrier_id=outcome.carrier_id,
        at=desk.clock(),
    )
    desk.store.record_delivery(delivery)
    desk.report.accepted += 1


def _try_later(desk: _Desk, queued: QueuedMessage, outcome: Outcome) -> None:
    """Wait 5, 10, 20 ... minutes, an hour at most unless the carrier asks for more; validity ends it all."""
    attempt = queued.attempts + 1
    reason = outcome.reason or "the carrier asked to try again"
    if attempt >= MOST_ATTEMPTS:
        desk.record(queued, "failed", f"gave up after {attempt} attempts: {reason}")
        desk.report.rejected += 1
        return
    wait = max(min(FIRST_WAIT * 2**queued.attempts, LONGEST_WAIT), timedelta(seconds=outcome.retry_after_s or 0.0))
    _put_back(desk, queued, reason, wait)


def _put_back(desk: _Desk, queued: QueuedMessage, reason: str, wait: timedelta) -> None:
    retry_at = desk.clock() + wait
    if retry_at >= queued.message.valid_until:
        desk.record(queued, "expired", f"no time left to try again: {reason}")
        desk.report.expired += 1
        return
    desk.record(queued, "queued", reason, retry_at)
    desk.report.requeued += 1
