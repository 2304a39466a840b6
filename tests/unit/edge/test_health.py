import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.health import disk_free_mb, heartbeat_of, notify_service_manager, resident_mb, software_version
from edge.outbox import Outbox
from edge.receipt import receipt_of


def test_memory_is_what_the_system_says(tmp_path: Path) -> None:
    statm = tmp_path / "statm"
    statm.write_text("1000 250 3 4 5 6 7\n")
    assert resident_mb(statm) == pytest.approx(250 * 4096 / 1e6, rel=3.0)
    own = resident_mb()
    assert own is None or own > 1
    assert resident_mb(tmp_path / "none") is None
    statm.write_text("few")
    assert resident_mb(statm) is None


def test_space_is_unknown_not_zero_when_it_cannot_be_asked(tmp_path: Path) -> None:
    free = disk_free_mb(tmp_path)
    assert free is not None
    assert free > 0
    assert disk_free_mb(tmp_path / "none") is None


def test_a_version_is_always_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert software_version().startswith("seguia")
    monkeypatch.setattr("edge.health.version", lambda _: "1.2.3")
    assert software_version() == "seguia 1.2.3"


def test_a_heartbeat_tells_queue_and_models(tmp_path: Path) -> None:
    now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    outbox = Outbox(tmp_path / "outbox.sqlite", now=lambda: datetime(2026, 7, 1, 11, tzinfo=UTC))
    outbox.put("detection", lambda *_: b"x")
    beat = heartbeat_of(outbox, Clock(now=lambda: now), ("canopy 1",))
    assert beat.online
    assert (beat.at, beat.queued, beat.oldest_queued_s, beat.models) == (now, 1, 3600.0, ("canopy 1",))
    outbox.close()


def test_a_time_that_cannot_be_believed_is_left_out(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite")
    beat = heartbeat_of(outbox, Clock(now=lambda: datetime(1970, 1, 1, tzinfo=UTC)), ())
    assert beat.at is None
    assert beat.oldest_queued_s is None
    outbox.close()


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_hears(tmp_path: Path, abstract: bool) -> None:  # noqa: FBT001 -- a table of cases
    place = f"@seguia-test-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + place[1:] if abstract else place)
        assert notify_service_manager("READY=1", place)
        assert manager.recv(100) == b"READY=1"


def test_nobody_to_tell_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify_service_manager("READY=1")
    assert not notify_service_manager("READY=1", str(tmp_path / "nobody"))


def test_a_receipt_knows_the_unknown_from_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite")
    empty = receipt_of(outbox.database, watts=3.0)
    assert empty["processor_s_per_frame"] is None
    assert empty["joules_per_frame_estimate"] is None
    assert empty["bytes_per_stored_message"] is None
    assert empty["queued_messages"] == 0
    outbox.put("detection", lambda *_: b"12345")
    with outbox.database.transaction() as connection:
        rows = [("frames_queued", 4.0), ("frame_processor_s", 1.0), ("bytes_sent", 900.0), ("messages_stored", 2.0)]
        connection.executemany("INSERT INTO counter VALUES (?, ?)", rows)
    receipt = receipt_of(outbox.database, watts=4.0)
    assert receipt["frames_queued"] == 4
    assert receipt["processor_s_per_frame"] == 0.25
    assert receipt["joules_per_frame_estimate"] == 1.0
    assert receipt["bytes_per_stored_message"] == 450.0
    assert (receipt["queued_messages"], receipt["queued_bytes"]) == (1, 5)
    assert "estimated, not measured" in receipt["joules_assumption"]
    outbox.close()


def test_a_wrong_wall_clock_tells_the_time_by_the_clouds_word(tmp_path: Path) -> None:
    wall, told = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, 12, tzinfo=UTC)
    clock = Clock(now=lambda: wall, monotonic_s=lambda: 50.0, boot=lambda: "b")
    outbox = Outbox(tmp_path / "outbox.sqlite", clock=clock)
    outbox.timekeeper.told_by_cloud(told, 50.0)
    assert heartbeat_of(outbox, clock, ()).at == told
    outbox.close()


def test_a_leap_that_nobody_vouches_for_is_no_time(tmp_path: Path) -> None:
    wall = datetime(2026, 6, 1, tzinfo=UTC)
    clock = Clock(now=lambda: wall, monotonic_s=lambda: 50.0, boot=lambda: "b")
    outbox = Outbox(tmp_path / "outbox.sqlite", clock=clock)
    assert heartbeat_of(outbox, clock, ()).at == wall
    wall = datetime(2026, 9, 1, tzinfo=UTC)
    assert heartbeat_of(outbox, clock, ()).at is None
    outbox.close()
