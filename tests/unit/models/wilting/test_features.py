"""The 82 plain figures, those that can be told by hand."""

import cv2
import numpy as np
import pytest

from models.wilting.features import (
    COUNT,
    colour_figures,
    direction_figures,
    edge_figures,
    local_figures,
    pattern_figures,
    photo_figures,
    share_figures,
)


def flat(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((48, 64, 3), colour, dtype=np.uint8)


def test_there_are_eighty_two_finite_figures() -> None:
    image = np.random.default_rng(1).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    figures = photo_figures(image)
    assert figures.shape == (COUNT,)
    assert np.isfinite(figures).all()


def test_a_black_photo_gives_numbers_too() -> None:
    assert np.isfinite(photo_figures(flat((0, 0, 0)))).all()


def test_flat_colour_has_a_mean_and_no_deviation() -> None:
    figures = colour_figures(flat((60, 150, 50))).reshape(7, 5)
    assert figures[:, 1] == pytest.approx(np.zeros(7), abs=1e-4)
    assert figures[2, 0] == pytest.approx(150), "value is the largest channel"
    assert figures[6, 0] == pytest.approx((2 * 150 - 60 - 50) / 260, rel=0.01)


def test_shares_of_half_green_half_dark() -> None:
    image = flat((60, 150, 50))
    image[:, :32] = (10, 10, 10)
    green, yellow, brown, dark, bright, white, vivid, pale = share_figures(image)
    assert (green, dark, vivid, pale) == (0.5, 0.5, 0.5, 0.5)
    assert (yellow, brown, bright, white) == (0, 0, 0, 0)


def test_flat_light_has_no_edges() -> None:
    grey = np.full((48, 64), 0.5, dtype=np.float32)
    figures = edge_figures(grey)
    assert figures.shape == (15,)
    assert figures[:8] == pytest.approx(np.zeros(8))
    assert local_figures(grey) == pytest.approx(np.zeros(6), abs=1e-3)


def test_stripes_point_one_way() -> None:
    grey = np.tile(np.sin(np.arange(64) / 3), (48, 1)).astype(np.float32)
    share = direction_figures(grey)
    assert share.sum() == pytest.approx(1.0)
    assert share[0] > 0.9, "the light changes across, not down"


def test_patterns_of_a_flat_field_are_all_alike() -> None:
    share = pattern_figures(np.zeros((20, 20), dtype=np.float32))
    assert share[0] == 1.0
    assert share.sum() == pytest.approx(1.0)


def test_patterns_do_not_turn_with_the_photo() -> None:
    noise = np.random.default_rng(2).random((40, 40)).astype(np.float32)
    grey = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.5), dtype=np.float32)
    assert pattern_figures(grey) == pytest.approx(pattern_figures(np.ascontiguousarray(np.rot90(grey))), abs=0.02)
