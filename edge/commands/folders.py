"""Folders of results: one file for each frame, none in the place of an input or of another frame's file."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import ConfigurationError


@dataclass(slots=True, kw_only=True)
class ResultFolder:
    """Where one kind of result goes, as ``<stem><suffix>``; ``kept`` are places of inputs, which are never written."""

    folder: Path
    suffix: str
    what: str
    option: str
    kept: frozenset[Path]
    _frames: dict[str, Path] = field(default_factory=dict)

    def holds(self, frame: Path) -> bool:
        """Whether a file of this name stands there already; it is then that of this frame."""
        found = self._place(frame).is_file() and frame.stem not in self._frames
        if found:
            self._frames[frame.stem] = frame
        return found

    def write(self, content: bytes, frame: Path) -> list[str]:
        """Write the result of a frame; the problems, if any."""
        target = self._place(frame)
        other = self._frames.get(frame.stem, frame)
        if other != frame:
            return [f"{frame}: {self.what} not written: {target} is that of {other}; rename one or use two folders"]
        if target.resolve() in self.kept:
            return [f"{frame}: {self.what} not written: {target} is an input; choose another {self.option}"]
        self._frames[frame.stem] = frame
        try:
            target.write_bytes(content)
        except OSError as error:
            return [f"{target}: expected to write a {self.what}, got {error.strerror}; choose another {self.option}"]
        return []

    def _place(self, frame: Path) -> Path:
        return self.folder / f"{frame.stem}{self.suffix}"


def mask_folder(folder: Path, inputs: Iterable[Path]) -> ResultFolder:
    """Folder of canopy masks, ``<stem>.png``."""
    kept = frozenset(path.resolve() for path in inputs)
    return ResultFolder(folder=_made(folder, "masks"), suffix=".png", what="mask", option="--mask-dir", kept=kept)


def grid_folder(folder: Path, inputs: Iterable[Path]) -> ResultFolder:
    """Folder of stress grids, ``<stem>.json``; beside a photo that name is its sidecar's."""
    kept = frozenset(path.with_suffix(".json").resolve() for path in inputs)
    return ResultFolder(folder=_made(folder, "grids"), suffix=".json", what="grid", option="--grid-dir", kept=kept)


def _made(folder: Path, what: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: expected a folder for {what}, got {error.strerror}; name another"
        ) from error
    return folder
