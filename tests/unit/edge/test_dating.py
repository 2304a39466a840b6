"""Photos without a date of their own, in folders of a machine whose clock the test turns."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.contract import Detection
from edge.dating import HELD_LONGEST, Redating
from edge.evidence import Sighting
from edge.intake import Intake, IntakeTools
from edge.logbook import Logbook
from edge.metadata import FrameMetadata
from edge.outbox import Outbox
from edge.settings.delivery import EvidenceConfig
from edge.settings.watch import WatchConfig
from edge.sources.folder import Drop, FolderSource
from edge.upkeep import Upkeep
from edge.voice import Voice
from edge.wire import decode_detection

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAST = datetime(2026, 3, 1, tzinfo=UTC)


class Field:
    """A gateway's eyes and queue, on a machine whose clocks the test turns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "photos"
        self.folder.mkdir()
        self.wall, self.up_s, self.boot, self.synchronised = NOW, 100.0, "k1", False
        self.told: list[str] = []
        self.clock = Clock(
            now=lambda: self.wall,
            monotonic_s=lambda: self.up_s,
            synchronised=lambda: self.synchronised,
            boot=lambda: self.boot,
        )
        self.outbox = Outbox(folder / "outbox.sqlite", boot="b1", clock=self.clock, tell=self.told.append)
        self.voice = Voice(self.told.append)
        self.begin()

    def begin(self) -> None:
        watch = WatchConfig(folder=self.folder, parcel_id="P1", live=True)
        source = FolderSource(
            watch, settle_s=1.0, clock=self.clock, voice=self.voice, timekeeper=self.outbox.timekeeper
        )
        tools = IntakeTools(outbox=self.outbox, look=look, clock=self.clock, voice=self.voice)
        self.intake = Intake([source], EvidenceConfig(), tools)
        self.upkeep = Upkeep(self.outbox, self.clock, self.voice)

    def passes(self, seconds: float) -> None:
        self.up_s += seconds
        self.wall += timedelta(seconds=seconds)

    def drop(self, name: str, *, at: datetime | None = None) -> None:
        path = self.folder / name
        path.write_bytes(name.encode())
        stamp = (at or self.wall).timestamp()
        os.utime(path, (stamp, stamp))

    def take_in(self) -> None:
        """Two looks, between which what was being written settles."""
        for _ in range(2):
            for source, drop in self.intake.ready():
                assert self.intake.take(source, drop) == "queued"
            self.passes(2.0)

    def sent(self) -> dict[str, tuple[datetime | None, str]]:
        found = [decode_detection("gw", message.payload)[1] for message in self.outbox.pending(100)]
        return {
            bytes.fromhex(each.sha256).rstrip(b"\0").decode(): (each.taken_at, each.clock_quality) for each in found
        }


def look(drop: Drop, metadata: FrameMetadata | None) -> Sighting:
    said = metadata or FrameMetadata()
    return Sighting(
        detection=Detection(
            sha256=drop.path.name.encode().ljust(12, b"\0").hex(),
            model=None,
            opinion=False,
            reasons=("blurred",),
            taken_at=said.taken_at,
            clock_quality=said.clock_quality,
        )
    )


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    made = Field(tmp_path)
    yield made
    made.outbox.close()


def test_a_clock_that_is_right_dates_by_the_file(field: Field) -> None:
    field.take_in()
    field.drop("a.jpg", at=field.wall - timedelta(hours=1))
    field.take_in()
    assert field.sent() == {"a.jpg": (NOW + timedelta(seconds=4, hours=-1), "arrival")}


def test_what_comes_while_the_clock_is_in_the_past_waits_and_gets_its_true_date_at_the_first_sync(field: Field) -> None:
    Logbook(field.outbox.database).note_time(NOW)
    field.wall = PAST
    field.take_in()
    field.drop("a.jpg")
    came_s = field.up_s
    field.take_in()
    field.upkeep.step()
    assert field.sent() == {}
    assert field.outbox.counts().messages == 1
    assert any("photos without a date of their own wait for one" in line for line in field.told)
    field.passes(600)
    synced = NOW + timedelta(days=3)
    field.wall, field.synchronised = synced, True
    synced_s = field.up_s
    field.upkeep.step()
    expected = synced - timedelta(seconds=synced_s - came_s)
    assert field.sent() == {"a.jpg": (expected, "redated")}
    assert any("1 photos that came while the clock was wrong" in line for line in field.told)
    assert any("believed again" in line for line in field.told)


def test_what_came_before_the_sync_and_is_looked_at_after_it_gets_its_true_date(field: Field) -> None:
    Logbook(field.outbox.database).note_time(NOW)
    field.wall = PAST
    field.take_in()
    field.outbox.timekeeper.believed_now()
    field.drop("a.jpg")
    came_s = field.up_s
    list(field.intake.ready())
    field.passes(5)
    field.wall, field.synchronised = NOW + timedelta(days=1), True
    synced_s = field.up_s
    field.take_in()
    expected = NOW + timedelta(days=1) - timedelta(seconds=synced_s - came_s)
    assert field.sent() == {"a.jpg": (expected, "redated")}


def test_what_lay_there_when_a_gateway_with_a_wrong_clock_began_stays_without_a_date(field: Field) -> None:
    Logbook(field.outbox.database).note_time(NOW)
    field.wall = PAST
    field.drop("a.jpg")
    field.begin()
    field.take_in()
    assert field.sent() == {"a.jpg": (None, "unknown")}


def test_a_leap_ahead_dates_nothing_ahead(field: Field) -> None:
    field.take_in()
    field.outbox.timekeeper.note()
    field.wall += timedelta(days=365)
    field.outbox.timekeeper.believed_now()
    field.drop("a.jpg")
    came_s = field.up_s
    field.take_in()
    assert field.sent() == {}
    field.wall -= timedelta(days=365)
    field.synchronised = True
    field.passes(100)
    field.upkeep.step()
    (dated, quality) = field.sent()["a.jpg"]
    assert quality == "redated"
    assert dated == field.wall - timedelta(seconds=field.up_s - came_s)


def test_a_power_cut_before_the_first_sync_lets_it_leave_without_a_date(field: Field) -> None:
    Logbook(field.outbox.database).note_time(NOW)
    field.wall = PAST
    field.take_in()
    field.drop("a.jpg")
    field.take_in()
    field.boot, field.up_s, field.wall, field.synchronised = "k2", 5.0, NOW + timedelta(days=1), True
    assert Redating(field.outbox).turn() == 0
    assert field.sent() == {"a.jpg": (None, "unknown")}
    assert field.outbox.held() == ()


def test_nobody_who_vouches_for_hours_lets_it_leave_without_a_date(field: Field) -> None:
    Logbook(field.outbox.database).note_time(NOW)
    field.wall = PAST
    field.take_in()
    field.drop("a.jpg")
    field.take_in()
    field.passes(HELD_LONGEST.total_seconds() - 60)
    assert Redating(field.outbox).turn() == 0
    assert field.sent() == {}
    field.passes(120)
    Redating(field.outbox).turn()
    assert field.sent() == {"a.jpg": (None, "unknown")}


def test_a_leaping_wall_clock_makes_no_half_written_file_look_complete(field: Field) -> None:
    field.take_in()
    field.outbox.timekeeper.note()
    field.wall += timedelta(days=365)
    field.outbox.timekeeper.believed_now()
    field.drop("a.jpg", at=NOW)
    assert list(field.intake.ready()) == []
    assert field.intake.unsettled == 1


def test_upkeep_notes_the_time_drops_what_is_late_and_looks_at_the_file(field: Field) -> None:
    field.upkeep.step()
    assert field.outbox.timekeeper.floor() == NOW
    field.passes(5)
    assert not field.upkeep.step()
    field.outbox.put("evidence", lambda *_: b"x", lifetime=timedelta(minutes=1))
    field.passes(86_400)
    field.upkeep.step()
    assert field.outbox.counts().messages == 0
    assert any("1 messages waited beyond their time" in line for line in field.told)
    assert field.outbox.timekeeper.floor() == field.wall
    field.upkeep.close()
