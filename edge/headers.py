"""What a file says of itself before anything is decoded: its kind, its size, and whether it is whole.

A photo of 50,000 x 50,000 pixels fits in a header of 100 bytes, so sizes are checked here first.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from edge import pgm, tiff

MAX_PIXELS: Final = 50_000_000
MAX_SAMPLES: Final = 16
MAX_DATA_BYTES: Final = 120_000_000

Kind = Literal["jpeg", "png", "tiff", "pgm", "npz"]

_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_START_OF_SCAN: Final = 0xDA
_APP1: Final = 0xE1
# Start-of-frame markers: C0..CF without DHT (C4), JPG (C8) and DAC (CC).
_FRAME_STARTS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Marks without a length: one reader takes them for a segment, another passes them over, and both find another size.
_WITHOUT_LENGTH: Final = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})
_PNG_SAMPLES: Final = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_TURNED: Final = 5  # EXIF orientations 5 to 8 exchange width and height


class UnusableContentError(ValueError):
    """A file's content cannot be used; ``reason`` is the code a detection carries."""

    def __init__(self, message: str, *, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Kind, size as shown upright [pixels], samples per pixel, bits per sample and EXIF block of a picture file."""

    kind: Kind
    width: int
    height: int
    samples: int
    bits: int
    exif: bytes | None = None


def read_header(content: bytes) -> Header:
    """Header of a JPEG, PNG, TIFF or PGM that is whole and of a size we take; UnusableContentError otherwise."""
    if not content:
        raise UnusableContentError("expected a picture, got an empty file (0 bytes); copy it again")
    try:
        header = _header(content)
    except (struct.error, IndexError):
        raise UnusableContentError(
            "expected a whole picture, got a file that ends inside its header; copy it again"
        ) from None
    require_size(header.width, header.height, header.samples)
    return header


def _header(content: bytes) -> Header:
    if content.startswith(_JPEG):
        return _upright(_jpeg(content))
    if content.startswith(_PNG):
        return _upright(_png(content))
    if content[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        return _tiff(content)
    if content[:2] in pgm.SIGNATURES:
        return _pgm(content)
    raise UnusableContentError(
        f"expected JPEG, PNG, TIFF, PGM or npz content, got bytes that begin {content[:8]!r}; give the picture itself"
    )


def require_size(width: int, height: int, samples: int) -> None:
    """UnusableContentError when a picture is empty or larger than a gateway can hold."""
    if width < 1 or height < 1 or not 1 <= samples <= MAX_SAMPLES:
        raise UnusableContentError(
            f"expected at least 1 x 1 pixels of 1 to {MAX_SAMPLES} bands, got {width} x {height} of {samples}"
        )
    if width * height > MAX_PIXELS:
        raise UnusableContentError(
            f"expected at most {MAX_PIXELS // 1_000_000} million pixels, got {width} x {height};"
            " send it at a smaller size",
            reason="too_large",
        )


def require_bytes(size: int) -> None:
    """UnusableContentError when decoded bands would not fit beside everything else a gateway holds."""
    if size > MAX_DATA_BYTES:
        raise UnusableContentError(
            f"expected at most {MAX_DATA_BYTES // 1_000_000} MB of decoded bands, got {size // 1_000_000} MB;"
            " send fewer or smaller bands",
            reason="too_large",
        )


def exif_orientation(exif: bytes | None) -> int:
    """EXIF orientation 1..8 of a photo; 1 when nothing readable is said."""
    if exif is None:
        return 1
    try:
        orientation = tiff.first_directory(exif).number(274, 1)
    except ValueError:
        return 1
    return orientation if 1 <= orientation <= 8 else 1  # noqa: PLR2004 -- the eight orientations of EXIF


def _upright(header: Header) -> Header:
    if exif_orientation(header.exif) < _TURNED:
        return header
    return Header(
        kind=header.kind,
        width=header.height,
        height=header.width,
        samples=header.samples,
        bits=header.bits,
        exif=header.exif,
    )


def _jpeg(content: bytes) -> Header:
    size: tuple[int, int, int, int] | None = None
    exif: bytes | None = None
    place = len(content)
    for marker, start, end in _segments(content):
        if marker in _FRAME_STARTS and size is None:
            bits, height, width, samples = struct.unpack_from(">BHHB", content, start)
            size = (width, height, samples, bits)
        elif marker == _APP1 and exif is None and content[start : start + 6] == b"Exif\0\0":
            exif = content[start + 6 : end]
        place = end
    if size is None:
        raise UnusableContentError("expected a JPEG with a frame header, got none; copy the file again")
    width, height, samples, bits = size
    require_size(width, height, samples)
    # Inside the scan FF is always followed by 00, a restart mark or the end mark: D9 is the end.
    if content.find(b"\xff\xd9", place) < 0:
        raise UnusableContentError(
            "expected a whole JPEG, got one without its end mark: it is cut short; copy it again"
        )
    return Header(kind="jpeg", width=width, height=height, samples=samples, bits=bits, exif=exif)


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the data of each JPEG segment up to the first scan."""
    place = 2
    while True:
        if content[place] != 0xFF:  # noqa: PLR2004 -- every JPEG marker begins so
            raise UnusableContentError(f"expected a JPEG marker at byte {place}, got {content[place]:#04x}")
        marker = content[place + 1]
        if marker == 0xFF:  # noqa: PLR2004 -- fill byte
            place += 1
            continue
        if marker in _WITHOUT_LENGTH:
            raise UnusableContentError(f"expected a JPEG segment at byte {place}, got the mark {marker:#04x}")
        (length,) = struct.unpack_from(">H", content, place + 2)
        end = place + 2 + length
        yield marker, place + 4, end
        if marker == _START_OF_SCAN:
            return
        place = end


def _png(content: bytes) -> Header:
    width, height, bits, colour = struct.unpack_from(">IIBB", content, 16)
    samples = _PNG_SAMPLES.get(colour)
    if content[12:16] != b"IHDR" or samples is None:
        raise UnusableContentError("expected a PNG with a valid header, got a damaged one; copy the file again")
    require_size(width, height, samples)
    exif: bytes | None = None
    place, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, place) if place + 12 <= len(content) else (0, b"")
        end = place + 8 + length
        if not kind or end + 4 > len(content):
            raise UnusableContentError("expected a whole PNG, got one without its end: it is cut short; copy it again")
        (checksum,) = struct.unpack_from(">I", content, end)
        if zlib.crc32(memoryview(content)[place + 4 : end]) != checksum:
            raise UnusableContentError(
                f"expected PNG data with a right checksum, got damage in {kind!r}; copy it again"
            )
        if kind == b"eXIf":
            exif = content[place + 8 : end]
        place = end + 4
    return Header(kind="png", width=width, height=height, samples=samples, bits=bits, exif=exif)


def _pgm(content: bytes) -> Header:
    try:
        start = pgm.pixels_start(content)
        require_size(start.width, start.height, 1)
        pgm.require_complete(content, start)
    except UnusableContentError:
        raise
    except ValueError as error:
        raise UnusableContentError(str(error)) from None
    return Header(kind="pgm", width=start.width, height=start.height, samples=1, bits=start.bits)


def _tiff(content: bytes) -> Header:
    try:
        directory = tiff.first_directory(content)
        width, height = directory.number(tiff.WIDTH, 0), directory.number(tiff.HEIGHT, 0)
        samples, bits = directory.number(tiff.SAMPLES, 1), directory.number(tiff.BITS, 1)
        require_size(width, height, samples)
        tile = directory.number(tiff.TILE_WIDTH, 1) * directory.number(tiff.TILE_LENGTH, 1)
        require_bytes(max(width * height, tile) * samples * bits // 8)
        tiff.require_complete(content, directory)
    except UnusableContentError:
        raise
    except ValueError as error:
        raise UnusableContentError(str(error)) from None
    return Header(kind="tiff", width=width, height=height, samples=samples, bits=bits, exif=content)
