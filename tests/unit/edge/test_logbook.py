from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from edge.database import Database
from edge.logbook import FileStamp, Logbook


@pytest.fixture
def logbook(tmp_path: Path) -> Iterator[Logbook]:
    database = Database(tmp_path / "outbox.sqlite", tell=print)
    yield Logbook(database)
    database.close()


def test_counters_add_up(logbook: Logbook) -> None:
    logbook.count(frames=1, seconds=0.25)
    logbook.count(frames=2, seconds=0.5)
    assert logbook.counters() == {"frames": 3.0, "seconds": 0.75}


def test_days_are_spent_apart(logbook: Logbook) -> None:
    logbook.spend(date(2026, 7, 1), 100)
    logbook.spend(date(2026, 7, 1), 50)
    logbook.spend(date(2026, 7, 2), 7)
    assert logbook.spent(date(2026, 7, 1)) == 150
    assert logbook.spent(date(2026, 7, 2)) == 7
    assert logbook.spent(date(2026, 7, 3)) == 0


def test_remembered_time_never_moves_back(logbook: Logbook) -> None:
    assert logbook.last_time() is None
    logbook.note_time(datetime(2026, 7, 2, tzinfo=UTC))
    logbook.note_time(datetime(2026, 7, 1, tzinfo=UTC))
    assert logbook.last_time() == datetime(2026, 7, 2, tzinfo=UTC)


def test_attempts_are_counted_until_an_end(logbook: Logbook) -> None:
    stamp = FileStamp(path="a.jpg", size=1, modified_ns=2)
    assert [logbook.begin("a.jpg"), logbook.begin("a.jpg")] == [1, 2]
    logbook.remember(stamp, "ff", "queued")
    assert logbook.begin("a.jpg") == 1
    logbook.forget("a.jpg")
    assert logbook.begin("a.jpg") == 1
    assert logbook.knows_stamp(stamp)
    assert not logbook.knows_stamp(FileStamp(path="a.jpg", size=1, modified_ns=3))
    assert logbook.knows_content("a.jpg", "ff")
    assert not logbook.knows_content("b.jpg", "ff")


def test_a_parcel_is_not_stressed_until_seen_so(logbook: Logbook) -> None:
    assert not logbook.was_stressed("P1")
    logbook.set_stressed("P1", stressed=True)
    assert logbook.was_stressed("P1")
    logbook.set_stressed("P1", stressed=False)
    assert not logbook.was_stressed("P1")
