"""From a verified list to a whole slot: blocks that are here already are taken from here, the others from the pack."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.errors import StoreUnavailableError, UpdateRefusedError
from edge.updates.bundle import BLOCK_BYTES, Block, Manifest, cut, digest_of, open_block
from edge.updates.durable import Disk
from edge.updates.launcher import COMPLETE
from edge.updates.transport import Wire

_GAP_BYTES: Final = 300
"""Blocks with so little between them are asked for at once: a request of its own costs as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a fetch took."""

    blocks: int
    """Blocks that came over the wire."""
    reused: int
    """Blocks that were here."""
    kept: int
    """Blocks that an earlier, broken off fetch left."""


class BlockStore:
    """Blocks of the release on its way, each in a file that bears its hash: a fetch goes on where it broke off."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self._disk = disk

    def has(self, block: Block) -> bool:
        """Whether a block is here."""
        return (self.folder / block.sha256).is_file()

    def read(self, block: Block) -> bytes | None:
        """A block's bytes; None when they are not here, or no longer what they were."""
        try:
            content = (self.folder / block.sha256).read_bytes()
        except OSError:
            return None
        return content if digest_of(content) == block.sha256 else None

    def keep(self, block: Block, content: bytes) -> None:
        """Write a verified block; a power cut may lose it, never falsify it, since it is read by its hash."""
        self._disk.at(f"keep block {block.sha256[:8]}")
        fresh = self.folder / f".{block.sha256}"
        try:
            fresh.write_bytes(content)
            fresh.replace(self.folder / block.sha256)
        except OSError as error:
            raise StoreUnavailableError(f"{self.folder}: cannot be written ({error.strerror}); free space") from error

    def forget(self, wanted: Iterable[str]) -> None:
        """Let go of blocks of another release."""
        kept = set(wanted)
        for path in self.folder.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)


def fetch(manifest: Manifest, url: str, store: BlockStore, wire: Wire, here: Iterable[Path]) -> Fetched:
    """Bring every block of a release into the store; RepositoryUnavailableError leaves what arrived for later."""
    wanted = {block.sha256: block for block in manifest.blocks}
    store.forget(wanted)
    missing = {name: block for name, block in wanted.items() if store.read(block) is None}
    kept = len(wanted) - len(missing)
    for content in _blocks_in(here) if missing else ():
        block = missing.pop(digest_of(content), None)
        if block is not None:
            store.keep(block, content)
    reused = len(wanted) - kept - len(missing)
    for run in _runs(missing.values()):
        start = run[0].offset
        stream = wire.part(url, start, run[-1].offset + run[-1].packed - start)
        _receive(run, stream, store)
    return Fetched(blocks=len(missing), reused=reused, kept=kept)


def _runs(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks in the pack's order, those that lie close together."""
    run = list[Block]()
    for block in sorted(blocks, key=lambda each: each.offset):
        if run and block.offset - (run[-1].offset + run[-1].packed) > _GAP_BYTES:
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _receive(run: list[Block], stream: Iterator[bytes], store: BlockStore) -> None:
    begun, buffer = run[0].offset, bytearray()
    waiting = iter(run)
    block = next(waiting)
    for piece in stream:
        buffer += piece
        while len(buffer) >= block.offset - begun + block.packed:
            at = block.offset - begun
            store.keep(block, open_block(block, bytes(buffer[at : at + block.packed])))
            del buffer[: at + block.packed]
            begun = block.offset + block.packed
            following = next(waiting, None)
            if following is None:
                return
            block = following


def _blocks_in(folders: Iterable[Path]) -> Iterator[bytes]:
    """Every block of the files that are here."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                try:
                    yield from cut(path.read_bytes())
                except OSError:
                    continue


def assemble(manifest: Manifest, listed: bytes, store: BlockStore, slot: Path, disk: Disk) -> None:
    """Write a release into a slot that is not in use, and mark it whole only when each file was read back right."""
    disk.remove(slot / COMPLETE)
    disk.clear(slot)
    disk.make_folder(slot)
    for file in manifest.files:
        path = slot / file.path
        disk.make_folder(path.parent)
        blocks = [store.read(manifest.blocks[index]) for index in file.blocks]
        if None in blocks:
            raise UpdateRefusedError(f"{path}: a block of it was damaged on this machine's disk; it is fetched again")
        disk.at(f"fill {file.path}")
        disk.fill(path, b"".join(block for block in blocks if block is not None))
        wanted = manifest.sha256_of(file)
        if digest_of(path.read_bytes()) != wanted:
            raise UpdateRefusedError(f"{path}: expected SHA-256 {wanted[:12]}, got another; publish the release again")
    for folder in sorted({path.parent for path in slot.rglob("*")}, reverse=True):
        disk.sync(folder)
    disk.write(slot / COMPLETE, listed)


def room_for(manifest: Manifest, folder: Path, size_limit_mb: float) -> None:
    """Refuse a release that passes the limit, or that the disk has no room for together with its blocks."""
    if manifest.total_bytes > size_limit_mb * 1e6 or manifest.pack_bytes > size_limit_mb * 1e6:
        raise UpdateRefusedError(
            f"release {manifest.release} of {manifest.kind}: expected at most {size_limit_mb:g} MB,"
            f" got {manifest.total_bytes / 1e6:.1f}; raise updates.size_limit_mb if this is meant"
        )
    status = os.statvfs(folder)
    needed = 2 * manifest.total_bytes + BLOCK_BYTES * len(manifest.files)
    free = status.f_bavail * status.f_frsize
    if free < needed:
        raise StoreUnavailableError(
            f"{folder}: expected {needed / 1e6:.0f} MB free for release {manifest.release}, got {free / 1e6:.0f};"
            " free space"
        )
