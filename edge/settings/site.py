"""What stands around a gateway at its site: its own broker with a bridge to the office, and sensor nodes."""

from typing import Annotated, Literal

from pydantic import Field

from edge.settings.section import LocalPath, Section

NodeKind = Literal["soil_probe", "valve_meter", "thermal"]
NodeName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$")]


class BridgeConfig(Section):
    """The office's broker, to which this gateway's own broker hands on what the gateway says."""

    host: str = Field(title="Office broker", description="Its name or address.", pattern=r"^[A-Za-z0-9._:-]{1,253}$")
    port: int = Field(default=8883, title="Office port", description="Its TLS port.", ge=1, le=65535)
    ca_file: LocalPath = Field(title="Office authority", description="PEM file the office's broker is checked against.")
    certificate_file: LocalPath = Field(
        title="Gateway certificate", description="PEM file whose common name is gateway_id."
    )
    key_file: LocalPath = Field(title="Gateway key", description="PEM file of its private key.")
    local_port: int = Field(
        default=1883, title="Local port", description="Where the gateway itself speaks, on 127.0.0.1.", ge=1, le=65535
    )
    nodes_address: str | None = Field(
        default=None,
        title="Nodes' address",
        description="Address of this gateway in the sensor nodes' network; leave out where there are none.",
        pattern=r"^[A-Za-z0-9._:-]{1,253}$",
    )
    nodes_port: int = Field(
        default=8883, title="Nodes' port", description="TLS, client certificates only.", ge=1, le=65535
    )
    site_ca_file: LocalPath | None = Field(
        default=None, title="Site authority", description="PEM file that the nodes' certificates are checked against."
    )
    site_certificate_file: LocalPath | None = Field(
        default=None, title="Site certificate", description="PEM file of this gateway's broker, for the nodes."
    )
    site_key_file: LocalPath | None = Field(
        default=None, title="Site key", description="PEM file of that certificate's private key."
    )


class NodeConfig(Section):
    """A sensor node with ESPHome, which speaks to the gateway's own broker as a LoRaWAN network server would."""

    name: NodeName = Field(title="Node", description="Lower case letters, digits and -; its name in the network.")
    kind: NodeKind = Field(
        title="Kind",
        description="soil_probe: capacitive soil probes; valve_meter: pulses and pressure; thermal: canopy and air.",
    )
    device_eui: str = Field(
        title="Device number",
        description="16 hex digits, made up once; its certificate's name, and how [[sensor]] knows it.",
        pattern=r"^[0-9a-f]{16}$",
    )
    board: str = Field(
        default="esp32dev", title="Board", description="ESPHome's name of the board.", pattern=r"^[a-z0-9_-]{1,60}$"
    )
    every_s: int = Field(default=900, title="Interval [s]", description="How often it reports.", ge=10, le=86400)
    depths_m: tuple[Annotated[float, Field(gt=0, le=3)], ...] = Field(
        default=(0.2, 0.5),
        title="Depths [m]",
        description="soil_probe: one for each probe, from the top.",
        max_length=2,
    )
    pulses_per_m3: float = Field(
        default=1000.0, title="Pulses per m3", description="valve_meter: from the meter's plate.", gt=0, le=1e7
    )
