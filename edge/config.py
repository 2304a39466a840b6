"""What an installer decides about a gateway: one frozen record, each field with its meaning and bounds."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from edge.contract import Identifier

TopicLevel = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
Protocol = Literal["v5", "v3.1.1"]
EvidencePolicy = Literal["never", "onset", "always"]


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    return path if folder is None else Path(folder) / path.expanduser()


LocalPath = Annotated[Path, AfterValidator(_beside_the_file)]
"""A path; a relative one starts at the folder of the configuration file."""


class Section(BaseModel):
    """A part of the configuration: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _stays_here(host: str) -> bool:
    """Whether what is said to a host never leaves this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class BrokerConfig(Section):
    """The MQTT broker and how to reach it."""

    host: str = Field(
        default="127.0.0.1", title="Broker host", description="Name or address of the MQTT broker.", min_length=1
    )
    port: int = Field(
        default=1883, title="Broker port", description="1883 is usual without TLS, 8883 with TLS.", ge=1, le=65535
    )
    protocol: Protocol = Field(
        default="v5", title="MQTT version", description="v5 falls back to v3.1.1 by itself when the broker refuses it."
    )
    keepalive_s: int = Field(
        default=60,
        title="Keep alive [s]",
        description="Longest silence before the broker tells our will.",
        ge=5,
        le=3600,
    )
    username: str | None = Field(
        default=None, title="User name", description="Broker account; leave out when certificates name the gateway."
    )
    password_file: LocalPath | None = Field(
        default=None, title="Password file", description="File whose first line is the password; never the password."
    )
    ca_file: LocalPath | None = Field(
        default=None,
        title="Certificate authority",
        description="PEM file the broker is checked against; switches TLS on.",
    )
    certificate_file: LocalPath | None = Field(
        default=None, title="Gateway certificate", description="PEM file that names this gateway to the broker."
    )
    key_file: LocalPath | None = Field(
        default=None, title="Gateway key", description="PEM file of the private key that belongs to the certificate."
    )

    @model_validator(mode="after")
    def _parts_belong_together(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together: give both or neither")
        if self.certificate_file is not None and self.ca_file is None:
            raise ValueError("a gateway certificate needs ca_file, which switches TLS on")
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs username")
        if self.username is not None and self.ca_file is None and not _stays_here(self.host):
            raise ValueError("username needs ca_file, which switches TLS on: its password would cross the network")
        return self


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


class ModemConfig(Section):
    """The gateway's own GSM modem, by which it sends and hears SMS for the cloud."""

    device: LocalPath = Field(
        default=Path("/dev/seguia-modem"),
        title="Modem device",
        description="Serial port that answers AT commands, e.g. /dev/ttyUSB2.",
    )
    baud_rate: Literal[9600, 57600, 115200, 460800] = Field(
        default=115200, title="Line rate [baud]", description="9600, 57600, 115200 or 460800; no matter over USB."
    )
    pin_file: LocalPath | None = Field(
        default=None,
        title="PIN file",
        description="File whose first line is the SIM's PIN; one that was refused is never tried again.",
    )
    smsc: str | None = Field(
        default=None,
        title="Service centre",
        description="Number of the SMS centre, +...; leave out to use the SIM's own.",
        pattern=r"^\+[1-9][0-9]{6,14}$",
    )
    daily_limit: int = Field(
        default=160,
        title="Daily limit",
        description="Parts of SMS a UTC day that the SIM may send; what would pass it is refused to the cloud.",
        ge=1,
        le=100_000,
    )
    seconds_per_part: float = Field(
        default=4.0, title="Pace [s]", description="Least time between two parts.", ge=0.0, le=600
    )
    send_timeout_s: float = Field(
        default=75.0,
        title="Patience for the network [s]",
        description="A part not answered in this time may have left and is never sent again.",
        ge=0.2,
        le=600,
    )
    command_key_file: LocalPath | None = Field(
        default=None,
        title="Command key file",
        description="Secret of 64 hex digits shared with the cloud; commands not sealed with it are ignored.",
    )
    number_prefixes: tuple[str, ...] = Field(
        default=(), title="Allowed prefixes", description='Send to such numbers only, e.g. ["+212"]; empty: to any.'
    )
    balance_code: str | None = Field(
        default=None,
        title="Balance code",
        description="USSD code such as *555# that seguia gateway check asks the operator.",
        pattern=r"^[*#0-9]{2,20}$",
    )


class WatchConfig(Section):
    """A folder that a camera, or a person, drops photos of one parcel into."""

    folder: LocalPath = Field(title="Watched folder", description="Photos dropped here are looked at once each.")
    parcel_id: Identifier = Field(title="Parcel", description="The parcel that these photos show.")
    crop: str | None = Field(
        default=None, title="Crop", description="Crop in view, e.g. soybean; decides which opinions are allowed."
    )
    camera_id: Identifier | None = Field(
        default=None,
        title="Camera",
        description="Name of the camera, where no sidecar or metadata.csv gives one.",
    )
    camera_file: LocalPath | None = Field(
        default=None, title="Camera file", description="camera.toml with bands, calibration and time zone."
    )
    rejected_folder: LocalPath | None = Field(
        default=None,
        title="Rejected folder",
        description="Unreadable files move here with their reason; default: rejected, beside the watched folder.",
    )
    live: bool = Field(
        default=False,
        title="Live camera",
        description="true: photos arrive as they are taken, so that a photo without a date gets its arrival time.",
    )

    @property
    def rejected(self) -> Path:
        """Where unreadable files of this folder are set aside."""
        return self.rejected_folder or self.folder.parent / "rejected"


class GatewayConfig(Section):
    """Everything a gateway needs to know before it starts."""

    organisation: TopicLevel = Field(
        title="Organisation", description="Letters, digits, _ . or -; the first level of this gateway's topics."
    )
    gateway_id: TopicLevel = Field(
        title="Gateway",
        description="Letters, digits, _ . or -; unique in the organisation; its certificate's name.",
    )
    data_dir: LocalPath = Field(
        default=Path("data"),
        validate_default=True,
        title="Data folder",
        description="The durable queue lives here; must be writable.",
    )
    models_dir: LocalPath | None = Field(
        default=None, title="Models folder", description="Default: the models that came with the package."
    )
    weather_file: LocalPath | None = Field(
        default=None,
        title="Weather file",
        description=(
            "JSON: air_temperature_c, relative_humidity_percent, wind_speed_m_s, radiation_w_m2. Rewrite it with each"
            " measurement: it speaks for photos taken within an hour of that."
        ),
    )
    poll_interval_s: float = Field(
        default=2.0, title="Poll interval [s]", description="How often the folders are looked at.", ge=0.05, le=3600
    )
    settle_s: float = Field(
        default=1.0,
        title="Settling time [s]",
        description="A file counts as complete when it has not changed for this long.",
        ge=0,
        le=600,
    )
    broker: BrokerConfig = Field(default=BrokerConfig(), title="Broker", description="The MQTT broker.")
    delivery: DeliveryConfig = Field(default=DeliveryConfig(), title="Delivery", description="Sending and its limits.")
    evidence: EvidenceConfig = Field(
        default=EvidenceConfig(), title="Evidence", description="Pictures with detections."
    )
    modem: ModemConfig | None = Field(
        default=None, title="Modem", description="The gateway's own GSM modem; leave out where there is none."
    )
    watch: tuple[WatchConfig, ...] = Field(
        default=(), title="Watched folders", description="One table for each camera's folder.", max_length=64
    )

    @model_validator(mode="after")
    def _one_folder_is_watched_once(self) -> Self:
        folders = [watch.folder.absolute() for watch in self.watch]
        for folder in folders:
            if folders.count(folder) > 1:
                raise ValueError(f"watch: folder {folder} is named twice; one folder shows one parcel")
        return self

    @model_validator(mode="after")
    def _numbers_do_not_cross_the_network_in_the_clear(self) -> Self:
        if self.modem is not None and self.broker.ca_file is None and not _stays_here(self.broker.host):
            raise ValueError("modem needs broker.ca_file, which switches TLS on: numbers would cross in clear")
        return self
