"""What an installer decides about a gateway: one frozen record, each field with its meaning and bounds."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from edge.settings.broker import BrokerConfig
from edge.settings.camera import CaptureConfig
from edge.settings.delivery import DeliveryConfig, EvidenceConfig
from edge.settings.fallback import FallbackConfig
from edge.settings.installer import CareConfig, InstallerConfig
from edge.settings.modem import ModemConfig
from edge.settings.observers import HomeAssistantConfig, MetricsConfig
from edge.settings.power import PowerConfig
from edge.settings.profile import ProfileName
from edge.settings.section import LocalPath, Section, stays_here
from edge.settings.sensor import BusConfig, SensorConfig, problems_of
from edge.settings.site import BridgeConfig, NodeConfig
from edge.settings.updates import UpdatesConfig
from edge.settings.uplink import UplinkConfig
from edge.settings.watch import WatchConfig

TopicLevel = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]


class GatewayConfig(Section):
    """Everything a gateway needs to know before it starts."""

    organisation: TopicLevel = Field(
        title="Organisation", description="Letters, digits, _ . or -; the first level of this gateway's topics."
    )
    gateway_id: TopicLevel = Field(
        title="Gateway",
        description="Letters, digits, _ . or -; unique in the organisation; its certificate's name.",
    )
    profile: ProfileName = Field(
        default="pi4", title="Machine", description="What this gateway is made of; units and limits follow from it."
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
    uplink: tuple[UplinkConfig, ...] = Field(
        default=(),
        title="Uplinks",
        description="Ways to the broker, tried in their order; without any, as the system routes.",
        max_length=8,
    )
    delivery: DeliveryConfig = Field(default=DeliveryConfig(), title="Delivery", description="Sending and its limits.")
    evidence: EvidenceConfig = Field(
        default=EvidenceConfig(), title="Evidence", description="Pictures with detections."
    )
    command_key_file: LocalPath | None = Field(
        default=None,
        title="Command key file",
        description="Secret of 64 hex digits shared with the cloud, which seals its orders; default: the modem's.",
    )
    modem: ModemConfig | None = Field(
        default=None, title="Modem", description="The gateway's own GSM modem; leave out where there is none."
    )
    bridge: BridgeConfig | None = Field(
        default=None,
        title="Bridge",
        description="Where this gateway runs a broker of its own, handing on to the office.",
    )
    node: tuple[NodeConfig, ...] = Field(
        default=(), title="Sensor nodes", description="One table for each ESPHome node at this site.", max_length=32
    )
    metrics: MetricsConfig | None = Field(
        default=None, title="Metrics", description="Figures for Prometheus on this machine; leave out for none."
    )
    home_assistant: HomeAssistantConfig | None = Field(
        default=None,
        title="Home Assistant",
        description="Shows this gateway at its site; leave out for none.",
    )
    fallback: FallbackConfig | None = Field(
        default=None, title="Fallback", description="Advise alone while the cloud is silent; leave out for never."
    )
    installer: InstallerConfig | None = Field(
        default=None, title="Installer", description="Who is led through set-up and reminded of care by SMS."
    )
    care: CareConfig = Field(default=CareConfig(), title="Care", description="How often what is looked after.")
    updates: UpdatesConfig | None = Field(
        default=None,
        title="Updates",
        description="Signed releases of models, configuration and code; leave out where there are none.",
    )
    power: PowerConfig = Field(
        default=PowerConfig(), title="Power", description="The battery, and the place whose sun the cameras follow."
    )
    bus: tuple[BusConfig, ...] = Field(
        default=(),
        title="Buses",
        description="One table for each line or network that instruments hang on.",
        max_length=16,
    )
    sensor: tuple[SensorConfig, ...] = Field(
        default=(), title="Sensors", description="One table for each number that is measured.", max_length=128
    )
    watch: tuple[WatchConfig, ...] = Field(
        default=(), title="Watched folders", description="One table for each camera's folder.", max_length=64
    )
    camera: tuple[CaptureConfig, ...] = Field(
        default=(),
        title="Cameras",
        description="One table for each camera that the gateway itself asks.",
        max_length=16,
    )

    @model_validator(mode="after")
    def _one_folder_is_watched_once(self) -> Self:
        folders = [watch.folder.absolute() for watch in self.watch]
        for folder in folders:
            if folders.count(folder) > 1:
                raise ValueError(f"watch: folder {folder} is named twice; one folder shows one parcel")
        return self

    @model_validator(mode="after")
    def _one_camera_is_named_once(self) -> Self:
        names = [camera.camera_id for camera in self.camera]
        if len(set(names)) < len(names):
            raise ValueError("camera: two tables bear one camera_id; name each camera by itself")
        return self

    @model_validator(mode="after")
    def _numbers_do_not_cross_the_network_in_the_clear(self) -> Self:
        if self.modem is not None and self.broker.ca_file is None and not stays_here(self.broker.host):
            raise ValueError("modem needs broker.ca_file, which switches TLS on: numbers would cross in clear")
        return self

    @model_validator(mode="after")
    def _sensors_hang_on_buses(self) -> Self:
        problem = problems_of(self.sensor, self.bus)
        if problem is not None:
            raise ValueError(problem)
        battery = self.power.battery_sensor
        found = next((one for one in self.sensor if one.id == battery), None)
        if battery is not None and (found is None or not found.quantity.startswith("battery_")):
            raise ValueError(f"power.battery_sensor: expected the id of a battery's [[sensor]], got {battery!r}")
        if found is not None and found.quantity == "battery_v" and self.power.empty_v is None:
            raise ValueError("power.battery_sensor measures battery_v: it needs power.empty_v and power.full_v")
        return self
