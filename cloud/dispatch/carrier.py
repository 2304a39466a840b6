"""What a carrier is, and what it may answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from cloud.messages import Delivery, QueuedMessage

OutcomeKind = Literal["accepted", "rejected", "retry", "unknown", "halt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one message: ``retry`` and ``halt`` mean surely not sent, ``unknown`` means perhaps sent."""

    kind: OutcomeKind
    carrier_id: str | None = None
    reason: str | None = None
    opt_out: bool = False
    retry_after_s: float | None = None
    said: str | None = None
    """What was asked and answered, without numbers and keys, for the operator who looks at one message."""


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


@runtime_checkable
class TakesOnce(Protocol):
    """A carrier that passes a message on once, however often it is handed the same one."""

    @property
    def takes_once(self) -> bool:
        """Whether it does so as it is configured."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What is left on a carrier's account."""

    amount: float
    currency: str


@runtime_checkable
class HasBalance(Protocol):
    """A carrier whose account can be asked for."""

    def balance(self) -> Balance:
        """What is left; ServiceUnavailableError or ConfigurationError when it cannot be told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What is kept of one attempt: where the message stands, when it is due again, and what was said."""

    delivery: Delivery
    retry_at: datetime | None = None
    attempt: int = 1
    outcome: str = ""
    said: str | None = None
    handed_on: bool = False
    """Whether another carrier may have it at once."""
    only_over: str | None = None
    """The carrier that may have it already and takes it once: it alone is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHalt:
    """A channel that has stopped: since when, and why."""

    carrier: str
    since: datetime
    reason: str
