"""What arrives from the field, read without side effects: a record to store, or a payload to park with its reason."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from edge.contract import Detection, Evidence, MessageId, SmsInbound, SmsReport, parse_topic
from edge.errors import ContractError
from edge.gateway_advice import GatewayAdvice, decode_advice
from edge.heartbeat import Heartbeat
from edge.reading import ReadingBatch, decode_readings
from edge.squeeze import plain
from edge.wire import (
    decode_detection,
    decode_evidence,
    decode_heartbeat,
    decode_inbound,
    decode_report,
    peek_message_id,
)

ACCEPTED_BYTES: Final = 64 * 1024
"""The largest payload that is read; a larger one is parked, cut to this size."""
PEEKED_BYTES: Final = 1024 * 1024
"""The largest payload whose id is still looked for, so that its gateway can be told."""
_LARGEST_SEQUENCE: Final = 2**63 - 1
_NAME: Final = re.compile(r"[^\s\x00-\x1f][^\x00-\x1f]{0,79}")
_REASON_LENGTH: Final = 200
_PLAIN_LETTERS: Final = 80

Outcome = Literal["stored", "known", "parked"]
Content = Detection | Evidence | Heartbeat | SmsReport | SmsInbound | ReadingBatch | GatewayAdvice
OF_MODEMS: Final = frozenset({"report", "inbound"})
"""What a gateway's modem tells."""
OF_PEOPLE: Final = OF_MODEMS | {"advice"}
"""What may hold a person: of what cannot be read, nothing personal is kept in the clear."""
_IMPERSONAL: Final = frozenset({"v", "b", "s", "id", "name", "path", "state", "attempt", "parts", "at", "received_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A payload that cannot be read here, kept for an operator."""

    payload: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message of one gateway; the gateway's name comes from the topic, never from the payload."""

    organisation: str
    gateway: str
    kind: str
    message: MessageId | None
    content: Content | Parked
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of one arrival; only an arrival with an id can be acknowledged."""

    organisation: str
    gateway: str
    kind: str
    message: MessageId | None
    outcome: Outcome
    reason: str | None = None


def read_arrival(topic: str, payload: bytes, received_at: datetime) -> Arrival:
    """Arrival of one MQTT message; whatever cannot be read comes back parked with the reason."""
    try:
        organisation, gateway, kind = parse_topic(topic)
    except ContractError as error:
        return _parked(("unknown", "unknown", "unknown"), None, payload, str(error), received_at)
    place = (organisation, gateway, kind)
    if not (_is_name(organisation) and _is_name(gateway)):
        reason = "organisation and gateway: expected names of 1 to 80 printable characters without spaces in front"
        return _parked((organisation[:80], gateway[:80], kind), None, payload, reason, received_at)
    if len(payload) > ACCEPTED_BYTES:
        reason = f"{kind}: at most {ACCEPTED_BYTES} bytes are read, got {len(payload)}"
        return _parked(place, _message_of(gateway, payload), payload, reason, received_at)
    try:
        payload = plain(payload, ACCEPTED_BYTES)
        message, content = _decoded(gateway, kind, payload)
    except (ContractError, RecursionError, ValueError, OverflowError) as error:
        return _parked(place, _message_of(gateway, payload), payload, str(error), received_at)
    if not all(_storable(name) for name in _names(message, content)):
        reason = "boot: expected 1 to 80 printable characters; sequence: expected 0 to 2^63 - 1"
        return _parked(place, _message_of(gateway, payload), payload, reason, received_at)
    return Arrival(
        organisation=organisation,
        gateway=gateway,
        kind=kind,
        message=message,
        content=content,
        received_at=received_at,
    )


def parked_again(arrival: Arrival, payload: bytes, reason: str) -> Arrival:
    """The same arrival, kept aside because it could be read but not stored."""
    place = (arrival.organisation, arrival.gateway, arrival.kind)
    return _parked(place, arrival.message, payload, reason, arrival.received_at)


def _heartbeat(_gateway: str, payload: bytes) -> tuple[MessageId | None, Content]:
    return None, decode_heartbeat(payload)


_DECODERS: Final[Mapping[str, Callable[[str, bytes], tuple[MessageId | None, Content]]]] = {
    "detection": decode_detection,
    "evidence": decode_evidence,
    "heartbeat": _heartbeat,
    "report": decode_report,
    "inbound": decode_inbound,
    "advice": decode_advice,
    "reading": decode_readings,
}


def _decoded(gateway: str, kind: str, payload: bytes) -> tuple[MessageId | None, Content]:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise ContractError(f"topic kind {kind!r}: expected one of {', '.join(_DECODERS)}")
    return decoder(gateway, payload)


def _message_of(gateway: str, payload: bytes) -> MessageId | None:
    if len(payload) > PEEKED_BYTES:
        return None
    try:
        message = peek_message_id(gateway, payload)
    except RecursionError:
        return None
    return message if message is not None and _storable(message) else None


def _names(message: MessageId | None, content: Content) -> tuple[MessageId, ...]:
    names: tuple[MessageId, ...] = () if message is None else (message,)
    if isinstance(content, Evidence):
        names += (MessageId(gateway="", boot=content.detection_boot, sequence=content.detection_sequence),)
    return names


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and text.isprintable()


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _storable(message: MessageId) -> bool:
    return _is_name(message.boot) and 0 <= message.sequence <= _LARGEST_SEQUENCE


def _parked(
    place: tuple[str, str, str], message: MessageId | None, payload: bytes, reason: str, received_at: datetime
) -> Arrival:
    organisation, gateway, kind = place
    if kind in OF_PEOPLE:
        payload = without_person(payload)
    plain = reason.encode("utf-8", "replace").decode().replace("\x00", "?")
    return Arrival(
        organisation=_shown(organisation),
        gateway=_shown(gateway),
        kind=_shown(kind)[:80],
        message=message,
        content=Parked(payload=payload[:ACCEPTED_BYTES], reason=plain[:_REASON_LENGTH]),
        received_at=received_at,
    )


def without_person(payload: bytes) -> bytes:
    """What may be kept in the clear of a modem's word: who wrote and what is withheld."""
    try:
        content = json.loads(payload[:ACCEPTED_BYTES])
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        return re.sub(rb"[^\s{}\[\]\":,]", b"#", payload[:ACCEPTED_BYTES])
    known = {key: _plain(value) if key in _IMPERSONAL else "(withheld)" for key, value in content.items()}
    return json.dumps(known, ensure_ascii=True).encode()


def _plain(value: object) -> object:
    """A short word or number as it is; anything else could hold a person."""
    plain = isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= _PLAIN_LETTERS)
    return value if plain else "(withheld)"
