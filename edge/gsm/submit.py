"""A text as the parts a modem is given: SMS-SUBMIT of 3GPP TS 23.040, concatenated where one part is too short."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from edge.gsm.alphabet import is_gsm7, pack, septets_of

GSM7_SINGLE: Final = 160
GSM7_PART: Final = 153
UCS2_SINGLE: Final = 70
UCS2_PART: Final = 67
MOST_PARTS: Final = 255
_SUBMIT: Final = 0x01
_RELATIVE_VALIDITY: Final = 0x10
_STATUS_REPORT: Final = 0x20
_USER_HEADER: Final = 0x40
_INTERNATIONAL: Final = 0x91
_UCS2: Final = 0x08
_HEADER_SEPTETS: Final = 7
_FILL_BITS: Final = 1
SHORTEST_VALIDITY: Final = timedelta(minutes=5)
"""The network knows no shorter one."""
_HALF_DAY: Final = timedelta(hours=12)
_DAY: Final = timedelta(days=1)
_MONTH: Final = timedelta(days=30)
_WEEK: Final = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One part as ``AT+CMGS`` takes it."""

    pdu: str
    """Hexadecimal, beginning with the service centre's own octets."""
    length: int
    """Octets without those of the service centre."""


def submissions(number: str, text: str, *, reference: int, validity: timedelta) -> tuple[Submission, ...]:
    """Parts of a text for an international number (+...), each asking for a delivery report.

    ``reference`` (0..255) tells the telephone which parts belong together; ``validity`` is how long the network may
    keep trying, at least five minutes.
    """
    bodies = split(text)
    if len(bodies) > MOST_PARTS:
        raise ValueError(f"text: at most {MOST_PARTS} parts, got {len(bodies)}")
    wide = not is_gsm7(text)
    several = len(bodies) > 1
    parts = []
    for place, body in enumerate(bodies, start=1):
        header = bytes((5, 0, 3, reference, len(bodies), place)) if several else b""
        first = _SUBMIT | _RELATIVE_VALIDITY | _STATUS_REPORT | (_USER_HEADER if several else 0)
        coding = _UCS2 if wide else 0x00
        fixed = bytes((first, 0)) + _address(number) + bytes((0, coding, relative_validity(validity)))
        octets = fixed + (_wide_body(body, header) if wide else _septet_body(body, header))
        parts.append(Submission(pdu=(b"\x00" + octets).hex().upper(), length=len(octets)))
    return tuple(parts)


def split(text: str) -> tuple[str, ...]:
    """Text of each part; neither an escaped letter nor a surrogate pair is torn apart."""
    if is_gsm7(text):
        return _split(text, [len(codes) for codes in septets_of(text)], GSM7_SINGLE, GSM7_PART)
    return _split(text, [len(letter.encode("utf-16-be")) // 2 for letter in text], UCS2_SINGLE, UCS2_PART)


def relative_validity(validity: timedelta) -> int:
    """Code of the longest validity that is not longer than the one asked for (3GPP TS 23.040, 9.2.3.12.1)."""
    if validity <= _HALF_DAY:
        return max(0, validity // SHORTEST_VALIDITY - 1)
    if validity <= _DAY:
        return 143 + (validity - _HALF_DAY) // timedelta(minutes=30)
    if validity <= _MONTH:
        return 166 + validity // _DAY
    return min(255, 192 + validity // _WEEK)


def _split(text: str, costs: Iterable[int], single: int, part: int) -> tuple[str, ...]:
    costs = tuple(costs)
    if sum(costs) <= single:
        return (text,)
    parts, begin, used = [], 0, 0
    for place, cost in enumerate(costs):
        if used + cost > part:
            parts.append(text[begin:place])
            begin, used = place, 0
        used += cost
    return (*parts, text[begin:])


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    return bytes((len(digits), _INTERNATIONAL)) + semi_octets(digits)


def semi_octets(digits: str) -> bytes:
    """Digits with each pair exchanged, filled up with F, as numbers and times are written."""
    padded = digits + "F" * (len(digits) % 2)
    return bytes.fromhex("".join(padded[place + 1] + padded[place] for place in range(0, len(padded), 2)))


def _septet_body(body: str, header: bytes) -> bytes:
    septets: Sequence[int] = [code for codes in septets_of(body) for code in codes]
    if not header:
        return bytes((len(septets),)) + pack(septets)
    return bytes((_HEADER_SEPTETS + len(septets),)) + header + pack(septets, _FILL_BITS)


def _wide_body(body: str, header: bytes) -> bytes:
    octets = header + body.encode("utf-16-be")
    return bytes((len(octets),)) + octets
