"""Where the tests find real data, and which parts of the system they may ask for."""

import os
import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SYSTEM_PARTS = {
    "mosquitto": ("mosquitto", "/usr/sbin/mosquitto"),
    "chromium": ("chromium", "/usr/bin/chromium"),
    "postgresql": ("pg_ctl", "/usr/lib/postgresql/15/bin/pg_ctl"),
    "systemd-analyze": ("systemd-analyze", "/usr/bin/systemd-analyze"),
    # A firmware's own tool, and large: it lives in an environment of its own, made by make esphome.
    "esphome": ("esphome", str(REPOSITORY / ".venv-esphome" / "bin" / "esphome")),
}


def system_part(name: str) -> str | None:
    """Path of an executable of the system, or None when it is not installed."""
    command, usual_place = SYSTEM_PARTS[name]
    return shutil.which(command) or (usual_place if Path(usual_place).exists() else None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("system"):
            (name,) = marker.args
            if system_part(name) is None and "SEGUIA_CI" in os.environ:
                raise pytest.UsageError(f"{item.nodeid} needs {name}, which this machine lacks: tests/system_packages")
            if system_part(name) is None:
                item.add_marker(pytest.mark.skip(reason=f"needs {name}, which is not installed: make test installs it"))


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(os.environ.get("SEGUIA_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the real data in {folder} (set SEGUIA_DATA to the folder that holds them)")
    return folder


@pytest.fixture(scope="session")
def shared_vectors() -> Path:
    folder = Path(os.environ.get("SEGUIA_VECTORS", REPOSITORY.parent / "shared" / "vectors"))
    if not folder.is_dir():
        pytest.skip(f"needs the reference vectors in {folder} (set SEGUIA_VECTORS to the folder that holds them)")
    return folder
