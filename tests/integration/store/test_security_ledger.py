"""Derived states have no entry of their own: what is forgotten or stretched there is found all the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Update, delete, text, update

from cloud.adapters.ledger import ENTRIES, verify
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import FARMER_STATE, PARCEL_STATE
from cloud.messages import Farmer, Message
from cloud.records import Parcel
from edge.contract import Detection, MessageId

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
DETECTION = Detection(parcel_id="p1", taken_at=NOW, sha256="ab" * 32, model=None, opinion=True)
NOTE = Message(
    parcel_id="p1",
    kind="wait",
    language="en",
    text="Wait",
    encoding="gsm7",
    segments=1,
    valid_until=datetime(2026, 5, 3, tzinfo=UTC),
    reviewed=True,
    farmer_id="f1",
)
Problems = Callable[..., tuple[str, ...]]


@pytest.fixture
def full(store: Store) -> Store:
    store.save_parcels([Parcel(id="p1", crop="wheat", latitude=32, longitude=-6)])
    store.add_detection(MessageId(gateway="g1", boot="b", sequence=1), "office", DETECTION, NOW)
    store.save_farmers([Farmer(id="f1", name="Zineb", phone_number="+212612345678")])
    store.queue_message(NOTE, verdict_digest="d" * 64, now=NOW)
    assert verify(store).intact
    return store


@pytest.fixture
def tampered(full: Store) -> Problems:
    def change(*statements: Update) -> tuple[str, ...]:
        with full.writing() as writer:
            for statement in statements:
                writer.connection.execute(statement)
        return verify(full).problems

    return change


def test_a_latest_state_that_was_emptied_is_named(tampered: Problems) -> None:
    problems = tampered(update(PARCEL_STATE).values(detection=None))
    assert problems == ("latest detection of parcel p1: is not the last one that was stored: it was changed",)


def test_latest_states_that_were_removed_are_named(tampered: Problems) -> None:
    problems = tampered(delete(PARCEL_STATE), delete(FARMER_STATE))
    assert [problem.split(":")[0] for problem in problems] == [
        "latest parcel of parcel p1",
        "latest detection of parcel p1",
        "latest version of farmer f1",
    ]


def test_another_ones_number_given_to_a_farmer_is_named(tampered: Problems) -> None:
    (problem,) = tampered(update(FARMER_STATE).values(phone_index="0" * 64))
    assert problem.startswith("number of farmer f1: ")


def test_a_message_kept_from_being_sent_is_named(tampered: Problems) -> None:
    (problem,) = tampered(delete(MESSAGE_STATE))
    assert problem.startswith("message ")
    assert problem.endswith("has no state: it was removed")


def test_an_advice_kept_valid_for_longer_is_named(tampered: Problems) -> None:
    (problem,) = tampered(update(MESSAGE_STATE).values(valid_until=NOTE.valid_until + timedelta(days=30)))
    assert problem.endswith("its validity is not the one of its text: it was changed")


def test_an_entry_whose_hash_is_no_hash_is_named_and_the_others_are_read(full: Store, tampered: Problems) -> None:
    (problem,) = tampered(update(ENTRIES).where(ENTRIES.c.position == 2).values(hash="no hash"))
    assert problem.startswith("ledger entry 2 (")
    assert verify(full).records == verify(full).entries


@pytest.mark.parametrize("column", ["kind", "subject", "digest", "at"])
def test_an_entry_that_holds_bytes_is_named(full: Store, tampered: Problems, backend: str, column: str) -> None:
    if backend != "sqlite":
        return  # a server's columns hold their type alone
    problems = tampered(text(f"UPDATE ledger_entries SET {column} = x'00ff' WHERE position = 2"))
    assert any(problem.startswith("ledger entry 2 (") for problem in problems)
    assert verify(full).entries == 4
