"""The gateway's file: steps of its schema, damage found when opening and while at work, and what is saved of it."""

import sqlite3
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.contract import Ack
from edge.database import Database
from edge.errors import StoreDamagedError, StoreUnavailableError
from edge.logbook import FileStamp, Logbook
from edge.outbox import Hold, Outbox, Priority, QueueId
from edge.salvage import Salvaged, salvage
from edge.tables import SCHEMA_VERSION, STEPS

MOMENT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
STAMP = FileStamp(path="/photos/1.jpg", size=1, modified_ns=1)


def named(boot: str, sequence: int) -> bytes:
    return f"{boot}/{sequence}".encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "outbox.sqlite"


def break_pages(path: Path, *names: str) -> None:
    """Overwrite the first page of tables or indexes, as a failing card does."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    pages = [
        row[0]
        for name in names
        for row in connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,))
    ]
    connection.close()
    assert len(pages) == len(names)
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xa5" * size)


def test_a_file_of_the_first_version_becomes_one_of_today_and_loses_nothing(path: Path) -> None:
    path.parent.mkdir()
    old = sqlite3.connect(path, isolation_level=None)
    old.executescript(f"BEGIN; {STEPS[0]} PRAGMA user_version = 1; COMMIT;")
    old.execute("INSERT INTO outbox VALUES (7, 'old', 'evidence', 2, 'P1', 5, x'31')")
    old.execute("INSERT INTO outbox VALUES (8, 'old', 'detection', 1, 'P1', 5, x'3233')")
    old.execute("UPDATE total SET value = 8 WHERE name = 'last_sequence'")
    old.close()
    outbox = Outbox(path, boot="new")
    waiting = {message.name: (message.priority, message.payload) for message in outbox.pending(10)}
    assert waiting == {
        QueueId("old", 8): (Priority.DETECTION, b"23"),
        QueueId("old", 7): (Priority.EVIDENCE, b"1"),
    }
    assert outbox.put("detection", named) == QueueId("new", 9)
    assert outbox.counts().payload_bytes == 3 + len(b"new/9")
    assert outbox.database.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    outbox.close()


def test_a_release_that_was_taken_back_reads_a_file_that_a_later_one_added_to(path: Path) -> None:
    Outbox(path).close()
    later = sqlite3.connect(path)
    later.execute("ALTER TABLE outbox ADD COLUMN of_tomorrow TEXT")
    later.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    later.commit()
    later.close()
    outbox = Outbox(path, boot="b1")
    name = outbox.put("detection", named)
    assert outbox.pending(1)[0].name == name
    outbox.close()


def test_damage_beside_the_queue_costs_no_message_and_no_photo_is_looked_at_again(path: Path) -> None:
    told: list[str] = []
    outbox = Outbox(path, boot="b1")
    names = [outbox.put("detection", named) for _ in range(5)]
    Logbook(outbox.database).remember(STAMP, "aa", "queued")
    Logbook(outbox.database).note_time(MOMENT)
    with outbox.database.transaction() as connection:
        connection.execute("CREATE TABLE letter (id TEXT PRIMARY KEY, state TEXT) STRICT")
        connection.execute("INSERT INTO letter VALUES ('P1-today', 'sent')")
    outbox.close()
    break_pages(path, "outbox_order", "counter")
    again = Outbox(path, boot="b2", tell=told.append)
    assert [message.name for message in again.pending(10)] == names
    assert Logbook(again.database).knows_content(STAMP.path, "aa")
    assert Logbook(again.database).last_time() == MOMENT
    assert again.database.rows("SELECT * FROM letter") == [("P1-today", "sent")]
    assert again.put("detection", named) == QueueId("b2", 6)
    assert (again.counts().messages, len(told)) == (6, 1)
    assert "all 5 messages that waited were saved" in told[0]
    again.close()


def test_where_messages_are_lost_the_photos_are_looked_at_again(path: Path) -> None:
    told: list[str] = []
    outbox = Outbox(path, boot="b1")
    with outbox.database.transaction():
        for _ in range(400):
            outbox.put("detection", lambda *_: b"x" * 400)
    Logbook(outbox.database).remember(STAMP, "aa", "queued")
    Logbook(outbox.database).begin("/photos/2.jpg")
    outbox.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 8 * 4096)
    again = Outbox(path, boot="b2", tell=told.append)
    saved = again.counts().messages
    assert 0 < saved < 400
    assert f"{saved} messages were saved, photos still in the watched folders are looked at again" in told[0]
    assert not Logbook(again.database).knows_content(STAMP.path, "aa")
    assert again.database.rows("SELECT * FROM attempt") == []
    assert again.put("detection", named).sequence > 400
    again.close()


def test_a_salvaged_message_that_is_not_as_it_was_written_is_left_behind(path: Path, tmp_path: Path) -> None:
    outbox = Outbox(path, boot="b1")
    for _ in range(3):
        outbox.put("detection", named)
    with outbox.database.transaction() as connection:
        connection.execute("UPDATE outbox SET crc = crc + 1 WHERE sequence = 2")
    outbox.close()
    fresh = Database(tmp_path / "fresh.sqlite", tell=lambda _: None)
    connection = sqlite3.connect(fresh.path, isolation_level=None)
    assert salvage(path, connection) == Salvaged(messages=2, whole=False)
    connection.close()
    assert fresh.rows("SELECT sequence FROM outbox") == [(1,), (3,)]
    fresh.close()


def test_salvage_of_what_is_no_database_saves_nothing_and_raises_nothing(path: Path, tmp_path: Path) -> None:
    outbox = Outbox(path)
    (tmp_path / "rubbish").write_bytes(b"no database at all " * 300)
    connection = sqlite3.connect(path, isolation_level=None)
    assert salvage(tmp_path / "rubbish", connection) == Salvaged()
    assert not connection.in_transaction
    connection.close()
    outbox.close()


def test_damage_found_at_work_ends_all_use_and_the_next_opening_sets_it_aside(path: Path) -> None:
    told: list[str] = []
    outbox = Outbox(path, boot="b1")
    for _ in range(3):
        outbox.put("detection", named)
    Logbook(outbox.database).count(frames_queued=3)
    outbox.close()
    outbox = Outbox(path, boot="b1")
    break_pages(path, "counter")
    with pytest.raises(StoreDamagedError, match="set aside"):
        Logbook(outbox.database).counters()
    for use in (outbox.counts, outbox.database.must_be_sound, lambda: outbox.put("detection", named)):
        with pytest.raises(StoreDamagedError):
            use()
    outbox.close()
    again = Outbox(path, boot="b2", tell=told.append)
    assert [message.name.sequence for message in again.pending(10)] == [1, 2, 3]
    assert len(told) == 1
    assert not path.with_name("outbox.sqlite.damaged").exists()
    again.close()
    Outbox(path, tell=told.append).close()
    assert len(told) == 1


def test_what_a_quick_check_would_pass_is_set_aside_all_the_same_once_it_was_found(path: Path) -> None:
    told: list[str] = []
    Outbox(path).close()
    path.with_name("outbox.sqlite.damaged").touch()
    with pytest.raises(StoreUnavailableError, match="damaged"):
        Database(path, tell=told.append, replace_damaged=False)
    Outbox(path, tell=told.append).close()
    assert "found while it was in use" in told[0]


def test_a_look_in_depth_finds_what_no_query_touched(path: Path) -> None:
    outbox = Outbox(path)
    Logbook(outbox.database).remember(STAMP, "aa", "queued")
    outbox.close()
    outbox = Outbox(path)
    outbox.database.examine(deeply=True)
    break_pages(path, "seen")
    outbox.database.examine()
    with pytest.raises(StoreDamagedError):
        outbox.database.examine(deeply=True)
    outbox.close()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_removed_under_the_gateway_is_written_out_again(path: Path, *, replaced: bool) -> None:
    outbox = Outbox(path, boot="b1")
    name = outbox.put("detection", named)
    for file in path.parent.glob("outbox.sqlite*"):
        file.unlink()
    if replaced:
        other = path.with_name("other")
        Database(other, tell=lambda _: None).close()
        other.rename(path)
    with pytest.raises(StoreDamagedError, match="removed or replaced"):
        outbox.database.examine()
    outbox.close()
    again = Outbox(path, boot="b2", tell=lambda _: None)
    assert [message.name for message in again.pending(10)] == ([] if replaced else [name])
    assert path.stat().st_mode & 0o777 == 0o600
    again.close()


def test_a_message_that_the_card_changed_is_kept_aside_and_the_others_go(path: Path) -> None:
    told: list[str] = []
    outbox = Outbox(path, boot="b1", tell=told.append)
    names = [outbox.put("detection", named) for _ in range(3)]
    with outbox.database.transaction() as connection:
        connection.execute("UPDATE outbox SET payload = x'00', crc = ? WHERE sequence = 2", (zlib.crc32(b"b1/2"),))
    assert [message.name for message in outbox.pending(10)] == [names[0], names[2]]
    assert outbox.database.rows("SELECT boot, sequence, payload FROM spoiled") == [("b1", 2, b"\x00")]
    assert Logbook(outbox.database).counters() == {"spoiled_messages": 1.0}
    assert len(told) == 1
    assert outbox.counts().payload_bytes == 8
    outbox.close()


def test_what_outlived_its_lifetime_is_dropped_and_counted(path: Path) -> None:
    wall, up_s = [MOMENT], [0.0]
    clock = Clock(now=lambda: wall[0], monotonic_s=lambda: up_s[0])
    outbox = Outbox(path, clock=clock)
    outbox.put("evidence", named, Priority.EVIDENCE, lifetime=timedelta(days=7))
    lasting = outbox.put("detection", named)
    assert outbox.expire() == 0
    wall[0], up_s[0] = MOMENT + timedelta(days=7), 7 * 86400.0
    assert outbox.expire() == 1
    assert [message.name for message in outbox.pending(10)] == [lasting]
    assert Logbook(outbox.database).counters() == {"expired_evidence": 1.0}
    outbox.close()


def test_a_wrong_clock_ends_no_lifetime_neither_now_nor_later(path: Path) -> None:
    wall = [datetime(2020, 1, 1, tzinfo=UTC)]
    clock = Clock(now=lambda: wall[0], monotonic_s=lambda: 5.0)
    outbox = Outbox(path, clock=clock)
    Logbook(outbox.database).note_time(MOMENT)
    outbox.put("evidence", named, Priority.EVIDENCE, lifetime=timedelta(days=7))
    assert outbox.expire() == 0
    wall[0] = MOMENT + timedelta(days=60)
    assert outbox.expire() == 0
    assert outbox.waiting() == 1
    outbox.close()


def test_a_held_message_waits_and_leaves_dated_or_as_it_is(path: Path) -> None:
    outbox = Outbox(path, boot="b1")
    dated = outbox.put("detection", named, hold=Hold(boot="k1", uptime_s=12.5))
    plain = outbox.put("detection", named, hold=Hold(boot="k0", uptime_s=1.0))
    assert outbox.pending(10) == ()
    assert (outbox.waiting(), outbox.counts().messages) == (0, 2)
    assert [(message.name, hold) for message, hold in outbox.held()] == [
        (dated, Hold(boot="k1", uptime_s=12.5)),
        (plain, Hold(boot="k0", uptime_s=1.0)),
    ]
    outbox.release(dated, b"dated and longer")
    outbox.release(plain)
    outbox.release(plain, b"sent already, never changed")
    assert [message.payload for message in outbox.pending(10)] == [b"dated and longer", b"b1/2"]
    assert outbox.counts().payload_bytes == len(b"dated and longer") + len(b"b1/2")
    outbox.settle(Ack(stored=(("b1", 1), ("b1", 2))))
    assert outbox.counts().payload_bytes == 0
    outbox.close()


def test_readings_are_thinned_after_pictures_and_before_detections(path: Path) -> None:
    outbox = Outbox(path, cap_bytes=100, now=lambda: MOMENT)
    picture = outbox.put("evidence", lambda *_: b"x" * 20, Priority.EVIDENCE)
    readings = [outbox.put("detection", lambda *_: b"x" * 20, Priority.READING, "probe") for _ in range(2)]
    detections = [outbox.put("detection", lambda *_: b"x" * 20, subject="P1") for _ in range(2)]
    outbox.put("detection", lambda *_: b"x" * 20, Priority.ONSET)
    names = [message.name for message in outbox.pending(10)]
    assert picture not in names
    assert readings[0] not in names
    assert readings[1] in names
    assert set(detections) <= set(names)
    outbox.close()
