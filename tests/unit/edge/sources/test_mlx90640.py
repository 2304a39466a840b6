"""A thermal sensor behind a simulated bus; its numbers against the maker's example and another's program."""

import ctypes
import fcntl
import struct
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import CaptureError
from edge.frame import load_frame
from edge.sources import i2c
from edge.sources.i2c import I2cWords
from edge.sources.mlx90640 import Mlx90640, shoot
from edge.sources.mlx90640_words import CHESS, Mlx90640Calibration
from edge.sources.shutter import Order
from edge.sources.thermal import as_tiff, shot_by

# First words of the calibration memory in the maker's "MLX90640 example data".
EXAMPLE = """
00AE 499A 0000 2061 0005 0320 03E0 1710 A224 0185 0499 0000 1901 0000 0000 B533 4210 FFC2 0202 0202 F202 F1F2 D1E1
AFC0 FF00 F002 F103 E103 E1F5 D1E4 C1D5 91C2 8895 30D9 EDCB 110F 3322 2233 0011 CCEE FFED 1100 2222 3333 2233 0022
DEF0 9ACC 15CC 2FA4 2555 9C78 7666 01C8 3B38 3534 2452 0463 13BB 0623 EC00 9797 9797 2AFB 00AE FBE0 1B70 F3BE
"""
PLACES = ((0, 0), (0, 1), (0, 31), (11, 15), (12, 16), (12, 17), (23, 0), (23, 31))
# Temperatures of the words drawn below, by adafruit-circuitpython-mlx90640 1.3.9 (emissivity 0.98, reflected 8 K below
# the sensor): calibrated as a chess board, and row by row.
BY_ANOTHER = {
    0x0000: (82.121, 32.976, 74.171, 48.498, 61.752, 64.736, 27.637, 41.316),
    0x0800: (81.973, 33.889, 72.958, 49.301, 61.632, 65.209, 27.894, 42.940),
}


def calibration_words(mode: int = 0) -> NDArray[np.uint16]:
    """The example's first words, then pixels drawn at random, none of them faulty."""
    random = np.random.default_rng(640)
    head = [int(word, 16) for word in EXAMPLE.split()]
    words = np.array(head + list(random.integers(0, 65536, 832 - len(head))), np.uint16)
    words[64:] &= 0xFFFE
    words[60], words[53], words[10] = 0xEC05, 0x3A7D, (int(words[10]) & ~0x0800) | mode
    return words


def measurements() -> list[NDArray[np.uint16]]:
    """Two sub-pages of signals drawn at random, at a sensor of about 40 deg C."""
    random, pages = np.random.default_rng(90640), []
    for _ in range(2):
        words = random.integers(-200, 400, 832)
        words[[768, 776, 778, 800, 808, 810]] = (19442, -75, 6383, 1711, -76, -13115)
        pages.append((words & 0xFFFF).astype(np.uint16))
    return pages


class SimulatedSensor:
    """A sensor of the tests behind the interface of the bus: registers, and two halves in turn."""

    def __init__(self, calibration: NDArray[np.uint16], *, overwrites: int = 0) -> None:
        self.calibration = calibration
        self.pages = measurements()
        self.page = 0
        self.overwrites = overwrites
        self.written: dict[int, int] = {}
        self.new = True
        self.closed = False

    def read_words(self, register: int, count: int) -> bytes:
        if register == 0x8000:
            status = (0x0008 if self.new else 0) | self.page
            self.new = True if not self.new else self.new
            return status.to_bytes(2, "big")
        if register == 0x800D:
            return (0x1901).to_bytes(2, "big")
        if register == 0x0400:
            if self.overwrites:
                self.overwrites -= 1
                self.new = True
            return self.pages[self.page].astype(">u2").tobytes()
        return self.calibration[register - 0x2400 :][:count].astype(">u2").tobytes()

    def write_word(self, register: int, word: int) -> None:
        self.written[register] = word
        if register == 0x8000:
            self.page, self.new = 1 - self.page, False

    def close(self) -> None:
        self.closed = True


def sensor(bus: SimulatedSensor, seconds: float = 10.0) -> Mlx90640:
    return Mlx90640(bus, name="/dev/i2c-1", until_s=time.monotonic() + seconds)


def test_the_calibration_is_that_of_the_makers_example() -> None:
    words = np.array([int(word, 16) for word in EXAMPLE.split()] + [0xFBE0] * 764, np.uint16)
    found = Mlx90640Calibration.of(words)
    assert (found.supply_slope, found.supply_25) == (-3200.0, -12544.0)
    assert found.ptat_supply_slope == pytest.approx(0.002197, abs=1e-6)
    assert (found.ptat_slope, found.ptat_25, found.ptat_share, found.gain) == (42.625, 12196.0, 9.0, 5580.0)
    assert (found.compensation_supply, found.resolution) == (0.375, 2)
    assert found.compensation_ta == pytest.approx(0.004272, abs=1e-6)
    assert found.sensitivity_ta == pytest.approx(-0.002441, abs=1e-6)
    assert found.compensation_offset == (-69.0, -65.0)
    assert found.corners_c == (-40.0, 0.0, 300.0, 500.0)
    assert found.sensitivity_to == pytest.approx((-0.0002,) * 4, abs=1e-6)
    assert found.sensitivity[0, :4] == pytest.approx(
        [3.64125298802e-08, 3.68781911675e-08, 3.79259290639e-08, 3.83915903512e-08], rel=1e-6
    )
    assert not found.interleaved


@pytest.mark.parametrize("mode", BY_ANOTHER)
def test_temperatures_are_those_of_another_program(mode: int) -> None:
    found = Mlx90640Calibration.of(calibration_words(mode))
    halves = [found.temperatures_c(words, page, 2) for page, words in enumerate(measurements())]
    whole = np.where(np.isfinite(halves[0]), halves[0], halves[1])
    assert [float(whole[place]) for place in PLACES] == pytest.approx(BY_ANOTHER[mode], abs=0.01)
    assert float(whole.mean()) == pytest.approx(66.88, abs=0.01)
    assert np.isnan(halves[0][CHESS == 1]).all()
    assert np.isfinite(halves[0][CHESS == 0]).all()


def test_a_coarser_resolution_is_the_same_supply() -> None:
    found = Mlx90640Calibration.of(calibration_words())
    words = measurements()[0]
    supply_v, _ = found.sensor(words, 2)
    words[810] = np.array([-13115 // 2]).astype(np.int16).view(np.uint16)[0]
    assert found.sensor(words, 1)[0] == pytest.approx(supply_v, abs=0.01)


def test_pixels_that_the_maker_found_faulty_are_missing() -> None:
    words = calibration_words()
    words[64], words[64 + 33] = 0, words[64 + 33] | 1
    found = Mlx90640Calibration.of(words)
    first = found.temperatures_c(measurements()[0], 0, 2)
    assert np.isnan(first[0, 0])
    assert np.isnan(first[1, 1])
    assert np.isfinite(first[0, 2])


def stored(content: bytes) -> NDArray[Any]:
    values = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert values is not None
    return values


def test_degrees_are_written_so_that_the_gateway_reads_them(tmp_path: Path) -> None:
    values = np.linspace(20.0, 40.0, 768).astype(np.float32).reshape(24, 32)
    values[3, 4] = np.nan
    (tmp_path / "frame.tif").write_bytes(as_tiff(values))
    read = load_frame(tmp_path / "frame.tif").temperature_c
    assert read is not None
    assert np.isnan(read[3, 4])
    assert np.nanmax(np.abs(read - values)) < 1e-5


def test_both_halves_become_one_frame() -> None:
    bus = SimulatedSensor(calibration_words())
    shot = shot_by(lambda _: sensor(bus), Order(target="t", warm_up_frames=1))
    assert shot.suffix == ".tif"
    values = stored(shot.content)
    assert values.shape == (24, 32)
    assert float(values[12, 16]) == pytest.approx(61.75, abs=0.01)
    assert float(values[12, 17]) == pytest.approx(64.74, abs=0.01)
    assert bus.closed
    control = bus.written[0x800D]
    assert control & 1 << 12, "as a chess board"
    assert (control >> 10 & 3, control >> 7 & 7) == (2, 3), "18 bits, 4 Hz"


def test_words_overwritten_while_they_were_read_are_read_again() -> None:
    bus = SimulatedSensor(calibration_words(), overwrites=3)
    assert np.isfinite(sensor(bus).read().values).all()
    assert bus.overwrites == 0


def test_a_sensor_that_never_measures_ends_in_time() -> None:
    bus = SimulatedSensor(calibration_words(), overwrites=10**9)
    with pytest.raises(CaptureError, match="expected both halves of a frame, got none in time"):
        sensor(bus, seconds=0.3).read()


@pytest.mark.parametrize("word", [0x0000, 0xFFFF])
def test_a_bus_that_answers_the_same_everywhere_is_no_sensor(word: int) -> None:
    with pytest.raises(CaptureError, match="the same word everywhere") as refused:
        sensor(SimulatedSensor(np.full(832, word, np.uint16)))
    assert refused.value.trouble == "refused"


class SimulatedKernel:
    """The kernel's side of an I2C device: reads the messages at their places in memory, and answers them."""

    def __init__(self, device: SimulatedSensor) -> None:
        self.device = device
        self.addresses: set[int] = set()
        self.longest = 0

    def __call__(self, place: int, request: int, transfer: i2c.Messages) -> int:
        assert place > 2
        assert request == 0x0707
        messages = [transfer.messages[index] for index in range(transfer.count)]
        self.addresses |= {message.address for message in messages}
        self.longest = max(self.longest, *(message.length for message in messages))
        sent = ctypes.string_at(messages[0].content, messages[0].length)
        (register,) = struct.unpack(">H", sent[:2])
        if len(messages) == 1:
            self.device.write_word(register, int.from_bytes(sent[2:], "big"))
        else:
            assert messages[1].flags == 1
            answer = self.device.read_words(register, messages[1].length // 2)
            ctypes.memmove(messages[1].content, answer[: messages[1].length], messages[1].length)
        return 0


def test_words_go_over_the_kernels_bus_in_short_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class WholeMemory(SimulatedSensor):
        def read_words(self, register: int, count: int) -> bytes:
            if 0x0400 <= register < 0x0740:
                return self.pages[self.page][register - 0x0400 :][:count].astype(">u2").tobytes()
            return super().read_words(register, count)

    device = tmp_path / "i2c-1"
    device.touch()
    kernel = SimulatedKernel(WholeMemory(calibration_words()))
    monkeypatch.setattr(fcntl, "ioctl", kernel)
    shot = shoot(Order(target="t", device=str(device), bus_address=0x33))
    assert float(stored(shot.content)[12, 16]) == pytest.approx(61.75, abs=0.01)
    assert kernel.addresses == {0x33}
    assert kernel.longest <= 512


def test_a_bus_whose_device_does_not_answer_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> int:
        raise OSError(121, "Remote I/O error")

    device = tmp_path / "i2c-1"
    device.touch()
    monkeypatch.setattr(fcntl, "ioctl", silent)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="Remote I/O error"):
        shoot(Order(target="t", device=str(device), bus_address=0x33))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    words = I2cWords(str(device), 0x33)
    words.close()
