"""A Lepton behind simulated wires: packets of its SPI stream, frames of its USB board."""

import binascii
import fcntl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.camera import CameraConfig
from edge.errors import CaptureError
from edge.frame import load_frame
from edge.sources.lepton import LeptonSpi, LeptonUsb, frame_of, packet_number, shoot
from edge.sources.shutter import Order
from edge.sources.thermal import shot_by

DISCARD = b"\xff" + bytes(163)


def scene(height: int = 120, width: int = 160) -> NDArray[np.uint16]:
    """20 to 40 deg C as hundredths of a kelvin, each pixel another."""
    steps = np.linspace(29315, 31315, height * width)
    return np.rint(steps).astype(np.uint16).reshape(height, width)


def packet(number: int, segment: int, pixels: bytes) -> bytes:
    plain = bytes([number >> 8, number & 0xFF, 0, 0]) + pixels
    check = binascii.crc_hqx(plain, 0).to_bytes(2, "big")
    return bytes([segment << 4 | number >> 8, number & 0xFF]) + check + pixels


def segments(values: NDArray[np.uint16], *, named: bool = True) -> list[list[bytes]]:
    rows = values.astype(">u2").tobytes()
    parts = [rows[start : start + 160] for start in range(0, len(rows), 160)]
    return [
        [
            packet(place, number if named and place == 20 else 0, part)
            for place, part in enumerate(parts[begin : begin + 60])
        ]
        for number, begin in enumerate(range(0, len(parts), 60), start=1)
    ]


def wire(packets: list[bytes]) -> Callable[[int], bytes]:
    """Packets in turn, again and again, then filled in."""

    def endless() -> Iterator[bytes]:
        while True:
            yield from packets
            yield DISCARD

    source = endless()
    return lambda size: b"".join(next(source) for _ in range(size // 164))


def spi(packets: list[bytes], *, width_px: int = 160, seconds: float = 10.0) -> LeptonSpi:
    return LeptonSpi(wire(packets), lambda: None, width_px=width_px, until_s=time.monotonic() + seconds)


def test_four_segments_of_packets_become_one_frame() -> None:
    values = spi([one for segment in segments(scene()) for one in segment]).read().values
    assert (values == scene()).all()


def test_a_lepton_2_gives_its_frame_in_one_segment() -> None:
    small = scene(60, 80)
    values = spi([one for segment in segments(small, named=False) for one in segment], width_px=80).read().values
    assert (values == small).all()


def test_noise_damage_and_segments_given_twice_do_not_reach_the_frame() -> None:
    first, second, third, fourth = segments(scene())
    damaged = [*first[:30], first[30][:-1] + b"\x00", *first[31:]]
    empty = [one[:0] + bytes([one[0] & 0x0F]) + one[1:] for one in second]  # segment 0: a frame given twice
    stream = [
        DISCARD,
        *damaged,
        DISCARD,
        *second,
        *first[:7],
        *first,
        *empty,
        *first,
        *second,
        *third[:9],
        *third,
        *fourth,
    ]
    values = spi(stream).read().values
    assert (values == scene()).all()


def test_a_wire_that_gives_pieces_only_ends_in_time() -> None:
    with pytest.raises(CaptureError, match="expected a whole frame, got pieces") as refused:
        spi(segments(scene())[0][:40], seconds=0.2).read()
    assert refused.value.trouble == "cut"


def test_what_is_no_packet_has_no_number() -> None:
    whole = segments(scene())[0][20]
    assert packet_number(whole) == 20
    assert packet_number(DISCARD) is None
    assert packet_number(whole[:100]) is None
    assert packet_number(whole[:-1] + bytes([whole[-1] ^ 1])) is None


def test_an_spi_device_is_set_up_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "spidev0.0"
    device.write_bytes(b"".join([DISCARD, *(one for segment in segments(scene()) for one in segment), DISCARD] * 2))
    asked: list[tuple[int, bytes]] = []
    monkeypatch.setattr(fcntl, "ioctl", lambda _, request, value: asked.append((request, value)))
    shot = shoot(Order(target="t", device=str(device)))
    assert asked == [(0x40016B01, b"\x03"), (0x40046B04, struct.pack("I", 16_000_000))]
    path = tmp_path / f"frame{shot.suffix}"
    path.write_bytes(shot.content)
    frame = load_frame(path, camera=CameraConfig(temperature_unit="centi_kelvin"))
    assert frame.temperature_c is not None
    assert float(frame.temperature_c[0, 0]) == pytest.approx(20.0, abs=0.01)
    assert float(frame.temperature_c[-1, -1]) == pytest.approx(40.0, abs=0.01)


def test_an_spi_device_that_refuses_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "spidev0.0"
    device.touch()
    before = open_files()
    with pytest.raises(OSError, match="Inappropriate ioctl"):
        shoot(Order(target="t", device=str(device)))
    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class SimulatedBoard:
    """A USB board of the tests: frames with two rows of telemetry below."""

    def __init__(self, *frames: NDArray[np.uint16] | None) -> None:
        self._frames = iter(frames)
        self.released = False
        self.settings: dict[int, float] = {}

    def isOpened(self) -> bool:  # noqa: N802 -- the name of the real one
        return True

    def set(self, setting: int, value: float) -> bool:
        self.settings[setting] = value
        return True

    def read(self) -> tuple[bool, NDArray[np.uint16]]:
        frame = next(self._frames, None)
        return frame is not None, np.zeros(0, np.uint16) if frame is None else frame

    def release(self) -> None:
        self.released = True


def told(uptime_ms: int, ffc_ms: int, sensor: int, sensor_then: int) -> NDArray[np.uint16]:
    row = bytearray(320)
    struct.pack_into("<I", row, 2, uptime_ms)
    struct.pack_into("<H", row, 48, sensor)
    struct.pack_into("<HI", row, 58, sensor_then, ffc_ms)
    return np.frombuffer(bytes(row), "<u2").reshape(1, 160)


def test_telemetry_says_how_old_the_last_shutter_is() -> None:
    rows = np.vstack([scene(), told(500_000, 320_000, 30450, 30320), np.zeros((1, 160), np.uint16)])
    frame = frame_of(rows)
    assert frame.values.shape == (120, 160)
    assert frame.ffc_age_s == 180.0
    assert frame.sensor_change_c == pytest.approx(1.3)
    assert frame_of(scene()).ffc_age_s is None


def test_a_usb_frame_comes_with_what_is_told_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.vstack([scene(), told(61_000, 1_000, 30450, 30320), np.zeros((1, 160), np.uint16)])
    board = SimulatedBoard(rows - 5, rows)
    (tmp_path / "video2").touch()
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: board)
    shot = shoot(Order(target="t", device=str(tmp_path / "video2"), warm_up_frames=1))
    assert shot.said == {"ffc_age_s": 60.0, "sensor_change_c": 1.3}
    assert shot.suffix == ".pgm"
    assert np.frombuffer(shot.content[-38400:], ">u2")[0] == 29315
    assert board.released
    assert board.settings[cv2.CAP_PROP_CONVERT_RGB] == 0


@pytest.mark.parametrize("frame", [None, np.zeros((120, 160, 3), np.uint8), np.zeros((1, 160), np.uint16)])
def test_a_board_unplugged_meanwhile_gives_no_frame(frame: NDArray[np.uint16] | None) -> None:
    with pytest.raises(CaptureError, match="expected a frame of 16-bit numbers, got none") as refused:
        shot_by(lambda _: LeptonUsb(SimulatedBoard(frame), "/dev/video2"), Order(target="t", device="/dev/video2"))
    assert refused.value.trouble == "cut"


def test_a_closed_shutter_is_no_scene() -> None:
    flat = np.full((120, 160), 29815, np.uint16)
    with pytest.raises(CaptureError, match="one value everywhere"):
        shot_by(lambda _: LeptonUsb(SimulatedBoard(flat), "/dev/video2"), Order(target="t", device="/dev/video2"))


def test_a_board_that_is_not_there_or_no_camera_is_told(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="expected a thermal camera, got none"):
        shoot(Order(target="t", device=str(tmp_path / "video2")))
    (tmp_path / "video2").write_bytes(b"x")
    with pytest.raises(CaptureError, match="busy or forbidden"):
        shoot(Order(target="t", device=str(tmp_path / "video2")))
