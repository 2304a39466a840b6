import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.camera import CameraConfig
from edge.clock import Clock
from edge.database import Database
from edge.errors import CaptureError, StoreUnavailableError
from edge.frame import load_frame
from edge.settings.camera import CaptureConfig
from edge.sources import band_process
from edge.sources.band_card import BandCardCamera
from edge.sources.card import CardCamera
from edge.sources.multispectral import LOOK_S, PATIENCE_S, BandCamera
from edge.sources.shutter import Order
from edge.sources.spool import Spool
from edge.sources.taken_in import TakenIn
from edge.voice import Voice

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
CERTIFICATE = "blue=0.67,green=0.69,red=0.68,nir=0.61,red_edge=0.67"
# A capture process of the tests: joins the files it is given, refuses those that hold "unusable".
SIMULATED = """
from pathlib import Path
from edge.errors import CaptureError
from edge.sources.shutter import Shot, serve

def shoot(order):
    content = b"+".join(Path(name).read_bytes()[:20] for name in order.files)
    if b"unusable" in content:
        raise CaptureError("expected bands of one size, got several", trouble="unusable")
    if b"crash" in content:
        raise CaptureError("no memory", trouble="crashed")
    said = {"taken_at": "2026-07-01T11:00:00+00:00"}
    return Shot(content=content, suffix=".npz", said=said, notes=("nir is missing",) if len(order.files) < 3 else ())

serve(shoot)
"""


class Field:
    """A folder where band files of three bands arrive."""

    def __init__(self, tmp_path: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.told: list[str] = []
        self.database = Database(tmp_path / "outbox.sqlite", tell=self.told.append)
        self.spool = Spool(tmp_path / "captures", cap_bytes=10**6)
        self.seconds = 0.0
        script = tmp_path / "simulated.py"
        script.write_text(SIMULATED, encoding="utf-8")
        self.command = (sys.executable, str(script))

    def table(self, **changes: object) -> CaptureConfig:
        plain = {"camera_id": "rig", "kind": "bands", "parcel_id": "P01", "folder": self.folder, "band_files": 3}
        return CaptureConfig.model_validate(plain | changes)

    def clock(self) -> Clock:
        return Clock(now=lambda: NOW, monotonic_s=lambda: self.seconds)

    def camera(self, *, discard: bool = False, **changes: object) -> BandCamera:
        book, voice = TakenIn(self.database, "rig"), Voice(self.told.append)
        table = self.table(**changes)
        return BandCamera(table, self.spool, book, self.clock(), voice, discard=discard, command=self.command)

    def arrive(self, *names: str, capture: str | None = None, content: str = "") -> None:
        for name in names:
            said = "" if capture is None else f"<Camera:CaptureId>{capture}</Camera:CaptureId>"
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{name} {content}".ljust(20) + said, encoding="utf-8")

    def settle(self, camera: BandCamera, seconds: float = LOOK_S) -> Path | None:
        camera.capture(NOW)
        self.seconds += seconds
        return camera.capture(NOW)

    def frames(self) -> list[str]:
        return sorted(path.name for path in self.spool.folder.glob("*.npz"))


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    field = Field(tmp_path, tmp_path / "bands")
    yield field
    field.database.close()


def test_files_are_gathered_by_what_they_say_of_their_capture(field: Field) -> None:
    camera = field.camera()
    field.arrive("a/IMG_0001_1.tif", "a/IMG_0001_2.tif", "a/IMG_0001_3.tif", capture="first")
    field.arrive("b/IMG_0001_1.tif", "b/IMG_0001_2.tif", "b/IMG_0001_3.tif", capture="second")
    frame = field.settle(camera)
    assert frame is not None
    assert frame.name == "IMG_0001-first.npz"
    assert frame.read_bytes().count(b"a/IMG") == 3
    assert frame.with_suffix(".json").read_text(encoding="utf-8").count("2026-07-01T11:00:00") == 1
    assert camera.wait_s == 0.0, "another one is whole"
    assert camera.capture(NOW) is not None
    assert field.frames() == ["IMG_0001-first.npz", "IMG_0001-second.npz"]
    assert camera.capture(NOW) is None
    assert len(list(field.folder.rglob("*.tif"))) == 6, "somebody else's files are left as they are"
    assert field.told == []


def test_files_that_say_nothing_belong_to_those_named_alike(field: Field) -> None:
    field.arrive("DJI_0010_1.TIF", "DJI_0010_2.TIF", "DJI_0010_3.TIF", "notes.txt")
    assert field.settle(field.camera()) is not None
    assert field.frames() == ["DJI_0010.npz"]


def test_each_capture_is_made_a_frame_once_whatever_is_restarted(field: Field) -> None:
    field.arrive("I_1.tif", "I_2.tif", "I_3.tif")
    field.settle(field.camera())
    (field.spool.folder / "I.npz").unlink()
    assert field.settle(field.camera()) is None
    assert field.frames() == []


def test_a_frame_finished_before_a_power_cut_is_still_one_frame(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    field.arrive("I_1.tif", "I_2.tif", "I_3.tif")
    camera = field.camera()
    with monkeypatch.context() as cut:
        cut.setattr(camera, "_done", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            field.settle(camera)
    field.settle(field.camera())
    assert field.frames() == ["I.npz"]


def test_a_capture_that_lacks_files_is_waited_for_then_told_and_made_of_what_there_is(field: Field) -> None:
    camera = field.camera()
    field.arrive("I_1.tif", "I_2.tif")
    assert field.settle(camera) is None
    (field.folder / "I_3.tif").touch()
    assert field.settle(camera, PATIENCE_S - 1) is None, "a file of 0 bytes may still be written"
    field.seconds += 2
    assert camera.capture(NOW) is not None
    assert field.told == ["camera rig: capture I: nir is missing"]
    field.arrive("J_1.tif", "J_2.tif")
    assert field.settle(camera, PATIENCE_S) is not None
    assert field.told[1] == "camera rig: capture J: expected 3 files, got 2 and no more in time"


def test_a_half_written_file_is_waited_for(field: Field) -> None:
    camera = field.camera()
    field.arrive("I_1.tif", "I_2.tif", "I_3.tif")
    camera.capture(NOW)
    field.seconds += LOOK_S - 1
    field.arrive("I_3.tif", content="and more of it")
    os.utime(field.folder / "I_3.tif", (1_800_000_000, 1_800_000_000))
    camera.capture(NOW)
    field.seconds += 2
    assert camera.capture(NOW) is None
    field.seconds += LOOK_S
    assert camera.capture(NOW) is not None


def test_files_that_fit_no_frame_are_told_and_the_next_capture_goes_on(field: Field) -> None:
    camera = field.camera()
    field.arrive("I_1.tif", "I_2.tif", "I_3.tif", content="unusable")
    field.arrive("J_1.tif", "J_2.tif", "J_3.tif")
    assert field.settle(camera) is None
    assert camera.capture(NOW) is not None
    assert field.frames() == ["J.npz"]
    assert field.told == [
        "camera rig: capture I: camera rig: expected bands of one size, got several; its files are left out"
    ]


def test_a_process_that_fails_is_the_cameras_trouble_and_is_tried_again(field: Field) -> None:
    camera = field.camera()
    field.arrive("I_1.tif", "I_2.tif", "I_3.tif", content="crash")
    with pytest.raises(CaptureError, match="no memory"):
        field.settle(camera)
    with pytest.raises(CaptureError, match="no memory"):
        camera.capture(NOW)


def test_own_copies_go_once_they_are_in_a_frame(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    field.arrive("I_1.tif", "I_2.tif", "I_3.tif")
    assert field.settle(field.camera(discard=True)) is not None
    assert list(field.folder.iterdir()) == []
    field.arrive("J_1.tif", "J_2.tif", "J_3.tif")
    unlink = Path.unlink

    def kept(path: Path, *, missing_ok: bool = False) -> None:
        if path.parent == field.folder:
            raise OSError(30, "read-only")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", kept)
    with pytest.raises(StoreUnavailableError, match="cannot be removed"):
        field.settle(field.camera(discard=True))


def test_a_folder_that_cannot_be_read_is_the_cameras_trouble(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    field.arrive("I_1.tif")
    monkeypatch.setattr(Path, "stat", lambda *_, **__: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with pytest.raises(CaptureError, match="expected a folder of band files") as refused:
        field.camera().capture(NOW)
    assert refused.value.trouble == "absent"


def test_a_card_of_band_files_is_copied_first_and_then_made_frames(field: Field, tmp_path: Path) -> None:
    mount = tmp_path / "media"
    for name in ("I_1.tif", "I_2.tif", "I_3.tif"):
        path = mount / "DCIM" / "000" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} <x:CaptureId>first</x:CaptureId>", encoding="utf-8")
    sets = Spool(tmp_path / "sets", cap_bytes=10**6)
    book, voice = TakenIn(field.database, "rig"), Voice(field.told.append)
    field.folder = sets.folder
    card = CardCamera(field.table(kind="card", folder=mount), sets, book, field.clock(), voice)
    camera = BandCardCamera(card, field.camera(discard=True))
    assert camera.capture(NOW) is None
    assert field.told == ["camera rig: 3 pictures on the card, 3 of them new, all taken in; the card may be pulled"]
    field.seconds += LOOK_S
    frame = camera.capture(NOW)
    assert frame is not None
    assert frame.read_bytes().count(b"I_") == 3
    assert list(sets.folder.iterdir()) == []
    assert camera.wait_s == LOOK_S


@pytest.fixture
def red_edge(shared_data: Path) -> Path:
    folder = shared_data / "imagery" / "micasense_rededge_field"
    if not folder.is_dir():
        pytest.skip(f"needs the capture in {folder}")
    return folder


def order(folder: Path, capture: str, bands: str, *, panel: bool) -> Order:
    return Order(
        target="t",
        files=tuple(str(folder / f"IMG_{capture}_{band}.tif") for band in bands),
        panel_files=tuple(str(folder / f"IMG_0000_{band}.tif") for band in bands) if panel else (),
        reflectance=CERTIFICATE if panel else "",
    )


def test_a_real_capture_without_its_near_infrared_is_a_frame_that_lacks_it(red_edge: Path, tmp_path: Path) -> None:
    shot = band_process.shoot(order(red_edge, "0001", "123", panel=True))
    assert shot.notes == ("red_edge is missing", "nir is missing")
    assert str(shot.said["taken_at"]).startswith("2017-10-19T20:42:10")
    path = tmp_path / f"frame{shot.suffix}"
    path.write_bytes(shot.content)
    frame = load_frame(path, camera=CameraConfig(bands=("blue", "green", "red", "red_edge", "nir")))
    assert np.isnan(frame.bands["nir"]).all()
    green = frame.bands["green"]
    assert 0.02 < float(np.nanmedian(green)) < 0.3, "reflectance of a field"
    assert np.isfinite(frame.bands["red"]).mean() > 0.9


def test_a_panel_that_is_not_found_leaves_radiance(red_edge: Path) -> None:
    plain = order(red_edge, "0001", "12", panel=False)
    no_panel = Order(target="t", files=plain.files, panel_files=plain.files, reflectance=CERTIFICATE)
    shot = band_process.shoot(no_panel)
    assert "the panel was not found in green: radiance only" in shot.notes


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("IMG_0001_1.tif", "IMG_0000_2.tif"), "another's"),
        (("absent_1.tif", "absent_2.tif"), "expected a readable file"),
    ],
)
def test_files_that_are_no_capture_are_unusable(red_edge: Path, names: tuple[str, ...], words: str) -> None:
    with pytest.raises(CaptureError, match=words) as refused:
        band_process.shoot(Order(target="t", files=tuple(str(red_edge / name) for name in names)))
    assert refused.value.trouble == "unusable"


def test_one_band_alone_is_no_multispectral_frame(red_edge: Path, tmp_path: Path) -> None:
    alone = shutil.copy(red_edge / "IMG_0001_1.tif", tmp_path)
    with pytest.raises(CaptureError, match="expected several bands, got blue"):
        band_process.shoot(Order(target="t", files=(str(alone),)))
