"""A photo laid on a thermal frame: synthetic scenes whose shift and scale are known."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.radiometry import registration
from edge.radiometry.temperature import drawn_canopy_temperature_c

SIZE = (120, 160)


def scene(seed: int = 3) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
    """Synthetic: round crowns of 28 deg C on soil of 42 deg C, green on brown."""
    random = np.random.default_rng(seed)
    canopy = np.zeros(SIZE, np.uint8)
    for _ in range(14):
        centre = (int(random.integers(10, 150)), int(random.integers(10, 110)))
        cv2.circle(canopy, centre, int(random.integers(6, 13)), 1, -1)
    rgb = np.where(canopy[..., None] > 0, (60, 120, 50), (150, 120, 90)).astype(np.float32)
    rgb += random.normal(0, 6, rgb.shape)
    heat = np.asarray(cv2.GaussianBlur(np.where(canopy > 0, 28.0, 42.0).astype(np.float32), (0, 0), 1.0), np.float32)
    heat = heat + random.normal(0, 0.3, heat.shape).astype(np.float32)
    return np.clip(rgb, 0, 255).astype(np.uint8), heat.astype(np.float32), canopy > 0


@pytest.mark.parametrize("shift", [(0.0, 0.0), (6.0, -4.0), (-11.0, 7.0)])
def test_a_shift_is_found_within_a_pixel(shift: tuple[float, float]) -> None:
    rgb, heat, _ = scene()
    moved = cv2.warpAffine(rgb, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), SIZE[::-1], borderValue=(150, 120, 90))
    found = registration.register(np.asarray(moved, np.uint8), heat)
    assert found.trusted
    assert found.matrix[:, 2] == pytest.approx(shift, abs=1.5)
    centre = found.matrix @ np.array([80, 60, 1])
    assert centre == pytest.approx([80 + shift[0], 60 + shift[1]], abs=1.0)


def test_a_carried_mask_gives_the_canopy_temperature() -> None:
    rgb, heat, canopy = scene()
    matrix = np.array([[1.05, 0, -1.0], [0, 1.05, 3.0]])
    moved = np.asarray(cv2.warpAffine(rgb, matrix, SIZE[::-1], borderValue=(150, 120, 90)), np.uint8)
    mask = cv2.warpAffine(canopy.astype(np.uint8), matrix, SIZE[::-1]) > 0
    found = registration.register(moved, heat)
    carried = registration.carried(mask, found, heat)
    assert carried is not None
    assert (carried & canopy).sum() / carried.sum() > 0.95
    assert drawn_canopy_temperature_c(heat, carried) == pytest.approx(28.0, abs=1.0)
    naive = drawn_canopy_temperature_c(heat, mask)
    assert naive is not None
    assert naive > 29.0


def test_a_photo_of_something_else_is_not_trusted() -> None:
    rgb, _, canopy = scene(3)
    _, other, _ = scene(77)
    found = registration.register(rgb, other)
    assert not found.trusted
    assert registration.carried(canopy, found, other) is None


def test_an_even_frame_gives_no_confidence() -> None:
    rgb, heat, _ = scene()
    assert registration.register(rgb, np.full_like(heat, 25.0)).confidence == 0
    assert registration.register(rgb, np.full_like(heat, np.nan)).confidence == 0


def test_missing_pixels_are_never_canopy() -> None:
    rgb, heat, canopy = scene()
    heat[:5] = np.nan
    found = registration.register(rgb, heat)
    carried = registration.carried(canopy, found, heat)
    assert carried is not None
    assert not carried[:5].any()
