"""Grey maps of thermal loggers: text and binary, 8 and 16 bits, and every way they can be damaged."""

import time
from pathlib import Path

import numpy as np
import pytest

from edge import pgm
from edge.camera import CameraConfig
from edge.errors import UnreadableFrameError
from edge.frame import load_frame

COUNTS = np.arange(6, dtype=np.uint16).reshape(2, 3) * 1000 + 7000
TEXT = b"P2\n3 2\n16383\n" + b" ".join(str(value).encode() for value in COUNTS.ravel())
BINARY = b"P5\n# Lepton, raw counts\n3 2\n16383\n" + COUNTS.astype(">u2").tobytes()
THERMAL = CameraConfig(bands=("temperature",), temperature_unit="centi_kelvin")


@pytest.mark.parametrize("content", [TEXT, BINARY])
def test_both_forms_hold_the_same_counts(content: bytes) -> None:
    values = pgm.pixels(content)
    assert values.dtype == np.uint16
    assert values.tolist() == COUNTS.tolist()


def test_a_byte_map_stays_one_of_bytes() -> None:
    assert pgm.pixels(b"P5 2 1 255\n\x01\xff").tolist() == [[1, 255]]
    assert pgm.pixels(b"P2 2 1 255 1 255").dtype == np.uint8


def test_a_frame_of_counts_needs_its_unit_and_gets_its_temperatures(tmp_path: Path) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes((b"P5 2 1 65535\n") + np.array([30315, 29815], ">u2").tobytes())
    frame = load_frame(path, camera=THERMAL)
    assert frame.temperature_c is not None
    assert frame.temperature_c.ravel().tolist() == pytest.approx([30.0, 25.0], abs=1e-3)
    with pytest.raises(UnreadableFrameError, match=r"state it in camera\.toml") as caught:
        load_frame(path)
    assert caught.value.reason == "bands_unknown"


def test_a_grey_byte_map_without_a_camera_is_a_photo_without_colour(tmp_path: Path) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5 2 2 255\n\x01\xff\x02\x03")
    frame = load_frame(path)
    assert frame.rgb is not None
    assert frame.rgb.shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"P5 3", "width, height and greatest value"),
        (b"P5 3 2 0\nabcdef", "greatest value of 1 to 65535"),
        (b"P5 3 2 99999\nabcdef", "greatest value of 1 to 65535"),
        (b"P5 3 2 255\nabc", "ends inside its pixels"),
        (b"P2 3 2 255 1 2", "ends inside its pixels"),
        (b"P2 2 1 255 1       ", "2 whole numbers"),
        (b"P2 2 1 255 1 -2", "2 whole numbers"),
        (b"P2 2 1 255 1 256", "at most 255"),
        (b"P5 0 2 255\n", "at least 1 x 1"),
        (b"P5 99999 99999 255\n", "at most 50 million pixels"),
        (b"P2 2000 2000 255\n", "at most 2000000 pixels as text"),
    ],
)
def test_a_damaged_map_is_told_and_refused(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(content)
    with pytest.raises(UnreadableFrameError, match=told) as caught:
        load_frame(path, camera=CameraConfig(bands=("temperature",), temperature_unit="deg_c"))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("filling", [b" " * 3000, b" #\n" * 1000, b"\n# c" * 900])
def test_a_header_of_nothing_but_space_is_refused_at_once(filling: bytes) -> None:
    started_s = time.process_time()
    with pytest.raises(ValueError, match="expected a PGM"):
        pgm.pixels_start(b"P5" + filling + b"x")
    assert time.process_time() - started_s < 1
