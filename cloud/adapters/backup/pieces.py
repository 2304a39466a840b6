"""Which files of an installation belong into its backup: all of its data folder that cannot be made anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from cloud.adapters.backup.archive import Piece
from cloud.config import FILE_NAME, CloudConfig

DATA: Final = "data"
"""Folder of a backup that holds the data folder; the copy of the database stands beside it."""
REBUILT: Final = ("water-states",)
"""Folders that the next night fills again from the records."""
_PASSING: Final = (".lock", "-wal", "-shm", "-journal", ".part", ".sock")


def pieces_of(config: CloudConfig, file: Path, *, left_out: frozenset[Path] = frozenset()) -> Iterator[Piece]:
    """Every file of the data folder but the database, and the configuration, in a stable order."""
    root = config.data_dir.resolve()
    yield Piece(name=f"{DATA}/{FILE_NAME}", path=file)
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        if path.is_symlink() or not path.is_file() or path.resolve() == file.resolve():
            continue
        if place.parts[0] in REBUILT or path.name.endswith(_PASSING) or path in left_out:
            continue
        if any(parent in left_out for parent in path.parents):
            continue
        yield Piece(name=f"{DATA}/{place.as_posix()}", path=path)


def elsewhere(config: CloudConfig) -> tuple[str, ...]:
    """Files and folders that the configuration names outside the data folder."""
    root = config.data_dir.resolve()
    named = {path for path in _paths(config) if not path.resolve().is_relative_to(root) and path.exists()}
    return tuple(sorted(str(path) for path in named))


def _paths(section: BaseModel) -> Iterator[Path]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Path):
            yield value
        elif isinstance(value, BaseModel) and name != "backup":
            yield from _paths(value)
