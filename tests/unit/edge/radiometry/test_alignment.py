"""Bands laid on each other: known shifts and warps of a synthetic field, and bands that share nothing."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.radiometry import alignment

Image = NDArray[np.float32]
SHAPE = (240, 320)


def field(seed: int = 1) -> Image:
    """Synthetic: round crowns of several sizes on soil."""
    rng = np.random.default_rng(seed)
    scene = np.full(SHAPE, 0.2, np.float32)
    for _ in range(40):
        centre = (int(rng.integers(0, SHAPE[1])), int(rng.integers(0, SHAPE[0])))
        cv2.circle(scene, centre, int(rng.integers(5, 18)), float(rng.uniform(0.4, 0.6)), -1)
    return scene + rng.normal(0, 0.005, SHAPE).astype(np.float32)


def seen_from(scene: Image, x: float, y: float, turn: float = 0.0) -> Image:
    matrix = np.array([[1, -turn, x], [turn, 1, y]], np.float32)
    moved = cv2.warpAffine(scene, matrix, (SHAPE[1], SHAPE[0]), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, dtype=np.float32)


def test_a_shifted_turned_and_inverted_band_is_laid_back() -> None:
    scene = field()
    other = 1 - seen_from(scene, 13, -7, 0.01)
    found = alignment.align(scene, other)
    assert found.good
    assert found.residual_px is not None
    assert found.residual_px < 0.5
    laid = alignment.laid_on(other, found)
    inside = np.isfinite(laid)
    assert 0.85 < inside.mean() < 1
    assert np.abs((1 - laid) - scene)[inside].mean() < 0.02


@settings(max_examples=8, deadline=None)
@given(x=st.floats(-20, 20), y=st.floats(-20, 20))
def test_any_small_shift_is_found(x: float, y: float) -> None:
    scene = field()
    found = alignment.align(scene, seen_from(scene, x, y))
    assert found.homography[:2, 2] == pytest.approx([x, y], abs=0.6)


def test_bands_that_share_nothing_do_not_lie_well() -> None:
    assert not alignment.align(field(1), field(2)).good


def test_a_band_too_small_or_of_another_size_is_not_laid() -> None:
    tiny = np.zeros((20, 20), np.float32)
    for other in (tiny, field()):
        found = alignment.align(tiny, other)
        assert not found.good
        assert (found.correlation, found.residual_px) == (0.0, None)


def test_an_empty_band_leaves_the_shift_alone() -> None:
    found = alignment.align(field(), np.zeros(SHAPE, np.float32))
    assert not found.good


def test_even_bands_tell_no_shift() -> None:
    even = np.zeros((64, 64), np.float32)
    assert alignment.residual_px(even, even) is None


def test_missing_pixels_have_no_edge() -> None:
    scene = field()
    scene[:40] = np.nan
    strength = alignment.edges(scene)
    assert np.isfinite(strength).all()
    assert strength[:30].max() == 0


def test_a_band_unlike_the_reference_goes_by_way_of_one_it_resembles() -> None:
    """Each pair of neighbours shares half of its crowns; the first and the last share a few only."""
    first, second = field(1), field(2)
    between = np.maximum(first, second)
    bands = {"a": first, "b": seen_from(between, 5, 3), "c": seen_from(second, 9, -4)}
    found = alignment.align_all(bands, "a")
    assert set(found) == {"b", "c"}
    weak = alignment.Alignment(homography=np.eye(3, dtype=np.float32), correlation=0.9, residual_px=0.2)
    step = np.array([[1, 0, 4], [0, 1, -2], [0, 0, 1]], np.float32)
    strong = alignment.Alignment(homography=step, correlation=0.8, residual_px=0.4)
    chained = alignment._chained(weak, strong)
    assert (chained.correlation, chained.residual_px) == (0.8, 0.4)
    assert chained.homography[:2, 2] == pytest.approx([4, -2])
    unknown = alignment.Alignment(homography=step, correlation=0.8, residual_px=None)
    assert alignment._chained(weak, unknown).residual_px is None


def test_a_band_without_a_pixel_does_not_lie_well() -> None:
    found = alignment.align(field(), np.full_like(field(), np.nan))
    assert not found.good
    assert np.isfinite(found.homography).all()
