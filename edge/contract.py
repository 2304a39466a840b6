"""The field's language: what a gateway says and hears, as records and as bytes on the wire.

Gateways are updated last, so the field owns this contract and the cloud reads it.
Unknown fields are tolerated on reading; an unknown major version is refused, for the reader to park.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.errors import ContractError

SCHEMA_VERSION: Final = 1
TOPIC_ROOT: Final = f"seguia/v{SCHEMA_VERSION}"
WIRE_DETECTION_MAX_BYTES: Final = 512
HASH_PREFIX_BYTES: Final = 12

Topic = Literal["detection", "evidence", "heartbeat", "plan", "command", "ack"]
Basis = Literal["rgb", "multispectral", "thermal"]
ClockQuality = Literal["exif", "metadata", "sidecar", "arrival", "unknown"]

# Append only: a reason's place in this table is its code on the wire.
REASONS: Final = (
    "unreadable",
    "too_large",
    "blurred",
    "dark",
    "overexposed",
    "low_canopy",
    "crop_unknown",
    "crop_not_validated",
    "no_weather",
    "no_radiometric_calibration",
    "no_stress_calibration",
    "no_model",
    "stale",
    "taken_at_unknown",
    "bands_unknown",
    "low_contrast",
    "implausible_temperature",
    "no_colour",
    "no_canopy_contrast",
    "no_cwsi_baseline",
    "outside_cwsi_window",
)


def _rounded(value: float) -> float:
    return round(value, 4)


def _utc_seconds(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(microsecond=0)


Rounded = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6), AfterValidator(_rounded)]
FractionValue = Annotated[float, Field(allow_inf_nan=False, ge=0.0, le=1.0), AfterValidator(_rounded)]
Utc = Annotated[AwareDatetime, AfterValidator(_utc_seconds)]
Identifier = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f][^\x00-\x1f]{0,79}$")]
HexDigest = Annotated[str, Field(pattern=r"^[0-9a-f]{24,64}$")]
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class FieldRecord(BaseModel):
    """A frozen record of the field; files may carry fields of later versions, which are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class ModelReference(FieldRecord):
    """Which model gave an opinion; the hash is null for a rule without weights."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,23}$")]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.+-]{1,16}$")]
    sha256: HexDigest | None


class Quality(FieldRecord):
    """What the quality gate measured on a frame."""

    sharpness: Rounded | None = None
    """Finest detail over detail of 2 to 4 px, at 384 px width: ratio of grey level variances."""
    exposure: FractionValue | None = None
    """Mean luminance."""
    glare: FractionValue | None = None
    """Share of saturated pixels."""
    darkness: FractionValue | None = None
    """Share of nearly black pixels."""
    contrast: FractionValue | None = None
    """Standard deviation of luminance."""


class Detection(FieldRecord):
    """What one frame says about one parcel: an opinion, or the reasons why there is none."""

    path: str | None = None
    parcel_id: Identifier | None = None
    camera_id: Identifier | None = None
    taken_at: Utc | None = None
    clock_quality: ClockQuality = "unknown"
    sha256: HexDigest
    model: ModelReference | None
    opinion: bool
    reasons: Annotated[tuple[Reason, ...], Field(max_length=8)] = ()
    canopy_cover_fraction: FractionValue | None = None
    wilting_score: Annotated[float, Field(ge=0.0, le=4.0), AfterValidator(_rounded)] | None = None
    wilting_probability: FractionValue | None = None
    stress_index: FractionValue | None = None
    stress_sigma: FractionValue | None = None
    canopy_temperature_c: Rounded | None = None
    cwsi: Rounded | None = None
    cwsi_method: Literal["empirical", "theoretical"] | None = None
    basis: Annotated[tuple[Basis, ...], Field(max_length=3)] = ()
    quality: Quality | None = None
    elapsed_ms: Annotated[float, Field(ge=0.0), AfterValidator(lambda value: round(value, 1))] | None = None

    @model_validator(mode="after")
    def _an_abstention_gives_its_reason(self) -> Self:
        if not self.opinion and not self.reasons:
            raise ValueError("a detection without an opinion must give its reasons")
        return self


@dataclass(frozen=True, slots=True, order=True)
class MessageId:
    """Stable name of a message: receiving it twice changes nothing."""

    gateway: str
    boot: str
    sequence: int


class Evidence(FieldRecord):
    """The picture behind a detection, small enough for 2G; the browser composites its layers."""

    parcel_id: Identifier
    camera_id: Identifier | None = None
    taken_at: Utc | None
    detection_boot: str
    detection_sequence: int
    image_jpeg: bytes
    """Crop of the photo, at most 8 kB."""
    mask_png: bytes | None
    """1-bit canopy mask at the size of the crop."""
    stress_grid: bytes | None = None
    """Row-major u8 grid of stress (0 none, 255 full), shape in stress_grid_shape."""
    stress_grid_shape: tuple[int, int] | None = None
    dry_rows: tuple[int, ...] = ()


class Heartbeat(FieldRecord):
    """A gateway's own state."""

    online: bool
    at: Utc | None = None
    software: str = ""
    queued: int = 0
    oldest_queued_s: Rounded | None = None
    disk_free_mb: Rounded | None = None
    rss_mb: Rounded | None = None
    models: tuple[str, ...] = ()


class Ack(FieldRecord):
    """The ingest's own word that messages are durably stored, or parked with the reason."""

    stored: tuple[tuple[str, int], ...] = ()
    """(boot, sequence) of each message committed to the store."""
    parked: tuple[tuple[str, int, str], ...] = ()
    """(boot, sequence, reason) of each message kept aside, unread, for an operator."""


def topic_of(organisation: str, gateway: str, kind: Topic) -> str:
    """Topic of one kind of message of one gateway."""
    return f"{TOPIC_ROOT}/{organisation}/{gateway}/{kind}"


def parse_topic(topic: str) -> tuple[str, str, str]:
    """Organisation, gateway and kind named by a topic; ContractError when it is not ours."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] != "seguia" or not all(parts):  # noqa: PLR2004 -- the five levels of a topic
        raise ContractError(f"topic {topic!r}: expected seguia/v{SCHEMA_VERSION}/<organisation>/<gateway>/<kind>")
    if parts[1] != f"v{SCHEMA_VERSION}":
        raise ContractError(f"topic {topic!r}: version {parts[1]} is not understood here (only v{SCHEMA_VERSION})")
    return parts[2], parts[3], parts[4]


_SHORT: Final[Mapping[str, str]] = {
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
}
_BASIS_LETTER: Final[Mapping[str, str]] = {"rgb": "r", "multispectral": "m", "thermal": "t"}


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
    plain = detection.model_dump(mode="json", include=set(_SHORT), exclude_none=True)
    content: dict[str, Any] = {
        "v": SCHEMA_VERSION,
        "b": boot,
        "s": sequence,
        "h": detection.sha256[: 2 * HASH_PREFIX_BYTES],
        "m": _model_id(detection.model),
        "o": int(detection.opinion),
        **{_SHORT[name]: value for name, value in plain.items()},
    }
    if detection.reasons:
        content["r"] = [REASONS.index(reason) if reason in REASONS else reason for reason in detection.reasons]
    if detection.basis:
        content["ba"] = "".join(_BASIS_LETTER[basis] for basis in detection.basis)
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
        letters = {letter: basis for basis, letter in _BASIS_LETTER.items()}
        named = {name: content[short] for name, short in _SHORT.items() if short in content}
        detection = Detection(
            sha256=content["h"],
            model=_model_of(content["m"]),
            opinion=bool(content["o"]),
            reasons=_reasons_of(content.get("r", ())),
            basis=tuple(letters[letter] for letter in content.get("ba", "")),
            **named,
        )
        return message_id(gateway, content), detection
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise ContractError(_refusal("detection", error)) from error


def _reasons_of(codes: Iterable[int | str]) -> tuple[str, ...]:
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
