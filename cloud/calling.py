"""Who is called, and when: people who asked for it, after the written advice, in their hours, once.

A call reads out the advice that was written to the same person before: the text announces the call. It is claimed
durably before the network is touched; one whose fate is not known is never made again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from cloud.dispatch.carrier import Outcome, OutcomeKind
from cloud.dispatch.timing import Hours, earliest
from cloud.messages import Farmer, Message

READ_OUT: Final = frozenset({"irrigate", "correction", "wait", "no_irrigation_rain", "skip_turn", "wait_agronomist"})
"""Kinds of texts that speak of an advice, which a call can tell."""
STATES: Final[Mapping[OutcomeKind, str]] = {
    "accepted": "placed",
    "rejected": "refused",
    "unknown": "unknown",
    "retry": "returned",
    "halt": "returned",
}
"""What is kept of an outcome; what was returned is called again."""
NO_CONSENT: Final = "no recorded consent, not called; run: seguia cloud farmer consent"
USUAL_NOTICE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An advice that reached somebody's telephone as a text."""

    message_id: str
    message: Message


class CallStore(Protocol):
    """What is known of people who want calls, and what is kept of calls."""

    def callees(self) -> tuple[Farmer, ...]:
        """People who want to be called."""
        ...

    def uncalled(self, farmer_id: str, now: datetime, written_before: datetime) -> tuple[Written, ...]:
        """Valid texts that reached a person before a moment and that no call has told yet, oldest first."""
        ...

    def claim_call(self, message_ids: Sequence[str], now: datetime) -> bool:
        """Mark texts as being told by a call; False when one of them is claimed already."""
        ...

    def keep_call(
        self, message_ids: Sequence[str], state: str, now: datetime, *, session: str | None, reason: str | None
    ) -> None:
        """Keep what became of a call."""
        ...


class Exchange(Protocol):
    """A way to make telephones ring."""

    @property
    def live(self) -> bool:
        """Whether real telephones ring."""
        ...

    def place(self, number: str) -> Outcome:
        """Make one telephone ring; ``retry`` and ``halt`` when it surely does not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRules:
    """Whom, when and after how long."""

    cannot_tell: Callable[[Farmer], str | None]
    """Why a person could not be told in a call; None when they can."""
    silenced: frozenset[str] = frozenset()
    consented: frozenset[str] | None = None
    """People with a recorded consent; None: not asked, since no real telephone rings."""
    hours: Hours | None = None
    notice: timedelta = USUAL_NOTICE


@dataclass(slots=True, kw_only=True)
class CallReport:
    """Counts of one run, and what somebody should look at."""

    placed: int = 0
    refused: int = 0
    later: int = 0
    problems: list[str] = field(default_factory=list)


def place_calls(store: CallStore, exchange: Exchange, rules: CallRules, clock: Callable[[], datetime]) -> CallReport:
    """Call whoever is due, until nobody is left or the carrier takes no more calls."""
    desk = _Desk(store=store, exchange=exchange, rules=rules, clock=clock)
    for farmer in store.callees():
        due = desk.due(farmer)
        if due and not desk.call(farmer, [one.message_id for one in due]):
            break
    return desk.report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    store: CallStore
    exchange: Exchange
    rules: CallRules
    clock: Callable[[], datetime]
    report: CallReport = field(default_factory=CallReport)

    def due(self, farmer: Farmer) -> list[Written]:
        """Texts that a call to a person would tell at this moment."""
        if farmer.id in self.rules.silenced:
            return []
        now = self.clock()
        written = self.store.uncalled(farmer.id, now, now - self.rules.notice)
        return [
            one for one in written if one.message.kind in READ_OUT and self._in_their_hours(one.message, farmer, now)
        ]

    def call(self, farmer: Farmer, message_ids: list[str]) -> bool:
        """Call one person; False when no further call will pass."""
        if self.rules.consented is not None and farmer.id not in self.rules.consented:
            self.report.problems.append(f"farmer {farmer.id}: {NO_CONSENT}")
            return True
        if not self.store.claim_call(message_ids, self.clock()):
            return True
        outcome = self._ring(farmer)
        state = STATES[outcome.kind]
        self.store.keep_call(message_ids, state, self.clock(), session=outcome.carrier_id, reason=outcome.reason)
        self._count(farmer, state, outcome)
        return outcome.kind != "halt"

    def _ring(self, farmer: Farmer) -> Outcome:
        cannot = self.rules.cannot_tell(farmer)
        if cannot is not None:
            return Outcome(kind="rejected", reason=cannot)
        return self.exchange.place(farmer.phone_number)

    def _in_their_hours(self, message: Message, farmer: Farmer, now: datetime) -> bool:
        return self.rules.hours is None or earliest(now, farmer, message, self.rules.hours).at <= now

    def _count(self, farmer: Farmer, state: str, outcome: Outcome) -> None:
        reason = outcome.reason or "the carrier gave no reason"
        if state == "placed":
            self.report.placed += 1
        elif state == "returned":
            self.report.later += 1
        else:
            self.report.refused += 1
            self.report.problems.append(f"farmer {farmer.id}: not called: {reason}")
        if outcome.kind == "halt":
            self.report.problems.append(f"calls halted: {reason}; nobody is lost, call again later")
