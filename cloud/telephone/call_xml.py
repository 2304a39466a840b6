"""What a call does next, as the carrier's XML; every text and address is escaped by the XML writer, none is pasted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

MEDIA_TYPE: Final = "application/xml"
PROLOGUE: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_TEXT_BOUNDS: Final = ((0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF))


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Words that the carrier reads out, in one of its voices."""

    text: str
    voice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A recording at an address that the carrier can reach."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetDigits:
    """A question; the key pressed is posted to the address."""

    asks: "Say | Play"
    callback_url: str
    timeout_s: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """The call is not taken, and costs nobody anything."""


Action = Say | Play | GetDigits | Reject


def response(actions: Iterable[Action]) -> str:
    """The document for a call; without actions the carrier hangs up."""
    root = Element("Response")
    for action in actions:
        _add(root, action)
    return PROLOGUE + tostring(root, encoding="unicode")


def _add(parent: Element, action: Action) -> None:
    if isinstance(action, Say):
        SubElement(parent, "Say", {"voice": _plain(action.voice)}).text = _plain(action.text)
    elif isinstance(action, Play):
        SubElement(parent, "Play", {"url": _plain(action.url)})
    elif isinstance(action, GetDigits):
        limits = {"timeout": str(action.timeout_s), "numDigits": "1", "callbackUrl": _plain(action.callback_url)}
        _add(SubElement(parent, "GetDigits", limits), action.asks)
    else:
        SubElement(parent, "Reject")


def _plain(text: str) -> str:
    """The text without characters that XML 1.0 cannot hold, on one line."""
    kept = (
        character if any(low <= ord(character) <= high for low, high in _TEXT_BOUNDS) else " " for character in text
    )
    return " ".join("".join(kept).split())
