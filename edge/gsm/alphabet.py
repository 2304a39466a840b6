"""The two alphabets of short messages, as 3GPP TS 23.038 gives them: packed 7-bit letters, and UCS-2."""

from collections.abc import Iterable, Sequence
from typing import Final

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic table: a letter's place is its code; 0x1b is the escape to the extension table."""
EXTENSION: Final = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]"} | {
    0x40: "|",
    0x65: "€",
}
ESCAPE: Final = 0x1B
_SEPTETS: Final = {letter: (code,) for code, letter in enumerate(BASIC) if code != ESCAPE} | {
    letter: (ESCAPE, code) for code, letter in EXTENSION.items()
}
_SEPTET_BITS: Final = 7
_OCTET_BITS: Final = 8


def is_gsm7(text: str) -> bool:
    """Whether every letter of a text is in the 7-bit alphabet."""
    return all(letter in _SEPTETS for letter in text)


def septets_of(text: str) -> tuple[tuple[int, ...], ...]:
    """Codes of each letter: one, or the escape and one."""
    return tuple(_SEPTETS[letter] for letter in text)


def text_of(septets: Iterable[int]) -> str:
    """Letters of codes; an escape before a code without an extension stands for a space, as the standard asks."""
    letters: list[str] = []
    escaped = False
    for code in septets:
        if escaped:
            letters.append(EXTENSION.get(code, " " if code == ESCAPE else BASIC[code]))
            escaped = False
        elif code == ESCAPE:
            escaped = True
        else:
            letters.append(BASIC[code])
    return "".join(letters)


def pack(septets: Sequence[int], fill_bits: int = 0) -> bytes:
    """Septets laid into octets from their lowest bit on, after so many bits of filling."""
    bits = sum(code << (_SEPTET_BITS * place) for place, code in enumerate(septets)) << fill_bits
    return bits.to_bytes((fill_bits + _SEPTET_BITS * len(septets) + _OCTET_BITS - 1) // _OCTET_BITS, "little")


def unpack(octets: bytes, count: int, fill_bits: int = 0) -> tuple[int, ...]:
    """So many septets out of octets, after so many bits of filling; fewer where the octets end."""
    bits = int.from_bytes(octets, "little") >> fill_bits
    held = max(0, _OCTET_BITS * len(octets) - fill_bits) // _SEPTET_BITS
    return tuple((bits >> (_SEPTET_BITS * place)) & 0x7F for place in range(min(count, held)))
