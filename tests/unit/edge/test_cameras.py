from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.camera import read_camera
from edge.cameras import (
    Cameras,
    CameraStation,
    by_interval,
    camera_watches,
    daily_cameras,
    newest_picture,
    open_camera,
    spool_folder,
)
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.database import Database
from edge.errors import CaptureError, ConfigurationError, StoreUnavailableError
from edge.settings.camera import CaptureConfig
from edge.sources.band_card import BandCardCamera
from edge.sources.card import CardCamera
from edge.sources.folder import FolderSource
from edge.sources.multispectral import BandCamera
from edge.sources.shot import ShotCamera
from edge.sources.spool import Spool
from edge.voice import Voice
from edge.watchfulness import Watched

BEGIN = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


class Hours:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.s = 1000.0

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: BEGIN + timedelta(seconds=self.s - 1000.0), monotonic_s=lambda: self.s)


class SimulatedCamera:
    """A camera of the tests: gives a picture, or fails as it is told."""

    def __init__(self, tmp_path: Path, name: str, every_s: float = 900.0) -> None:
        self.camera = CaptureConfig(camera_id=name, kind="csi", parcel_id="P01", every_s=every_s, timeout_s=7)
        self.spool = Spool(tmp_path / name, cap_bytes=10**6)
        self.trouble: str | None = None
        self.wait_s: float | None = None
        self.asked: list[datetime] = []

    def capture(self, now: datetime) -> Path | None:
        self.asked.append(now)
        if self.trouble is not None:
            raise CaptureError(f"camera {self.camera.camera_id}: no picture", trouble=self.trouble)
        unfinished = self.spool.unfinished("one.jpg")
        unfinished.write_bytes(b"picture")
        return self.spool.finish(unfinished, f"{now:%H%M%S}.jpg")


def gateway(tmp_path: Path, *tables: dict[str, object]) -> GatewayConfig:
    return GatewayConfig.model_validate(
        {"organisation": "demo", "gateway_id": "gw-1", "data_dir": tmp_path, "camera": list(tables)}
    )


def run(cameras: Cameras, hours: Hours, seconds: float, each: Callable[[], None] = lambda: None) -> None:
    until_s = hours.s + seconds
    while hours.s < until_s:
        while cameras.step():
            each()
        hours.s += 10.0


def test_each_camera_is_asked_at_once_and_then_at_its_own_interval(tmp_path: Path) -> None:
    hours, often, seldom = Hours(), SimulatedCamera(tmp_path, "often", 600), SimulatedCamera(tmp_path, "seldom", 1800)
    cameras = Cameras([often, seldom], lambda _: False, clock=hours.clock, voice=Voice(lambda _: None))
    run(cameras, hours, 3600)
    assert [(moment - BEGIN).total_seconds() for moment in often.asked] == [0, 600, 1200, 1800, 2400, 3000]
    assert [(moment - BEGIN).total_seconds() for moment in seldom.asked] == [0, 1800]
    assert cameras.longest_turn_s == 12.0
    assert cameras.step(), "an hour is over"
    cameras.close()


def test_a_camera_that_fails_is_told_once_asked_ever_more_seldom_and_the_other_goes_on(tmp_path: Path) -> None:
    hours, good, bad = Hours(), SimulatedCamera(tmp_path, "good", 600), SimulatedCamera(tmp_path, "bad", 600)
    told: list[str] = []
    bad.trouble = "absent"
    cameras = Cameras([bad, good], lambda _: False, clock=hours.clock, voice=Voice(told.append))
    run(cameras, hours, 3600)
    assert len(good.asked) == 6
    assert [round((moment - BEGIN).total_seconds()) for moment in bad.asked] == [
        0,
        30,
        90,
        210,
        450,
        930,
        1530,
        2130,
        2730,
        3330,
    ]
    assert told == ["camera bad: no picture; it is asked again, the others go on"]
    bad.trouble = None
    run(cameras, hours, 1200)
    assert told[1:] == ["camera bad: gives pictures again"]


def test_a_schedule_decides_where_there_is_one(tmp_path: Path) -> None:
    hours, north, asleep = Hours(), SimulatedCamera(tmp_path, "north", 60), [True]
    cameras = Cameras(
        [north],
        lambda _: False,
        clock=hours.clock,
        voice=Voice(lambda _: None),
        due=lambda camera, since_s: not asleep[0] and by_interval(camera, since_s),
    )
    run(cameras, hours, 600)
    assert not north.asked
    asleep[0] = False
    run(cameras, hours, 60)
    assert len(north.asked) == 1


def test_a_full_disk_is_told_and_no_picture_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours, north = Hours(), SimulatedCamera(tmp_path, "north", 60)
    told: list[str] = []
    cameras = Cameras([north], lambda _: False, clock=hours.clock, voice=Voice(told.append))
    monkeypatch.setattr(north.spool, "room", lambda *_: False)
    run(cameras, hours, 120)
    assert not north.asked
    assert told == ["camera north: expected room for a picture, got a full disk (0 wait); it is asked later"]
    monkeypatch.undo()
    run(cameras, hours, 60)
    assert len(north.asked) == 1
    assert told[1] == "camera north: there is room again"


def test_a_spool_is_read_as_a_live_folder_of_its_parcel(tmp_path: Path) -> None:
    config = gateway(
        tmp_path,
        {"camera_id": "north", "kind": "rtsp", "parcel_id": "P07", "crop": "soybean", "url": "rtsp://10.0.0.7/1"},
        {"camera_id": "drone", "kind": "card", "parcel_id": "P08", "folder": "/media/card"},
    )
    north, drone = camera_watches(config)
    assert (north.folder, north.parcel_id, north.camera_id, north.crop) == (
        tmp_path / "captures" / "north",
        "P07",
        "north",
        "soybean",
    )
    assert north.live
    assert not drone.live, "a card's pictures are older than their arrival"
    assert north.rejected != drone.rejected
    north.folder.mkdir(parents=True)
    (north.folder / ".half.jpg.part").write_bytes(b"x")
    (north.folder / "a.jpg").write_bytes(b"x")
    source = FolderSource(north, settle_s=0.0, clock=Clock(), voice=Voice(lambda _: None))
    assert [drop.path.name for drop in source.ready(lambda _: False)] == ["a.jpg"]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[CameraStation]:
    database = Database(tmp_path / "outbox.sqlite", tell=lambda _: None)
    yield CameraStation(database=database, clock=Clock(), voice=Voice(lambda _: None))
    database.close()


def test_a_table_opens_the_camera_of_its_kind(tmp_path: Path, station: CameraStation) -> None:
    config = gateway(
        tmp_path, {"camera_id": "north", "kind": "v4l2", "parcel_id": "P07", "device": "/dev/none", "spool_cap_mb": 2}
    )
    north = open_camera(config, config.camera[0], station)
    assert isinstance(north, ShotCamera)
    with pytest.raises(CaptureError, match="camera north: /dev/none: expected a camera, got none") as refused:
        north.capture(BEGIN)
    assert refused.value.trouble == "absent"
    assert spool_folder(config, "north").is_dir()


@pytest.mark.parametrize(
    ("kind", "band_files", "made"),
    [("card", None, CardCamera), ("card", 5, BandCardCamera), ("bands", 5, BandCamera), ("csi", None, ShotCamera)],
)
def test_what_a_gateway_knows_of_a_cameras_files_stands_in_its_camera_file(
    tmp_path: Path, station: CameraStation, kind: str, band_files: int | None, made: type[object]
) -> None:
    table = {"camera_id": "a", "kind": kind, "parcel_id": "P07", "folder": tmp_path / "card", "band_files": band_files}
    config = gateway(tmp_path, table)
    camera = open_camera(config, config.camera[0], station)
    assert isinstance(camera, made)
    assert (camera.wait_s is None) == (kind == "csi")
    if kind != "csi":
        with pytest.raises(ConfigurationError, match="expected a camera that takes a picture when asked"):
            open_camera(config, config.camera[0])
    (watch,) = camera_watches(config)
    if band_files is None:
        assert watch.camera_file is None
    else:
        assert watch.camera_file is not None
        assert read_camera(watch.camera_file).bands == ("blue", "green", "red", "red_edge", "nir")
    own = gateway(tmp_path, table | {"camera_file": tmp_path / "mine.toml"})
    assert camera_watches(own)[0].camera_file == tmp_path / "mine.toml"


def test_a_lepton_counts_in_hundredths_of_a_kelvin_where_nobody_says_otherwise(tmp_path: Path) -> None:
    config = gateway(tmp_path, {"camera_id": "t", "kind": "lepton_usb", "parcel_id": "P07", "device": "/dev/video2"})
    (watch,) = camera_watches(config)
    assert watch.camera_file is not None
    assert read_camera(watch.camera_file).temperature_unit == "centi_kelvin"
    (tmp_path / "captures" / "t.toml").unlink()
    (tmp_path / "captures").rmdir()
    (tmp_path / "captures").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(StoreUnavailableError, match="cannot be written"):
        camera_watches(config)


def test_a_camera_that_wants_to_be_asked_again_is_whatever_the_schedule(tmp_path: Path) -> None:
    hours, card = Hours(), SimulatedCamera(tmp_path, "card", 86400)
    card.wait_s = 20.0
    cameras = Cameras([card], lambda _: False, clock=hours.clock, voice=Voice(lambda _: None), due=lambda *_: False)
    run(cameras, hours, 100)
    assert len(card.asked) == 5


def test_the_newest_picture_is_what_an_installer_sees(tmp_path: Path) -> None:
    config = gateway(tmp_path)
    assert newest_picture(config, "north") is None
    hours, north = Hours(), SimulatedCamera(tmp_path / "captures", "north", 600)
    cameras = Cameras([north], lambda _: True, clock=hours.clock, voice=Voice(lambda _: None))
    run(cameras, hours, 1210)
    (north.spool.folder / ".later.jpg.part").write_bytes(b"half")
    newest = newest_picture(config, "north")
    assert newest is not None
    assert newest.name == "102000.jpg"


def test_a_heartbeat_says_of_each_camera_what_is_wrong_those_in_trouble_first(tmp_path: Path) -> None:
    hours, good, bad = Hours(), SimulatedCamera(tmp_path, "a-good", 600), SimulatedCamera(tmp_path, "bad", 600)
    bad.trouble = "absent"
    told: list[str] = []
    cameras = Cameras([good, bad], lambda _: False, clock=hours.clock, voice=Voice(told.append))
    run(cameras, hours, 600)
    stands = {"folder": Watched(last_at=BEGIN, troubles=("turned",)), "a-good": Watched(last_at=None, troubles=())}
    states = cameras.states(stands)
    assert [(state.camera_id, state.troubles) for state in states] == [
        ("bad", ("absent",)),
        ("folder", ("turned",)),
        ("a-good", ()),
    ]
    assert states[2].last_at == BEGIN
    many = {f"camera-{number:02}": Watched(last_at=BEGIN, troubles=("dirty",)) for number in range(40)}
    assert sum(len(state.model_dump_json(exclude_none=True)) for state in cameras.states(many)) < 330


def test_a_camera_that_is_not_there_for_a_day_is_gone(tmp_path: Path) -> None:
    hours, north = Hours(), SimulatedCamera(tmp_path, "north", 600)
    north.trouble = "absent"
    told: list[str] = []
    cameras = Cameras([north], lambda _: False, clock=hours.clock, voice=Voice(told.append))
    run(cameras, hours, 80_000)
    assert cameras.states({})[0].troubles == ("absent",)
    run(cameras, hours, 10_000)
    assert cameras.states({})[0].troubles == ("gone",)
    assert told[1:] == ["camera north: not there for a day: unplugged, without power, or taken away; go and see"]
    north.trouble = "cut"
    run(cameras, hours, 1_000)
    assert cameras.states({})[0].troubles == ("cut",)
    north.trouble = None
    run(cameras, hours, 1_000)
    assert told[2:] == ["camera north: gives pictures again", "camera north: is there again"]


def test_who_gives_a_picture_every_day(tmp_path: Path) -> None:
    config = GatewayConfig.model_validate(
        {
            "organisation": "demo",
            "gateway_id": "gw-1",
            "camera": [
                {"camera_id": "north", "kind": "csi", "parcel_id": "P07"},
                {"camera_id": "drone", "kind": "card", "parcel_id": "P08", "folder": tmp_path},
            ],
            "watch": [
                {"folder": tmp_path / "a", "parcel_id": "P01", "camera_id": "live", "live": True},
                {"folder": tmp_path / "b", "parcel_id": "P02", "camera_id": "old"},
                {"folder": tmp_path / "c", "parcel_id": "P03", "live": True},
            ],
        }
    )
    assert daily_cameras(config) == ("north", "live")
