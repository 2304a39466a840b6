"""How many short messages a text costs, by the rules of 3GPP 23.038 and 23.040.

One character outside the GSM 7-bit alphabet turns the whole text into UCS-2, from 160 to 70 characters a part.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

GSM7_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic table without its escape position."""
GSM7_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""Characters that need the escape and so cost two units."""
GSM7_SINGLE: Final = 160
GSM7_PART: Final = 153
UCS2_SINGLE: Final = 70
UCS2_PART: Final = 67
BASIC_PLANE_LAST: Final = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmentation:
    """Encoding of a text, its length in the encoding's units, and how many parts carry it."""

    encoding: Literal["gsm7", "ucs2"]
    units: int
    segments: int


def segments(text: str) -> Segmentation:
    """Encoding, units and parts of a text; an escape or a surrogate pair is never split between two parts."""
    if is_cheap(text):
        costs = [2 if character in GSM7_EXTENSION else 1 for character in text]
        return Segmentation(encoding="gsm7", units=sum(costs), segments=_parts(costs, GSM7_SINGLE, GSM7_PART))
    costs = [2 if ord(character) > BASIC_PLANE_LAST else 1 for character in text]
    return Segmentation(encoding="ucs2", units=sum(costs), segments=_parts(costs, UCS2_SINGLE, UCS2_PART))


def is_cheap(text: str) -> bool:
    """Whether a text keeps to the GSM 7-bit alphabet."""
    return all(character in GSM7_BASIC or character in GSM7_EXTENSION for character in text)


def fits_budget(text: str) -> bool:
    """Whether a text keeps to one GSM 7-bit part or two UCS-2 parts."""
    found = segments(text)
    return found.segments <= (1 if found.encoding == "gsm7" else 2)


def _parts(costs: Iterable[int], single: int, part: int) -> int:
    costs = tuple(costs)
    if sum(costs) <= single:
        return 1
    parts, used = 1, 0
    for cost in costs:
        if used + cost > part:
            parts, used = parts + 1, 0
        used += cost
    return parts
