"""Photos that show no crop: pictures carried by packages anyone can install; none of them stands in this repository.

Each package is unpacked, never installed, below the folder named by SEGUIA_PACKAGES (else ``packages`` in the data
folder). Half of the packages train, the others only judge: no picture of a judging package was ever trained on.
Left out by name, because a wrong label is worse than none: pictures mostly filled with living plants or with bare
ground, drawings for children, and shapes without colour made for tests of geometry.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.registry import Dataset, checked_folder, files_of

PACKAGES_VARIABLE: Final = "SEGUIA_PACKAGES"
MOST_PX: Final = 640
LEAST_PX: Final = 100
LEAST_BYTES: Final = 8_000
BEHIND: Final = 160.0  # grey level put behind the clear parts of a cut-out
WEBP: Final = re.compile(rb"RIFF(.{4})WEBP", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One package of pictures: its files, what it is for, and the parts of names that are left out."""

    dataset: Dataset
    trains: bool
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture (h, w, 3) RGB uint8 with the package and the file it came from."""

    source: str
    name: str
    image: NDArray[np.uint8]


def debian(package: str, version: str, licence: str, patterns: tuple[str, ...], listing: str) -> Dataset:
    """A package of Debian 12, unpacked with dpkg-deb."""
    return Dataset(
        name=package,
        folder=package,
        patterns=patterns,
        origin=(
            f"Debian 12 package {package} {version} (apt-get download {package}={version};"
            f" dpkg-deb -x {package}_*.deb ${PACKAGES_VARIABLE}/{package})"
        ),
        licence=licence,
        citation=f"packages.debian.org/{package}",
        sha256_of_listing=listing,
    )


def packages_folder(data: Path) -> Path:
    """Folder that holds one folder for each unpacked package."""
    named = os.environ.get(PACKAGES_VARIABLE)
    return Path(named) if named else data / "packages"


def read_source(source: Source, data: Path) -> Iterator[Picture]:
    """The pictures of a package whose files are verified; ConfigurationError says how to get an absent one."""
    root = packages_folder(data)
    folder = checked_folder(source.dataset, root)
    for path in files_of(source.dataset, root):
        name = path.relative_to(folder).as_posix()
        if any(part in name for part in source.without) or path.stat().st_size < LEAST_BYTES:
            continue
        for index, content in enumerate(contents_of(path)):
            image = decoded(content)
            if image is not None:
                yield Picture(source=source.dataset.name, name=f"{name}#{index}", image=image)


def contents_of(path: Path) -> Iterator[bytes]:
    """The encoded pictures in a file: one, or each WebP inside a bundle of resources."""
    content = path.read_bytes()
    if path.suffix != ".rcc":
        yield content
        return
    for found in WEBP.finditer(content):
        size = int.from_bytes(found.group(1), "little") + 8
        if size >= LEAST_BYTES:
            yield content[found.start() : found.start() + size]


def decoded(content: bytes) -> NDArray[np.uint8] | None:
    """RGB picture of at most 640 px; clear parts become grey; None when it is no picture or too small."""
    image = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or min(image.shape[:2]) < LEAST_PX:
        return None
    pixels = (image // 257 if image.dtype == np.uint16 else image).astype(np.uint8)
    if pixels.ndim == 2:  # noqa: PLR2004 -- rows and columns: a grey picture
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR).astype(np.uint8)
    if pixels.shape[2] == 4:  # noqa: PLR2004 -- a fourth channel says how solid a pixel is
        solid = pixels[..., 3:].astype(np.float32) / 255
        pixels = (pixels[..., :3] * solid + BEHIND * (1 - solid)).astype(np.uint8)
    scale = MOST_PX / max(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).astype(np.uint8)


TRAINING: Final = (
    Source(
        dataset=debian(
            "gcompris-qt-data",
            "3.1-2",
            "CC-BY-SA-2.0 to 4.0, CC-BY, public domain, GPL-3+ (by picture, in the package)",
            tuple(
                f"usr/share/gcompris-qt/rcc/{name}.rcc"
                for name in (
                    "categorization",
                    "clickgame",
                    "details",
                    "erase",
                    "explore_farm_animals",
                    "explore_monuments",
                    "explore_world_animals",
                    "explore_world_music",
                    "paintings",
                )
            ),
            "42d1a0e8d7bdb17a3f728f0fddef76209be30c22bcf56bb5dbd2a8c12f8c8190",
        ),
        trains=True,
    ),
    Source(
        dataset=debian(
            "plasma-workspace-wallpapers",
            "4:5.27.5-2",
            "GPL-2+",
            ("usr/share/wallpapers/*/contents/screenshot.*",),
            "cd9cc6152141eb9d9d93a66e58e6795536daac760b737d055e047cd321458ce2",
        ),
        trains=True,
        without=("OneStandsOut", "Canopee"),
    ),
)
JUDGING: Final = (
    Source(
        dataset=debian(
            "opencv-doc",
            "4.6.0+dfsg-12",
            "Apache-2.0, BSD-2-Clause, BSD-3-Clause, Expat, GPL-2+ (by file, in the package)",
            ("usr/share/doc/opencv-doc/examples/data/*.jpg",),
            "557df408c030e864ea4c0d7a437a31daac844fc7474dfa5b445f9914797cd54b",
        ),
        trains=False,
        without=("left", "right"),
    ),
    Source(
        dataset=debian(
            "darknet",
            "0.0.0+git20180914.61c9d02e-2+b4",
            "public domain, MIT, WTFPL, GPL-3+ (by file, in the package)",
            ("usr/share/darknet/data/*.jpg",),
            "9b22f6b61a68ae03be342801a141f06a40d31ec773e4af27e9969ea61fb7a904",
        ),
        trains=False,
    ),
    Source(
        dataset=debian(
            "lomiri-wallpapers-16.04",
            "20.04.0-2",
            "CC-BY-4.0, CC-BY-SA-3.0, CC-BY-SA-4.0, CC0-1.0 (by picture, in the package)",
            ("usr/share/backgrounds/*.jpg",),
            "592db7f548812879979d9a6890dd3092011d21715c06ba2c10343e1d08547072",
        ),
        trains=False,
        without=("greentock", "seeding", "Dragonfly", "umang", "picosdeeuropa"),
    ),
    Source(
        dataset=debian(
            "mate-backgrounds",
            "1.26.0-1",
            "GPL-2+, CC-BY-SA-4.0 (by picture, in the package)",
            ("usr/share/backgrounds/mate/nature/*.jpg", "usr/share/backgrounds/mate/abstract/*"),
            "3d8c389ccf72218fa58d6f45ddcdd1345672c15ff65b7e189a70c1c4a1459942",
        ),
        trains=False,
        without=(
            "_3840x2160",
            "_5640x3172",
            "FreshFlower",
            "Garden",
            "GreenMeadow",
            "LadyBird",
            "RainDrops",
            "TwoWings",
            "Wood",
            "YellowFlower",
        ),
    ),
    Source(
        dataset=debian(
            "kphotoalbum",
            "5.9.1-1",
            "GPL-2+",
            ("usr/share/kphotoalbum/demo/*.jpg",),
            "142c39fd64471b0c616ba203a0abe542c53fcd0236fac9e636bda8c93a1de968",
        ),
        trains=False,
    ),
    Source(
        dataset=debian(
            "palapeli-data",
            "4:22.12.3-1",
            "GPL-2+, LGPL-2+, GFDL-1.2+, CC0 (by file, in the package)",
            ("usr/share/palapeli/collection/*.jpg",),
            "82e66d22881e87645a7a252b22a3a9bf33349fd3dec624bbe4ccdc4ba99a6913",
        ),
        trains=False,
    ),
    Source(
        dataset=debian(
            "stellarium-data",
            "0.22.2-1",
            "GPL-2+",
            ("usr/share/stellarium/landscapes/ocean/*.png", "usr/share/stellarium/landscapes/hurricane/*.png"),
            "17cc55dde8e05fe87f626b2ad3b9c65ccb4d5880fadf32eb35109b59bf8960c7",
        ),
        trains=False,
    ),
    Source(
        dataset=Dataset(
            name="scikit-image",
            folder="scikit-image",
            patterns=("skimage/data/*.png", "skimage/data/*.jpg"),
            origin=(
                "PyPI package scikit-image 0.19.3 (pip download --no-deps --python-version 3.10 --only-binary :all:"
                f" scikit-image==0.19.3; unzip scikit_image-*.whl -d ${PACKAGES_VARIABLE}/scikit-image)"
            ),
            licence="BSD-3-Clause, public domain, CC0 (by picture, in the package)",
            citation="S. van der Walt et al., doi:10.7717/peerj.453",
            sha256_of_listing="be48e92a87d525ee980c836245374d58fc700a9913d96380d4b488e5b99da271",
        ),
        trains=False,
        without=("grass", "gravel"),
    ),
)
