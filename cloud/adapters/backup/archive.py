"""A backup as a stream of files: written once front to back, read once front to back, believed only when whole."""

import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final

from pydantic import ValidationError

from cloud.adapters.backup.manifest import LAYOUT, NAME, Held, Manifest
from cloud.errors import IntegrityError

_BLOCK: Final = 1 << 20
_MANIFEST_MAX_BYTES: Final = 64 * 1024 * 1024
_MODE: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A file on the disk and its name in the backup."""

    name: str
    path: Path


class _Counted:
    """What is read through it, digested on the way."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        block = self._source.read(size)
        self._sha256.update(block)
        self.size += len(block)
        return block

    def held(self, name: str) -> Held:
        """What was read, by name."""
        return Held(name=name, size=self.size, sha256=self._sha256.hexdigest())


class ArchiveWriter:
    """Adds files to a stream, and at last the manifest that names them."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.held: list[Held] = []

    def took(self, piece: Piece) -> bool:
        """Add one file as long as it is now; False where it went away before it was opened."""
        try:
            source = piece.path.open("rb")
        except FileNotFoundError:
            return False
        with source:
            counted = _Counted(source)
            self._tar.addfile(_member(piece.name, os.fstat(source.fileno()).st_size), counted)
        self.held.append(counted.held(piece.name))
        return True

    def finish(self, manifest: Manifest) -> None:
        """The manifest, last."""
        content = manifest.model_dump_json().encode()
        self._tar.addfile(_member(NAME, len(content)), io.BytesIO(content))


@contextmanager
def writing(stream: BinaryIO) -> Iterator[ArchiveWriter]:
    """An archive that is written to a stream, compressed."""
    with tarfile.open(fileobj=stream, mode="w|gz", format=tarfile.PAX_FORMAT) as tar:
        yield ArchiveWriter(tar)


def unpack(stream: BinaryIO, folder: Path, *, subject: str) -> Manifest:
    """Write every file of an archive below a folder; IntegrityError where one is missing, changed or has no place."""
    found: dict[str, Held] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None:
                    raise IntegrityError(f"{subject}: {member.name!r}: expected a plain file, got something else")
                if member.name == NAME:
                    return _manifest(content.read(_MANIFEST_MAX_BYTES), found, subject)
                found[member.name] = _write(content, folder, member.name, subject)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise IntegrityError(f"{subject}: expected a whole backup, got one that breaks off ({error})") from error
    raise IntegrityError(f"{subject}: expected a manifest at its end, got none; take another backup")


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, _MODE
    return member


def _write(content: IO[bytes], folder: Path, name: str, subject: str) -> Held:
    path = folder / place_of(name, subject)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    counted = _Counted(content)
    with path.open("xb") as target:
        path.chmod(_MODE)
        while block := counted.read(_BLOCK):
            target.write(block)
    return counted.held(name)


def place_of(name: str, subject: str) -> PurePosixPath:
    """A member's place below the folder; IntegrityError where it would leave it."""
    place = PurePosixPath(name)
    if place.is_absolute() or not place.parts or ".." in place.parts or "\x00" in name:
        raise IntegrityError(f"{subject}: {name!r}: expected a place inside the backup, got one outside")
    return place


def _manifest(content: bytes, found: dict[str, Held], subject: str) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise IntegrityError(f"{subject}: expected a manifest, got a text that is none; take another backup") from error
    if manifest.layout != LAYOUT:
        raise IntegrityError(
            f"{subject}: written in layout {manifest.layout}, expected {LAYOUT}; restore it with a later version"
        )
    wrong = _differing(manifest.files, found)
    if wrong:
        raise IntegrityError(f"{subject}: expected {', '.join(wrong[:3])} as the manifest says, got other files")
    return manifest


def _differing(said: Sequence[Held], found: dict[str, Held]) -> list[str]:
    names = {one.name: one for one in said}
    return sorted(name for name in names.keys() | found.keys() if names.get(name) != found.get(name))


def total_bytes(files: Iterable[Held]) -> int:
    """Bytes of all files together."""
    return sum(one.size for one in files)
