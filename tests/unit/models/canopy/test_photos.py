"""Photos, their masks, and the blocks that keep neighbours on one side of a split."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import UnreadableFrameError
from models.canopy.augment import covered, densest_first, lit, packed, placed, sample, shaded, swell
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


def bare(number: int) -> Photo:
    image = np.full((60, 80, 3), (140, 100, 70), dtype=np.uint8)
    return Photo(number=number, image=image, mask=np.zeros((60, 80), dtype=bool))


def test_canopies_are_built_of_the_densest_photos() -> None:
    assert [one.number for one in densest_first([bare(1), photo(2), bare(3)])] == [2, 1, 3]


def canopies() -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    soil, none = placed(bare(1), 64, np.random.default_rng(8))
    return [covered(soil, none, [photo()], np.random.default_rng(seed)) for seed in range(30)]


def test_a_canopy_is_closed_here_and_ends_at_bare_soil_there() -> None:
    covers = [float(mask.mean()) for _, mask in canopies()]
    assert max(covers) > 0.95
    assert min(covers) < 0.8
    assert all(0 <= mask.min() <= mask.max() <= 1 + 1e-6 for _, mask in canopies())


def test_leaves_in_the_shade_of_leaves_are_canopy_too() -> None:
    sunlit = photo().image[30, 40].max() / 255
    seen = [(image.max(axis=2), mask > 0.99) for image, mask in canopies() if mask.mean() > 0.3]
    shares = [float((brightest[leaves] < sunlit / 2).mean()) for brightest, leaves in seen]
    assert max(shares) > 0.3, "somewhere, a good part of the canopy gets less than half of the light"
    assert min(shares) < 0.1, "and somewhere nearly all of it stands in the sun"


def test_a_canopy_leaves_the_window_it_was_laid_on_as_it_was() -> None:
    soil, none = placed(bare(1), 64, np.random.default_rng(8))
    before = soil.copy()
    covered(soil, none, [photo()], np.random.default_rng(1))
    assert (soil == before).all()
    assert not none.any()


def test_samples_reach_from_bare_soil_to_a_closed_canopy() -> None:
    random = np.random.default_rng(9)
    covers = [float(sample([photo(1), bare(2)], 48, random)[1].mean()) for _ in range(80)]
    assert min(covers) == 0
    assert max(covers) > 0.9


def test_a_swell_is_smooth() -> None:
    field = swell(64, 3, np.random.default_rng(10))
    assert field.shape == (64, 64)
    assert np.abs(np.diff(field, axis=0)).max() < 0.3 * np.ptp(field)
