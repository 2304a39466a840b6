"""Pictures of packages: what is read of them, what is left out, and what is said when one is absent."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import ConfigurationError
from models.registry import listing_sha256
from models.scene.sources import (
    JUDGING,
    LEAST_PX,
    MOST_PX,
    TRAINING,
    Source,
    contents_of,
    debian,
    decoded,
    packages_folder,
    read_source,
)


def encoded(shape: tuple[int, ...], suffix: str = ".png", dtype: type = np.uint8) -> bytes:
    random = np.random.default_rng(3)
    picture: NDArray[Any] = random.integers(0, np.iinfo(dtype).max, shape).astype(dtype)
    return cv2.imencode(suffix, picture)[1].tobytes()


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("SEGUIA_PACKAGES", str(tmp_path))
    folder = tmp_path / "somewhere" / "pictures"
    folder.mkdir(parents=True)
    for name in ("one", "two", "meadow"):
        (folder / f"{name}.png").write_bytes(encoded((150, 200, 3)))
    (folder / "tiny.png").write_bytes(encoded((LEAST_PX - 1, 200, 3)))
    dataset = debian("somewhere", "1:2-3", "CC0-1.0", ("pictures/*.png",), "")
    listed = replace(dataset, sha256_of_listing=listing_sha256(dataset, tmp_path))
    return Source(dataset=listed, trains=True, without=("meadow",))


def test_pictures_are_read_by_name_without_the_ones_left_out(source: Source, tmp_path: Path) -> None:
    pictures = list(read_source(source, tmp_path / "elsewhere"))
    assert [picture.name for picture in pictures] == ["pictures/one.png#0", "pictures/two.png#0"]
    assert {picture.source for picture in pictures} == {"somewhere"}
    assert pictures[0].image.shape == (150, 200, 3)


def test_an_absent_package_is_told_with_the_way_to_get_it(source: Source, tmp_path: Path) -> None:
    absent = replace(source, dataset=replace(source.dataset, folder="nowhere"))
    with pytest.raises(ConfigurationError, match=r"apt-get download somewhere=1:2-3; dpkg-deb -x"):
        list(read_source(absent, tmp_path))


def test_another_version_of_a_package_is_refused(source: Source, tmp_path: Path) -> None:
    (tmp_path / "somewhere" / "pictures" / "three.png").write_bytes(encoded((150, 200, 3)))
    with pytest.raises(ConfigurationError, match="expected files with listing"):
        list(read_source(source, tmp_path))


def test_without_the_variable_packages_stand_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGUIA_PACKAGES", raising=False)
    assert packages_folder(Path("data")) == Path("data/packages")


def test_a_bundle_of_resources_gives_each_picture_inside(tmp_path: Path) -> None:
    pictures = [encoded((300, 300, 3), ".webp"), encoded((310, 300, 3), ".webp")]
    small = encoded((8, 8, 3), ".webp")
    bundle = tmp_path / "bundle.rcc"
    bundle.write_bytes(b"qres" + small + pictures[0] + b"padding" + pictures[1])
    assert list(contents_of(bundle)) == pictures


def test_grey_deep_clear_and_large_pictures_become_rgb_of_bounded_size() -> None:
    grey = decoded(encoded((120, 130)))
    deep = decoded(encoded((120, 130, 3), dtype=np.uint16))
    large = decoded(encoded((400, 1280, 3)))
    assert grey is not None
    assert grey.shape == (120, 130, 3)
    assert deep is not None
    assert deep.dtype == np.uint8
    assert large is not None
    assert large.shape == (200, MOST_PX, 3)
    clear = np.zeros((120, 130, 4), dtype=np.uint8)
    clear[:60] = (10, 20, 30, 255)
    shown = decoded(cv2.imencode(".png", clear)[1].tobytes())
    assert shown is not None
    assert shown[0, 0].tolist() == [30, 20, 10]
    assert shown[-1, -1].tolist() == [160, 160, 160]


def test_what_is_no_picture_is_passed_over() -> None:
    assert decoded(b"no picture" * 2000) is None


def test_no_judging_package_trains() -> None:
    training, judging = ({source.dataset.name for source in group} for group in (TRAINING, JUDGING))
    assert not training & judging
    assert all(source.trains for source in TRAINING)
    assert not any(source.trains for source in JUDGING)
    for source in (*TRAINING, *JUDGING):
        assert len(source.dataset.sha256_of_listing) == 64
        assert source.dataset.licence
