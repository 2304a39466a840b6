import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.errors import ConfigurationError, UnreadableFrameError
from edge.logbook import FileStamp
from edge.settings.watch import WatchConfig
from edge.sources.folder import FolderSource
from edge.voice import Voice

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Place:
    """A watched folder with the clock in the test's hands."""

    def __init__(self, base: Path, **watch: object) -> None:
        self.folder = base / "photos"
        self.folder.mkdir(exist_ok=True)
        self.now = NOW
        self.now_s = 0.0
        self.told: list[str] = []
        self.known: set[FileStamp] = set()
        self.source = FolderSource(
            WatchConfig.model_validate({"folder": self.folder, "parcel_id": "P1", **watch}),
            settle_s=1.0,
            clock=Clock(now=lambda: self.now, monotonic_s=lambda: self.now_s),
            voice=Voice(self.told.append),
        )

    def drop(self, name: str, age_s: float = 60.0, content: bytes = b"x") -> Path:
        path = self.folder / name
        path.write_bytes(content)
        moment = (self.now - timedelta(seconds=age_s)).timestamp()
        os.utime(path, (moment, moment))
        return path

    def names(self) -> list[str]:
        return [drop.path.name for drop in self.source.ready(self.known.__contains__)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_pictures_come_oldest_first_and_nothing_else_comes(place: Place) -> None:
    place.drop("b.JPG", age_s=10)
    place.drop("a.png", age_s=20)
    place.drop("c.tif", age_s=30)
    for name in (".hidden.jpg", "a.json", "metadata.csv", "note.txt", "upload.jpg.part"):
        place.drop(name)
    (place.folder / "folder.jpg").mkdir()
    assert place.names() == ["c.tif", "a.png", "b.JPG"]


def test_known_files_do_not_come_again(place: Place) -> None:
    place.drop("a.jpg")
    (drop,) = place.source.ready(lambda _: False)
    place.known.add(drop.stamp)
    assert place.names() == []
    place.drop("a.jpg", content=b"another photo of the same name")
    assert place.names() == ["a.jpg"]


def test_a_file_that_is_still_written_waits(place: Place) -> None:
    place.drop("a.jpg", age_s=0.2)
    assert place.names() == []
    assert place.source.unsettled == 1
    place.now += timedelta(seconds=1)
    assert place.names() == ["a.jpg"]
    assert place.source.unsettled == 0


def test_a_file_from_the_future_is_complete_when_it_stays_as_it_is(place: Place) -> None:
    place.drop("a.jpg", age_s=-3600)
    assert place.names() == []
    place.now_s += 0.5
    place.drop("a.jpg", age_s=-3600, content=b"longer now")
    assert place.names() == []
    place.now_s += 0.9
    assert place.names() == []
    place.now_s += 0.2
    assert place.names() == ["a.jpg"]


def test_a_missing_folder_is_told_once_and_watched_when_it_comes(place: Place) -> None:
    place.folder.rmdir()
    assert place.names() == []
    assert place.names() == []
    assert len(place.told) == 1
    assert "create it" in place.told[0]
    place.folder.mkdir()
    place.drop("a.jpg")
    assert place.names() == ["a.jpg"]
    assert len(place.told) == 2


def test_a_link_that_leads_nowhere_still_comes_so_that_it_can_be_set_aside(place: Place) -> None:
    (place.folder / "a.jpg").symlink_to(place.folder / "gone.jpg")
    assert place.names() == []
    place.now_s += 2.0
    place.now += timedelta(days=3650)
    assert place.names() == ["a.jpg"]


def test_a_sidecar_speaks_before_the_table(place: Place) -> None:
    path = place.drop("a.jpg")
    place.drop("a.json", content=b'{"taken_at": "2026-06-01T10:00:00Z", "camera_id": "side"}')
    place.drop("metadata.csv", content=b"path,taken_at,camera_id\na.jpg,2026-06-02T10:00:00Z,table\n")
    told = place.source.metadata_of(path)
    assert told is not None
    assert (told.camera_id, told.clock_quality) == ("side", "sidecar")


def test_the_table_is_read_again_when_it_changes(place: Place) -> None:
    path = place.drop("a.jpg")
    assert place.source.metadata_of(path) is None
    place.drop("metadata.csv", content=b"path,taken_at,camera_id\na.jpg,2026-06-02T10:00:00Z,one\n")
    first = place.source.metadata_of(path)
    place.drop("metadata.csv", age_s=5, content=b"path,taken_at,camera_id\na.jpg,2026-06-02T10:00:00Z,three\n")
    second = place.source.metadata_of(path)
    assert first is not None
    assert second is not None
    assert (first.camera_id, second.camera_id) == ("one", "three")
    assert second.taken_at == datetime(2026, 6, 2, 10, tzinfo=UTC)


def test_a_bad_row_or_table_is_told_and_photos_go_on(place: Place) -> None:
    path = place.drop("a.jpg")
    place.drop("metadata.csv", content=b"path,taken_at\na.jpg,yesterday\n")
    assert place.source.metadata_of(path) is None
    assert "line 2" in place.told[0]
    place.drop("metadata.csv", age_s=9, content=b"file,when\n")
    assert place.source.metadata_of(path) is None
    assert "photos go on without it" in place.told[1]


def test_a_damaged_sidecar_makes_the_photo_unusable_rather_than_undated(place: Place) -> None:
    path = place.drop("a.jpg")
    place.drop("a.json", content=b"{")
    with pytest.raises(UnreadableFrameError, match="sidecar"):
        place.source.metadata_of(path)


def test_only_a_live_camera_dates_by_arrival(tmp_path: Path) -> None:
    live = Place(tmp_path, live=True)
    told = live.source.metadata_of(live.drop("a.jpg", age_s=60))
    assert told is not None
    assert told.taken_at == NOW - timedelta(seconds=60)
    assert told.clock_quality == "arrival"
    dated = live.drop("b.jpg")
    live.drop("b.json", content=b'{"taken_at": "2026-06-01T10:00:00Z"}')
    by_sidecar = live.source.metadata_of(dated)
    assert by_sidecar is not None
    assert by_sidecar.clock_quality == "sidecar"
    live.drop("c.json", content=b'{"camera_id": "c9"}')
    named = live.source.metadata_of(live.drop("c.jpg"))
    assert named is not None
    assert (named.camera_id, named.clock_quality) == ("c9", "arrival")


def test_an_arrival_before_the_softwares_birth_or_of_a_vanished_file_dates_nothing(tmp_path: Path) -> None:
    live = Place(tmp_path, live=True)
    old = live.drop("a.jpg", age_s=3600 * 24 * 400)
    told = live.source.metadata_of(old)
    assert told is not None
    assert told.taken_at is None
    gone = live.source.metadata_of(live.folder / "gone.jpg")
    assert gone is not None
    assert gone.taken_at is None


def test_a_file_is_set_aside_beside_its_reason_and_never_over_another(place: Place, tmp_path: Path) -> None:
    first = place.source.set_aside(place.drop("a.jpg", content=b"1"), "no picture")
    second = place.source.set_aside(place.drop("a.jpg", content=b"2"), "no picture either")
    assert first == tmp_path / "rejected" / "a.jpg"
    assert second == tmp_path / "rejected" / "a-1.jpg"
    assert first.read_bytes() == b"1"
    assert second.read_bytes() == b"2"
    assert (tmp_path / "rejected" / "a-1.jpg.reason.txt").read_text() == "no picture either\n"
    assert not (place.folder / "a.jpg").exists()


def test_a_file_that_cannot_be_moved_stays(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    place = Place(tmp_path, rejected_folder=tmp_path / "in the way" / "rejected")
    path = place.drop("a.jpg")
    assert place.source.set_aside(path, "no picture") is None
    assert path.exists()


def test_a_camera_file_is_read_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "camera.toml").write_text('camera_id = "cam7"\ntimezone = "+01:00"\n')
    place = Place(tmp_path, camera_file=tmp_path / "camera.toml")
    path = place.drop("a.jpg")
    place.drop("a.json", content=b'{"taken_at": "2026-06-01T10:00:00"}')
    (drop,) = place.source.ready(lambda _: False)
    assert drop.camera is not None
    assert drop.camera.camera_id == "cam7"
    told = place.source.metadata_of(path)
    assert told is not None
    assert told.taken_at == datetime(2026, 6, 1, 9, tzinfo=UTC)
    with pytest.raises(ConfigurationError):
        Place(tmp_path, camera_file=tmp_path / "none.toml")
