"""Harm done to a sound file: blind damage to its bytes, and damage that keeps its checksums and structure right."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence

from numpy.random import Generator

Mutation = Callable[[bytearray, Generator], bytearray]

EDGES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
TIFF_TAGS = (254, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 330, 338, 339, 34665)


def flipped(content: bytearray, random: Generator) -> bytearray:
    """Up to 64 bits turned over."""
    for _ in range(int(2 ** random.uniform(0, 6))):
        content[int(random.integers(len(content)))] ^= 1 << int(random.integers(8))
    return content


def cut(content: bytearray, random: Generator) -> bytearray:
    """The end lost, or the beginning."""
    place = int(random.integers(len(content)))
    return content[:place] if random.random() < 0.8 else content[place:]


def spliced(content: bytearray, random: Generator) -> bytearray:
    """A piece doubled, dropped or moved."""
    first, last = sorted(int(place) for place in random.integers(len(content), size=2))
    piece, target = content[first:last], int(random.integers(len(content)))
    match int(random.integers(3)):
        case 0:
            return content[:target] + piece + content[target:]
        case 1:
            return content[:first] + content[last:]
        case _:
            content[target : target + len(piece)] = piece
            return content


def edged(content: bytearray, random: Generator) -> bytearray:
    """Numbers at the edge of their range written over numbers of the first half kilobyte."""
    for _ in range(int(random.integers(1, 5))):
        value = EDGES[int(random.integers(len(EDGES)))]
        form = ("<I", ">I", "<H", ">H", "B")[int(random.integers(5))]
        packed = struct.pack(form, value & ((1 << 8 * struct.calcsize(form)) - 1))
        place = int(random.integers(min(len(content), 512)))
        content[place : place + len(packed)] = packed
    return content


def tags_changed(content: bytearray, random: Generator) -> bytearray:
    """Entries of a TIFF directory, also the one in EXIF, given another tag, type, count or value."""
    start = content.find(b"II*\0") if b"II*\0" in content else content.find(b"MM\0*")
    if start < 0:
        return edged(content, random)
    order = "<" if content[start : start + 2] == b"II" else ">"
    try:
        (offset,) = struct.unpack_from(order + "I", content, start + 4)
        (count,) = struct.unpack_from(order + "H", content, start + offset)
        for _ in range(int(random.integers(1, 4))):
            place = start + offset + 2 + 12 * int(random.integers(max(1, count)))
            part = int(random.integers(4))
            value = TIFF_TAGS[int(random.integers(len(TIFF_TAGS)))] if part == 0 else _edge(random, part)
            form, shift = (("H", 0), ("H", 2), ("I", 4), ("I", 8))[part]
            struct.pack_into(order + form, content, place + shift, value & (0xFFFF if form == "H" else 0xFFFFFFFF))
    except struct.error:
        return flipped(content, random)
    return content


def _edge(random: Generator, part: int) -> int:
    return int(random.integers(0, 20)) if part == 1 else EDGES[int(random.integers(len(EDGES)))]


def chunks_changed(content: bytearray, random: Generator) -> bytearray:
    """Chunks of a PNG changed, dropped or doubled, every checksum right again."""
    chunks = list(_chunks(content))
    if not chunks:
        return flipped(content, random)
    chosen = int(random.integers(len(chunks)))
    kind, data = chunks[chosen]
    match int(random.integers(4)):
        case 0:
            chunks[chosen] = (kind, bytes(edged(bytearray(data or b"\0"), random)))
        case 1:
            chunks.insert(chosen, (kind, data))
        case 2:
            del chunks[chosen]
        case _:
            chunks[chosen] = (kind, zlib.compress(bytes(int(random.integers(1, 1 << 22)))))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return content[:8] + body


def _chunks(content: bytearray) -> Sequence[tuple[bytes, bytes]]:
    place, found = 8, []
    while content[:4] == b"\x89PNG" and place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        found.append((kind, bytes(content[place + 8 : place + 8 + length])))
        place += 12 + length
    return found


def segments_changed(content: bytearray, random: Generator) -> bytearray:
    """A JPEG segment's length, size or table changed, or a segment doubled many times."""
    places = [place for place in range(2, min(len(content) - 12, 2000)) if content[place] == 0xFF]
    if content[:2] != b"\xff\xd8" or not places:
        return edged(content, random)
    place = places[int(random.integers(len(places)))]
    (length,) = struct.unpack_from(">H", content, place + 2)
    match int(random.integers(4)):
        case 0:
            struct.pack_into(">H", content, place + 2, EDGES[int(random.integers(len(EDGES)))] & 0xFFFF)
        case 1:
            struct.pack_into(
                ">HH", content, place + 5, *(EDGES[int(random.integers(len(EDGES)))] & 0xFFFF for _ in "hw")
            )
        case 2:
            segment = bytes(content[place : place + 2 + min(length, 4000)])
            return content[:place] + segment * int(random.integers(2, 400)) + content[place:]
        case _:
            content[place + 1] = int(random.integers(0xC0, 0x100))
    return content


def repacked(content: bytearray, random: Generator) -> bytearray:
    """The array inside an npz file damaged, then packed anew with a right checksum."""
    try:
        with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
            inside = bytearray(archive.read("image.npy"))
    except (zipfile.BadZipFile, EOFError, KeyError, OSError, RuntimeError, ValueError, struct.error, zlib.error):
        return flipped(content, random)
    head = inside[:128]
    match int(random.integers(4)):
        case 0:
            head = flipped(head, random)
        case 1:
            head = bytearray(bytes(head).replace(b"(", b"(" + b"9" * int(random.integers(1, 9)), 1))
        case 2:
            head = bytearray(bytes(head).replace(b"<f4", b"|O\x20").replace(b"<f8", b"|O\x20"))
        case _:
            head = edged(head, random)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("image.npy", bytes(head + inside[128:]))
    return bytearray(stream.getvalue())


BLIND: tuple[Mutation, ...] = (flipped, cut, spliced, edged)
KNOWING: dict[str, tuple[Mutation, ...]] = {
    "jpg": (segments_changed, tags_changed),
    "png": (chunks_changed, tags_changed),
    "tif": (tags_changed, tags_changed),
    "npz": (repacked,),
    "pgm": (edged,),
}


def mutated(name: str, content: bytes, random: Generator) -> bytes:
    """The file with one to three mutations that suit its kind."""
    known = KNOWING[name.rpartition(".")[2]]
    changed = bytearray(content)
    for _ in range(1 + int(random.geometric(0.6))):
        choice = known if random.random() < 0.6 else BLIND
        changed = choice[int(random.integers(len(choice)))](changed or bytearray(b"\0"), random)
    return bytes(changed)
