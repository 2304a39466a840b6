"""Size on disk of what a gateway installs: the packages of this environment, or really installed anew."""

import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from tests.benchmarks.figure import Figure

BAR_MB: Final = 250.0
REPOSITORY: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("edge", "cloud", "models", "simulations")
NOT_PACKED: Final = {"node_modules", "__pycache__", "ui"}


def figures(*, install: bool = False) -> Iterator[Figure]:
    """Without ``install``, what stands in this environment; with it, a fresh environment from the registry."""
    if install:
        yield _fresh()
        return
    packages = _closure("edge")
    size = sum(_bytes_of(package) for package in packages) + _own_bytes()
    yield Figure(
        name="size on disk of seguia[edge]",
        value=size / 1e6,
        unit="MB",
        bar=BAR_MB,
        note=f"{len(packages)} packages as they stand here; --install makes a fresh environment",
    )


def _closure(extra: str) -> list[Distribution]:
    """Every package that the extra brings, directly or not."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(line) for line in (*project["dependencies"], *project["optional-dependencies"][extra])]
    found: dict[str, Distribution] = {}
    while waiting:
        need = waiting.pop()
        if need.name.lower() in found:
            continue
        package = found[need.name.lower()] = distribution(need.name)
        extras = need.extras or {""}
        waiting += [
            further
            for further in map(Requirement, package.requires or ())
            if further.marker is None or any(further.marker.evaluate({"extra": name}) for name in extras)
        ]
    return list(found.values())


def _bytes_of(package: Distribution) -> int:
    paths = [Path(str(package.locate_file(file))) for file in package.files or ()]
    return sum(_on_disk(path) for path in paths if path.is_file())


def _own_bytes() -> int:
    files = [path for room in ROOMS for path in (REPOSITORY / room).rglob("*") if not NOT_PACKED & set(path.parts)]
    return sum(_on_disk(path) for path in files if path.is_file())


def _fresh() -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "gateway"
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        empty = _tree_bytes(place)
        subprocess.run(
            [
                str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                "--constraint", str(REPOSITORY / "constraints.txt"), f"{REPOSITORY}[edge]",
            ],
            check=True,
            env={**os.environ, "SEGUIA_SKIP_UI": "1"},
        )  # fmt: skip
        whole = _tree_bytes(place)
        subprocess.run([str(place / "bin" / "seguia"), "detect", "--help"], check=True, stdout=subprocess.DEVNULL)
    return Figure(
        name="size on disk of seguia[edge], installed anew",
        value=whole / 1e6,
        unit="MB",
        bar=BAR_MB,
        note=f"the whole environment; {empty / 1e6:.0f} MB of it are pip and Python's own links",
    )


def _tree_bytes(folder: Path) -> int:
    return sum(_on_disk(path) for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _on_disk(path: Path) -> int:
    return 512 * path.stat().st_blocks
