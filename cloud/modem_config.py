"""Which gateways' modems carry messages, and for whom."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from cloud.config_section import LocalPath, Section

GatewayName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]


class ModemConfig(Section):
    """The GSM modems of the gateways: texts leave from a local SIM, and answers to its number come back."""

    gateway: GatewayName | None = None
    """Serves every parcel that is not named below."""
    parcels: dict[str, GatewayName] = Field(default_factory=dict)
    """Gateway of a parcel, where it is another one."""
    patience_s: float = Field(default=20.0, ge=0.5, le=300.0)
    """How long a gateway's own word is waited for."""
    command_key_file: LocalPath | None = None
    """Secret of 64 hex digits that the gateways hold too; without it commands are trusted by their topic alone."""

    @model_validator(mode="after")
    def _somebody_serves(self) -> Self:
        if not self.gateways:
            raise ValueError("sms.modem needs gateway, the one whose modem sends, or parcels, one for each")
        return self

    @property
    def gateways(self) -> frozenset[str]:
        """Every gateway with a modem: only their reports and texts are believed."""
        named = frozenset(self.parcels.values())
        return named if self.gateway is None else named | {self.gateway}

    def gateway_of(self, parcel_id: str) -> str | None:
        """Whose modem carries what is said about a parcel."""
        return self.parcels.get(parcel_id, self.gateway)
