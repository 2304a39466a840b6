"""How patiently a gateway sends, how much, and when a picture goes with it."""

from typing import Literal

from pydantic import Field

from edge.settings.section import Section

EvidencePolicy = Literal["never", "onset", "always"]


class DeliveryConfig(Section):
    """How patiently and how much the gateway sends."""

    outbox_cap_mb: float = Field(
        default=64.0,
        title="Outbox cap [MB]",
        description="When waiting messages pass this, evidence is thinned first, the onset of stress never.",
        ge=0.01,
        le=4096,
    )
    daily_budget_kb: float = Field(
        default=300.0,
        title="Daily byte budget [kB]",
        description="Once a UTC day's sendings pass this, evidence waits for tomorrow; detections never wait.",
        ge=1,
        le=10_000_000,
    )
    compress: bool = Field(
        default=False,
        title="Compression",
        description="true: messages of a kilobyte and more go as zlib streams; a picture's bytes shrink by a quarter.",
    )
    ack_timeout_s: float = Field(
        default=30.0,
        title="Patience for the ingest [s]",
        description="A message without the ingest's own word after this time is sent again.",
        ge=0.1,
        le=3600,
    )
    heartbeat_interval_s: float = Field(
        default=900.0,
        title="Heartbeat interval [s]",
        description="How often the gateway says how it is.",
        ge=1,
        le=86400,
    )
    readings_interval_s: float = Field(
        default=3600.0,
        title="Readings' interval [s]",
        description="How often what sensors measured leaves, in batches; longer on a low battery.",
        ge=1,
        le=86400,
    )


class EvidenceConfig(Section):
    """When a picture goes with a detection, and what counts as stress."""

    policy: EvidencePolicy = Field(
        default="onset", title="Evidence policy", description="never, at the onset of stress, or always."
    )
    onset_wilting_probability: float = Field(
        default=0.5,
        title="Onset by wilting",
        description="Stressed from this probability of visible wilting.",
        gt=0,
        le=1,
    )
    onset_stress_index: float = Field(
        default=0.3, title="Onset by stress index", description="Stressed from this stress index.", gt=0, le=1
    )
    onset_cwsi: float = Field(
        default=0.5, title="Onset by CWSI", description="Stressed from this crop water stress index.", gt=0, le=1
    )
    keep_days: float = Field(
        default=7.0,
        title="Pictures kept [d]",
        description="So long the cloud may ask for a picture that was not sent; also how long one waits to be sent.",
        ge=0,
        le=366,
    )
    keep_mb: float = Field(
        default=8.0,
        title="Room for kept pictures [MB]",
        description="The oldest go first; 0: none are kept.",
        ge=0,
        le=100_000,
    )
