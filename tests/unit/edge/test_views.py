import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.views import (
    FROZEN_DIFFERENCE,
    SAME_VIEW,
    SIGNATURE_BYTES,
    THUMBNAIL_BYTES,
    at_most,
    likeness,
    thumbnail,
    thumbnail_difference,
    view_signature,
)

Picture = NDArray[np.uint8]


def scene(seed: int, shape: tuple[int, int] = (288, 384)) -> Picture:
    """A synthetic field of blobs of several sizes; not a photo."""
    random = np.random.default_rng(seed)
    light = np.zeros(shape, dtype=np.float32)
    for cells in (6, 14, 40):
        coarse = random.normal(size=(cells, cells * 4 // 3)).astype(np.float32)
        light += cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    level = np.clip(120 + 35 * light, 0, 255)
    return np.stack([level * 0.8, level, level * 0.5], axis=-1).astype(np.uint8)


def relit(picture: Picture, gamma: float, gain: tuple[float, float, float]) -> Picture:
    """The same view in another light: brighter to one side, another gamma, another white balance."""
    ramp = np.linspace(0.7, 1.1, picture.shape[1], dtype=np.float32)[None, :, None]
    level = np.clip(255 * (picture / 255) ** gamma * ramp * np.array(gain), 0, 255)
    return np.asarray(level, dtype=np.uint8)


def test_a_signature_has_its_size_and_is_most_like_itself() -> None:
    signature = view_signature(scene(1))
    assert len(signature) == SIGNATURE_BYTES
    assert likeness(signature, [signature]) == pytest.approx(0.5 * (1 / 0.124 + 1 / 0.285), rel=1e-3)


@pytest.mark.parametrize(("gamma", "gain"), [(0.7, (1.2, 1.0, 0.8)), (1.4, (0.8, 1.0, 1.2)), (1.0, (0.6, 0.6, 0.6))])
def test_light_does_not_move_a_view(gamma: float, gain: tuple[float, float, float]) -> None:
    assert likeness(view_signature(relit(scene(2), gamma, gain)), [view_signature(scene(2))]) > 2 * SAME_VIEW


def test_another_scene_a_shift_and_a_turn_are_other_views() -> None:
    here = scene(3)
    signature = [view_signature(here)]
    height, width = here.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 15.0, 1.0)
    others = (
        scene(4),
        np.roll(here, round(0.15 * width), axis=1),
        np.roll(here, round(0.15 * height), axis=0),
        np.asarray(cv2.warpAffine(here, turn, (width, height), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8),
    )
    assert [likeness(view_signature(other), signature) < SAME_VIEW for other in others] == [True] * 4


def test_likeness_is_that_to_the_nearest_and_none_without_others() -> None:
    near, far = view_signature(scene(5)), view_signature(scene(6))
    assert likeness(near, [far, near]) == likeness(near, [near])
    assert likeness(near, []) == 0.0


def test_an_even_picture_has_a_signature_that_is_like_nothing() -> None:
    even = view_signature(np.full((40, 60, 3), 90, np.uint8))
    assert len(even) == SIGNATURE_BYTES
    assert likeness(even, [view_signature(scene(7))]) < SAME_VIEW


def test_a_frame_stored_again_differs_less_than_the_wind_makes_it() -> None:
    here = scene(8)
    stored = cv2.imdecode(cv2.imencode(".jpg", here, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
    again = thumbnail(np.asarray(stored, dtype=np.uint8))
    assert len(again) == THUMBNAIL_BYTES
    assert 0 < thumbnail_difference(thumbnail(here), again) < FROZEN_DIFFERENCE
    assert thumbnail_difference(thumbnail(here), thumbnail(np.roll(here, 6, axis=1))) > FROZEN_DIFFERENCE


def test_a_thumbnail_difference_by_hand() -> None:
    dark = thumbnail(np.full((72, 96, 3), 10, np.uint8))
    bright = thumbnail(np.full((72, 96, 3), 250, np.uint8))
    assert thumbnail_difference(dark, bright) == 240


def test_another_caption_does_not_thaw_a_frozen_picture() -> None:
    here = scene(9)
    captioned = here.copy()
    captioned[:12, :120] = 255
    assert thumbnail_difference(thumbnail(here), thumbnail(captioned)) < FROZEN_DIFFERENCE


def test_a_large_photo_has_the_view_of_a_small_one() -> None:
    small = scene(10)
    large = np.asarray(cv2.resize(small, (1536, 1152), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    assert at_most(large, 384).shape == small.shape
    assert at_most(small, 384) is small
    assert at_most(large[..., 0], 100).shape == (72, 96)
    assert at_most(large[:7, :], 100).shape == (1, 96, 3)
    assert likeness(view_signature(at_most(large, 384)), [view_signature(small)]) > 5
