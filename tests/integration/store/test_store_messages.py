"""A message is queued once, sent at most once, and moved only forward by what the carrier says."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from cloud.adapters.ledger import verify
from cloud.adapters.store.queueing import message_identity
from cloud.adapters.store.sending_tables import WAITING_REPORTS
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import FARMERS
from cloud.errors import InputError
from cloud.messages import Delivery, Farmer, Message

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
NUMBER = "+212612345678"


def message(
    text: str = "Irriguez demain", *, hours: int = 24, farmer: str | None = "f1", parcel: str = "p1"
) -> Message:
    return Message(
        parcel_id=parcel,
        kind="irrigate",
        language="fr",
        text=text,
        encoding="gsm7",
        segments=1,
        valid_until=NOW + timedelta(hours=hours),
        reviewed=True,
        farmer_id=farmer,
    )


def said(message_id: str, state: str, carrier_id: str | None = None, **more: object) -> Delivery:
    content = {"message_id": message_id, "state": state, "carrier": "at", "carrier_id": carrier_id, "at": NOW, **more}
    return Delivery.model_validate(content)


@pytest.fixture
def desk(store: Store) -> Store:
    store.save_farmers([Farmer(id="f1", name="Zineb", phone_number=NUMBER)])
    return store


def queue(
    store: Store, text: str = "Irriguez demain", *, hours: int = 24, farmer: str | None = "f1", parcel: str = "p1"
) -> str:
    note = message(text, hours=hours, farmer=farmer, parcel=parcel)
    return store.queue_message(note, verdict_digest="d" * 64, now=NOW)


def state_of(store: Store, message_id: str) -> str:
    return next(entry.state for entry in store.message_log() if entry.message_id == message_id)


def test_a_text_queued_twice_is_one_message(desk: Store) -> None:
    assert queue(desk) == queue(desk) == message_identity(message())
    assert len(desk.claim_due(NOW, 10)) == 1


def test_the_same_text_about_another_day_is_another_message(desk: Store) -> None:
    assert queue(desk) != queue(desk, hours=24 * 7)
    assert queue(desk) != queue(desk, parcel="p2")


def test_a_claimed_message_is_not_given_out_again(desk: Store, reopened: Callable[[], Store]) -> None:
    message_id = queue(desk)
    (claimed,) = desk.claim_due(NOW, 10)
    assert (claimed.message_id, claimed.phone_number, claimed.attempts) == (message_id, NUMBER, 0)
    assert claimed.message == message()
    with reopened() as second:
        assert second.claim_due(NOW + timedelta(hours=1), 10) == ()
        assert state_of(second, message_id) == "sending"


def test_messages_are_claimed_in_order_and_no_more_than_asked(desk: Store) -> None:
    ids = [queue(desk, f"text {n}") for n in range(5)]
    assert [claimed.message_id for claimed in desk.claim_due(NOW, 3)] == ids[:3]
    assert [claimed.message_id for claimed in desk.claim_due(NOW, 3)] == ids[3:]


def test_an_old_message_expires_and_is_never_sent(desk: Store) -> None:
    old, young = queue(desk, "old", hours=1), queue(desk, "young", hours=5)
    assert [claimed.message_id for claimed in desk.claim_due(NOW + timedelta(hours=2), 10)] == [young]
    assert state_of(desk, old) == "expired"


def test_a_refused_attempt_comes_back_at_its_time(desk: Store) -> None:
    message_id = queue(desk)
    desk.claim_due(NOW, 1)
    desk.record_delivery(said(message_id, "queued", reason="throttled"), retry_at=NOW + timedelta(minutes=5))
    assert desk.claim_due(NOW + timedelta(minutes=4), 1) == ()
    (again,) = desk.claim_due(NOW + timedelta(minutes=5), 1)
    assert again.attempts == 1


def test_a_message_put_back_without_a_time_is_due_at_once(desk: Store) -> None:
    message_id = queue(desk)
    desk.claim_due(NOW, 1)
    desk.record_delivery(said(message_id, "queued"))
    assert len(desk.claim_due(NOW, 1)) == 1


def test_a_crash_while_sending_leaves_it_unknown_and_unsent(desk: Store) -> None:
    message_id = queue(desk)
    desk.claim_due(NOW, 1)
    assert desk.recover_claims(NOW) == 1
    assert desk.recover_claims(NOW) == 0
    assert state_of(desk, message_id) == "unknown"
    desk.record_delivery(said(message_id, "queued"))
    assert desk.claim_due(NOW + timedelta(hours=1), 1) == ()
    desk.record_delivery(said(message_id, "delivered", "c1"))
    assert state_of(desk, message_id) == "delivered"


@pytest.mark.parametrize("final", ["delivered", "failed", "expired"])
def test_a_final_state_stays(desk: Store, final: str) -> None:
    message_id = queue(desk)
    desk.claim_due(NOW, 1)
    desk.record_delivery(said(message_id, "sent", "c1"))
    desk.record_delivery(said(message_id, final, "c1"))
    for late in ("queued", "wired", "sent", "delivered", "failed", "unknown", "expired", "halted"):
        desk.record_delivery(said(message_id, late, "c1"))
        assert state_of(desk, message_id) == final
    assert verify(desk).intact


def test_a_report_finds_its_message_by_the_carriers_id(desk: Store) -> None:
    message_id = queue(desk)
    desk.claim_due(NOW, 1)
    desk.record_delivery(said(message_id, "sent", "c1"))
    desk.record_delivery(said("", "delivered", "c1", at=NOW + timedelta(minutes=1)))
    (entry,) = desk.message_log("p1")
    assert (entry.state, entry.carrier_id, entry.updated_at) == ("delivered", "c1", NOW + timedelta(minutes=1))


def test_a_report_before_its_id_is_known_waits_for_it(desk: Store) -> None:
    message_id = queue(desk)
    desk.claim_due(NOW, 1)
    for _ in range(2):
        desk.record_delivery(said("", "delivered", "c1"))
    assert state_of(desk, message_id) == "sending"
    desk.record_delivery(said(message_id, "sent", "c1"))
    assert state_of(desk, message_id) == "delivered"
    with desk.reading() as connection:
        assert connection.execute(select(WAITING_REPORTS)).all() == []


def test_a_report_of_another_carrier_is_another_message(desk: Store) -> None:
    message_id = queue(desk)
    desk.claim_due(NOW, 1)
    desk.record_delivery(said("", "failed", "c1", carrier="spool"))
    desk.record_delivery(said(message_id, "sent", "c1"))
    assert state_of(desk, message_id) == "sent"


def test_a_report_that_names_nothing_known_is_kept(desk: Store) -> None:
    entries = verify(desk).entries
    desk.record_delivery(said("nobody", "failed"))
    desk.record_delivery(said("nobody", "failed", "c9", reason="bad \x00 byte"))
    assert verify(desk).entries == entries + 2


def test_the_same_late_report_again_adds_nothing(desk: Store) -> None:
    message_id = queue(desk)
    desk.claim_due(NOW, 1)
    desk.record_delivery(said(message_id, "delivered", "c1"))
    desk.record_delivery(said(message_id, "sent", "c1"))
    entries = verify(desk).entries
    desk.record_delivery(said(message_id, "sent", "c1"))
    assert verify(desk).entries == entries


def test_a_halted_message_waits_for_a_person(desk: Store) -> None:
    message_id = queue(desk)
    desk.claim_due(NOW, 1)
    desk.record_delivery(said(message_id, "halted", reason="not reviewed \x00"))
    assert desk.claim_due(NOW + timedelta(hours=1), 1) == ()
    (entry,) = desk.message_log()
    assert (entry.state, entry.reason) == ("halted", "not reviewed \ufffd")


def test_a_message_needs_a_farmer_who_is_known(desk: Store) -> None:
    with pytest.raises(InputError, match="expected farmer_id, got none"):
        queue(desk, farmer=None)
    with pytest.raises(InputError, match="expected a known farmer, got f9"):
        queue(desk, farmer="f9")
    assert desk.message_log() == ()


def test_a_message_goes_to_the_number_of_the_day(desk: Store) -> None:
    queue(desk)
    desk.save_farmers([Farmer(id="f1", name="Zineb", phone_number="+212712345678")])
    (claimed,) = desk.claim_due(NOW, 1)
    assert claimed.phone_number == "+212712345678"


def test_one_unreadable_number_does_not_hold_up_the_others(desk: Store) -> None:
    desk.save_farmers([Farmer(id="f2", name="Said", phone_number="+212712345678")])
    broken, sound = queue(desk), queue(desk, farmer="f2")
    with desk.writing() as writer:
        writer.connection.execute(update(FARMERS).where(FARMERS.c.farmer_id == "f1").values(sealed=b"\x01" + bytes(40)))
    assert [claimed.message_id for claimed in desk.claim_due(NOW, 10)] == [sound]
    assert state_of(desk, broken) == "halted"


def test_the_log_is_newest_first_and_holds_no_number(desk: Store) -> None:
    queue(desk, "first")
    queue(desk, "second", parcel="p2")
    assert [entry.message.text for entry in desk.message_log()] == ["second", "first"]
    assert [entry.message.text for entry in desk.message_log("p1")] == ["first"]
    assert NUMBER not in repr(desk.message_log())


def test_two_senders_never_claim_the_same_message(desk: Store, reopened: Callable[[], Store]) -> None:
    ids = {queue(desk, f"text {n}") for n in range(40)}
    claimed: list[str] = []

    def send() -> None:
        with reopened() as store:
            while batch := store.claim_due(NOW, 3):
                claimed.extend(one.message_id for one in batch)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 40
    assert set(claimed) == ids
