"""What is known of the mask in closed canopies."""

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")

from models.canopy.closed import (  # noqa: E402 -- after the skip
    closed_sections,
    composed_row,
    own_size_mask,
    soybean_paths,
    soybean_row,
)
from models.canopy.network import CanopyNet  # noqa: E402 -- after the skip
from models.canopy.photos import Photo, read_rgb  # noqa: E402 -- after the skip


def photo(number: int) -> Photo:
    mask = np.zeros((96, 128), dtype=bool)
    mask[20:80, 30:100] = True
    image = np.where(mask[..., None], (60, 150, 50), (140, 100, 70)).astype(np.uint8)
    return Photo(number=number, image=image, mask=mask)


def test_composed_canopies_are_mostly_plants_and_the_same_each_time() -> None:
    network = CanopyNet().eval()
    one, two = (composed_row(network, [photo(1), photo(2)], 5) for _ in range(2))
    assert one == two
    assert one["scenes"] == 20
    assert float(str(one["cover_true_fraction"])) > 0.5
    assert 0 <= float(str(one["iou_network"])) <= 1


def test_shares_of_photos_without_masks(tmp_path: Path) -> None:
    folder = tmp_path / "imagery" / "soybean_wilting" / "img"
    folder.mkdir(parents=True)
    for number in range(41):
        cv2.imwrite(str(folder / f"{number:03d}.jpg"), photo(number).image[..., ::-1])
    paths = soybean_paths(tmp_path)
    assert [path.name for path in paths] == ["000.jpg", "040.jpg"]
    row = soybean_row(CanopyNet().eval(), paths, own_size_mask)
    assert row["photos"] == 2
    assert row["marked_least_fraction"] == row["marked_most_fraction"]
    assert own_size_mask(CanopyNet().eval(), read_rgb(paths[0])).shape == (96, 128)
    assert soybean_paths(tmp_path / "elsewhere") == []
    sections = closed_sections([photo(1)], {0: CanopyNet().eval()}, tmp_path, own_size_mask, 1)
    assert list(sections) == ["closed_canopies_synthetic", "closed_canopies_photographed"]
