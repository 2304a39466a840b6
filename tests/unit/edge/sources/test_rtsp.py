import os
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from edge.errors import CaptureError
from edge.settings.camera import CaptureConfig
from edge.sources import rtsp
from edge.sources.rtsp_account import place_of, read_password, with_account
from edge.sources.shot import ShotCamera
from edge.sources.shutter import Order
from edge.sources.spool import Spool
from tests.rtsp_server import Conduct, RtspServer

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def camera(tmp_path: Path, url: str, *, password: str | None = None, timeout_s: float = 20.0) -> ShotCamera:
    password_file = None
    if password is not None:
        password_file = tmp_path / "password"
        password_file.write_text(password + "\n", encoding="utf-8")
    table = CaptureConfig(
        camera_id="north",
        kind="rtsp",
        parcel_id="P01",
        url=url,
        username=None if password is None else "field",
        password_file=password_file,
        timeout_s=timeout_s,
        warm_up_frames=2,
    )
    return ShotCamera(table, Spool(tmp_path / "captures", cap_bytes=10**7))


def test_a_picture_of_a_real_stream_lies_in_the_spool(tmp_path: Path) -> None:
    with RtspServer() as server:
        path = camera(tmp_path, server.url).capture(NOW)
    assert path is not None
    assert path.name == "north-20260701T120000Z.jpg"
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape == (240, 320, 3)
    assert abs(int(picture[120, 200, 0]) - 200) < 20, "the blue of the picture that was sent"
    assert server.served == 1
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_the_stream_is_left_after_each_picture(tmp_path: Path) -> None:
    with RtspServer() as server:
        north = camera(tmp_path, server.url)
        first, second = north.capture(NOW), north.capture(NOW)
    assert first is not None
    assert second is not None
    assert first.name != second.name, "a clock that stands still takes no picture's place"
    assert server.served == 2


def test_a_camera_with_an_account_lets_its_own_gateway_in_only(tmp_path: Path) -> None:
    with RtspServer(account="field:p@ss w/rd") as server:
        assert camera(tmp_path, server.url, password="p@ss w/rd").capture(NOW) is not None
        with pytest.raises(CaptureError, match="expected to be let in, got 401 Unauthorized") as refused:
            camera(tmp_path, server.url, password="hunter2").capture(NOW)
        assert refused.value.trouble == "refused"
        assert "hunter2" not in str(refused.value)
        assert server.url in str(refused.value)


def test_a_stream_that_hangs_ends_in_time_and_leaves_nothing(tmp_path: Path) -> None:
    with RtspServer("hangs") as server, pytest.raises(CaptureError) as refused:
        camera(tmp_path, server.url, timeout_s=3.0).capture(NOW)
    assert refused.value.trouble in {"absent", "hangs"}
    assert not list((tmp_path / "captures").iterdir())


def test_a_camera_unplugged_in_the_middle_of_a_frame_leaves_no_half_picture(tmp_path: Path) -> None:
    with RtspServer("cuts") as server, pytest.raises(CaptureError, match="a stream that ended") as refused:
        camera(tmp_path, server.url).capture(NOW)
    assert refused.value.trouble == "cut"
    assert not list((tmp_path / "captures").iterdir())


def test_nobody_at_the_address_is_told_as_the_network_says_it(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"rtsp://127\.0\.0\.1:9/x: expected a stream, got: Connection refused"):
        camera(tmp_path, "rtsp://127.0.0.1:9/x").capture(NOW)


def test_an_account_stands_in_the_address_and_never_in_a_log() -> None:
    address = with_account("rtsp://10.0.0.7:554/live?x=1", "field", "p@ss:w/rd")
    assert address == "rtsp://field:p%40ss%3Aw%2Frd@10.0.0.7:554/live?x=1"
    assert place_of(address) == "rtsp://10.0.0.7:554/live"
    assert with_account("rtsp://10.0.0.7/live", None, None) == "rtsp://10.0.0.7/live"


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe"])
def test_a_password_file_that_holds_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CaptureError, match=r"password: expected a .*password") as refused:
        read_password(path)
    assert refused.value.trouble == "refused"


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the capture process sets for its player ends with the test."""
    for name in ("OPENCV_FFMPEG_CAPTURE_OPTIONS", "OPENCV_FFMPEG_LOGLEVEL", "OPENCV_FFMPEG_DEBUG"):
        monkeypatch.setenv(name, "")


@pytest.mark.usefixtures("player")
def test_a_capture_takes_the_frame_after_those_let_go_and_prints_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    with RtspServer() as server:
        shot = rtsp.shoot(Order(target="t", url=server.url, warm_up_frames=2, timeout_s=20))
    assert shot.content.startswith(b"\xff\xd8")
    os.write(1, b"printed")
    assert capfd.readouterr().out == "printed"


@pytest.mark.usefixtures("player")
@pytest.mark.parametrize(
    ("conduct", "account", "trouble"),
    [("cuts", None, "cut"), ("well", "field:secret", "refused"), ("hangs", None, "absent")],
)
def test_a_capture_says_in_one_word_what_was_there_instead(conduct: Conduct, account: str | None, trouble: str) -> None:
    with RtspServer(conduct, account) as server, pytest.raises(CaptureError) as refused:
        rtsp.shoot(Order(target="t", url=with_account(server.url, "field", "wrong"), timeout_s=3))
    assert refused.value.trouble == trouble
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize(
    ("complaint", "words"),
    [
        (b"method DESCRIBE failed: 404 (Not Found)", "got: 404 Not Found"),
        (b"Connection to tcp://h:1 failed: No route to host", "got: No route to host"),
        (b"", "got: no answer in time"),
    ],
)
def test_the_networks_own_words_are_told(complaint: bytes, words: str) -> None:
    error = rtsp._unreachable("rtsp://a:secret@10.0.0.7/1", complaint)
    assert words in str(error)
    assert "secret" not in str(error)
    assert error.trouble == "absent"
