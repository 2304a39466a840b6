"""Files of proof on disk, as ZIP or TAR: the same content gives the same bytes; nothing is unpacked to a folder."""

import io
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from lzma import LZMAError
from pathlib import Path
from typing import Final

from cloud.errors import ConfigurationError, InputError

LARGEST_BYTES: Final = 512_000_000
"""All files together; a larger one is none of ours."""
MOST_FILES: Final = 200
_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
_SUFFIXES: Final = (".zip", ".tar")
_DAMAGE: Final = (
    OSError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    LZMAError,
    ValueError,
    EOFError,
    RuntimeError,
    NotImplementedError,
)


def check_name(path: Path) -> None:
    """Refuse a name that says neither ZIP nor TAR, before any work is done."""
    if path.suffix.lower() not in _SUFFIXES:
        raise ConfigurationError(f"--out {path}: expected a name that ends in .zip or .tar; choose one")


def write_bundle(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a file of proof for its owner alone; whole or not at all."""
    content = _zipped(files) if path.suffix.lower() == ".zip" else _tarred(files)
    half: Path | None = None
    try:
        # A name that nobody can foresee, of mode 0600: the folder may be one in which others write too.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".half")
        half = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        half.replace(path)
    except OSError as error:
        if half is not None:
            half.unlink(missing_ok=True)
        raise InputError(
            f"{path}: expected a file that can be written, got {error.strerror}; choose another"
        ) from error


def read_bundle(path: Path) -> dict[str, bytes]:
    """Files of a file of proof by name; InputError where it is none."""
    try:
        if not path.is_file():
            raise ValueError("no file")
        content = path.read_bytes() if path.stat().st_size <= LARGEST_BYTES else b""
        files = _unzipped(content) if zipfile.is_zipfile(io.BytesIO(content)) else _untarred(content)
    except _DAMAGE as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:100]
        raise InputError(
            f"{path}: expected a file of proof (seguia cloud audit export), got one that cannot be read ({reason})"
        ) from error
    return files


def _zipped(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        for name in sorted(files):
            one = zipfile.ZipInfo(name, _FIRST_DAY)
            one.external_attr = 0o600 << 16
            file.writestr(one, files[name], zipfile.ZIP_DEFLATED, 6)
    return whole.getvalue()


def _tarred(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as file:
        for name in sorted(files):
            one = tarfile.TarInfo(name)
            one.size, one.mode = len(files[name]), 0o600
            file.addfile(one, io.BytesIO(files[name]))
    return whole.getvalue()


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        members = file.infolist()
        _check_size([(one.filename, one.file_size) for one in members])
        if min((one.header_offset for one in members), default=0) > 0:
            # A program for TAR would show what stands before, which nobody signed.
            raise ValueError("something stands before its first file")
        return {one.filename: file.read(one) for one in members}


def _untarred(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as file:
        members: list[tarfile.TarInfo] = []
        for one in file:
            members.append(one)
            # While they are read: a size below nothing leads back to where the reading began, without an end.
            _check_size([(each.name, each.size) for each in members])
        found = {}
        for one in members:
            held = file.extractfile(one) if one.isfile() else None
            if held is None:
                raise ValueError(f"{one.name} is no file")
            found[one.name] = held.read()
        return found


def _check_size(members: list[tuple[str, int]]) -> None:
    names = [name for name, _ in members]
    if len(members) > MOST_FILES or len(set(names)) < len(names):
        raise ValueError(
            f"{len(members)} files, some of one name" if len(set(names)) < len(names) else "too many files"
        )
    if min((size for _, size in members), default=0) < 0:
        raise ValueError("a size below nothing")
    if sum(size for _, size in members) > LARGEST_BYTES:
        raise ValueError("more than it can hold")
