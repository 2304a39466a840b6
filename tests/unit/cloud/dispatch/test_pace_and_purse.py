"""How fast, and for how much."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.dispatch.pace import Pace
from cloud.dispatch.priority import Priority, priority_of
from cloud.dispatch.purse import Purse
from cloud.messages import Message

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)


def text(kind: str, segments: int = 1) -> Message:
    return Message(
        parcel_id="p1",
        kind=kind,
        language="en",
        text="x",
        encoding="gsm7",
        segments=segments,
        valid_until=NOW,
        reviewed=True,
    )


def test_a_full_bucket_goes_at_once_and_what_is_more_waits() -> None:
    pace, wait_s = Pace.fresh(20.0, NOW).take(20, NOW)
    assert wait_s == 0.0
    pace, wait_s = pace.take(20, NOW)
    assert wait_s == pytest.approx(1.0)
    _, wait_s = pace.take(10, NOW + timedelta(seconds=1))
    assert wait_s == pytest.approx(0.5)


def test_a_rest_never_fills_more_than_the_bucket() -> None:
    pace, _ = Pace.fresh(20.0, NOW).take(20, NOW)
    _, wait_s = pace.take(40, NOW + timedelta(hours=1))
    assert wait_s == pytest.approx(1.0)


def test_a_slow_channel_still_takes_one_at_once() -> None:
    pace, wait_s = Pace.fresh(0.25, NOW).take(1, NOW)
    assert wait_s == 0.0
    assert pace.take(1, NOW)[1] == pytest.approx(4.0)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    pace, _ = Pace.fresh(1.0, NOW).take(1, NOW)
    assert pace.take(1, NOW - timedelta(hours=1))[1] == pytest.approx(1.0)


@settings(max_examples=50, deadline=None)
@given(
    per_s=st.floats(min_value=0.1, max_value=100.0),
    counts=st.lists(st.integers(min_value=1, max_value=50), min_size=1, max_size=30),
)
def test_who_waits_as_told_never_exceeds_the_rate(per_s: float, counts: list[int]) -> None:
    pace, now = Pace.fresh(per_s, NOW), NOW
    for count in counts:
        pace, wait_s = pace.take(count, now)
        now += timedelta(seconds=wait_s)
    room = max(1.0, per_s)
    assert sum(counts) <= room + per_s * (now - NOW).total_seconds() + 0.01 * per_s + 1e-3


def purse(spent: float = 0.0) -> Purse:
    return Purse(ceiling=10.0, price_per_segment=1.0, spent=spent, timezone="Africa/Casablanca")


@pytest.mark.parametrize(
    ("spent", "admitted"),
    [
        (6.0, {"alive", "irrigate", "thanks", "correction"}),
        (7.0, {"irrigate", "thanks", "correction"}),
        (9.0, {"thanks", "correction"}),
        (10.0, set()),
    ],
)
def test_what_can_wait_stops_first_and_answers_and_warnings_last(spent: float, admitted: set[str]) -> None:
    kinds = ("alive", "irrigate", "thanks", "correction")
    assert {kind for kind in kinds if purse(spent).admits(text(kind))} == admitted


def test_every_part_of_a_message_is_paid() -> None:
    own = purse(8.0)
    assert not own.admits(text("irrigate", segments=2))
    assert own.spent == 8.0
    assert own.admits(text("irrigate"))
    assert own.spent == 9.0


def test_what_surely_did_not_leave_is_given_back() -> None:
    own = purse()
    message = text("irrigate", segments=3)
    assert own.admits(message)
    own.give_back(message)
    assert own.spent == 0.0
    own.give_back(message)
    assert own.spent == 0.0


def test_the_alarm_names_what_was_held_back() -> None:
    own = purse(10.0)
    assert own.alarm is None
    own.admits(text("irrigate"))
    own.admits(text("alive"))
    assert own.alarm is not None
    assert "10.00 of 10.00 spent; 2 messages" in own.alarm
    assert "none is lost" in own.alarm


def test_money_comes_at_local_midnight_or_when_somebody_gives_more() -> None:
    assert purse().next_money(NOW) == NOW + timedelta(hours=1)
    late = datetime(2026, 7, 21, 22, 40, tzinfo=UTC)
    assert purse().next_money(late) == datetime(2026, 7, 21, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "priority"),
    [
        ("thanks", Priority.REPLY),
        ("stop", Priority.REPLY),
        ("irrigate", Priority.ADVICE),
        ("a kind of tomorrow", Priority.ADVICE),
        ("alive", Priority.BULK),
    ],
)
def test_answers_before_advice_before_what_can_wait(kind: str, priority: Priority) -> None:
    assert priority_of(kind) is priority
    assert Priority.REPLY < Priority.ADVICE < Priority.BULK
