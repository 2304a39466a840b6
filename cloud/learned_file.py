"""What was learned, as bytes: skops, never pickle, so that opening a file runs nothing of it.

Only numbers, texts and what a reader trusts by name are taken from a file; anything else in it is refused and named.
"""

import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, Final

from cloud.errors import InputError

LARGEST_BYTES: Final = 100_000_000
"""Bytes that a file may take once it is unpacked; what is learned here takes some ten million."""
DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    ImportError,
    MemoryError,
    EOFError,
    OSError,
)
"""What a damaged or foreign file makes the libraries raise: any of it means that the file is of another kind."""
_SCHEMA: Final = "schema.json"


def packed(content: Mapping[str, object]) -> bytes:
    """The bytes of a file that holds a plan of numbers, texts and trusted things."""
    import skops.io  # noqa: PLC0415 -- slow to import; only files of learned things need it

    return skops.io.dumps(dict(content), compression=zipfile.ZIP_DEFLATED, compresslevel=6)


def unpacked(content: bytes, name: str, *, trusted: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The plan in a file's bytes.

    Raises
    ------
    InputError
        What is too large once unpacked, or holds types beside skops' own and those ``trusted``.
    tuple DAMAGED
        What is no such file.
    """
    import skops.io  # noqa: PLC0415 -- as above

    if (size := _unpacked_bytes(content)) > LARGEST_BYTES:
        raise InputError(
            f"{name}: expected at most {LARGEST_BYTES // 1_000_000} MB once unpacked, got"
            f" {size // 1_000_000} MB; do not use it"
        )
    strange = set(skops.io.get_untrusted_types(data=content)) - trusted
    if strange:
        raise InputError(f"{name}: expected numbers and trees, got {', '.join(sorted(strange))}; do not use it")
    found = skops.io.loads(content, trusted=sorted(trusted))
    if not isinstance(found, dict):
        raise TypeError(f"a {type(found).__name__}")
    return found


def _unpacked_bytes(content: bytes) -> int:
    """What a file says that it takes: all its parts, each as often as its plan wants it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sizes = {part.filename: part.file_size for part in archive.infolist()}
        total = sum(part.file_size for part in archive.infolist())
        if total > LARGEST_BYTES:
            return total
        wanted: list[str] = []
        json.loads(archive.read(_SCHEMA), object_hook=lambda node: wanted.append(str(node.get("file"))))
    return max(total, sum(sizes.get(part, 0) for part in wanted))
