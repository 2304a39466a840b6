import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract import Ack
from edge.database import Database
from edge.errors import StoreUnavailableError
from edge.outbox import Outbox, Priority, QueueId, new_boot

MOMENT = datetime(2026, 7, 1, 12, tzinfo=UTC)


def named(boot: str, sequence: int) -> bytes:
    return json.dumps([boot, sequence]).encode()


def sized(size: int) -> Callable[[str, int], bytes]:
    return lambda *_: b"x" * size


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "outbox.sqlite"


def test_a_message_carries_its_stable_name(path: Path) -> None:
    outbox = Outbox(path, boot="b1")
    name = outbox.put("detection", named, subject="P1")
    (message,) = outbox.pending(10)
    assert name == QueueId("b1", 1) == message.name
    assert json.loads(message.payload) == ["b1", 1]
    assert message.kind == "detection"
    outbox.close()


def test_only_the_ingests_word_empties_the_queue(path: Path) -> None:
    outbox = Outbox(path, boot="b1")
    first, second, third = (outbox.put("detection", named) for _ in range(3))
    settled = outbox.settle(Ack(stored=(("b1", 1), ("b1", 99), ("other", 2)), parked=(("b1", 3, "version"),)))
    assert settled.stored == (first,)
    assert settled.parked == ((third, "version"),)
    assert [message.name for message in outbox.pending(10)] == [second]
    assert outbox.settle(Ack(stored=(("b1", 1),))).stored == ()
    outbox.close()


def test_names_go_on_after_a_restart_and_waiting_messages_keep_theirs(path: Path) -> None:
    first = Outbox(path, boot="b1")
    first.put("detection", named)
    first.settle(Ack(stored=(("b1", 1),)))
    first.put("detection", named)
    first.close()
    second = Outbox(path, boot="b2")
    assert second.put("detection", named) == QueueId("b2", 3)
    assert [message.name for message in second.pending(10)] == [QueueId("b1", 2), QueueId("b2", 3)]
    second.close()


def test_the_onset_of_stress_goes_first_and_pictures_last(path: Path) -> None:
    outbox = Outbox(path)
    outbox.put("evidence", named, Priority.EVIDENCE)
    outbox.put("detection", named, Priority.DETECTION)
    outbox.put("detection", named, Priority.READING)
    outbox.put("detection", named, Priority.ONSET)
    assert [message.priority for message in outbox.pending(10)] == [0, 1, 2, 3]
    assert [message.priority for message in outbox.pending(10, with_evidence=False)] == [0, 1, 2]
    assert outbox.waiting() == 4
    assert outbox.waiting(with_evidence=False) == 3
    assert len(outbox.pending(1)) == 1
    outbox.close()


def test_a_message_that_cannot_be_written_down_takes_no_number(path: Path) -> None:
    outbox = Outbox(path, boot="b1")

    def refuse(boot: str, sequence: int) -> bytes:
        raise ValueError("too long")

    with pytest.raises(ValueError, match="too long"):
        outbox.put("detection", refuse)
    assert outbox.put("detection", named) == QueueId("b1", 1)
    outbox.close()


def test_two_puts_in_one_transaction_stand_or_fall_together(path: Path) -> None:
    outbox = Outbox(path)

    def both() -> None:
        with outbox.database.transaction():
            outbox.put("detection", named)
            outbox.put("evidence", named, Priority.EVIDENCE)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        both()
    assert outbox.counts().messages == 0
    outbox.close()


def test_counts_tell_messages_bytes_and_age(path: Path) -> None:
    outbox = Outbox(path, now=lambda: MOMENT)
    assert outbox.counts().oldest_at is None
    outbox.put("detection", sized(7))
    outbox.put("detection", sized(5))
    counts = outbox.counts()
    assert (counts.messages, counts.payload_bytes) == (2, 12)
    assert counts.oldest_at == int(MOMENT.timestamp())
    outbox.close()


def test_over_the_cap_pictures_go_first_oldest_first(path: Path) -> None:
    outbox = Outbox(path, cap_bytes=100)
    old = outbox.put("evidence", sized(30), Priority.EVIDENCE)
    kept = outbox.put("evidence", sized(30), Priority.EVIDENCE)
    detection = outbox.put("detection", sized(60), subject="P1")
    names = [message.name for message in outbox.pending(10)]
    assert old not in names
    assert names == [detection, kept]
    assert outbox.counts().payload_bytes <= 100
    outbox.close()


def test_then_one_detection_of_each_parcel_and_hour_outlives_the_others(path: Path) -> None:
    now = [MOMENT]
    outbox = Outbox(path, cap_bytes=100, now=lambda: now[0])
    hour_one = [outbox.put("detection", sized(20), subject="P1") for _ in range(3)]
    other = outbox.put("detection", sized(20), subject="P2")
    now[0] += timedelta(hours=1)
    hour_two = [outbox.put("detection", sized(20), subject="P1") for _ in range(2)]
    names = {message.name for message in outbox.pending(10)}
    assert hour_one[-1] in names
    assert other in names
    assert hour_two[-1] in names
    assert hour_one[0] not in names
    assert outbox.counts().payload_bytes <= 100
    outbox.close()


def test_the_onset_of_stress_is_never_thinned_even_over_the_cap(path: Path) -> None:
    outbox = Outbox(path, cap_bytes=50)
    onsets = [outbox.put("detection", sized(30), Priority.ONSET, subject="P1") for _ in range(3)]
    outbox.put("detection", sized(30), subject="P1")
    assert [message.name for message in outbox.pending(10)] == onsets
    outbox.close()


def test_thinning_is_counted(path: Path) -> None:
    outbox = Outbox(path, cap_bytes=50)
    for _ in range(3):
        outbox.put("evidence", sized(30), Priority.EVIDENCE)
    assert dict(outbox.database.rows("SELECT name, value FROM counter")) == {"thinned_evidence": 2.0}
    outbox.close()


@pytest.mark.parametrize("damage", ["no database", "torn page"])
def test_a_damaged_file_is_kept_aside_loudly_and_a_new_one_begun(path: Path, damage: str) -> None:
    outbox = Outbox(path, boot="b1")
    with outbox.database.transaction():
        for _ in range(200):
            outbox.put("detection", sized(400))
    outbox.close()
    if damage == "no database":
        path.write_bytes(b"this is no database at all" * 100)
    else:
        content = bytearray(path.read_bytes())
        content[8192 : len(content) // 2] = b"\xa5" * (len(content) // 2 - 8192)
        path.write_bytes(bytes(content))
    told: list[str] = []
    again = Outbox(path, boot="b2", tell=told.append)
    assert again.counts().messages == 0
    assert again.put("detection", named) == QueueId("b2", 1)
    again.close()
    assert (path.parent / "outbox.sqlite.corrupt-1").exists()
    assert len(told) == 1
    assert "damaged" in told[0]
    assert "outbox.sqlite.corrupt-1" in told[0]


def test_a_second_damaged_file_does_not_overwrite_the_first(path: Path) -> None:
    path.parent.mkdir()
    for _ in range(2):
        path.write_bytes(b"no database at all, twice over " * 100)
        path.with_name(path.name + "-shm").write_bytes(b"")
        Outbox(path, tell=lambda _: None).close()
    assert sorted(kept.name for kept in path.parent.glob("*.corrupt-?")) == [
        "outbox.sqlite.corrupt-1",
        "outbox.sqlite.corrupt-2",
    ]


def test_a_reader_never_sets_a_file_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database " * 100)
    with pytest.raises(StoreUnavailableError, match="damaged"):
        Database(path, tell=lambda _: None, replace_damaged=False)
    assert path.exists()


def test_a_queue_of_a_later_version_is_left_alone(path: Path) -> None:
    Outbox(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.execute("UPDATE remembered SET value = '3' WHERE name = 'least_reader'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreUnavailableError, match="later version"):
        Outbox(path)


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailableError) as caught:
        Outbox(tmp_path / "file" / "outbox.sqlite")
    assert "\n" not in str(caught.value)
    assert "cannot be used" in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_full_disk_refuses_the_message_and_keeps_the_others(path: Path) -> None:
    outbox = Outbox(path, boot="b1")
    outbox.put("detection", named)
    (pages,) = outbox.database.rows("PRAGMA page_count")[0]
    outbox.database.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailableError, match="full"):
        outbox.put("detection", sized(100_000))
    assert [message.name for message in outbox.pending(10)] == [QueueId("b1", 1)]
    outbox.settle(Ack(stored=(("b1", 1),)))
    assert outbox.counts().messages == 0
    outbox.close()


def test_a_read_only_file_is_one_clear_line(path: Path) -> None:
    outbox = Outbox(path)
    outbox.database.rows("PRAGMA query_only = 1")
    with pytest.raises(StoreUnavailableError, match="readonly"):
        outbox.put("detection", named)
    outbox.close()


def test_reading_a_closed_queue_is_one_clear_line(path: Path) -> None:
    outbox = Outbox(path)
    outbox.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        outbox.counts()


def test_commits_are_as_durable_as_promised(path: Path) -> None:
    outbox = Outbox(path)
    full, normal = (2,), (1,)
    outbox.put("detection", named)
    assert outbox.database.rows("PRAGMA synchronous") == [full]
    outbox.settle(Ack())
    assert outbox.database.rows("PRAGMA synchronous") == [normal]
    with outbox.database.transaction():
        assert outbox.database.rows("PRAGMA synchronous") == [full]
        outbox.settle(Ack(stored=(("b1", 1),)))
        assert outbox.database.rows("PRAGMA synchronous") == [full]
    assert outbox.database.rows("PRAGMA journal_mode") == [("wal",)]
    outbox.close()


def test_boot_names_differ() -> None:
    assert new_boot() != new_boot()
