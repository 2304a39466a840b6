"""Figures of a photo: their number, their plain cases, and that no size and no colour of a photo breaks them."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.figures import (
    FIGURES_COUNT,
    as_bytes,
    balanced_figures,
    colour_figures,
    counts_of,
    direction_figures,
    edge_figures,
    grain_figures,
    light_figures,
    local_figures,
    pattern_figures,
    photo_figures,
    plant_figures,
    plant_mask,
    spread_of,
)


def leaves(seed: int = 1, height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    """Synthetic: speckled green left of speckled brown."""
    random = np.random.default_rng(seed)
    tone = random.uniform(40, 200, (height, width, 1))
    image = tone * np.where(np.arange(width)[None, :, None] < width // 2, (0.5, 1.0, 0.4), (0.9, 0.7, 0.5))
    return np.asarray(np.clip(image, 0, 255), dtype=np.uint8)


def test_their_number_is_stated() -> None:
    assert photo_figures(leaves()).shape == (FIGURES_COUNT,)


@settings(max_examples=12, deadline=None)
@given(level=st.integers(0, 255), height=st.integers(16, 90), width=st.integers(16, 90))
def test_a_flat_photo_of_any_size_gives_numbers(level: int, height: int, width: int) -> None:
    assert np.isfinite(photo_figures(np.full((height, width, 3), level, dtype=np.uint8))).all()


def test_spread_by_hand() -> None:
    counts = counts_of(np.array([[10, 10], [30, 30]], dtype=np.uint8))
    mean, deviation = spread_of(counts)[:2]
    assert (mean, deviation) == (20.0, 10.0)
    assert counts.sum() == 4
    masked = counts_of(np.array([[10, 10], [30, 30]], dtype=np.uint8), np.array([[1, 1], [0, 0]], dtype=np.uint8))
    assert spread_of(masked)[0] == 10.0


def test_bytes_run_from_low_to_high() -> None:
    plane = np.array([[-9.0, -1.0, 0.0, 1.0, 9.0]], dtype=np.float32)
    assert as_bytes(plane, -1.0, 1.0).ravel().tolist() == [0, 0, 128, 255, 255]


def test_shares_of_colour_know_green_from_brown() -> None:
    green = np.full((20, 20, 3), (40, 160, 40), dtype=np.uint8)
    brown = np.full((20, 20, 3), (150, 90, 40), dtype=np.uint8)
    assert colour_figures(green)[49:52].tolist() == [1.0, 0.0, 0.0]
    assert colour_figures(brown)[49:52].tolist() == [0.0, 0.0, 1.0]


def test_the_colour_of_the_light_leaves_balanced_figures_alone() -> None:
    image = leaves()
    warm = np.clip(image * np.array([1.2, 1.0, 0.8]), 0, 255).astype(np.uint8)
    assert balanced_figures(warm) == pytest.approx(balanced_figures(image), abs=4.0)
    assert abs(colour_figures(warm) - colour_figures(image)).max() > 8.0


def test_plants_are_the_greener_half() -> None:
    mask = plant_mask(leaves())
    assert (mask[:, :64] == 255).mean() > 0.95
    assert (mask[:, 64:] == 255).mean() < 0.05
    assert plant_figures(leaves())[0] == pytest.approx(0.5, abs=0.05)


def test_a_photo_without_plants_is_taken_whole() -> None:
    assert (plant_mask(np.zeros((8, 8, 3), dtype=np.uint8)) == 255).all()


def test_light_is_counted_above_each_level() -> None:
    grey = np.array([[0.5, 1.5]], dtype=np.float32)
    assert light_figures(grey)[:6].tolist() == [0.5, 1.0, 1.0, 0.5, 0.5, 0.5]


def test_a_flat_plane_has_no_edges_and_stripes_have_one_direction() -> None:
    flat = np.full((64, 64), 1.0, dtype=np.float32)
    assert edge_figures(flat)[:8] == pytest.approx(np.zeros(8))
    assert local_figures(flat) == pytest.approx(np.zeros(8), abs=1e-2)
    stripes = np.tile(np.sin(np.arange(64) / 3), (48, 1)).astype(np.float32)
    assert direction_figures(stripes)[0] > 0.9
    assert edge_figures(stripes)[15] > 1.0, "the light changes across, not down"


def test_patterns_do_not_turn_with_the_photo() -> None:
    noise = np.random.default_rng(2).integers(0, 255, (40, 40)).astype(np.uint8)
    grey = cv2.GaussianBlur(noise, (0, 0), 1.5).astype(np.uint8)
    turned = np.ascontiguousarray(np.rot90(grey))
    assert pattern_figures(grey) == pytest.approx(pattern_figures(turned), abs=0.02)
    assert pattern_figures(grey).sum() == pytest.approx(1.0)


def test_openings_take_what_is_smaller_than_they_are() -> None:
    grey = np.full((40, 40), 50, dtype=np.uint8)
    assert grain_figures(grey).tolist() == [0.0] * 8
    grey[10:12, 10:12] = 250
    taken = grain_figures(grey)
    assert taken[0] > 0
    assert taken[1:4].tolist() == pytest.approx([0.0] * 3)
