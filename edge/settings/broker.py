"""The broker of a gateway, and how it is reached."""

from typing import Literal, Self

from pydantic import Field, model_validator

from edge.settings.section import LocalPath, Section, stays_here

Protocol = Literal["v5", "v3.1.1"]


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
        default=300,
        title="Keep alive [s]",
        description="Longest silence before the broker tells our will; every ping is paid for.",
        ge=5,
        le=3600,
    )
    session_expiry_s: int = Field(
        default=120,
        title="Session expiry [s]",
        description="How long the broker keeps what it owes us when the line breaks (MQTT v5); 0: not at all.",
        ge=0,
        le=86400,
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
        if self.username is not None and self.ca_file is None and not stays_here(self.host):
            raise ValueError("username needs ca_file, which switches TLS on: its password would cross the network")
        return self
