"""Counts of messages and told irrigations on both databases, beside what was really sent and said."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cloud.adapters.store.store import Store
from cloud.messages import Delivery, Farmer, Message
from cloud.outreach.counts import Counts
from cloud.records import EventSource, IrrigationEvent, Language
from tests.spoken import NO_DOSE, verdict

EVENING = datetime(2026, 4, 20, 17, 0, tzinfo=UTC)
PERIOD = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
LATER = EVENING + timedelta(days=30)


@pytest.fixture
def clocked(store: Store) -> Store:
    store.save_farmers(
        [
            Farmer(id=name, name="Invented", phone_number=number, language="en")
            for name, number in (("f1", "+212612345678"), ("f2", "+212612345679"))
        ]
    )
    return store


def queue(store: Store, at: datetime = EVENING, digest: str = "v1", **changed: Any) -> str:  # noqa: ANN401 -- any field
    content: dict[str, Any] = {
        "parcel_id": "p1",
        "kind": "irrigate",
        "language": "ary",
        "text": f"invented {digest} {changed}",
        "encoding": "gsm7",
        "segments": 2,
        "cost": 0.2,
        "valid_until": at + timedelta(hours=14),
        "reviewed": True,
        "farmer_id": "f1",
    }
    return store.queue_message(Message.model_validate(content | changed), verdict_digest=digest, now=at)


def hand_over(store: Store, message_id: str, at: datetime, *, delivered_after_s: float | None = 30.0) -> None:
    store.claim_due(at, 10)
    said = {"message_id": message_id, "carrier": "modem", "carrier_id": f"m-{message_id[:8]}"}
    store.record_delivery(Delivery.model_validate({**said, "state": "wired", "at": at}))
    if delivered_after_s is not None:
        done = at + timedelta(seconds=delivered_after_s)
        store.record_delivery(Delivery.model_validate({**said, "state": "delivered", "at": done}))


def water(store: Store, after_h: float, source: EventSource = "reply", depth_mm: float = 20.0) -> None:
    at = EVENING + timedelta(hours=after_h)
    store.add_events([IrrigationEvent(parcel_id="p1", started_at=at, depth_mm=depth_mm, source=source)])


def counted(store: Store, now: datetime = LATER) -> Counts:
    return store.outreach_counts(*PERIOD, now=now)


def test_an_empty_store_counts_nothing(store: Store) -> None:
    assert counted(store) == Counts(messages=[], told=[], reached=[])


def test_a_message_is_counted_with_its_way(clocked: Store) -> None:
    hand_over(clocked, queue(clocked), EVENING + timedelta(minutes=30))
    ((group, number),) = counted(clocked).messages
    assert number == 1
    assert group._asdict() == {
        "language": "ary",
        "channel": "sms",
        "carrier": "modem",
        "season": 2026,
        "state": "delivered",
        "taken": 1,
        "late": 0,
        "delay_s": 30,
        "segments": 2,
        "repeated": 0,
    }
    (reached,) = counted(clocked).reached
    assert (reached.carrier, reached.season, reached.farmers) == ("modem", 2026, 1)


def test_what_was_never_taken_has_no_carrier_and_no_delay(clocked: Store) -> None:
    queue(clocked)
    clocked.expire(LATER)
    ((group, _),) = counted(clocked).messages
    assert (group.state, group.carrier, group.taken, group.delay_s) == ("expired", "", 0, None)
    assert counted(clocked).reached == []
    assert counted(clocked).told == []


def test_a_delivery_after_its_validity_is_late(clocked: Store) -> None:
    hand_over(clocked, queue(clocked), EVENING + timedelta(hours=13), delivered_after_s=7200.0)
    ((group, _),) = counted(clocked).messages
    assert (group.late, group.delay_s) == (1, 7200)


@pytest.mark.parametrize(
    ("queued", "season"), [((2026, 8, 31), 2026), ((2026, 9, 1), 2027), ((2026, 12, 31), 2027), ((2026, 1, 1), 2026)]
)
def test_a_season_begins_in_september(clocked: Store, queued: tuple[int, int, int], season: int) -> None:
    queue(clocked, datetime(*queued, 12, tzinfo=UTC))
    ((group, _),) = counted(clocked).messages
    assert group.season == season


def test_messages_outside_the_period_do_not_count(clocked: Store) -> None:
    queue(clocked, datetime(2027, 1, 1, tzinfo=UTC))
    queue(clocked, datetime(2025, 12, 31, 23, 59, tzinfo=UTC), "v2")
    assert counted(clocked).messages == []


@pytest.mark.parametrize(
    ("source", "depth_mm", "found"),
    [
        ("reply", 20.0, (1, 1, 1, 0, 0)),
        ("reply", 0.0, (1, 1, 0, 0, 1)),
        ("meter", 20.0, (1, 0, 0, 1, 0)),
        ("agronomist", 20.0, (1, 0, 1, 0, 0)),
        ("inferred", 20.0, (1, 0, 0, 0, 0)),
    ],
)
def test_what_became_of_a_told_irrigation(
    clocked: Store, source: EventSource, depth_mm: float, found: tuple[int, ...]
) -> None:
    hand_over(clocked, queue(clocked), EVENING)
    water(clocked, 12, source, depth_mm)
    (one,) = counted(clocked).told
    assert (one.farmer_id, one.language, one.carrier) == ("f1", "ary", "modem")
    assert (one.told, one.answered, one.confirmed, one.metered, one.denied) == found
    assert counted(clocked, EVENING + timedelta(hours=20)).told == []


def test_other_kinds_tell_no_irrigation(clocked: Store) -> None:
    hand_over(clocked, queue(clocked, kind="wait"), EVENING)
    assert counted(clocked).told == []


@pytest.mark.parametrize(("action", "told"), [("irrigate", 1), ("wait", 0)])
def test_a_correction_counts_by_what_its_verdict_says(
    clocked: Store, reopened: Callable[[], Store], action: str, told: int
) -> None:
    changed: dict[str, Any] = {} if action == "irrigate" else {**NO_DOSE, "action": "wait"}
    judged = verdict(**changed)
    clocked.save_day(date(2026, 7, 21), (), [judged])
    hand_over(clocked, queue(clocked), EVENING)
    after = EVENING + timedelta(hours=2)
    hand_over(clocked, queue(clocked, after, judged.digest(), kind="correction"), after)
    with reopened() as again:
        assert sum(one.told for one in counted(again).told) == told


def test_two_people_told_of_one_irrigation_are_one_telling(clocked: Store) -> None:
    first, second = queue(clocked), queue(clocked, farmer_id="f2")
    hand_over(clocked, first, EVENING)
    hand_over(clocked, second, EVENING)
    assert [one.told for one in counted(clocked).told] == [1]
    (reached,) = counted(clocked).reached
    assert reached.farmers == 2


def test_languages_are_counted_apart(clocked: Store) -> None:
    languages: tuple[Language, ...] = ("ary", "fr")
    for language in languages:
        hand_over(clocked, queue(clocked, language=language, parcel_id=f"p-{language}"), EVENING)
    assert {group.language for group, _ in counted(clocked).messages} == {"ary", "fr"}
    assert {one.language for one in counted(clocked).told} == {"ary", "fr"}
