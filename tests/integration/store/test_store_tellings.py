"""What telling asks of the store: what was said and seen lately, and texts taken back in time."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.store.store import Store
from cloud.messages import TAKEN_BACK, Farmer, Message
from edge.contract import Detection, Evidence, MessageId

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def message(text: str, parcel: str = "p1", farmer: str = "f1") -> Message:
    return Message(
        parcel_id=parcel,
        kind="irrigate",
        language="fr",
        text=text,
        encoding="gsm7",
        segments=1,
        valid_until=NOW + timedelta(days=3),
        reviewed=True,
        farmer_id=farmer,
    )


@pytest.fixture
def desk(store: Store) -> Store:
    store.save_farmers(
        [Farmer(id=name, name=name, phone_number=f"+21261234567{place}") for place, name in enumerate(("f1", "f2"))]
    )
    return store


def test_what_was_said_since_a_moment_comes_oldest_first(desk: Store) -> None:
    for hours, (text, parcel) in enumerate((("a", "p1"), ("b", "p2"), ("c", "p1"))):
        desk.queue_message(message(text, parcel), verdict_digest="d" * 64, now=NOW + timedelta(hours=hours))
    assert [one.message.text for one in desk.said_since(NOW)] == ["a", "b", "c"]
    assert [one.message.text for one in desk.said_since(NOW + timedelta(hours=1))] == ["b", "c"]
    assert [one.message.text for one in desk.said_since(NOW, "p1")] == ["a", "c"]


def test_only_what_still_waits_is_withdrawn_and_that_is_a_record(desk: Store) -> None:
    first, second = (desk.queue_message(message(text), verdict_digest="d" * 64, now=NOW) for text in "ab")
    (claimed,) = desk.claim_due(NOW, 1)
    assert claimed.message_id == first
    assert desk.withdraw([first, second, "unknown"], now=NOW, reason="another text") == {second}
    stands = {one.message_id: (one.state, one.reason) for one in desk.said_since(NOW)}
    assert stands[second] == ("halted", "another text")
    assert stands[first][0] == "sending"
    assert desk.withdraw([], now=NOW, reason="none") == frozenset()
    assert verify(desk).problems == ()


def test_what_was_withdrawn_unread_waits_again_when_it_is_said_again(desk: Store) -> None:
    first = desk.queue_message(message("a"), verdict_digest="d" * 64, now=NOW)
    assert desk.withdraw([first], now=NOW, reason=f"{TAKEN_BACK}another text") == {first}
    later = NOW + timedelta(hours=2)
    assert desk.claim_due(later, 9) == ()
    assert desk.queue_messages([(message("a"), "e" * 64)], now=later).message_ids == (first,)
    (claimed,) = desk.claim_due(later, 9)
    assert claimed.message_id == first
    assert verify(desk).problems == ()


def test_what_was_halted_for_another_reason_stays_so(desk: Store) -> None:
    first = desk.queue_message(message("a"), verdict_digest="d" * 64, now=NOW)
    assert desk.withdraw([first], now=NOW, reason="its farmer wants silence") == {first}
    desk.queue_message(message("a"), verdict_digest="d" * 64, now=NOW)
    assert desk.claim_due(NOW, 9) == ()


def test_what_its_carrier_may_have_already_is_told_from_what_nobody_has(desk: Store) -> None:
    first, second = (desk.queue_message(message(text), verdict_digest="d" * 64, now=NOW) for text in "ab")
    desk.claim_due(NOW, 1, carrier="modem")
    assert desk.recover_claims(NOW, repeatable=frozenset({"modem"})) == 0
    assert {one.message_id: (one.state, one.maybe_left) for one in desk.said_since(NOW)} == {
        first: ("queued", True),
        second: ("queued", False),
    }
    assert desk.withdraw([first, second], now=NOW, reason="another text") == {first, second}
    assert [one.maybe_left for one in desk.said_since(NOW)] == [True, False]


def test_when_each_person_was_last_written_to(desk: Store) -> None:
    assert desk.last_said() == {}
    desk.queue_message(message("a"), verdict_digest="d" * 64, now=NOW)
    desk.queue_message(message("b"), verdict_digest="d" * 64, now=NOW + timedelta(days=2))
    desk.queue_message(message("c", farmer="f2"), verdict_digest="d" * 64, now=NOW + timedelta(days=1))
    assert desk.last_said() == {"f1": NOW + timedelta(days=2), "f2": NOW + timedelta(days=1)}


def test_the_last_photo_and_the_last_picture_of_a_parcel(desk: Store) -> None:
    assert desk.last_seen() == {}
    assert desk.sightings_since(NOW) == ()
    for sequence, hours in enumerate((2, 5)):
        name = MessageId(gateway="g", boot="b", sequence=2 * sequence)
        taken = NOW + timedelta(hours=hours)
        seen = Detection(parcel_id="p1", taken_at=taken, sha256="a" * 64, model=None, opinion=False, reasons=("dark",))
        desk.add_detection(name, "o", seen, taken)
        evidence = Evidence(
            parcel_id="p1",
            taken_at=taken,
            detection_boot="b",
            detection_sequence=2 * sequence,
            image_jpeg=b"\xff\xd8\xff",
            mask_png=None,
            stress_grid=bytes([0, 1, 200, 255, 100]) if sequence else None,
            stress_grid_shape=(1, 5) if sequence else None,
            dry_rows=(3, 7) if sequence else (),
        )
        desk.add_evidence(MessageId(gateway="g", boot="b", sequence=2 * sequence + 1), "o", evidence, taken)
    assert desk.last_seen() == {"p1": NOW + timedelta(hours=5)}
    (sighting,) = desk.sightings_since(NOW)
    assert (sighting.parcel_id, sighting.dry_rows, sighting.thirsty_percent) == ("p1", (3, 7), 50)
    assert desk.sightings_since(NOW + timedelta(hours=6)) == ()
