import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.settings.watch import WatchConfig
from edge.sources.folder import OPEN_PATIENCE_S, FolderSource
from edge.sources.writers import is_being_written
from edge.voice import Voice

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def test_a_file_is_being_written_while_somebody_has_it_open_for_that(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    with path.open("wb") as copy:
        copy.write(b"half")
        copy.flush()
        assert is_being_written(path)
    assert not is_being_written(path)
    with path.open("rb"):
        assert not is_being_written(path), "who reads it writes nothing"


def test_where_the_system_does_not_say_nobody_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_being_written(tmp_path / "absent.jpg")
    path = tmp_path / "a.jpg"
    path.touch()

    def forbidden(*_: object) -> int:
        raise PermissionError(13, "another's file")

    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(fcntl, "fcntl", forbidden)
    assert not is_being_written(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_half_written_drop_waits_for_its_writer_however_long_it_pauses(tmp_path: Path) -> None:
    seconds = [0.0]
    clock = Clock(now=lambda: NOW + timedelta(seconds=seconds[0]), monotonic_s=lambda: seconds[0])
    watch = WatchConfig(folder=tmp_path, parcel_id="P01")
    source = FolderSource(watch, settle_s=1.0, clock=clock, voice=Voice(lambda _: None))
    path = tmp_path / "a.jpg"
    with path.open("wb") as copy:
        copy.write(b"half")
        copy.flush()
        os.utime(path, (NOW.timestamp() - 3600, NOW.timestamp() - 3600))
        for later_s in (0.0, 5.0, OPEN_PATIENCE_S - 6.0):
            seconds[0] += later_s
            assert list(source.ready(lambda _: False)) == []
            assert source.unsettled == 1
        seconds[0] += 2.0
        assert len(list(source.ready(lambda _: False))) == 1, "held open for ten minutes without a byte"
    assert [drop.path for drop in source.ready(lambda _: False)] == [path]
