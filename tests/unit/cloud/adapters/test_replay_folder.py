"""Inputs of nights on disk: kept once, for their owner alone, let go in time, and refused when altered."""

import os
import zlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.replay_environment import environment
from cloud.adapters.replay_folder import ReplayFolder
from cloud.errors import IntegrityError, ServiceUnavailableError
from cloud.replay.kept import KeptNight, KeptState, Rested

DAY = date(2026, 6, 10)
NOW = datetime(2026, 6, 9, 18, tzinfo=UTC)


def folder(path: Path, *, keep_days: int = 3, most_mb: int = 10) -> ReplayFolder:
    return ReplayFolder(folder=path / "replay", keep_days=keep_days, most_mb=most_mb)


def kept(own: ReplayFolder, number: int, *parts: bytes) -> KeptNight:
    """A night of its own day that rests on some parts."""
    with own.writing():
        names = [own.put(part) for part in parts]
        night = KeptNight(
            rested=Rested(
                day=DAY + timedelta(days=number), weather=tuple(names[1:]), forecast=None, given=names[0], records={}
            ),
            code_version="1",
            decided_at=NOW,
            moment=NOW,
            first=DAY,
            parcels_position=1,
            position=1,
            ledger_hash="0" * 64,
            states=(KeptState(shelf="seasons", day=DAY, sha256=own.put(b"state")),),
            environment=environment(),
        )
        own.keep(night)
    return night


def names(own: ReplayFolder) -> set[bytes]:
    return {zlib.decompress(path.read_bytes()) for path in (own.folder / "parts").glob("*/*")}


def test_a_part_is_kept_once_and_comes_back(tmp_path: Path) -> None:
    own = folder(tmp_path)
    with own.writing():
        name = own.put(b"weather" * 100)
        (path,) = (own.folder / "parts").glob("*/*")
        written = path.stat().st_mtime_ns
        assert own.put(b"weather" * 100) == name == path.name
        assert path.stat().st_mtime_ns == written
    assert own.get(name) == b"weather" * 100
    assert path.stat().st_size < 100
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_night_comes_back_by_its_day_and_what_it_rested_on(tmp_path: Path) -> None:
    own = folder(tmp_path)
    assert own.night(DAY, "a" * 64) is None
    assert own.days() == []
    night = kept(own, 0, b"given", b"january")
    assert own.night(DAY, night.rested.sha256()) == night
    assert own.days() == [DAY]
    path = own.folder / "nights" / str(DAY) / f"{night.rested.sha256()}.json"
    for content in (b"", b"{}", b"\xff"):
        path.write_bytes(content)
        with pytest.raises(IntegrityError, match="restore it from a backup"):
            own.night(DAY, night.rested.sha256())


@pytest.mark.parametrize("content", [b"", b"junk", zlib.compress(b"another"), zlib.compress(b"given")[:-2]])
def test_a_part_that_was_altered_is_refused(content: bytes, tmp_path: Path) -> None:
    own = folder(tmp_path)
    with own.writing():
        name = own.put(b"given" * 50)
    (path,) = (own.folder / "parts").glob("*/*")
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match="its content is not what its name says"):
        own.get(name)
    path.unlink()
    with pytest.raises(IntegrityError, match="cannot be read"):
        own.get(name)


def test_old_nights_go_with_the_parts_that_nobody_names_any_more(tmp_path: Path) -> None:
    own = folder(tmp_path)
    for number in range(5):
        kept(own, number, b"given %d" % number, b"january", b"month %d" % (number // 3))
    with own.writing():
        room = own.tidy(DAY + timedelta(days=30))
    assert (room.nights, room.let_go) == (3, 0)
    assert own.days() == [DAY + timedelta(days=number) for number in (2, 3, 4)]
    assert names(own) == {b"given 2", b"given 3", b"given 4", b"january", b"month 0", b"month 1", b"state"}
    assert room.size_mb == pytest.approx(
        sum(one.stat().st_size for one in own.folder.rglob("*") if one.is_file()) / 1e6
    )


def test_for_want_of_room_the_oldest_go_first_and_the_newest_stays(tmp_path: Path) -> None:
    own = folder(tmp_path, keep_days=400)
    for number in range(4):
        kept(own, number, b"given", os.urandom(4_000_000))
    with own.writing():
        room = own.tidy(DAY + timedelta(days=30))
    assert (room.nights, room.let_go) == (2, 2)
    assert own.days() == [DAY + timedelta(days=2), DAY + timedelta(days=3)]
    kept(own, 4, b"given", os.urandom(11_000_000))
    with own.writing():
        assert own.tidy(DAY + timedelta(days=30)).nights == 1
    assert own.days() == [DAY + timedelta(days=4)]


def test_nothing_is_swept_away_while_a_night_cannot_be_read(tmp_path: Path) -> None:
    own = folder(tmp_path)
    for number in (0, 1, 9):
        kept(own, number, b"given", b"month %d" % number)
    (own.folder / "nights" / str(DAY + timedelta(days=9)) / "torn.json").write_text("{")
    with own.writing(), pytest.raises(IntegrityError, match="nothing is let go until it is restored"):
        own.tidy(DAY + timedelta(days=30))
    assert b"month 0" in names(own)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "replay").write_text("a file")
    with (
        pytest.raises(ServiceUnavailableError, match="the inputs of the night cannot be kept"),
        folder(tmp_path).writing(),
    ):
        pass
    own = folder(tmp_path / "other")
    own.folder.mkdir(parents=True)
    (own.folder / "parts").write_text("a file where a folder should be")
    with pytest.raises(ServiceUnavailableError, match="cannot be kept"), own.writing():
        own.put(b"x")


def test_a_night_far_ahead_by_a_slip_of_the_calendar_lets_nothing_go(tmp_path: Path) -> None:
    own = folder(tmp_path)
    for number in (0, 1, 3000):
        kept(own, number, b"given %d" % number, b"month")
    with own.writing():
        assert own.tidy(DAY + timedelta(days=1)).nights == 3
        assert own.tidy(DAY + timedelta(days=3)).nights == 1
    assert own.days() == [DAY + timedelta(days=3000)]


def test_an_empty_folder_is_tidy(tmp_path: Path) -> None:
    assert folder(tmp_path).tidy(DAY).nights == 0


def test_only_what_it_named_itself_is_let_go_also_behind_a_link(tmp_path: Path) -> None:
    foreign, made = tmp_path / "foreign", tmp_path / "replay"
    for folder in (foreign, made / "nights" / "2026-07-01", made / "nights" / "2026-06-02", made / "parts"):
        folder.mkdir(parents=True)
    (foreign / "mine.txt").write_text("mine", encoding="utf-8")
    (made / "nights" / "2026-06-01").symlink_to(foreign)
    (made / "parts" / "ab").symlink_to(foreign)
    (made / "nights" / "2026-06-02" / f"{'a' * 64}.json").write_text("{}", encoding="utf-8")
    room = ReplayFolder(folder=made, keep_days=10, most_mb=10).tidy(date(2026, 7, 1))
    assert room.nights == 1
    assert (foreign / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert sorted(one.name for one in (made / "nights").iterdir()) == ["2026-07-01"]
