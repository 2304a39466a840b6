"""The field's nouns: what a gateway says and hears. Their bytes on the wire are in ``edge.wire``.

Gateways are updated last, so the field owns this contract and the cloud reads it. Unknown fields are tolerated.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from edge.errors import ContractError

SCHEMA_VERSION: Final = 1
TOPIC_ROOT: Final = f"seguia/v{SCHEMA_VERSION}"

Topic = Literal[
    "detection", "evidence", "heartbeat", "report", "inbound", "reading", "advice", "plan", "command", "ack"
]
Basis = Literal["rgb", "multispectral", "thermal"]
ClockQuality = Literal["exif", "metadata", "sidecar", "arrival", "unknown", "redated"]
"""Who dated a photo. ``redated``: it arrived while the clock was wrong, and was dated once the time was vouched for."""

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
    "not_a_crop_view",
    "soil_only",
    "lens_covered",
    "fog",
    "glare",
    "moved_camera",
    "frozen_frame",
    "camera_drifted",
    "unlike_training",
    "thermal_drift",
    "low_sun",
    "too_windy",
    "air_too_humid",
    "band_missing",
    "bands_misaligned",
    "no_reference",
)


def _rounded(value: float) -> float:
    return round(value, 4)


def _utc_seconds(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError("expected a moment that has a date in UTC") from None


Rounded = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6), AfterValidator(_rounded)]
FractionValue = Annotated[float, Field(allow_inf_nan=False, ge=0.0, le=1.0), AfterValidator(_rounded)]
IndexValue = Annotated[float, Field(allow_inf_nan=False, ge=-2.0, le=2.0), AfterValidator(_rounded)]
Utc = Annotated[AwareDatetime, AfterValidator(_utc_seconds)]
Identifier = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f][^\x00-\x1f]{0,79}$")]
HexDigest = Annotated[str, Field(pattern=r"^[0-9a-f]{24,64}$")]
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SmsId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.:-]{1,80}$")]
SmsState = Literal["taken", "refused", "sent", "delivered", "failed", "expired", "unknown"]


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
    crop_view: FractionValue | None = None
    """Probability that the picture shows a crop in its field at all."""
    novelty: Rounded | None = None
    """Distance from the training photos over the distance at which the model abstains: above 1 it is silent."""
    drift: Rounded | None = None
    """Distance of a fixed camera's colours and view from its own reference over the distance that counts as drift."""


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
    wilting_low: Annotated[int, Field(ge=0, le=4)] | None = None
    """Least score of the set that holds the true score in 9 of 10 photos."""
    wilting_high: Annotated[int, Field(ge=0, le=4)] | None = None
    """Greatest score of that set."""
    wilting_since_dawn: Annotated[float, Field(ge=-4.0, le=4.0), AfterValidator(_rounded)] | None = None
    """Score less the same camera's score at dawn of the day; null without such a photo."""
    stress_index: FractionValue | None = None
    stress_sigma: FractionValue | None = None
    canopy_temperature_c: Rounded | None = None
    cwsi: Rounded | None = None
    cwsi_method: Literal["empirical", "theoretical", "references"] | None = None
    ndvi: IndexValue | None = None
    ndre: IndexValue | None = None
    osavi: IndexValue | None = None
    """Means over the canopy of the vegetation indices whose bands the frame holds."""
    basis: Annotated[tuple[Basis, ...], Field(max_length=3)] = ()
    looks_down: bool | None = None
    """True: the camera looks straight down, so that canopy's share of the picture is ground cover; null: unknown."""
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
    """Row-major u8 grid of stress (0 unknown, 1 none, 255 full), shape in stress_grid_shape."""
    stress_grid_shape: tuple[int, int] | None = None
    dry_rows: tuple[int, ...] = ()
    """Numbers, from 1, of crop rows that stand drier than their neighbours."""


class Command(FieldRecord):
    """An order of the cloud to one gateway: to send one SMS; the same id is never sent twice."""

    kind: Literal["send_sms"] = "send_sms"
    id: SmsId
    about: Annotated[str, Field(min_length=1, max_length=200)]
    """What the text is about, as parcel-day-kind: what a gateway said of itself is not said again for the cloud."""
    attempt: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """A command that was refused is refused again until a greater attempt comes."""
    phone_number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", repr=False)]
    text: Annotated[str, Field(min_length=1, max_length=2000, repr=False)]
    valid_until: Utc
    """From here on the text is worse than none: it is dropped, never sent late."""


class SmsReport(FieldRecord):
    """What became of a commanded SMS. ``taken``: the gateway holds it durably; ``refused``: surely not sent."""

    id: SmsId
    state: SmsState
    attempt: Annotated[int, Field(ge=0)] = 0
    at: Utc | None = None
    """Null when the gateway's clock cannot be believed."""
    parts: Annotated[int, Field(ge=1, le=255)] | None = None
    reason: Annotated[str, Field(max_length=160)] | None = None
    halted: bool = False
    """The modem sends nothing at all until somebody has looked: no SIM, its PIN, no credit, no network."""


class SmsInbound(FieldRecord):
    """What somebody sent to the gateway's own number: a text, or a call that was not answered."""

    name: HexDigest
    """The same text or call has the same name however often it is read."""
    path: Literal["sms", "call"] = "sms"
    phone_number: Annotated[str, Field(min_length=1, max_length=40, repr=False)]
    text: Annotated[str, Field(max_length=4000, repr=False)]
    received_at: Utc | None = None
    """By the network's clock, else the gateway's; null when neither can be believed."""


class CloudTime(FieldRecord):
    """The cloud's time, for a gateway that asked for it in a heartbeat; its question is repeated."""

    at: Utc
    boot: Annotated[str, Field(max_length=40)]
    uptime_s: Annotated[float, Field(ge=0.0, le=1e10, allow_inf_nan=False)]


class Ack(FieldRecord):
    """The ingest's own word that messages are durably stored, or parked with the reason."""

    stored: tuple[tuple[str, int], ...] = ()
    """(boot, sequence) of each message committed to the store."""
    parked: tuple[tuple[str, int, str], ...] = ()
    """(boot, sequence, reason) of each message kept aside, unread, for an operator."""
    time: CloudTime | None = None
    """The cloud's time where the gateway asked for it."""


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
