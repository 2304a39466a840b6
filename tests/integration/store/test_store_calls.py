"""Calls in the store: claimed once, ended once, and nothing forgotten of a run that died; both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.adapters.store.store import Store
from cloud.messages import Delivery, Farmer, Message

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)


def text(number: int) -> Message:
    return Message(
        parcel_id=f"p{number}",
        kind="irrigate",
        language="en",
        text=f"Field {number}",
        encoding="gsm7",
        segments=1,
        valid_until=NOW + timedelta(hours=20),
        reviewed=True,
        farmer_id="f1",
    )


@pytest.fixture
def ids(store: Store) -> list[str]:
    people = [
        Farmer(id="f1", name="Invented A", phone_number="+212612345678", voice=True),
        Farmer(id="f2", name="Invented B", phone_number="+212687654321"),
    ]
    store.save_farmers(people)
    found = [store.queue_message(text(number), verdict_digest="0" * 64, now=NOW) for number in (1, 2)]
    store.claim_due(NOW, 2)
    store.record_delivery(Delivery(message_id=found[0], state="wired", carrier="spool", at=NOW))
    return found


def due(store: Store, now: datetime = LATER, before: datetime = LATER) -> list[str]:
    return [one.message_id for one in store.uncalled("f1", now, before)]


def test_only_who_asked_for_calls_is_called(store: Store, ids: list[str]) -> None:
    assert [one.id for one in store.callees()] == ["f1"]
    assert store.uncalled("f2", LATER, LATER) == ()


def test_what_reached_the_telephone_is_due_after_a_while_and_while_it_is_valid(store: Store, ids: list[str]) -> None:
    assert due(store) == [ids[0]]
    assert due(store, before=NOW - timedelta(minutes=10)) == []
    assert due(store, now=NOW + timedelta(hours=21), before=NOW + timedelta(hours=21)) == []


def test_a_call_is_claimed_once(store: Store, ids: list[str]) -> None:
    assert store.claim_call(ids[:1], LATER)
    assert not store.claim_call(ids[:1], LATER)
    assert due(store) == []


def test_what_was_returned_is_due_again_and_what_rang_is_not(store: Store, ids: list[str]) -> None:
    for state, again in (("returned", ids[:1]), ("placed", [])):
        assert store.claim_call(ids[:1], LATER)
        store.keep_call(ids[:1], state, LATER, session="s1", reason=None)
        assert due(store) == again


def test_the_end_of_a_call_is_kept_once_and_of_an_unknown_one_not_at_all(store: Store, ids: list[str]) -> None:
    store.claim_call(ids[:1], LATER)
    store.keep_call(ids[:1], "placed", LATER, session="s1", reason=None)
    for session, taken in (("s1", True), ("s1", False), ("unknown", True)):
        store.call_ended(session, LATER, taken=taken)
    with store.reading() as connection:
        states = [row.state for row in connection.exec_driver_sql("SELECT state FROM calls ORDER BY position")]
    assert states == ["claimed", "placed", "taken"]


def test_a_run_that_died_leaves_calls_that_are_never_made_again(store: Store, ids: list[str]) -> None:
    store.claim_call(ids[:1], LATER)
    assert store.recover_calls(LATER) == 1
    assert store.recover_calls(LATER) == 0
    assert due(store) == []
