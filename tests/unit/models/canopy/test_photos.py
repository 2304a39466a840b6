"""Photos, their masks, and the blocks that keep neighbours on one side of a split."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import UnreadableFrameError
from models.canopy.augment import lit, packed, placed, sample, shaded
from models.canopy.photos import Photo, read_photos


def photo(number: int = 1) -> Photo:
    mask = np.zeros((60, 80), dtype=bool)
    mask[10:50, 20:60] = True
    image = np.where(mask[..., None], (60, 150, 50), (140, 100, 70)).astype(np.uint8)
    return Photo(number=number, image=image, mask=mask)


@pytest.mark.parametrize(("number", "block"), [(1, 0), (80, 0), (81, 1), (320, 3)])
def test_blocks_are_eighty_numbers_long(number: int, block: int) -> None:
    assert photo(number).block == block


def test_photos_are_read_in_red_green_blue_with_any_plant_as_vegetation(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    blue = np.zeros((4, 6, 3), dtype=np.uint8)
    blue[..., 0] = 255
    cv2.imwrite(str(tmp_path / "images" / "0007.jpg"), blue)
    cv2.imwrite(str(tmp_path / "masks" / "0007.png"), np.array([[0, 1, 2, 0, 0, 0]] * 4, dtype=np.uint8))
    (read,) = read_photos(tmp_path)
    assert read.number == 7
    assert read.image[0, 0, 2] > 200 > read.image[0, 0, 0]
    assert read.mask[0].tolist() == [False, True, True, False, False, False]


def test_a_photo_without_its_mask_is_told(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "0001.jpg"), np.zeros((4, 4, 3), dtype=np.uint8))
    with pytest.raises(UnreadableFrameError, match=r"0001\.jpg"):
        read_photos(tmp_path)


def test_a_window_moves_image_and_mask_together() -> None:
    image, mask = placed(photo(), 48, np.random.default_rng(5))
    green = image[..., 1] > image[..., 0]
    assert image.shape == (48, 48, 3)
    assert (green == (mask > 0.5)).mean() > 0.97


def test_changes_of_light_keep_the_range() -> None:
    random = np.random.default_rng(6)
    image = placed(photo(), 48, random)[0]
    for changed in (lit(image, random), shaded(image, random), packed(image, 50)):
        assert changed.dtype == np.float32
        assert changed.shape == image.shape
        assert np.isfinite(changed).all()
    assert (shaded(image, random) <= image + 1e-6).all(), "a shadow never brightens"


def test_samples_are_whole_and_repeatable() -> None:
    drawn = [sample([photo(1), photo(2)], 32, np.random.default_rng(seed)) for seed in (7, 7, *range(40))]
    assert (drawn[0][0] == drawn[1][0]).all()
    for image, mask in drawn:
        assert image.shape == (32, 32, 3)
        assert mask.shape == (32, 32)
        assert 0 <= image.min() <= image.max() <= 1
        assert 0 <= mask.min() <= mask.max() <= 1
