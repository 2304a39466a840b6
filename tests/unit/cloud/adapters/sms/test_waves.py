"""Requests at once: some, in the order of each telephone, and none after a halt."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from cloud.adapters.sms.waves import Waves
from cloud.dispatch.carrier import Outcome
from cloud.messages import Message, QueuedMessage

ACCEPTED = Outcome(kind="accepted")


def queued(number: int, phone: int | None = None) -> QueuedMessage:
    message = Message(
        parcel_id="p1",
        kind="irrigate",
        language="en",
        text=f"text {number}",
        encoding="gsm7",
        segments=1,
        valid_until=datetime(2030, 1, 1, tzinfo=UTC),
        reviewed=True,
    )
    return QueuedMessage(
        message_id=f"m{number}", message=message, phone_number=f"+2126{number if phone is None else phone:08d}"
    )


class Line:
    """Counts how many requests are under way at once; each waits for others, as long as some are to come."""

    def __init__(self, answer: Outcome = ACCEPTED, together: int = 1) -> None:
        self.answer = answer
        self.order: list[str] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._meeting = threading.Barrier(together)

    def __call__(self, group: Sequence[QueuedMessage]) -> list[Outcome]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.order.append(group[0].message_id)
        if self._meeting.parties > 1 and len(self.order) > 1:
            self._meeting.wait(timeout=10.0)
        with self._lock:
            self._now -= 1
        return [self.answer] * len(group)


def test_one_goes_ahead_and_then_as_many_as_allowed_go_together() -> None:
    line = Line(together=4)
    outcomes = Waves(line, at_once=4).send([[queued(number)] for number in range(9)])
    assert line.order[0] == "m0"
    assert line.most == 4
    assert list(outcomes) == [f"m{number}" for number in range(9)]


def test_a_channel_that_is_proven_needs_nobody_to_go_ahead() -> None:
    line = Line(together=2)
    waves = Waves(line, at_once=2)
    waves.send([[queued(0)]])
    waves.send([[queued(1)], [queued(2)]])
    assert line.most == 2


def test_after_a_halt_nothing_more_is_handed_over_and_the_rest_is_told_so() -> None:
    line = Line(Outcome(kind="halt", reason="no money"))
    outcomes = Waves(line).send([[queued(number)] for number in range(20)])
    assert line.order == ["m0"]
    assert {outcome.reason for outcome in outcomes.values()} == {"no money"}
    assert len(outcomes) == 20


def test_two_texts_for_one_telephone_go_one_after_the_other() -> None:
    line = Line()
    Waves(line, at_once=8).send([[queued(number, phone=1)] for number in range(6)])
    assert line.order == [f"m{number}" for number in range(6)]
    assert line.most == 1


def test_no_group_is_no_request() -> None:
    line = Line()
    assert Waves(line).send([]) == {}
    assert line.order == []
