import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.database import Database
from edge.errors import CaptureError
from edge.settings.camera import CaptureConfig
from edge.sources import card as card_module
from edge.sources import spool as spool_module
from edge.sources.card import LOOK_S, CardCamera
from edge.sources.spool import Spool
from edge.sources.taken_in import TakenIn
from edge.voice import Voice

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


class Slot:
    """A card reader of the tests: a folder where cards come and go."""

    def __init__(self, tmp_path: Path) -> None:
        self.mount = tmp_path / "media"
        self.told: list[str] = []
        self.database = Database(tmp_path / "outbox.sqlite", tell=self.told.append)
        self.table = CaptureConfig(camera_id="drone", kind="card", parcel_id="P01", folder=self.mount)
        self.spool = Spool(tmp_path / "captures", cap_bytes=10**6)
        self.seconds = 0.0

    def insert(self, pictures: dict[str, bytes]) -> None:
        for name, content in pictures.items():
            path = self.mount / "DCIM" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (1_750_000_000, 1_750_000_000))

    def pull(self) -> None:
        shutil.rmtree(self.mount)

    def camera(self) -> CardCamera:
        clock = Clock(now=lambda: NOW, monotonic_s=lambda: self.seconds)
        return CardCamera(self.table, self.spool, TakenIn(self.database, "drone"), clock, Voice(self.told.append))

    def taken(self) -> dict[str, bytes]:
        return {path.name.partition("-")[2]: path.read_bytes() for path in self.spool.folder.iterdir()}


@pytest.fixture
def slot(tmp_path: Path) -> Iterator[Slot]:
    slot = Slot(tmp_path)
    yield slot
    slot.database.close()


FLIGHT = {"100MEDIA/DJI_0001.JPG": b"one", "100MEDIA/DJI_0002.JPG": b"two", "101MEDIA/DJI_0001.JPG": b"three"}


def test_a_mounted_card_is_taken_in_whole_and_it_is_told_when_it_may_be_pulled(slot: Slot) -> None:
    camera = slot.camera()
    assert camera.capture(NOW) is None, "no card yet"
    slot.insert(FLIGHT | {"100MEDIA/DJI_0001.SRT": b"no picture", "100MEDIA/.hidden.JPG": b"x"})
    assert camera.capture(NOW) is not None
    assert slot.taken() == {
        "100MEDIA-DJI_0001.JPG": b"one",
        "100MEDIA-DJI_0002.JPG": b"two",
        "101MEDIA-DJI_0001.JPG": b"three",
    }
    assert slot.told == ["camera drone: 3 pictures on the card, 3 of them new, all taken in; the card may be pulled"]
    assert camera.capture(NOW) is None
    assert len(slot.told) == 1, "said once"
    assert camera.wait_s == LOOK_S
    slot.pull()
    assert camera.capture(NOW) is None
    assert len(slot.told) == 1


def test_the_same_card_again_gives_only_what_is_new(slot: Slot) -> None:
    slot.insert(FLIGHT)
    slot.camera().capture(NOW)
    for path in slot.spool.folder.iterdir():
        path.unlink()
    again = slot.camera()
    slot.insert({"101MEDIA/DJI_0009.JPG": b"nine"})
    again.capture(NOW)
    assert slot.taken() == {"101MEDIA-DJI_0009.JPG": b"nine"}
    assert slot.told[-1].startswith("camera drone: 4 pictures on the card, 1 of them new")


def test_a_second_card_with_the_same_names_takes_no_pictures_place(slot: Slot) -> None:
    camera = slot.camera()
    slot.insert({"100MEDIA/DJI_0001.JPG": b"one"})
    camera.capture(NOW)
    slot.pull()
    camera.capture(NOW)
    slot.insert({"100MEDIA/DJI_0001.JPG": b"another field"})
    camera.capture(NOW)
    assert sorted(path.read_bytes() for path in slot.spool.folder.iterdir()) == [b"another field", b"one"]


def test_a_picture_copied_before_a_power_cut_is_still_one_picture(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    slot.insert({"100MEDIA/DJI_0001.JPG": b"one"})
    camera = slot.camera()
    with monkeypatch.context() as cut:
        cut.setattr(camera._book, "remember", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            camera.capture(NOW)
    assert len(list(slot.spool.folder.iterdir())) == 1
    slot.camera().capture(NOW)
    assert len(list(slot.spool.folder.iterdir())) == 1


def test_a_card_pulled_too_early_is_told_and_goes_on_where_it_stopped(
    slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot.insert(FLIGHT)
    camera, copied = slot.camera(), card_module._copied

    def pulled_at_the_second(picture: card_module._Picture, target: Path) -> str:
        if picture.name.endswith("0002.JPG"):
            target.write_bytes(b"tw")
            slot.pull()
            raise OSError(5, "Input/output error")
        return copied(picture, target)

    with monkeypatch.context() as cut:
        cut.setattr(card_module, "_copied", pulled_at_the_second)
        with pytest.raises(CaptureError, match="with 2 pictures to go; put it in again") as refused:
            camera.capture(NOW)
    assert refused.value.trouble == "cut"
    assert list(slot.taken()) == ["100MEDIA-DJI_0001.JPG"], "nothing half"
    with pytest.raises(CaptureError, match="was pulled with 2 pictures to go"):
        camera.capture(NOW)
    assert camera.capture(NOW) is None
    slot.insert(FLIGHT)
    camera.capture(NOW)
    assert len(slot.taken()) == 3
    assert slot.told == ["camera drone: 3 pictures on the card, 2 of them new, all taken in; the card may be pulled"]


def test_one_file_that_cannot_be_read_does_not_keep_the_others(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    slot.insert(FLIGHT)
    copied = card_module._copied

    def worn(picture: card_module._Picture, target: Path) -> str:
        if picture.name.endswith("0002.JPG"):
            raise OSError(5, "Input/output error")
        return copied(picture, target)

    monkeypatch.setattr(card_module, "_copied", worn)
    slot.camera().capture(NOW)
    assert len(slot.taken()) == 2
    assert "100MEDIA/DJI_0002.JPG: expected a file that can be read, got: Input/output error" in slot.told[0]
    assert "1 of them cannot be read (named above); the card may be pulled" in slot.told[1]


def test_fewer_bytes_than_the_card_says_are_no_picture(slot: Slot, tmp_path: Path) -> None:
    slot.insert({"100MEDIA/DJI_0001.JPG": b"one"})
    path = slot.mount / "DCIM" / "100MEDIA" / "DJI_0001.JPG"
    promised = card_module._Picture(path=path, name="x", size=10, modified_ns=0)
    with pytest.raises(OSError, match="3 bytes of 10"):
        card_module._copied(promised, tmp_path / "copy")


def test_a_turn_ends_in_time_and_the_next_goes_on_at_once(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    slot.insert(FLIGHT)
    camera, copied = slot.camera(), card_module._copied

    def slow(picture: card_module._Picture, target: Path) -> str:
        slot.seconds += 60.0
        return copied(picture, target)

    monkeypatch.setattr(card_module, "_copied", slow)
    for number in (1, 2, 3):
        camera.capture(NOW)
        assert len(slot.taken()) == number
        assert camera.wait_s == (LOOK_S if number == 3 else 0.0)


def test_a_card_larger_than_the_spool_waits_until_pictures_are_looked_at(slot: Slot) -> None:
    slot.insert({f"100MEDIA/{number}.JPG": bytes([number]) * 400_000 for number in range(5)})
    camera = slot.camera()
    camera.capture(NOW)
    assert len(slot.taken()) == 3
    assert camera.wait_s == LOOK_S
    slot.spool.waiting(lambda _: True)
    camera.capture(NOW)
    assert not slot.spool.unseen_bytes < 800_000
    assert slot.told[-1].endswith("the card may be pulled")


def test_a_full_disk_leaves_the_card_in(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    slot.insert(FLIGHT)
    camera = slot.camera()
    monkeypatch.setattr(Spool, "room", lambda _, size_bytes=0: size_bytes == 0)
    with pytest.raises(CaptureError, match="got a full disk; leave the card in") as refused:
        camera.capture(NOW)
    assert refused.value.trouble == "full"
    assert spool_module.CAPTURES_FOLDER == "captures"


def test_a_hostile_cards_links_lead_nowhere_and_a_sidecar_comes_along(slot: Slot, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    slot.insert({"100MEDIA/a.JPG": b"one", "100MEDIA/a.json": b'{"parcel_id": "P01"}'})
    (slot.mount / "DCIM" / "b.jpg").symlink_to(tmp_path / "secret.jpg")
    (slot.mount / "DCIM" / "999").symlink_to(tmp_path)
    slot.camera().capture(NOW)
    assert slot.taken() == {"100MEDIA-a.JPG": b"one", "100MEDIA-a.json": b'{"parcel_id": "P01"}'}


def test_a_card_that_cannot_be_listed_is_told(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    slot.insert(FLIGHT)
    monkeypatch.setattr(card_module, "_pictures", lambda _: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with pytest.raises(CaptureError, match="expected to read the card to its end"):
        slot.camera().capture(NOW)


def test_a_name_as_long_as_names_can_be_is_taken_in_too(slot: Slot) -> None:
    slot.insert({"100MEDIA/" + "x" * 251 + ".JPG": b"long", "100MEDIA/DJI_0001.JPG": b"one"})
    assert slot.camera().capture(NOW) is not None
    assert sorted(slot.taken().values()) == [b"long", b"one"]


def test_a_hostile_cards_pipe_is_no_picture_and_its_endless_sidecar_stays(slot: Slot) -> None:
    slot.insert({"100MEDIA/DJI_0002.JPG": b"two"})
    os.mkfifo(slot.mount / "DCIM" / "100MEDIA" / "DJI_0001.JPG")
    with (slot.mount / "DCIM" / "100MEDIA" / "DJI_0002.json").open("wb") as sidecar:
        sidecar.truncate(100_000_000)
    slot.camera().capture(NOW)
    assert list(slot.taken().values()) == [b"two"]


def test_more_pictures_than_are_counted_is_never_called_all(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_module, "_MOST_PICTURES", 2)
    slot.insert(FLIGHT)
    with pytest.raises(CaptureError, match="more than 2 pictures"):
        slot.camera().capture(NOW)
    assert not any("may be pulled" in told for told in slot.told)
