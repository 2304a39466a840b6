"""What a release consists of: a list of files cut into blocks, and one pack that holds each block once, compressed.

The list is signed, and names every block by its hash. A gateway therefore asks the pack only for the blocks that it has
in no file of its own yet, in any order, and may be cut off between any two of them.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.errors import UpdateRefusedError
from edge.settings.updates import ReleaseKind

Kind: TypeAlias = ReleaseKind
KINDS: Final[tuple[Kind, ...]] = ("code", "config", "models")
"""In the order in which they are tried: models may need newer code."""
BLOCK_BYTES: Final = 16_384
"""Longest block: what a broken connection loses at most, and 7 s at 20 kbit/s."""
MANIFEST_MAX_BYTES: Final = 1_000_000
"""Longest list of a release as it travels."""
_MANIFEST_MAX_TEXT: Final = 4_000_000

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
RelativePath = Annotated[
    str,
    # No part of a path begins with a full stop: none leaves the folder, none is hidden, none is our own mark.
    Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$", max_length=200),
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


_AnyPart = TypeVar("_AnyPart", bound=_Part)


class Block(_Part):
    """A block of a file: its hash and length, and where it lies in the pack, compressed."""

    sha256: Digest
    length: Annotated[int, Field(ge=1, le=BLOCK_BYTES)]
    offset: Annotated[int, Field(ge=0, le=1 << 32)]
    packed: Annotated[int, Field(ge=1, le=BLOCK_BYTES + 64)]


class File(_Part):
    """A file of a release: where it belongs, and its blocks by their place in the list."""

    path: RelativePath
    sha256: Digest | None = None
    """Its hash; left out where it is one block, whose hash is the same."""
    blocks: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(max_length=1 << 16)]


class Needs(_Part):
    """What a machine must have for a release: versions of packages that are not part of it, at least so high."""

    packages: dict[str, Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)*$")]] = Field(default_factory=dict)


class Manifest(_Part):
    """The signed list of a release."""

    v: Literal[1] = 1
    kind: Kind
    release: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,39}$")]
    pack: Digest
    """Hash of the pack, which is part of its address."""
    pack_bytes: Annotated[int, Field(ge=0, le=1 << 32)]
    needs: Needs = Needs()
    files: Annotated[tuple[File, ...], Field(min_length=1, max_length=5000)]
    blocks: Annotated[tuple[Block, ...], Field(max_length=1 << 16)]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        paths = [file.path for file in self.files]
        if len(set(paths)) != len(paths):
            raise ValueError("a file is listed twice")
        folders = {path.rpartition("/")[0] for path in paths}
        parents = {folder[: len(folder) - cut] for folder in folders for cut in _cuts(folder)}
        if parents & set(paths):
            raise ValueError("a path is a file and a folder")
        if any(index >= len(self.blocks) for file in self.files for index in file.blocks):
            raise ValueError("a file names a block that is not listed")
        if any(block.offset + block.packed > self.pack_bytes for block in self.blocks):
            raise ValueError("a block lies outside of the pack")
        return self

    def sha256_of(self, file: File) -> str:
        """Hash of a file."""
        if file.sha256 is not None:
            return file.sha256
        return self.blocks[file.blocks[0]].sha256 if len(file.blocks) == 1 else digest_of(b"")

    @property
    def total_bytes(self) -> int:
        """Length of all files together."""
        return sum(self.blocks[index].length for file in self.files for index in file.blocks)


def _cuts(folder: str) -> Iterable[int]:
    """How much to take off a folder's path for each of the folders it lies in, itself included."""
    yield 0
    yield from (len(folder) - at for at, letter in enumerate(folder) if letter == "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A release ready to be published: its list as it travels, and its pack."""

    manifest: Manifest
    listed: bytes
    pack: bytes


def digest_of(content: bytes) -> str:
    """SHA-256 of bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def cut(content: bytes) -> list[bytes]:
    """A file's blocks in their order."""
    return [content[start : start + BLOCK_BYTES] for start in range(0, len(content), BLOCK_BYTES)]


def bundle_of(kind: Kind, release: str, files: Mapping[str, bytes], needs: Mapping[str, str] | None = None) -> Bundle:
    """The release that holds these files, the same bytes whenever it is made; UpdateRefusedError when it cannot be."""
    pack, blocks, places = bytearray(), list[Block](), dict[str, int]()
    listed = list[File]()
    for path, content in sorted(files.items()):
        for piece in cut(content):
            name = digest_of(piece)
            if name in places:
                continue
            packed = zlib.compress(piece, 9)
            places[name] = len(blocks)
            blocks.append(Block(sha256=name, length=len(piece), offset=len(pack), packed=len(packed)))
            pack += packed
        indices = tuple(places[digest_of(piece)] for piece in cut(content))
        whole = None if len(indices) == 1 else digest_of(content)
        listed.append(_made(File, path=path, sha256=whole, blocks=indices))
    manifest = _made(
        Manifest,
        kind=kind,
        release=release,
        pack=digest_of(bytes(pack)),
        pack_bytes=len(pack),
        needs=_made(Needs, packages=dict(needs or {})),
        files=tuple(listed),
        blocks=tuple(blocks),
    )
    told = manifest.model_dump(mode="json", exclude_none=True)
    text = json.dumps(told, separators=(",", ":"), sort_keys=True)
    return Bundle(manifest=manifest, listed=zlib.compress(text.encode(), 9), pack=bytes(pack))


def read_manifest(listed: bytes, kind: Kind) -> Manifest:
    """The list of a release as it travelled; UpdateRefusedError when it is none of this kind."""
    try:
        unpacked = unpack(listed, _MANIFEST_MAX_TEXT)
        manifest = Manifest.model_validate_json(unpacked)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UpdateRefusedError(
            f"release of {kind}: expected the list of a release, got {key or 'something else'}: {first['msg']};"
            " update the gateway's own code first, or publish the release again"
        ) from error
    if manifest.kind != kind:
        raise UpdateRefusedError(f"release of {kind}: expected a list of {kind}, got one of {manifest.kind}")
    return manifest


def unpack(packed: bytes, longest: int) -> bytes:
    """What was compressed, never more than ``longest`` bytes of it; UpdateRefusedError when it is not whole."""
    opener = zlib.decompressobj()
    try:
        content = opener.decompress(packed, longest + 1)
    except zlib.error as error:
        raise UpdateRefusedError(f"release: expected compressed bytes, got {error}; fetch it again") from error
    if len(content) > longest or not opener.eof or opener.unused_data:
        raise UpdateRefusedError(f"release: expected at most {longest} whole bytes, got others; fetch it again")
    return content


def open_block(block: Block, packed: bytes) -> bytes:
    """A block as it came out of the pack, held against its hash; UpdateRefusedError when it is another."""
    content = unpack(packed, block.length)
    if len(content) != block.length or digest_of(content) != block.sha256:
        raise UpdateRefusedError(
            f"release: expected the block {block.sha256[:12]}, got other bytes; the repository is damaged or forged"
        )
    return content


def _made(record: type[_AnyPart], **fields: object) -> _AnyPart:
    try:
        return record.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UpdateRefusedError(
            f"release: {key}: {first['msg']}, got {first['input']!r:.80}; correct it and add the release again"
        ) from error
