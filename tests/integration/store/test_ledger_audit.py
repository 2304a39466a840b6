"""Whatever is changed, removed, added or reordered behind the store's back is found and named."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Table, delete, insert, select, text, update

from cloud.adapters import ledger
from cloud.adapters.ledger import ENTRIES, HEAD, verify
from cloud.adapters.store.rows import RECORDS
from cloud.adapters.store.sending_tables import MESSAGE_STATE
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import (
    DETECTIONS,
    FARMER_STATE,
    FARMERS,
    MESSAGES,
    PARCEL_STATE,
    PARCELS,
    TRANSITIONS,
)
from cloud.messages import Farmer, Inbound, Message
from cloud.records import IrrigationEvent, Parcel
from edge.contract import Detection, MessageId
from edge.heartbeat import Heartbeat

NOW = datetime(2026, 5, 1, 8, 0, 0, 123456, tzinfo=UTC)


def detection(parcel: str) -> Detection:
    return Detection(parcel_id=parcel, taken_at=NOW, sha256="ab" * 32, model=None, opinion=True, wilting_score=2.5)


@pytest.fixture
def full(store: Store) -> Store:
    for n in range(5):
        store.add_detection(MessageId(gateway="g1", boot="b", sequence=n), "office", detection(f"p{n}"), NOW)
    store.park("office", "g1", "detection", b"\x00", "unreadable", NOW)
    store.save_heartbeat("office", "g1", Heartbeat(online=True), NOW)
    store.save_parcels([Parcel(id="p1", crop="wheat", latitude=32, longitude=-6)])
    store.add_events([IrrigationEvent(parcel_id="p1", started_at=NOW, depth_mm=30.0, source="meter")])
    store.save_farmers([Farmer(id="f1", name="Zineb", phone_number="+212612345678")])
    store.add_inbound(Inbound(carrier="at", carrier_id="i1", phone_number="+212612345678", text="1", received_at=NOW))
    note = Message(
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
    store.queue_message(note, verdict_digest="d" * 64, now=NOW)
    store.claim_due(NOW, 1)
    return store


@pytest.fixture
def tampered(full: Store) -> Callable[..., tuple[str, ...]]:
    def tamper(*statements: object) -> tuple[str, ...]:
        with full.writing() as writer:
            if writer.connection.dialect.name == "postgresql":
                writer.connection.execute(text("SET LOCAL session_replication_role = replica"))
            else:
                writer.connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for statement in statements:
                writer.connection.execute(statement)  # type: ignore[call-overload]  # statements of several kinds
        return verify(full).problems

    return tamper


def forget_states(position: int) -> object:
    return update(PARCEL_STATE).where(PARCEL_STATE.c.detection == position).values(detection=None, detection_at=None)


def test_what_was_only_written_by_the_store_is_intact(full: Store) -> None:
    report = verify(full)
    assert report.problems == ()
    assert report.intact
    assert report.entries == report.records == 13
    assert verify(full, expected=report.head).intact


def test_a_changed_record_is_named(tampered: Callable[..., tuple[str, ...]]) -> None:
    (problem,) = tampered(update(DETECTIONS).where(DETECTIONS.c.position == 3).values(body='{"wilting_score":0}'))
    assert problem.startswith("detection office/g1/b/2: its content does not match ledger entry 3")


@pytest.mark.parametrize("kind", ["parked", "gateway", "parcel", "event", "farmer", "inbound", "message", "transition"])
def test_a_change_in_any_table_is_named(full: Store, kind: str) -> None:
    table = RECORDS[kind].table
    changes: dict[str, dict[str, bytes | str]] = {
        "parked": {"payload": b"x"},
        "farmer": {"sealed": b"x"},
        "inbound": {"sealed": b"x"},
        "transition": {"reason": "x"},
    }
    values = changes.get(kind, {"body": "{}"})
    with full.writing() as writer:
        writer.connection.execute(update(table).values(**values))
    (problem,) = verify(full).problems
    assert problem.startswith(f"{kind} ")


def test_a_removed_record_is_named(tampered: Callable[..., tuple[str, ...]]) -> None:
    (problem,) = tampered(forget_states(2), delete(DETECTIONS).where(DETECTIONS.c.position == 2))
    assert problem == "detection office/g1/b/1: ledger entry 2 has no record: it was removed"


def test_a_removed_entry_is_named(tampered: Callable[..., tuple[str, ...]]) -> None:
    problems = tampered(delete(ENTRIES).where(ENTRIES.c.position == 2))
    assert any("expected entry 2 next, got 3" in problem for problem in problems)
    assert any("detection office/g1/b/1: stands in the store without a ledger entry" in problem for problem in problems)


def test_a_record_removed_with_its_entry_is_found(tampered: Callable[..., tuple[str, ...]]) -> None:
    problems = tampered(
        forget_states(2),
        delete(DETECTIONS).where(DETECTIONS.c.position == 2),
        delete(ENTRIES).where(ENTRIES.c.position == 2),
    )
    assert problems == ("ledger: expected entry 2 next, got 3: entries were removed",)


def test_the_last_entries_cannot_be_cut_off(tampered: Callable[..., tuple[str, ...]]) -> None:
    problems = tampered(
        delete(TRANSITIONS).where(TRANSITIONS.c.position == 13), delete(ENTRIES).where(ENTRIES.c.position == 13)
    )
    assert problems[0] == "ledger: expected entry 13 at its end, got 12: its last entries were removed or replaced"
    assert problems[1].endswith("is sending, which is not where its transitions lead: it was changed")


def test_exchanged_entries_are_named(full: Store, tampered: Callable[..., tuple[str, ...]]) -> None:
    with full.reading() as connection:
        second, third = connection.execute(select(ENTRIES).where(ENTRIES.c.position.in_([2, 3]))).mappings().all()
    names = ("kind", "subject", "digest", "at")
    problems = tampered(
        update(ENTRIES).where(ENTRIES.c.position == 2).values({name: third[name] for name in names}),
        update(ENTRIES).where(ENTRIES.c.position == 3).values({name: second[name] for name in names}),
    )
    assert sum("changed or reordered" in problem for problem in problems) == 2


def test_a_changed_entry_is_named(tampered: Callable[..., tuple[str, ...]]) -> None:
    problems = tampered(update(ENTRIES).where(ENTRIES.c.position == 4).values(at="2020-01-01T00:00:00.000000+00:00"))
    (problem,) = problems
    assert problem.startswith("ledger entry 4 (detection office/g1/b/3): its hash does not follow")


def test_a_record_slipped_in_is_named(full: Store, tampered: Callable[..., tuple[str, ...]]) -> None:
    with full.reading() as connection:
        row = dict(connection.execute(select(DETECTIONS).where(DETECTIONS.c.position == 1)).mappings().one())
    behind = {**row, "position": 99, "sequence": 99}
    before = {**row, "position": -5, "sequence": 98}
    problems = tampered(insert(DETECTIONS).values(**behind), insert(DETECTIONS).values(**before))
    assert [problem.split(":")[0] for problem in problems] == [
        "detection office/g1/b/98",
        "detection office/g1/b/99",
        "latest detection of parcel p0",
    ]


def test_a_record_slipped_under_another_ones_entry_is_named(
    full: Store, tampered: Callable[..., tuple[str, ...]]
) -> None:
    with full.reading() as connection:
        row = dict(connection.execute(select(MESSAGES)).mappings().one())
    added, stateless = tampered(insert(MESSAGES).values(**{**row, "position": 1, "message_id": "0" * 64}))
    assert "it was added" in added
    assert stateless == f"message {'0' * 64}: has no state: it was removed"


def test_a_chain_written_anew_does_not_meet_the_head_that_was_written_down(
    full: Store, tampered: Callable[..., tuple[str, ...]]
) -> None:
    honest = verify(full).head
    with full.reading() as connection:
        rows = connection.execute(select(ENTRIES).order_by(ENTRIES.c.position)).all()
    statements, previous = [], ledger.GENESIS
    for row in rows:
        at = "2020-01-01T00:00:00.000000+00:00"
        entry = ledger.Entry(kind=row.kind, subject=row.subject, digest=row.digest)
        previous = ledger.entry_hash(previous, row.position, entry, at)
        statements.append(update(ENTRIES).where(ENTRIES.c.position == row.position).values(at=at, hash=previous))
    assert tampered(*statements, update(HEAD).values(hash=previous)) == ()
    assert "the chain was rewritten" in verify(full, expected=honest).problems[0]


def test_many_problems_are_counted_not_listed_for_ever(store: Store) -> None:
    table: Table = DETECTIONS
    for n in range(120):
        store.add_detection(MessageId(gateway="g1", boot="b", sequence=n), "office", detection("p1"), NOW)
    with store.writing() as writer:
        writer.connection.execute(update(table).values(body="{}"))
    problems = verify(store).problems
    assert len(problems) == 101
    assert problems[-1] == "ledger: 20 more problems are not listed"


def test_writers_at_the_same_time_make_one_chain(store: Store, reopened: Callable[[], Store]) -> None:
    def write(writer: int) -> None:
        with reopened() as opened:
            for n in range(15):
                message = MessageId(gateway=f"g{writer}", boot="b", sequence=n)
                assert opened.add_detection(message, "office", detection(f"p{n}"), NOW)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify(store)
    assert report.intact
    assert report.entries == 60


def test_a_message_state_changed_by_hand_is_named(tampered: Callable[..., tuple[str, ...]]) -> None:
    (problem,) = tampered(update(MESSAGE_STATE).values(state="delivered"))
    assert problem.endswith("is delivered, which is not where its transitions lead: it was changed")


def test_a_latest_state_turned_back_is_named(full: Store, tampered: Callable[..., tuple[str, ...]]) -> None:
    full.save_parcels([Parcel(id="p1", crop="olive", latitude=32, longitude=-6)])
    full.save_farmers([Farmer(id="f1", name="Zineb", phone_number="+212712345678")])
    moment = NOW.replace(hour=9)
    later = detection("p1").model_copy(update={"taken_at": moment})
    full.add_detection(MessageId(gateway="g1", boot="c", sequence=1), "office", later, moment)
    assert verify(full).intact
    with full.reading() as connection:
        first = connection.execute(select(PARCELS.c.position).where(PARCELS.c.version == 1)).scalar_one()
        farmer = connection.execute(select(FARMERS.c.position).where(FARMERS.c.version == 1)).scalar_one()
    problems = tampered(
        update(PARCEL_STATE).where(PARCEL_STATE.c.parcel_id == "p1").values(parcel=first, detection=2),
        update(FARMER_STATE).values(farmer=farmer),
    )
    assert [problem.split(":")[0] for problem in problems] == [
        "latest parcel of parcel p1",
        "latest detection of parcel p1",
        "latest version of farmer f1",
        "number of farmer f1",
    ]
