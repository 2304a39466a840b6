"""The field's contract as bytes: compact JSON that a later version may extend and an earlier one still read.

An unknown major version is refused with a ContractError, for the reader to park.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from edge.contract import (
    REASONS,
    SCHEMA_VERSION,
    Ack,
    Command,
    Detection,
    Evidence,
    MessageId,
    ModelReference,
    SmsInbound,
    SmsReport,
)
from edge.errors import ContractError
from edge.heartbeat import Heartbeat

WIRE_DETECTION_MAX_BYTES: Final = 512
HASH_PREFIX_BYTES: Final = 12

SHORT_KEYS: Final[Mapping[str, str]] = {
    "parcel_id": "p",
    "camera_id": "c",
    "taken_at": "t",
    "clock_quality": "q",
    "canopy_cover_fraction": "cc",
    "wilting_score": "ws",
    "wilting_probability": "wp",
    "stress_index": "si",
    "stress_sigma": "ss",
    "canopy_temperature_c": "ct",
    "cwsi": "cw",
    "cwsi_method": "cm",
    "looks_down": "ld",
    "wilting_low": "wl",
    "wilting_high": "wh",
    "wilting_since_dawn": "wd",
    "ndvi": "nv",
    "ndre": "ne",
    "osavi": "os",
}
"""Key on the wire of each field that keeps its value."""
BASIS_LETTERS: Final[Mapping[str, str]] = {"rgb": "r", "multispectral": "m", "thermal": "t"}


def _compact(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def _model_id(model: ModelReference | None) -> str | None:
    if model is None:
        return None
    digest = (model.sha256 or "")[: 2 * HASH_PREFIX_BYTES]
    return f"{model.name}:{model.version}:{digest}"


def _model_of(identifier: object) -> ModelReference | None:
    if identifier is None:
        return None
    if not isinstance(identifier, str):
        raise TypeError(f"expected a model as name:version:hash, got {identifier!r}")
    name, version, digest = identifier.split(":")
    return ModelReference(name=name, version=version, sha256=digest or None)


def encode_detection(detection: Detection, boot: str, sequence: int) -> bytes:
    """Bytes of a detection on the wire, at most 512; path, quality and elapsed_ms stay in the field.

    Hashes are shortened to their first 12 bytes.
    """
    plain = detection.model_dump(mode="json", include=set(SHORT_KEYS), exclude_none=True)
    content: dict[str, Any] = {
        "v": SCHEMA_VERSION,
        "b": boot,
        "s": sequence,
        "h": detection.sha256[: 2 * HASH_PREFIX_BYTES],
        "m": _model_id(detection.model),
        "o": int(detection.opinion),
        **{SHORT_KEYS[name]: value for name, value in plain.items()},
    }
    if detection.reasons:
        content["r"] = [REASONS.index(reason) if reason in REASONS else reason for reason in detection.reasons]
    if detection.basis:
        content["ba"] = "".join(BASIS_LETTERS[basis] for basis in detection.basis)
    payload = _compact(content)
    if len(payload) > WIRE_DETECTION_MAX_BYTES:
        raise ContractError(
            f"detection of parcel {detection.parcel_id}: at most {WIRE_DETECTION_MAX_BYTES} bytes on the wire,"
            f" got {len(payload)}; shorten the parcel and camera identifiers or its reasons"
        )
    return payload


def decode_detection(gateway: str, payload: bytes) -> tuple[MessageId, Detection]:
    """Message id and detection in its file form; ContractError when the payload cannot be read."""
    content = _content(payload)
    try:
        letters = {letter: basis for basis, letter in BASIS_LETTERS.items()}
        named = {name: content[short] for name, short in SHORT_KEYS.items() if short in content}
        detection = Detection(
            sha256=content["h"],
            model=_model_of(content["m"]),
            opinion=_opinion_of(content["o"]),
            reasons=_reasons_of(content.get("r", ())),
            basis=tuple(letters[letter] for letter in _text_of(content.get("ba", ""))),
            **named,
        )
        return message_id(gateway, content), detection
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise ContractError(_refusal("detection", error)) from error


def _opinion_of(value: object) -> bool:
    if not isinstance(value, int) or value not in (0, 1):
        raise ValueError(f"o: expected 0 or 1, got {value!r}")
    return bool(value)


def _text_of(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"ba: expected a text, got {value!r}")
    return value


def _reasons_of(codes: Sequence[int | str]) -> tuple[str, ...]:
    if not isinstance(codes, list | tuple):
        raise TypeError(f"r: expected a list, got {codes!r}")
    # A code of a later version keeps its number, so that nothing is lost before this side is updated.
    return tuple(
        code if isinstance(code, str) else REASONS[code] if 0 <= code < len(REASONS) else f"code_{code}"
        for code in codes
    )


def encode_evidence(evidence: Evidence, boot: str, sequence: int) -> bytes:
    """Bytes of an evidence message: binary parts in base64."""
    content = evidence.model_dump(mode="json", exclude={"image_jpeg", "mask_png", "stress_grid"}, exclude_none=True)
    for name in ("image_jpeg", "mask_png", "stress_grid"):
        value: bytes | None = getattr(evidence, name)
        if value is not None:
            content[name] = base64.b64encode(value).decode()
    return _compact({"v": SCHEMA_VERSION, "b": boot, "s": sequence, **content})


def decode_evidence(gateway: str, payload: bytes) -> tuple[MessageId, Evidence]:
    """Message id and evidence; ContractError when the payload cannot be read."""
    content = _content(payload)
    try:
        parts = {
            name: base64.b64decode(content[name], validate=True) if name in content else None
            for name in ("image_jpeg", "mask_png", "stress_grid")
        }
        plain = {name: value for name, value in content.items() if name not in parts}
        return message_id(gateway, content), Evidence.model_validate({"taken_at": None, **plain, **parts})
    except (KeyError, TypeError, ValueError, binascii.Error, ValidationError) as error:
        raise ContractError(_refusal("evidence", error)) from error


def encode(record: Heartbeat | Ack) -> bytes:
    """Bytes of a record that is not queued."""
    return _compact({"v": SCHEMA_VERSION, **record.model_dump(mode="json", exclude_none=True)})


def decode_heartbeat(payload: bytes) -> Heartbeat:
    """Heartbeat read from the wire; ContractError when it cannot be read."""
    try:
        return Heartbeat.model_validate(_content(payload))
    except ValidationError as error:
        raise ContractError(_refusal("heartbeat", error)) from error


def decode_ack(payload: bytes) -> Ack:
    """Ack read from the wire; ContractError when it cannot be read."""
    try:
        return Ack.model_validate(_content(payload))
    except ValidationError as error:
        raise ContractError(_refusal("ack", error)) from error


def encode_sms(word: SmsReport | SmsInbound, boot: str, sequence: int) -> bytes:
    """Bytes of what a gateway's modem tells."""
    return _compact({"v": SCHEMA_VERSION, "b": boot, "s": sequence, **word.model_dump(mode="json", exclude_none=True)})


def decode_report(gateway: str, payload: bytes) -> tuple[MessageId, SmsReport]:
    """Message id and report; ContractError, which repeats no content, when the payload cannot be read."""
    content = _content(payload)
    try:
        return message_id(gateway, content), SmsReport.model_validate(content)
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(_discreet("report", error)) from None


def decode_inbound(gateway: str, payload: bytes) -> tuple[MessageId, SmsInbound]:
    """Message id and text or call; ContractError, which repeats no content, when the payload cannot be read."""
    content = _content(payload)
    try:
        return message_id(gateway, content), SmsInbound.model_validate(content)
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(_discreet("inbound", error)) from None


def encode_command(command: Command, topic: str, key: bytes | None = None) -> bytes:
    """Bytes of a command; with a key, sealed for this very topic, so that no other gateway takes it."""
    content = {"v": SCHEMA_VERSION, **command.model_dump(mode="json")}
    return _compact(content if key is None else {**content, "mac": seal(content, topic, key)})


def decode_command(topic: str, payload: bytes, key: bytes | None = None) -> Command:
    """Command heard on a topic; ContractError when it cannot be read, or is not sealed with the key that is asked for.

    A message never repeats a number or a text.
    """
    content = _content(payload)
    mac = content.pop("mac", None)
    if key is not None and not (isinstance(mac, str) and hmac.compare_digest(mac, seal(content, topic, key))):
        raise ContractError("command: expected one sealed with this gateway's command key, got another; it is ignored")
    try:
        return Command.model_validate(content)
    except ValidationError as error:
        raise ContractError(_discreet("command", error)) from None


def seal(content: Mapping[str, Any], topic: str, key: bytes) -> str:
    """HMAC of a command's content for one topic [64 hex digits]."""
    canonical = json.dumps(content, separators=(",", ":"), ensure_ascii=True, sort_keys=True)
    return hmac.new(key, f"{topic}\n{canonical}".encode(), hashlib.sha256).hexdigest()


def _discreet(kind: str, error: Exception) -> str:
    """Where a record of a person cannot be read, without what stands there."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{kind}: {'.'.join(str(part) for part in first['loc'])}: {first['type']}"
    return f"{kind}: {type(error).__name__}"


def message_id(gateway: str, content: Mapping[str, Any]) -> MessageId:
    """Stable name carried by a queued message's content."""
    boot, sequence = content["b"], content["s"]
    if not isinstance(boot, str) or not boot or not isinstance(sequence, int) or isinstance(sequence, bool):
        raise ValueError("boot must be a non-empty text and sequence an integer")
    return MessageId(gateway=gateway, boot=boot, sequence=sequence)


def peek_message_id(gateway: str, payload: bytes) -> MessageId | None:
    """Stable name of a message that may be otherwise unreadable, so that it can be parked and acknowledged."""
    try:
        return message_id(gateway, json.loads(payload))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _content(payload: bytes) -> dict[str, Any]:
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"message of {len(payload)} bytes: expected a JSON object, got {error}") from error
    if not isinstance(content, dict):
        raise ContractError(f"message: expected a JSON object, got {type(content).__name__}")
    if content.get("v") != SCHEMA_VERSION:
        raise ContractError(f"message: version {content.get('v')!r} is not understood here (only {SCHEMA_VERSION})")
    return content


def _refusal(kind: str, error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{kind}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}, got {first['input']!r}"
    return f"{kind}: {type(error).__name__}: {error}"
