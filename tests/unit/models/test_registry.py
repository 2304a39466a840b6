"""A data set is named by the hash of what is in it."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import ConfigurationError
from models.registry import (
    DATASETS,
    Dataset,
    checked_folder,
    default_data_folder,
    file_sha256,
    files_of,
    listing_sha256,
)

SMALL = Dataset(
    name="small",
    folder="sets/small",
    patterns=("img/*.jpg", "labels.csv"),
    origin="nowhere",
    licence="none stated",
    citation="none",
    sha256_of_listing="",
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "sets" / "small"
    (folder / "img").mkdir(parents=True)
    (folder / "img" / "b.jpg").write_bytes(b"two")
    (folder / "img" / "a.jpg").write_bytes(b"one")
    (folder / "labels.csv").write_bytes(b"file\n")
    (folder / "notes.txt").write_bytes(b"not part of the set")
    return tmp_path


def test_listing_is_one_line_for_each_file_in_order(data: Path) -> None:
    lines = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in (("img/a.jpg", b"one"), ("img/b.jpg", b"two"), ("labels.csv", b"file\n"))
    )
    assert listing_sha256(SMALL, data) == hashlib.sha256(lines.encode()).hexdigest()


def test_files_that_do_not_count_are_left_out(data: Path) -> None:
    assert [path.name for path in files_of(SMALL, data)] == ["a.jpg", "b.jpg", "labels.csv"]


def test_checked_folder_accepts_the_recorded_files(data: Path) -> None:
    known = replace(SMALL, sha256_of_listing=listing_sha256(SMALL, data))
    assert checked_folder(known, data) == data / "sets" / "small"


def test_one_changed_byte_is_refused(data: Path) -> None:
    known = replace(SMALL, sha256_of_listing=listing_sha256(SMALL, data))
    (data / "sets" / "small" / "img" / "a.jpg").write_bytes(b"onE")
    with pytest.raises(ConfigurationError, match=r"data set small: expected files with listing .* got .* restore"):
        checked_folder(known, data)


def test_absent_set_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--data or SEGUIA_DATA"):
        checked_folder(SMALL, tmp_path)


def test_large_files_are_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * (2 * 1024 * 1024 + 3))
    assert file_sha256(path) == hashlib.sha256(b"x" * (2 * 1024 * 1024 + 3)).hexdigest()


def test_data_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, repository: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("SEGUIA_DATA", "/somewhere")
    assert default_data_folder() == Path("/somewhere")
    monkeypatch.delenv("SEGUIA_DATA")
    assert default_data_folder() == repository.parent / "shared" / "data"
    monkeypatch.setattr("models.registry.__file__", str(tmp_path / "site-packages" / "models" / "registry.py"))
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    assert default_data_folder() == tmp_path / "shared" / "data"


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_every_set_says_where_it_comes_from(name: str) -> None:
    dataset = DATASETS[name]
    assert dataset.name == name
    assert len(dataset.sha256_of_listing) == 64
    assert dataset.origin
    assert dataset.licence
    assert dataset.citation


@pytest.mark.shared_data
def test_the_recorded_hash_is_that_of_the_real_files(shared_data: Path) -> None:
    assert checked_folder(DATASETS["peanut_seg"], shared_data).is_dir()
    assert checked_folder(DATASETS["soybean_wilting"], shared_data).is_dir()
