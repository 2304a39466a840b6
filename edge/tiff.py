"""TIFF directories: the tags of a file, and a rewritten copy whose bands OpenCV can decode.

OpenCV reads at most four samples a pixel, swaps the order of three and mixes separate planes, so a
multi-band file is presented to it as one wide grey image (interleaved) or as one grey image per plane.
"""

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Value = int | float
Values = tuple[Value, ...] | bytes

WIDTH: Final = 256
HEIGHT: Final = 257
BITS: Final = 258
COMPRESSION: Final = 259
PHOTOMETRIC: Final = 262
STRIP_OFFSETS: Final = 273
SAMPLES: Final = 277
STRIP_COUNTS: Final = 279
PLANAR: Final = 284
PREDICTOR: Final = 317
TILE_WIDTH: Final = 322
TILE_LENGTH: Final = 323
TILE_OFFSETS: Final = 324
TILE_COUNTS: Final = 325
EXTRA_SAMPLES: Final = 338
SAMPLE_FORMAT: Final = 339
EXIF_DIRECTORY: Final = 34665
GDAL_NODATA: Final = 42113
PIXEL_SCALE: Final = 33550
TIE_POINT: Final = 33922
GEO_KEYS: Final = 34735
_MODEL_TYPE: Final = 1024
_PROJECTED: Final = 1
_LINEAR_UNIT: Final = 3076
_METRE: Final = 9001
_PLAUSIBLE_PIXEL_M: Final = (1e-4, 1e3)

_SEPARATE_PLANES: Final = 2
_MAX_TAGS: Final = 512
_MAX_TAG_BYTES: Final = 16_000_000
_BYTES_PER_NUMBER: Final = 16  # of memory, whatever it takes in the file
_ONE_PER_SAMPLE: Final = frozenset({BITS, SAMPLE_FORMAT, 280, 281})
_DROPPED: Final = frozenset({EXTRA_SAMPLES, EXIF_DIRECTORY, 34853, 700, 330})
_NUMBER: Final[Mapping[int, str]] = {
    1: "B",
    3: "H",
    4: "I",
    6: "b",
    8: "h",
    9: "i",
    11: "f",
    12: "d",
    13: "I",
}
_RATIONAL: Final[Mapping[int, str]] = {5: "I", 10: "i"}
_TEXT: Final = frozenset({2, 7})


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Tags of one TIFF directory; numbers as tuples, texts and undefined data as bytes."""

    order: Literal["<", ">"]
    tags: Mapping[int, Values]

    def number(self, tag: int, default: int) -> int:
        """First number of a tag, or the default where the tag is absent; ValueError when it is no number."""
        values = self.tags.get(tag, (default,))
        if isinstance(values, bytes) or not values:
            raise ValueError(f"TIFF tag {tag}: expected a number, got {len(values)} bytes of text")
        return int(values[0])

    def numbers(self, tag: int) -> tuple[int, ...]:
        """All whole numbers of a tag; empty where it is absent."""
        values = self.tags.get(tag, ())
        return () if isinstance(values, bytes) else tuple(int(value) for value in values)

    def text(self, tag: int) -> str | None:
        """Text of a tag without its closing zeros; None where it is absent or no text."""
        values = self.tags.get(tag)
        return values.split(b"\0")[0].decode("ascii", "replace").strip() if isinstance(values, bytes) else None


def first_directory(content: bytes) -> Directory:
    """First directory of a TIFF file or EXIF block; ValueError when it is not one."""
    order: Literal["<", ">"]
    if content[:4] == b"II*\0":
        order = "<"
    elif content[:4] == b"MM\0*":
        order = ">"
    else:
        raise ValueError(
            f"expected a TIFF of the classic kind, got one that begins {content[:4]!r}; save it again without BigTIFF"
        )
    try:
        (offset,) = struct.unpack_from(order + "I", content, 4)
        return directory_at(content, offset, order)
    except struct.error:
        raise ValueError("expected a whole TIFF directory, got a file that ends inside it; copy it again") from None


def directory_at(content: bytes, offset: int, order: Literal["<", ">"]) -> Directory:
    """Directory at an offset; a tag whose data lie outside the file is left out, of two equal ones the second."""
    if not 0 <= offset < len(content):  # also what no number of a file's own size can be, such as 1e300
        raise ValueError("expected a whole TIFF directory, got one outside the file; copy it again")
    (count,) = struct.unpack_from(order + "H", content, offset)
    if count > _MAX_TAGS:
        raise ValueError(f"expected at most {_MAX_TAGS} TIFF tags, got {count}")
    tags: dict[int, Values] = {}
    met: set[int] = set()
    room = _MAX_TAG_BYTES
    for index in range(count):
        tag, kind, length = struct.unpack_from(order + "HHI", content, offset + 2 + 12 * index)
        if tag in met:  # the decoder takes the first as well: what is checked here is what it will see
            continue
        met.add(tag)
        room -= length if kind in _TEXT else _BYTES_PER_NUMBER * length
        if room < 0:
            raise ValueError(f"expected TIFF tags of at most {_MAX_TAG_BYTES} bytes in all, got more; save it again")
        values = _values(content, offset + 10 + 12 * index, kind, length, order)
        if values is not None:
            tags[tag] = values
    return Directory(order=order, tags=tags)


def _values(content: bytes, place: int, kind: int, length: int, order: str) -> Values | None:
    letter = "B" if kind in _TEXT else _NUMBER.get(kind) or _RATIONAL.get(kind)
    if letter is None:
        return None
    count = 2 * length if kind in _RATIONAL else length
    size = struct.calcsize(letter) * count
    if size > 4:  # noqa: PLR2004 -- larger values stand elsewhere in the file, at this offset
        (place,) = struct.unpack_from(order + "I", content, place)
    if place + size > len(content):
        return None
    if kind in _TEXT:
        return content[place : place + size]
    numbers: tuple[Value, ...] = struct.unpack_from(f"{order}{count}{letter}", content, place)
    if kind in _RATIONAL:
        return tuple(top / bottom if bottom else 0.0 for top, bottom in zip(numbers[::2], numbers[1::2], strict=True))
    return numbers if all(map(math.isfinite, numbers)) else None


def pixel_size_m(directory: Directory) -> tuple[float, float] | None:
    """Width and height of a pixel [m] of a map in a projected system in metres; None for any other file."""
    scale, keys = directory.tags.get(PIXEL_SCALE), directory.numbers(GEO_KEYS)
    if scale is None or isinstance(scale, bytes) or len(scale) < 2 or TIE_POINT not in directory.tags:  # noqa: PLR2004 -- x and y
        return None
    entries = [keys[place : place + 4] for place in range(4, len(keys) - 3, 4)]
    stated = {key: value for key, elsewhere, _, value in entries if elsewhere == 0}
    if stated.get(_MODEL_TYPE) != _PROJECTED or stated.get(_LINEAR_UNIT, _METRE) != _METRE:
        return None
    width_m, height_m = float(scale[0]), float(scale[1])
    least_m, most_m = _PLAUSIBLE_PIXEL_M
    return (width_m, height_m) if least_m <= min(width_m, height_m) <= max(width_m, height_m) <= most_m else None


def require_complete(content: bytes, directory: Directory) -> None:
    """ValueError when the directory's strips or tiles do not all lie inside the file."""
    offsets, counts = _blocks(directory)
    if not offsets or len(offsets) != len(counts):
        raise ValueError(f"expected one byte count for each strip or tile, got {len(counts)} for {len(offsets)}")
    end = max(offset + count for offset, count in zip(offsets, counts, strict=True))
    if end > len(content):
        raise ValueError(
            f"expected {end} bytes of image data, got {len(content)}: the file is cut short; copy it again"
        )


def is_separate(directory: Directory) -> bool:
    """Whether each band lies in its own plane of the file."""
    return directory.number(PLANAR, 1) == _SEPARATE_PLANES


def as_grey_images(content: bytes, directory: Directory) -> Iterator[bytes]:
    """Copies of a multi-band TIFF that hold the same blocks behind a one-sample directory.

    One copy per band when planes are separate; else one copy, samples times as wide, with the
    bands side by side in each pixel and any predictor still to be undone.
    """
    samples = directory.number(SAMPLES, 1)
    offsets, counts = _blocks(directory)
    if is_separate(directory):
        share = len(offsets) // samples
        parts = [slice(share * band, share * (band + 1)) for band in range(samples)]
        yield from (_copy(content, directory, offsets[part], counts[part], widen=1) for part in parts)
    else:
        yield _copy(content, directory, offsets, counts, widen=samples)


def _blocks(directory: Directory) -> tuple[tuple[int, ...], tuple[int, ...]]:
    tiled = TILE_OFFSETS in directory.tags
    return (
        directory.numbers(TILE_OFFSETS if tiled else STRIP_OFFSETS),
        directory.numbers(TILE_COUNTS if tiled else STRIP_COUNTS),
    )


def _copy(content: bytes, directory: Directory, offsets: Sequence[int], counts: Sequence[int], *, widen: int) -> bytes:
    tags: dict[int, tuple[int, ...]] = {
        tag: directory.numbers(tag)
        for tag, values in directory.tags.items()
        if not isinstance(values, bytes) and tag not in _DROPPED and all(isinstance(value, int) for value in values)
    }
    for tag in _ONE_PER_SAMPLE & tags.keys():
        tags[tag] = tags[tag][:1]
    tiled = TILE_OFFSETS in tags
    tags |= {SAMPLES: (1,), PLANAR: (1,), PHOTOMETRIC: (1,)}
    if widen > 1:
        tags[PREDICTOR] = (1,)  # it would difference neighbouring samples, not pixels: undone after decoding
    tags |= {(TILE_OFFSETS if tiled else STRIP_OFFSETS): tuple(offsets)}
    tags |= {(TILE_COUNTS if tiled else STRIP_COUNTS): tuple(counts)}
    for tag in {WIDTH, TILE_WIDTH} & tags.keys():
        tags[tag] = (tags[tag][0] * widen,)
    return _with_directory(content, directory.order, tags)


def _with_directory(content: bytes, order: str, tags: Mapping[int, tuple[int, ...]]) -> bytes:
    body = content + b"\0" * (len(content) % 2)
    place = len(body)
    entries, data = b"", b""
    after = place + 2 + 12 * len(tags) + 4
    for tag in sorted(tags):
        values = tags[tag]
        packed = struct.pack(f"{order}{len(values)}I", *(value & 0xFFFFFFFF for value in values))
        inline = packed if len(values) == 1 else struct.pack(order + "I", after + len(data))
        data += b"" if len(values) == 1 else packed
        entries += struct.pack(order + "HHI", tag, 4, len(values)) + inline
    directory = struct.pack(order + "H", len(tags)) + entries + b"\0\0\0\0" + data
    return body[:4] + struct.pack(order + "I", place) + body[8:] + directory
