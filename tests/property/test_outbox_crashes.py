"""Random lives of a queue, with crashes anywhere: nothing is lost, and every name stays what it was."""

import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.contract import Ack
from edge.outbox import Outbox, Priority, QueueId


class PowerCutError(Exception):
    """The lights go out."""


class QueueLife(RuleBasedStateMachine):
    """Puts, acknowledgements and crashes, beside a model that is a plain dictionary.

    A crash copies the database and its write-ahead log as they lie on the disk, then goes on from the copy: what a
    power cut leaves when every commit was written through.
    """

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="seguia-queue-"))
        self.lives = 0
        self.waiting: dict[QueueId, bytes] = {}
        self.settled: list[QueueId] = []
        self.outbox = self.open()

    def open(self) -> Outbox:
        self.lives += 1
        return Outbox(self.base / str(self.lives) / "outbox.sqlite", boot=f"b{self.lives}", tell=self.refuse)

    def refuse(self, line: str) -> None:
        raise AssertionError(f"no crash may damage the file: {line}")

    @rule(size=st.integers(0, 600), priority=st.sampled_from(Priority))
    def put(self, size: int, priority: Priority) -> None:
        def encode(boot: str, sequence: int) -> bytes:
            return json.dumps([boot, sequence, "x" * size]).encode()

        name = self.outbox.put("detection", encode, priority, "P1")
        assert name not in self.waiting
        assert name not in self.settled
        self.waiting[name] = encode(name.boot, name.sequence)

    @rule(choice=st.integers(0, 10_000), parked=st.booleans(), strange=st.booleans())
    def acknowledge(self, choice: int, *, parked: bool, strange: bool) -> None:
        names = sorted(self.waiting)[choice % 3 :: 3]
        known = tuple((name.boot, name.sequence) for name in names)
        extra = (("another", 1), ("b1", 10**9), ("b1", 2**70), ("b1", -(2**70))) if strange else ()
        ack = Ack(parked=tuple((*name, "why") for name in known)) if parked else Ack(stored=known + extra)
        settled = self.outbox.settle(ack)
        assert len(settled.stored) + len(settled.parked) == len(names)
        for name in names:
            del self.waiting[name]
            self.settled.append(name)

    @rule()
    def acknowledge_again(self) -> None:
        again = tuple((name.boot, name.sequence) for name in self.settled)
        assert self.outbox.settle(Ack(stored=again)).stored == ()

    @rule()
    def crash(self) -> None:
        here = self.base / str(self.lives)
        shutil.copytree(here, self.base / str(self.lives + 1))
        self.outbox.close()
        self.outbox = self.open()

    @rule(during=st.integers(1, 5))
    def crash_inside_a_transaction(self, during: int) -> None:
        here = self.base / str(self.lives)

        with suppress(PowerCutError), self.outbox.database.transaction():
            for _ in range(during):
                self.outbox.put("detection", lambda boot, sequence: f"{boot}{sequence}".encode())
            shutil.copytree(here, self.base / str(self.lives + 1))
            raise PowerCutError
        self.outbox.close()
        self.outbox = self.open()

    @invariant()
    def everything_unacknowledged_waits_under_its_own_name(self) -> None:
        found = {message.name: message.payload for message in self.outbox.pending(10_000)}
        assert found == self.waiting
        counts = self.outbox.counts()
        assert counts.messages == len(self.waiting)
        assert counts.payload_bytes == sum(len(payload) for payload in self.waiting.values())

    def teardown(self) -> None:
        self.outbox.close()
        shutil.rmtree(self.base)


QueueLife.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestQueueLife = QueueLife.TestCase


class FullQueueLife(RuleBasedStateMachine):
    """A queue with little room: it keeps to its cap, and gives everything up before the onset of stress."""

    CAP = 2000

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="seguia-full-"))
        self.outbox = Outbox(self.base / "outbox.sqlite", cap_bytes=self.CAP)
        self.onsets: set[QueueId] = set()

    @rule(size=st.integers(1, 900), priority=st.sampled_from(Priority), parcel=st.sampled_from(["P1", "P2"]))
    def put(self, size: int, priority: Priority, parcel: str) -> None:
        kind = "evidence" if priority is Priority.EVIDENCE else "detection"
        name = self.outbox.put(
            "evidence" if kind == "evidence" else "detection", lambda *_: b"x" * size, priority, parcel
        )
        if priority is Priority.ONSET:
            self.onsets.add(name)

    @invariant()
    def the_cap_holds_and_no_onset_is_lost(self) -> None:
        messages = self.outbox.pending(10_000)
        names = {message.name for message in messages}
        assert self.onsets <= names
        only_onsets = names == self.onsets
        assert only_onsets or sum(len(message.payload) for message in messages) <= self.CAP

    def teardown(self) -> None:
        self.outbox.close()
        shutil.rmtree(self.base)


FullQueueLife.TestCase.settings = settings(max_examples=12, stateful_step_count=30, deadline=None)
TestFullQueueLife = FullQueueLife.TestCase
