from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.contract import Detection
from edge.evidence import IMAGE_MAX_BYTES, MASK_MAX_BYTES, Sighting, evidence_of, grey_picture, shrink
from edge.wire import decode_evidence, encode_evidence

SIZE = (600, 800)


def noise(seed: int = 0, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def decoded(content: bytes, flag: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), flag), dtype=np.uint8)


def detection() -> Detection:
    return Detection(
        sha256="a" * 64, model=None, opinion=True, camera_id="cam", taken_at=datetime(2026, 7, 1, 12, tzinfo=UTC)
    )


def test_the_hardest_photo_still_fits_a_slow_line() -> None:
    mask = np.random.default_rng(1).integers(0, 2, SIZE, dtype=np.uint8) * 255
    small = shrink(noise(), mask)
    assert small is not None
    assert len(small.jpeg) <= IMAGE_MAX_BYTES
    assert small.mask_png is not None
    assert len(small.mask_png) <= MASK_MAX_BYTES


def test_a_smooth_photo_keeps_its_full_width_and_colours() -> None:
    photo = np.zeros((*SIZE, 3), dtype=np.uint8)
    photo[..., 0] = 200
    small = shrink(photo, None)
    assert small is not None
    assert (small.width_px, small.height_px) == (320, 240)
    assert small.mask_png is None
    blue, green, red = decoded(small.jpeg, cv2.IMREAD_COLOR).mean(axis=(0, 1))
    assert red == pytest.approx(200, abs=6)
    assert max(blue, green) < 10


def test_the_mask_has_the_crops_size_and_one_bit() -> None:
    mask = np.zeros(SIZE, dtype=np.uint8)
    mask[100:500, 200:600] = 255
    small = shrink(np.full((*SIZE, 3), 90, dtype=np.uint8), mask)
    assert small is not None
    assert small.mask_png is not None
    assert small.mask_png[24] == 1  # bit depth in the PNG header
    shown = decoded(small.mask_png, cv2.IMREAD_GRAYSCALE)
    assert shown.shape == (small.height_px, small.width_px)
    assert decoded(small.jpeg, cv2.IMREAD_COLOR).shape[:2] == shown.shape
    # The window is the canopy and 5 % of the frame around it: 400 of 460 rows, 400 of 480 columns.
    assert (shown > 0).mean() == pytest.approx(400 * 400 / (460 * 480), abs=0.02)


def test_a_mask_of_another_size_is_brought_to_the_photos() -> None:
    mask = np.zeros((60, 80), dtype=np.uint8)
    mask[:, 40:] = 255
    small = shrink(np.full((*SIZE, 3), 90, dtype=np.uint8), mask)
    assert small is not None
    assert (small.width_px, small.height_px) == (320, round(600 * 320 / 440))


def test_without_canopy_the_whole_view_is_shown() -> None:
    small = shrink(np.full((*SIZE, 3), 90, dtype=np.uint8), np.zeros(SIZE, dtype=np.uint8))
    assert small is not None
    assert (small.width_px, small.height_px) == (320, 240)


def test_a_tiny_photo_is_not_blown_up() -> None:
    small = shrink(noise(size=(9, 12)), None)
    assert small is not None
    assert (small.width_px, small.height_px) == (12, 9)


def test_an_absurdly_tall_photo_gives_none_rather_than_too_much() -> None:
    assert shrink(noise(size=(60_000, 8)), None) is None


def test_evidence_names_its_detection_and_survives_the_wire() -> None:
    grid = np.linspace(0.0, 1.0, 12, dtype=np.float32).reshape(3, 4)
    grid[0, 1] = np.nan
    sighting = Sighting(
        detection=detection(),
        picture=noise(),
        mask=np.full(SIZE, 255, dtype=np.uint8),
        stress_grid=grid,
        dry_rows=(7, 8),
    )
    evidence = evidence_of(sighting, "P1", "b1", 7)
    assert evidence is not None
    assert (evidence.detection_boot, evidence.detection_sequence) == ("b1", 7)
    assert evidence.stress_grid_shape == (3, 4)
    assert evidence.stress_grid is not None
    assert (evidence.stress_grid[0], evidence.stress_grid[1], evidence.stress_grid[-1]) == (1, 0, 255)
    assert evidence.dry_rows == (7, 8)
    payload = encode_evidence(evidence, "b1", 8)
    # A small embedded broker takes packets of up to 20 kB.
    assert len(payload) < 18_000
    assert decode_evidence("gw", payload)[1] == evidence


def test_a_large_stress_grid_is_made_coarser() -> None:
    sighting = Sighting(detection=detection(), picture=noise(), stress_grid=np.ones((100, 100), dtype=np.float32))
    evidence = evidence_of(sighting, "P1", "b1", 1)
    assert evidence is not None
    assert evidence.stress_grid_shape == (24, 32)
    assert evidence.stress_grid == b"\xff" * (24 * 32)


def test_what_is_unknown_stays_unknown_and_does_not_dilute_what_is_known() -> None:
    grid = np.full((48, 64), np.nan, dtype=np.float32)
    grid[:24] = 1.0
    grid[0, :32] = np.nan
    evidence = evidence_of(Sighting(detection=detection(), picture=noise(), stress_grid=grid), "P1", "b1", 1)
    assert evidence is not None
    assert evidence.stress_grid == b"\xff" * (12 * 32) + b"\x00" * (12 * 32)


def test_nothing_to_show_gives_no_evidence() -> None:
    assert evidence_of(Sighting(detection=detection()), "P1", "b1", 1) is None
    assert evidence_of(Sighting(detection=detection(), picture=noise(size=(60_000, 8))), "P1", "b1", 1) is None


def test_a_field_of_numbers_becomes_a_grey_picture() -> None:
    values = np.linspace(20.0, 40.0, 100, dtype=np.float32).reshape(10, 10)
    values[5, 5] = np.nan
    picture = grey_picture(values)
    assert picture.shape == (10, 10, 3)
    assert picture[0, 0, 0] == 0
    assert picture[9, 9, 2] == 255
    assert picture[5, 5, 1] == 0


def test_a_field_without_any_number_is_black() -> None:
    assert not grey_picture(np.full((2, 2), np.nan, dtype=np.float32)).any()
