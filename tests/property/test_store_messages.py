"""Whatever order claims, reports, crashes and time come in: final states stay, and nothing is sent twice."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cloud.adapters.ledger import verify
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.states import FINAL
from cloud.adapters.store.store import Store
from cloud.messages import Delivery, Farmer, Message

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
STATES = get_args(Delivery.model_fields["state"].annotation)
TEXTS = ("one", "two", "three")


class Messages(RuleBasedStateMachine):
    """A sender, a carrier and a clock that do as they like."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        url = f"sqlite:///{Path(self.folder.name) / 'seguia.db'}"
        self.store = Store.open(url, PersonalKeys.generate(), create=True, clock=lambda: self.now)
        self.now = NOW
        self.store.save_farmers([Farmer(id="f1", name="Zineb", phone_number="+212612345678")])
        self.ids: dict[str, str] = {}
        self.allowed: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self.final: dict[str, str] = {}
        self.before: dict[str, str] = {}
        self.claimed_over: dict[str, str] = {}
        self.may_have: dict[str, str] = {}
        """Which carrier may have a message already, of those that were asked again."""

    def states(self) -> dict[str, str]:
        return {entry.message_id: entry.state for entry in self.store.message_log()}

    @rule(text=st.sampled_from(TEXTS))
    def queue(self, text: str) -> None:
        message = Message(
            parcel_id="p1",
            kind="wait",
            language="en",
            text=text,
            encoding="gsm7",
            segments=1,
            valid_until=NOW + timedelta(hours=6),
            reviewed=True,
            farmer_id="f1",
        )
        self.ids[text] = self.store.queue_message(message, verdict_digest="d", now=self.now)
        self.allowed.setdefault(self.ids[text], 1)

    @rule(
        limit=st.integers(min_value=1, max_value=3),
        carrier=st.sampled_from(["at", "once", "other"]),
        handing_on=st.booleans(),
    )
    def claim(self, limit: int, carrier: str, *, handing_on: bool) -> None:
        for claimed in self.store.claim_due(self.now, limit, carrier=carrier, handing_on=handing_on):
            assert self.may_have.get(claimed.message_id, carrier) == carrier
            self.claimed_over[claimed.message_id] = carrier
            self.sent[claimed.message_id] = self.sent.get(claimed.message_id, 0) + 1
            assert claimed.message.valid_until > self.now
            assert claimed.attempts == self.sent[claimed.message_id] - 1

    @rule(
        text=st.sampled_from(TEXTS),
        state=st.sampled_from(STATES),
        by_name=st.booleans(),
        carrier_id=st.sampled_from([None, "one", "two", "three", "strange"]),
        wait_h=st.integers(min_value=0, max_value=2),
    )
    def say(self, text: str, state: str, *, by_name: bool, carrier_id: str | None, wait_h: int) -> None:
        message_id = self.ids.get(text, "") if by_name else ""
        before = self.states()
        content = {"message_id": message_id, "state": state, "carrier": "at", "carrier_id": carrier_id, "at": self.now}
        self.store.record_delivery(Delivery.model_validate(content), retry_at=self.now + timedelta(hours=wait_h))
        for changed, after in self.states().items():
            if before[changed] == "sending" and after == "queued":
                self.allowed[changed] += 1

    @rule(hours=st.integers(min_value=0, max_value=3))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def crash(self) -> None:
        sending = [message_id for message_id, state in self.states().items() if state == "sending"]
        assert self.store.recover_claims(self.now) == len(sending)
        assert all(self.states()[message_id] == "unknown" for message_id in sending)

    @rule()
    def crash_before_one_that_takes_a_message_once(self) -> None:
        sending = [message_id for message_id, state in self.states().items() if state == "sending"]
        again = [message_id for message_id in sending if self.claimed_over[message_id] == "once"]
        assert self.store.recover_claims(self.now, repeatable=frozenset({"once"})) == len(sending) - len(again)
        for message_id in again:
            self.may_have[message_id] = "once"
            self.allowed[message_id] += 1
            assert self.states()[message_id] == "queued"

    @invariant()
    def nothing_is_sent_more_often_than_refused(self) -> None:
        for message_id, times in getattr(self, "sent", {}).items():
            assert times <= self.allowed[message_id]

    @invariant()
    def a_final_state_stays(self) -> None:
        if not hasattr(self, "store"):
            return
        for message_id, state in self.states().items():
            assert self.final.setdefault(message_id, state) == state or message_id not in self.ended()
            if state not in FINAL:
                self.final.pop(message_id, None)

    def ended(self) -> set[str]:
        return {message_id for message_id, state in self.final.items() if state in FINAL}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            assert verify(self.store).intact
            self.store.close()
            self.folder.cleanup()


Messages.TestCase.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestMessages = Messages.TestCase
