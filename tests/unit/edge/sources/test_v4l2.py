from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import CaptureError
from edge.sources import v4l2
from edge.sources.shutter import Order

PHOTO = np.full((12, 16, 3), (10, 200, 30), np.uint8)
NOTHING: NDArray[np.uint8] = np.zeros(0, np.uint8)
JPEG = np.frombuffer(cv2.imencode(".jpg", PHOTO)[1].tobytes(), np.uint8)


class SimulatedVideo:
    """A camera of the tests behind the interface of the real one: frames in turn, then none."""

    def __init__(self, *frames: NDArray[Any] | None) -> None:
        self._frames = iter(frames)
        self.read_frames = 0
        self.released = False
        self.settings: dict[int, float] = {}

    def isOpened(self) -> bool:  # noqa: N802 -- the name of the real one
        return True

    def set(self, setting: int, value: float) -> bool:
        self.settings[setting] = value
        return True

    def get(self, setting: int) -> float:
        return self.settings[setting]

    def read(self) -> tuple[bool, NDArray[Any]]:
        frame = next(self._frames, None)
        self.read_frames += 1
        return frame is not None, NOTHING if frame is None else frame

    def release(self) -> None:
        self.released = True


def order(device: str = "/dev/video0", warm_up_frames: int = 0, size_px: tuple[int, int] | None = None) -> Order:
    width_px, height_px = size_px or (None, None)
    return Order(target="t", device=device, warm_up_frames=warm_up_frames, width_px=width_px, height_px=height_px)


def test_the_frame_after_the_ones_let_go_is_kept_and_the_camera_closed() -> None:
    video = SimulatedVideo(*(np.full((8, 8, 3), level, np.uint8) for level in (0, 80, 160, 240)))
    shot = v4l2.picture_of(video, order(warm_up_frames=2))
    picture = cv2.imdecode(np.frombuffer(shot.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert abs(int(picture[4, 4, 0]) - 160) < 4
    assert (shot.suffix, video.released, video.read_frames) == (".jpg", True, 3)


def test_the_cameras_own_jpeg_is_kept_byte_for_byte() -> None:
    padded = np.concatenate([JPEG, np.zeros(100, np.uint8)]).reshape(1, -1)
    assert v4l2.picture_of(SimulatedVideo(padded), order()).content == JPEG.tobytes()


def test_a_frame_cut_in_the_middle_gives_way_to_the_next_whole_one() -> None:
    video = SimulatedVideo(JPEG[: JPEG.size // 2].reshape(1, -1), NOTHING, JPEG.reshape(1, -1))
    assert v4l2.picture_of(video, order()).content == JPEG.tobytes()
    assert video.read_frames == 3


@pytest.mark.parametrize("frames", [(), (JPEG[:50].reshape(1, -1),) * 9, (PHOTO, PHOTO)])
def test_a_camera_unplugged_meanwhile_gives_no_half_picture(frames: tuple[NDArray[Any], ...]) -> None:
    video = SimulatedVideo(*frames)
    with pytest.raises(CaptureError, match="expected a whole frame, got none in 5 tries") as refused:
        v4l2.picture_of(video, order(warm_up_frames=2))
    assert refused.value.trouble == "cut"
    assert video.released


def test_a_camera_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="expected a camera, got none; plug it in") as refused:
        v4l2.shoot(order(device=str(tmp_path / "video9")))
    assert refused.value.trouble == "absent"


def test_a_file_that_is_no_camera_is_refused(tmp_path: Path) -> None:
    (tmp_path / "video9").write_bytes(b"no camera")
    with pytest.raises(CaptureError, match="busy, forbidden or no camera") as refused:
        v4l2.shoot(order(device=str(tmp_path / "video9")))
    assert refused.value.trouble == "refused"


@pytest.mark.parametrize("motion_jpeg", [True, False])
def test_size_and_coding_are_asked_of_the_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, motion_jpeg: bool
) -> None:
    (tmp_path / "video0").touch()
    video = SimulatedVideo(PHOTO)
    if not motion_jpeg:
        monkeypatch.setattr(video, "get", lambda _: float(cv2.VideoWriter.fourcc(*"YUYV")))
    monkeypatch.setattr(cv2, "VideoCapture", lambda device, _: video if device.endswith("video0") else None)
    v4l2.shoot(order(device=str(tmp_path / "video0"), size_px=(1920, 1080)))
    assert video.settings[cv2.CAP_PROP_FRAME_WIDTH] == 1920
    assert video.settings[cv2.CAP_PROP_FRAME_HEIGHT] == 1080
    assert video.settings[cv2.CAP_PROP_CONVERT_RGB] == (0 if motion_jpeg else 1)


def loopback_cameras() -> Iterator[Path]:
    """Devices of the kernel's v4l2loopback, where the machine that tests has it and something feeds them."""
    for name in Path("/sys/devices/virtual/video4linux").glob("video*/name"):
        yield Path("/dev") / name.parent.name


@pytest.mark.skipif(not list(loopback_cameras()), reason="needs the kernel module v4l2loopback and a picture fed to it")
def test_a_picture_comes_out_of_the_kernels_own_loopback() -> None:
    shot = v4l2.shoot(order(device=str(next(loopback_cameras())), warm_up_frames=1))
    assert shot.content.startswith(b"\xff\xd8")
