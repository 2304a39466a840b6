"""What a network hands to a modem: texts (SMS-DELIVER) and delivery reports (SMS-STATUS-REPORT), 3GPP TS 23.040."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal

from edge.errors import UnreadablePduError
from edge.gsm.alphabet import text_of, unpack

Fate = Literal["delivered", "trying", "failed", "expired"]

_KIND_BITS: Final = 0x03
_DELIVER: Final = 0x00
_REPORT: Final = 0x02
_USER_HEADER: Final = 0x40
_ALPHANUMERIC: Final = 0x50
_INTERNATIONAL: Final = 0x10
_TYPE_BITS: Final = 0x70
_JOINED_8_BIT: Final = 0x00
_JOINED_16_BIT: Final = 0x08
_WAITING_GROUPS: Final = range(0xC0, 0xE0)
_WIDE_WAITING_GROUP: Final = range(0xE0, 0xF0)
_CLASS_GROUP: Final = range(0xF0, 0x100)
_COMPRESSED: Final = 0x20
_ALPHABET_BITS: Final = 0x0C
_OCTETS: Final = 0x04
_UCS2: Final = 0x08
_NEGATIVE_ZONE: Final = 0x08
_EXPIRED: Final = 0x46
_TRYING: Final = range(0x20, 0x40)
_DELIVERED: Final = range(0x03)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """How a part belongs to a longer text."""

    reference: int
    total: int
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingText:
    """A text, or one part of it."""

    number: str
    sent_at: datetime | None
    """The service centre's own time; None where it is no time."""
    text: str
    joint: Joint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What became of a part that was sent."""

    reference: int
    """The number the network gave the part (0..255)."""
    number: str
    fate: Fate
    code: int


class _Reader:
    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._place = 0

    def take(self, count: int) -> bytes:
        taken = self._octets[self._place : self._place + count]
        if len(taken) < count:
            raise UnreadablePduError(f"message from the network: expected {count} more octets, got {len(taken)}")
        self._place += count
        return taken

    def octet(self) -> int:
        return self.take(1)[0]

    def rest(self) -> bytes:
        return self._octets[self._place :]


def read_pdu(pdu: str) -> IncomingText | StatusReport:
    """What one line of hexadecimal from the modem says; UnreadablePduError when it says nothing that is known."""
    try:
        reader = _Reader(bytes.fromhex(pdu.strip()))
    except ValueError:
        raise UnreadablePduError("message from the network: expected hexadecimal, got other letters") from None
    reader.take(reader.octet())
    first = reader.octet()
    kind = first & _KIND_BITS
    if kind == _DELIVER:
        return _text(reader, has_header=bool(first & _USER_HEADER))
    if kind == _REPORT:
        return _report(reader)
    raise UnreadablePduError(f"message from the network: expected a text or a report, got type {kind}")


def _text(reader: _Reader, *, has_header: bool) -> IncomingText:
    number = _address(reader)
    reader.octet()
    coding = reader.octet()
    sent_at = _time(reader.take(7))
    length = reader.octet()
    content = reader.rest()
    joint, skipped = _header(content) if has_header else (None, 0)
    match _alphabet(coding):
        case "gsm7":
            fill_bits = -8 * skipped % 7
            septets = unpack(content[skipped:], length - (8 * skipped + 6) // 7, fill_bits)
            text = text_of(septets)
        case "ucs2":
            text = content[skipped:length].decode("utf-16-be", "replace")
        case _:
            text = content[skipped:length].decode("latin-1")
    return IncomingText(number=number, sent_at=sent_at, text=text, joint=joint)


def _report(reader: _Reader) -> StatusReport:
    reference = reader.octet()
    number = _address(reader)
    reader.take(14)
    code = reader.octet()
    return StatusReport(reference=reference, number=number, fate=_fate(code), code=code)


def _fate(code: int) -> Fate:
    if code in _DELIVERED:
        return "delivered"
    if code in _TRYING:
        return "trying"
    return "expired" if code == _EXPIRED else "failed"


def _address(reader: _Reader) -> str:
    digits, kind = reader.octet(), reader.octet()
    octets = reader.take((digits + 1) // 2)
    if kind & _TYPE_BITS == _ALPHANUMERIC:
        return text_of(unpack(octets, digits * 4 // 7))
    swapped = "".join(f"{octet & 0x0F:x}{octet >> 4:x}" for octet in octets)[:digits]
    number = swapped.translate(str.maketrans("abc", "*#a"))
    return f"+{number}" if kind & _TYPE_BITS == _INTERNATIONAL else number


def _time(octets: bytes) -> datetime | None:
    year, month, day, hour, minute, second = (10 * (octet & 0x0F) + (octet >> 4) for octet in octets[:6])
    zone = octets[6]
    quarters = 10 * (zone & 0x07) + (zone >> 4)
    offset = timedelta(minutes=15 * (-quarters if zone & _NEGATIVE_ZONE else quarters))
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=timezone(offset))
    except ValueError:
        return None
    return local.astimezone(UTC)


def _header(content: bytes) -> tuple[Joint | None, int]:
    """How a part belongs to others, and the octets its header takes."""
    length = content[0] if content else 0
    elements, joint = content[1 : 1 + length], None
    while len(elements) >= 2:  # noqa: PLR2004 -- an element is its name, its length and so many octets
        name, size = elements[0], elements[1]
        value, elements = elements[2 : 2 + size], elements[2 + size :]
        if name == _JOINED_8_BIT and len(value) == 3:  # noqa: PLR2004 -- reference, total, place
            joint = Joint(reference=value[0], total=value[1], place=value[2])
        if name == _JOINED_16_BIT and len(value) == 4:  # noqa: PLR2004 -- a reference of two octets
            joint = Joint(reference=int.from_bytes(value[:2], "big"), total=value[2], place=value[3])
    sound = joint is not None and 1 <= joint.place <= joint.total
    return (joint if sound else None), 1 + length


def _alphabet(coding: int) -> Literal["gsm7", "ucs2", "octets"]:
    if coding in _CLASS_GROUP:
        return "octets" if coding & _OCTETS else "gsm7"
    if coding in _WIDE_WAITING_GROUP:
        return "ucs2"
    if coding in _WAITING_GROUPS:
        return "gsm7"
    if coding & _COMPRESSED:
        raise UnreadablePduError("message from the network: expected a text, got a compressed one")
    named = coding & _ALPHABET_BITS
    return "ucs2" if named == _UCS2 else "octets" if named == _OCTETS else "gsm7"
