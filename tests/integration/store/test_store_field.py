"""What the field sends is stored once, and each parcel's latest state is at hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from cloud.adapters.ledger import verify
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import PARKED
from cloud.ingest import read_arrival
from edge.contract import Detection, Evidence, MessageId
from edge.heartbeat import Heartbeat
from edge.wire import encode, encode_detection, encode_evidence

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def detection(parcel: str | None = "p1", *, minutes: int | None = 0, **changes: object) -> Detection:
    taken_at = None if minutes is None else NOW + timedelta(minutes=minutes)
    content = {"parcel_id": parcel, "taken_at": taken_at, "sha256": "ab" * 32, "model": None, "opinion": True}
    return Detection.model_validate({**content, **changes})


def evidence(sequence: int, *, minutes: int = 0) -> Evidence:
    return Evidence(
        parcel_id="p1",
        taken_at=NOW + timedelta(minutes=minutes),
        detection_boot="boot",
        detection_sequence=sequence,
        image_jpeg=b"\xff\xd8photo",
        mask_png=b"\x89PNG",
        stress_grid=b"\x00\x01\x02\xff",
        stress_grid_shape=(2, 2),
        dry_rows=(1,),
    )


def message(sequence: int, gateway: str = "g1") -> MessageId:
    return MessageId(gateway=gateway, boot="boot", sequence=sequence)


def test_receiving_twice_changes_nothing(store: Store) -> None:
    assert store.add_detection(message(1), "office", detection(), NOW)
    assert not store.add_detection(message(1), "office", detection(), NOW + timedelta(hours=1))
    assert store.detections(NOW - timedelta(days=1), NOW + timedelta(days=1)) == (detection(),)
    assert verify(store).entries == 1


def test_the_same_id_for_another_content_is_parked_not_lost(store: Store) -> None:
    arrivals = [
        read_arrival("seguia/v1/office/g1/detection", encode_detection(found, "boot", 7), NOW)
        for found in (detection("p1"), detection("p2"), detection("p1"))
    ]
    assert store.receive(arrivals) == ("stored", "parked", "known")
    with store.reading() as connection:
        (parked,) = connection.execute(select(PARKED)).all()
    assert "already used" in parked.reason
    assert b"p2" in parked.payload


def test_two_organisations_may_name_their_gateways_alike(store: Store) -> None:
    assert store.add_detection(message(1), "north", detection(), NOW)
    assert store.add_detection(message(1), "south", detection(), NOW)


def test_the_latest_detection_counts_by_when_it_was_taken(store: Store) -> None:
    store.add_detection(message(1), "office", detection(minutes=-10, wilting_score=1.0), NOW)
    store.add_detection(message(2), "office", detection(minutes=-60, wilting_score=2.0), NOW)
    latest = store.parcel_detection("p1")
    assert latest is not None
    assert latest.message == message(1)
    assert [d.message.sequence for d in store.parcel_detections("p1", 5)] == [1, 2]
    assert [d.message.sequence for d in store.parcel_detections("p1", 1)] == [1]
    assert [d.message for d in store.latest_detections()] == [message(1)]


def test_a_clock_that_runs_ahead_does_not_freeze_the_map(store: Store) -> None:
    store.add_detection(message(1), "office", detection(minutes=60 * 24 * 365), NOW)
    store.add_detection(message(2), "office", detection(minutes=5), NOW + timedelta(minutes=6))
    latest = store.parcel_detection("p1")
    assert latest is not None
    assert latest.message == message(2)


def test_a_detection_without_time_counts_from_its_arrival(store: Store) -> None:
    store.add_detection(message(1), "office", detection(minutes=None), NOW)
    (found,) = store.detections(NOW, NOW + timedelta(seconds=1))
    assert found.taken_at is None
    assert store.detections(NOW + timedelta(seconds=1), NOW + timedelta(days=1)) == ()


def test_a_detection_of_no_parcel_is_kept(store: Store) -> None:
    assert store.add_detection(message(1), "office", detection(parcel=None), NOW)
    assert len(store.detections(NOW, NOW + timedelta(days=1))) == 1
    assert store.latest_detections() == ()


def test_pictures_are_found_by_the_detection_they_belong_to(store: Store) -> None:
    store.add_detection(message(1), "office", detection(), NOW)
    assert store.add_evidence(message(2), "office", evidence(1), NOW)
    assert not store.add_evidence(message(2), "office", evidence(1), NOW)
    assert store.evidence_of(message(1)) == evidence(1)
    assert store.evidence_of(message(2)) is None
    assert store.evidence_of(message(1, "g2")) is None
    assert store.latest_evidence("p1") == (message(1), evidence(1))
    assert store.latest_evidence("p2") is None


def test_the_newest_picture_of_a_parcel_is_the_latest(store: Store) -> None:
    store.add_evidence(message(4), "office", evidence(3, minutes=-5), NOW)
    store.add_evidence(message(6), "office", evidence(5, minutes=-50), NOW)
    latest = store.latest_evidence("p1")
    assert latest is not None
    assert latest[0] == message(3)


def test_parked_payloads_are_kept_once_with_their_reason(store: Store) -> None:
    for _ in range(2):
        store.park("office", "g1", "detection", b"\x00\xffnot json", "unreadable", NOW)
    store.park("office", "g1", "detection", b"other", "unreadable", NOW)
    with store.reading() as connection:
        rows = connection.execute(select(PARKED.c.payload, PARKED.c.reason).order_by(PARKED.c.position)).all()
    assert [tuple(row) for row in rows] == [(b"\x00\xffnot json", "unreadable"), (b"other", "unreadable")]


def test_heartbeats_replace_each_other_and_changes_are_recorded(store: Store) -> None:
    beats = [
        Heartbeat(online=True, at=NOW, software="0.1", queued=3),
        Heartbeat(online=True, at=NOW, software="0.1", queued=0),
        Heartbeat(online=False),
    ]
    for minute, beat in enumerate(beats):
        store.save_heartbeat("office", "g1", beat, NOW + timedelta(minutes=minute))
    (status,) = store.gateways()
    assert status.heartbeat == beats[-1]
    assert status.received_at == NOW + timedelta(minutes=2)
    # queued changed without a record; software and state did not.
    assert verify(store).entries == 2


def test_a_late_heartbeat_does_not_replace_a_newer_one(store: Store) -> None:
    store.save_heartbeat("office", "g1", Heartbeat(online=True, queued=1), NOW)
    store.save_heartbeat("office", "g1", Heartbeat(online=True, queued=9), NOW - timedelta(hours=1))
    assert store.gateways()[0].heartbeat.queued == 1


def test_a_batch_larger_than_one_statement_is_stored_whole(store: Store) -> None:
    arrivals = [
        read_arrival("seguia/v1/office/g1/detection", encode_detection(detection(f"p{n % 7}"), "boot", n), NOW)
        for n in range(450)
    ]
    arrivals.append(read_arrival("seguia/v1/office/g1/evidence", encode_evidence(evidence(3), "boot", 900), NOW))
    arrivals.append(read_arrival("seguia/v1/office/g1/heartbeat", encode(Heartbeat(online=True)), NOW))
    assert set(store.receive(arrivals)) == {"stored"}
    assert set(store.receive(arrivals[:450])) == {"known"}
    assert len(store.latest_detections()) == 7
    assert verify(store).intact


def test_nothing_of_a_failed_batch_remains(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("cloud.adapters.store.arrivals._park", broken)
    with pytest.raises(RuntimeError, match="power cut"):
        store.add_detection(message(1), "office", detection(), NOW)
    monkeypatch.undo()
    assert store.detections(NOW - timedelta(days=1), NOW + timedelta(days=1)) == ()
    assert verify(store).entries == 0
    assert store.add_detection(message(1), "office", detection(), NOW)


def test_what_was_stored_is_there_after_opening_again(store: Store, reopened: Callable[[], Store]) -> None:
    store.add_detection(message(1), "office", detection(), NOW)
    with reopened() as second:
        assert second.parcel_detection("p1") == store.parcel_detection("p1")


def test_a_zero_byte_in_a_heartbeat_is_no_poison(store: Store) -> None:
    store.save_heartbeat("office", "g1", Heartbeat(online=True, software="a\x00b"), NOW)
    assert store.gateways()[0].heartbeat.software == "a\x00b"
