"""Changes of a picture: pure, of the same shape, and each doing what its name says."""

import cv2
import numpy as np
import pytest

from models.evaluation.perturbations import (
    Image,
    bent,
    blurred,
    compressed,
    exposed,
    hazed,
    misregistered,
    perturbations,
    shaded,
    tilted,
    tinted,
    without_band,
)


@pytest.fixture
def picture() -> Image:
    random = np.random.default_rng(11)
    small = random.integers(20, 236, size=(12, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (160, 120), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def test_every_change_is_pure_keeps_the_shape_and_changes_something(picture: Image) -> None:
    before = picture.copy()
    names = set()
    for change in perturbations():
        found = change.change(picture)
        assert found.shape == picture.shape, change.name
        assert found.dtype == np.uint8
        assert (found != picture).mean() > 0.2, change.name
        assert (change.change(picture) == found).all(), "the same twice"
        names.add(change.name)
    assert (picture == before).all()
    assert len(names) == len(perturbations()) == 15
    assert [change.name for change in perturbations() if change.moves] == ["perspective 10 %"]


def test_white_balance_touches_one_channel_and_clips() -> None:
    grey = np.full((2, 2, 3), 100, dtype=np.uint8)
    assert tinted(grey, 0, 1.2)[0, 0].tolist() == [120, 100, 100]
    assert tinted(np.full((1, 1, 3), 250, dtype=np.uint8), 2, 1.2)[0, 0].tolist() == [250, 250, 255]


def test_gamma_and_exposure_by_hand() -> None:
    grey = np.full((1, 1, 3), 64, dtype=np.uint8)
    assert bent(grey, 0.5)[0, 0, 0] == round(255 * (64 / 255) ** 0.5)
    assert exposed(grey, -1.0)[0, 0, 0] == 32
    assert exposed(grey, 3.0)[0, 0, 0] == 255


def test_blur_lowers_contrast_and_keeps_the_mean(picture: Image) -> None:
    found = blurred(picture, 0.05)
    assert found.std() < 0.8 * picture.std()
    assert float(found.mean()) == pytest.approx(float(picture.mean()), abs=3)


def test_haze_is_thicker_at_the_top() -> None:
    black = np.zeros((10, 4, 3), dtype=np.uint8)
    found = hazed(black, 0.3)
    assert found[0].mean() > found[-1].mean() > 0


def test_a_shadow_darkens_one_side_only() -> None:
    light = np.full((20, 20, 3), 200, dtype=np.uint8)
    found = shaded(light, 0.5)
    assert found[10, 0, 0] == 100
    assert found[10, 19, 0] == 200


def test_jpeg_changes_little_on_average(picture: Image) -> None:
    assert np.abs(compressed(picture, 40).astype(int) - picture.astype(int)).mean() < 8


def test_perspective_moves_a_mask_as_it_moves_the_picture(picture: Image) -> None:
    mask = (picture[..., 1] > 128).astype(np.uint8) * 255
    moved = tilted(mask, 0.1)
    assert moved.shape == mask.shape
    assert (moved != mask).any()
    flat = np.full((30, 40, 3), 90, dtype=np.uint8)
    assert (tilted(flat, 0.1) == 90).all(), "nothing is left empty"


def test_one_band_shifts_and_the_others_stay() -> None:
    bands = np.arange(32, dtype=np.float32).reshape(4, 4, 2)
    found = misregistered(bands, 1, 2)
    assert (found[..., 0] == bands[..., 0]).all()
    assert found[2, 2, 1] == bands[0, 0, 1]
    assert found[3, 3, 1] == bands[1, 1, 1]
    assert found[0, 0, 1] == bands[0, 0, 1], "the edge is repeated"


def test_a_missing_band_is_not_a_number_and_never_zero() -> None:
    found = without_band(np.ones((2, 2, 3), dtype=np.float32), 1)
    assert np.isnan(found[..., 1]).all()
    assert (found[..., [0, 2]] == 1).all()
