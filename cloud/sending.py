"""Hands due messages to carriers: never late, never twice, and every outcome recorded.

It knows a store and a carrier only by what they can do. A message is claimed durably before the network is touched, so
a crash leaves it claimed, and recovery calls it unknown; nothing here sends an unknown message again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from cloud.dispatch.carrier import Carrier, ChannelHalt, Outcome, OutcomeKind, Settlement, TakesOnce
from cloud.dispatch.pace import Pace
from cloud.dispatch.policy import SendPolicy, must_be_licensed
from cloud.dispatch.purse import Purse
from cloud.dispatch.report import SendReport
from cloud.dispatch.timing import Hours, Leave, earliest
from cloud.messages import Delivery, Farmer, Message, QueuedMessage

__all__ = [
    "Carrier",
    "Outcome",
    "OutcomeKind",
    "OutgoingStore",
    "SendPolicy",
    "SendReport",
    "Sender",
    "must_be_licensed",
    "send_due",
]

CHUNK: Final = 20
"""Few at a time: what is claimed when the machine dies can only be called unknown afterwards."""
MOST_ATTEMPTS: Final = 12
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)
HALT_WAIT: Final = timedelta(minutes=15)
Leaves = Callable[[datetime, Farmer, Message], Leave]


class OutgoingStore(Protocol):
    """Where messages wait and where their outcomes are kept."""

    def claim_due(
        self, now: datetime, limit: int, *, carrier: str = "", leaves: Leaves | None = None, handing_on: bool = False
    ) -> tuple[QueuedMessage, ...]:
        """Messages due, durably marked as being sent before they are given out; none that was handed on before."""
        ...

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Keep outcomes, all or nothing; state ``queued`` puts a message back, to be claimed from ``retry_at`` on."""
        ...

    def channel_halt(self, carrier: str) -> ChannelHalt | None:
        """Why a channel stands still, or None."""
        ...

    def halt_channel(self, halt: ChannelHalt) -> None:
        """Keep that a channel stands still, until it is opened."""
        ...

    def open_channel(self, carrier: str, *, at: datetime, reason: str) -> None:
        """Keep that a channel works again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """By what rules and at what pace messages leave; a rest of ``sleep`` is the only thing that takes time."""

    clock: Callable[[], datetime]
    policy: SendPolicy = field(default_factory=SendPolicy)
    hours: Hours | None = None
    """None: messages leave at any hour."""
    purse: Purse | None = None
    messages_per_s: float | None = None
    silenced_now: Callable[[], frozenset[str]] | None = None
    """Who asked for silence by now, asked before each few messages: a run may last many minutes."""
    sleep: Callable[[float], None] = time.sleep


def send_due(
    store: OutgoingStore,
    carrier: Carrier,
    *,
    clock: Callable[[], datetime],
    limit: int = 1000,
    policy: SendPolicy | None = None,
) -> SendReport:
    """Send what is due over one carrier, at most ``limit`` messages, until the queue is empty or the channel halts."""
    return send_over(store, [carrier], Sender(clock=clock, policy=policy or SendPolicy()), limit=limit)


def send_over(store: OutgoingStore, carriers: Sequence[Carrier], sender: Sender, *, limit: int = 1000) -> SendReport:
    """Send what is due over the first carrier, and over the next what the ones before it surely did not take."""
    for carrier in carriers:
        must_be_licensed(carrier, sender.policy)
    report = SendReport()
    left = limit
    for place, carrier in enumerate(carriers):
        last = not any(_may_be_tried(store, other, sender) for other in carriers[place + 1 :])
        desk = _Desk(store=store, carrier=carrier, sender=sender, report=report, last=last)
        left -= desk.run(left)
        if desk.halted is None and not desk.handed_on:
            break
    if sender.purse is not None and sender.purse.alarm is not None:
        report.notices.append(sender.purse.alarm)
    return report


def _may_be_tried(store: OutgoingStore, carrier: Carrier, sender: Sender) -> bool:
    halt = store.channel_halt(carrier.name)
    return halt is None or sender.clock() >= halt.since + HALT_WAIT


@dataclass(slots=True, kw_only=True)
class _Desk:
    """One carrier's part of a run."""

    store: OutgoingStore
    carrier: Carrier
    sender: Sender
    report: SendReport
    last: bool
    halted: str | None = None
    handed_on: int = 0
    settlements: list[Settlement] = field(default_factory=list)

    def run(self, limit: int) -> int:
        """Send until the queue is empty, the limit is reached or the channel halts; how many were claimed."""
        standing = self.store.channel_halt(self.carrier.name)
        if standing is not None and self.sender.clock() < standing.since + HALT_WAIT:
            self._halt(standing.reason)
            return 0
        claimed = 0
        per_s = self.sender.messages_per_s
        pace = None if per_s is None else Pace.fresh(per_s, self.sender.clock())
        while claimed < limit and self.halted is None:
            # A channel that has just been halted is tried with one message, not with a crowd.
            wanted = 1 if standing is not None and claimed == 0 else min(CHUNK, limit - claimed)
            chunk = self.store.claim_due(
                self.sender.clock(),
                wanted,
                carrier=self.carrier.name,
                leaves=self._leaves(),
                handing_on=not self.last,
            )
            if not chunk:
                break
            if pace is not None:
                pace, wait_s = pace.take(len(chunk), self.sender.clock())
                if wait_s > 0.0:
                    self.sender.sleep(wait_s)
            claimed += len(chunk)
            self._send_chunk(chunk)
            if standing is not None and self.halted is None:
                self.store.open_channel(self.carrier.name, at=self.sender.clock(), reason="a message was taken again")
                standing = None
        return claimed

    def _leaves(self) -> Leaves | None:
        hours, purse = self.sender.hours, self.sender.purse
        if hours is None and purse is None:
            return None

        def leaves(now: datetime, farmer: Farmer, message: Message) -> Leave:
            leave = Leave(at=now) if hours is None else earliest(now, farmer, message, hours)
            if leave.at > now or purse is None or purse.admits(message):
                return leave
            return Leave(at=purse.next_money(now), why="the next day's money")

        return leaves

    def _send_chunk(self, chunk: Sequence[QueuedMessage]) -> None:
        policy, silenced_now = self.sender.policy, self.sender.silenced_now
        if silenced_now is not None:
            policy = replace(policy, silenced=silenced_now())
        fit = [queued for queued in chunk if self._may_go(queued, policy)]
        outcomes = self.carrier.send(fit) if fit else ()
        for queued, outcome in zip(fit, outcomes, strict=True):
            self._settle(queued, outcome)
        self.store.settle(self.settlements)
        self.settlements = []
        if self.halted is not None:
            self.store.halt_channel(
                ChannelHalt(carrier=self.carrier.name, since=self.sender.clock(), reason=self.halted)
            )

    def _may_go(self, queued: QueuedMessage, policy: SendPolicy) -> bool:
        """Asked again just before the network: an advice past its window is dropped, never sent late."""
        message = queued.message
        if message.valid_until <= self.sender.clock():
            self._record(queued, "expired", f"its validity ended at {message.valid_until.isoformat()}")
            self.report.expired += 1
            return False
        refusal = policy.refusal(message, live=self.carrier.live)
        if refusal is None:
            return True
        self._record(queued, "halted", refusal.text)
        counted = {"silenced": "silenced", "unreviewed": "refused", "unsigned": "unsigned"}
        name = counted.get(refusal.why, "without_consent")
        setattr(self.report, name, getattr(self.report, name) + 1)
        return False

    def _settle(self, queued: QueuedMessage, outcome: Outcome) -> None:
        if outcome.opt_out:
            self.report.opted_out[queued.message.farmer_id or queued.message_id] = self.carrier.name
        if outcome.kind == "accepted":
            self._record(queued, "wired", None, outcome=outcome)
            self.report.accepted += 1
        elif outcome.kind == "rejected":
            self._record(queued, "failed", outcome.reason, outcome=outcome)
            self.report.rejected += 1
        elif outcome.kind == "unknown" and isinstance(self.carrier, TakesOnce) and self.carrier.takes_once:
            self._ask_again(queued, outcome)
        elif outcome.kind == "unknown":
            self._record(queued, "unknown", outcome.reason, outcome=outcome)
            self.report.unknown += 1
        elif outcome.kind == "halt":
            if self.halted is None:
                self._halt(outcome.reason or "the carrier gave no reason")
            # The channel waits, not the message: it is due as soon as the channel is open.
            self._put_back(queued, outcome, self.halted or "", timedelta(0))
        else:
            self._try_later(queued, outcome)

    def _ask_again(self, queued: QueuedMessage, outcome: Outcome) -> None:
        """Who takes a message once may be asked again, and nobody else; what is never answered stays unknown."""
        retry_at = self.sender.clock() + min(FIRST_WAIT * 2**queued.attempts, LONGEST_WAIT)
        if queued.attempts + 1 >= MOST_ATTEMPTS or retry_at >= queued.message.valid_until:
            self._record(queued, "unknown", outcome.reason, outcome=outcome)
            self.report.unknown += 1
            return
        self._record(queued, "queued", outcome.reason, outcome=outcome, retry_at=retry_at, only_here=True)
        self.report.requeued += 1

    def _halt(self, reason: str) -> None:
        self.halted = reason
        if self.last:
            self.report.halted_because = reason
        else:
            self.report.notices.append(f"channel {self.carrier.name} halted: {reason}; another carrier stands in")

    def _try_later(self, queued: QueuedMessage, outcome: Outcome) -> None:
        """Wait 5, 10, 20 ... minutes, an hour at most unless the carrier asks for more; validity ends it all."""
        attempt = queued.attempts + 1
        reason = outcome.reason or "the carrier asked to try again"
        if attempt >= MOST_ATTEMPTS:
            self._record(queued, "failed", f"gave up after {attempt} attempts: {reason}", outcome=outcome)
            self.report.rejected += 1
            return
        wait = max(min(FIRST_WAIT * 2**queued.attempts, LONGEST_WAIT), timedelta(seconds=outcome.retry_after_s or 0.0))
        self._put_back(queued, outcome, reason, wait)

    def _put_back(self, queued: QueuedMessage, outcome: Outcome, reason: str, wait: timedelta) -> None:
        if self.sender.purse is not None:
            self.sender.purse.give_back(queued.message)
        now = self.sender.clock()
        # Surely not sent, so that another carrier may have it at once.
        retry_at = now + wait if self.last else now
        if retry_at >= queued.message.valid_until:
            self._record(queued, "expired", f"no time left to try again: {reason}", outcome=outcome)
            self.report.expired += 1
            return
        self.handed_on += not self.last
        self._record(queued, "queued", reason, outcome=outcome, retry_at=retry_at)
        self.report.requeued += self.last

    def _record(
        self,
        queued: QueuedMessage,
        state: str,
        reason: str | None,
        *,
        outcome: Outcome | None = None,
        retry_at: datetime | None = None,
        only_here: bool = False,
    ) -> None:
        content = {
            "message_id": queued.message_id,
            "state": state,
            "carrier": self.carrier.name,
            "carrier_id": outcome.carrier_id if outcome is not None and state == "wired" else None,
            "reason": reason,
            "at": self.sender.clock(),
        }
        if outcome is None and self.sender.purse is not None:
            self.sender.purse.give_back(queued.message)  # no carrier was asked
        self.settlements.append(
            Settlement(
                delivery=Delivery.model_validate(content),
                retry_at=retry_at,
                attempt=queued.attempts + 1,
                outcome="" if outcome is None else outcome.kind,
                said=None if outcome is None else outcome.said,
                handed_on=state == "queued" and not self.last and not only_here,
                only_over=self.carrier.name if only_here else None,
            )
        )
