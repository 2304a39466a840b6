"""Grey maps (PGM), as thermal loggers write them: binary (P5) or as text (P2), 8 or 16 bits a pixel."""

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SIGNATURES: Final = frozenset({b"P2", b"P5"})
MAX_TEXT_PIXELS: Final = 2_000_000  # each takes some 40 bytes of memory while it is text
GREATEST: Final = 65535

# Width, height and greatest value; a comment runs to the end of its line; one white space ends the header. Each byte
# before the width fits one way only, so that a hostile header takes no longer than its length.
_HEADER: Final = re.compile(rb"P([25])(?:\s|#[^\n]*\n)+(\d{1,9})\s+(\d{1,9})\s+(\d{1,5})\s")
_HEADER_MAX_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What stands before the pixels: where they begin, their size, their bits and whether they are text."""

    place: int
    width: int
    height: int
    bits: int
    text: bool


def pixels_start(content: bytes) -> Start:
    """Header of a grey map; ValueError when it is damaged."""
    match = _HEADER.match(content, 0, _HEADER_MAX_BYTES)
    if match is None:
        raise ValueError("expected a PGM with width, height and greatest value, got none; copy it again")
    form, width, height, greatest = (int(text) for text in match.groups())
    if not 1 <= greatest <= GREATEST:
        raise ValueError(f"expected a greatest value of 1 to {GREATEST} in a PGM, got {greatest}; save it again")
    bits = 8 if greatest < 256 else 16  # noqa: PLR2004 -- a byte
    return Start(place=match.end(), width=width, height=height, bits=bits, text=form == 2)  # noqa: PLR2004 -- P2


def require_complete(content: bytes, start: Start) -> None:
    """ValueError when the pixels do not all stand in the file, or are more text than a gateway should unpack."""
    count = start.width * start.height
    if start.text and count > MAX_TEXT_PIXELS:
        raise ValueError(f"expected at most {MAX_TEXT_PIXELS} pixels as text, got {count}; save the PGM as binary")
    least_bytes = 2 * count - 1 if start.text else count * start.bits // 8
    if len(content) - start.place < least_bytes:
        raise ValueError("expected a whole PGM, got one that ends inside its pixels: it is cut short; copy it again")


def pixels(content: bytes) -> NDArray[Any]:
    """Grey values (H, W) of a whole grey map, uint8 or uint16; ValueError when they are no such numbers."""
    start = pixels_start(content)
    count = start.width * start.height
    kind = np.dtype(f">u{start.bits // 8}")
    if not start.text:
        return _native(np.frombuffer(content, kind, count, start.place), start)
    texts = content[start.place :].split(maxsplit=count)[:count]
    if len(texts) < count or not all(text.isdigit() and len(text) <= 5 for text in texts):  # noqa: PLR2004 -- 65535
        raise ValueError(f"expected {count} whole numbers in a PGM, got {len(texts)} or other text; copy it again")
    values = np.array(texts, dtype="S5").astype(np.int64)
    if values.max() > np.iinfo(kind).max:
        raise ValueError(f"expected PGM values of at most {np.iinfo(kind).max}, got {values.max()}; save it again")
    return _native(values, start)


def _native(values: NDArray[Any], start: Start) -> NDArray[Any]:
    return np.ascontiguousarray(values.reshape(start.height, start.width), dtype=np.dtype(f"u{start.bits // 8}"))
