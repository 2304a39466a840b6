"""What computes here: machine, processor, Python, the packages that numbers pass through, and the rules themselves."""

import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

from cloud.replay.kept import Environment

_PACKAGES: Final = (
    "dask", "llvmlite", "numba", "numpy", "pydantic", "pydantic-core", "scikit-learn", "scipy", "tzdata", "xarray",
)  # fmt: skip
_ROOMS: Final = ("advice", "agronomy", "judge", "weather")
_HERE: Final = Path(__file__).resolve().parent.parent
_PROCESSORS: Final = Path("/proc/cpuinfo")


@cache
def environment() -> Environment:
    """The environment of this process."""
    return Environment(
        machine=platform.machine() or "unknown",
        processor=_processor(),
        python=platform.python_version(),
        packages=dict(_packages()),
        code_sha256=_code(),
    )


def _packages() -> Iterator[tuple[str, str]]:
    for name in _PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def _processor() -> str:
    """Model of the processor: compiled code may use what another one lacks."""
    try:
        lines = _PROCESSORS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    return next(named, "") or platform.processor() or "unknown"


def _code() -> str:
    """Digest of the sources that a decision passes through [64 hex digits]."""
    paths = sorted([*_HERE.glob("*.py"), *(path for room in _ROOMS for path in (_HERE / room).rglob("*.py"))])
    digest = hashlib.sha256()
    for path in (*paths, _HERE.parent / "edge" / "contract.py"):
        content = path.read_bytes()
        name = path.relative_to(_HERE.parent).as_posix().encode()
        digest.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return digest.hexdigest()
