import os
from pathlib import Path

import pytest

from edge.errors import StoreUnavailableError
from edge.logbook import FileStamp
from edge.sources import spool as spool_module
from edge.sources.spool import Spool


def put(spool: Spool, name: str, size: int = 10, modified_s: int | None = None) -> Path:
    unfinished = spool.unfinished(name)
    unfinished.write_bytes(b"x" * size)
    path = spool.finish(unfinished, name, {"ffc_age_s": 1.0})
    if modified_s is not None:
        os.utime(path, (modified_s, modified_s))
    return path


def test_a_finished_picture_stands_beside_its_sidecar_and_nothing_hidden_is_left(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "captures" / "north", cap_bytes=100)
    path = put(spool, "a.jpg")
    assert path.name == "a.jpg"
    assert path.with_suffix(".json").read_text(encoding="utf-8") == '{"ffc_age_s": 1.0}\n'
    assert sorted(one.name for one in spool.folder.iterdir()) == ["a.jpg", "a.json"]


def test_a_name_given_twice_takes_no_other_pictures_place(tmp_path: Path) -> None:
    spool = Spool(tmp_path, cap_bytes=100)
    first, second, third = (put(spool, "a.jpg", size) for size in (1, 2, 3))
    assert [path.name for path in (first, second, third)] == ["a.jpg", "a-1.jpg", "a-2.jpg"]
    assert [path.stat().st_size for path in (first, second, third)] == [1, 2, 3]


def test_what_a_killed_gateway_left_unfinished_is_gone_at_the_next_start(tmp_path: Path) -> None:
    spool = Spool(tmp_path, cap_bytes=100)
    spool.unfinished("half.jpg").write_bytes(b"half")
    put(spool, "whole.jpg")
    assert Spool(tmp_path, cap_bytes=100).waiting(lambda _: False) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["whole.jpg", "whole.json"]


def test_only_pictures_looked_at_go_the_oldest_first_and_the_newest_stays(tmp_path: Path) -> None:
    spool = Spool(tmp_path, cap_bytes=25)
    for number, name in enumerate(("unseen.jpg", "old.jpg", "middle.jpg", "new.jpg")):
        put(spool, name, 10, 1_700_000_000 + number)

    def known(stamp: FileStamp) -> bool:
        return Path(stamp.path).name != "unseen.jpg"

    assert spool.waiting(known) == 1
    assert {one.name for one in tmp_path.glob("*.jpg")} == {"unseen.jpg", "new.jpg"}
    assert {one.name for one in tmp_path.glob("*.json")} == {"unseen.json", "new.json"}
    assert Spool(tmp_path, cap_bytes=0).waiting(known) == 1
    assert (tmp_path / "new.jpg").exists(), "the newest is what an installer wants to see"


def test_nothing_unseen_is_ever_taken_away(tmp_path: Path) -> None:
    spool = Spool(tmp_path, cap_bytes=0)
    for number in range(5):
        put(spool, f"{number}.jpg", 10, 1_700_000_000 + number)
    assert spool.waiting(lambda _: False) == 5
    assert len(list(tmp_path.glob("*.jpg"))) == 5


def test_room_is_what_the_queue_does_not_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, cap_bytes=100)
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    assert spool.room()
    assert not spool.room(free)
    monkeypatch.setattr(spool_module, "_LEAST_FREE_BYTES", free * 2)
    assert not spool.room()


def test_a_folder_that_cannot_be_made_or_read_says_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreUnavailableError, match="expected a folder for captures that can be written"):
        Spool(tmp_path / "file" / "north", cap_bytes=1)
    spool = Spool(tmp_path / "north", cap_bytes=1)
    spool.folder.rmdir()
    for attempt in (spool.room, lambda: spool.waiting(lambda _: True), lambda: spool.finish(tmp_path / "no", "a.jpg")):
        with pytest.raises(StoreUnavailableError, match="free space, or correct its permissions"):
            attempt()
