"""What a mobile network puts into PDUs, and reads out of those it is given: the other end of ``edge.gsm``."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from edge.gsm.alphabet import is_gsm7, pack, septets_of, text_of, unpack
from edge.gsm.submit import semi_octets, split

_USER_HEADER: Final = 0x40
_UCS2: Final = 0x08
_HEADER_OCTETS: Final = 6
_HEADER_SEPTETS: Final = 7
_CENTRE: Final = "07911226549090F1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPart:
    """A part as the network took it."""

    number: str
    text: str
    validity_code: int
    wants_report: bool
    joint: tuple[int, int, int] | None
    """Reference, number of parts and place."""
    reference: int
    """The number the network gave it."""


def read_submission(pdu: str, reference: int) -> SentPart:
    """A part out of what ``AT+CMGS`` was given."""
    octets = bytes.fromhex(pdu)
    first, digits = octets[1], octets[3]
    numbered = (digits + 1) // 2
    number = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in octets[5 : 5 + numbered])[:digits]
    coding, validity, length = octets[6 + numbered], octets[7 + numbered], octets[8 + numbered]
    body = octets[9 + numbered :]
    header = _HEADER_OCTETS if first & _USER_HEADER else 0
    joint = (body[3], body[4], body[5]) if header else None
    if coding == _UCS2:
        text = body[header:length].decode("utf-16-be")
    elif header:
        text = text_of(unpack(body[header:], length - _HEADER_SEPTETS, 1))
    else:
        text = text_of(unpack(body, length))
    return SentPart(
        number=f"+{number}",
        text=text,
        validity_code=validity,
        wants_report=bool(first & 0x20),
        joint=joint,
        reference=reference,
    )


def delivery(number: str, text: str, at: datetime, *, reference: int = 1) -> tuple[str, ...]:
    """PDUs of a text that somebody sends, one for each part."""
    bodies = split(text)
    several = len(bodies) > 1
    wide = not is_gsm7(text)
    pdus = []
    for place, body in enumerate(bodies, start=1):
        header = bytes((5, 0, 3, reference, len(bodies), place)) if several else b""
        first = bytes((0x44 if several else 0x04,)) + _address(number)
        fixed = first + bytes((0, _UCS2 if wide else 0)) + _time(at)
        pdus.append(_CENTRE + (fixed + _body(body, header, wide=wide)).hex().upper())
    return tuple(pdus)


def status_report(number: str, reference: int, code: int, at: datetime) -> str:
    """PDU that tells what became of a part."""
    octets = bytes((0x06, reference)) + _address(number) + _time(at) + _time(at) + bytes((code,))
    return _CENTRE + octets.hex().upper()


def _body(body: str, header: bytes, *, wide: bool) -> bytes:
    if wide:
        octets = header + body.encode("utf-16-be")
        return bytes((len(octets),)) + octets
    septets = [code for codes in septets_of(body) for code in codes]
    if header:
        return bytes((_HEADER_SEPTETS + len(septets),)) + header + pack(septets, 1)
    return bytes((len(septets),)) + pack(septets)


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    kind = 0x91 if number.startswith("+") else 0x81
    return bytes((len(digits), kind)) + semi_octets(digits)


def _time(at: datetime) -> bytes:
    return semi_octets(at.astimezone(UTC).strftime("%y%m%d%H%M%S") + "00")
