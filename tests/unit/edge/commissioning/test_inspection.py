"""Causes that the world gives, and the words and colours they become."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.clock import Clock
from edge.commissioning.inspection import Inspector, Tools, done, open_queue
from edge.commissioning.sights import canopy_drawer, see, sights_of, take_picture
from edge.commissioning.steps import STEPS, Finding, State
from edge.config import GatewayConfig
from edge.doctor import Finding as Examined
from edge.errors import CaptureError, UnreadableFrameError
from edge.heartbeat import ModemState
from edge.logbook import Logbook
from edge.outbox import Outbox
from edge.settings.camera import CaptureConfig
from edge.settings.modem import ModemConfig
from edge.settings.watch import WatchConfig
from simulations.modem.device import Behaviour, StandInModem

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CLOCK = Clock(now=lambda: NOON)


def config(folder: Path, **more: object) -> GatewayConfig:
    (folder / "photos").mkdir(exist_ok=True)
    watch = WatchConfig(folder=folder / "photos", parcel_id="P1")
    known: dict[str, object] = {"organisation": "o", "gateway_id": "g", "data_dir": folder / "data", "watch": (watch,)}
    return GatewayConfig.model_validate(known | more)


def inspector(known: GatewayConfig, *, broker: str | None = None, modem: ModemState | None = None) -> Inspector:
    asked = Examined(part="broker", well=broker is None, text=broker or "b lets this gateway in")
    tools = Tools(
        clock=CLOCK,
        database=lambda: None,
        broker=lambda _: asked,
        modem=None if modem is None else lambda: modem,
    )
    return Inspector(known, tools)


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("b:1: expected to be let in, got: Connection refused; check host", "unreachable"),
        ("b:1: expected to be let in, got: no answer; check host", "unreachable"),
        ("b:1: expected to be let in, got: Name or service not known; check host", "unreachable"),
        ("b:1: expected to be let in, got: Not authorized; check host", "refused"),
        ("b:1: expected to be let in, got: Bad user name or password; check host", "refused"),
        ("b:1: expected to be let in, got: its certificate is not accepted: self-signed; check", "certificate"),
        ("keys/ca.pem: expected readable PEM files that fit together, got: No such file", "certificate"),
    ],
)
def test_a_broker_that_does_not_let_in_has_the_remedy_of_its_cause(tmp_path: Path, cause: str, code: str) -> None:
    found = inspector(config(tmp_path), broker=cause).find("broker")
    assert (found.state, found.code, found.detail) == ("bad", code, cause)


def test_certificates_that_have_not_come_yet_are_a_red_step_with_the_way_out(tmp_path: Path) -> None:
    files = {"ca_file": "ca.pem", "certificate_file": "gateway.crt", "key_file": "gateway.key"}
    broker = {"host": "127.0.0.1", "port": 1, **{key: tmp_path / "keys" / name for key, name in files.items()}}
    found = Inspector(config(tmp_path, broker=broker), Tools(clock=CLOCK, database=lambda: None)).find("broker")
    assert (found.state, found.code) == ("bad", "certificate")
    assert "keys/ca.pem" in str(found.detail)


@pytest.mark.parametrize(
    ("modem", "state", "code"),
    [
        (ModemState(ready=True, signal_dbm=-71), "good", "ready"),
        (ModemState(ready=True), "good", "ready"),
        (ModemState(ready=True, signal_dbm=-109), "bad", "weak"),
        (ModemState(ready=False, trouble="no credit"), "bad", "trouble"),
    ],
)
def test_the_modem_at_work_tells_how_the_sim_is(tmp_path: Path, modem: ModemState, state: State, code: str) -> None:
    found = inspector(config(tmp_path, modem=ModemConfig()), modem=modem).find("sim")
    assert (found.state, found.code) == (state, code)


def test_a_modem_that_nobody_holds_is_asked_itself(tmp_path: Path) -> None:
    with StandInModem(Behaviour()) as device:
        found = inspector(config(tmp_path, modem=ModemConfig(device=device.device))).find("sim")
    assert (found.state, found.code) == ("good", "ready")
    assert "dBm" in str(found.slots["signal"])


def test_a_camera_file_that_cannot_be_read_is_named_at_each_step_of_the_camera(tmp_path: Path) -> None:
    watch = WatchConfig(folder=tmp_path / "photos", parcel_id="P1", camera_file=tmp_path / "camera.toml")
    known = config(tmp_path, watch=(watch,))
    cv2.imwrite(str(tmp_path / "photos" / "a.png"), np.zeros((40, 40, 3), np.uint8))
    (tmp_path / "camera.toml").write_text("nonsense = 1")
    look = inspector(known)
    assert [(look.find(step).code, look.find(step).state) for step in STEPS[:3]] == [
        ("unreadable", "bad"),
        ("unreadable", "bad"),
        ("unseen", "bad"),
    ]
    assert "camera.toml" in str(look.find("outline").detail)


def test_no_picture_yet_is_open_and_a_dark_one_red(tmp_path: Path) -> None:
    look = inspector(config(tmp_path))
    assert (look.find("aim").code, look.find("references").code) == ("no_picture", "missing")
    cv2.imwrite(str(tmp_path / "photos" / "a.png"), np.full((300, 400, 3), 8, np.uint8))
    assert look.find("aim").code == "dark"


def test_what_the_office_has_is_counted_from_the_queues_own_book(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", boot="b1", now=lambda: NOON)
    look = Inspector(config(tmp_path), Tools(clock=CLOCK, database=lambda: outbox.database))
    assert look.find("message").code == "none"
    Logbook(outbox.database).count(messages_stored=7)
    found = look.find("message")
    assert (found.state, found.slots["count"]) == ("good", 7)
    Logbook(outbox.database).note_time(NOON + timedelta(days=3))
    assert look.find("clock").code == "doubtful", "it was later before"
    outbox.close()
    assert look.find("message").state == "bad"


def test_the_queue_is_opened_only_where_there_is_one(tmp_path: Path) -> None:
    assert open_queue(tmp_path / "none.sqlite", lambda _: None) is None
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize(
    ("states", "ready"),
    [
        ({}, True),
        ({"references": "open"}, True),
        ({"references": "bad"}, False),
        ({"outline": "open"}, False),
        ({"sim": "idle"}, True),
        ({"broker": "bad"}, False),
    ],
)
def test_done_needs_every_step_but_the_references(states: dict[str, State], *, ready: bool) -> None:
    findings = [Finding(step=step, state=states.get(step, "good"), code="x") for step in STEPS[:-1]]
    assert (done(findings).state == "good") is ready


@pytest.fixture
def shot(tmp_path: Path) -> GatewayConfig:
    camera = CaptureConfig(camera_id="mast-1", kind="v4l2", parcel_id="P1", device=Path("/dev/does-not-exist"))
    return config(tmp_path, camera=(camera,))


def test_cameras_come_before_folders_and_a_folder_takes_no_picture(shot: GatewayConfig) -> None:
    camera, folder = sights_of(shot)
    assert (camera.name, camera.table, folder.name, folder.table) == ("mast-1", "camera", "photos", "watch")
    assert take_picture(shot, folder, NOON) is None
    with pytest.raises(CaptureError, match="mast-1"):
        take_picture(shot, camera, NOON)
    assert camera.newest() is None


def test_hidden_empty_and_other_files_are_no_pictures(tmp_path: Path) -> None:
    (sight,) = sights_of(config(tmp_path))
    for name, content in ((".a.jpg.part", b"x"), (".b.jpg", b"x"), ("c.jpg", b""), ("d.txt", b"x")):
        (tmp_path / "photos" / name).write_bytes(content)
    assert sight.newest() is None
    (tmp_path / "photos" / "e.JPG").write_bytes(b"x")
    assert sight.newest() == tmp_path / "photos" / "e.JPG"


def test_a_large_photo_is_looked_at_small_and_an_empty_frame_refused(tmp_path: Path) -> None:
    (sight,) = sights_of(config(tmp_path))
    photo = np.random.default_rng(1).integers(0, 255, (1200, 1600, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "photos" / "a.jpg"), photo)
    seen = see(sight, tmp_path / "photos" / "a.jpg", canopy_drawer(config(tmp_path)))
    assert seen.shown.shape == (768, 1024, 3)
    assert seen.canopy is not None
    assert seen.canopy.shape == (768, 1024)
    assert (seen.frame.width, seen.frame.height) == (1600, 1200)
    with pytest.raises(UnreadableFrameError):
        see(sight, tmp_path / "photos" / "none.jpg", None)


def test_without_models_the_page_goes_on_without_a_mask(tmp_path: Path) -> None:
    assert canopy_drawer(config(tmp_path, models_dir=tmp_path)) is None
