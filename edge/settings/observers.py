"""Who may look at a gateway on its own site: Prometheus and Home Assistant, each only where it is asked for."""

from typing import Self

from pydantic import Field, model_validator

from edge.settings.section import LocalPath, Section, stays_here


class MetricsConfig(Section):
    """Figures for Prometheus, on this machine alone."""

    address: str = Field(
        default="127.0.0.1", title="Address", description="Of this machine itself: 127.0.0.1, ::1 or localhost."
    )
    port: int = Field(default=9464, title="Port", description="GET /metrics there.", ge=1, le=65535)

    @model_validator(mode="after")
    def _only_this_machine_hears(self) -> Self:
        if not stays_here(self.address):
            raise ValueError(f"address: expected this machine's own, such as 127.0.0.1, got {self.address!r}")
        return self


class HomeAssistantConfig(Section):
    """The broker of a Home Assistant at the same site, which then shows the gateway by itself."""

    host: str = Field(
        default="127.0.0.1", title="Home broker", description="Name or address of its MQTT broker.", min_length=1
    )
    port: int = Field(default=1883, title="Home port", description="1883 is usual, 8883 with TLS.", ge=1, le=65535)
    username: str | None = Field(default=None, title="User name", description="Account at that broker.")
    password_file: LocalPath | None = Field(
        default=None, title="Password file", description="File whose first line is the password; never the password."
    )
    ca_file: LocalPath | None = Field(
        default=None, title="Certificate authority", description="PEM file that broker is checked against; TLS then."
    )
    discovery_prefix: str = Field(
        default="homeassistant",
        title="Discovery prefix",
        description="As Home Assistant has it.",
        pattern=r"^[A-Za-z0-9_-]{1,40}$",
    )
    interval_s: float = Field(
        default=60.0,
        title="Interval [s]",
        description="How often figures are told; after three of them without a word they count as unknown.",
        ge=1,
        le=3600,
    )

    @model_validator(mode="after")
    def _a_password_does_not_cross_in_the_clear(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs username")
        if self.username is not None and self.ca_file is None and not stays_here(self.host):
            raise ValueError("username needs ca_file, which switches TLS on: its password would cross the network")
        return self
