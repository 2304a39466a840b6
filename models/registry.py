"""The data sets models are trained on: where they come from, what they allow, and the hash that names one exactly."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from edge.errors import ConfigurationError

CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One data set: its folder below the data folder, the files that count, and the hash of their listing."""

    name: str
    folder: str
    patterns: tuple[str, ...]
    origin: str
    licence: str
    citation: str
    sha256_of_listing: str


DATASETS: Final[Mapping[str, Dataset]] = MappingProxyType(
    {
        "peanut_seg": Dataset(
            name="peanut_seg",
            folder="imagery/peanut_seg",
            patterns=("images/*.jpg", "masks/*.png"),
            origin="github.com/ptdkhoa/Peanut-dataset @ ec8e68d19b15487c56a6cff6f309f822861b05f9",
            licence="CC-BY-SA-4.0",
            citation="T. H. Y. Tran, T. D. K. Phan, IEEE Access 11 (2023) 82640-82651",
            sha256_of_listing="a134874ffff0cd61fc1e011968c3ee296de624781139f8326a0793f47dfa71ab",
        ),
        "soybean_wilting": Dataset(
            name="soybean_wilting",
            folder="imagery/soybean_wilting",
            patterns=("img/*.jpg", "labels.csv"),
            origin="github.com/trsarje/Soyabean_Wilting_Detection @ 1ffca9f583f525e73b6bc03b911d8cabc2d51c25",
            licence="none stated",
            citation="github.com/trsarje/Soyabean_Wilting_Detection",
            sha256_of_listing="ba9bc9a4eca4aa65a74c2a8a0529315898bf8db4345e39bf1b98cde2cf189b63",
        ),
    }
)


def default_data_folder() -> Path:
    """The folder named by SEGUIA_DATA, else ``../shared/data`` beside the checkout; installed, of where one stands."""
    if named := os.environ.get("SEGUIA_DATA"):
        return Path(named)
    checkout = Path(__file__).resolve().parent.parent
    stands = checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()
    return stands.parent / "shared" / "data"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def files_of(dataset: Dataset, data: Path) -> tuple[Path, ...]:
    """The files that count, in the order of their names."""
    folder = data / dataset.folder
    return tuple(sorted(path for pattern in dataset.patterns for path in folder.glob(pattern)))


def listing_sha256(dataset: Dataset, data: Path) -> str:
    """SHA-256 over one line ``<sha256>  <relative path>`` for each file, in the order of their paths."""
    folder = data / dataset.folder
    lines = [f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files_of(dataset, data)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def checked_folder(dataset: Dataset, data: Path) -> Path:
    """The data set's folder, its content verified; anything else than the recorded files is refused."""
    folder = data / dataset.folder
    if not folder.is_dir():
        raise ConfigurationError(
            f"data set {dataset.name}: expected the folder {folder}, got nothing;"
            f" fetch {dataset.origin} or name another data folder with --data or SEGUIA_DATA"
        )
    found = listing_sha256(dataset, data)
    if found != dataset.sha256_of_listing:
        raise ConfigurationError(
            f"data set {dataset.name}: expected files with listing {dataset.sha256_of_listing[:12]},"
            f" got {found[:12]}; restore {folder} from {dataset.origin}"
        )
    return folder
